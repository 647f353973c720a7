//! The decisions of a span of time: the trades taken and the signals that were not, as the logs have them.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value as Json;

use super::brain::Brain;
use super::brain_log::{read_log, value_before};
use super::experiments::experiments;
use super::read_log::ReadLog;
use super::round_trip::{costs_of, round_trip};
use super::trades_in_window::{Asked, fold_rows};
use super::{Context, Reading};
use crate::domain::{
    ExitKind, Gate, KnobName, Market, MissedState, Timestamp, UNKNOWN, Window, threshold_in_reason,
};
use crate::learn::Costs;
use crate::metrics::{HORIZON_MINUTES, HoldCounts};
use crate::simulate::{DecisionRecord, Hit, KnobTimeline, LeftOut, Offered, RefusedSignal, TakenTrade};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{JsonObject, StoredMissed, StoredOutcome, read_stored_missed, read_stored_outcome};

/// The records of a span, not in order yet.
#[derive(Debug)]
pub(crate) struct DecisionLogRead<A> {
    /// What was made of trades and signals.
    pub records: A,
    /// How the trades read.
    pub reading: Reading,
    /// Signals without an outcome: not priced yet, or never.
    pub without_outcome: u64,
    /// Lines of missed signals that could not be read.
    pub unreadable_signals: u64,
    /// Missed signals that have an outcome and carry no costs.
    pub without_costs: u64,
    /// What a round trip costs by the settings or the own trades, where that is known.
    pub costs: Option<Costs>,
    /// How the hypothetical positions of those with an outcome are left.
    pub holds: HoldCounts,
    /// Records that are left out, because the engine made them on knobs of an experiment's arm.
    pub left_out: Vec<LeftOut>,
}

/// The records of experiments that are left out.
#[derive(Default)]
struct Elsewhere(BTreeMap<String, u64>);

impl Elsewhere {
    fn add(&mut self, experiment: String) {
        *self.0.entry(experiment).or_default() += 1;
    }

    fn counted(self) -> Vec<LeftOut> {
        self.0.into_iter().map(|(experiment, records)| LeftOut { experiment, records }).collect()
    }
}

/// What a missed signal is known by: one that was written twice is one.
type SignalKey = (Timestamp, String);

/// A missed signal as it is read on some core.
struct ReadSignal<T> {
    made: T,
    resolved: bool,
    has_costs: bool,
    hold_minutes: Option<u64>,
}

/// What a line of missed signals turned out to be.
enum ReadLine<T> {
    /// Not of the window, or no signal that the engine refused.
    Outside,
    /// Of an experiment's arm that sets knobs.
    LeftOut(SignalKey, String),
    Signal(SignalKey, ReadSignal<T>),
}

/// Reads the decisions of a window: trades by their exit, signals by their time; `make` is given each record and its
/// line.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn read_decision_log<T: Send + 'static>(
    context: &Context<'_>,
    window: Window,
    make: impl Fn(DecisionRecord, &[u8]) -> T + Sync,
) -> Result<DecisionLogRead<Vec<T>>, StoreError> {
    let add = |records: &mut Vec<T>, made, _| records.push(made);
    Ok(fold_decisions(context, (window, round_trip(context)), make, Vec::new, add)?.0)
}

/// As [`read_decision_log`], each record added to what `begin` makes, a trade with the number of its row in the log, by which
/// it can be read again; costs are those of a round trip.
///
/// # Errors
/// As there.
pub(crate) fn fold_decisions<T: Send + 'static, A>(
    context: &Context<'_>,
    (window, costs): (Window, Option<Costs>),
    make: impl Fn(DecisionRecord, &[u8]) -> T + Sync,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, T, Option<u64>),
) -> Result<(DecisionLogRead<A>, ReadLog), StoreError> {
    let known = experiments(context)?;
    // The experiment whose record it is, where it does not count. An arm is that of a session of the account.
    let calendar = context.market().calendar();
    let elsewhere = |at: Timestamp, of: (Option<&str>, &str)| {
        if known.all.is_empty() {
            return None;
        }
        known.in_place_of_knobs(calendar.trading_date(at), calendar, of).map(str::to_owned)
    };
    let of_trade = |stored: &StoredOutcome<'_>, line: &[u8]| {
        let record = taken(stored, context.market());
        let other = elsewhere(record.at, (record.signal.as_deref(), &record.symbol));
        Ok(other.map_or_else(|| Ok(make(record, line)), Err))
    };
    let begin = || (begin(), Elsewhere::default());
    let add_trade = |(records, left_out): &mut (A, Elsewhere), found: Result<T, String>, row| match found {
        Ok(made) => add(records, made, Some(row)),
        Err(experiment) => left_out.add(experiment),
    };
    let asked = Asked::of_window(context, window);
    let ((records, mut left_out), reading, log) = fold_rows(context, &asked, of_trade, begin, add_trade)?;
    let mut read = DecisionLogRead {
        records,
        reading,
        without_outcome: 0,
        unreadable_signals: 0,
        without_costs: 0,
        costs,
        holds: HoldCounts::new(),
        left_out: Vec::new(),
    };
    let add_signal = |records: &mut A, made| add(records, made, None);
    read_signals(context, window, (&elsewhere, &make, &add_signal), (&mut read, &mut left_out))?;
    read.left_out = left_out.counted();
    Ok((read, log))
}

