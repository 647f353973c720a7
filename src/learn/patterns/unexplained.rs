//! What the patterns that were told leave unexplained of who won.

use super::rows::{Bits, Rows};

/// For each row, whether it won less what is expected of it.
#[derive(Clone, Debug)]
pub(super) struct Unexplained {
    left: Vec<f64>,
}

impl Unexplained {
    /// At first each row is expected to win as often as its session did.
    pub(super) fn of(rows: &Rows) -> Self {
        let mut left = vec![0.0; rows.net.len()];
        for session in &rows.sessions {
            let (mut all, mut won) = (0u32, 0u32);
            for word in session.words.clone() {
                all += rows.all[word].count_ones();
                won += rows.won[word].count_ones();
            }
            let expected = f64::from(won) / f64::from(all.max(1));
            for word in session.words.clone() {
                each(rows.all[word], word, |place, bit| {
                    left[place] = f64::from(u8::from(rows.won[word] & bit != 0)) - expected;
                });
            }
        }
        Self { left }
    }

    /// How far a set stands out from what is left, in standard errors as in [`super::contrast::Contrast`], and
    /// by how much a row of it.
    pub(super) fn t(&self, rows: &Rows, set: &Bits) -> (f64, f64) {
        let mut cells: Vec<(f64, f64)> = Vec::with_capacity(rows.sessions.len());
        let (mut surplus, mut weight, mut shuffled) = (0.0, 0.0, 0.0);
        for session in &rows.sessions {
            let (mut all, mut n, mut sum, mut squares, mut mine) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for word in session.words.clone() {
                n += f64::from((set[word] & rows.all[word]).count_ones());
                each(rows.all[word], word, |place, bit| {
                    let left = self.left[place];
                    all += 1.0;
                    sum += left;
                    squares += left * left;
                    if set[word] & bit != 0 {
                        mine += left;
                    }
                });
            }
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
            let (mut all, mut n) = (0u32, 0u32);
            for word in session.words.clone() {
                all += rows.all[word].count_ones();
                n += (set[word] & rows.all[word]).count_ones();
            }
            let share = f64::from(n) / f64::from(all.max(1));
            for word in session.words.clone() {
                each(rows.all[word], word, |place, bit| {
                    let inside = f64::from(u8::from(set[word] & bit != 0));
                    self.left[place] -= lift * (inside - share);
                });
            }
        }
    }
}

/// Every row of a word, with its place and its bit.
fn each(mut rows: u64, word: usize, mut of: impl FnMut(usize, u64)) {
    while rows != 0 {
        let place = rows.trailing_zeros() as usize;
        of(word * 64 + place, 1u64 << place);
        rows &= rows - 1;
    }
}
