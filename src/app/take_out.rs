//! `void` and `import --undo`: trades, fills and news out of their logs. Trades that fills made follow from them.

use std::collections::{HashMap, HashSet};

use super::Context;
use super::corrections::{CorrectionError, collect, id_of, locked, replaced_by, take_out};
use super::record::{Patience, Recorded, net};
use crate::files::checkpointed_log::position_id;
use crate::store::{Log, StoreError, StoreLock, read_batch, read_readings, row_hash};
use crate::wire::{Correction, fill_made, read_stored_fill, read_stored_news, read_stored_outcome};

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
        return Ok(both(context, &lock, correction, [(lines, found), (fills, fill_ids)], HashMap::new())?);
    }
    let mut done =
        vec![take_out(context, &lock, Log::News, correction.clone(), (news, news_ids), HashMap::new())?];
    if !lines.is_empty() || !fills.is_empty() {
        done.extend(both(context, &lock, correction, [(lines, found), (fills, fill_ids)], HashMap::new())?);
    }
    Ok(done)
}

/// Takes the records of an import out of their logs, whatever reading of them is there by now. Where it gave another reading of
/// records that were there, the one before is put back. One correction for each log.
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
    let readings = read_readings(context.disk, &context.layout, batch)?;
    let mut earlier = HashMap::new();
    let mut of_log = |log: Log| -> Result<Lines, StoreError> {
        let is_wanted = |line: &[u8]| {
            let hash = row_hash(line);
            rows.contains(&hash) || readings.contains(&hash)
        };
        let found = collect(context, log, is_wanted)?;
        let mut before = if readings.is_empty() { HashMap::new() } else { replaced_by(context, log, batch)? };
        // What the import brought itself was not there before, whatever reading of it came with it.
        for line in found.0.iter().filter(|line| !rows.contains(&row_hash(line))) {
            let old = id_of(context, log, line).and_then(|id| before.remove(&id));
            earlier.extend(old.map(|old| (row_hash(line), old)));
        }
        Ok(found)
    };
    let (trades, fills) = (of_log(Log::Outcomes)?, of_log(Log::Fills)?);
    let correction = Correction {
        action: "undo".into(),
        why: why.map(str::to_owned),
        batch: Some(batch.to_owned()),
        ..Correction::default()
    };
    Ok(both(context, &lock, correction, [trades, fills], earlier)?)
}

/// Lines with their ids.
type Lines = (Vec<Vec<u8>>, Vec<String>);

/// Takes lines out of the logs of trades and of fills, and nets what is left of the fills.
fn both(
    context: &Context<'_>,
    lock: &StoreLock,
    correction: Correction,
    [trades, fills]: [Lines; 2],
    earlier: HashMap<u64, Vec<u8>>,
) -> Result<Vec<Correction>, StoreError> {
    let has_trades = !trades.0.is_empty();
    if fills.0.is_empty() {
        return Ok(vec![take_out(context, lock, Log::Outcomes, correction, trades, earlier)?]);
    }
    let mut done = vec![take_out(context, lock, Log::Fills, correction.clone(), fills, earlier.clone())?];
    // Trades of the fills that are left may be there: all of them are held against the log.
    net(context, lock, 1, Patience::Unhurried, &mut Recorded::default())?;
    if has_trades {
        done.push(take_out(context, lock, Log::Outcomes, correction, trades, earlier)?);
    }
    Ok(done)
}
