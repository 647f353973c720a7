//! The session of the guard: its exits and the sessions before it, from a cache and what came since, or read anew to
//! the same bits.

use std::cell::OnceCell;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::brain::Brain;
use super::brain_log::read_log;
use super::trades_in_window::{Asked, fold_trades_where};
use super::{Context, checkpointed_log};
use crate::decide::{GuardCourse, GuardDay, GuardExit, GuardExitFacts, PAST_DAYS, SessionSum};
use crate::domain::{Date, KnobName, Side, Timestamp, says_stop};
use crate::stats::DropDetector;
use crate::store::{Checkpoint, Log, Position, ScanOptions, StoreError, scan};
use crate::wire::{Adjustment, StoredOutcome};

/// An exit as the cache keeps it: when, id, content, symbol, whether long, strategy, result, result as a fraction, stop,
/// whether it was hit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptExit(i64, String, u64, String, bool, String, f64, f64, Option<f64>, bool);

/// The session as the cache keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptDay {
    rules: u64,
    calendars: u64,
    capital: f64,
    date: i32,
    equity: f64,
    stop_frac: f64,
    exits: Vec<KeptExit>,
    /// Exits of later dates: they have not happened yet.
    later: Vec<KeptExit>,
    before: Vec<SessionSum>,
    carried: Vec<(String, DropDetector, f64)>,
}

type Kept = Checkpoint<Option<KeptDay>>;

/// The session, and what is needed to keep it.
pub(crate) struct KnownDay {
    pub day: GuardDay,
    later: Vec<GuardExit>,
    position: Position,
    /// Rows that the cache is behind the log.
    pub behind: u64,
}

impl From<&GuardExit> for KeptExit {
    fn from(exit: &GuardExit) -> Self {
        let facts = &exit.facts;
        Self(
            exit.at.micros(),
            exit.id.0.to_string(),
            exit.id.1,
            facts.symbol.to_string(),
            facts.side == Side::Long,
            facts.strategy.to_string(),
            facts.pnl,
            facts.pnl_frac,
            facts.stop_frac,
            facts.is_stopped,
        )
    }
}

impl From<KeptExit> for GuardExit {
    fn from(kept: KeptExit) -> Self {
        let KeptExit(at, id, content, symbol, is_long, strategy, pnl, pnl_frac, stop_frac, is_stopped) = kept;
        let side = if is_long { Side::Long } else { Side::Short };
        let (symbol, strategy) = (symbol.into(), strategy.into());
        let facts = GuardExitFacts { symbol, side, strategy, pnl, pnl_frac, stop_frac, is_stopped };
        Self { at: Timestamp::from_micros(at), id: (id.into(), content), facts }
    }
}

/// The exit that a stored line is.
fn exit_of(stored: &StoredOutcome<'_>) -> GuardExit {
    let facts = stored.facts();
    let (stop_frac, hit_stop) = stored.risked();
    GuardExit {
        at: facts.exit_time,
        id: (facts.trade_id.into(), facts.content),
        facts: GuardExitFacts {
            symbol: facts.symbol.into(),
            side: facts.side,
            strategy: facts.strategy.into(),
            pnl: facts.pnl,
            pnl_frac: facts.pnl_frac,
            stop_frac,
            is_stopped: says_stop(hit_stop, facts.exit_reason),
        },
    }
}

/// The exits behind a position, as they stand in the log, and where it ends.
fn exits_from(context: &Context<'_>, options: ScanOptions) -> Result<(Vec<GuardExit>, Position), StoreError> {
    let mut exits = Vec::new();
    let exit = |line: &[u8]| {
        let mut stored = StoredOutcome::default();
        stored.read(line).ok()?;
        (!context.as_of.is_some_and(|as_of| stored.was_written_after(as_of))).then(|| exit_of(&stored))
    };
    let path = context.layout.log(Log::Outcomes);
    let report = scan(
        context.disk,
        &path,
        options,
        |chunk| chunk.lines().filter_map(exit).collect::<Vec<_>>(),
        |_, found| exits.extend(found),
    )?;
    Ok((exits, report.end))
}

/// The session of `date`, as far as it is recorded.
///
/// # Errors
/// [`StoreError`] when the log of trades cannot be read.
pub(crate) fn known_day(context: &Context<'_>, date: Date) -> Result<KnownDay, StoreError> {
    match from_cache(context, date)? {
        Some(known) => Ok(known),
        None => from_scratch(context, date),
    }
}

/// What a cache rests on beside the log: the rules with the stop that is shipped, and the calendars.
fn mark(context: &Context<'_>) -> (u64, u64) {
    let rules = [context.settings.guard.fingerprint(), shipped_stop(context).to_bits()].map(u64::to_le_bytes);
    (xxhash_rust::xxh3::xxh3_64(rules.as_flattened()), context.market().fingerprint())
}

