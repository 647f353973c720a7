//! Tapes by hand and by chance, for the model of the engine.

use std::collections::BTreeMap;

use dtlearn::domain::{Calendar, Date, Gate, KnobName, PerKnob, RiskCheck, Side, Timestamp};
use dtlearn::learn::Rng;
use dtlearn::simulate::{
    Comparison, Cycle, DayTotals, DecisionLog, DecisionRecord, Hit, KnobTimeline, LoggedEntry, Offered,
    RefusedSignal, ReplayedEntry, Resolutions, TakenTrade, compare,
};

use super::statistics::normal;

/// The shipped defaults.
pub const DEFAULTS: PerKnob<f64> = PerKnob::new([0.25, 3.0, 0.02, 0.04, 1000.0, 3.0, 15.0]);

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-03-{text}Z")).unwrap()
}

/// A long trade of 1000 USD that moved so far, without costs.
pub fn trade(id: &str, symbol: &str, times: [Timestamp; 2], confidence: f64, moved: f64) -> DecisionRecord {
    DecisionRecord {
        id: id.into(),
        symbol: symbol.into(),
        side: Side::Long,
        at: times[0],
        timed: true,
        exit: times[1],
        confidence: Some(confidence),
        signal: None,
        score: None,
        regime: "trend".into(),
        offered: Offered::Taken(TakenTrade {
            pnl: 1000.0 * moved,
            pnl_frac: moved,
            notional: Some(1000.0),
            size_multiplier: None,
            entry_price: Some(100.0),
            moved: Some(moved),
            stop_frac: None,
            target_frac: None,
            excursions: Some((moved.min(0.0), moved.max(0.0))),
            // What an engine with the shipped levels would have made of it.
            hit: if moved >= 0.04 {
                Hit::Target
            } else if moved <= -0.02 {
                Hit::Stop
            } else {
                Hit::Other
            },
        }),
    }
}

/// A signal that a gate refused and that would have brought so much.
pub fn signal(
    id: &str,
    symbol: &str,
    times: [Timestamp; 2],
    confidence: f64,
    (gate, line): (RiskCheck, Option<f64>),
    result: Option<f64>,
) -> DecisionRecord {
    let mut record = trade(id, symbol, times, confidence, 0.0);
    record.offered = Offered::Refused(RefusedSignal { refused_by: Some(Gate::Check(gate)), line, result });
    record
}

/// The knobs in force, some of them otherwise.
pub fn with(changes: &[(KnobName, f64)]) -> impl Fn(&LoggedEntry) -> PerKnob<f64> {
    move |slot: &LoggedEntry| {
        let mut knobs = *slot.in_force;
        changes.iter().for_each(|(name, value)| knobs[*name] = *value);
        knobs
    }
}

/// Ids and results of the trades of a run, in its order.
pub fn taken(run: &[ReplayedEntry<'_>]) -> Vec<(String, f64)> {
    let of = |replayed: &ReplayedEntry<'_>| {
        replayed
            .disposition
            .closed()
            .map(|closed| (replayed.slot.record.id.clone(), (closed.pnl * 1e6).round() / 1e6))
    };
    run.iter().filter_map(of).collect()
}

/// Compares runs of a tape by session.
pub fn compared(decision_log: &DecisionLog, variants: &[&[(KnobName, f64)]]) -> Vec<Comparison> {
    let none = Resolutions::new();
    let xnys = Calendar::xnys();
    let dates: Vec<Date> =
        decision_log.slots().iter().map(|slot| xnys.trading_date(slot.record.exit)).collect();
    let days = |run: &[ReplayedEntry<'_>]| -> Vec<DayTotals> {
        let mut days: BTreeMap<Date, DayTotals> =
            dates.iter().map(|date| (*date, DayTotals::default())).collect();
        for closed in run.iter().filter_map(|replayed| replayed.disposition.closed()) {
            days.get_mut(&xnys.trading_date(closed.exit)).unwrap().add(closed);
        }
        days.into_values().collect()
    };
    let base = days(&decision_log.run(|slot| *slot.in_force, &none));
    let others: Vec<Vec<DayTotals>> =
        variants.iter().map(|variant| days(&decision_log.run(with(variant), &none))).collect();
    compare(&base, &others)
}

/// Sessions from 2026-03-02 on.
pub fn sessions(count: usize) -> Vec<Date> {
    let first: Date = "2026-03-02".parse().unwrap();
    Calendar::xnys().sessions(first, Date::MAX).take(count).collect()
}

/// A desk of so many sessions whose results are noise around `drift(confidence)`, as a share of the position.
pub fn context(seed: u64, days: usize, trades: u32, drift: impl Fn(f64) -> f64) -> Vec<DecisionRecord> {
    let mut rng = Rng::new(seed, 3);
    let mut records = Vec::new();
    for (day, date) in sessions(days).into_iter().enumerate() {
        // What the market does to all trades of a day.
        let market = 0.002 * normal(&mut rng);
        for n in 0..trades {
            let minute = n * 380 / trades.max(1);
            let entry = Timestamp::from_local(date, 570 + minute as u16, chrono_tz::America::New_York);
            let exit = Timestamp::from_micros(entry.micros() + 5 * 60_000_000);
            let confidence = 0.25 + rng.below(50) as f64 / 100.0;
            let moved = market + drift(confidence) + 0.006 * normal(&mut rng);
            let symbol = format!("S{}", n % 23);
            records.push(trade(&format!("t{day:04}-{n:03}"), &symbol, [entry, exit], confidence, moved));
        }
    }
    records
}

pub fn decision_log(records: Vec<DecisionRecord>) -> DecisionLog {
    DecisionLog::new(records, &KnobTimeline::constant(DEFAULTS), Cycle::default())
}

pub fn under(decision_log: &DecisionLog, changes: &[(KnobName, f64)]) -> Vec<(String, f64)> {
    taken(&decision_log.run(with(changes), &Resolutions::new()))
}

pub fn named(pairs: &[(&str, f64)]) -> Vec<(String, f64)> {
    pairs.iter().map(|(id, pnl)| ((*id).to_owned(), *pnl)).collect()
}
