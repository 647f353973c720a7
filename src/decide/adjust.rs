//! Which knobs move, how far, and why. Pure: data in, decision with its reasons out.

use super::rulebook::{Is, Line, Rule, Rulebook, Test, decides_by_itself};
use crate::domain::{KnobName, PerKnob, Timestamp};
use crate::metrics::{Evidence, Measure, Metric, MetricResult, Performance, Sample, Undefined, trades_value};

/// What the rules look at beside the trades that they rest on.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The trades of the last 7 days.
    pub week: &'a Sample,
    /// The figures of the last 30 days.
    pub month: &'a Performance,
    /// How far the account lies below its running peak, a fraction.
    pub drawdown_now: MetricResult,
}

/// What a knob's rules may look at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Trades that they rest on.
    pub trades: u64,
    /// The newest exit among them.
    pub until: Option<Timestamp>,
    /// Trades of the last 7 days: what the regime and limits need.
    pub week_trades: u64,
    measured: Vec<(Measure, Evidence, MetricResult)>,
}

impl Facts {
    /// What the rules ask of a sample.
    pub fn new(sample: &Sample, beside: &Beside<'_>, rulebook: &Rulebook) -> Self {
        let figures = sample.performance();
        let of_week = beside.week.performance();
        let mut measured: Vec<(Measure, Evidence, MetricResult)> = Vec::new();
        for test in rulebook.in_order().into_iter().flat_map(|rule| &rule.when) {
            let Test::Measured { measure, .. } = test else { continue };
            if measured.iter().any(|(known, ..)| known == measure) {
                continue;
            }
            let evidence = match measure {
                Measure::Of(Metric::DrawdownNowPct) => Evidence {
                    value: beside.drawdown_now,
                    interval: Err(Undefined::NoEstimate),
                    n: beside.week.trades(),
                },
                // Against the month it is the week that may be busier.
                Measure::TradesPerDay => beside.week.evidence(&of_week, *measure),
                Measure::Of(Metric::WinRate) if rulebook.strict => sample.wider_win_rate(&figures),
                _ => sample.evidence(&figures, *measure),
            };
            measured.push((*measure, evidence, trades_value(beside.month, *measure)));
        }
        Self {
            trades: sample.trades(),
            until: sample.last_exit(),
            week_trades: beside.week.trades(),
            measured,
        }
    }

    /// Facts with these figures, for tests.
    #[cfg(test)]
    pub(super) fn made(trades: u64, measured: Vec<(Measure, Evidence, MetricResult)>) -> Self {
        Self { trades, until: None, week_trades: trades, measured }
    }

    /// The same with this drawdown from the peak.
    #[cfg(test)]
    pub(super) fn measured_drawdown(&mut self, value: f64) {
        let drawdown = Measure::Of(Metric::DrawdownNowPct);
        self.measured.retain(|(measure, ..)| *measure != drawdown);
        let evidence = Evidence { value: Ok(value), interval: Err(Undefined::NoEstimate), n: 50 };
        self.measured.push((drawdown, evidence, Err(Undefined::NoTrades)));
    }

    fn look(&self, wanted: Measure) -> (Evidence, MetricResult) {
        let none = Err(Undefined::NoTrades);
        let found = self.measured.iter().find(|(measure, ..)| *measure == wanted);
        found.map_or(
            (Evidence { value: none, interval: Err(Undefined::NoTrades), n: 0 }, none),
            |(_, evidence, month)| (*evidence, *month),
        )
    }

    /// Trades that a rule needs some of.
    fn trades_for(&self, rule: &Rule) -> u64 {
        if rule.needs_no_sample() { self.week_trades } else { self.trades }
    }
}

/// How a condition came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Name of the measure, or `regime`.
    pub measure: &'static str,
    /// What was measured; none for a regime.
    pub evidence: Option<Evidence>,
    /// The sign between value and line.
    pub is: &'static str,
    /// The line; why there is none, where it is itself undefined.
    pub line: MetricResult,
    /// For a regime: what it is and what it would have to be.
    pub words: Option<(String, &'static str)>,
    /// Whether the condition holds.
    pub holds: bool,
    /// Why it does not, where the value alone does not say it.
    pub why: Option<String>,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It moves its knob.
    Moves,
    /// It fired, and another one of the same knob wins over it.
    Overruled(&'static str),
    /// It fired, and the step is below the smallest that is taken.
    AtTarget,
    /// A condition does not hold.
    Silent,
    /// Too few trades to move anything.
    TooFewTrades {
        /// How many there are.
        have: u64,
        /// How many it takes.
        need: u64,
    },
    /// Its knob was not among those asked for.
    NotAsked,
}

/// A rule with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The rule.
    pub rule: Rule,
    /// Each of its conditions, and whether it held.
    pub tried: Vec<Tried>,
    /// What became of it.
    pub verdict: Verdict,
}

