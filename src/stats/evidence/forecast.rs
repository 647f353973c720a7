//! Is one forecast worse than another on the same rows? By the differences of their squared errors.

use super::{BoundedTest, log_mean_exp};

/// What is staked on each row's difference once the day's level is taken out; a perfectly calibrated rival's best
/// stake is 1.
const STAKE: f64 = 0.75;

/// Probabilities stay this far from 0 and 1, so that their log-odds are finite.
const EDGE: f64 = 1e-6;

/// Halvings of the search for the shift that gives a forecast the session's own number of wins.
const HALVINGS: usize = 60;

/// Two probabilities that were fixed before the outcome of their row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The probability under trial, 0 to 1.
    pub tried: f64,
    /// Its rival's, 0 to 1.
    pub rival: f64,
    /// Whether the row turned out well.
    pub won: bool,
}

/// Evidence that the forecast under trial is worse than its rival; one session at a time.
///
/// A row's difference is D = (p − y)² − (q − y)² for the tried p, the rival q and the outcome y (Brier 1950,
/// *Monthly Weather Review* 78(1), 1–3). Two e-values are kept, and their mean is one:
///
/// * *Level*: the session's mean of D over its bound Σ|q − p|·max(q + p, 2 − q − p), known before any outcome, goes
///   into a [`BoundedTest`]. Valid whatever the dependence of the rows, and slow, as a session counts as one bounded
///   number: it needs some 25 sessions for what costs a quarter of its bound.
/// * *Order*: both forecasts are shifted in log-odds until they promise as many wins as the session had, which takes
///   its level and shock out, and every row is bet on: Π (1 + ¾·D̃). Given the number of wins, the mean of D̃ over the
///   session is below 0 for a tried forecast that is no farther from the truth; rows are then nearly independent.
///   This is ours, and its rate is simulated in `tests/learning`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ForecastTest {
    level: BoundedTest,
    log_order: f64,
    rows: u64,
    sum: f64,
}

impl ForecastTest {
    /// Adds a session's rows. Rows on which both forecasts agree say nothing.
    pub fn push(&mut self, session: &[Forecast]) {
        let rows: Vec<Forecast> = session.iter().filter_map(Forecast::inside).collect();
        if rows.is_empty() {
            return;
        }
        let total: f64 = rows.iter().map(Forecast::difference).sum();
        let bound: f64 = rows.iter().map(Forecast::bound).sum();
        self.rows += rows.len() as u64;
        self.sum += total;
        self.level.push(if bound > 0.0 { total / bound } else { 0.0 });
        self.log_order += log_order(&rows);
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Sessions so far.
    pub fn sessions(&self) -> u64 {
        self.level.sessions()
    }

    /// By how much the tried forecast's mean squared error is above its rival's; `None` without rows.
    pub fn mean(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.sum / self.rows as f64)
    }

    /// The e-value against "no worse than its rival"; may be infinite.
    pub fn e(&self) -> f64 {
        log_mean_exp(&[self.level.log_e(), self.log_order]).exp()
    }
}

/// What the rows of a session say once both forecasts promise its own number of wins; 0 where all came out alike.
fn log_order(rows: &[Forecast]) -> f64 {
    let wins = rows.iter().filter(|row| row.won).count();
    if wins == 0 || wins == rows.len() {
        return 0.0;
    }
    let tried = levelled(rows.iter().map(|row| row.tried), wins);
    let rival = levelled(rows.iter().map(|row| row.rival), wins);
    let levelled = tried.into_iter().zip(rival).zip(rows);
    levelled
        .map(|((tried, rival), row)| (STAKE * Forecast { tried, rival, ..*row }.difference()).ln_1p())
        .sum()
}

/// Probabilities shifted in log-odds until they add up to `wins`.
fn levelled(probabilities: impl Iterator<Item = f64>, wins: usize) -> Vec<f64> {
    let odds: Vec<f64> = probabilities.map(|p| (p / (1.0 - p)).ln()).collect();
    let at = |shift: f64| odds.iter().map(move |log_odds| 1.0 / (1.0 + (-log_odds - shift).exp()));
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if at(middle).sum::<f64>() < wins as f64 { low = middle } else { high = middle }
    }
    at(low).collect()
}

impl Forecast {
    /// Itself with probabilities that have log-odds; `None` where one is not a number.
    fn inside(&self) -> Option<Self> {
        let inside = |p: f64| p.clamp(EDGE, 1.0 - EDGE);
        (!self.tried.is_nan() && !self.rival.is_nan()).then(|| Self {
            tried: inside(self.tried),
            rival: inside(self.rival),
            won: self.won,
        })
    }

    fn difference(&self) -> f64 {
        let y = if self.won { 1.0 } else { 0.0 };
        (self.tried - y).powi(2) - (self.rival - y).powi(2)
    }

    fn bound(&self) -> f64 {
        let both = self.tried + self.rival;
        (self.rival - self.tried).abs() * both.max(2.0 - both)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_the_most_that_a_row_can_differ_by() {
        // From ½ to .9: .25 − .81 where it lost, .25 − .01 where it won; .4 · 1.4 is the larger one.
        for (tried, rival, bound) in [(0.5, 0.9, 0.56), (0.9, 0.5, 0.56), (0.1, 0.5, 0.56), (0.2, 0.3, 0.15)]
        {
            let of = |won| Forecast { tried, rival, won };
            assert!((of(true).bound() - bound).abs() < 1e-12 && of(true).bound() == of(false).bound());
            let most = of(true).difference().abs().max(of(false).difference().abs());
            assert!((most - bound).abs() < 1e-12, "{tried} {rival}: {most}");
        }
    }
}
