//! Numbers and ends of texts, eight and sixteen bytes at a time.

/// Powers of ten that a float holds exactly, as many as [`EXACT_DIGITS`] can have behind the point.
const POWERS: [f64; 20] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19,
];

/// So many digits fit into a whole number of 64 bits.
const EXACT_DIGITS: usize = 19;

/// Whole numbers up to this one are floats, so that one division gives the nearest float.
const EXACT_WHOLE: u64 = 1 << 53;

/// One in each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The place of the first quote. Texts are short: sixteen bytes at a time end sooner than a search that is
/// made for long ones.
#[inline(always)]
pub(super) fn quote(bytes: &[u8]) -> Option<usize> {
    const ONES: u128 = u128::from_ne_bytes([1; 16]);
    let mut at = 0;
    while let Some(some) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        // Bytes that are quotes become zero; the lowest one that borrows is the first of them.
        let differs = u128::from_le_bytes(*some) ^ (ONES * b'"' as u128);
        let quotes = differs.wrapping_sub(ONES) & !differs & (ONES * 0x80);
        if quotes != 0 {
            return Some(at + quotes.trailing_zeros() as usize / 8);
        }
        at += 16;
    }
    bytes.get(at..)?.iter().position(|byte| *byte == b'"').map(|place| at + place)
}

/// Marks the first of the bytes that is this one; what it marks behind that may be others.
#[inline(always)]
fn marked(bytes: u64, byte: u8) -> u64 {
    let differs = bytes ^ (ONES * u64::from(byte));
    differs.wrapping_sub(ONES) & !differs & (ONES * 0x80)
}

/// Marks those of eight bytes that are not 0 to 9.
#[inline(always)]
fn above_nine(bytes: u64) -> u64 {
    // What is added to a byte stays in it: it has seven bits.
    (((bytes & (ONES * 0x7f)) + ONES * (0x80 - 10)) | bytes) & (ONES * 0x80)
}

