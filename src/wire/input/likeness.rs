//! What a name that was not taken may be about: money is not put aside quietly.

use super::vocabulary::{COSTS, parts_of};

/// Parts of a name that look like money or a quantity, besides [`COSTS`].
const MONEY: [&str; 20] = [
    "qty",
    "quantity",
    "funding",
    "swap",
    "swaps",
    "profit",
    "pnl",
    "pl",
    "financing",
    "rebate",
    "interest",
    "costs",
    "menge",
    "stück",
    "anzahl",
    "gebühr",
    "gebühren",
    "provision",
    "gewinn",
    "steuer",
];

/// Whole names, without what stands between their parts, that are amounts though no part of them says so: taxes and levies by
/// their letters, and results.
const CHARGES: [&str; 22] = [
    "gst",
    "cgst",
    "sgst",
    "igst",
    "vat",
    "stt",
    "ctt",
    "sec",
    "taf",
    "orf",
    "nfa",
    "cat",
    "stampduty",
    "realized",
    "realised",
    "gain",
    "gainloss",
    "overnight",
    "carry",
    "markup",
    "spreadcost",
    "otherexpenses",
];

/// Parts that can be a quantity, where no quantity is there.
const MAYBE_QUANTITY: [&str; 8] =
    ["amount", "volume", "size", "lots", "contracts", "shares", "units", "notional"];

/// Parts of names that speak of sums over trades, of rates and of ratios, which are no part of a result.
const NOT_A_SUM: [&str; 15] = [
    "cum",
    "cumulative",
    "running",
    "pct",
    "percent",
    "percentage",
    "ratio",
    "rate",
    "%",
    "max",
    "min",
    "currency",
    "id",
    "type",
    "tier",
];

/// What a name that was not taken may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Money, or a quantity.
    Money,
    /// A quantity, where no other is there.
    MaybeQuantity,
}

/// What a name that was not taken looks like.
pub fn likeness_of(name: &str) -> Option<Likeness> {
    let parts = parts_of(name);
    let has = |list: &[&str]| parts.iter().any(|part| list.contains(&part.as_str()));
    // `P&L` and `P/L` fall into two parts.
    let is_result = parts.windows(2).any(|pair| pair[0] == "p" && pair[1] == "l");
    let whole: String = parts.concat();
    if CHARGES.contains(&whole.as_str()) {
        Some(Likeness::Money)
    } else if has(&NOT_A_SUM) {
        None
    } else if has(&COSTS) || has(&MONEY) || is_result {
        Some(Likeness::Money)
    } else if has(&MAYBE_QUANTITY) {
        Some(Likeness::MaybeQuantity)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_money_is_noticed() {
        for name in [
            "Exchange levy 2",
            "profitTarget pnl",
            "Kommission Gebühr",
            "funding_paid",
            "Est. tax due",
            "Day P&L",
            "Total exchange levy",
        ] {
            assert_eq!(likeness_of(name), Some(Likeness::Money), "{name}");
        }
        for name in ["Amount", "trade volume"] {
            assert_eq!(likeness_of(name), Some(Likeness::MaybeQuantity), "{name}");
        }
        for name in [
            "Cum. net profit",
            "Profit %",
            "profit_ratio",
            "fee_rate",
            "Bars",
            "Duration",
            "note",
            "plan",
            "leverage",
        ] {
            assert_eq!(likeness_of(name), None, "{name}");
        }
    }
}
