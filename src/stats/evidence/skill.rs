//! Do scores tell the wins of a session from its losses? The conditional likelihood, session by session.

use serde::{Deserialize, Serialize};

use super::log_mean_exp;

/// How much of the scores' own boldness is staked; the e-value is the mean over them.
const STAKES: [f64; 4] = [0.25, 0.5, 1.0, 2.0];

/// Scores are log-odds; beyond this distance from the session's mean they are as sure as can be.
const SCORE_MAX: f64 = 20.0;

/// What one session says about the skill behind its scores.
///
/// With c the scores less their mean and k wins among n rows, e(λ) = exp(λ Σ_wins c) · C(n, k) / e_k(exp(λc₁), …,
/// exp(λcₙ)), where e_k is the elementary symmetric polynomial of degree k: the conditional logistic likelihood
/// (Cox 1958, *Journal of the Royal Statistical Society B* 20(2), 215–242) against "any k of the n rows alike". Where
/// outcomes are exchangeable given the scores its mean is exactly 1, whatever the session's win rate or shock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SkillSession {
    /// Rows of the session.
    pub rows: u64,
    /// How many of them turned out well.
    pub wins: u64,
    /// ln e(λ) for λ of ¼, ½, 1 and 2.
    pub log_e: [f64; 4],
}

impl SkillSession {
    /// Judges the scores of one session, log-odds that were given before the outcomes were there. Rows whose score
    /// is not a number are left out.
    pub fn new(scores: &[f64], won: &[bool]) -> Self {
        let (scores, won): (Vec<f64>, Vec<bool>) =
            scores.iter().copied().zip(won.iter().copied()).filter(|(score, _)| !score.is_nan()).unzip();
        let wins = won.iter().filter(|won| **won).count();
        SessionScores::new(&scores, if wins < won.len() { wins } else { 0 }).session(&won)
    }
}

/// The scores of one session, of which it may be asked again and again what they say when other rows turned out well: what
/// takes the time depends on the scores and on how many wins there are, not on which rows won.
#[derive(Clone, Debug)]
pub(super) struct SessionScores {
    /// Less their mean.
    centred: Vec<f64>,
    /// For each stake the logarithms of the symmetric means, from the degree 1 on.
    log_means: [Vec<f64>; STAKES.len()],
}

impl SessionScores {
    /// Scores, none of which is not a number, and the most wins that will be asked about.
    pub(super) fn new(scores: &[f64], most_wins: usize) -> Self {
        let mean = scores.iter().map(|score| score.clamp(-1e6, 1e6)).sum::<f64>() / scores.len() as f64;
        let centred: Vec<f64> =
            scores.iter().map(|score| (score - mean).clamp(-SCORE_MAX, SCORE_MAX)).collect();
        let log_means = STAKES.map(|stake| log_symmetric_means(&scaled(&centred, stake), most_wins));
        Self { centred, log_means }
    }

    /// What they say where these rows turned out well.
    pub(super) fn session(&self, won: &[bool]) -> SkillSession {
        let (n, wins) = (self.centred.len(), won.iter().filter(|won| **won).count());
        let mut session = SkillSession { rows: n as u64, wins: wins as u64, log_e: [0.0; STAKES.len()] };
        if wins == 0 || wins == n {
            return session;
        }
        let of_wins: f64 = self.centred.iter().zip(won).filter(|(_, won)| **won).map(|(c, _)| c).sum();
        for ((log_e, stake), means) in session.log_e.iter_mut().zip(STAKES).zip(&self.log_means) {
            let mean = means.get(wins - 1).copied();
            let mean = mean.unwrap_or_else(|| log_symmetric_mean(&scaled(&self.centred, stake), wins));
            *log_e = stake * of_wins - mean;
        }
        session
    }
}

fn scaled(centred: &[f64], stake: f64) -> Vec<f64> {
    centred.iter().map(|c| stake * c).collect()
}

fn log_symmetric_mean(logs: &[f64], k: usize) -> f64 {
    log_symmetric_means(logs, k).last().copied().unwrap_or_default()
}

/// The logarithms of the symmetric means of the degrees 1 to `k` of the exponentials of `logs`: e_j over the number of its
/// terms, in O(nk) for all of them together, since none hangs on a higher one.
///
/// What is kept are the ratios of each mean to the one below it, p_j / p_{j−1}: they lie between the smallest and the largest
/// of the exponentials, so that none over- or underflows however far the means themselves do. With a weight w more, of n then,
/// p_j becomes (1 − j/n) p_j + (j/n) w p_{j−1}.
fn log_symmetric_means(logs: &[f64], k: usize) -> Vec<f64> {
    if k == 0 {
        return Vec::new();
    }
    let unit = log_mean_exp(logs);
    let degrees: Vec<f64> = (0..=k).map(|degree| degree as f64).collect();
    let mut ratios = vec![0.0; k + 1];
    // What each mean becomes in units of what it was.
    let mut grown = vec![1.0; k + 1];
    for (seen, log) in logs.iter().enumerate() {
        let weight = (log - unit).exp();
        let share = 1.0 / (seen + 1) as f64;
        let known = k.min(seen);
        // Neither loop carries anything from one degree to the next: several are done at once.
        let degrees = &degrees[1..=known];
        for ((grown, ratio), degree) in grown[1..=known].iter_mut().zip(&ratios[1..=known]).zip(degrees) {
            let with = degree * share;
            *grown = (1.0 - with) + with * weight / ratio;
        }
        for ((ratio, below), degree) in ratios[1..=known].iter_mut().zip(&grown[..known]).zip(degrees) {
            let with = degree * share;
            *ratio = ((1.0 - with) * *ratio + with * weight) / below;
        }
        if seen < k {
            // Of all that are there the mean is their product.
            ratios[seen + 1] = weight / grown[seen];
        }
    }
    let mut sum = 0.0;
    let with_unit = |(ratio, degree): (&f64, &f64)| {
        sum += ratio.ln();
        sum + degree * unit
    };
    ratios[1..].iter().zip(&degrees[1..]).map(with_unit).collect()
}

