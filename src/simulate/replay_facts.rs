//! What `replay` found, before anybody draws it.

use super::decision::LeftOut;
use serde::{Deserialize, Serialize};

use super::comparison::{Comparison, Verdict};
use crate::metrics::{HoldCounts, Performance};

/// A step of a knob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnobMove {
    /// At the close of this New York date.
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
pub struct ModelEvent {
    /// At the close of this New York date.
    pub date: String,
    /// `deployed`, `rejected` or `rolled_back`.
    pub event: String,
    /// Area under the ROC curve on the rows held out.
    pub auc: Option<f64>,
}

/// One way to run the engine through the sessions.
#[derive(Clone, Debug)]
pub struct ScenarioFacts {
    /// What moved its knobs: `defaults`, `rules` or `strict`.
    pub policy: &'static str,
    /// Whether the model filtered its signals.
    pub filter: bool,
    /// Whether the guard watched over its entries.
    pub guard: bool,
    /// Trades that the guard kept it from.
    pub locked: u64,
    /// Whether its sizes were multiplied by context.
    pub multipliers: bool,
    /// How often multipliers were published in it.
    pub publications: u32,
    /// Its figures.
    pub performance: Performance,
    /// 95 % interval of the net P&L.
    pub pnl: Option<(f64, f64)>,
    /// Of the mean result of a trade, fractions of the position.
    pub expectancy: Option<(f64, f64)>,
    /// Of the drawdown, the sessions drawn again.
    pub drawdown: Option<(f64, f64)>,
    /// Every move of a knob.
    pub moves: Vec<KnobMove>,
    /// Moves that the next move of the same knob turned around.
    pub reversed: u64,
    /// What became of its models.
    pub events: Vec<ModelEvent>,
    /// Trades that the model kept it from.
    pub vetoed: u64,
    /// Signals without features, which the filter lets through.
    pub without_features: u64,
    /// Net P&L and trades of each session.
    pub daily: Vec<(f64, u64)>,
    /// Compared with the first scenario; none for that one.
    pub against_defaults: Option<Comparison>,
}

impl ScenarioFacts {
    /// How often this became of a model.
    pub fn count(&self, event: &str) -> u64 {
        self.events.iter().filter(|one| one.event == event).count() as u64
    }
}

/// The whole loop walked through history.
#[derive(Clone, Debug)]
pub struct ReplayFacts {
    /// The first session.
    pub from: String,
    /// The last session.
    pub to: String,
    /// Sessions.
    pub sessions: usize,
    /// Records of the decision log.
    pub records: usize,
    /// Records that do not fit the recorded knobs.
    pub mismatches: usize,
    /// The account's capital.
    pub capital: f64,
    /// The account's currency.
    pub currency: String,
    /// Signals without an outcome.
    pub without_outcome: u64,
    /// Signals whose outcome carries no costs.
    pub without_costs: u64,
    /// How the hypothetical positions of signals with an outcome are left.
    pub holds: HoldCounts,
    /// Records that are left out, by experiment.
    pub left_out: Vec<LeftOut>,
    /// Models trained.
    pub trained: u64,
    /// The dates of the daily figures.
    pub dates: Vec<String>,
    /// The scenarios; the first has its knobs at their defaults and no model.
    pub scenarios: Vec<ScenarioFacts>,
}

impl ReplayFacts {
    /// The scenario of a policy, with the model's filter or without.
    pub fn scenario(&self, policy: &str, filter: bool) -> Option<&ScenarioFacts> {
        let is_it = |one: &&ScenarioFacts| {
            one.policy == policy && one.filter == filter && !one.guard && !one.multipliers
        };
        self.scenarios.iter().find(is_it)
    }

    /// The scenario that the guard watches over.
    pub fn guarded(&self) -> Option<&ScenarioFacts> {
        self.scenarios.iter().find(|scenario| scenario.guard)
    }

    /// The scenario whose sizes are multiplied by context.
    pub fn sized(&self) -> Option<&ScenarioFacts> {
        self.scenarios.iter().find(|scenario| scenario.multipliers)
    }

    /// The word about the rules.
    pub fn verdict(&self) -> Verdict {
        let rules = self.scenario("rules", false).and_then(|scenario| scenario.against_defaults.as_ref());
        rules.map_or(Verdict::Unclear, |compared| compared.verdict)
    }
}