/// Adds the missed signals of a window.
fn read_signals<T: Send + 'static, A>(
    context: &Context<'_>,
    window: Window,
    (elsewhere, make, add): (
        &(impl Fn(Timestamp, (Option<&str>, &str)) -> Option<String> + Sync),
        &(impl Fn(DecisionRecord, &[u8]) -> T + Sync),
        &impl Fn(&mut A, T),
    ),
    (read, left_out): (&mut DecisionLogRead<A>, &mut Elsewhere),
) -> Result<(), StoreError> {
    let (now, costs) = (context.seen_from(), read.costs);
    let options =
        ScanOptions { after_us: window.start(now).map(Timestamp::micros), ..ScanOptions::default() };
    let mut seen = HashSet::new();
    // None for a line that cannot be read.
    let read_line = |line: &[u8]| -> Option<ReadLine<T>> {
        let stored = read_stored_missed(line).ok()?;
        let logged = stored.map.get("_logged_at").and_then(Json::as_str);
        let logged = logged.and_then(|text| Timestamp::parse(text).ok());
        let later = context.as_of.is_some_and(|as_of| logged.is_some_and(|logged| logged > as_of));
        let signal = &stored.signal;
        if later || signal.is_of_shadow() || !window.contains(signal.timestamp, now) {
            return Some(ReadLine::Outside);
        }
        if let Some(experiment) = elsewhere(signal.timestamp, (Some(&stored.id), &signal.symbol)) {
            return Some(ReadLine::LeftOut((signal.timestamp, stored.id), experiment));
        }
        let (record, has_costs) = refused(&stored, now, costs, context.market());
        let resolved = matches!(&record.offered, Offered::Refused(signal) if signal.result.is_some());
        let hold_minutes = stored.hold_minutes.map(|minutes| minutes.round() as u64);
        let read = ReadSignal { made: make(record, line), resolved, has_costs, hold_minutes };
        Some(ReadLine::Signal((stored.signal.timestamp, stored.id), read))
    };
    let parse = |chunk: crate::store::Chunk<'_>| chunk.lines().map(read_line).collect::<Vec<_>>();
    scan(context.disk, &context.layout.log(Log::Missed), options, parse, |_, found| {
        for line in found {
            match line {
                None => read.unreadable_signals += 1,
                Some(ReadLine::Outside) => {}
                Some(ReadLine::LeftOut(key, experiment)) => {
                    if seen.insert(key) {
                        left_out.add(experiment);
                    }
                }
                Some(ReadLine::Signal(key, signal)) => {
                    if seen.insert(key) {
                        read.without_outcome += u64::from(!signal.resolved);
                        read.without_costs += u64::from(signal.resolved && !signal.has_costs);
                        if signal.resolved {
                            *read.holds.entry(signal.hold_minutes).or_default() += 1;
                        }
                        add(&mut read.records, signal.made);
                    }
                }
            }
        }
    })?;
    Ok(())
}

fn number(map: &JsonObject, key: &str) -> Option<f64> {
    map.get(key).and_then(Json::as_f64).filter(|value| value.is_finite())
}

/// A trade as a record, by its line; none where that cannot be read.
pub(crate) fn trade_of_line(line: &[u8], market: &Market) -> Option<DecisionRecord> {
    read_stored_outcome(line).ok().map(|stored| taken(&stored, market))
}

/// A trade as a record.
fn taken(stored: &StoredOutcome<'_>, market: &Market) -> DecisionRecord {
    let facts = stored.facts();
    let (entry, exit, qty) = stored.prices();
    let above_zero = |value: &f64| value.is_finite() && *value > 0.0;
    let entry = entry.filter(above_zero);
    let sign = facts.side.sign();
    let (stop, target) = stored.levels();
    let distance = |level: Option<f64>, towards: f64| {
        let level = level.filter(above_zero)?;
        Some(towards * sign * (level - entry?) / entry?)
    };
    let (mae, mfe) = stored.excursions();
    let by_result = (facts.pnl_frac != 0.0).then(|| facts.pnl / facts.pnl_frac);
    DecisionRecord {
        id: facts.trade_id.to_owned(),
        symbol: facts.symbol.into(),
        side: facts.side,
        at: facts.entry_time.unwrap_or(facts.exit_time),
        timed: facts.entry_time.is_some(),
        exit: facts.exit_time,
        confidence: facts.confidence,
        signal: stored.signal_id().map(Into::into),
        score: None,
        regime: facts.regime.into(),
        offered: Offered::Taken(TakenTrade {
            pnl: facts.pnl,
            pnl_frac: facts.pnl_frac,
            notional: entry.zip(qty.filter(above_zero)).map(|(entry, qty)| entry * qty).or(by_result),
            size_multiplier: stored.size_multiplier().filter(above_zero),
            entry_price: entry,
            moved: entry.zip(exit.filter(above_zero)).map(|(entry, exit)| sign * (exit - entry) / entry),
            stop_frac: distance(stop, -1.0),
            target_frac: distance(target, 1.0),
            excursions: mae.zip(mfe).filter(|(mae, mfe)| *mae <= 0.0 && *mfe >= 0.0),
            hit: match ExitKind::of_trade(
                market.of_symbol(facts.symbol),
                stored.hits(),
                facts.exit_reason,
                facts.exit_time,
            ) {
                ExitKind::Stop => Hit::Stop,
                ExitKind::Target => Hit::Target,
                ExitKind::Time | ExitKind::Close | ExitKind::Signal => Hit::Other,
            },
        }),
    }
}