/// The sessions' evidence for skill together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SkillTest {
    log_e: [f64; 4],
    sessions: u64,
}

impl SkillTest {
    /// Adds a session. Each may be added once, by the scores of a model that was trained before it.
    pub fn push(&mut self, session: &SkillSession) {
        for (sum, log_e) in self.log_e.iter_mut().zip(session.log_e) {
            *sum += log_e;
        }
        self.sessions += 1;
    }

    /// Sessions so far.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// The logarithm of the e-value against no skill.
    pub fn log_e(&self) -> f64 {
        log_mean_exp(&self.log_e)
    }

    /// The e-value against no skill; may be infinite.
    pub fn e(&self) -> f64 {
        self.log_e().exp()
    }
}

impl<'a> FromIterator<&'a SkillSession> for SkillTest {
    fn from_iter<I: IntoIterator<Item = &'a SkillSession>>(sessions: I) -> Self {
        let mut test = Self::default();
        sessions.into_iter().for_each(|session| test.push(session));
        test
    }
}

/// What a session says by two kinds of scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionSkill {
    /// By what a model is made of, which is fitted a few times only.
    #[serde(flatten)]
    pub walked: SkillSession,
    /// By a plain fit made just before the session; none where there was no such fit.
    #[serde(default)]
    pub ahead: Option<SkillSession>,
}

/// The evidence of both kinds of scores together: the mean of their e-values, which is one itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JointSkillTest {
    walked: SkillTest,
    ahead: SkillTest,
}

impl JointSkillTest {
    /// Adds a session; each may be added once. What scored nothing says nothing.
    pub fn push(&mut self, session: &SessionSkill) {
        self.walked.push(&session.walked);
        self.ahead.push(&session.ahead.unwrap_or_default());
    }

    /// Sessions so far.
    pub fn sessions(&self) -> u64 {
        self.walked.sessions
    }

    /// The e-value against no skill; may be infinite.
    pub fn e(&self) -> f64 {
        log_mean_exp(&[self.walked.log_e(), self.ahead.log_e()]).exp()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The logarithm of the elementary symmetric polynomial of degree `k`, added up as logarithms.
    fn log_symmetric(logs: &[f64], k: usize) -> f64 {
        let add = |a: f64, b: f64| {
            let (low, high) = (a.min(b), a.max(b));
            if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
        };
        let mut sums = vec![f64::NEG_INFINITY; k + 1];
        sums[0] = 0.0;
        for (seen, x) in logs.iter().enumerate() {
            for degree in (1..=k.min(seen + 1)).rev() {
                sums[degree] = add(sums[degree], sums[degree - 1] + x);
            }
        }
        sums[k]
    }

    fn agree(logs: &[f64], k: usize) {
        let as_logs = log_symmetric(logs, k) - log_symmetric(&vec![0.0; logs.len()], k);
        let mean = log_symmetric_mean(logs, k);
        assert!(
            (mean - as_logs).abs() <= 1e-9 * as_logs.abs().max(1.0),
            "{k} of {}: {mean} {as_logs}",
            logs.len()
        );
    }

    proptest! {
        /// As ratios and as logarithms it is the same, whether scores are those of a model or as bold as can be.
        #[test]
        fn both_ways_of_adding_up_agree(
            scores in proptest::collection::vec(-1.0f64..1.0, 2..60), bold in 0.0f64..80.0, k in any::<proptest::sample::Index>(),
        ) {
            let logs: Vec<f64> = scores.iter().map(|score| bold * score).collect();
            agree(&logs, 1 + k.index(logs.len() - 1));
        }
    }

    /// Sessions of a thousand rows, whose means lie far beyond what a number holds.
    #[test]
    fn large_sessions_agree_too() {
        let spread = |n: usize, s: f64| -> Vec<f64> {
            // Evenly through a distribution with heavy ends.
            (0..n).map(|at| (at as f64 + 0.5) / n as f64).map(|u| s * (u / (1.0 - u)).ln() / 1.8).collect()
        };
        for (n, k, s) in
            [(1000, 950, 1.15), (1000, 600, 1.8), (1500, 900, 1.23), (700, 20, 6.0), (400, 200, 12.0)]
        {
            agree(&spread(n, s), k);
        }
        // Two kinds of rows, the lower many.
        let two = |low: usize, by: f64| -> Vec<f64> {
            (0..1000).map(|at| if at < low { -by } else { 0.0 }).collect()
        };
        agree(&two(400, 2.583), 950);
        agree(&two(700, 3.6254), 600);
    }
}
