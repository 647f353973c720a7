//! `brain-adjust` by the rules: what they are asked, what moves, and why nothing does.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::brain_plan::Plan;
use crate::decide::{
    Beside, Facts, KnobPast, Override, REVERT, Review, Rulebook, Step, SymbolStep, Tried, review,
    symbol_steps,
};
use crate::domain::{
    Calendar, Date, KnobName, Market, PerKnob, Timestamp, UNKNOWN, Window, says_stop, says_target,
};
use crate::files::brain::{Brain, InForce};
use crate::files::brain_log::{knob_pasts, rested_until};
use crate::files::experiments::experiments;
use crate::files::trades_in_window::{RecentTrade, each_trade, recent_trades};
use crate::files::window_figures::figures;
use crate::metrics::{Metric, MetricResult, Sample, Undefined};
use crate::store::StoreError;
use crate::wire::{Adjustment, Because};

/// Days that are read: the 30 that rules look at, before a newest exit of up to two weeks ago.
const READ_DAYS: u16 = 44;

/// How the rules are asked.
pub(super) struct Asked<'a> {
    pub regime: Option<&'a str>,
    pub only: &'a [KnobName],
    pub per_symbol: bool,
    /// Even where no trade was closed since the last update.
    pub force: bool,
}

/// The session whose end is looked at: that of the newest exit, seen from its end at the latest. So a holiday, a
/// week-end or an engine that was off ask the same question again, and get the same answer.
fn session_end(calendar: &Calendar, newest: Timestamp, now: Timestamp) -> (Date, Timestamp) {
    let date = calendar.trading_date(newest);
    (date, calendar.bounds(date).1.min(now))
}

/// Asks the rules, and adds what they move to the plan.
pub(super) fn by_rules(
    context: &Context<'_>,
    brain: &Brain,
    knobs: &PerKnob<InForce>,
    earlier: &[Adjustment],
    asked: &Asked<'_>,
    plan: &mut Plan,
) -> Result<(), StoreError> {
    let rulebook = &context.settings.rulebook;
    let (read, reading) = recent_trades(context, Window::Days(READ_DAYS))?;
    plan.reading = reading;
    let newest = read.last().map(|trade| trade.exit_time);
    let now = context.seen_from();
    let calendar = context.market().calendar();
    let (date, at) =
        newest.map_or((calendar.trading_date(now), now), |newest| session_end(calendar, newest, now));
    let inside = |trade: &&RecentTrade| Window::Days(30).contains(trade.exit_time, at);
    let month: Vec<&RecentTrade> = read.iter().filter(inside).collect();
    let week = month.iter().filter(|trade| Window::Days(7).contains(trade.exit_time, at));
    let (regime, said_by) = regime(context.market(), brain, asked.regime, week.copied());
    plan.warnings.extend(unknown_regime(rulebook, &regime));
    let held = experiments(context)?.held();
    let asked_for = free_of_masters(context, asked.only, &held);
    let question = Review {
        date,
        at,
        trades: &|sink| month.iter().for_each(|trade| sink(&trade.facts())),
        market: context.market(),
        drawdown_now: drawdown_now(context)?,
        capital: context.settings.capital,
        knobs: knobs.map(|knob| knob.smoothed),
        past: pasts(earlier, knobs, context),
        regime: rulebook.regime_word(&regime),
        only: &asked_for,
    };
    let reviewed = review(rulebook, &question);
    let rested = rested_until(earlier).filter(|rested| newest.is_none_or(|newest| newest <= *rested));
    plan.data.nothing_new = rested.filter(|_| !asked.force).map(|rested| rested.to_string());
    if plan.data.nothing_new.is_none() {
        let common = plan.take_steps(context, &reviewed.decision.steps, knobs, &regime);
        if asked.per_symbol || rulebook.per_symbol {
            by_symbol(context, brain, &month, (&common, question.regime), (&held, &mut *plan))?;
        }
    }
    plan.data.held = held;
    plan.data.idle = idle_levels(context, knobs, at)?;
    plan.data.regime = Some((regime, said_by));
    plan.data.trades = reviewed.week_trades;
    plan.data.min_trades = rulebook.min_trades;
    plan.data.strict = rulebook.strict;
    plan.data.decision = reviewed.decision;
    Ok(())
}

fn unknown_regime(rulebook: &Rulebook, regime: &str) -> Option<String> {
    (!rulebook.knows_regime(regime)).then(|| {
        format!(
            "no rule looks at regime {regime:?}: {} do; what it means to them can be set under [brain.regimes]",
            rulebook.regimes().join(" and ")
        )
    })
}

/// The knobs of those asked for, all for none, that nothing else moves. A knob has one master: an experiment that
/// holds it, or the own record where that sets the size.
fn free_of_masters(context: &Context<'_>, only: &[KnobName], held: &[(KnobName, String)]) -> Vec<KnobName> {
    let mut free = if only.is_empty() { KnobName::ALL.to_vec() } else { only.to_vec() };
    free.retain(|knob| !held.iter().any(|(held, _)| held == knob));
    free.retain(|knob| !(context.settings.size.apply && *knob == KnobName::PositionSize));
    free
}

