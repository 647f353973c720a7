//! Numbers as people and their programs write them: with currency signs, parentheses, thousands, a decimal comma.
//!
//! What can mean two numbers is not read: [`Commas`] says what a comma is, and comes from the other numbers of
//! the same file.

use crate::domain::currency_signs;
use crate::wire::digits::Digits;

/// What a comma between digits is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Commas {
    /// Nothing says what it is.
    #[default]
    Unknown,
    /// It parts thousands, the point is before the decimals.
    Thousands,
    /// It stands before the decimals, the point parts thousands.
    Decimal,
}

/// A number that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadNumber<'a> {
    /// Its value.
    pub value: f64,
    /// Half a unit of its last digit.
    pub half_unit: f64,
    /// The currency that stands beside it; a `$` is nobody's alone and names none.
    pub currency: Option<&'a str>,
    /// Whether a percent sign follows.
    pub percent: bool,
}

/// Why a text is not a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadNumber {
    /// It is none at all.
    Form,
    /// It is NaN, infinite, or beyond what a float holds.
    NotFinite,
    /// It can mean two numbers.
    Ambiguous,
    /// It begins with zeros, as the rest of a number with a comma does that was not quoted.
    LeadingZeros,
}

impl BadNumber {
    /// The words behind "is", as in `fees "x" is not a number`.
    pub fn why(&self) -> &'static str {
        match self {
            Self::Form => "is not a number",
            Self::NotFinite => "is not a finite number",
            Self::LeadingZeros => "begins with zeros: the rest of a number with a comma that was not quoted?",
            Self::Ambiguous => {
                "can be read with a decimal comma or with a comma between thousands: say which with --decimal"
            }
        }
    }
}

/// A sign that several currencies share, the account's among them as likely as not.
const SHARED_SIGNS: [&str; 1] = ["$"];

/// What stands between thousands, besides points and commas.
fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}' | '_')
}

/// A number in the plain form of programs, without a look at what else it could be.
pub(crate) fn plain_number(text: &str) -> Option<ReadNumber<'_>> {
    let bytes = text.as_bytes();
    // Nearly all are as short as this takes them.
    if let Some((digits, [])) = Digits::read(bytes)
        && let Some(value) = digits.value()
    {
        let half_unit = half_unit(digits.decimals());
        return Some(ReadNumber { value, half_unit, currency: None, percent: false });
    }
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if has_leading_zeros(text) {
        return None;
    }
    if !digits.first()?.is_ascii_digit() || !digits.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return None;
    }
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let decimals = digits.iter().rev().position(|b| *b == b'.').unwrap_or(0);
    Some(ReadNumber { value, half_unit: half_unit(decimals), currency: None, percent: false })
}

/// Whether a whole number has zeros in front.
fn has_leading_zeros(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Half a unit of the last of so many decimals.
pub(crate) fn half_unit(decimals: usize) -> f64 {
    0.5 * 10f64.powi(-(decimals.min(300) as i32))
}

/// Reads a number; `None` where there is nothing, or a dash for it.
///
/// # Errors
/// [`BadNumber`].
pub(crate) fn read_number(text: &str, commas: Commas) -> Result<Option<ReadNumber<'_>>, BadNumber> {
    if let Some(number) = plain_number(text).filter(|_| commas != Commas::Decimal || !text.contains('.')) {
        return Ok(Some(number));
    }
    let Some(Bare { digits, negative, currency, percent }) = bare(text)? else { return Ok(None) };
    if has_leading_zeros(digits) {
        return Err(BadNumber::LeadingZeros);
    }
    let Grouped { plain, decimals } = ungrouped(digits, commas)?;
    let value: f64 = plain.parse().map_err(|_| BadNumber::Form)?;
    if !value.is_finite() {
        return Err(BadNumber::NotFinite);
    }
    let value = if negative { -value } else { value };
    Ok(Some(ReadNumber { value, half_unit: half_unit(decimals), currency, percent }))
}

/// What the commas of a text are, where it says so by itself.
pub(crate) fn commas_of(text: &str) -> Commas {
    let Ok(Some(Bare { digits, .. })) = bare(text) else { return Commas::Unknown };
    let digits: String = digits.chars().filter(|c| !is_gap(*c)).collect();
    let (commas, points) = (digits.matches(',').count(), digits.matches('.').count());
    let behind = |c: char| digits.rsplit(c).next().map_or(0, str::len);
    match (commas, points) {
        (0, 0) => Commas::Unknown,
        (0, 1) => {
            // Three digits behind a lone point could be thousands; a leading zero or any other count could not.
            let certain = behind('.') != 3 || digits.starts_with('0') || digits.starts_with('.');
            if certain { Commas::Thousands } else { Commas::Unknown }
        }
        (0, _) => Commas::Decimal,
        (1, 0) if behind(',') != 3 || digits.starts_with("0,") => Commas::Decimal,
        (1, 0) => Commas::Unknown,
        (_, 0) => Commas::Thousands,
        _ if digits.rfind(',') > digits.rfind('.') => Commas::Decimal,
        _ => Commas::Thousands,
    }
}

