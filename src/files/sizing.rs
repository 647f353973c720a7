//! The record as size is learned from it, and `sizing.json`.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::Datelike;
use serde_json::Value as Json;

use super::trade_signals::signals_of;
use super::trades_in_window::{fold_trades, named_signals};
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

/// Adds every trade of the sessions that are over to what `begin` makes, with the score of its signal: a session at a time, in
/// their order.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn fold_sessions<A>(
    context: &Context<'_>,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, &[SizedRow]),
) -> Result<(A, Reading), StoreError> {
    let last = context.session_date().num_days_from_ce();
    let make = |stored: &StoredOutcome<'_>, line: &[u8]| Ok(sized_row(context, last, stored, line));
    let signals = said_of(context, &named_signals(context, Window::All, |_, _| true)?)?;
    let ((mut made, open), reading) = fold_trades(
        context,
        Window::All,
        make,
        || (begin(), BTreeMap::<i32, Vec<SizedRow>>::new()),
        |(made, open), row| {
            let Some(mut row) = row else { return };
            join(&mut row, &signals);
            open.entry(row.row.day).or_default().push(row);
            // A session's exits may lie on both sides of midnight.
            if open.len() > OPEN_SESSIONS
                && let Some((_, session)) = open.pop_first()
            {
                add(made, &session);
            }
        },
    )?;
    open.values().for_each(|session| add(&mut made, session));
    Ok((made, reading))
}

/// Sessions that are held, in case an exit of one comes after one of the next.
const OPEN_SESSIONS: usize = 2;

/// A trade with how it was sized; none of a session after the `last` one.
fn sized_row(context: &Context<'_>, last: i32, stored: &StoredOutcome<'_>, line: &[u8]) -> Option<SizedRow> {
    let (facts, market) = (stored.facts(), context.market());
    let day = market.trading_date(facts.exit_time).num_days_from_ce();
    let row = SizeRow {
        day,
        pnl: facts.pnl,
        result: facts.pnl_frac,
        outcome: market.outcome(facts.pnl, facts.pnl_frac),
        score: None,
        confidence: facts.confidence,
    };
    (day <= last).then(|| SizedRow { row, sized: size_of(stored, line) })
}

/// Score, multiplier and propensity of a signal.
type Said = [Option<f64>; 3];

/// What the signals say of size, of those that are wanted.
fn said_of(context: &Context<'_>, wanted: &HashSet<Box<str>>) -> Result<HashMap<String, Said>, StoreError> {
    let number = |object: &JsonObject, key: &str| object.get(key).and_then(Json::as_f64);
    let said =
        |object: &JsonObject| ["score", "size_multiplier", "size_propensity"].map(|key| number(object, key));
    signals_of(context, Window::All, Some(wanted), said)
}

/// Gives a trade what its signal says.
fn join(row: &mut SizedRow, signals: &HashMap<String, Said>) {
    let of_signal = row.sized.signal_id.as_deref().and_then(|id| signals.get(id));
    let Some([score, multiplier, propensity]) = of_signal.copied() else { return };
    row.row.score = score;
    row.sized.multiplier = row.sized.multiplier.or(multiplier);
    row.sized.propensity = row.sized.propensity.or(propensity);
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