fn pasts(earlier: &[Adjustment], knobs: &PerKnob<InForce>, context: &Context<'_>) -> PerKnob<KnobPast> {
    let now = knobs.map(|knob| knob.smoothed);
    knob_pasts(earlier, &now, &context.settings.rulebook, context.market())
}

/// How far the account lies below its running peak, over everything on record.
fn drawdown_now(context: &Context<'_>) -> Result<MetricResult, StoreError> {
    let found = figures(context)?;
    Ok(found.data.all().map_or(Err(Undefined::NoTrades), |all| all.get(Metric::DrawdownNowPct)))
}

/// Values of their own for symbols, drawn anew to the common ones.
fn by_symbol(
    context: &Context<'_>,
    brain: &Brain,
    trades: &[&RecentTrade],
    (common, regime): (&PerKnob<f64>, &str),
    (held, plan): (&[(KnobName, String)], &mut Plan),
) -> Result<(), StoreError> {
    let rulebook = &context.settings.rulebook;
    let mut whole = Sample::new(context.settings.capital, context.market());
    let mut by_symbol: BTreeMap<&str, Sample> = BTreeMap::new();
    for trade in trades {
        whole.push(&trade.facts());
        let sample = by_symbol.entry(&trade.symbol);
        sample
            .or_insert_with(|| Sample::new(context.settings.capital, context.market()))
            .push(&trade.facts());
    }
    let own = brain.symbols(context)?;
    let names = by_symbol.keys().copied().chain(own.iter().map(|(symbol, _)| symbol.as_str()));
    let names: BTreeSet<&str> = names.collect();
    let month = whole.performance();
    let empty = Sample::new(context.settings.capital, context.market());
    for symbol in names {
        let sample = by_symbol.get(symbol).unwrap_or(&empty);
        // The account's drawdown is nothing that one symbol answers for.
        let beside = Beside { week: sample, month: &month, drawdown_now: Err(Undefined::NoEstimate) };
        let facts = Facts::new(sample, &beside, rulebook);
        let known = own.iter().find(|(name, _)| name == symbol).map_or(&[][..], |(_, own)| own);
        for step in symbol_steps(rulebook, common, known, &facts, regime) {
            if held.iter().any(|(held, _)| *held == step.knob()) {
                continue;
            }
            plan.for_symbol(context, symbol, &step, (common, known), (&facts, regime));
        }
    }
    Ok(())
}

impl Plan {
    /// Takes the steps over, and returns the common values after them.
    fn take_steps(
        &mut self,
        context: &Context<'_>,
        steps: &[Step],
        knobs: &PerKnob<InForce>,
        regime: &str,
    ) -> PerKnob<f64> {
        let mut common = knobs.map(|knob| knob.smoothed);
        for step in steps {
            let knob = *context.settings.rulebook.knob(step.knob);
            common[step.knob] = step.new;
            self.common.push((knob, step.new));
            let mut change = self.ruled(context, step, regime);
            change.old_effective = Some(knobs[step.knob].effective);
            change.new_effective = Some(knob.effective(step.new));
            self.changes.push(change);
        }
        common
    }

    fn ruled(&self, context: &Context<'_>, step: &Step, regime: &str) -> Adjustment {
        let strict = context.settings.rulebook.strict;
        Adjustment {
            rule: Some(step.rule.into()),
            because: step.because.iter().map(because).collect(),
            regime: Some(regime.into()),
            evidence: Some(if strict { "strict" } else { "point" }.into()),
            trades: Some(step.trades.0),
            trades_until: step.trades.1.map(|until| until.to_string()),
            old: Some(step.old),
            target: Some(step.target),
            new: Some(step.new),
            clamped: step.clamped,
            ..self.blank(context, step.knob, if step.rule == REVERT { REVERT } else { "rule" })
        }
    }

    fn for_symbol(
        &mut self,
        context: &Context<'_>,
        symbol: &str,
        step: &SymbolStep,
        (common, known): (&PerKnob<f64>, &[Override]),
        (facts, regime): (&Facts, &str),
    ) {
        let before = |name: KnobName| known.iter().find(|known| known.knob == name);
        let (name, mut change, new) = match step {
            SymbolStep::Moved(step, new) => {
                let mut change = self.ruled(context, step, regime);
                change.old = before(step.knob).map(|known| known.smoothed);
                (step.knob, change, Some(*new))
            }
            SymbolStep::Followed(new) => {
                let mut change = self.blank(context, new.knob, "rule");
                change.rule = Some("follows_common_value".into());
                change.old = before(new.knob).map(|known| known.smoothed);
                change.new = Some(new.smoothed);
                change.trades = Some(facts.trades);
                (new.knob, change, Some(*new))
            }
            SymbolStep::Dropped(name) => {
                let mut change = self.blank(context, *name, "rule");
                change.rule = Some("too_few_trades".into());
                change.old = before(*name).map(|known| known.smoothed);
                change.trades = Some(facts.trades);
                (*name, change, None)
            }
        };
        change.symbol = Some(symbol.into());
        change.old_effective = Some(before(name).map_or(common[name], |known| known.effective));
        change.new_effective = Some(new.map_or(common[name], |new| new.effective));
        self.symbols.push((symbol.to_owned(), name, new));
        self.changes.push(change);
    }
}

