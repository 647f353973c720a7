//! What the settings say about what is traded: how many units a contract stands for, in which currency its
//! result comes, whether its price may fall below zero.

use std::borrow::Cow;

use super::inverse::inverse_by_name;

/// What is said of the instruments that a pattern names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InstrumentRule {
    /// A symbol; `*` stands for any characters, `?` for one.
    pub pattern: String,
    /// Units of the underlying a contract stands for, above 0; with an inverse contract its value in the
    /// currency of its price.
    pub multiplier: Option<f64>,
    /// Whether the contract is settled in the coin that it prices: results are `1/entry − 1/exit`.
    pub inverse: Option<bool>,
    /// Whether prices at and below zero are prices, as of spreads and of some futures.
    pub negative_prices: Option<bool>,
    /// The currency of its results, where that is not the account's.
    pub currency: Option<String>,
    /// The sector that it belongs to.
    pub sector: Option<String>,
}

/// What is known of one instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContractTerms {
    /// Units a contract stands for; `None` is 1.
    pub multiplier: Option<f64>,
    /// Whether results are `1/entry − 1/exit`.
    pub inverse: bool,
    /// Whether prices at and below zero are prices.
    pub negative_prices: bool,
    /// The currency of its results, where the settings name it.
    pub currency: Option<String>,
}

/// The `[instruments]` table of the settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instruments {
    /// Rules in the order in which they were written.
    pub rules: Vec<InstrumentRule>,
    /// Whether symbols that differ in case alone are one; they are then written in capitals.
    pub fold_case: bool,
}

impl Instruments {
    /// A symbol as records write it.
    pub fn written<'s>(&self, symbol: impl Into<Cow<'s, str>>) -> Cow<'s, str> {
        let symbol = symbol.into();
        if self.fold_case { symbol.to_uppercase().into() } else { symbol }
    }

    /// The rules that name a symbol, the longest pattern first.
    fn fitting(&self, symbol: &str) -> Vec<&InstrumentRule> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let symbol = self.written(symbol);
        let fits = |rule: &&InstrumentRule| matches(&self.written(rule.pattern.as_str()), &symbol);
        let mut fitting: Vec<&InstrumentRule> = self.rules.iter().filter(fits).collect();
        fitting.sort_by_key(|rule| std::cmp::Reverse(rule.pattern.chars().filter(|c| *c != '*').count()));
        fitting
    }

    /// The sector of a symbol, where the settings say one: by the rule with the longest pattern that does.
    pub fn sector(&self, symbol: &str) -> Option<&str> {
        let says = |rule: &&InstrumentRule| rule.sector.is_some();
        if !self.rules.iter().any(|rule| says(&rule)) {
            return None;
        }
        self.fitting(symbol).into_iter().find_map(|rule| rule.sector.as_deref())
    }

    /// What is known of a symbol. Of several rules that say something, the one with the longest pattern counts; where none
    /// does, the name of an inverse contract says that it is one.
    pub fn terms(&self, symbol: &str) -> ContractTerms {
        let fitting = self.fitting(symbol);
        fn first<T>(rules: &[&InstrumentRule], of: impl Fn(&InstrumentRule) -> Option<T>) -> Option<T> {
            rules.iter().find_map(|rule| of(rule))
        }
        let inverse = first(&fitting, |rule| rule.inverse);
        let named = inverse_by_name(symbol).filter(|_| inverse != Some(false));
        ContractTerms {
            multiplier: first(&fitting, |rule| rule.multiplier)
                .or_else(|| named.and_then(|named| named.multiplier)),
            inverse: inverse.unwrap_or(named.is_some()),
            negative_prices: first(&fitting, |rule| rule.negative_prices).unwrap_or(false),
            currency: first(&fitting, |rule| rule.currency.clone()),
        }
    }
}

/// Whether a symbol is one that the pattern names.
fn matches(pattern: &str, symbol: &str) -> bool {
    let (pattern, symbol): (Vec<char>, Vec<char>) = (pattern.chars().collect(), symbol.chars().collect());
    // The usual walk with one place to come back to: behind the last star.
    let (mut at, mut here, mut back) = (0, 0, None);
    while here < symbol.len() {
        match pattern.get(at) {
            Some('*') => {
                back = Some((at + 1, here));
                at += 1;
            }
            Some(c) if *c == '?' || *c == symbol[here] => (at, here) = (at + 1, here + 1),
            _ => match back {
                Some((star, from)) => {
                    (at, here) = (star, from + 1);
                    back = Some((star, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_what_it_should() {
        for (pattern, symbol, fits) in [
            ("ES*", "ESZ25", true),
            ("ES*", "MESZ25", false),
            ("*", "", true),
            ("*USDT:*", "BTC/USDT:USDT", true),
            ("6?H*", "6EH4.XCME", true),
            ("A", "AA", false),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xaxbx", false),
        ] {
            assert_eq!(matches(pattern, symbol), fits, "{pattern} {symbol}");
        }
    }

    #[test]
    fn the_most_exact_rule_counts() {
        let rule = |pattern: &str, multiplier| InstrumentRule {
            pattern: pattern.into(),
            multiplier: Some(multiplier),
            ..InstrumentRule::default()
        };
        let all = Instruments {
            rules: vec![rule("*", 2.0), rule("ES*", 50.0), rule("ESM6", 5.0)],
            fold_case: false,
        };
        let of = |symbol: &str| all.terms(symbol).multiplier;
        assert_eq!((of("ESM6"), of("ESZ5"), of("X")), (Some(5.0), Some(50.0), Some(2.0)));
        assert_eq!(Instruments::default().terms("X"), ContractTerms::default());
        let named = Instruments::default().terms("ETHUSD_PERP");
        assert_eq!((named.inverse, named.multiplier), (true, Some(10.0)));
        let linear = InstrumentRule { inverse: Some(false), multiplier: None, ..rule("ETHUSD_PERP", 1.0) };
        let all = Instruments { rules: vec![linear], fold_case: false };
        assert_eq!(all.terms("ETHUSD_PERP"), ContractTerms::default());
    }
}
