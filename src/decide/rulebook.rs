//! The rules that move the knobs, as a table. What is not here is not decided.

use crate::domain::{KNOBS, Knob, KnobName, PerKnob};
use crate::metrics::{Measure, Metric};

/// How a measure is held against a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Strictly below.
    Below,
    /// Strictly above.
    Above,
    /// At or above.
    AtLeast,
}

impl Is {
    /// Its sign.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Below => "<",
            Self::Above => ">",
            Self::AtLeast => "≥",
        }
    }

    /// Whether the value is on the wanted side of the line.
    pub fn holds(self, value: f64, line: f64) -> bool {
        match self {
            Self::Below => value < line,
            Self::Above => value > line,
            Self::AtLeast => value >= line,
        }
    }

    /// Whether the whole interval is on the wanted side of the line.
    pub fn holds_surely(self, (low, high): (f64, f64), line: f64) -> bool {
        match self {
            Self::Below => self.holds(high, line),
            Self::Above | Self::AtLeast => self.holds(low, line),
        }
    }
}

/// Against what a measure is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Line {
    /// A number.
    At(f64),
    /// The same measure over the last 30 days.
    Month,
}

/// One condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test {
    /// A measure of the last 7 days.
    Measured {
        /// What is measured.
        measure: Measure,
        /// On which side of the line it has to be.
        is: Is,
        /// The line that it is held against.
        line: Line,
    },
    /// The market's regime.
    Regime(&'static str),
}

/// Under which evidence a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedUnder {
    /// Under point and strict evidence alike.
    Both,
    /// Where points decide.
    Point,
    /// Where intervals decide.
    Strict,
}

/// When to move a knob, and where to.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, in records and settings.
    pub name: &'static str,
    /// The knob that it moves.
    pub knob: KnobName,
    /// All of these must hold.
    pub when: Vec<Test>,
    /// Where it moves the knob, 20 % of the way at a time.
    pub target: f64,
    /// Under which evidence it is asked.
    pub under: AskedUnder,
    /// Whether it takes risk away. Under strict evidence that needs less: the nearer end of the 90 % interval has to
    /// cross the line, where everything else needs that of the 95 % interval.
    pub is_cautious: bool,
}

impl Rule {
    /// Whether the rule looks at the regime and not at results.
    pub fn is_of_regime(&self) -> bool {
        self.when.iter().any(|test| matches!(test, Test::Regime(_)))
    }

    /// The trades in a row that it looks at, and whether they are wins; none where it looks at anything else.
    pub fn run(&self) -> Option<(u32, bool)> {
        let [Test::Measured { measure: Measure::Of(metric), is: Is::AtLeast, line: Line::At(run) }] =
            self.when[..]
        else {
            return None;
        };
        let is_of_wins = match metric {
            Metric::ConsecutiveWins => true,
            Metric::ConsecutiveLosses => false,
            _ => return None,
        };
        Some((run.max(0.0) as u32, is_of_wins))
    }

    /// Whether it needs no sample: the regime and a limit that was passed are what they are.
    pub fn needs_no_sample(&self) -> bool {
        let is_limit = |test: &Test| match test {
            Test::Measured { measure, .. } => is_limit(*measure),
            Test::Regime(_) => true,
        };
        self.when.iter().all(is_limit)
    }
}

/// Which way round regime and performance rules of the same knob go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegimeRules {
    /// The regime wins.
    Over,
    /// The results win.
    Under,
    /// The regime is not looked at.
    Off,
}

/// Everything that decides how knobs move.
#[derive(Clone, Debug, PartialEq)]
pub struct Rulebook {
    /// Defaults and ranges, in the order of [`KnobName::ALL`].
    pub knobs: PerKnob<Knob>,
    /// The rules; of those that fire for a knob, the last one counts.
    pub rules: Vec<Rule>,
    /// The share of the old value in the new one.
    pub smoothing: f64,
    /// Trades of the last 7 days that it takes to move anything.
    pub min_trades: u64,
    /// A step below this share of the range's width is not taken.
    pub min_step: f64,
    /// Which way round regime and performance rules go.
    pub regime_rules: RegimeRules,
    /// Trades of its own that a symbol needs for values of its own; also how far they are drawn to the
    /// common ones: a symbol with n trades has n / (n + this) of its own way.
    pub symbol_trades: u64,
    /// Whether symbols get values of their own at every update.
    pub per_symbol: bool,
    /// The engine's words for regimes, each with the word that rules look at.
    pub regime_words: Vec<(String, String)>,
    /// Whether intervals decide, not points.
    pub strict: bool,
}

/// The knobs of which symbols may have their own values.
pub const SYMBOL_KNOBS: [KnobName; 3] = [KnobName::MinConfidence, KnobName::StopLoss, KnobName::TakeProfit];