/// A signal as a record, and whether its result carries any costs.
fn refused(
    stored: &StoredMissed,
    now: Timestamp,
    costs: Option<Costs>,
    market: &Market,
) -> (DecisionRecord, bool) {
    let signal = &stored.signal;
    let reason = signal.reason_not_traded.as_deref().unwrap_or_default();
    let calendar = market.of_symbol(&signal.symbol);
    let session = calendar.session(calendar.trading_date(signal.timestamp));
    let close = session.map_or(signal.timestamp, |session| session.close);
    // Its outcome is known once its session is over.
    let known = stored.state == MissedState::Resolved && close <= now;
    let costs_bps = costs_of(costs, stored.spread_bps());
    let paid = costs_bps.unwrap_or(0.0) / 1e4;
    let record = DecisionRecord {
        id: stored.id.clone(),
        symbol: signal.symbol.as_str().into(),
        side: signal.side,
        at: signal.timestamp,
        timed: true,
        exit: exit_of(stored, close.max(signal.timestamp)),
        confidence: number(&stored.map, "confidence"),
        signal: None,
        score: number(&stored.map, "score"),
        regime: signal.regime.as_deref().filter(|word| !word.is_empty()).unwrap_or(UNKNOWN).into(),
        offered: Offered::Refused(RefusedSignal {
            refused_by: Gate::of_reason(reason),
            line: threshold_in_reason(reason),
            result: stored.result.filter(|result| known && result.is_finite()).map(|r| r - paid),
        }),
    };
    (record, costs_bps.is_some())
}

/// When its policy closed it: as recorded; else by the first horizon whose price is beyond the level; else at the
/// end of the session.
fn exit_of(stored: &StoredMissed, close: Timestamp) -> Timestamp {
    let text = |key: &str| stored.map.get(key).and_then(Json::as_str);
    let signal = &stored.signal;
    let recorded = text("exit_time").and_then(|text| Timestamp::parse(text).ok());
    if let Some(recorded) = recorded.filter(|at| *at >= signal.timestamp) {
        return recorded;
    }
    let (level, beyond) = match text("exit_reason") {
        Some("stop_loss") => (signal.stop_price, -signal.side.sign()),
        Some("take_profit") => (signal.target_price, signal.side.sign()),
        _ => return close,
    };
    let Some(level) = level else { return close };
    let horizons = HORIZON_MINUTES.iter().zip(["price_15m", "price_30m", "price_1h"]);
    let passed = horizons
        .filter_map(|(minutes, key)| Some((minutes, number(&stored.map, key)?)))
        .find(|(_, price)| beyond * (price - level) >= 0.0);
    let at = passed.map(|(minutes, _)| signal.timestamp.micros() + minutes * 60_000_000);
    at.map_or(close, |at| Timestamp::from_micros(at).min(close))
}

/// The knobs that the engine was given, through time, by the brain file and the record of changes.
///
/// # Errors
/// [`StoreError`] when either cannot be read.
pub(crate) fn knob_timeline(context: &Context<'_>) -> Result<KnobTimeline, StoreError> {
    let brain = Brain::read(context)?;
    let (knobs, _) = brain.knobs(context)?;
    let mut log = read_log(context, &brain)?;
    let later = log.cut_off_at(context);
    let mut now = knobs.map(|knob| knob.effective);
    for (name, value) in KnobName::ALL.into_iter().zip(now.iter_mut()) {
        *value = value_before(&later, None, name, (*value, *value)).1;
    }
    let mut timeline = KnobTimeline::constant(now);
    let mut changes: Vec<(Timestamp, usize)> = log
        .changes
        .iter()
        .enumerate()
        .filter_map(|(place, change)| Some((Timestamp::parse(&change.timestamp).ok()?, place)))
        .collect();
    changes.sort_unstable();
    for (at, place) in changes {
        let change = &log.changes[place];
        let Some(knob) = KnobName::parse(&change.knob) else { continue };
        match (&change.symbol, change.new_effective) {
            (None, Some(new)) => timeline.change(at, knob, change.old_effective, new),
            // Without a smoothed value of its own a symbol is back on the common one.
            (Some(symbol), new) => {
                timeline.change_own(at, symbol, knob, new.filter(|_| change.new.is_some()))
            }
            (None, None) => {}
        }
    }
    Ok(timeline)
}
