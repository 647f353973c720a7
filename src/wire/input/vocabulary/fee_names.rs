//! Names of columns that look like fees, in whatever words a broker puts them.

use super::{Field, Kind, Meaning, Rank, parts_of};

/// Parts of a name that say that it is a cost.
pub(in crate::wire::input) const COSTS: [&str; 11] = [
    "fee",
    "fees",
    "commission",
    "commissions",
    "comm",
    "tax",
    "taxes",
    "levy",
    "duty",
    "charges",
    "brokerage",
];

/// What may stand before a cost, so that it is one of several that add up.
const COST_KINDS: [&str; 33] = [
    "entry",
    "exit",
    "open",
    "close",
    "opening",
    "closing",
    "buy",
    "sell",
    "exchange",
    "clearing",
    "sec",
    "taf",
    "finra",
    "nfa",
    // For the use of an index's name.
    "ip",
    "regulatory",
    "platform",
    "transaction",
    "trading",
    "broker",
    "misc",
    "other",
    "ecn",
    "routing",
    "stamp",
    "maker",
    "taker",
    "execution",
    "market",
    "data",
    "stt",
    "gst",
    "transfer",
];

/// `Clearing Fee`, `Exit Fees`, `stamp duty`: costs beside the others.
pub(super) fn fee_like(name: &str, kind: Kind) -> Option<Meaning> {
    let parts = parts_of(name);
    let (last, before) = parts.split_last()?;
    let is_one = matches!(kind, Kind::Exit | Kind::Fill)
        && COSTS.contains(&last.as_str())
        && before.iter().all(|part| {
            COST_KINDS.contains(&part.as_str()) || COSTS.contains(&part.as_str()) || part == "and"
        });
    is_one.then_some(Meaning { field: Field::Fees, rank: Rank::Certain, name: "fees" })
}