const fn of(metric: Metric, is: Is, line: f64) -> Test {
    Test::Measured { measure: Measure::Of(metric), is, line: Line::At(line) }
}

/// Whether a figure is what happened to the account, so that there is nothing to be unsure of.
pub(super) fn is_limit(measure: Measure) -> bool {
    measure == Measure::Of(Metric::DrawdownNowPct)
}

/// Whether the figure decides by itself under strict evidence: a limit, and what is a probability already.
pub(super) fn decides_by_itself(measure: Measure) -> bool {
    is_limit(measure) || measure == Measure::Of(Metric::Psr)
}

/// The rules as they are shipped, in their order: of two that fire for one knob the later wins.
fn rules() -> Vec<Rule> {
    use Is::{Above, AtLeast, Below};
    use KnobName as K;
    use Metric as M;
    let good_week = || vec![of(M::SharpeRatio, Above, 2.0), of(M::ProfitFactor, Above, 1.5)];
    let busier = Test::Measured { measure: Measure::TradesPerDay, is: Above, line: Line::Month };
    // Evidence that the account makes money, from which more risk may be taken: both by session.
    // .95 moved knobs of coin flips once in 60 sessions by itself, as it is looked at every evening.
    let proven = || vec![of(M::Psr, AtLeast, 0.99), of(M::ExpectancyPct, Above, 0.0)];
    let rule = |name, knob, when, target| Rule {
        name,
        knob,
        when,
        target,
        under: AskedUnder::Both,
        is_cautious: false,
    };
    let cautious = |rule| Rule { is_cautious: true, ..rule };
    let point =
        |name, knob, when, target| Rule { under: AskedUnder::Point, ..rule(name, knob, when, target) };
    let strict =
        |name, knob, when, target| Rule { under: AskedUnder::Strict, ..rule(name, knob, when, target) };
    vec![
        cautious(rule("low_win_rate", K::MinConfidence, vec![of(M::WinRate, Below, 0.45)], 0.32)),
        rule(
            "sure_and_right",
            K::MinConfidence,
            vec![of(M::WinRate, AtLeast, 0.60), of(M::AvgConfidence, AtLeast, 0.70)],
            0.22,
        ),
        point("good_week", K::MaxPositions, good_week(), 5.0),
        strict("proven_positions", K::MaxPositions, proven(), 5.0),
        rule("deep_drawdown", K::MaxPositions, vec![of(M::DrawdownNowPct, Above, 0.05)], 2.0),
        rule("small_losses", K::StopLoss, vec![of(M::AvgLoss, Above, -0.015)], 0.015),
        rule("large_losses", K::StopLoss, vec![of(M::AvgLoss, Below, -0.03)], 0.025),
        rule("slow_winners", K::TakeProfit, vec![of(M::AvgWinHoldTime, Above, 60.0)], 0.06),
        rule("fast_winners", K::TakeProfit, vec![of(M::AvgWinHoldTime, Below, 20.0)], 0.025),
        point("winning_run", K::PositionSize, vec![of(M::ConsecutiveWins, AtLeast, 5.0)], 1500.0),
        point("losing_run", K::PositionSize, vec![of(M::ConsecutiveLosses, AtLeast, 3.0)], 700.0),
        strict("proven_size", K::PositionSize, proven(), 1500.0),
        cautious(strict("losing_month", K::PositionSize, vec![of(M::ExpectancyPct, Below, 0.0)], 700.0)),
        strict("drawdown_size", K::PositionSize, vec![of(M::DrawdownNowPct, Above, 0.03)], 700.0),
        cautious(rule("overtrading", K::MinGap, vec![of(M::ProfitFactor, Below, 1.0), busier], 25.0)),
        point("good_week_gap", K::MinGap, good_week(), 10.0),
        strict("proven_gap", K::MinGap, proven(), 10.0),
        rule("volatile_stop", K::StopLoss, vec![Test::Regime("volatile")], 0.03),
        rule("volatile_positions", K::MaxPositions, vec![Test::Regime("volatile")], 2.0),
        rule("range_stop", K::StopLoss, vec![Test::Regime("range")], 0.015),
        rule("range_orders", K::MaxOrders, vec![Test::Regime("range")], 4.0),
    ]
}

impl Default for Rulebook {
    fn default() -> Self {
        Self {
            knobs: KNOBS,
            rules: rules(),
            smoothing: 0.8,
            min_trades: 10,
            min_step: 0.01,
            regime_rules: RegimeRules::Over,
            symbol_trades: 30,
            per_symbol: false,
            regime_words: Vec::new(),
            strict: false,
        }
    }
}

