//! What the heat of a book rests on: the trades of the sessions that are over, and how prices moved in them. From a cache as
//! long as it fits, or read anew; either way it is what the bytes of the cache say.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::Datelike;
use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;
use smol_str::SmolStr;

use super::Context;
use super::symbol_sessions::{SymbolSessions, symbol_session_bytes};
use super::trades_in_window::{Asked, fold_trades_where};
use crate::decide::{BarReturns, Names, OwnPast, PairTrade};
use crate::domain::{Market, Timestamp, UNKNOWN};
use crate::store::{
    Durability, LockTimeout, Log, Position, ScanOptions, StoreError, decode_framed, encode_framed,
    lock_store, read_state, replace_state, scan,
};
use crate::wire::StoredOutcome;

const MAGIC: &[u8; 4] = b"DTHP";

/// Raised whenever the meaning of the cached bytes changes.
const VERSION: u32 = 1;

/// Trades of so many days before the last session that is over are looked at.
const DAYS: u64 = 90;

/// A trade that is closed with the session's close is of that session: engines and brokers need moments for it.
const AFTER_CLOSE_US: i64 = 5 * 60_000_000;

/// Rows that the log may be ahead of the cache: reading them again costs less than writing it each time.
const AHEAD_OF_CACHE: u64 = 64;

/// What the heat of a book rests on.
pub(crate) struct HeatPast {
    /// The own trades.
    pub own: OwnPast,
    /// The prices of the symbols that were asked about.
    pub bars: BarReturns,
}

/// What the trades of the cache are those of: exits from the first of these moments on and before the second, in
/// microseconds; the calendars; how far a stop is that is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct RestsOn {
    exits: (i64, i64),
    calendars: u64,
    stop_frac: f64,
}

/// The bytes of the file of bars: how many, and the last of them, which are checksum and size of what they unpack to. None
/// where there is none.
type BarsMark = Option<(u64, [u8; 8])>;

/// The cache.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<'k> {
    rests_on: RestsOn,
    position: Position,
    own: OwnPast,
    bars_of: BarsMark,
    /// From when on and until when the sessions of the file of bars that are over are these, in microseconds.
    bars_between: [i64; 2],
    #[serde(borrow)]
    bars: Vec<(&'k str, &'k Bytes)>,
}

impl RestsOn {
    fn of(context: &Context<'_>, stop_frac: f64) -> Self {
        let calendar = context.market().calendar();
        let seen_from = context.seen_from();
        let date = calendar.session_date(seen_from);
        let first = date.checked_sub_days(chrono::Days::new(DAYS)).unwrap_or(date);
        // Before the first session of all nothing is over.
        let over = calendar.session(date).filter(|session| session.close <= seen_from);
        let until =
            over.map_or(calendar.bounds(date).0.micros(), |session| session.close.micros() + AFTER_CLOSE_US);
        let exits = (calendar.bounds(first).0.micros(), until);
        Self { exits, calendars: context.market().fingerprint(), stop_frac }
    }

    fn has(&self, exit: Timestamp) -> bool {
        (self.exits.0..self.exits.1).contains(&exit.micros())
    }
}

/// A trade in R, and what it risked as a fraction of the position; none without a time of entry.
pub(crate) fn pair_of(
    stored: &StoredOutcome<'_>,
    market: &Market,
    stop_frac: f64,
) -> Option<(PairTrade<SmolStr>, f64)> {
    let facts = stored.facts();
    let risked = stored.risked().0.unwrap_or(stop_frac);
    let pair = PairTrade {
        entry: facts.entry_time?,
        exit: facts.exit_time,
        day: market.trading_date(facts.exit_time).num_days_from_ce(),
        symbol: facts.symbol.into(),
        sector: Some(facts.sector).filter(|sector| *sector != UNKNOWN).map(Into::into),
        side: facts.side,
        r: facts.pnl_frac / risked,
    };
    Some((pair, risked))
}

