//! One scenario of the engine: trades through a session under its knobs, and does the day's work at the close with
//! what is known by then.

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::super::brain_rules::most_frequent;
use super::super::model_comparison::Consequence;
use super::entries::Session;
use super::guarded::GuardWalk;
use super::history::History;
use super::life_trades::LifeTrades;
use super::models_in_use::ModelsInUse;
use super::past::{Account, Past, Policy, Taken, per_knob};
use super::sized::SizeWalk;
use super::taught::Taught;
use crate::decide::{
    Baseline, DeployGate, GateMode, GuardRules, Review, Rulebook, Step, gate, reduced_knobs, review, triggers,
};
use crate::domain::{KnobName, Market, PerKnob, RiskCheck, Timestamp, UNKNOWN};
use crate::files::retrain_files::shown_skill;
use crate::metrics::{Metric, Performance, Sample};
use crate::simulate::{Asked, Closed, Disposition, Engine, GuardAsked, KnobMove, ModelEvent, Resolutions};
use crate::stats::evidence::SessionSkill;

/// A scenario, as far as it got. What it knows is what it may look at: nothing here reads the record beyond the
/// session at hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scenario {
    pub policy: Policy,
    /// Whether signals to which the model in use gives less than the average chance are left.
    pub filter: bool,
    engine: Engine,
    /// Smoothed values.
    #[serde(with = "per_knob")]
    knobs: PerKnob<f64>,
    pub trades: LifeTrades,
    /// What happened to each knob.
    #[serde(with = "per_knob")]
    past: PerKnob<Past>,
    account: Account,
    pub moves: Vec<KnobMove>,
    pub events: Vec<ModelEvent>,
    models: ModelsInUse,
    /// What sessions said of skill, each once, with its day counted from the common era.
    skill: Vec<(i64, SessionSkill)>,
    /// Sessions up to this day do not count for skill.
    skill_after: i64,
    baseline: [Option<f64>; 3],
    /// Picks that the model kept from being traded.
    pub vetoed: u64,
    /// Trades that the guard kept from being made.
    pub locked: u64,
    /// How often multipliers of sizes were published.
    pub publications: u32,
    /// The guard, where it watches; it follows from the trades.
    #[serde(skip)]
    guard: Option<GuardWalk>,
    /// The multipliers of sizes, where there are any; they follow from the trades.
    #[serde(skip)]
    sizes: Option<SizeWalk>,
    /// Picks without features, which the filter lets through.
    pub without_features: u64,
}

/// What a scenario made of a close before anything is learned.
pub(super) struct AtClose {
    week: Performance,
    steps: Vec<Step>,
    /// Whether it wants a new model.
    pub wants_model: bool,
}

/// What later weeks are held against.
fn at_deployment(week: &Performance) -> [Option<f64>; 3] {
    [Metric::WinRate, Metric::Accuracy, Metric::ProfitFactor].map(|metric| week.get(metric).ok())
}

impl Scenario {
    pub(super) fn new(
        (policy, filter): (Policy, bool),
        rulebook: &Rulebook,
        (capital, market): (f64, &Market),
    ) -> Self {
        Self {
            policy,
            filter,
            engine: Engine::default(),
            knobs: rulebook.knobs.map(|knob| knob.default),
            trades: LifeTrades::new(capital, market),
            past: PerKnob::default(),
            account: Account { until_us: i64::MIN, running: 0.0, peak: 0.0 },
            moves: Vec::new(),
            events: Vec::new(),
            models: ModelsInUse::default(),
            skill: Vec::new(),
            skill_after: i64::MIN,
            baseline: [None; 3],
            vetoed: 0,
            locked: 0,
            publications: 0,
            guard: None,
            sizes: None,
            without_features: 0,
        }
    }

    /// The rules as this scenario has them.
    fn rulebook(&self, rulebook: &Rulebook) -> Rulebook {
        Rulebook { strict: self.policy == Policy::Strict, ..rulebook.clone() }
    }

    /// The same where it was saved, dated by the market's calendar again.
    pub(super) fn dated_by(self, market: &Market) -> Self {
        Self { trades: self.trades.dated_by(market), ..self }
    }

    /// Whether it is not saved: it follows from the records without anything learned, and what watches it is made of all its
    /// sessions.
    pub(super) fn is_walked_again(&self) -> bool {
        self.is_guarded() || self.is_sized()
    }

    /// Whether the guard watches.
    pub(super) fn is_guarded(&self) -> bool {
        self.policy == Policy::Guarded
    }

