//! `brain-adjust`: reads the week, decides, replaces the brain file, and writes down why.

use std::collections::BTreeMap;

use super::brain_rollback::roll_back;
use super::{Context, Reading, windows};
use crate::decide::{Facts, Override, Question, Step, SymbolStep, Tried, decide, symbol_steps};
use crate::domain::{Date, Knob, KnobKind, KnobName, Market, PerKnob, Timestamp, UNKNOWN, Window};
use crate::files::brain::{Brain, InForce};
use crate::files::brain_log::{append_changes, read_log, value_before};
use crate::files::trades_in_window::{RecentTrade, recent_trades};
use crate::metrics::{Sample, Windows};
use crate::report::{AdjustData, View, adjust_view, plural, reason};
use crate::store::{StoreError, lock_store};
use crate::wire::{ADJUSTMENT_SCHEMA, Adjustment, Because};

/// How often a brain file that changes under us is read again.
const TRIES: usize = 3;

/// What to do to the knobs.
#[derive(Clone, Debug, PartialEq)]
pub enum AdjustRequest {
    /// Move them by the rules.
    Rules {
        /// The regime, where the user says it.
        regime: Option<String>,
        /// Knobs that may move; empty for all.
        only: Vec<KnobName>,
        /// Symbols get values of their own.
        per_symbol: bool,
        /// A second time on one date.
        force: bool,
        /// Every rule is to be shown.
        explain: bool,
    },
    /// Set them.
    Set(Vec<(KnobName, f64)>),
    /// Back to their defaults; empty for all.
    Reset(Vec<KnobName>),
    /// Take the last updates back.
    Rollback(u32),
}