/// What heat rests on, where a stop that is not recorded is `stop_frac` away, with the bars of the symbols in `wanted`. Without
/// bars there are the own trades, so that a file which cannot be read is a warning.
///
/// # Errors
/// [`StoreError`] when the log of trades cannot be read.
pub(crate) fn heat_past(
    context: &Context<'_>,
    stop_frac: f64,
    wanted: &BTreeSet<&str>,
    warnings: &mut Vec<String>,
) -> Result<HeatPast, StoreError> {
    let path = context.layout.heat_past();
    let cached = if context.as_of.is_some() { None } else { read_state(context.disk, &path).ok().flatten() };
    if let Some(past) = cached.and_then(|bytes| from_cache(context, stop_frac, &bytes, wanted)) {
        return Ok(past);
    }
    let (bytes, is_known) = from_scratch(context, stop_frac, wanted, warnings)?;
    let kept: Kept<'_> = decode_framed(MAGIC, VERSION, &bytes)
        .map_err(|why| StoreError::Corrupt { path, why: format!("{why:?}") })?;
    // What is nothing is as quickly read as its cache.
    let is_worth_it = kept.own.trades > 0 || !kept.bars.is_empty();
    if is_known && is_worth_it && context.as_of.is_none() {
        keep(context, &bytes);
    }
    Ok(kept.past(wanted))
}

/// Brings the cache up to date, so that the next who asks need not.
pub(crate) fn refresh_heat_past(context: &Context<'_>, stop_frac: f64) {
    // Whatever is wrong with a file is told by those who need it.
    let _ = heat_past(context, stop_frac, &BTreeSet::new(), &mut Vec::new());
}

/// Whether the cache, where it fits, says what the log and the file of bars say; `None` where there is none that fits.
///
/// # Errors
/// [`StoreError`] when the log of trades cannot be read.
pub(crate) fn cached_heat_is_right(
    context: &Context<'_>,
    stop_frac: f64,
) -> Result<Option<bool>, StoreError> {
    let Ok(Some(bytes)) = read_state(context.disk, &context.layout.heat_past()) else { return Ok(None) };
    let Ok(kept) = decode_framed::<Kept<'_>>(MAGIC, VERSION, &bytes) else { return Ok(None) };
    if kept.fits(context, &RestsOn::of(context, stop_frac)).is_none() {
        return Ok(None);
    }
    let (anew, _) = from_scratch(context, stop_frac, &BTreeSet::new(), &mut Vec::new())?;
    let anew = decode_framed::<Kept<'_>>(MAGIC, VERSION, &anew);
    Ok(Some(anew.is_ok_and(|anew| anew.own == kept.own && anew.bars == kept.bars)))
}

/// From the cache; none where it does not fit.
fn from_cache(
    context: &Context<'_>,
    stop_frac: f64,
    bytes: &[u8],
    wanted: &BTreeSet<&str>,
) -> Option<HeatPast> {
    let mut kept: Kept<'_> = decode_framed(MAGIC, VERSION, bytes).ok()?;
    let end = kept.fits(context, &RestsOn::of(context, stop_frac))?;
    if end.rows.saturating_sub(kept.position.rows) > AHEAD_OF_CACHE {
        kept.position = end;
        if let Ok(bytes) = encode_framed(MAGIC, VERSION, &kept, &context.layout.heat_past()) {
            keep(context, &bytes);
        }
    }
    Some(kept.past(wanted))
}

