//! The trades of a window one by one, each once, in the order of their exits.

use std::collections::HashSet;

use smol_str::SmolStr;

use super::{Context, Reading};
use crate::domain::{Side, Timestamp, TradeFacts, UNKNOWN, Window};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{StoredOutcome, read_stored_outcome};

/// What a decision needs of a trade.
#[derive(Clone, Debug)]
pub(crate) struct RecentTrade {
    pub exit_time: Timestamp,
    pub entry_time: Option<Timestamp>,
    pub trade_id: Box<str>,
    pub symbol: Box<str>,
    pub regime: Box<str>,
    pub side: Side,
    pub pnl: f64,
    pub pnl_frac: f64,
    pub confidence: Option<f64>,
}

impl RecentTrade {
    fn of(facts: &TradeFacts<'_>) -> Self {
        Self {
            exit_time: facts.exit_time,
            entry_time: facts.entry_time,
            trade_id: facts.trade_id.into(),
            symbol: facts.symbol.into(),
            regime: facts.regime.into(),
            side: facts.side,
            pnl: facts.pnl,
            pnl_frac: facts.pnl_frac,
            confidence: facts.confidence,
        }
    }

    /// The trade as metrics take it, without what only groups need.
    pub(crate) fn facts(&self) -> TradeFacts<'_> {
        TradeFacts {
            trade_id: &self.trade_id,
            symbol: &self.symbol,
            side: self.side,
            entry_time: self.entry_time,
            exit_time: self.exit_time,
            pnl: self.pnl,
            pnl_frac: self.pnl_frac,
            confidence: self.confidence,
            regime: &self.regime,
            sector: UNKNOWN,
            setup: UNKNOWN,
            exit_reason: UNKNOWN,
            strategy: UNKNOWN,
            variant: UNKNOWN,
            timeframe: UNKNOWN,
            content: 0,
            is_further_leg: false,
        }
    }
}

/// The trades of a window.
pub(crate) fn recent_trades(
    context: &Context<'_>,
    window: Window,
) -> Result<(Vec<RecentTrade>, Reading), StoreError> {
    each_trade(context, window, |stored, _| Ok(RecentTrade::of(&stored.facts())))
}

/// What is made of a trade, with its id and the hash of its exit, by which trades are put in order.
type Found<T> = (Timestamp, (SmolStr, u32), T);

/// What `make` makes of each trade of a window, in the order of exits, each trade once.
pub(crate) fn each_trade<T: Send + 'static>(
    context: &Context<'_>,
    window: Window,
    make: impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<T, String> + Sync,
) -> Result<(Vec<T>, Reading), StoreError> {
    let now = context.seen_from();
    let after_us = window.start(now).map(Timestamp::micros);
    each_trade_where(context, after_us, |exit| window.contains(exit, now), make)
}

/// What `make` makes of each trade whose exit is wanted, in the order of exits, each trade once. Exits up to `after_us` are
/// not even looked at where the log is packed.
pub(crate) fn each_trade_where<T: Send + 'static>(
    context: &Context<'_>,
    after_us: Option<i64>,
    is_wanted: impl Fn(Timestamp) -> bool + Sync,
    make: impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<T, String> + Sync,
) -> Result<(Vec<T>, Reading), StoreError> {
    let options = ScanOptions { after_us, ..ScanOptions::default() };
    let mut found: Vec<Found<T>> = Vec::new();
    let mut reading = Reading::default();
    let inside = |line: &[u8]| -> Result<Option<Found<T>>, String> {
        let stored = read_stored_outcome(line).map_err(|why| why.to_string())?;
        let facts = stored.facts();
        if !is_wanted(facts.exit_time) || context.as_of.is_some_and(|t| stored.was_written_after(t)) {
            return Ok(None);
        }
        Ok(Some((facts.exit_time, (facts.trade_id.into(), facts.exit_hash()), make(&stored, line)?)))
    };
    let scan = scan(
        context.disk,
        &context.layout.log(Log::Outcomes),
        options,
        |chunk| chunk.lines().map(inside).collect::<Vec<_>>(),
        |before, rows| {
            for (at, row) in rows.into_iter().enumerate() {
                match row {
                    Ok(row) => found.extend(row),
                    Err(why) => reading.note_unreadable(before, vec![(at as u64 + 1, why)]),
                }
            }
        },
    )?;
    reading.scan = scan;
    reading.ignore_live_tail(context, Log::Outcomes);
    // Stable: exits of one moment stay in the order in which they were recorded, and of a trade recorded twice the
    // first record counts.
    found.sort_by_key(|(exit, ..)| *exit);
    let mut of_moment: (Option<Timestamp>, HashSet<(SmolStr, u32)>) = (None, HashSet::new());
    found.retain(|(exit, id, _)| {
        if of_moment.0.replace(*exit) != Some(*exit) {
            of_moment.1.clear();
        }
        of_moment.1.insert(id.clone())
    });
    Ok((found.into_iter().map(|(_, _, made)| made).collect(), reading))
}
