//! `what-if`: the window's recorded decisions under other knobs, beside what happened.

mod runs;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::brain_adjust::check_value;
use super::price::PriceQueue;
use super::size::SizeRecord;
use super::{AdjustError, Context, PriceError, PriceOptions, Reading};
use crate::decide::SizeHistory;
use crate::domain::{Gate, Knob, KnobName, Market, PerKnob, Window};
use crate::files::decision_log::{knob_timeline, read_decision_log};
use crate::files::trade_signals::complete_from_signals;
use crate::metrics::{HypotheticalTrade, Measure, Metric, PolicyExit};
use crate::report::Pricing;
use crate::simulate::{
    Cycle, DecisionLog, DecisionRecord, LoggedEntry, Offered, Resolutions, ResolvedExit, TakenTrade,
    WhatIfFacts,
};
use crate::store::StoreError;
use runs::{Ran, Runs};

/// Values of a sweep.
const SWEPT: usize = 11;

/// Gates that `--all` takes away, each by itself: every further one widens the intervals of all.
const GATES_MAX: usize = 8;

/// What is different in a variant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// Knobs with other values.
    pub knobs: Vec<(KnobName, f64)>,
    /// Whether sizes are multiplied by context, with what the shadow of `size` gave before each session.
    pub multipliers: bool,
    /// A gate that is taken away.
    pub open: Option<Gate>,
}

/// A variant, or several, to look at.
#[derive(Clone, Debug, PartialEq)]
pub enum WhatIfSpec {
    /// Something else, all at once.
    Set(Variant),
    /// One knob over its range.
    Sweep(KnobName),
    /// Each gate taken away by itself: those that refused most in the window.
    Gates,
}

