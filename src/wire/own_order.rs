//! The quick way to read a stored outcome: a line with its keys in the order in which this program writes
//! them, any of them absent, with or without a blank behind colons and commas, as Python writes them. At
//! anything else it gives up, and the plain way decides; what it does read, it reads as the plain way would.

use std::borrow::Cow;

use super::outcome::StoredOutcome;
use super::text::{Number, Text};

/// Powers of ten that a float holds exactly, as many as [`EXACT_DIGITS`] can have behind the point.
const POWERS: [f64; 20] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19,
];

/// So many digits fit into a whole number of 64 bits.
const EXACT_DIGITS: usize = 19;

/// Whole numbers up to this one are floats, so that one division gives the nearest float.
const EXACT_WHOLE: u64 = 1 << 53;

/// Reads a line; `None` when it is not as this program writes it.
pub(super) fn read_in_order(line: &[u8]) -> Option<StoredOutcome<'_>> {
    let text = std::str::from_utf8(line).ok()?;
    // Looked for once in the whole line, so that the end of a text is the next quote.
    let lowest = line.iter().fold(u8::MAX, |lowest, byte| lowest.min(*byte));
    if lowest < b' ' || memchr::memchr(b'\\', line).is_some() {
        return None;
    }
    if line.first() != Some(&b'{') {
        return None;
    }
    let mut at = Cursor { text, at: 1, ended: false };
    let stored = StoredOutcome {
        symbol: at.text("\"symbol\":")?,
        entry_time: at.text("\"entry_time\":")?,
        exit_time: at.text("\"exit_time\":")?,
        side: at.text("\"side\":")?,
        entry_price: at.number("\"entry_price\":")?,
        exit_price: at.number("\"exit_price\":")?,
        pnl: at.number("\"pnl\":")?,
        pnl_pct: at.number("\"pnl_pct\":")?,
        model_confidence: {
            at.skip("\"hold_duration_minutes\":")?;
            at.skip("\"model_label\":")?;
            at.number("\"model_confidence\":")?
        },
        regime: {
            at.skip("\"lgb_prob\":")?;
            at.skip("\"lstm_prob\":")?;
            at.skip("\"transformer_prob\":")?;
            at.text("\"regime\":")?
        },
        sector: {
            at.skip("\"vix\":")?;
            at.text("\"sector\":")?
        },
        exit_reason: {
            at.skip("\"time_of_day\":")?;
            at.skip("\"success\":")?;
            at.skip("\"quality\":")?;
            at.text("\"exit_reason\":")?
        },
        trade_id: at.text("\"trade_id\":")?,
        qty: {
            at.skip("\"signal_id\":")?;
            at.number("\"qty\":")?
        },
        fees: at.number("\"fees\":")?,
        setup: {
            at.skip("\"stop_price\":")?;
            at.skip("\"target_price\":")?;
            at.skip("\"hit_target\":")?;
            at.skip("\"hit_stop\":")?;
            at.skip("\"outcome\":")?;
            at.skip("\"mfe_pct\":")?;
            at.skip("\"mae_pct\":")?;
            at.text("\"setup\":")?
        },
        strategy: at.text("\"strategy\":")?,
        variant: at.text("\"variant\":")?,
        schema: {
            at.skip("\"features\":")?;
            at.skip("\"extra\":")?;
            at.whole_number("\"schema\":")?
        },
        _ts: at.text("\"_ts\":")?,
        is_common_json: true,
        derived: Default::default(),
    };
    (at.ended && at.at == line.len()).then_some(stored)
}

/// A place in a line, at the beginning of a key or, once `ended`, behind the object.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    ended: bool,
}