/// A step of a knob.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The knob.
    pub knob: KnobName,
    /// The rule behind it.
    pub rule: &'static str,
    /// What the rule rested on.
    pub because: Vec<Tried>,
    /// Smoothed value before.
    pub old: f64,
    /// Where the rule wants it.
    pub target: f64,
    /// Smoothed value after.
    pub new: f64,
    /// Whether the range cut the step short.
    pub clamped: bool,
    /// Trades that the decision rested on, and the newest of them.
    pub trades: (u64, Option<Timestamp>),
}

/// Every rule with why it moved its knob or not, and the moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Every rule, in the order of the table.
    pub rules: Vec<Judged>,
    /// The knobs that move, in the order of reports.
    pub steps: Vec<Step>,
}

/// What a decision is asked for.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Smoothed values now, in the order of [`KnobName::ALL`].
    pub knobs: PerKnob<f64>,
    /// What each knob's rules may look at, in the same order.
    pub facts: PerKnob<&'a Facts>,
    /// The market's regime.
    pub regime: &'a str,
    /// Knobs that may move.
    pub only: &'a [KnobName],
    /// Trades that it takes to move anything.
    pub min_trades: u64,
    /// The value underneath, for each knob that a regime holds; it returns there when the regime is over.
    pub bases: PerKnob<Option<f64>>,
}

/// The rule by which a knob returns to the value underneath when a regime is over.
pub const REGIME_OVER: &str = "regime_over";

/// Decides.
pub fn decide(rulebook: &Rulebook, asked: &Question<'_>) -> Decision {
    let mut judged: Vec<Judged> = Vec::new();
    for rule in rulebook.in_order() {
        let facts = asked.facts[rule.knob];
        let tried: Vec<Tried> = rule
            .when
            .iter()
            .map(|test| attempt(*test, facts, asked.regime, (rulebook.strict, rule.is_cautious)))
            .collect();
        let verdict = if !asked.only.contains(&rule.knob) {
            Verdict::NotAsked
        } else if facts.trades_for(rule) < asked.min_trades {
            Verdict::TooFewTrades { have: facts.trades_for(rule), need: asked.min_trades }
        } else if tried.iter().all(|tried| tried.holds) {
            Verdict::Moves
        } else {
            Verdict::Silent
        };
        judged.push(Judged { rule: rule.clone(), tried, verdict });
    }
    // Of those that fire for a knob, the last wins.
    for at in 0..judged.len() {
        let knob = judged[at].rule.knob;
        let later = judged[at + 1..].iter().rev();
        let winner = later.filter(|j| j.verdict == Verdict::Moves).find(|j| j.rule.knob == knob);
        if let (Verdict::Moves, Some(winner)) = (&judged[at].verdict, winner) {
            judged[at].verdict = Verdict::Overruled(winner.rule.name);
        }
    }
    let mut steps = Vec::new();
    for judged in judged.iter_mut().filter(|judged| judged.verdict == Verdict::Moves) {
        match step(rulebook, judged, asked) {
            Some(step) => steps.push(step),
            None => judged.verdict = Verdict::AtTarget,
        }
    }
    steps.extend(regimes_over(rulebook, &judged, &steps, asked));
    steps.sort_by_key(|step| step.knob);
    let place = |judged: &Judged| rulebook.rules.iter().position(|rule| rule.name == judged.rule.name);
    judged.sort_by_key(place);
    Decision { rules: judged, steps }
}

