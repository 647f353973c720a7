//! A line of `symbol_sessions.jsonl.gz`.

use serde::{Deserialize, Serialize};

use super::json_line;
use crate::domain::Date;
use crate::wire::SCHEMA;

/// A symbol's session, as the bars of a price file had it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SymbolSession {
    /// What was traded.
    pub symbol: String,
    /// The session's date.
    pub date: String,
    /// The first price.
    pub open: f64,
    /// The last price.
    pub close: f64,
    /// The root of the sum of squared five-minute returns; null where a price was not above 0.
    pub realised_vol: Option<f64>,
    /// Bars.
    pub bars: u64,
    /// The logarithmic return of each quarter hour; null where a bar is missing.
    pub returns_15m: Vec<Option<f64>>,
    /// The version of the form.
    pub schema: u32,
}

impl SymbolSession {
    /// How much of the session it holds: quarter hours with a return, and bars.
    pub fn extent(&self) -> (usize, u64) {
        (self.returns_15m.iter().flatten().count(), self.bars)
    }

    /// The line with its newline.
    pub fn to_line(&self) -> Vec<u8> {
        json_line(self)
    }

    /// Reads a line, and the date of its session; none where it is no session, or a newer version wrote it.
    pub fn read(line: &[u8]) -> Option<(Date, Self)> {
        let read: Self = serde_json::from_slice(line).ok()?;
        let date = read.date.parse().ok()?;
        (read.schema <= SCHEMA).then_some((date, read))
    }
}
