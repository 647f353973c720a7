//! Symbols of options that are listed in the United States.

/// Whether a symbol is that of a listed option with its usual 100 units: `AAPL260320C00185000`, its root padded or not, and
/// `AAPL 03/20/2026 185.00 C`. A root with a digit is one whose contract was adjusted, of which the size is not known.
pub fn is_listed_option(symbol: &str) -> bool {
    // The shortest of either form has so many letters; nearly all symbols are shorter.
    symbol.len() >= 16 && (is_osi(symbol) || is_spelled_out(symbol))
}

fn is_root(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_day(month: &str, day: &str) -> bool {
    let within = |text: &str, most: u8| text.parse().is_ok_and(|number: u8| (1..=most).contains(&number));
    within(month, 12) && within(day, 31)
}

/// Root, year, month and day with two digits each, `C` or `P`, and the strike in thousandths with eight.
fn is_osi(symbol: &str) -> bool {
    let Some((root, rest)) = symbol.len().checked_sub(15).and_then(|at| symbol.split_at_checked(at)) else {
        return false;
    };
    let part = |from: usize, to: usize| rest.get(from..to).unwrap_or_default();
    let is_right = matches!(part(6, 7), "C" | "P" | "c" | "p");
    let is_number = is_digits(part(0, 6)) && is_digits(part(7, 15));
    is_right && is_number && is_day(part(2, 4), part(4, 6)) && is_root(root.trim_end_matches(' '))
}

/// Root, `mm/dd/yyyy`, strike, and `C` or `P`.
fn is_spelled_out(symbol: &str) -> bool {
    let mut words = symbol.split_ascii_whitespace();
    let mut next = || words.next().unwrap_or_default();
    let (root, date, strike, right) = (next(), next(), next(), next());
    let mut parts = date.split('/');
    let (month, day, year) = (parts.next(), parts.next(), parts.next());
    let is_date = matches!((month, day, year), (Some(month), Some(day), Some(year))
        if year.len() == 4 && is_digits(year) && is_day(month, day) && parts.next().is_none());
    let is_strike = strike.parse::<f64>().is_ok_and(|strike| strike.is_finite() && strike > 0.0);
    is_root(root) && is_date && is_strike && matches!(right, "C" | "P") && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn options_are_known_by_their_symbols() {
        let are = [
            "AAPL260320C00185000",
            "AAPL  260320P00185000",
            "F260116C00012500",
            "SPXW  260320C06000000",
            "AAPL 03/20/2026 185.00 C",
        ];
        assert!(are.into_iter().all(is_listed_option));
        let others = [
            "AAPL1260320C00185000",
            "AAPL261320C00185000",
            "AAPL260320X00185000",
            "BTC-260327-60000-C",
            "AAPL 20MAR26 185 C",
            "AAPL 03/20/2026 185.00 X",
            "AAPL 03/20/2026 185.00 C W",
            "AAPL",
        ];
        assert!(!others.into_iter().any(is_listed_option));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            let _ = is_listed_option(&text);
        }
    }
}