    /// Whether sizes are multiplied by context.
    pub(super) fn is_sized(&self) -> bool {
        self.policy == Policy::Sized
    }

    /// Lives through a session.
    pub(super) fn trade(
        &mut self,
        history: &History,
        session: &Session,
        (rulebook, guard, capital): (&Rulebook, &GuardRules, f64),
    ) {
        let mut knobs = self.knobs;
        for (value, knob) in knobs.iter_mut().zip(&rulebook.knobs) {
            *value = knob.effective(*value);
        }
        if self.is_guarded() {
            self.guard = Some(GuardWalk::at(self.guard.take(), (history, session), &knobs, (guard, capital)));
        }
        if self.is_sized() {
            let walk = SizeWalk::at(self.sizes.take(), session, capital);
            self.publications = walk.publications();
            self.sizes = Some(walk);
        }
        let model = self.models.current.as_ref().filter(|_| self.filter);
        let chances =
            model.map(|file| (history.chances(file, session.slots.clone()), file.training.base_rate));
        for (at, place) in session.slots.clone().enumerate() {
            let slot = history.entries.get(place);
            let vetoed = chances.as_ref().is_some_and(|(chances, base_rate)| match chances[at] {
                Some(chance) => chance < *base_rate,
                None => {
                    self.without_features += 1;
                    false
                }
            });
            let says = self.guard.as_ref().map(|walk| walk.says(history, guard, slot));
            let under =
                says.map_or(knobs, |says| reduced_knobs(&rulebook.knobs, &knobs, says.word, &guard.reducing));
            let asked = Asked {
                vetoed,
                guard: says.map_or(GuardAsked::Off, |says| GuardAsked::Says { refuses: says.refuses }),
                // What the engine multiplied by on record is no part of a scenario without multipliers.
                multiplier: Some(self.sizes.as_ref().map_or(1.0, |walk| walk.multiplier(slot))),
                open: None,
                cycle: history.entries.walk.cycle(),
            };
            let disposition = slot.offer(&mut self.engine, place, &under, asked, &Resolutions::new());
            self.locked += u64::from(matches!(disposition, Disposition::Dropped(RiskCheck::Guard)));
            let vetoed = matches!(disposition, Disposition::Dropped(RiskCheck::Model));
            self.vetoed += u64::from(vetoed);
            if let Some(closed) = disposition.closed() {
                self.take(history, place, closed);
            }
        }
        if let Some((chances, _)) = chances {
            let current: Vec<(usize, Option<f64>)> = session.slots.clone().zip(chances).collect();
            let took: Vec<Taken> = self.trades.entered_since(session.slots.start).copied().collect();
            self.models.watch(history, &took, &current);
        }
    }

    /// Counts a trade among those of the life.
    fn take(&mut self, history: &History, slot: usize, closed: &Closed) {
        let taken = Taken {
            slot,
            pnl: closed.pnl,
            pnl_frac: closed.pnl_frac,
            exposure: closed.exposure,
            exit_us: closed.exit.micros(),
            closing: closed.closing,
        };
        self.trades.enter(taken);
        if let Some(walk) = &mut self.guard {
            walk.add(history, &taken);
        }
        if let Some(walk) = &mut self.sizes {
            walk.add(history, &taken);
        }
    }

    /// Looks back at the close: the week, what the rules will ask, and whether it is time for a new model.
    pub(super) fn look_back(
        &mut self,
        history: &History,
        session: &Session,
        (rulebook, capital): (&Rulebook, f64),
    ) -> AtClose {
        let now = session.close;
        self.trades.settle((&history.entries, &history.market), now);
        let mut account = self.account;
        let [week, month] = [7, 30].map(|days| now.plus_days(-days));
        for trade in
            self.trades.known_after(&history.entries, month.max(Timestamp::from_micros(account.until_us)))
        {
            account.running += trade.pnl;
            account.peak = account.peak.max(account.running);
        }
        account.until_us = now.micros();
        self.account = account;
        let mut of_week = Sample::new(capital, &history.market);
        self.trades.known_after(&history.entries, week).for_each(|trade| of_week.push(&trade));
        let performance = of_week.performance();
        let steps = if matches!(self.policy, Policy::Defaults | Policy::Guarded | Policy::Sized) {
            Vec::new()
        } else {
            let regimes = self
                .trades
                .known_after(&history.entries, week)
                .map(|t| (history.market.trading_date(t.exit_time), t.regime));
            let regime = most_frequent(regimes).unwrap_or(UNKNOWN);
            let of_month = self.trades.known_after(&history.entries, month);
            let question = Review {
                date: session.date,
                at: now,
                trades: &|sink| of_month.clone().for_each(|trade| sink(&trade)),
                market: &history.market,
                drawdown_now: self.account.drawdown(capital),
                capital,
                knobs: self.knobs,
                past: self.past.map(Past::known),
                regime: rulebook.regime_word(regime),
                only: &KnobName::ALL,
            };
            review(&self.rulebook(rulebook), &question).decision.steps
        };
        let wants_model = self.filter && !self.changed_model(history, session, &performance) && {
            let deployed =
                self.models.current.as_ref().and_then(|file| Timestamp::parse(&file.created_at).ok());
            let days = deployed.map(|then| history.market.calendar().days_between(then, now) as f64);
            let [win_rate, accuracy, profit_factor] = self.baseline;
            let baseline = Baseline { win_rate, accuracy, profit_factor };
            !triggers(&performance, &baseline, days, false).is_empty()
        };
        AtClose { week: performance, steps, wants_model }
    }