/// A number without what stands around it.
struct Bare<'a> {
    digits: &'a str,
    negative: bool,
    currency: Option<&'a str>,
    percent: bool,
}

fn bare(text: &str) -> Result<Option<Bare<'_>>, BadNumber> {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{a0}' | '\u{202f}' | '\u{feff}');
    let mut rest = text.trim_matches(blank);
    // A list of one amount, as Python prints it.
    rest = rest.strip_prefix("['").and_then(|rest| rest.strip_suffix("']")).unwrap_or(rest);
    if rest.is_empty() || matches!(rest, "-" | "–" | "—" | "--" | "N/A" | "n/a" | "NA" | "None" | "null")
    {
        return Ok(None);
    }
    let (mut negative, mut currency, mut percent) = (false, None, false);
    // Signs, parentheses and currencies come in any order around the digits, each a few times at most.
    for _ in 0..8 {
        rest = rest.trim_matches(blank);
        if let Some(inside) = rest.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')) {
            (rest, negative) = (inside, true);
        } else if let Some(inside) = rest.strip_prefix(['-', '\u{2212}', '\u{2013}']) {
            (rest, negative) = (inside, !negative);
        } else if let Some(inside) = rest.strip_suffix(['-', '\u{2212}']) {
            (rest, negative) = (inside, true);
        } else if let Some(inside) = rest.strip_prefix('+') {
            rest = inside;
        } else if let Some(inside) = rest.strip_suffix('%') {
            (rest, percent) = (inside, true);
        } else if let Some((sign, code)) =
            currency_signs().find(|(sign, _)| rest.starts_with(sign) || rest.ends_with(sign))
        {
            currency = Some(code);
            rest = rest.strip_prefix(sign).unwrap_or_else(|| rest.strip_suffix(sign).unwrap_or(rest));
        } else if let Some(sign) =
            SHARED_SIGNS.iter().find(|sign| rest.starts_with(**sign) || rest.ends_with(**sign))
        {
            rest = rest.strip_prefix(sign).unwrap_or_else(|| rest.strip_suffix(sign).unwrap_or(rest));
        } else if let Some((code, inside)) = code_beside(rest) {
            (rest, currency) = (inside, Some(code));
        } else {
            break;
        }
    }
    let lower = rest.to_ascii_lowercase();
    if matches!(lower.as_str(), "nan" | "inf" | "infinity") {
        return Err(BadNumber::NotFinite);
    }
    let digits = rest.trim_matches(blank);
    if digits.is_empty() {
        Err(BadNumber::Form)
    } else {
        Ok(Some(Bare { digits, negative, currency, percent }))
    }
}

/// A currency code before or behind the digits: three to five capitals, parted from them by a blank or not.
fn code_beside(text: &str) -> Option<(&str, &str)> {
    let is_code = |code: &str| (3..=5).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase());
    let digit = |c: char| c.is_ascii_digit();
    let (before, rest) = text.split_at(text.find(|c: char| !c.is_ascii_uppercase())?);
    if is_code(before) && text.contains(digit) && before != "NAN" {
        return Some((before, rest));
    }
    let rest = text.trim_end_matches(|c: char| c.is_ascii_uppercase());
    let behind = text.strip_prefix(rest)?;
    (is_code(behind) && text.contains(digit)).then_some((behind, rest))
}

/// Digits without what parts thousands, and how many of them are decimals.
struct Grouped {
    plain: String,
    decimals: usize,
}

fn ungrouped(digits: &str, commas: Commas) -> Result<Grouped, BadNumber> {
    let (body, exponent) = digits.split_at(digits.find(['e', 'E']).unwrap_or(digits.len()));
    let power = exponent.strip_prefix(['e', 'E']);
    let exponent_is_one = power.is_none_or(|power| power.parse::<i32>().is_ok());
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',') || is_gap(c);
    if !exponent_is_one || !body.chars().all(is_part) || !body.contains(|c: char| c.is_ascii_digit()) {
        return Err(BadNumber::Form);
    }
    let own = commas_of(body);
    let known = if own == Commas::Unknown { commas } else { own };
    let (thousand, decimal) = match (known, body.contains(','), body.contains('.')) {
        (Commas::Decimal, _, _) => ('.', ','),
        (Commas::Unknown, true, _) => return Err(BadNumber::Ambiguous),
        _ => (',', '.'),
    };
    let (whole, behind) = body.split_once(decimal).unwrap_or((body, ""));
    if behind.contains(|c: char| !c.is_ascii_digit()) || !is_grouped(whole, thousand) {
        return Err(BadNumber::Form);
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let plain = format!("{}.{behind}{exponent}", if whole.is_empty() { "0" } else { &whole });
    Ok(Grouped {
        plain: plain.trim_end_matches('.').replace(".e", "e").replace(".E", "E"),
        decimals: behind.len(),
    })
}