impl AdjustRequest {
    /// By the rules, without any wish.
    pub fn by_rules() -> Self {
        Self::Rules { regime: None, only: Vec::new(), per_symbol: false, force: false, explain: false }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Adjusted {
    /// The answer.
    pub view: View,
    /// What was read.
    pub reading: Reading,
    /// What else to know.
    pub warnings: Vec<String>,
}

/// Why knobs were not adjusted.
#[derive(Debug, thiserror::Error)]
pub enum AdjustError {
    /// The store or the brain file.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A value that a knob cannot have.
    #[error("{} cannot be {value}: {why}", knob.as_str())]
    Value {
        /// The knob.
        knob: KnobName,
        /// The value.
        value: f64,
        /// Why not.
        why: String,
    },
    /// Nothing to take back.
    #[error("there is no update to take back")]
    NothingToUndo,
    /// Another program writes the brain file all the time.
    #[error("{0}: another program keeps changing it")]
    Contended(String),
}

/// Adjusts. With `dry_run`, or with `--as-of`, only says what it would do.
///
/// # Errors
/// [`AdjustError`]; the brain file is then as it was.
pub fn adjust(
    context: &Context<'_>,
    request: &AdjustRequest,
    dry_run: bool,
) -> Result<Adjusted, AdjustError> {
    let read_only = dry_run || context.as_of.is_some();
    let _lock = if read_only {
        None
    } else {
        Some(lock_store(context.disk, &context.layout, context.lock_timeout(), &mut || {
            context.progress.waiting_for_lock()
        })?)
    };
    for _ in 0..TRIES {
        let mut brain = Brain::read(context)?;
        let mut plan = plan(context, request, &brain)?;
        if !read_only && !plan.changes.is_empty() {
            // What an earlier run could not write down lies in the brain file alone, which is replaced now.
            append_changes(context, &plan.not_logged)?;
            plan.apply(context, &mut brain)?;
            if !brain.write(context)? {
                continue;
            }
            if let Err(error) = append_changes(context, &plan.changes) {
                plan.warnings
                    .push(format!("{error}; the brain file holds the changes, the next run adds them"));
            }
        }
        plan.data.dry_run = read_only;
        plan.data.changes = plan.changes;
        return Ok(Adjusted {
            view: adjust_view(&plan.data),
            reading: plan.reading,
            warnings: plan.warnings,
        });
    }
    Err(AdjustError::Contended(context.layout.brain().display().to_string()))
}

/// Everything that is to be done.
pub(super) struct Plan {
    update: u64,
    rules_date: Option<String>,
    pub(super) changes: Vec<Adjustment>,
    pub(super) common: Vec<(Knob, f64)>,
    pub(super) symbols: Vec<(String, KnobName, Option<Override>)>,
    /// Changes of the last update that only the brain file holds.
    not_logged: Vec<Adjustment>,
    data: AdjustData,
    reading: Reading,
    pub(super) warnings: Vec<String>,
}

impl Plan {
    fn apply(&self, context: &Context<'_>, brain: &mut Brain) -> Result<(), StoreError> {
        // An engine that finds a new file finds every knob in it.
        let (now, _) = brain.knobs(context)?;
        let missing =
            if brain.is_there() { &[][..] } else { &context.settings.rulebook.knobs.as_array()[..] };
        for knob in missing {
            brain.set_knob(context, knob, now[knob.name].smoothed)?;
        }
        for (knob, smoothed) in &self.common {
            brain.set_knob(context, knob, *smoothed)?;
        }
        for (symbol, knob, value) in &self.symbols {
            brain.set_override(context, symbol, *knob, *value)?;
        }
        brain.note(context, self.update, self.rules_date.as_deref(), &self.changes)
    }
}

fn plan(context: &Context<'_>, request: &AdjustRequest, brain: &Brain) -> Result<Plan, AdjustError> {
    let (mut knobs, mut warnings) = brain.knobs(context)?;
    let (known, rules_date, _) = brain.own();
    let mut log = read_log(context, brain)?;
    if log.unreadable > 0 {
        warnings.push(format!(
            "{}: {} cannot be read and are passed over",
            context.layout.adjustments().display(),
            plural(log.unreadable, "line")
        ));
    }
    // Seen from an earlier moment, what came after it has not happened.
    let later = log.cut_off_at(context);
    for (name, now) in KnobName::ALL.into_iter().zip(knobs.iter_mut()) {
        (now.smoothed, now.effective) = value_before(&later, None, name, (now.smoothed, now.effective));
    }
    let last = log.changes.iter().map(|change| change.update).max().unwrap_or(0);
    let mut plan = Plan {
        update: known.max(last) + 1,
        rules_date,
        changes: Vec::new(),
        common: Vec::new(),
        symbols: Vec::new(),
        not_logged: log.not_logged.clone(),
        data: AdjustData::default(),
        reading: Reading::default(),
        warnings,
    };
    let rulebook = &context.settings.rulebook;
    match request {
        AdjustRequest::Rules { regime, only, per_symbol, force, explain } => {
            plan.data.explain = *explain;
            let today = context.session_date().to_string();
            // The log knows it too, should another program have written the brain file anew; a clock that went
            // back does not make an update due again.
            let of_brain = plan.rules_date.clone().filter(|_| context.as_of.is_none());
            let of_log =
                log.changes.iter().filter(|change| change.source == "rule").map(|change| change.date.clone());
            let last = of_log.chain(of_brain).max();
            plan.data.done_today = last.as_ref().is_some_and(|last| *last >= today) && !force;
            let asked = Asked { regime: regime.as_deref(), only, per_symbol: *per_symbol };
            by_rules(context, brain, &knobs, &log.changes, &asked, &mut plan)?;
            if plan.data.done_today {
                plan.changes.clear();
                plan.data.date = last;
            } else if !plan.changes.is_empty() {
                plan.rules_date = Some(today);
            }
        }
        AdjustRequest::Set(values) => {
            for (name, value) in values {
                let knob = rulebook.knob(*name);
                check_value(knob, *value)?;
                plan.put(context, knob, &knobs, *value, "set");
            }
        }
        AdjustRequest::Reset(names) => {
            for knob in &rulebook.knobs {
                if names.is_empty() || names.contains(&knob.name) {
                    plan.put(context, knob, &knobs, knob.default, "reset");
                }
            }
        }
        AdjustRequest::Rollback(count) => roll_back(context, brain, &knobs, &log.changes, *count, &mut plan)?,
    }
    // What lies outside of its range is brought back by whatever update comes.
    if !plan.data.done_today {
        for knob in &rulebook.knobs {
            let now = knobs[knob.name];
            if now.outside && !plan.common.iter().any(|(other, _)| other.name == knob.name) {
                plan.put(context, knob, &knobs, now.smoothed, "range");
            }
        }
    }
    for change in &mut plan.changes {
        change.reason = reason(change);
    }
    Ok(plan)
}

/// Whether a knob can have the value.
///
/// # Errors
/// [`AdjustError::Value`].
pub(super) fn check_value(knob: &Knob, value: f64) -> Result<(), AdjustError> {
    let refused = |why: String| Err(AdjustError::Value { knob: knob.name, value, why });
    if !knob.holds(value) {
        return refused(format!("its range is {} to {}", knob.low, knob.high));
    }
    if knob.kind == KnobKind::Integer && value.fract() != 0.0 {
        return refused("it is a whole number".into());
    }
    Ok(())
}

impl Plan {
    /// A change of a knob at this moment, without values.
    pub(super) fn blank(&self, context: &Context<'_>, knob: KnobName, source: &str) -> Adjustment {
        Adjustment {
            update: self.update,
            timestamp: context.seen_from().to_string(),
            date: context.session_date().to_string(),
            knob: knob.as_str().into(),
            source: source.into(),
            schema: ADJUSTMENT_SCHEMA,
            ..Adjustment::default()
        }
    }

    /// Sets a common value, where that changes anything.
    fn put(
        &mut self,
        context: &Context<'_>,
        knob: &Knob,
        knobs: &PerKnob<InForce>,
        value: f64,
        source: &str,
    ) {
        let now = knobs[knob.name];
        if now.smoothed == value && now.said && !now.outside {
            return;
        }
        self.common.push((*knob, value));
        let mut change = self.blank(context, knob.name, source);
        change.old = Some(now.smoothed);
        change.new = Some(value);
        change.old_effective = Some(now.effective);
        change.new_effective = Some(knob.effective(value));
        self.changes.push(change);
    }
}

/// How the rules are asked.
struct Asked<'a> {
    regime: Option<&'a str>,
    only: &'a [KnobName],
    per_symbol: bool,
}

fn by_rules(
    context: &Context<'_>,
    brain: &Brain,
    knobs: &PerKnob<InForce>,
    earlier: &[Adjustment],
    asked: &Asked<'_>,
    plan: &mut Plan,
) -> Result<(), StoreError> {
    let rulebook = &context.settings.rulebook;
    let week = Window::Days(7);
    let span = if asked.per_symbol { Window::Days(30) } else { week };
    let (trades, reading) = recent_trades(context, span)?;
    plan.reading = reading;
    let (figures, _) =
        windows(context, &Windows::new([Window::Days(30)], context.seen_from(), context.market()))?;
    let month = &figures[0].1;
    let sample = |keep: &dyn Fn(&RecentTrade) -> bool| {
        let mut sample = Sample::new(context.settings.capital, context.market());
        trades.iter().filter(|trade| keep(trade)).for_each(|trade| sample.push(&trade.facts()));
        sample
    };
    let now = context.seen_from();
    let in_week = |trade: &RecentTrade| week.contains(trade.exit_time, now);
    let whole = Facts::of(&sample(&in_week), month, rulebook);
    // Strict evidence never uses a trade twice for one knob.
    let mut fresh: BTreeMap<&str, Facts> = BTreeMap::new();
    if rulebook.strict {
        for name in KnobName::ALL.map(KnobName::as_str) {
            if let Some(used) = used_until(earlier, name) {
                let facts = sample(&|trade| in_week(trade) && trade.exit_time > used);
                fresh.insert(name, Facts::of(&facts, month, rulebook));
            }
        }
    }
    let known = rulebook.regimes();
    if let Some(asked) = asked.regime
        && !known.iter().chain(&["trend", "unknown"]).any(|word| word.eq_ignore_ascii_case(asked))
    {
        plan.warnings.push(format!("no rule looks at regime {asked:?}; {} do", known.join(" and ")));
    }
    let (regime, said_by) =
        regime(context.market(), brain, asked.regime, trades.iter().filter(|trade| in_week(trade)));
    let all = KnobName::ALL;
    let question = Question {
        knobs: knobs.map(|knob| knob.smoothed),
        facts: PerKnob::from_fn(|name| fresh.get(name.as_str()).unwrap_or(&whole)),
        regime: &regime,
        only: if asked.only.is_empty() { &all } else { asked.only },
        min_trades: rulebook.min_trades,
    };
    let decision = decide(rulebook, &question);
    let mut common = question.knobs;
    for step in &decision.steps {
        let knob = *rulebook.knob(step.knob);
        common[step.knob] = step.new;
        plan.common.push((knob, step.new));
        let mut change = plan.ruled(context, step, &regime);
        change.old_effective = Some(knobs[step.knob].effective);
        change.new_effective = Some(knob.effective(step.new));
        plan.changes.push(change);
    }
    if asked.per_symbol {
        let mut by_symbol: BTreeMap<&str, Sample> = BTreeMap::new();
        for trade in &trades {
            let sample = by_symbol.entry(&trade.symbol);
            sample
                .or_insert_with(|| Sample::new(context.settings.capital, context.market()))
                .push(&trade.facts());
        }
        let own = brain.symbols(context)?;
        let names = by_symbol.keys().copied().chain(own.iter().map(|(symbol, _)| symbol.as_str()));
        let names: std::collections::BTreeSet<&str> = names.collect();
        for symbol in names {
            let empty = Sample::new(context.settings.capital, context.market());
            let facts = Facts::of(by_symbol.get(symbol).unwrap_or(&empty), month, rulebook);
            let known = own.iter().find(|(name, _)| name == symbol).map_or(&[][..], |(_, own)| own);
            let steps = symbol_steps(rulebook, &common, known, &facts, &regime);
            for step in steps {
                plan.for_symbol(context, symbol, &step, (&common, known), (&facts, &regime));
            }
        }
    }
    plan.data.regime = Some((regime, said_by));
    plan.data.trades = whole.trades;
    plan.data.min_trades = rulebook.min_trades;
    plan.data.strict = rulebook.strict;
    plan.data.decision = decision;
    Ok(())
}

impl Plan {
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
            ..self.blank(context, step.knob, "rule")
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

/// The newest trade that an earlier change of the knob by a rule rested on.
fn used_until(earlier: &[Adjustment], knob: &str) -> Option<Timestamp> {
    let of_knob = earlier.iter().filter(|change| change.knob == knob && change.symbol.is_none());
    of_knob.filter_map(|change| Timestamp::parse(change.trades_until.as_deref()?).ok()).max()
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