fn because(tried: &Tried) -> Because {
    let evidence = tried.evidence;
    let interval = evidence.and_then(|evidence| evidence.interval.ok());
    Because {
        metric: tried.measure.into(),
        value: match (&tried.words, evidence.and_then(|evidence| evidence.value.ok())) {
            (Some((word, _)), _) => word.as_str().into(),
            (None, value) => value.into(),
        },
        n: evidence.map(|evidence| evidence.n),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        is: tried.is.into(),
        line: tried.line.ok(),
    }
}

/// The regime, and who says so.
fn regime<'a>(
    market: &Market,
    brain: &Brain,
    asked: Option<&str>,
    trades: impl Iterator<Item = &'a RecentTrade>,
) -> (String, &'static str) {
    if let Some(regime) = asked {
        return (regime.to_lowercase(), "--regime");
    }
    if let Some(regime) = brain.meta("regime").as_ref().and_then(serde_json::Value::as_str) {
        return (regime.to_lowercase(), "the brain file");
    }
    let trades = trades.map(|trade| (market.trading_date(trade.exit_time), &*trade.regime));
    match most_frequent(trades) {
        Some(word) => (word.to_owned(), "the last session's trades"),
        None => (UNKNOWN.to_owned(), "nobody"),
    }
}

/// The regime that most trades of the last session had; of equally frequent ones the first by name. Trades come
/// in the order of their exits.
pub(super) fn most_frequent<'a>(trades: impl Iterator<Item = (Date, &'a str)>) -> Option<&'a str> {
    let mut last = None;
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (date, regime) in trades {
        if last != Some(date) {
            counts.clear();
            last = Some(date);
        }
        if regime != UNKNOWN {
            *counts.entry(regime).or_default() += 1;
        }
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0))).map(|(word, _)| word)
}

/// Trades of the week with a recorded excursion below which nothing is said of the levels.
const EXCURSIONS_NEEDED: usize = 10;

/// How far a trade went, and at which of its own levels it was closed.
struct Excursion {
    /// Against the position and for it, as fractions of the entry price.
    mae: f64,
    mfe: f64,
    is_stopped: bool,
    is_at_target: bool,
}

/// Stops and targets at the knobs' levels that no trade of the week came near, in a sentence each.
fn idle_levels(
    context: &Context<'_>,
    knobs: &PerKnob<InForce>,
    at: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let (excursions, _) = each_trade(context, Window::Days(READ_DAYS), |stored, _| {
        let (facts, (hit_stop, hit_target)) = (stored.facts(), stored.hits());
        if !Window::Days(7).contains(facts.exit_time, at) {
            return Ok(None);
        }
        let (mae, mfe) = stored.excursions();
        let known = mae.zip(mfe);
        Ok(known.map(|(mae, mfe)| Excursion {
            mae,
            mfe,
            is_stopped: says_stop(hit_stop, facts.exit_reason),
            is_at_target: says_target(hit_target, facts.exit_reason),
        }))
    })?;
    let known: Vec<Excursion> = excursions.into_iter().flatten().collect();
    if known.len() < EXCURSIONS_NEEDED {
        return Ok(Vec::new());
    }
    let level = |name: KnobName| knobs[name].effective;
    let stop_room = known.iter().map(|trade| level(KnobName::StopLoss) + trade.mae).min_by(f64::total_cmp);
    let target_room =
        known.iter().map(|trade| level(KnobName::TakeProfit) - trade.mfe).min_by(f64::total_cmp);
    let said = |name: KnobName, word: &str, room: Option<f64>, own: Option<&str>| {
        let room = room.filter(|room| *room > 0.0)?;
        Some(format!(
            "No trade came within {:.2} points of a {word} at {} ({:.2} %){}.",
            room * 100.0,
            name.as_str(),
            level(name) * 100.0,
            own.map_or_else(String::new, |own| format!(": {own}"))
        ))
    };
    let tighter = known.iter().any(|trade| trade.is_stopped).then_some("the engine's own stops were tighter");
    let nearer =
        known.iter().any(|trade| trade.is_at_target).then_some("the engine's own targets were nearer");
    let stop = said(KnobName::StopLoss, "stop", stop_room, tighter);
    let target = said(KnobName::TakeProfit, "target", target_room, nearer);
    Ok(stop.into_iter().chain(target).collect())
}
