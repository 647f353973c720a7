//! One life of the engine: trades through a session under its knobs, and does the day's work at the close with
//! what is known by then.

use serde::{Deserialize, Serialize};

use super::super::brain_adjust::most_frequent;
use super::super::retrain::NEEDED_ROWS;
use super::super::training::Fitted;
use super::history::{History, Session};
use crate::decide::{
    Baseline, DeployGate, Facts, Question, Rulebook, WATCHED_TRADES, decide, gate, goes_back, triggers,
};
use crate::domain::{KnobName, PerKnob, Timestamp, UNKNOWN, Window};
use crate::learn::{Dataset, ModelFile, accuracy};
use crate::metrics::{Metric, Performance, Sample};
use crate::simulate::{Closed, Closing, Disposition, Engine, Resolutions};

/// What moves the knobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Policy {
    /// Nothing: they stay at their defaults.
    Defaults,
    /// The rules, where a figure crosses its line.
    Rules,
    /// The rules, where its whole interval does.
    Strict,
}

impl Policy {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Defaults, Self::Rules, Self::Strict];

    /// The word in reports.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::Rules => "rules",
            Self::Strict => "strict",
        }
    }
}

/// A trade that the life took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Taken {
    /// Its place on the tape.
    pub slot: usize,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// When it is closed, in microseconds; before that nobody knows the result.
    pub exit_us: i64,
}

impl Taken {
    pub(super) fn closed(&self) -> Closed {
        Closed {
            pnl: self.pnl,
            pnl_frac: self.pnl_frac,
            exit: Timestamp::from_micros(self.exit_us),
            closing: Closing::AsItWas,
            inconclusive: None,
        }
    }
}

/// A step of a knob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KnobMove {
    /// At the close of this session.
    pub date: String,
    /// The knob.
    pub knob: String,
    /// The rule behind it.
    pub rule: String,
    /// Smoothed value before.
    pub old: f64,
    /// And after.
    pub new: f64,
}

/// What became of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ModelEvent {
    /// At the close of this session.
    pub date: String,
    /// `deployed`, `rejected` or `rolled_back`.
    pub event: String,
    /// Area under the ROC curve on the rows held out.
    pub auc: Option<f64>,
}

/// A life, as far as it was lived. What it knows is what it may look at: nothing here reads the tape beyond the
/// session at hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scenario {
    pub policy: Policy,
    /// Whether picks to which the model in use gives less than the average chance are left.
    pub filter: bool,
    engine: Engine,
    /// Smoothed values.
    #[serde(with = "per_knob")]
    knobs: PerKnob<f64>,
    /// In the order in which they were entered.
    pub taken: Vec<Taken>,
    /// Trades that may still matter to a window, by their place in `taken`.
    recent: Vec<usize>,
    /// The newest trade that a move of each knob rested on, in microseconds.
    #[serde(with = "per_knob")]
    used_us: PerKnob<Option<i64>>,
    pub moves: Vec<KnobMove>,
    pub events: Vec<ModelEvent>,
    current: Option<ModelFile>,
    previous: Option<ModelFile>,
    /// Trades since the deployment, with what the model in use and the one before it gave them.
    watched: Vec<ComparedTrade>,
    baseline: [Option<f64>; 3],
    /// Picks that the model kept from being traded.
    pub vetoed: u64,
    /// Picks without features, which the filter lets through.
    pub without_features: u64,
}

/// A trade on which two models are compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct ComparedTrade {
    exit_us: i64,
    label: bool,
    current: f64,
    previous: f64,
}

/// What a life made of a close before anything is learned.
pub(super) struct AtClose {
    week: Performance,
    facts: Option<Box<Week>>,
    /// Whether it wants a new model.
    pub wants_model: bool,
}

/// What the rules look at.
struct Week {
    whole: Facts,
    fresh: PerKnob<Option<Facts>>,
    regime: String,
}

impl Scenario {
    pub(super) fn new(policy: Policy, filter: bool, rulebook: &Rulebook) -> Self {
        Self {
            policy,
            filter,
            engine: Engine::default(),
            knobs: rulebook.knobs.map(|knob| knob.default),
            taken: Vec::new(),
            recent: Vec::new(),
            used_us: PerKnob::default(),
            moves: Vec::new(),
            events: Vec::new(),
            current: None,
            previous: None,
            watched: Vec::new(),
            baseline: [None; 3],
            vetoed: 0,
            without_features: 0,
        }
    }

    /// The rules as this life has them.
    fn rulebook(&self, rulebook: &Rulebook) -> Rulebook {
        Rulebook { strict: self.policy == Policy::Strict, ..rulebook.clone() }
    }