/// From the cache and the exits since; none where it does not fit, or an exit came late.
fn from_cache(context: &Context<'_>, date: Date) -> Result<Option<KnownDay>, StoreError> {
    if context.as_of.is_some() {
        return Ok(None);
    }
    let log = context.layout.log(Log::Outcomes);
    let Ok(kept) = Kept::load(context.disk, &context.layout.guard_day(), &log) else { return Ok(None) };
    let fits = |day: &KeptDay| {
        (day.rules, day.calendars) == mark(context)
            && day.capital == context.settings.capital
            && day.date <= date.num_days_from_ce()
    };
    let Some(stored) = kept.folded.filter(fits) else { return Ok(None) };
    let Some(kept_date) = NaiveDate::from_num_days_from_ce_opt(stored.date) else { return Ok(None) };
    let mut day = GuardDay::new(kept_date, stored.equity, stored.stop_frac);
    day.exits = stored.exits.into_iter().map(GuardExit::from).collect();
    day.before = stored.before;
    stored.carried.into_iter().for_each(|(name, drop, cusum)| day.carry(name, drop, cusum));
    let options = ScanOptions { from: kept.position, after_us: None };
    let (fresh, position) = exits_from(context, options)?;
    if fresh.iter().any(|exit| context.market().trading_date(exit.at) < kept_date) {
        return Ok(None);
    }
    let behind = position.rows.saturating_sub(kept.position.rows);
    let exits = stored.later.into_iter().map(GuardExit::from).chain(fresh).collect();
    let (day, later, is_read) = walked(context, day, exits, date);
    Ok(Some(KnownDay { day, later, position, behind: if is_read { behind } else { 0 } }))
}

/// How far a stop was when sessions began, where a trade records none: as the record of changes says, and as shipped before
/// the first of them. What the brain file alone knows is left out of it, so that a session has the same whenever it is
/// looked at.
struct StopsThen<'c, 'd> {
    context: &'c Context<'d>,
    /// What was set, oldest first; none where the record cannot be read. It is read when it is first asked.
    set: OnceCell<Option<Vec<(Timestamp, f64)>>>,
}

impl<'c, 'd> StopsThen<'c, 'd> {
    fn new(context: &'c Context<'d>) -> Self {
        Self { context, set: OnceCell::new() }
    }

    fn read(&self) -> Option<Vec<(Timestamp, f64)>> {
        let log = Brain::read(self.context).and_then(|brain| read_log(self.context, &brain)).ok()?;
        let value = |change: &Adjustment| {
            let of_stop = change.symbol.is_none() && change.knob == KnobName::StopLoss.as_str();
            let at = Timestamp::parse(&change.timestamp).ok()?;
            Some((at, change.new_effective?)).filter(|_| of_stop)
        };
        let mut set: Vec<(Timestamp, f64)> = log.changes.iter().filter_map(value).collect();
        set.sort_by_key(|(at, _)| *at);
        Some(set)
    }

    /// When the session of a date began.
    fn at_begin_of(&self, date: Date) -> f64 {
        let moment = self.context.market().calendar().bounds(date).0;
        let set = self.set.get_or_init(|| self.read()).as_deref().unwrap_or_default();
        let last = set.iter().rev().find(|(at, _)| *at <= moment);
        last.map_or_else(|| shipped_stop(self.context), |(_, value)| *value)
    }

    /// Whether whatever was asked of the record could be read.
    fn is_read(&self) -> bool {
        self.set.get().is_none_or(Option::is_some)
    }
}

fn shipped_stop(context: &Context<'_>) -> f64 {
    context.settings.rulebook.knob(KnobName::StopLoss).default
}

/// Takes a day through exits up to a date; with those of later dates, and whether every stop that it rests on was read.
fn walked(
    context: &Context<'_>,
    day: GuardDay,
    exits: Vec<GuardExit>,
    date: Date,
) -> (GuardDay, Vec<GuardExit>, bool) {
    let stops = StopsThen::new(context);
    let stop_of = |date: Date| stops.at_begin_of(date);
    let course = GuardCourse { rules: &context.settings.guard, market: context.market(), stop_of: &stop_of };
    let (day, later) = day.through(exits, date, &course);
    (day, later, stops.is_read())
}