/// What to look at.
#[derive(Clone, Debug)]
pub struct WhatIfRequest {
    /// The variants.
    pub specs: Vec<WhatIfSpec>,
    /// Of which days.
    pub window: Window,
    /// The engine's cycle.
    pub cycle: Cycle,
    /// What the engine really ran on, where the record does not say it.
    pub in_force: Vec<(KnobName, f64)>,
    /// Prices that resolve what excursions do not.
    pub prices: PriceOptions,
    /// Whether each variant's figures and what becomes of each record are kept, beside what variants are compared by.
    pub in_detail: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// A value that a knob cannot have.
    #[error("{0}")]
    Adjust(#[from] AdjustError),
    /// The prices.
    #[error("{0}")]
    Price(#[from] PriceError),
    /// A gate that refused nothing in the window, and those that did.
    #[error("no signal of the window was refused by {0}")]
    NoGate(String, Vec<String>),
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl WhatIfRequest {
    /// Every knob over its range, compared and no more.
    pub(super) fn of_every_knob(days: u16) -> Self {
        Self { in_detail: false, ..Self::of(days, Self::every_knob()) }
    }

    /// The same, and every gate taken away: what `what-if --all` looks at.
    pub(super) fn of_every_change(days: u16) -> Self {
        Self { in_detail: false, ..Self::of(days, Self::every_knob_and_gate()) }
    }

    /// One variant.
    pub(super) fn of_values(days: u16, values: Vec<(KnobName, f64)>) -> Self {
        Self::of(days, vec![WhatIfSpec::Set(Variant { knobs: values, ..Variant::default() })])
    }

    /// The specifications of every knob over its range.
    pub fn every_knob() -> Vec<WhatIfSpec> {
        KnobName::ALL.map(WhatIfSpec::Sweep).to_vec()
    }

    /// The same, and every gate taken away.
    pub fn every_knob_and_gate() -> Vec<WhatIfSpec> {
        Self::every_knob().into_iter().chain([WhatIfSpec::Gates]).collect()
    }

    fn of(days: u16, specs: Vec<WhatIfSpec>) -> Self {
        Self {
            specs,
            window: Window::Days(days),
            cycle: Cycle::default(),
            in_force: Vec::new(),
            prices: PriceOptions::default(),
            in_detail: true,
        }
    }
}

/// The answer, and how its sources read.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// What was found.
    pub facts: WhatIfFacts,
    /// How the trades read.
    pub reading: Reading,
    /// How the prices read.
    pub pricing: Pricing,
    /// What else to know.
    pub warnings: Vec<String>,
}

/// The values that a sweep looks at: every whole number, or even steps, from one end of the range to the other.
fn swept(knob: &Knob, now: f64) -> Vec<f64> {
    let steps = (SWEPT - 1) as f64;
    let mut values: Vec<f64> =
        (0..SWEPT).map(|at| knob.effective(knob.tidy(knob.low + knob.width() * at as f64 / steps))).collect();
    // What is in force belongs on the curve, wherever the steps fall.
    values.push(now);
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < 1e-9 * knob.width());
    values.retain(|value| knob.holds(*value));
    values
}

/// The variants that a request names; a knob that is swept takes its value of today among the others.
fn variants(
    context: &Context<'_>,
    request: &WhatIfRequest,
    now: &PerKnob<f64>,
    records: &[DecisionRecord],
) -> Result<Vec<Variant>, WhatIfError> {
    let rulebook = &context.settings.rulebook;
    let gates = most_refusing(records);
    let mut variants = Vec::new();
    for spec in &request.specs {
        match spec {
            WhatIfSpec::Set(variant) => {
                for (name, value) in &variant.knobs {
                    check_value(rulebook.knob(*name), *value)?;
                }
                if let Some(gate) = variant.open.as_ref().filter(|gate| !gates.contains(gate)) {
                    let there = gates.iter().map(|gate| gate.as_str().to_owned()).collect();
                    return Err(WhatIfError::NoGate(gate.as_str().to_owned(), there));
                }
                variants.push(variant.clone());
            }
            WhatIfSpec::Sweep(name) => {
                let values = swept(rulebook.knob(*name), now[*name]);
                let of = |value| Variant { knobs: vec![(*name, value)], ..Variant::default() };
                variants.extend(values.into_iter().map(of));
            }
            WhatIfSpec::Gates => {
                let of = |gate| Variant { open: Some(gate), ..Variant::default() };
                variants.extend(gates.iter().take(GATES_MAX).cloned().map(of));
            }
        }
    }
    Ok(variants)
}

/// Gates by what they refused, the most first, of one number by name.
fn most_refusing(records: &[DecisionRecord]) -> Vec<Gate> {
    let mut refused: BTreeMap<Gate, usize> = BTreeMap::new();
    for record in records {
        if let Offered::Refused(signal) = &record.offered
            && let Some(gate) = &signal.refused_by
        {
            *refused.entry(gate.clone()).or_default() += 1;
        }
    }
    let mut gates: Vec<(Gate, usize)> = refused.into_iter().collect();
    gates.sort_by(|(a, na), (b, nb)| nb.cmp(na).then_with(|| a.cmp(b)));
    gates.into_iter().map(|(gate, _)| gate).collect()
}

fn knobs_of(variant: &Variant, slot: &LoggedEntry) -> PerKnob<f64> {
    let mut knobs = *slot.in_force;
    variant.knobs.iter().for_each(|(name, value)| knobs[*name] = *value);
    knobs
}

/// By what the shadow multiplied the size of a record, by the sessions before its own.
fn multiplier_of(market: &Market, history: &SizeHistory, slot: &LoggedEntry) -> f64 {
    let record = &slot.record;
    let day = market.trading_date(record.at).num_days_from_ce();
    history.shadow_on(day).of(history.key_of(record.score, record.confidence))
}

/// Looks at the variants.
///
/// # Errors
/// [`WhatIfError`].
pub fn what_if(context: &Context<'_>, request: &WhatIfRequest) -> Result<WhatIf, WhatIfError> {
    let mut timeline = knob_timeline(context)?;
    for (name, value) in &request.in_force {
        timeline.overrule(*name, *value);
    }
    let now = timeline.at(context.seen_from(), "");
    let mut read = read_decision_log(context, request.window, |record, _| record)?;
    let variants = variants(context, request, &now, &read.records)?;
    complete_from_signals(context, request.window, &mut read.records)?;
    let sizes = if variants.iter().any(|variant| variant.multipliers) {
        Some(SizeRecord::read(context)?.history)
    } else {
        None
    };
    let decision_log = DecisionLog::new(read.records, &timeline, request.cycle);
    let mut pricing = Pricing::default();
    let resolved = if request.prices.files.is_empty() {
        Resolutions::new()
    } else {
        resolve(context, &decision_log, &request.prices, &mut pricing, |slot| {
            variants.iter().map(|variant| knobs_of(variant, slot)).collect()
        })?
    };
    let mut warnings = Vec::new();
    if read.unreadable_signals > 0 {
        let path = context.layout.log(crate::store::Log::Missed);
        warnings.push(format!(
            "{}: {} left out, not readable: run `dtlearn doctor`",
            path.display(),
            crate::report::plural(read.unreadable_signals, "line")
        ));
    }
    let runs = Runs { context, log: &decision_log, sizes: sizes.as_ref(), resolved: &resolved };
    let Ran { actual, variants, sessions } = runs.compared(variants, request.in_detail);
    let performance = actual.performance();
    let sweep = match request.specs.as_slice() {
        [WhatIfSpec::Sweep(name)] => Some(*context.settings.rulebook.knob(*name)),
        _ => None,
    };
    let facts = WhatIfFacts {
        window: request.window,
        currency: context.settings.currency.clone(),
        capital: context.settings.capital,
        cycle: request.cycle,
        sweep,
        now,
        actual_expectancy: actual.evidence(&performance, Measure::Of(Metric::ExpectancyPct)).interval.ok(),
        actual: performance,
        variants,
        sessions,
        without_outcome: read.without_outcome,
        without_costs: read.without_costs,
        holds: read.holds,
        left_out: read.left_out,
        min_missed_confidence: context.settings.min_missed_confidence,
        decision_log,
    };
    Ok(WhatIf { facts, reading: read.reading, pricing, warnings })
}

/// Lets prices say what excursions do not, for every set of knobs that is asked.
fn resolve(
    context: &Context<'_>,
    decision_log: &DecisionLog,
    options: &PriceOptions,
    pricing: &mut Pricing,
    asked: impl Fn(&LoggedEntry) -> Vec<PerKnob<f64>>,
) -> Result<Resolutions, PriceError> {
    let market = context.market();
    let mut waiting = PriceQueue::default();
    let mut names = BTreeSet::new();
    for (place, slot) in decision_log.slots().iter().enumerate() {
        let Offered::Taken(trade) = &slot.record.offered else { continue };
        let same_session = market.trading_date(slot.record.at) == market.trading_date(slot.record.exit);
        let Some(entry) = trade.entry_price.filter(|_| slot.record.timed && same_session) else { continue };
        for open in asked(slot).iter().filter_map(|knobs| slot.unresolved(knobs)) {
            let (stop, target) = open.levels;
            if names.insert((place, stop.to_bits(), target.to_bits())) {
                let name = (place, open);
                let record = &slot.record;
                let calendar = market.of_symbol(&record.symbol);
                let sign = record.side.sign();
                let levels = (Some(entry * (1.0 - sign * stop)), Some(entry * (1.0 + sign * target)));
                waiting.push(
                    &context.settings.instruments.written(&*record.symbol),
                    name,
                    HypotheticalTrade::from(calendar, record.at, record.side, entry, levels),
                );
            }
        }
    }
    let mut resolved = Resolutions::new();
    for ((place, open), watch) in waiting.read(context, options, None, pricing)? {
        let slot = &decision_log.slots()[place];
        let (Offered::Taken(TakenTrade { moved: Some(moved), .. }), Some(priced)) =
            (&slot.record.offered, watch.outcome())
        else {
            continue;
        };
        let touched = priced.exit != PolicyExit::EndOfDay;
        let in_time = priced.exit_at <= slot.record.exit;
        let found = if open.beyond_exit || (touched && in_time) {
            // To the tick it is the level itself, and filled as others are.
            let moved = match priced.exit {
                PolicyExit::Stop => -open.levels.0 - slot.slippage(false),
                PolicyExit::Target => open.levels.1 - slot.slippage(true),
                PolicyExit::Time | PolicyExit::EndOfDay => priced.result,
            };
            ResolvedExit { moved, at: priced.exit_at }
        } else {
            ResolvedExit { moved: *moved, at: slot.record.exit }
        };
        resolved.insert((place, open.levels.0.to_bits(), open.levels.1.to_bits()), found);
    }
    Ok(resolved)
}
