//! Brings exits into their order whatever the order in which they come: those of a log in order are let out as they
//! come, those of a log in disorder are kept, 64 bytes each, and let out at its end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::exit_order::{Exit, ExitKey, Sequencer};
use crate::domain::Timestamp;

/// So many exits that were let out are kept, in case one comes too late: a log in disorder mostly shows it early, and
/// need not be read again then.
const KEPT: usize = 131_072;

/// Exits that are sorted together.
const RUN: usize = 65_536;

/// Lets exits out in the order of time and arrival.
#[derive(Debug)]
pub struct ExitSorter {
    sequencer: Sequencer,
    kept: Option<Runs>,
    sorting: bool,
}

/// What became of the exits.
#[derive(Debug)]
pub enum Arranged {
    /// They came in order, or nearly, and were let out; these came more than once.
    InOrder(Vec<ExitKey>),
    /// They came in disorder: what was let out does not count, and here they are.
    Sorted(SortedExits),
    /// One came too late after so many others that they were no longer kept. They have to be read again, into
    /// [`ExitSorter::of_disorder`].
    TooLate,
}

impl ExitSorter {
    /// For exits of which it is not known whether they come in order; up to `capacity` may come late.
    pub fn new(capacity: usize) -> Self {
        Self { sequencer: Sequencer::new(capacity), kept: Some(Runs::default()), sorting: false }
    }

    /// For exits that come in disorder.
    pub fn of_disorder() -> Self {
        Self { sorting: true, ..Self::new(0) }
    }

    /// Takes an exit, and lets out what is due to `sink`.
    pub fn push(&mut self, exit: Exit, sink: &mut impl FnMut(&Exit)) {
        if !self.sorting && self.sequencer.is_behind(exit.exit_time) {
            self.sorting = true;
            let kept = &mut self.kept;
            self.sequencer.release(&mut |waiting| {
                if let Some(kept) = kept {
                    kept.push(waiting);
                }
            });
        }
        if self.sorting {
            if let Some(kept) = &mut self.kept {
                kept.push(exit);
            }
            return;
        }
        let kept = &mut self.kept;
        self.sequencer.push(exit, &mut |exit| {
            if let Some(runs) = kept {
                runs.push(exit.clone());
                if runs.len() > KEPT {
                    *kept = None;
                }
            }
            sink(exit);
        });
    }

    /// Lets out the rest, and says what became of them.
    pub fn finish(mut self, sink: &mut impl FnMut(&Exit)) -> Arranged {
        match (self.sorting, self.kept) {
            (false, _) => {
                self.sequencer.drain(sink);
                Arranged::InOrder(self.sequencer.duplicates().to_vec())
            }
            (true, Some(runs)) => {
                let twice = self.sequencer.duplicates().to_vec();
                Arranged::Sorted(SortedExits { runs: runs.sorted(), twice })
            }
            (true, None) => Arranged::TooLate,
        }
    }
}

/// Exits in runs, each of which is in order once it is full.
#[derive(Debug, Default)]
struct Runs {
    full: Vec<Vec<Exit>>,
    last: Vec<Exit>,
}

impl Runs {
    fn len(&self) -> usize {
        self.full.len() * RUN + self.last.len()
    }

    fn push(&mut self, exit: Exit) {
        self.last.push(exit);
        if self.last.len() == RUN {
            let mut run = std::mem::take(&mut self.last);
            // Stable: of one moment as they came.
            run.sort_by_key(|exit| exit.exit_time);
            self.full.push(run);
        }
    }

    fn sorted(mut self) -> Vec<Vec<Exit>> {
        self.last.sort_by_key(|exit| exit.exit_time);
        self.full.push(self.last);
        self.full
    }
}

/// Exits that came in disorder.
#[derive(Debug)]
pub struct SortedExits {
    runs: Vec<Vec<Exit>>,
    /// Those that were found to have come more than once before the first came too late, and are in no run.
    twice: Vec<ExitKey>,
}

impl SortedExits {
    /// Lets all of them out, each trade once, and returns those that came more than once.
    pub fn each(&self, sink: &mut impl FnMut(&Exit)) -> Vec<ExitKey> {
        let mut sequencer = Sequencer::new(0);
        let mut next: BinaryHeap<Reverse<(Timestamp, usize, usize)>> = BinaryHeap::new();
        let head = |run: usize, at: usize| Some(Reverse((self.runs.get(run)?.get(at)?.exit_time, run, at)));
        next.extend((0..self.runs.len()).filter_map(|run| head(run, 0)));
        while let Some(Reverse((_, run, at))) = next.pop() {
            sequencer.push(self.runs[run][at].clone(), sink);
            next.extend(head(run, at + 1));
        }
        [&self.twice, sequencer.duplicates()].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exit(second: i64, id: &str) -> Exit {
        let exit_time = Timestamp::from_micros(second);
        Exit { exit_time, trade_id: id.into(), entry_time: None, pnl: 1.0, is_scratch: false, content: 0 }
    }

    /// Ids in the order in which exits come out, and how many came more than once.
    fn arranged(mut sorter: ExitSorter, exits: &[(i64, String)]) -> Option<(Vec<String>, usize)> {
        let mut out = Vec::new();
        exits
            .iter()
            .for_each(|(at, id)| sorter.push(exit(*at, id), &mut |e| out.push(e.trade_id.to_string())));
        let found = sorter.finish(&mut |e| out.push(e.trade_id.to_string()));
        match found {
            Arranged::InOrder(twice) => Some((out, twice.len())),
            Arranged::Sorted(sorted) => {
                out.clear();
                let twice = sorted.each(&mut |e| out.push(e.trade_id.to_string()));
                Some((out, twice.len()))
            }
            Arranged::TooLate => None,
        }
    }

    proptest! {
        #[test]
        fn comes_out_as_from_a_sequencer_that_holds_all(
            exits in proptest::collection::vec((0i64..40, 0usize..30), 0..80),
            capacity in 0usize..20,
        ) {
            let exits: Vec<(i64, String)> = exits.into_iter().map(|(at, id)| (at, format!("t{id}"))).collect();
            let mut all = Sequencer::new(usize::MAX);
            let mut out = Vec::new();
            exits.iter().for_each(|(at, id)| all.push(exit(*at, id), &mut |_| {}));
            all.drain(&mut |e| out.push(e.trade_id.to_string()));
            let wanted = Some((out, all.duplicates().len()));
            prop_assert_eq!(&arranged(ExitSorter::new(capacity), &exits), &wanted);
            prop_assert_eq!(&arranged(ExitSorter::of_disorder(), &exits), &wanted);
        }
    }

    #[test]
    fn runs_are_put_together_and_what_comes_too_late_for_what_is_kept_is_said() {
        let many = RUN as i64 + 7;
        let mixed: Vec<(i64, String)> = (0..2 * many).map(|at| (at * 7_919 % many, at.to_string())).collect();
        let (out, _) = arranged(ExitSorter::new(8), &mixed).unwrap();
        let mut wanted = mixed.clone();
        wanted.sort_by_key(|(at, _)| *at);
        assert_eq!(out, wanted.into_iter().map(|(_, id)| id).collect::<Vec<_>>());
        let mut ordered: Vec<(i64, String)> = (0..KEPT as i64 + 10).map(|at| (at, at.to_string())).collect();
        ordered.push((0, "late".into()));
        assert_eq!(arranged(ExitSorter::new(8), &ordered), None);
    }
}
