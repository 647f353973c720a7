//! The record as size is learned from it, and `sizing.json`.

use std::collections::HashSet;

use chrono::Datelike;
use serde_json::Value as Json;

use super::trade_signals::signals_of;
use super::trades_in_window::each_trade;
use super::{Context, Reading};
use crate::decide::SizeRow;
use crate::domain::{Timestamp, Window};
use crate::store::{Durability, StoreError, read_state, replace_json};
use crate::wire::{JsonObject, SIZING_SCHEMA, SizingFile, StoredOutcome, StoredSize, size_of};

/// A trade of the record with how it was sized.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SizedRow {
    /// The trade.
    pub row: SizeRow,
    /// How it was sized.
    pub sized: StoredSize,
}

/// Every trade of the sessions that are over, in their order, with the score of its signal.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn sized_rows(context: &Context<'_>) -> Result<(Vec<SizedRow>, Reading), StoreError> {
    let market = context.market();
    let last = context.session_date().num_days_from_ce();
    let make = |stored: &StoredOutcome<'_>, line: &[u8]| -> Result<Option<SizedRow>, String> {
        let facts = stored.facts();
        let day = market.trading_date(facts.exit_time).num_days_from_ce();
        if day > last {
            return Ok(None);
        }
        let row = SizeRow {
            day,
            pnl: facts.pnl,
            result: facts.pnl_frac,
            outcome: market.outcome(facts.pnl, facts.pnl_frac),
            score: None,
            confidence: facts.confidence,
        };
        Ok(Some(SizedRow { row, sized: size_of(line) }))
    };
    let (found, reading) = each_trade(context, Window::All, make)?;
    let mut rows: Vec<SizedRow> = found.into_iter().flatten().collect();
    let wanted: HashSet<Box<str>> = rows.iter().filter_map(|row| row.sized.signal_id.clone()).collect();
    if !wanted.is_empty() {
        let number = |object: &JsonObject, key: &str| object.get(key).and_then(Json::as_f64);
        let said = |object: &JsonObject| {
            ["score", "size_multiplier", "size_propensity"].map(|key| number(object, key))
        };
        let signals = signals_of(context, Window::All, Some(&wanted), said)?;
        for row in &mut rows {
            let of_signal = row.sized.signal_id.as_deref().and_then(|id| signals.get(id));
            let Some([score, multiplier, propensity]) = of_signal.copied() else { continue };
            row.row.score = score;
            row.sized.multiplier = row.sized.multiplier.or(multiplier);
            row.sized.propensity = row.sized.propensity.or(propensity);
        }
    }
    // A session's exits may lie on both sides of midnight.
    rows.sort_by_key(|row| row.row.day);
    Ok((rows, reading))
}

/// Replaces `sizing.json`. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn write_sizing(context: &Context<'_>, file: &SizingFile) -> Result<(), StoreError> {
    replace_json(context.disk, &context.layout.sizing(), file, Durability::Cache)
}

/// What `sizing.json` says for engines at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum SizingInForce {
    /// There is none, or it cannot be read, or a newer version wrote it.
    #[default]
    None,
    /// It is too old to be gone by.
    Expired,
    /// It holds.
    Holds(Box<SizingFile>),
}

/// `sizing.json` as it holds at a moment; one that cannot be read is none, and is made again.
pub(crate) fn read_sizing(context: &Context<'_>, at: Timestamp) -> SizingInForce {
    let bytes = read_state(context.disk, &context.layout.sizing()).ok().flatten();
    let file: Option<SizingFile> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(file) = file.filter(|file| file.schema == SIZING_SCHEMA) else { return SizingInForce::None };
    match Timestamp::parse(&file.expires_at) {
        Ok(expires) if at < expires => SizingInForce::Holds(Box::new(file)),
        _ => SizingInForce::Expired,
    }
}
