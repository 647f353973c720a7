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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
        let rows: Vec<(f64, bool)> =
            scores.iter().copied().zip(won.iter().copied()).filter(|(score, _)| !score.is_nan()).collect();
        let n = rows.len();
        let wins = rows.iter().filter(|(_, won)| *won).count();
        let mut session = Self { rows: n as u64, wins: wins as u64, log_e: [0.0; 4] };
        if wins == 0 || wins == n {
            return session;
        }
        let mean = rows.iter().map(|(score, _)| score.clamp(-1e6, 1e6)).sum::<f64>() / n as f64;
        let centred: Vec<f64> =
            rows.iter().map(|(score, _)| (score - mean).clamp(-SCORE_MAX, SCORE_MAX)).collect();
        let of_wins: f64 = centred.iter().zip(&rows).filter(|(_, row)| row.1).map(|(c, _)| c).sum();
        let ways = log_symmetric(&vec![0.0; n], wins);
        for (log_e, stake) in session.log_e.iter_mut().zip(STAKES) {
            let scaled: Vec<f64> = centred.iter().map(|c| stake * c).collect();
            *log_e = stake * of_wins + ways - log_symmetric(&scaled, wins);
        }
        session
    }
}

/// The logarithm of the elementary symmetric polynomial of degree `k` in the exponentials of `logs`, in O(nk).
fn log_symmetric(logs: &[f64], k: usize) -> f64 {
    let mut sums = vec![f64::NEG_INFINITY; k + 1];
    sums[0] = 0.0;
    for (seen, x) in logs.iter().enumerate() {
        for degree in (1..=k.min(seen + 1)).rev() {
            sums[degree] = log_add(sums[degree], sums[degree - 1] + x);
        }
    }
    sums[k]
}

fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
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