    /// Lives through a session.
    pub(super) fn trade(&mut self, history: &History, session: &Session, rulebook: &Rulebook) {
        let mut knobs = self.knobs;
        for (value, knob) in knobs.iter_mut().zip(&rulebook.knobs) {
            *value = knob.effective(*value);
        }
        let nothing = Resolutions::new();
        let model = self.current.as_ref().filter(|_| self.filter);
        let chances =
            model.map(|file| (history.chances(file, session.slots.clone()), file.training.base_rate));
        for (at, place) in session.slots.clone().enumerate() {
            let slot = &history.decision_log.slots()[place];
            let vetoed = chances.as_ref().is_some_and(|(chances, base_rate)| match chances[at] {
                Some(chance) => chance < *base_rate,
                None => {
                    self.without_features += 1;
                    false
                }
            });
            let disposition =
                slot.offer(&mut self.engine, place, &knobs, (vetoed, history.decision_log.cycle()), &nothing);
            let vetoed = matches!(disposition, Disposition::Dropped(crate::simulate::RiskCheck::Model));
            self.vetoed += u64::from(vetoed);
            if let Some(closed) = disposition.closed() {
                self.recent.push(self.taken.len());
                self.taken.push(Taken {
                    slot: place,
                    pnl: closed.pnl,
                    pnl_frac: closed.pnl_frac,
                    exit_us: closed.exit.micros(),
                });
            }
        }
        if let Some((chances, _)) = chances {
            let current: Vec<(usize, Option<f64>)> = session.slots.clone().zip(chances).collect();
            self.watch(history, session, &current);
        }
    }

    /// Notes what both models gave the trades of the session, for the day on which they are compared.
    fn watch(&mut self, history: &History, session: &Session, current: &[(usize, Option<f64>)]) {
        let Some(previous) = &self.previous else { return };
        let of_session = self.taken.iter().rev().take_while(|taken| taken.slot >= session.slots.start);
        let taken: Vec<Taken> = of_session.copied().collect();
        let before = history.chances(previous, taken.iter().map(|taken| taken.slot));
        for (taken, before) in taken.iter().zip(before) {
            let chance = current.iter().find(|(slot, _)| *slot == taken.slot).and_then(|(_, chance)| *chance);
            let label = history.labelled(taken.slot).map(|example| example.label);
            if let (Some(current), Some(previous), Some(label)) = (chance, before, label) {
                self.watched.push(ComparedTrade { exit_us: taken.exit_us, label, current, previous });
            }
        }
    }

    /// The trades whose results are known at a moment and lie in a window, in the order of their exits.
    fn known(&self, history: &History, now: Timestamp, window: Window) -> Vec<Taken> {
        let inside = |taken: &Taken| window.contains(Timestamp::from_micros(taken.exit_us), now);
        let mut found: Vec<Taken> = self.recent.iter().map(|at| self.taken[*at]).filter(inside).collect();
        let id = |taken: &Taken| history.decision_log.slots()[taken.slot].record.id.as_str();
        found.sort_by(|a, b| (a.exit_us, id(a)).cmp(&(b.exit_us, id(b))));
        found
    }

    /// Looks back at the close: the week, what the rules will ask, and whether it is time for a new model.
    pub(super) fn look_back(
        &mut self,
        history: &History,
        session: &Session,
        (rulebook, capital): (&Rulebook, f64),
    ) -> AtClose {
        let now = session.close;
        let oldest = now.plus_days(-31).micros();
        let taken = &self.taken;
        self.recent.retain(|at| taken[*at].exit_us > oldest);
        let sample = |taken: &mut dyn Iterator<Item = &Taken>| {
            let mut sample = Sample::new(capital, &history.market);
            taken.for_each(|taken| {
                sample.push(&history.decision_log.slots()[taken.slot].facts(&taken.closed()))
            });
            sample
        };
        let month = self.known(history, now, Window::Days(30));
        let since = Window::Days(7).start(now).map_or(i64::MIN, Timestamp::micros);
        let week = &month[month.partition_point(|taken| taken.exit_us <= since)..];
        let of_week = sample(&mut week.iter());
        let performance = of_week.performance();
        let facts = (self.policy != Policy::Defaults).then(|| {
            let rulebook = self.rulebook(rulebook);
            let of_month = sample(&mut month.iter()).performance();
            // Strict evidence never uses a trade twice for one knob.
            let fresh = self.used_us.map(|used| {
                let used = used.filter(|_| rulebook.strict)?;
                let sample = sample(&mut week.iter().filter(|taken| taken.exit_us > used));
                Some(Facts::of(&sample, &of_month, &rulebook))
            });
            let regimes = week.iter().map(|taken| {
                let date = history.market.trading_date(Timestamp::from_micros(taken.exit_us));
                (date, &*history.decision_log.slots()[taken.slot].record.regime)
            });
            let regime = most_frequent(regimes).unwrap_or(UNKNOWN).to_owned();
            Box::new(Week { whole: Facts::of(&of_week, &of_month, &rulebook), fresh, regime })
        });
        let wants_model = self.filter && !self.rolled_back(session) && {
            let deployed = self.current.as_ref().and_then(|file| Timestamp::parse(&file.created_at).ok());
            let days = deployed.map(|then| history.market.calendar().days_between(then, now) as f64);
            let [win_rate, accuracy, profit_factor] = self.baseline;
            let baseline = Baseline { win_rate, accuracy, profit_factor };
            !triggers(&performance, &baseline, days, false).is_empty()
        };
        AtClose { week: performance, facts, wants_model }
    }