/// Whether gaps part groups of three digits, or of two before the last three, as in India.
fn is_grouped(whole: &str, thousand: char) -> bool {
    let parts: Vec<&str> = whole.split(|c: char| c == thousand || is_gap(c)).collect();
    let digits = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    let Some((first, rest)) = parts.split_first() else { return false };
    parts.iter().all(digits)
        && (rest.is_empty() || (1..=3).contains(&first.len()))
        && rest
            .iter()
            .enumerate()
            .all(|(at, part)| part.len() == 3 || (part.len() == 2 && at + 1 < rest.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str, commas: Commas) -> Result<Option<f64>, BadNumber> {
        read_number(text, commas).map(|number| number.map(|number| number.value))
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, want) in [
            ("2.50", 2.5),
            ("$2.00", 2.0),
            ("(2.00)", -2.0),
            ("($52.50)", -52.5),
            ("$(26.25)", -26.25),
            ("-$5", -5.0),
            ("\u{2212}2.50", -2.5),
            ("2.50-", -2.5),
            ("+1", 1.0),
            ("1,170.00", 1170.0),
            ("$1,100.00", 1100.0),
            ("1,234,567", 1_234_567.0),
            ("1,00,000", 100_000.0),
            ("1.234,56", 1234.56),
            ("1.234.567", 1_234_567.0),
            ("2,40 $", 2.4),
            ("2,00 €", 2.0),
            ("1\u{2019}014.11", 1014.11),
            ("1\u{a0}234,5", 1234.5),
            ("1 234.5", 1234.5),
            ("3.80 USDT", 3.8),
            ("-0.00087050 BTC", -0.000_870_5),
            ("EUR -10.06", -10.06),
            ("['11.07 USD']", 11.07),
            ("1e-05", 1e-5),
            ("1.5E+3", 1500.0),
            (".5", 0.5),
            ("-.5", -0.5),
        ] {
            assert_eq!(value(text, Commas::Unknown), Ok(Some(want)), "{text}");
        }
        for empty in ["", " ", "-", "N/A", "—"] {
            assert_eq!(value(empty, Commas::Unknown), Ok(None), "{empty:?}");
        }
    }

    #[test]
    fn what_can_mean_two_numbers_needs_the_column() {
        assert_eq!(value("1,020", Commas::Unknown), Err(BadNumber::Ambiguous));
        assert_eq!(value("1,020", Commas::Thousands), Ok(Some(1020.0)));
        assert_eq!(value("1,020", Commas::Decimal), Ok(Some(1.02)));
        assert_eq!(value("1.020", Commas::Decimal), Ok(Some(1020.0)));
        assert_eq!(value("1.020", Commas::Unknown), Ok(Some(1.02)));
        for (text, why) in [
            ("many", BadNumber::Form),
            ("1,2,3", BadNumber::Form),
            ("12:30", BadNumber::Form),
            ("1 0", BadNumber::Form),
            ("000", BadNumber::LeadingZeros),
            ("NaN", BadNumber::NotFinite),
            ("-Infinity", BadNumber::NotFinite),
            ("0x10", BadNumber::Form),
            ("1.2.3,4", BadNumber::Form),
        ] {
            assert_eq!(value(text, Commas::Unknown), Err(why), "{text}");
        }
    }

    #[test]
    fn the_currency_and_the_rounding_come_along() {
        let number = read_number("0.0061 BNB", Commas::Unknown).unwrap().unwrap();
        assert_eq!((number.currency, number.half_unit), (Some("BNB"), half_unit(4)));
        assert_eq!(read_number("39,30 €", Commas::Unknown).unwrap().unwrap().currency, Some("EUR"));
        assert_eq!(read_number("$5", Commas::Unknown).unwrap().unwrap().currency, None);
        assert!(read_number("4.15%", Commas::Unknown).unwrap().unwrap().percent);
    }

    proptest! {
        #[test]
        fn what_programs_write_is_read_to_the_bit(number in proptest::num::f64::NORMAL) {
            prop_assert_eq!(value(&format!("{number:?}"), Commas::Unknown), Ok(Some(number)));
            prop_assert_eq!(value(&format!("{number:e}"), Commas::Unknown), Ok(Some(number)));
        }

        #[test]
        fn a_short_number_is_the_float_that_its_text_is(text in "-?[0-9]{1,12}(\\.[0-9]{0,8})?") {
            if let Some(number) = plain_number(&text) {
                prop_assert_eq!(number.value.to_bits(), text.parse::<f64>().unwrap().to_bits());
                let decimals = text.split_once('.').map_or(0, |(_, behind)| behind.len());
                prop_assert_eq!(number.half_unit, half_unit(decimals));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}", digits in "[0-9.,' ()$€eE+-]{0,12}") {
            for text in [&text, &digits] {
                let _ = read_number(text, Commas::Unknown);
                let _ = read_number(text, Commas::Decimal);
            }
        }
    }
}
