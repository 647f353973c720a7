//! Numbers and moments of the page as people write them: thousands apart, few decimals, no letters in a time.

use crate::domain::Timestamp;

/// A whole number's digits with the thousands apart.
fn thousands(digits: &str) -> String {
    let mut apart = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

fn is_digits(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Its signs before it, the digits before and behind the point; `None` of anything else.
fn parts(core: &str) -> Option<(&str, &str, Option<&str>)> {
    let number = core.trim_start_matches(['+', '-', '\u{2212}', '(', '±']);
    let sign = core.strip_suffix(number).unwrap_or_default();
    let (whole, rest) = number.split_once('.').map_or((number, None), |(a, b)| (a, Some(b)));
    (is_digits(whole) && rest.is_none_or(is_digits)).then_some((sign, whole, rest))
}

/// The text of a number with the thousands apart, whatever it counts.
pub(super) fn apart(number: &str) -> String {
    let core = number.trim();
    match parts(core) {
        Some((sign, whole, Some(rest))) => format!("{sign}{}.{rest}", thousands(whole)),
        Some((sign, whole, None)) => format!("{sign}{}", thousands(whole)),
        None => core.to_owned(),
    }
}

/// Decimals of a percentage at most, and of any other number that has more than [`MANY`].
const FEW: usize = 2;
const MANY: usize = 4;

/// So many decimals are told of a number with more than it needs.
fn decimals(whole: &str, rest: &str, is_percent: bool) -> usize {
    let first = rest.bytes().position(|digit| digit != b'0').unwrap_or(0);
    let is_small = whole.bytes().all(|digit| digit == b'0');
    match (is_percent, is_small) {
        // What is not zero is not shown as zero.
        (true, true) if first >= FEW => first + 1,
        (true, _) => FEW,
        (false, true) if rest.len() > MANY => first + 3,
        (false, false) if rest.len() > MANY => FEW,
        _ => rest.len(),
    }
}

fn rounded(whole: &str, rest: &str, decimals: usize) -> String {
    if rest.len() <= decimals {
        return format!("{whole}.{rest}");
    }
    format!("{whole}.{rest}")
        .parse::<f64>()
        .map_or_else(|_| format!("{whole}.{rest}"), |v| format!("{v:.decimals$}"))
}

/// A number as it is, a price or a knob, in no more decimals than tell it.
pub(super) fn told(number: &str) -> String {
    match parts(number) {
        Some((sign, whole, Some(rest))) => {
            apart(&format!("{sign}{}", rounded(whole, rest, decimals(whole, rest, false))))
        }
        _ => apart(number),
    }
}

/// A moment by the clock of UTC; `None` of another text.
pub(super) fn moment(text: &str) -> Option<String> {
    let is_one = text.len() >= 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    let at = is_one.then(|| Timestamp::parse(text).ok()).flatten()?.to_string();
    let clock = at.get(11..19)?;
    Some(format!("{} {} UTC", at.get(..10)?, clock.strip_suffix(":00").unwrap_or(clock)))
}

/// Four digits that may be a year and are none where such a word follows.
const COUNTED: [&str; 12] = [
    "trades", "signals", "sessions", "rows", "paths", "returns", "records", "entries", "draws", "drawn",
    "days", "points",
];

fn is_year(core: &str) -> bool {
    core.len() == 4 && is_digits(core) && ("1900".."2100").contains(&core)
}

/// A number between other words; `None` of a word that is none. `before` is where its range begins, if it ends one.
fn number(word: &str, is_percent: bool, (before, next): (&str, &str)) -> Option<String> {
    let core = word.trim_end_matches([',', ';', '.', ')', ':', '%']);
    let behind = word.strip_prefix(core).unwrap_or_default();
    let (sign, whole, rest) = parts(core)?;
    let shown = match rest {
        Some(rest) => rounded(whole, rest, decimals(whole, rest, is_percent || behind.starts_with('%'))),
        None => whole.to_owned(),
    };
    let is_year = rest.is_none() && is_year(whole) && (before.is_empty() || is_year(before));
    let is_counted = COUNTED.contains(&next.trim_end_matches([',', ';', '.', ')', ':']));
    let shown = if is_year && !is_counted { shown } else { apart(&shown) };
    Some(format!("{sign}{shown}{behind}"))
}

/// The text with its numbers and moments as people write them; dates, versions, seeds and what has more than one point
/// stay.
pub(super) fn people(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or("");
    let is_percent_behind =
        |at: usize| word(at + 1).starts_with('%') || (word(at + 1) == "to" && word(at + 3).starts_with('%'));
    let shown = words.iter().enumerate().map(|(at, this)| {
        // A seed is a name that someone copies.
        if at > 0 && words[at - 1] == "seed" {
            return (*this).to_owned();
        }
        let core = this.trim_start_matches('(').trim_end_matches([',', ';', '.', ')']);
        if let Some(moment) = moment(core) {
            return this.replace(core, &moment);
        }
        match this.split_once('=') {
            Some((name, value)) => {
                format!("{name}={}", number(value, false, ("", "")).unwrap_or_else(|| value.to_owned()))
            }
            None => {
                let begin = if at > 1 && words[at - 1] == "to" { words[at - 2] } else { "" };
                number(this, is_percent_behind(at), (begin, word(at + 1)))
                    .unwrap_or_else(|| (*this).to_owned())
            }
        }
    });
    // A percent sign stays with its number.
    shown.collect::<Vec<_>>().join(" ").replace(" %", "\u{a0}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart_and_dates_do_not() {
        for (text, expected) in [
            ("From 10000.00 to -9857.25 USD on 2019-02-15", "From 10,000.00 to -9,857.25 USD on 2019-02-15"),
            ("(12345; 1234 trades, 1234.5)", "(12,345; 1,234 trades, 1,234.5)"),
            ("20260302-1 v1.2.3 0.0012345 t000002", "20260302-1 v1.2.3 0.00123 t000002"),
            ("+1000000.5", "+1,000,000.5"),
            ("by session, seed 20190211, 2000 of 12345", "by session, seed 20190211, 2000 of 12,345"),
            ("from 500 to 2000; 2019 to 2020", "from 500 to 2,000; 2019 to 2020"),
            ("2000 sessions (Ledoit and Wolf 2004)", "2,000 sessions (Ledoit and Wolf 2004)"),
        ] {
            assert_eq!(people(text), expected);
        }
    }

    #[test]
    fn a_number_has_no_more_decimals_than_tell_it() {
        for (text, expected) in [
            ("0.3082559488 and 768.9214744166.", "0.308 and 768.92."),
            ("DT_STOP_LOSS_PCT=0.0123456789", "DT_STOP_LOSS_PCT=0.0123"),
            ("+0.293 % (+0.070 to +0.516 %)", "+0.29\u{a0}% (+0.07 to +0.52\u{a0}%)"),
            ("0.0041 % of 9.999 %", "0.004\u{a0}% of 10.00\u{a0}%"),
            (
                "as of 2025-12-02T17:35:00Z, (2025-12-02T17:35:07.250Z)",
                "as of 2025-12-02 17:35 UTC, (2025-12-02 17:35:07 UTC)",
            ),
            ("20250711T200500Z-17cb594e", "20250711T200500Z-17cb594e"),
        ] {
            assert_eq!(people(text), expected);
        }
        assert_eq!(told("769.8197504"), "769.82");
        assert_eq!(apart("-9950"), "-9,950");
    }
}
