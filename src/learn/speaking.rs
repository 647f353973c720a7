//! Which models speak often enough, and still, to be weighed.

use std::collections::BTreeMap;

/// A model that gave no probability in this many sessions has disappeared.
pub const SILENT_SESSIONS: usize = 3;

/// A model speaks in a session where it gave a probability to at least a tenth of the rows of the one that spoke most.
const TENTH: u64 = 10;

/// How often a model spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// It gave no row a probability.
    Never,
    /// It spoke, and not in the last three sessions.
    Gone {
        /// The last session in which it did.
        last: i64,
    },
    /// It speaks in fewer than half of the sessions in which any model does.
    Rare {
        /// Rows to which it gave a probability.
        rows: u64,
        /// Rows of all.
        of_rows: u64,
        /// Sessions in which it spoke.
        sessions: u64,
        /// Sessions in which any did.
        of_sessions: u64,
    },
    /// It can be weighed.
    Often,
}

/// How often each model spoke on rows, which are given by their place in its column and their session.
pub fn speech(columns: &[&[f64]], rows: &[(usize, i64)]) -> Vec<Speech> {
    let mut counts: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    for (row, session) in rows {
        let counted = counts.entry(*session).or_insert_with(|| vec![0; columns.len()]);
        for (count, column) in counted.iter_mut().zip(columns) {
            *count += u64::from((0.0..=1.0).contains(&column[*row]));
        }
    }
    let last_sessions: Vec<i64> = counts.keys().rev().take(SILENT_SESSIONS).copied().collect();
    let any = |counted: &&Vec<u64>| counted.iter().any(|count| *count > 0);
    let of_sessions = counts.values().filter(any).count() as u64;
    let of = |model: usize| {
        let said: u64 = counts.values().map(|counted| counted[model]).sum();
        let speaks = |counted: &[u64]| {
            let most = counted.iter().max().copied().unwrap_or(0);
            counted[model] > 0 && TENTH * counted[model] >= most
        };
        let spoke: Vec<i64> =
            counts.iter().filter(|(_, counted)| speaks(counted)).map(|(session, _)| *session).collect();
        let sessions = spoke.len() as u64;
        let rare = Speech::Rare { rows: said, of_rows: rows.len() as u64, sessions, of_sessions };
        match spoke.last() {
            None if said == 0 => Speech::Never,
            None => rare,
            Some(last) if !last_sessions.contains(last) => Speech::Gone { last: *last },
            Some(_) if 2 * sessions < of_sessions => rare,
            Some(_) => Speech::Often,
        }
    };
    (0..columns.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty sessions of twenty rows; a model speaks where `given` says so of session and row.
    fn of(given: impl Fn(i64, usize) -> bool) -> Speech {
        let rows: Vec<(usize, i64)> = (0..400).map(|row| (row, row as i64 / 20)).collect();
        let always = vec![0.5; 400];
        let tried: Vec<f64> = rows
            .iter()
            .map(|(row, session)| if given(*session, row % 20) { 0.4 } else { f64::NAN })
            .collect();
        let found = speech(&[&always, &tried], &rows);
        assert_eq!(found[0], Speech::Often);
        found[1]
    }

    #[test]
    fn one_row_a_new_model_and_one_that_left_are_not_weighed() {
        assert_eq!(of(|_, _| false), Speech::Never);
        let one = of(|session, row| session == 19 && row == 3);
        assert_eq!(one, Speech::Rare { rows: 1, of_rows: 400, sessions: 0, of_sessions: 20 });
        let new = of(|session, _| session > 17);
        assert_eq!(new, Speech::Rare { rows: 40, of_rows: 400, sessions: 2, of_sessions: 20 });
        assert_eq!(of(|session, _| session < 12), Speech::Gone { last: 11 });
        // A stray row does not bring it back.
        let stray = of(|session, row| session < 12 || (session == 19 && row == 0));
        assert_eq!(stray, Speech::Gone { last: 11 });
        assert_eq!(of(|session, _| session < 18), Speech::Often, "two sessions are an outage");
        assert_eq!(of(|session, _| session >= 10), Speech::Often);
        assert_eq!(of(|_, row| row < 3), Speech::Often, "it speaks of few signals, and always did");
    }
}
