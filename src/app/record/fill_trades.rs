//! A trade that fills closed, as a line of the log of trades.

use super::candidate::{Candidate, trade_candidate};
use crate::domain::{BookKey, Closing, Market, Timestamp, Trade};
use crate::wire::{FillMade, JsonObject, OutcomeRecord, Read, ReadExit, made_id, parse_object};

/// The trade of a closing fill.
///
/// # Errors
/// Why it cannot be one.
pub(super) fn candidate(now_and_market: (Timestamp, &Market), closing: Closing) -> Result<Candidate, String> {
    let Closing { trade, book, fill_id, features } = closing;
    let leg = trade.leg;
    let trade = Trade::new(trade)
        .map_err(|why| format!("the trade that fill {fill_id} closes is not stored: {why}"))?;
    let features = features.and_then(|text| parse_object(text.as_bytes()).ok());
    let id = made_id(trade.trade_id(), leg);
    // As the line says it.
    let book = BookKey { position: String::new(), ..book };
    let made_of = Some(FillMade { book: book.clone(), fill_id });
    let record = OutcomeRecord { trade, features, extra: JsonObject::new(), left_over: Vec::new(), made_of };
    let read = Read { record, warnings: Vec::new() };
    let exit = ReadExit { read, is_unnamed: false, is_defaulted: false, open_pnl: None };
    let candidate = trade_candidate(now_and_market, exit);
    Ok(Candidate { id, book: Some(Box::new(book)), warnings: Vec::new(), ..candidate })
}