/// What is wrong with a rulebook, with the name of the setting.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RulebookError {
    /// A range that is none.
    #[error("{knob}: the range {low} to {high} is empty or not finite")]
    Range {
        /// The knob.
        knob: &'static str,
        /// Its lower end.
        low: f64,
        /// Its upper end.
        high: f64,
    },
    /// An integer knob with a fraction.
    #[error("{knob}: {value} is not a whole number")]
    NotWhole {
        /// The knob.
        knob: &'static str,
        /// The value.
        value: f64,
    },
    /// A default outside the range.
    #[error("{knob}: the default {value} lies outside its range {low} to {high}")]
    Default {
        /// The knob.
        knob: &'static str,
        /// Its default.
        value: f64,
        /// Its lower end.
        low: f64,
        /// Its upper end.
        high: f64,
    },
    /// A target outside the range.
    #[error("rule {rule}: the target {value} lies outside the range of {knob}, {low} to {high}")]
    Target {
        /// The rule.
        rule: &'static str,
        /// The knob that it moves.
        knob: &'static str,
        /// Its target.
        value: f64,
        /// The range's lower end.
        low: f64,
        /// The range's upper end.
        high: f64,
    },
    /// A share that is none.
    #[error("{name} is {value}, it must be 0 or more and below 1")]
    Share {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
    },
}

/// Regimes in which no rule does anything, on purpose.
pub const NEUTRAL_REGIMES: [&str; 3] = ["trend", "unknown", "none"];

/// No knob goes beyond this.
const LARGEST: f64 = 1e9;

impl Rulebook {
    /// A knob with its range.
    pub fn knob(&self, name: KnobName) -> &Knob {
        &self.knobs[name]
    }

    /// Whether every value makes sense.
    ///
    /// # Errors
    /// The first that does not, by name.
    pub fn check(&self) -> Result<(), RulebookError> {
        for knob in &self.knobs {
            let name = knob.name.as_str();
            let (low, high) = (knob.low, knob.high);
            let sane = |v: f64| v.is_finite() && v.abs() <= LARGEST;
            if !sane(low) || !sane(high) || low >= high {
                return Err(RulebookError::Range { knob: name, low, high });
            }
            if knob.kind == crate::domain::KnobKind::Integer
                && let Some(value) = [knob.default, low, high].into_iter().find(|v| v.fract() != 0.0)
            {
                return Err(RulebookError::NotWhole { knob: name, value });
            }
            if !knob.holds(knob.default) {
                return Err(RulebookError::Default { knob: name, value: knob.default, low, high });
            }
        }
        for rule in &self.rules {
            let knob = self.knob(rule.knob);
            if !knob.holds(rule.target) {
                return Err(RulebookError::Target {
                    rule: rule.name,
                    knob: knob.name.as_str(),
                    value: rule.target,
                    low: knob.low,
                    high: knob.high,
                });
            }
        }
        for (name, value) in [("smoothing", self.smoothing), ("min_step", self.min_step)] {
            if !(0.0..1.0).contains(&value) {
                return Err(RulebookError::Share { name, value });
            }
        }
        Ok(())
    }

    /// The regimes that rules look at, each once.
    pub fn regimes(&self) -> Vec<&'static str> {
        let mut words: Vec<&'static str> = Vec::new();
        for test in self.rules.iter().flat_map(|rule| &rule.when) {
            if let Test::Regime(word) = test
                && !words.contains(word)
            {
                words.push(word);
            }
        }
        words
    }

    /// The word that rules look at for a regime as the engine says it.
    pub fn regime_word<'a>(&'a self, said: &'a str) -> &'a str {
        let mapped = self.regime_words.iter().find(|(word, _)| word.eq_ignore_ascii_case(said));
        mapped.map_or(said, |(_, meaning)| meaning)
    }

    /// Whether a regime as the engine says it means something: a rule looks at it, or it is said to mean nothing.
    pub fn knows_regime(&self, said: &str) -> bool {
        let word = self.regime_word(said);
        self.regimes().iter().chain(&NEUTRAL_REGIMES).any(|known| known.eq_ignore_ascii_case(word))
    }

    /// The rules in the order in which they win over each other, the strongest last.
    pub fn in_order(&self) -> Vec<&Rule> {
        let left_out = if self.strict { AskedUnder::Point } else { AskedUnder::Strict };
        let (regime, results): (Vec<&Rule>, Vec<&Rule>) =
            self.rules.iter().filter(|rule| rule.under != left_out).partition(|rule| rule.is_of_regime());
        match self.regime_rules {
            RegimeRules::Over => results.into_iter().chain(regime).collect(),
            RegimeRules::Under => regime.into_iter().chain(results).collect(),
            RegimeRules::Off => results,
        }
    }
}
