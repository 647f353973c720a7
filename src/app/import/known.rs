//! Which records are there, by id: what an import of many millions of rows remembers of each.

use std::collections::HashMap;

use crate::app::record::{Candidate, Standing, numbered};

/// The mark of an id.
pub(super) fn hash(id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes())
}

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub content: u64,
    /// The file of this import that put it there, from 1; 0 where it was there before.
    pub file: u32,
    /// The last file of this import of which a row is this record, from 1; 0 where none is.
    pub seen: u32,
}

impl Known {
    /// A record that was there before the import.
    pub(super) fn of_log(content: u64) -> Self {
        Self { content, file: 0, seen: 0 }
    }

    /// A record of a file of this import.
    pub(super) fn of_file(content: u64, file: u32) -> Self {
        Self { content, file, seen: file }
    }
}

/// How far the rows of one file have come among the records that share an id which was made of the record. A number that
/// was passed is never due again, so that each is looked at once and not once a row.
#[derive(Debug, Default)]
struct Passed {
    /// By the content of a row: up to this number, none is left that says the same.
    same: HashMap<u64, u32>,
    /// Up to this number, all are rows of the file, or were taken for another reading of one.
    any: u32,
}

/// Ids part by their first bits into so many runs.
const RUNS: usize = 1 << RUN_BITS;
const RUN_BITS: u32 = 12;

/// Records by the hash of their id: sorted runs, which take half of the room of a hash table that has just grown and never
/// more than a quarter beyond what is in them.
#[derive(Debug)]
pub(super) struct KnownIds {
    runs: Vec<Vec<(u64, Known)>>,
    /// Further exits of positions.
    legs: HashMap<u64, Vec<Known>>,
    /// Where the rows of the file are that is read, by the id that was made of the record.
    passed: HashMap<u64, Passed>,
}

impl Default for KnownIds {
    fn default() -> Self {
        Self { runs: vec![Vec::new(); RUNS], legs: HashMap::new(), passed: HashMap::new() }
    }
}

impl KnownIds {
    /// The run of an id, and its place or where it belongs in it.
    fn place(&self, id: u64) -> (usize, Result<usize, usize>) {
        let run = (id >> (u64::BITS - RUN_BITS)) as usize;
        (run, self.runs[run].binary_search_by_key(&id, |(id, _)| *id))
    }

