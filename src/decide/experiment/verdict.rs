//! The verdict on an arm: what E, its interval and the count of arms are worth.

use super::scored::ScoredSession;
use crate::domain::{Date, Experiment, ExperimentUnit};
use crate::stats::e_benjamini_hochberg;
use crate::stats::evidence::{ENOUGH, PairedTest, SymmetricTest};

/// What the evidence that an arm does harm must reach before it is said, in advance of "worse": without an effect it is
/// ever reached with a chance of at most 1/5.
pub const HARMFUL: f64 = 5.0;

/// The share of chance among what is named when several experiments run.
const SHARE: f64 = 1.0 / ENOUGH;

/// What is said of an arm beside the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArmVerdict {
    /// Its results are higher.
    Better,
    /// Its results are lower.
    Worse,
    /// The difference is smaller than what matters.
    Equivalent,
    /// Probably worse, and reason enough to stop it.
    Harmful,
    /// Nothing can be said yet.
    Unclear,
    /// Something is wrong with the experiment itself.
    Invalid,
}

impl ArmVerdict {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Better, Self::Worse, Self::Equivalent, Self::Harmful, Self::Unclear, Self::Invalid];

    /// The verdict that a word of reports stands for.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text)
    }

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent",
            Self::Harmful => "harmful",
            Self::Unclear => "unclear",
            Self::Invalid => "invalid",
        }
    }
}

/// How things stood after a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathPoint {
    /// The session.
    pub session: Date,
    /// E against no difference.
    pub e: f64,
    /// The mean difference up to it.
    pub mean: f64,
    /// Its interval, where it has ends.
    pub interval: Option<(f64, f64)>,
}

/// An arm compared with the first one.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// What is said of it.
    pub verdict: ArmVerdict,
    /// E against no difference.
    pub e: f64,
    /// What E has to reach.
    pub needed_e: f64,
    /// The highest E so far, and the session after which it stood there.
    pub peak: Option<(f64, Date)>,
    /// The mean difference, cut sessions as they count; none before the first session.
    pub mean: Option<f64>,
    /// The same without cutting.
    pub plain_mean: Option<f64>,
    /// Its interval, at every look at once; none where it has no ends yet.
    pub interval: Option<(f64, f64)>,
    /// Differences that count.
    pub differences: u64,
    /// Those of them that were cut.
    pub clipped: u64,
    /// How it came to this, a point a difference.
    pub path: Vec<PathPoint>,
}

/// The test of an experiment: of the sign where a coin decided it, else of the mean within the clip.
enum Test {
    Drawn(SymmetricTest),
    Paired(PairedTest),
}

impl Test {
    fn new(experiment: &Experiment) -> Option<Self> {
        match experiment.assignment.unit {
            ExperimentUnit::Shadow => PairedTest::new(experiment.clip).map(Self::Paired),
            _ => SymmetricTest::new(experiment.scale).map(Self::Drawn),
        }
    }

    fn push(&mut self, difference: f64) {
        match self {
            Self::Drawn(test) => test.push(difference),
            Self::Paired(test) => test.push(difference),
        }
    }

    fn e(&self) -> f64 {
        match self {
            Self::Drawn(test) => test.e(),
            Self::Paired(test) => test.e(),
        }
    }

    fn e_below(&self) -> f64 {
        match self {
            Self::Drawn(test) => test.e_below(),
            Self::Paired(test) => test.e_below(),
        }
    }

    fn mean(&self) -> Option<f64> {
        match self {
            Self::Drawn(test) => test.mean(),
            Self::Paired(test) => test.mean(),
        }
    }

    fn interval(&self, shared: f64) -> Option<(f64, f64)> {
        match self {
            Self::Drawn(test) => test.interval_of(shared),
            Self::Paired(test) => test.interval(shared),
        }
    }
}

/// What the differences of an arm say, where E has to reach `needed_e`; `is_invalid` where something is wrong with the
/// experiment itself.
pub fn compare(
    experiment: &Experiment,
    scored: &[ScoredSession],
    needed_e: f64,
    is_invalid: bool,
) -> Compared {
    let shared = needed_e / ENOUGH;
    let mut compared = Compared {
        verdict: if is_invalid { ArmVerdict::Invalid } else { ArmVerdict::Unclear },
        e: 1.0,
        needed_e,
        peak: None,
        mean: None,
        plain_mean: None,
        interval: None,
        differences: 0,
        clipped: 0,
        path: Vec::new(),
    };
    let Some(mut test) = Test::new(experiment) else { return compared };
    let mut sum = 0.0;
    for scored in scored {
        let clip = experiment.clip;
        test.push(scored.difference.clamp(-clip, clip));
        sum += scored.difference;
        compared.clipped += u64::from(scored.difference.abs() > clip);
        compared.differences += 1;
        let (e, mean) = (test.e(), test.mean().unwrap_or_default());
        if compared.peak.is_none_or(|(peak, _)| e > peak) {
            compared.peak = Some((e, scored.session));
        }
        compared.path.push(PathPoint { session: scored.session, e, mean, interval: test.interval(shared) });
    }
    compared.e = compared.path.last().map_or(1.0, |last| last.e);
    compared.mean = test.mean();
    compared.interval = compared.path.last().and_then(|last| last.interval);
    compared.plain_mean = (compared.differences > 0).then(|| sum / compared.differences as f64);
    if !is_invalid {
        compared.verdict = verdict(experiment, &compared, test.e_below() / shared);
    }
    compared
}

fn verdict(experiment: &Experiment, compared: &Compared, e_below: f64) -> ArmVerdict {
    let mean = compared.mean.unwrap_or_default();
    let within = |(low, high): (f64, f64)| low > -experiment.min_effect && high < experiment.min_effect;
    if compared.e >= compared.needed_e && mean != 0.0 {
        return if mean > 0.0 { ArmVerdict::Better } else { ArmVerdict::Worse };
    }
    if compared.interval.is_some_and(within) {
        return ArmVerdict::Equivalent;
    }
    if e_below >= HARMFUL && mean < 0.0 { ArmVerdict::Harmful } else { ArmVerdict::Unclear }
}

/// What the E of each of several running experiments has to reach before its word is said, given the E of each of their
/// comparisons: with one, 20 for each arm beside the first; with several, so that among the experiments that are named at
/// most one in twenty is chance (Wang and Ramdas 2022, for e-values whatever their dependence).
///
/// An experiment's own e-value is the largest of its arms over their number, which lies below their mean.
pub fn required_e(experiments: &[Vec<f64>]) -> Vec<f64> {
    let own = |arms: &Vec<f64>| {
        let largest = arms.iter().copied().fold(0.0, f64::max);
        largest / arms.len().max(1) as f64
    };
    let own: Vec<f64> = experiments.iter().map(own).collect();
    let named = e_benjamini_hochberg(&own, SHARE);
    let all = own.len() as f64;
    let line = |at: usize| {
        let together = if named.contains(&at) { named.len() } else { named.len() + 1 };
        ENOUGH * all / together as f64
    };
    experiments.iter().enumerate().map(|(at, arms)| line(at) * arms.len().max(1) as f64).collect()
}
