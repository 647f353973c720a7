//! thinkorswim: the trade history inside of an account statement. Times are New York's unless the platform is set
//! otherwise; quantities are signed; commissions stand in the cash balance, not beside the trade.

use serde_json::Value;

use super::cells::split_cells;
use super::profile::{Profile, text};
use super::{Statement, StatementRows, section};
use crate::wire::input::{JsonObject, Kind};

pub(super) const THINKORSWIM: Profile = Profile {
    name: "thinkorswim",
    about: "the account trade history of an account statement as CSV; without commissions; --tz America/New_York",
    kind: Kind::Fill,
    signatures: &[&["exectime", "side", "qty", "poseffect", "symbol", "price"]],
    names: &[
        ("exectime", "timestamp"),
        ("poseffect", "effect"),
        ("netprice", ""),
        ("spread", "spread"),
        ("ordertype", "order_type"),
        ("type", "instrument"),
        ("price", "price"),
    ],
    finish,
};

fn finish(record: &mut JsonObject) {
    // One name for each contract.
    let kind = text(record, "instrument").to_uppercase();
    if kind == "CALL" || kind == "PUT" {
        let (symbol, exp) = (text(record, "symbol"), text(record, "Exp").replace(' ', ""));
        let contract = format!("{symbol} {exp} {} {kind}", text(record, "Strike"));
        record.insert("symbol".into(), contract.into());
        record.entry("multiplier").or_insert(100.into());
    }
    record.shift_remove("instrument");
}

/// The table below `Account Trade History`, up to the next empty line.
pub(super) const STATEMENTS: &[Statement] = &[Statement {
    begins: |head| head.contains("Account Statement for"),
    rows: StatementRows::Whole(history),
}];

fn history(text: &str) -> String {
    let (mut is_inside, mut headings): (bool, Vec<String>) = (false, Vec::new());
    // The second and further legs of a spread have their time in the first.
    let mut last_time = Value::Null;
    section(text, |line| {
        if line.trim().eq_ignore_ascii_case("Account Trade History") {
            (is_inside, headings) = (true, Vec::new());
            return None;
        }
        let mut cells = Vec::new();
        if !is_inside || !split_cells(line, b',', &mut cells) {
            return None;
        }
        if cells.iter().all(|cell| cell.is_empty()) {
            is_inside = headings.is_empty();
            return None;
        }
        if headings.is_empty() {
            headings = cells.iter().map(|cell| cell.to_string()).collect();
            return None;
        }
        let pairs = headings.iter().zip(&cells).filter(|(name, cell)| !name.is_empty() && !cell.is_empty());
        let mut record: JsonObject =
            pairs.map(|(name, cell)| (name.clone(), Value::String(cell.to_string()))).collect();
        match record.get("Exec Time") {
            Some(time) => last_time = time.clone(),
            None => {
                record.insert("Exec Time".into(), last_time.clone());
            }
        }
        Some(record)
    })
}