impl<'a> Cursor<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        self.at += usize::from(self.byte() == Some(b' '));
    }

    /// Steps over the key, with its quotes and colon, if it stands here.
    #[inline(always)]
    fn key(&mut self, key: &str) -> bool {
        let here = !self.ended && self.text.as_bytes()[self.at..].starts_with(key.as_bytes());
        if here {
            self.at += key.len();
            self.blank();
        }
        here
    }

    /// Steps from a value to the next key, or behind the object.
    #[inline(always)]
    fn next(&mut self) -> Option<()> {
        match self.byte()? {
            b',' => {
                self.at += 1;
                self.blank();
            }
            b'}' => {
                self.at += 1;
                self.ended = true;
            }
            _ => return None,
        }
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.as_bytes()[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// The inside of a text.
    #[inline(always)]
    fn quoted(&mut self) -> Option<&'a str> {
        if self.byte() != Some(b'"') {
            return None;
        }
        let from = self.at + 1;
        let len = quote(&self.text.as_bytes()[from..])?;
        self.at = from + len + 1;
        self.text.get(from..from + len)
    }

    #[inline(always)]
    fn text(&mut self, key: &str) -> Option<Option<Text<'a>>> {
        if !self.key(key) {
            return Some(None);
        }
        let text = match self.byte()? {
            b'n' => self.word("null").map(|()| None)?,
            _ => Some(Text(Cow::Borrowed(self.quoted()?))),
        };
        self.next()?;
        Some(text)
    }

    #[inline(always)]
    fn number(&mut self, key: &str) -> Option<Option<Number>> {
        if !self.key(key) {
            return Some(None);
        }
        let number = match self.byte()? {
            b'n' => self.word("null").map(|()| None)?,
            _ => {
                let from = self.at;
                let digits = self.digits()?;
                let value = digits.value().or_else(|| self.text.get(from..self.at)?.parse().ok());
                Some(Number(value.filter(|number| number.is_finite())?))
            }
        };
        self.next()?;
        Some(number)
    }

    fn whole_number(&mut self, key: &str) -> Option<Option<u32>> {
        if !self.key(key) {
            return Some(None);
        }
        let number = match self.byte()? {
            b'n' => self.word("null").map(|()| None)?,
            _ => {
                let from = self.at;
                self.digits()?;
                Some(self.text.get(from..self.at)?.parse().ok()?)
            }
        };
        self.next()?;
        Some(number)
    }

    #[inline(always)]
    fn skip(&mut self, key: &str) -> Option<()> {
        if !self.key(key) {
            return Some(());
        }
        if self.byte()? == b'{' {
            self.skip_object()?
        } else {
            self.skip_scalar()?
        }
        self.next()
    }

    fn skip_scalar(&mut self) -> Option<()> {
        match self.byte()? {
            b'"' => self.quoted().map(|_| ()),
            b'n' => self.word("null"),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => self.digits().map(|_| ()),
        }
    }

    /// Steps over an object of texts, numbers and flags.
    fn skip_object(&mut self) -> Option<()> {
        self.at += 1;
        if self.byte()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            self.quoted()?;
            self.word(":")?;
            self.blank();
            self.skip_scalar()?;
            match self.byte()? {
                b',' => {
                    self.at += 1;
                    self.blank();
                }
                b'}' => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// Steps over a number of JSON's form.
    #[inline(always)]
    fn digits(&mut self) -> Option<Digits> {
        let bytes = self.text.as_bytes();
        let negative = self.byte() == Some(b'-');
        let mut at = self.at + usize::from(negative);
        let mut found = Digits { negative, whole: 0, count: 0, behind_point: 0, exponent: false };
        let first = at;
        found.take(bytes, &mut at);
        if found.count == 0 || (bytes[first] == b'0' && found.count > 1) {
            return None;
        }
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            let before = found.count;
            // Only here are there often many digits.
            found.take_eights(bytes, &mut at);
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
        self.at = at;
        Some(found)
    }
}

/// The place of the first quote. Texts are short: eight bytes at a time end sooner than a search that is made
/// for long ones.
#[inline(always)]
fn quote(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        // Bytes that are quotes become zero; the lowest one that borrows is the first of them.
        let differs = u64::from_le_bytes(*eight) ^ (ONES * u64::from(b'"'));
        let quotes = differs.wrapping_sub(ONES) & !differs & (ONES * 0x80);
        if quotes != 0 {
            return Some(at + quotes.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes.get(at..)?.iter().position(|byte| *byte == b'"').map(|place| at + place)
}

/// One in each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The value of eight digits; `None` when one of the bytes is none.
#[inline(always)]
fn eight_digits(eight: [u8; 8]) -> Option<u64> {
    let bytes = u64::from_le_bytes(eight);
    let upper = ONES * 0xf0;
    // The upper half of a digit is 3, also when 6 is added to it.
    if bytes & upper != ONES * 0x30 || bytes.wrapping_add(ONES * 6) & upper != ONES * 0x30 {
        return None;
    }
    // Neighbours are put together: to pairs, to fours, to all eight.
    let ones = bytes & (ONES * 0x0f);
    let pairs = (ones.wrapping_mul((10 << 8) + 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul((100 << 16) + 1) >> 16) & 0x0000_ffff_0000_ffff;
    Some(fours.wrapping_mul((10_000 << 32) + 1) >> 32)
}

/// A number as it was written.
struct Digits {
    negative: bool,
    /// The digits without the point; of no use when there are more than [`EXACT_DIGITS`].
    whole: u64,
    count: usize,
    behind_point: usize,
    exponent: bool,
}

impl Digits {
    #[inline(always)]
    fn take_eights(&mut self, bytes: &[u8], at: &mut usize) {
        while let Some(eight) = bytes.get(*at..).and_then(|rest| rest.first_chunk()) {
            let Some(value) = eight_digits(*eight) else { return };
            self.whole = self.whole.wrapping_mul(100_000_000).wrapping_add(value);
            self.count += 8;
            *at += 8;
        }
    }

    #[inline(always)]
    fn take(&mut self, bytes: &[u8], at: &mut usize) {
        let rest = bytes.get(*at..).unwrap_or_default();
        let digits = rest.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit < 10);
        let mut count = 0;
        for digit in digits {
            self.whole = self.whole.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        self.count += count;
        *at += count;
    }

    /// The nearest float; `None` when it takes more than a division to find it.
    #[inline(always)]
    fn value(&self) -> Option<f64> {
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
        #[test]
        fn finds_the_first_quote(bytes in proptest::collection::vec(prop_oneof![4 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'#')], 0..40)) {
            prop_assert_eq!(quote(&bytes), bytes.iter().position(|byte| *byte == b'"'));
        }

        #[test]
        fn eight_digits_are_a_number(digits in "[0-9]{8}", at in 0usize..8, byte in any::<u8>()) {
            let mut eight: [u8; 8] = digits.as_bytes().try_into().unwrap();
            prop_assert_eq!(eight_digits(eight), digits.parse().ok());
            eight[at] = byte;
            prop_assert_eq!(eight_digits(eight).is_some(), byte.is_ascii_digit());
        }
    }
}
