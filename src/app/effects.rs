//! `report brain --effects`: how the trades after a change of a knob compare with those before it, and with the same
//! after sessions on which the rule fired and nothing moved.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Reading};
use crate::decide::{KnobPast, Review, RuleEffect, Verdict, review};
use crate::domain::{Date, KnobName, PerKnob, Timestamp, TradeFacts, UNKNOWN, Window};
use crate::files::brain::Brain;
use crate::files::brain_log::read_log;
use crate::files::trades_in_window::{RecentTrade, recent_trades};
use crate::metrics::{Sample, Undefined};
use crate::report::{Effect, EffectsData};
use crate::store::StoreError;
use crate::wire::Adjustment;

/// Changes whose effect is followed.
const FOLLOWED: usize = 20;

/// How the trades after each of the last changes compare with those before.
///
/// # Errors
/// [`StoreError`] when the brain file, the record of changes or the trades cannot be read.
pub(super) fn effects_data(
    context: &Context<'_>,
    symbol: Option<&str>,
) -> Result<(EffectsData, Reading), StoreError> {
    let brain = Brain::read(context)?;
    let mut log = read_log(context, &brain)?;
    log.cut_off_at(context);
    let mut changes = log.changes;
    changes
        .retain(|change| change.symbol.as_deref() == symbol && change.old_effective != change.new_effective);
    let moments: Vec<Option<Timestamp>> =
        changes.iter().map(|change| Timestamp::parse(&change.timestamp).ok()).collect();
    let first = changes.len().saturating_sub(FOLLOWED);
    let oldest = moments[first..].iter().flatten().min();
    let now = context.seen_from();
    let days = oldest.map_or(0, |oldest| (now.micros() - oldest.micros()) / 86_400_000_000 + 38);
    let window = Window::Days(days.clamp(1, i64::from(u16::MAX)) as u16);
    let (trades, reading) = match oldest {
        Some(_) => recent_trades(context, window)?,
        None => (Vec::new(), Reading::default()),
    };
    let mut effects = Vec::new();
    for at in first..changes.len() {
        let Some(moment) = moments[at] else { continue };
        let next = (at + 1..changes.len()).find(|later| changes[*later].knob == changes[at].knob);
        let next = next.and_then(|later| moments[later]);
        let end = next.map_or(moment.plus_days(7), |next| next.min(moment.plus_days(7)));
        effects.push(effect(context, &changes[at], (moment, end), symbol, &trades));
    }
    let rules = match symbol {
        None => rule_effects(context, &changes, &trades),
        Some(_) => Vec::new(),
    };
    Ok((EffectsData { effects, rules, symbol: symbol.map(str::to_owned) }, reading))
}

fn effect(
    context: &Context<'_>,
    change: &Adjustment,
    (moment, end): (Timestamp, Timestamp),
    symbol: Option<&str>,
    trades: &[RecentTrade],
) -> Effect {
    let mut effect = Effect {
        change: change.clone(),
        before: Sample::new(context.settings.capital, context.market()),
        after: Sample::new(context.settings.capital, context.market()),
    };
    for trade in trades {
        if symbol.is_some_and(|symbol| symbol != &*trade.symbol) {
            continue;
        }
        let entered = trade.entry_time.unwrap_or(trade.exit_time);
        if Window::Days(7).contains(trade.exit_time, moment) {
            effect.before.push(&trade.facts());
        } else if entered >= moment && trade.exit_time <= end {
            effect.after.push(&trade.facts());
        }
    }
    effect
}

/// What followed, rule by rule: the mean result of the 7 days after a session less that of the 7 days up to it, where
/// the rule moved its knob, and where it fired and the knob stayed. A week that makes a rule fire is followed by a more
/// ordinary one in any case; only the difference between the two is the move's.
fn rule_effects(context: &Context<'_>, changes: &[Adjustment], trades: &[RecentTrade]) -> Vec<RuleEffect> {
    let facts: Vec<TradeFacts<'_>> = trades.iter().map(RecentTrade::facts).collect();
    let dates: BTreeSet<Date> =
        facts.iter().map(|trade| context.market().trading_date(trade.exit_time)).collect();
    let by_rule = |change: &&Adjustment| change.source == "rule";
    let moved: BTreeSet<(String, String)> =
        changes.iter().filter(by_rule).map(|change| (change.knob.clone(), change.date.clone())).collect();
    let mut rules: BTreeMap<&'static str, RuleEffect> = BTreeMap::new();
    for date in &dates {
        let at = context.market().calendar().bounds(*date).1;
        let Some(change) = change_around(&facts, at) else { continue };
        for (rule, knob) in fired(context, &facts, *date, at) {
            let effect = rules.entry(rule).or_insert_with(|| RuleEffect { rule, ..RuleEffect::default() });
            let side = match moved.contains(&(knob.as_str().to_owned(), date.to_string())) {
                true => &mut effect.moved,
                false => &mut effect.stayed,
            };
            side.push((*date, change));
        }
    }
    let was_asked = |rule: &&str| changes.iter().any(|change| change.rule.as_deref() == Some(*rule));
    rules.into_iter().filter(|(rule, _)| was_asked(rule)).map(|(_, effect)| effect).collect()
}

/// The mean result of the 7 days after a moment less that of the 7 days before; none where either has no trade.
fn change_around(facts: &[TradeFacts<'_>], at: Timestamp) -> Option<f64> {
    let mean = |end: Timestamp| {
        let inside = facts.iter().filter(|trade| Window::Days(7).contains(trade.exit_time, end));
        let (sum, count) = inside.fold((0.0, 0.0), |sum, trade| (sum.0 + trade.pnl_frac, sum.1 + 1.0));
        (count > 0.0).then(|| sum / count)
    };
    Some(mean(at.plus_days(7))? - mean(at)?)
}

/// The rules that fire at the end of a session, with their knobs.
fn fired(
    context: &Context<'_>,
    facts: &[TradeFacts<'_>],
    date: Date,
    at: Timestamp,
) -> Vec<(&'static str, KnobName)> {
    let month = facts.iter().filter(|trade| Window::Days(30).contains(trade.exit_time, at));
    let rulebook = &context.settings.rulebook;
    let question = Review {
        date,
        at,
        trades: &|sink| month.clone().for_each(sink),
        market: context.market(),
        // What the drawdown was on that evening is not on record.
        drawdown_now: Err(Undefined::NoEstimate),
        capital: context.settings.capital,
        knobs: rulebook.knobs.map(|knob| knob.default),
        past: PerKnob::from_fn(|_| KnobPast::default()),
        regime: UNKNOWN,
        only: &KnobName::ALL,
    };
    let judged = review(rulebook, &question).decision.rules.into_iter();
    judged
        .filter(|judged| matches!(judged.verdict, Verdict::Moves | Verdict::AtTarget))
        .map(|judged| (judged.rule.name, judged.rule.knob))
        .collect()
}
