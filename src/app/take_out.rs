//! `void` and `import --undo`: trades, fills and news out of their logs. Trades that fills made follow from them.

use std::collections::HashSet;

use super::Context;
use super::corrections::{Correction, CorrectionError, collect, locked, take_out};
use super::record::{Patience, Recorded, net};
use crate::files::checkpointed_log::position_id;
use crate::store::{Log, StoreError, StoreLock, read_batch, row_hash};
use crate::wire::{fill_made, read_stored_fill, read_stored_news, read_stored_outcome};

/// Takes the records of these ids out: trades, with all exits of their positions, fills, with the trades that they
/// made, or news. One correction for each log.
///
/// # Errors
/// [`CorrectionError::NoSuchTrade`] when one is not there, [`CorrectionError::MadeByFills`] for a trade that follows from
/// fills; nothing is taken out then.
pub fn void(context: &Context<'_>, ids: &[String], why: &str) -> Result<Vec<Correction>, CorrectionError> {
    let lock = locked(context)?;
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let is_wanted = |line: &[u8]| {
        let Ok(stored) = read_stored_outcome(line) else { return false };
        let facts = stored.facts();
        wanted.contains(facts.trade_id) || wanted.contains(position_id(facts.trade_id))
    };
    let (lines, found) = collect(context, Log::Outcomes, is_wanted)?;
    if let Some((trade, made, _)) = lines.iter().find_map(|line| fill_made(line)) {
        return Err(CorrectionError::MadeByFills { trade, fill: made.fill_id });
    }
    let is_trade = |id: &String| found.iter().any(|found| found == id || position_id(found) == *id);
    let others: HashSet<&str> = ids.iter().filter(|id| !is_trade(id)).map(String::as_str).collect();
    let of_fill = |line: &[u8]| read_stored_fill(line).is_ok_and(|fill| others.contains(&*fill.fill_id));
    let (fills, fill_ids) =
        if others.is_empty() { (Vec::new(), Vec::new()) } else { collect(context, Log::Fills, of_fill)? };
    let others: HashSet<&str> =
        others.into_iter().filter(|id| !fill_ids.iter().any(|found| found == id)).collect();
    let of_news = |line: &[u8]| read_stored_news(line).is_ok_and(|(item, _)| others.contains(&*item.id()));
    let (news, news_ids) =
        if others.is_empty() { (Vec::new(), Vec::new()) } else { collect(context, Log::News, of_news)? };
    let missing = others.iter().filter(|id| !news_ids.iter().any(|found| found == *id));
    let mut missing: Vec<String> = missing.map(|id| (*id).to_owned()).collect();
    if !missing.is_empty() {
        missing.sort();
        return Err(CorrectionError::NoSuchTrade(missing));
    }
    let correction = Correction { action: "void".into(), why: Some(why.to_owned()), ..Correction::default() };
    if news.is_empty() {
        return Ok(both(context, &lock, correction, (lines, found), (fills, fill_ids))?);
    }
    let mut done = vec![take_out(context, &lock, Log::News, correction.clone(), news, news_ids)?];
    if !lines.is_empty() || !fills.is_empty() {
        done.extend(both(context, &lock, correction, (lines, found), (fills, fill_ids))?);
    }
    Ok(done)
}

/// Takes the records of an import out of their logs. One correction for each log.
///
/// # Errors
/// [`CorrectionError::NoSuchBatch`].
pub fn undo_import(
    context: &Context<'_>,
    batch: &str,
    why: Option<&str>,
) -> Result<Vec<Correction>, CorrectionError> {
    let lock = locked(context)?;
    let Some((_, rows)) = read_batch(context.disk, &context.layout, batch)? else {
        return Err(CorrectionError::NoSuchBatch(batch.to_owned()));
    };
    let is_of_batch = |line: &[u8]| rows.contains(&row_hash(line));
    let trades = collect(context, Log::Outcomes, is_of_batch)?;
    let fills = collect(context, Log::Fills, is_of_batch)?;
    let correction = Correction {
        action: "undo".into(),
        why: why.map(str::to_owned),
        batch: Some(batch.to_owned()),
        ..Correction::default()
    };
    Ok(both(context, &lock, correction, trades, fills)?)
}

/// Lines with their ids.
type Lines = (Vec<Vec<u8>>, Vec<String>);

/// Takes lines out of both logs, and nets what is left of the fills.
fn both(
    context: &Context<'_>,
    lock: &StoreLock,
    correction: Correction,
    (trades, trade_ids): Lines,
    (fills, fill_ids): Lines,
) -> Result<Vec<Correction>, StoreError> {
    let has_trades = !trades.is_empty();
    if fills.is_empty() {
        return Ok(vec![take_out(context, lock, Log::Outcomes, correction, trades, trade_ids)?]);
    }
    let mut done = vec![take_out(context, lock, Log::Fills, correction.clone(), fills, fill_ids)?];
    // Trades of the fills that are left may be there: all of them are held against the log.
    net(context, lock, 1, Patience::Unhurried, &mut Recorded::default())?;
    if has_trades {
        done.push(take_out(context, lock, Log::Outcomes, correction, trades, trade_ids)?);
    }
    Ok(done)
}