/// From the log and the file of bars, in the bytes of the cache; and whether all of it could be read.
fn from_scratch(
    context: &Context<'_>,
    stop_frac: f64,
    wanted: &BTreeSet<&str>,
    warnings: &mut Vec<String>,
) -> Result<(Vec<u8>, bool), StoreError> {
    let rests_on = RestsOn::of(context, stop_frac);
    let asked = Asked::of_exits(Some(rests_on.exits.0 - 1), |exit| rests_on.has(exit));
    let pair = |stored: &StoredOutcome<'_>, _: &[u8]| Ok(pair_of(stored, context.market(), stop_frac));
    let add = |(trades, names): &mut (Vec<PairTrade>, Names), pair: Option<(PairTrade<SmolStr>, f64)>| {
        trades.extend(pair.map(|(pair, _)| pair.numbered(names)));
    };
    let ((trades, names), reading) = fold_trades_where(context, &asked, pair, Default::default, add)?;
    let found = symbol_session_bytes(context).and_then(|bytes| {
        let sessions = SymbolSessions::parse(context, bytes.as_deref(), None)?;
        Ok((bytes.as_deref().map(mark), sessions.into_returns(context)))
    });
    let is_known = found.is_ok();
    let (bars_of, (returns, between)) = found.unwrap_or_else(|error| {
        if wanted.len() >= 2 {
            warnings.push(format!("correlations are those of the own trades: {error}"));
        }
        (None, (BarReturns::default(), [Timestamp::from_micros(0); 2]))
    });
    let packed: Vec<(&str, Vec<u8>)> = returns.packed().collect();
    let kept = Kept {
        rests_on,
        position: reading.scan.end,
        own: OwnPast::of(&trades, &names),
        bars_of,
        bars_between: between.map(Timestamp::micros),
        bars: packed.iter().map(|(symbol, bytes)| (*symbol, Bytes::new(bytes))).collect(),
    };
    Ok((encode_framed(MAGIC, VERSION, &kept, &context.layout.heat_past())?, is_known))
}

/// Writes the cache where nobody else is at work: who asks does not wait for it, and the next one writes it.
fn keep(context: &Context<'_>, bytes: &[u8]) {
    let patience = LockTimeout(Duration::ZERO);
    if let Ok(_lock) = lock_store(context.disk, &context.layout, patience, &mut || {}) {
        let _ = replace_state(context.disk, &context.layout.heat_past(), bytes, Durability::Cache);
    }
}

fn mark(bytes: &[u8]) -> (u64, [u8; 8]) {
    (bytes.len() as u64, bytes.last_chunk().copied().unwrap_or_default())
}

/// The mark of the file of bars as it stands; `None` where it cannot be read.
fn mark_of_file(context: &Context<'_>) -> Option<BarsMark> {
    let path = context.layout.symbol_sessions();
    if context.disk.stat(&path).ok()?.is_none() {
        return Some(None);
    }
    let file = context.disk.open(&path).ok()?;
    let (len, mut last) = (file.len().ok()?, [0; 8]);
    let read = file.read_at(&mut last, len.checked_sub(8)?).ok()?;
    (read == last.len()).then_some(Some((len, last)))
}

impl Kept<'_> {
    /// The end of the log, where nothing came that belongs into the cache and is not in it.
    fn fits(&self, context: &Context<'_>, rests_on: &RestsOn) -> Option<Position> {
        let log = context.layout.log(Log::Outcomes);
        let seen_from = context.seen_from().micros();
        let is_same = self.rests_on == *rests_on
            && (self.bars_between[0]..self.bars_between[1]).contains(&seen_from)
            && self.position.fits(context.disk, &log)
            && mark_of_file(context)? == self.bars_of;
        if !is_same {
            return None;
        }
        let is_late = |line: &[u8]| {
            let mut stored = StoredOutcome::default();
            stored.read(line).is_ok() && rests_on.has(stored.facts().exit_time)
        };
        let options = ScanOptions { from: self.position, after_us: Some(rests_on.exits.0 - 1) };
        let mut late = false;
        let found =
            scan(context.disk, &log, options, |chunk| chunk.lines().any(is_late), |_, any| late |= any);
        found.ok().filter(|_| !late).map(|report| report.end)
    }

    fn past(self, wanted: &BTreeSet<&str>) -> HeatPast {
        let mut bars = BarReturns::default();
        if wanted.len() >= 2 {
            let of_wanted = self.bars.iter().filter(|(symbol, _)| wanted.contains(symbol));
            of_wanted.for_each(|(symbol, bytes)| bars.push_packed(symbol, bytes));
        }
        HeatPast { own: self.own, bars }
    }
}
