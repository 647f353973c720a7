//! What the patterns that were told leave unexplained of who won.

use super::rows::{Bits, Rows, Session, each};

/// For each row, whether it won less what is expected of it.
#[derive(Clone, Debug)]
pub(super) struct Unexplained {
    left: Vec<f64>,
    /// Of each session the sum of what is left, and of its squares: the same for every set that is held against it.
    sums: Vec<(f64, f64)>,
}

impl Unexplained {
    /// At first each row is expected to win as often as its session did.
    pub(super) fn of(rows: &Rows) -> Self {
        let mut left = vec![0.0; rows.net.len()];
        for session in &rows.sessions {
            let expected = f64::from(session.won) / f64::from(session.all.max(1));
            for word in session.words.clone() {
                each(rows.all[word], word, |place, bit| {
                    left[place] = f64::from(u8::from(rows.won[word] & bit != 0)) - expected;
                });
            }
        }
        let sums = sums(&left, rows);
        Self { left, sums }
    }

    /// How far a set stands out from what is left, in standard errors as in [`super::contrast::Contrast`], and
    /// by how much a row of it.
    pub(super) fn t(&self, rows: &Rows, set: &Bits) -> (f64, f64) {
        let mut cells: Vec<(f64, f64)> = Vec::with_capacity(rows.sessions.len());
        let (mut surplus, mut weight, mut shuffled) = (0.0, 0.0, 0.0);
        for (session, (sum, squares)) in rows.sessions.iter().zip(&self.sums) {
            let (mut count, mut mine) = (0, 0.0);
            for word in session.words.clone() {
                count += set[word].count_ones();
                each(set[word], word, |place, _| mine += self.left[place]);
            }
            let (all, n) = (f64::from(session.all), f64::from(count));
            if n > 0.0 && n < all {
                let more = mine - n * sum / all;
                let shared = n * (all - n) / all;
                surplus += more;
                weight += shared;
                shuffled += shared * (squares - sum * sum / all).max(0.0) / (all - 1.0);
                cells.push((more, shared));
            }
        }
        if cells.len() < 2 || weight <= 0.0 {
            return (0.0, 0.0);
        }
        let lift = surplus / weight;
        let groups = cells.len() as f64;
        let seen: f64 = cells.iter().map(|(more, shared)| (more - lift * shared).powi(2)).sum();
        let error = shuffled.max(groups / (groups - 1.0) * seen).sqrt();
        (if error > 0.0 { surplus / error } else { 0.0 }, lift)
    }

    /// Expects of the rows of a set what they were seen to do.
    pub(super) fn take_out(&mut self, rows: &Rows, set: &Bits) {
        let (_, lift) = self.t(rows, set);
        for session in &rows.sessions {
            let n: u32 = set[session.words.clone()].iter().map(|word| word.count_ones()).sum();
            let share = f64::from(n) / f64::from(session.all.max(1));
            for word in session.words.clone() {
                each(rows.all[word], word, |place, bit| {
                    let inside = f64::from(u8::from(set[word] & bit != 0));
                    self.left[place] -= lift * (inside - share);
                });
            }
        }
        self.sums = sums(&self.left, rows);
    }
}

/// By session the sum and the sum of squares.
fn sums(left: &[f64], rows: &Rows) -> Vec<(f64, f64)> {
    let of = |session: &Session| {
        let (mut sum, mut squares) = (0.0, 0.0);
        for word in session.words.clone() {
            each(rows.all[word], word, |place, _| {
                sum += left[place];
                squares += left[place] * left[place];
            });
        }
        (sum, squares)
    };
    rows.sessions.iter().map(of).collect()
}