    /// Puts the model before the one in use back into use where that did clearly better on the trades since.
    fn rolled_back(&mut self, session: &Session) -> bool {
        let known: Vec<&ComparedTrade> =
            self.watched.iter().filter(|watched| watched.exit_us <= session.close.micros()).collect();
        if self.previous.is_none() || (known.len() as u64) < WATCHED_TRADES {
            return false;
        }
        let labels: Vec<bool> = known.iter().map(|watched| watched.label).collect();
        let right = |of: fn(&ComparedTrade) -> f64| {
            accuracy(&known.iter().map(|watched| of(watched)).collect::<Vec<f64>>(), &labels)
        };
        let (Some(current), Some(previous)) = (right(|w| w.current), right(|w| w.previous)) else {
            return false;
        };
        if !goes_back(known.len() as u64, current, previous) {
            return false;
        }
        self.current = self.previous.take();
        self.watched.clear();
        self.note(session, "rolled_back", None);
        true
    }

    fn note(&mut self, session: &Session, event: &str, auc: Option<f64>) {
        self.events.push(ModelEvent { date: session.date.to_string(), event: event.into(), auc });
    }

    /// Judges a new model and deploys what passes the gate, then moves the knobs.
    pub(super) fn decide(
        &mut self,
        session: &Session,
        at_close: &AtClose,
        fitted: Option<&(Fitted, Dataset)>,
        rulebook: &Rulebook,
    ) {
        if let Some((fitted, dataset)) = fitted.filter(|_| at_close.wants_model) {
            let threshold = self.knobs[KnobName::MinConfidence];
            let trained = fitted.judge(session.close, dataset, self.current.as_ref(), threshold);
            let auc = trained.facts.auc;
            if gate(&trained.facts, false) == DeployGate::Open {
                self.previous = self.current.replace(trained.file);
                self.watched.clear();
                let now = |metric| at_close.week.get(metric).ok();
                self.baseline = [Metric::WinRate, Metric::Accuracy, Metric::ProfitFactor].map(now);
                self.note(session, "deployed", auc);
            } else {
                self.note(session, "rejected", auc);
            }
        }
        let Some(week) = &at_close.facts else { return };
        let rulebook = self.rulebook(rulebook);
        let all = KnobName::ALL;
        let facts = PerKnob::from_fn(|name| week.fresh[name].as_ref().unwrap_or(&week.whole));
        let question = Question {
            knobs: self.knobs,
            facts,
            regime: &week.regime,
            only: &all,
            min_trades: rulebook.min_trades,
        };
        for step in decide(&rulebook, &question).steps {
            self.knobs[step.knob] = step.new;
            let until = step.trades.1.map(Timestamp::micros);
            self.used_us[step.knob] = self.used_us[step.knob].max(until);
            self.moves.push(KnobMove {
                date: session.date.to_string(),
                knob: step.knob.as_str().into(),
                rule: step.rule.into(),
                old: step.old,
                new: step.new,
            });
        }
    }

    /// Whether there is anything to learn from.
    pub(super) fn is_enough(dataset: &Dataset) -> bool {
        dataset.examples.len() >= NEEDED_ROWS
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

    /// How often this became of a model.
    pub(super) fn count(&self, event: &str) -> u64 {
        self.events.iter().filter(|one| one.event == event).count() as u64
    }
}

/// A value for each knob as a list, in the order of the knobs.
mod per_knob {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::{KnobName, PerKnob};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        values: &PerKnob<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        values.as_array().serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PerKnob<T>, D::Error> {
        <[T; KnobName::COUNT]>::deserialize(deserializer).map(PerKnob::new)
    }
}
