//! Trades that fills closed, among the lines of `trade_outcomes.jsonl.gz`.

use serde::Deserialize;

use super::outcome::read_stored_outcome;
use super::text::Text;
use crate::domain::BookKey;
use crate::wire::input::FillMade;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    symbol: Option<Text<'a>>,
    #[serde(borrow)]
    trade_id: Option<Text<'a>>,
    #[serde(borrow)]
    strategy: Option<Text<'a>>,
    #[serde(borrow)]
    account: Option<Text<'a>>,
    #[serde(borrow)]
    fill_id: Option<Text<'a>>,
    leg: Option<u32>,
}

/// The id of a trade with the number of its leg, as figures and `void` know it.
pub fn made_id(position: &str, leg: Option<u32>) -> String {
    match leg.filter(|leg| *leg > 1) {
        Some(leg) => format!("{position}#{leg}"),
        None => position.to_owned(),
    }
}

/// Of a stored trade that fills closed: its id, what it is made of, and its content. `None` for any other line.
pub fn fill_made(line: &[u8]) -> Option<(String, FillMade, u64)> {
    memchr::memmem::find(line, b"\"fill_id\":")?;
    let read: Line<'_> = serde_json::from_slice(line).ok()?;
    let text = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).unwrap_or_default();
    let fill_id = text(read.fill_id);
    if fill_id.is_empty() {
        return None;
    }
    let book = BookKey {
        account: text(read.account),
        strategy: text(read.strategy),
        symbol: text(read.symbol),
        position: String::new(),
    };
    let content = read_stored_outcome(line).ok()?.facts().content;
    Some((made_id(&text(read.trade_id), read.leg), FillMade { book, fill_id }, content))
}