    /// What is known of an id.
    pub(super) fn get(&self, id: u64) -> Option<Known> {
        let (run, place) = self.place(id);
        place.ok().map(|at| self.runs[run][at].1)
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut Known> {
        let (run, place) = self.place(id);
        place.ok().map(|at| &mut self.runs[run][at].1)
    }

    /// What is known under an id: the first record, then further exits.
    fn all(&self, id: u64) -> impl Iterator<Item = Known> {
        self.get(id).into_iter().chain(self.legs.get(&id).into_iter().flatten().copied())
    }

    /// The contents under an id: that of the first record, then those of further exits.
    pub(super) fn contents(&self, id: u64) -> impl Iterator<Item = u64> {
        self.all(id).map(|known| known.content)
    }

    /// Begins another file: its rows are held against all records anew.
    pub(super) fn begin_file(&mut self) {
        self.passed = HashMap::new();
    }

    /// Another content in the place of the one that is there.
    pub(super) fn replace(&mut self, id: u64, content: u64, file: u32) {
        if let Some(known) = self.get_mut(id) {
            *known = Known::of_file(content, file);
        }
    }

    /// Notes that a row of a file is the record of this id and content.
    pub(super) fn see(&mut self, id: u64, content: u64, file: u32) {
        let is_first = self.get(id).is_some_and(|known| known.content == content);
        let known = if is_first {
            self.get_mut(id)
        } else {
            let legs = self.legs.get_mut(&id);
            legs.and_then(|legs| legs.iter_mut().find(|known| known.content == content))
        };
        if let Some(known) = known {
            known.seen = file;
        }
    }

    /// Whether a row of a file is the record of this id and content.
    pub(super) fn is_seen(&self, id: u64, content: u64, file: u32) -> bool {
        self.all(id).any(|known| known.content == content && known.seen == file)
    }

    /// Whether a record without an id of its own is there as it comes, and no row of this file was found to be it. Rows
    /// that are equal but for what their id is not made of, such as their fees, are told by their content, in whatever
    /// order they come.
    pub(super) fn claim(&mut self, candidate: &Candidate, file: u32) -> bool {
        if !candidate.is_unnamed {
            return false;
        }
        let base = hash(&candidate.id);
        let passed = self.passed.get(&base).and_then(|passed| passed.same.get(&candidate.content));
        let mut number = passed.copied().unwrap_or(0);
        let is_there = loop {
            let id = of_number(candidate, number + 1);
            let Some(known) = self.get(id) else { break false };
            number += 1;
            if known.seen != file && known.content == content_of_number(candidate, number) {
                self.see(id, known.content, file);
                break true;
            }
        };
        // Most rows are alone under their id: nothing is kept of those.
        if number > 1 {
            self.passed.entry(base).or_default().same.insert(candidate.content, number);
        }
        is_there
    }

    /// What a record without an id of its own is that is not there as it comes: another reading of one that no row of this
    /// file was found to be, or one more of its kind; and the number that is due to it.
    pub(super) fn due(&self, candidate: &Candidate, file: u32) -> (u32, Standing) {
        let passed = self.passed.get(&hash(&candidate.id));
        let mut number = passed.map_or(0, |passed| passed.any) + 1;
        loop {
            match self.get(of_number(candidate, number)) {
                None => return (number, Standing::New),
                Some(known) if known.seen != file => return (number, Standing::Conflict),
                Some(_) => number += 1,
            }
        }
    }

    /// Gives a record the number that is due to it. A row that says the same as what has this number can still be it.
    pub(super) fn number(&mut self, candidate: &mut Candidate, (number, standing): (u32, Standing)) {
        if number > 1 || standing == Standing::Conflict {
            self.passed.entry(hash(&candidate.id)).or_default().any = number;
        }
        *candidate = numbered(candidate, number);
    }

    /// Whether a new reading may take the place of what is there under an id: one record, that no file of this import put
    /// there, and that no row of this file is.
    pub(super) fn may_replace(&self, id: u64, file: u32) -> bool {
        self.contents(id).count() == 1
            && self.get(id).is_some_and(|known| known.file == 0 && known.seen != file)
    }

    /// Adds a record: the first of its id, or a further exit.
    pub(super) fn add(&mut self, id: u64, known: Known) {
        match self.place(id) {
            (run, Err(at)) => {
                let run = &mut self.runs[run];
                if run.len() == run.capacity() {
                    run.reserve_exact(run.len() / 4 + 4);
                }
                run.insert(at, (id, known));
            }
            _ => self.legs.entry(id).or_default().push(known),
        }
    }
}

/// The mark of the id that a record gets with a number.
fn of_number(candidate: &Candidate, number: u32) -> u64 {
    if number == 1 { hash(&candidate.id) } else { hash(&format!("{}-{number}", candidate.id)) }
}

/// The content that a record has under its id with a number.
fn content_of_number(candidate: &Candidate, number: u32) -> u64 {
    if number == 1 { candidate.content } else { numbered(candidate, number).content }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_added_is_known_and_nothing_else(ids in prop::collection::vec(0u64..400, 0..600)) {
            // The same few runs, at both ends of each.
            let spread = |id: u64| (id % 7) << 52 | (id / 7);
            let mut known = KnownIds::default();
            let mut plain: HashMap<u64, Vec<u64>> = HashMap::new();
            for (content, id) in ids.iter().enumerate() {
                known.add(spread(*id), Known::of_file(content as u64, 1));
                plain.entry(spread(*id)).or_default().push(content as u64);
            }
            for id in (0..420).map(spread) {
                let contents: Vec<u64> = known.contents(id).collect();
                prop_assert_eq!(&contents, plain.get(&id).map_or(&[][..], |contents| contents));
                prop_assert_eq!(known.get(id).map(|known| known.content), contents.first().copied());
            }
        }
    }
}