/// One step of exponential smoothing towards the target; `None` when it is too small to be taken.
fn step(rulebook: &Rulebook, judged: &Judged, asked: &Question<'_>) -> Option<Step> {
    let at = judged.rule.knob;
    let (facts, old) = (asked.facts[at], asked.knobs[at]);
    // Where results win over a regime, they go on from the value underneath.
    let from = asked.bases[at].filter(|_| !judged.rule.is_of_regime()).unwrap_or(old);
    let knob = rulebook.knob(judged.rule.knob);
    let target = judged.rule.target;
    let wanted = rulebook.smoothing * from + (1.0 - rulebook.smoothing) * target;
    let new = knob.tidy(wanted);
    // A hair above the limit is rounding, not a step.
    if (new - old).abs() < rulebook.min_step * knob.width() * (1.0 - 1e-9) || new == old {
        return None;
    }
    Some(Step {
        knob: judged.rule.knob,
        rule: judged.rule.name,
        because: judged.tried.clone(),
        old,
        target,
        new,
        clamped: !knob.holds(wanted),
        trades: (facts.trades_for(&judged.rule), facts.until),
    })
}

/// Returns to the value underneath, for the knobs that a regime held and no rule of a regime holds now.
fn regimes_over(rulebook: &Rulebook, judged: &[Judged], steps: &[Step], asked: &Question<'_>) -> Vec<Step> {
    let holds = |judged: &&Judged| {
        judged.rule.is_of_regime() && !matches!(judged.verdict, Verdict::Silent | Verdict::Overruled(_))
    };
    let over = |name: &&KnobName| {
        let moves = steps.iter().any(|step| step.knob == **name);
        !moves && !judged.iter().filter(holds).any(|judged| judged.rule.knob == **name)
    };
    let back = |name: &KnobName| {
        let at = *name;
        let (old, base) = (asked.knobs[at], asked.bases[at]?);
        let new = rulebook.knob(*name).tidy(base);
        let facts = asked.facts[at];
        (new != old).then_some(Step {
            knob: *name,
            rule: REGIME_OVER,
            because: Vec::new(),
            old,
            target: new,
            new,
            clamped: false,
            trades: (facts.week_trades, facts.until),
        })
    };
    asked.only.iter().filter(over).filter_map(back).collect()
}

/// The half width of a 90 % interval as a share of a 95 % one's: 1.645 / 1.960; with Student's t it is a little less.
const CAUTIOUS_SHARE: f64 = 0.84;

/// Evidence with the 90 % interval in place of the 95 % one.
fn cautious(evidence: &Evidence) -> Evidence {
    let narrower = |value: f64, (low, high): (f64, f64)| {
        (value - CAUTIOUS_SHARE * (value - low), value + CAUTIOUS_SHARE * (high - value))
    };
    let interval = evidence.value.and_then(|value| Ok(narrower(value, evidence.interval?)));
    Evidence { interval, ..*evidence }
}

fn attempt(test: Test, facts: &Facts, regime: &str, (strict, is_cautious): (bool, bool)) -> Tried {
    match test {
        Test::Regime(wanted) => Tried {
            measure: "regime",
            evidence: None,
            is: "=",
            line: Err(Undefined::NoEstimate),
            words: Some((regime.to_owned(), wanted)),
            holds: regime.eq_ignore_ascii_case(wanted),
            why: None,
        },
        Test::Measured { measure, is, line } => {
            let (evidence, month) = facts.look(measure);
            let evidence = if strict && is_cautious { cautious(&evidence) } else { evidence };
            let line = match line {
                Line::At(line) => Ok(line),
                Line::Month => month,
            };
            let (holds, why) = judge(&evidence, is, line, strict && !decides_by_itself(measure));
            Tried {
                measure: measure.name(),
                evidence: Some(evidence),
                is: is.as_str(),
                line,
                words: None,
                holds,
                why,
            }
        }
    }
}

fn judge(evidence: &Evidence, is: Is, line: MetricResult, strict: bool) -> (bool, Option<String>) {
    let (value, line) = match (evidence.value, line) {
        (Ok(value), Ok(line)) => (value, line),
        (Err(why), _) => return (false, Some(why.to_string())),
        (_, Err(why)) => return (false, Some(format!("the 30 days: {why}"))),
    };
    match (is.holds(value, line), strict, evidence.interval) {
        (false, ..) => (false, None),
        (true, false, _) => (true, None),
        (true, true, Ok(interval)) if is.holds_surely(interval, line) => (true, None),
        (true, true, Ok(_)) => (false, Some("its interval does not cross the line".into())),
        (true, true, Err(why)) => (false, Some(format!("no interval: {why}"))),
    }
}
