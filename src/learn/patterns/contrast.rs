//! Does a set of rows win more often than the rest of the same sessions?

use super::rows::{Bits, Rows, Session};
use crate::stats::two_sided;

/// How a set compares with the rest of its sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Contrast {
    /// Win rate less that of the rest, within sessions.
    pub lift: f64,
    /// Its standard error.
    pub error: f64,
    /// Sessions that hold both the set and the rest.
    pub sessions: u64,
}

/// How many rows a session has, how many won, how many are in a set, and how many of these won.
fn counts(rows: &Rows, session: &Session, set: &Bits) -> [u32; 4] {
    let (set, won) = (&set[session.words.clone()], &rows.won[session.words.clone()]);
    let (mut n, mut wins) = (0, 0);
    for (set, won) in set.iter().zip(won) {
        n += set.count_ones();
        wins += (set & won).count_ones();
    }
    [session.all, session.won, n, wins]
}

/// The same among some of its rows.
fn counts_among(rows: &Rows, session: &Session, set: &Bits, among: impl Fn(usize) -> u64) -> [u32; 4] {
    let mut counts = [0; 4];
    for at in session.words.clone() {
        let all = rows.all[at] & among(at);
        for (count, bits) in
            counts.iter_mut().zip([all, all & rows.won[at], all & set[at], all & set[at] & rows.won[at]])
        {
            *count += bits.count_ones();
        }
    }
    counts
}

impl Contrast {
    /// Compares within each session, and where `apart` is given within each of its two sides as well. The lift is
    /// that of Mantel and Haenszel (1959, *Journal of the National Cancer Institute* 22(4), 719–748): Σ(wins less
    /// expected) / Σ(n·rest / all). Its variance is the larger one of two: what shuffling outcomes within each
    /// session would give, and what the sessions themselves show, so that trades of one day that fare alike do
    /// not count as many.
    pub(super) fn of(rows: &Rows, set: &Bits, apart: Option<&Bits>) -> Self {
        let mut cells: Vec<(f64, f64)> = Vec::with_capacity(rows.sessions.len());
        let (mut surplus, mut weight, mut shuffled) = (0.0, 0.0, 0.0);
        for session in &rows.sessions {
            let mut cell = (0.0, 0.0);
            for side in 0..2 {
                let [all, won, n, wins] = match apart {
                    None => counts(rows, session, set),
                    Some(apart) if side == 0 => counts_among(rows, session, set, |at| apart[at]),
                    Some(apart) => counts_among(rows, session, set, |at| !apart[at]),
                };
                if n > 0 && n < all {
                    let (all, won, n, wins) = (f64::from(all), f64::from(won), f64::from(n), f64::from(wins));
                    let more = wins - n * won / all;
                    let shared = n * (all - n) / all;
                    surplus += more;
                    weight += shared;
                    shuffled += shared * won * (all - won) / (all * (all - 1.0));
                    cell = (cell.0 + more, cell.1 + shared);
                }
                if apart.is_none() {
                    break;
                }
            }
            if cell.1 > 0.0 {
                cells.push(cell);
            }
        }
        if cells.len() < 2 || weight <= 0.0 {
            return Self { sessions: cells.len() as u64, ..Self::default() };
        }
        let lift = surplus / weight;
        let groups = cells.len() as f64;
        let seen: f64 = cells.iter().map(|(more, shared)| (more - lift * shared).powi(2)).sum();
        let variance = shuffled.max(groups / (groups - 1.0) * seen);
        Self { lift, error: variance.sqrt() / weight, sessions: cells.len() as u64 }
    }

    /// The lift in standard errors; 0 where nothing can be said.
    pub(super) fn t(&self) -> f64 {
        if self.error > 0.0 { self.lift / self.error } else { 0.0 }
    }

    /// The two-sided probability of so much by chance, with Student's t on one degree of freedom less than there
    /// are sessions.
    pub(super) fn p(&self) -> f64 {
        if self.error > 0.0 { two_sided(self.t(), self.sessions as f64 - 1.0) } else { 1.0 }
    }
}
