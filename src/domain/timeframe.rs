//! The bars that a signal was made on, in one form: `5m`, `1h`, `1d`.

/// Units with the words that stand for them and their seconds, the longest first.
const UNITS: [(&str, &[&str], u64); 5] = [
    ("w", &["w", "W", "wk", "week", "weeks"], 604_800),
    ("d", &["d", "D", "day", "days"], 86_400),
    ("h", &["h", "H", "hr", "hrs", "hour", "hours"], 3_600),
    ("m", &["m", "min", "mins", "minute", "minutes"], 60),
    ("s", &["s", "S", "sec", "secs", "second", "seconds"], 1),
];

fn seconds_of(unit: &str) -> Option<u64> {
    let is_it = |word: &str| word == unit || (unit.len() > 1 && word.eq_ignore_ascii_case(unit));
    UNITS.iter().find(|(_, words, _)| words.iter().any(|word| is_it(word))).map(|(.., seconds)| *seconds)
}

/// A timeframe in its one form: `5`, `5min`, `M5` and `300s` are `5m`. A number alone is minutes. What is no such word stays as it
/// is, and so does `1M`: to some it is a month.
pub fn timeframe(text: &str) -> String {
    let text = text.trim();
    let first_digit = text.find(|c: char| c.is_ascii_digit());
    let found = match first_digit {
        Some(0) => {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (count, unit) = text.split_at(end);
            let unit = unit.trim();
            let seconds = if unit.is_empty() { Some(60) } else { seconds_of(unit) };
            count.parse::<u64>().ok().zip(seconds)
        }
        // As platforms write it: M5, H1, D1.
        Some(at) => {
            let (unit, count) = text.split_at(at);
            let seconds = if unit == "M" { Some(60) } else { seconds_of(unit) };
            count.parse::<u64>().ok().zip(seconds)
        }
        None => None,
    };
    let Some(seconds) = found.and_then(|(count, seconds)| count.checked_mul(seconds)).filter(|all| *all > 0)
    else {
        return text.to_owned();
    };
    let unit = UNITS.iter().find(|(.., of)| seconds % of == 0);
    unit.map_or_else(|| text.to_owned(), |(name, _, of)| format!("{}{name}", seconds / of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all_ways_to_write_it() {
        for text in ["5m", "5", "5min", "5 Minutes", "M5", "300s", "300 sec", " m5 "] {
            assert_eq!(timeframe(text), "5m", "{text}");
        }
        for (text, form) in
            [("H1", "1h"), ("60", "1h"), ("90m", "90m"), ("1440min", "1d"), ("D1", "1d"), ("7d", "1w")]
        {
            assert_eq!(timeframe(text), form, "{text}");
        }
        for text in ["1M", "tick", "0m", "5x", "", "5m10", "99999999999999999999m", "1.5h"] {
            assert_eq!(timeframe(text), text, "left as it is");
        }
    }
}
