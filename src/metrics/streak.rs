//! Runs of wins and of losses.

use serde::{Deserialize, Serialize};

use crate::domain::Outcome;

/// The current and the longest runs, fed in exit order. A scratch neither extends nor breaks a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Streak {
    /// Wins since the last loss.
    pub wins: u64,
    /// Losses since the last win.
    pub losses: u64,
    /// Most wins in a row.
    pub max_wins: u64,
    /// Most losses in a row.
    pub max_losses: u64,
}

impl Streak {
    pub(super) fn push(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Win => (self.wins, self.losses) = (self.wins + 1, 0),
            Outcome::Loss => (self.wins, self.losses) = (0, self.losses + 1),
            Outcome::Scratch => {}
        }
        self.max_wins = self.max_wins.max(self.wins);
        self.max_losses = self.max_losses.max(self.losses);
    }
}

impl Streak {
    /// Takes the longer of each two runs: those of the desk on which they are longest.
    pub(super) fn raise_to(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.wins, other.wins),
            (&mut self.losses, other.losses),
            (&mut self.max_wins, other.max_wins),
            (&mut self.max_losses, other.max_losses),
        ] {
            *mine = theirs.max(*mine);
        }
    }
}

/// What a stretch of outcomes does to any runs that it continues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StreakStretch {
    own: Streak,
    /// Wins before the first loss.
    leading_wins: u64,
    /// Losses before the first win.
    leading_losses: u64,
}

impl StreakStretch {
    pub(super) fn push(&mut self, outcome: Outcome) {
        self.own.push(outcome);
        self.leading_wins += u64::from(outcome == Outcome::Win && self.own.max_losses == 0);
        self.leading_losses += u64::from(outcome == Outcome::Loss && self.own.max_wins == 0);
    }
}

impl Streak {
    /// Adds a stretch at once, to the same runs as outcome by outcome.
    pub(super) fn append(&mut self, stretch: &StreakStretch) {
        let own = stretch.own;
        self.max_wins = self.max_wins.max(own.max_wins).max(self.wins + stretch.leading_wins);
        self.max_losses = self.max_losses.max(own.max_losses).max(self.losses + stretch.leading_losses);
        self.wins = if own.max_losses == 0 { self.wins + own.wins } else { own.wins };
        self.losses = if own.max_wins == 0 { self.losses + own.losses } else { own.losses };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_scratch_does_not_break_a_run() {
        let mut streak = Streak::default();
        for pnl in [10.0, 0.0, 10.0] {
            streak.push(Outcome::of(pnl));
        }
        assert_eq!(streak, Streak { wins: 2, losses: 0, max_wins: 2, max_losses: 0 });
    }

    proptest! {
        #[test]
        fn stretches_add_up_to_the_whole(results in proptest::collection::vec(-1i8..=1, 0..40), cut in 0usize..40) {
            let cut = cut.min(results.len());
            let (mut put_together, mut whole) = (Streak::default(), Streak::default());
            for part in [&results[..cut], &results[cut..]] {
                let mut stretch = StreakStretch::default();
                part.iter().for_each(|r| stretch.push(Outcome::of(f64::from(*r))));
                put_together.append(&stretch);
            }
            results.iter().for_each(|r| whole.push(Outcome::of(f64::from(*r))));
            prop_assert_eq!(put_together, whole);
        }

        #[test]
        fn one_of_the_runs_is_always_zero(results in proptest::collection::vec(-1i8..=1, 0..60)) {
            let mut streak = Streak::default();
            for result in &results {
                streak.push(Outcome::of(f64::from(*result)));
                prop_assert!(streak.wins == 0 || streak.losses == 0);
                prop_assert!(streak.max_wins >= streak.wins && streak.max_losses >= streak.losses);
            }
            let longest = results.iter().filter(|r| **r != 0).collect::<Vec<_>>();
            let runs = longest.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64));
            let best = runs.filter(|(sign, _)| **sign > 0).map(|(_, len)| len).max().unwrap_or(0);
            prop_assert_eq!(best, streak.max_wins);
        }
    }
}
