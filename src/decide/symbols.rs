//! Values of its own for a symbol with enough trades, drawn to the common ones as long as they are few.

use super::adjust::{Facts, Question, Step, decide};
use super::rulebook::{Rulebook, SYMBOL_KNOBS};
use crate::domain::{KnobName, PerKnob};

/// A symbol's own value of a knob.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Override {
    /// The knob.
    pub knob: KnobName,
    /// Its own smoothed value.
    pub smoothed: f64,
    /// What the engine is given: drawn to the common value.
    pub effective: f64,
}

/// What changes for a symbol.
#[derive(Clone, Debug, PartialEq)]
pub enum SymbolStep {
    /// A rule moves its own value.
    Moved(Step, Override),
    /// Its own value stays, and what the engine is given follows the common value or the number of trades.
    Followed(Override),
    /// It has too few trades for values of its own.
    Dropped(KnobName),
}

impl SymbolStep {
    /// The knob whose own value changes.
    pub fn knob(&self) -> KnobName {
        match self {
            Self::Moved(step, _) => step.knob,
            Self::Followed(own) => own.knob,
            Self::Dropped(knob) => *knob,
        }
    }
}

/// A symbol's own value drawn to the common one: common + n / (n + k) · (own − common). The weight is that of
/// an empirical-Bayes estimate whose prior counts as k trades (Efron and Morris 1975, *Journal of the American
/// Statistical Association* 70(350), 311–319).
pub fn shrunk(own: f64, common: f64, trades: u64, k: u64) -> f64 {
    let n = trades as f64;
    if n == 0.0 { common } else { common + n / (n + k as f64) * (own - common) }
}

/// Decides for one symbol. `common` are the smoothed values that hold for all, after their own update;
/// `own` the symbol's overrides so far.
pub fn symbol_steps(
    rulebook: &Rulebook,
    common: &PerKnob<f64>,
    own: &[Override],
    facts: &Facts,
    regime: &str,
) -> Vec<SymbolStep> {
    if facts.trades < rulebook.symbol_trades {
        return own.iter().map(|known| SymbolStep::Dropped(known.knob)).collect();
    }
    let mut knobs = *common;
    for known in own {
        knobs[known.knob] = rulebook.knob(known.knob).tidy(known.smoothed);
    }
    let question = Question {
        knobs,
        facts: PerKnob::from_fn(|_| facts),
        regime,
        only: &SYMBOL_KNOBS,
        min_trades: rulebook.symbol_trades,
        bases: PerKnob::default(),
    };
    let mut steps = decide(rulebook, &question).steps;
    let mut out = Vec::new();
    for name in SYMBOL_KNOBS {
        let knob = rulebook.knob(name);
        let given = |smoothed: f64| Override {
            knob: name,
            smoothed,
            effective: knob.tidy(shrunk(smoothed, common[name], facts.trades, rulebook.symbol_trades)),
        };
        let known = own.iter().find(|known| known.knob == name);
        match (steps.iter().position(|step| step.knob == name), known) {
            (Some(at), _) => {
                let mut step = steps.swap_remove(at);
                // Where the common value is ahead on the same way, the own one goes on from there.
                let ahead = common[name];
                if (step.target - ahead).abs() < (step.target - step.old).abs() {
                    let wanted = rulebook.smoothing * ahead + (1.0 - rulebook.smoothing) * step.target;
                    step.new = knob.tidy(wanted);
                }
                let new = given(step.new);
                out.push(SymbolStep::Moved(step, new));
            }
            (None, Some(known)) if given(known.smoothed) != *known => {
                out.push(SymbolStep::Followed(given(known.smoothed)));
            }
            _ => {}
        }
    }
    out
}
