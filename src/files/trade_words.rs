//! The trades of a window by a field that no figure is kept of: their tags, their account.

use super::desks::fold_desks;
use super::record_filter::TradeFilter;
use super::trades_in_window::{RecentTrade, each_trade};
use super::{Context, Desk, Reading};
use crate::domain::{FieldValue, UNKNOWN, Window};
use crate::store::{Log, StoreError};
use crate::wire::{RecordField, StoredOutcome, TRADE_FIELDS, TradeRecord, parse_object};

/// A trade with what a field says of it: several words where it has several tags, `unknown` where it has none.
pub(crate) type WordedTrade = (RecentTrade, Vec<String>);

fn words_of(value: Option<FieldValue>) -> Vec<String> {
    match value {
        Some(FieldValue::Texts(mut words)) => {
            words.sort_unstable();
            words.dedup();
            words
        }
        Some(FieldValue::Text(word)) => vec![word],
        Some(FieldValue::Number(number)) => vec![number.to_string()],
        _ => vec![UNKNOWN.to_owned()],
    }
}

/// The trades that a filter takes, in the order of their exits, each with the words of one of [`TRADE_FIELDS`].
///
/// # Errors
/// [`StoreError`] when the log of the one store cannot be read at all.
pub(crate) fn worded_trades(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
    field: &str,
) -> Result<(Vec<WordedTrade>, Reading), StoreError> {
    let place = TRADE_FIELDS.iter().position(|row| row.name == field).unwrap_or_default();
    let read = |own: &Context<'_>, filter: Option<&TradeFilter>| {
        let make = |stored: &StoredOutcome<'_>, line: &[u8]| {
            if filter.is_some_and(|filter| !filter.takes(stored, line)) {
                return Ok(None);
            }
            let object = parse_object(line).map_err(|why| why.to_string())?;
            let record =
                TradeRecord { facts: stored.facts(), object: &object, signal: None, market: own.market() };
            let words = words_of(record.value(&RecordField::Known(place)));
            Ok(Some((RecentTrade::of(&stored.facts()), words)))
        };
        let (trades, reading) = each_trade(own, window, make)?;
        Ok((trades.into_iter().flatten().collect::<Vec<WordedTrade>>(), reading))
    };
    if !context.is_joined() {
        return read(context, filter);
    }
    let of_desk = |own: &Context<'_>, _: &Desk, filter: Option<&TradeFilter>| read(own, filter);
    let (mut trades, reading) =
        fold_desks(context, (Log::Outcomes, filter), Vec::new, of_desk, |all, one| all.extend(one));
    // Stable: of one moment in the order of the desks.
    trades.sort_by_key(|(trade, _)| trade.exit_time);
    Ok((trades, reading))
}