    /// Whether the trades since called for another model, or none: it is in use now.
    fn changed_model(&mut self, history: &History, session: &Session, week: &Performance) -> bool {
        let Some(consequence) = self.models.follow(history, session) else { return false };
        match consequence {
            Consequence::RollBack => self.note(session, "rolled_back", None),
            Consequence::Promote => {
                self.baseline = at_deployment(week);
                self.note(session, "deployed", None);
            }
            Consequence::Retire => {
                self.skill.clear();
                self.skill_after = i64::from(session.date.num_days_from_ce());
                self.note(session, "retired", None);
            }
        }
        true
    }

    fn note(&mut self, session: &Session, event: &str, auc: Option<f64>) {
        self.events.push(ModelEvent { date: session.date.to_string(), event: event.into(), auc });
    }

    /// The last session that was scored for skill, or that does not count for it.
    pub(super) fn scored_until(&self) -> i64 {
        self.skill.last().map_or(self.skill_after, |(session, _)| *session)
    }

    /// Judges a new model and deploys what passes the gate, then moves the knobs.
    pub(super) fn decide(
        &mut self,
        session: &Session,
        at_close: &AtClose,
        taught: Option<&Taught>,
        rulebook: &Rulebook,
    ) {
        if let Some(Taught { fitted, rows, scored }) = taught.filter(|_| at_close.wants_model) {
            let threshold = self.knobs[KnobName::MinConfidence];
            let last = self.scored_until();
            let new = scored.iter().filter(|(session, _)| **session > last);
            self.skill.extend(new.map(|(session, said)| (*session, *said)));
            let skill = shown_skill(self.skill.iter().map(|(_, said)| said));
            let trained = fitted.judge(session.close, rows, self.models.current.as_ref(), threshold, skill);
            let auc = trained.facts.auc;
            if gate(&trained.facts, GateMode::Plain) == DeployGate::Open {
                self.models.deploy(trained.file);
                self.baseline = at_deployment(&at_close.week);
                self.note(session, "deployed", auc);
            } else {
                // What a leak gave away it would give away in shadow too.
                if trained.facts.suspects.is_empty() {
                    self.models.shadow(trained.file);
                }
                self.note(session, "rejected", auc);
            }
        }
        for step in &at_close.steps {
            let place = step.knob;
            self.knobs[place] = step.new;
            let of_regime = rulebook.rules.iter().any(|rule| rule.name == step.rule && rule.is_of_regime());
            let mut past = self.past[place].known();
            past.note_rule(step.rule, of_regime, session.date, step.trades.1, step.old);
            self.past[place] = Past::of(past);
            self.moves.push(KnobMove {
                date: session.date.to_string(),
                knob: step.knob.as_str().into(),
                rule: step.rule.into(),
                old: step.old,
                new: step.new,
            });
        }
    }

    /// Moves that the next move of the same knob took back, wholly or in part.
    pub(super) fn reversed(&self) -> u64 {
        let mut last: PerKnob<Option<bool>> = PerKnob::default();
        let mut reversed = 0;
        for step in &self.moves {
            let Some(knob) = KnobName::parse(&step.knob) else { continue };
            let up = step.new > step.old;
            reversed += u64::from(last[knob].is_some_and(|before| before != up));
            last[knob] = Some(up);
        }
        reversed
    }
}