/// From the log: as far back as anything matters to the session.
fn from_scratch(context: &Context<'_>, date: Date) -> Result<KnownDay, StoreError> {
    let (begin, first) = beginning(context, date);
    let stops = StopsThen::new(context);
    let stop_of = |date: Date| stops.at_begin_of(date);
    let course = GuardCourse { rules: &context.settings.guard, market: context.market(), stop_of: &stop_of };
    let asked = Asked {
        after_us: Some(begin.micros() - 1),
        is_wanted: |exit| exit >= begin,
        id_of: |facts| (facts.trade_id.into(), facts.content),
    };
    let fresh = || (GuardDay::new(first, 0.0, shipped_stop(context)), Vec::new());
    let add = |(day, later): &mut (GuardDay, Vec<GuardExit>), exit| {
        later.extend(day.take(exit, date, &course, drop));
    };
    let ((mut day, later), reading) =
        fold_trades_where(context, &asked, |stored, _| Ok(exit_of(stored)), fresh, add)?;
    if day.date < date {
        day.turn(date, &course);
    }
    day.equity = equity_before(context, &day, &later)?;
    let position = reading.scan.end;
    Ok(KnownDay { day, later, position, behind: if stops.is_read() { position.rows } else { 0 } })
}

/// The session of `date`, and before it every one of the last 90 days with a trade, the oldest first; that of `date` is the
/// last of them, where it has one.
///
/// # Errors
/// [`StoreError`] when the log of trades cannot be read.
pub(crate) fn past_days(context: &Context<'_>, date: Date) -> Result<(GuardDay, Vec<GuardDay>), StoreError> {
    let (begin, first) = beginning(context, date);
    let stops = StopsThen::new(context);
    let stop_of = |date: Date| stops.at_begin_of(date);
    let course = GuardCourse { rules: &context.settings.guard, market: context.market(), stop_of: &stop_of };
    let asked = Asked {
        after_us: Some(begin.micros() - 1),
        is_wanted: |exit| exit >= begin && exit <= context.seen_from(),
        id_of: |facts| (facts.trade_id.into(), facts.content),
    };
    let oldest = date - chrono::Days::new(PAST_DAYS.unsigned_abs().into());
    let begin = || (GuardDay::new(first, 0.0, shipped_stop(context)), PastDays::new(oldest));
    let add = |(day, past): &mut (GuardDay, PastDays), exit| {
        day.take(exit, date, &course, |over| past.keep(over));
    };
    let ((mut day, mut past), _) =
        fold_trades_where(context, &asked, |stored, _| Ok(exit_of(stored)), begin, add)?;
    if day.date < date {
        past.keep(day.turn(date, &course));
    }
    past.keep(day.clone());
    // The days were walked from an equity of 0; what it is now says what it was then.
    let now = equity_before(context, &GuardDay::new(date, 0.0, 0.0), &[])?;
    past.days.iter_mut().for_each(|day| day.equity += now - past.total);
    Ok((day, past.days))
}

/// The sessions that are over. Of those that are too old to be looked at only the result is kept.
struct PastDays {
    oldest: Date,
    days: Vec<GuardDay>,
    /// The results of all.
    total: f64,
}

impl PastDays {
    fn new(oldest: Date) -> Self {
        Self { oldest, days: Vec::new(), total: 0.0 }
    }

    fn keep(&mut self, mut day: GuardDay) {
        day.exits.iter().for_each(|exit| self.total += exit.facts.pnl);
        if day.date >= self.oldest && !day.exits.is_empty() {
            day.exits.shrink_to_fit();
            self.days.push(day);
        }
    }
}

/// The first moment that matters to the session of a date, and its date.
fn beginning(context: &Context<'_>, date: Date) -> (Timestamp, Date) {
    let quarter = NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1).unwrap_or(date);
    let first = quarter - chrono::Days::new(2 * u64::from(PAST_DAYS.unsigned_abs()) + 1);
    (context.market().calendar().bounds(first).0, first)
}

/// Equity before a session: the capital and every result before it.
fn equity_before(context: &Context<'_>, day: &GuardDay, later: &[GuardExit]) -> Result<f64, StoreError> {
    let ledger = checkpointed_log::outcomes(context)?.checkpoint.folded;
    let total = ledger.and_then(|ledger| ledger.net().ok());
    let since: f64 = day.exits.iter().chain(later).map(|exit| exit.facts.pnl).sum();
    Ok(context.settings.capital + total.unwrap_or(0.0) - since)
}

impl KnownDay {
    /// Writes the cache. Call it under the lock.
    ///
    /// # Errors
    /// [`StoreError::Write`]; nothing is lost by it but time.
    pub(crate) fn keep(&self, context: &Context<'_>) -> Result<(), StoreError> {
        let (rules, calendars) = mark(context);
        let kept = KeptDay {
            rules,
            calendars,
            capital: context.settings.capital,
            date: self.day.date.num_days_from_ce(),
            equity: self.day.equity,
            stop_frac: self.day.stop_frac,
            exits: self.day.exits.iter().map(KeptExit::from).collect(),
            later: self.later.iter().map(KeptExit::from).collect(),
            before: self.day.before.clone(),
            carried: self.day.carried().map(|(name, drop, cusum)| (name.to_owned(), drop, cusum)).collect(),
        };
        let kept = Kept { position: self.position, folded: Some(kept), ..Kept::default() };
        kept.save(context.disk, &context.layout.guard_day())
    }
}