/// The number whose digits the bytes are, the first one lowest.
#[inline(always)]
fn eight_digits(ones: u64) -> u64 {
    // Neighbours are put together: to pairs, to fours, to all eight.
    let pairs = (ones.wrapping_mul((10 << 8) + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul((100 << 16) + 1) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul((10_000 << 32) + 1) >> 32
}

/// A number of up to seven characters besides its sign, as nearly all are, that a comma follows.
pub(super) struct Short {
    negative: bool,
    /// The digits without the point.
    whole: u64,
    behind_point: usize,
}

impl Short {
    /// A number of JSON's form, and what follows it.
    #[inline(always)]
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let negative = bytes.first()? == &b'-';
        let bytes = &bytes[usize::from(negative)..];
        let eight = u64::from_le_bytes(*bytes.first_chunk()?);
        let comma = marked(eight, b',');
        // Bits before the comma, and before the point if there is one.
        let len = comma.trailing_zeros() & 0x78;
        let point = (marked(eight, b'.') | comma).trailing_zeros() & 0x78;
        let leading_zero = point > 8 && eight as u8 == b'0';
        if comma == 0 || point == 0 || leading_zero || point + 8 == len {
            return None;
        }
        let behind_point = (len - point).saturating_sub(8);
        // The point is taken out and zeros are put in front, so that there are always eight digits.
        let digits = eight ^ (ONES * u64::from(b'0'));
        let before = (digits << (64 - point)) >> behind_point;
        let behind = (digits >> point >> 8).checked_shl(64 - behind_point).unwrap_or(0);
        let ones = before | behind;
        let number = Self { negative, whole: eight_digits(ones), behind_point: behind_point as usize / 8 };
        (above_nine(ones) == 0).then_some((number, bytes.get(len as usize / 8..)?))
    }

    #[inline(always)]
    pub(super) fn value(&self) -> f64 {
        let size = self.whole as f64 / POWERS[self.behind_point];
        if self.negative { -size } else { size }
    }
}

/// A number as it was written.
#[derive(Default)]
pub(super) struct Digits {
    negative: bool,
    /// The digits without the point; of no use when there are more than [`EXACT_DIGITS`].
    whole: u64,
    count: usize,
    behind_point: usize,
    exponent: bool,
}

impl Digits {
    /// A number of JSON's form, and what follows it.
    #[inline(never)]
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let negative = bytes.first() == Some(&b'-');
        let first = usize::from(negative);
        let mut at = first;
        let mut found = Self { negative, ..Self::default() };
        found.take(bytes, &mut at);
        if found.count == 0 || (bytes[first] == b'0' && found.count > 1) {
            return None;
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            let before = found.count;
            found.take(bytes, &mut at);
            found.behind_point = found.count - before;
            if found.behind_point == 0 {
                return None;
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            let power = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if power == 0 {
                return None;
            }
            at += power;
            found.exponent = true;
        }
        Some((found, bytes.get(at..)?))
    }

    #[inline(always)]
    fn take(&mut self, bytes: &[u8], at: &mut usize) {
        const TENS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
        while let Some(eight) = bytes.get(*at..).and_then(|rest| rest.first_chunk()) {
            let digits = u64::from_le_bytes(*eight) ^ (ONES * u64::from(b'0'));
            let count = above_nine(digits).trailing_zeros() / 8;
            // Zeros in front, so that there are always eight digits.
            let ones = digits.checked_shl(64 - 8 * count).unwrap_or(0);
            self.whole = self.whole.wrapping_mul(TENS[count as usize]).wrapping_add(eight_digits(ones));
            self.count += count as usize;
            *at += count as usize;
            if count < 8 {
                return;
            }
        }
        let rest = bytes.get(*at..).unwrap_or_default();
        for digit in rest.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit < 10) {
            self.whole = self.whole.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.count += 1;
            *at += 1;
        }
    }

    /// How many digits stand behind the point.
    pub(super) fn decimals(&self) -> usize {
        self.behind_point
    }

    /// The number, where it is a whole one of at most 18 digits; `None` for −0, which is none.
    pub(super) fn whole(&self) -> Option<i64> {
        let is_short = self.count <= 18 && self.behind_point == 0 && !self.exponent;
        let whole =
            i64::try_from(self.whole).ok().filter(|whole| is_short && (!self.negative || *whole > 0))?;
        Some(if self.negative { -whole } else { whole })
    }

    /// The nearest float; `None` when it takes more than a division to find it.
    #[inline(always)]
    pub(super) fn value(&self) -> Option<f64> {
        let exact = self.count <= EXACT_DIGITS && self.whole <= EXACT_WHOLE && !self.exponent;
        let size = self.whole as f64 / POWERS.get(self.behind_point).filter(|_| exact)?;
        Some(if self.negative { -size } else { size })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn finds_the_first_quote(bytes in proptest::collection::vec(prop_oneof![4 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'#')], 0..60)) {
            prop_assert_eq!(quote(&bytes), bytes.iter().position(|byte| *byte == b'"'));
        }

        /// Whatever either reader of numbers takes, serde_json takes too, to the same float and the same end.
        #[test]
        fn numbers_are_what_they_say(
            text in "-{0,1}(0|[1-9][0-9]{0,9}|[0-9]{0,4}|[1-9][0-9]{16,20})(\\.[0-9]{0,3}|\\.[0-9]{4,20}){0,1}([eE][+-]{0,1}[0-9]{0,2}){0,1}",
            at in any::<proptest::sample::Index>(), byte in any::<u8>(), damage in 0u8..4, end in "[,}]\"[a-z]{0,9}",
        ) {
            let mut line = (text.clone() + &end).into_bytes();
            if damage == 0 {
                let at = at.index(text.len().max(1));
                line[at] = byte;
            }
            let plain = |rest: &[u8]| -> Option<f64> { serde_json::from_slice(&line[..line.len() - rest.len()]).ok() };
            if let Some((short, rest)) = Short::read(&line) {
                prop_assert_eq!(plain(rest).map(f64::to_bits), Some(short.value().to_bits()));
                let digits = Digits::read(&line).map(|(digits, rest)| (digits.value().map(f64::to_bits), rest));
                prop_assert_eq!(digits, Some((Some(short.value().to_bits()), rest)));
            }
            if let Some((digits, rest)) = Digits::read(&line) {
                let plain = plain(rest);
                prop_assert!(plain.is_some() || digits.exponent, "{}", text);
                if let Some(value) = digits.value() {
                    prop_assert_eq!(plain.map(f64::to_bits), Some(value.to_bits()));
                }
            } else if damage > 0 {
                prop_assert!(serde_json::from_str::<f64>(&text).is_err(), "{}", text);
            }
        }
    }

    #[test]
    fn numbers_as_records_have_them_are_short() {
        for text in ["0", "-0.5", "84.0", "1234567", "199.990", "-12345.6", "0.4895"] {
            let line = format!("{text},\"qty\":1");
            let read = Short::read(line.as_bytes()).map(|(short, rest)| (short.value(), rest.len()));
            assert_eq!(read, Some((text.parse().unwrap(), line.len() - text.len())), "{text}");
        }
    }
}
