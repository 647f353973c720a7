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
    /// The file of this import that had it last, from 1; 0 where the log has it alone.
    pub file: u32,
    /// Of an id that was made of the record: that and so many numbered ones behind it are all of that file.
    pub count: u32,
}

/// Ids part by their first bits into so many runs.
const RUNS: usize = 1 << RUN_BITS;
const RUN_BITS: u32 = 12;

/// Records by the hash of their id: sorted runs, which take half of the room of a hash table that has just grown and never
/// more than a quarter beyond what is in them.
#[derive(Debug)]
pub(super) struct KnownIds {
    runs: Vec<Vec<(u64, Known)>>,
    /// Contents of further exits of positions.
    legs: HashMap<u64, Vec<u64>>,
}

impl Default for KnownIds {
    fn default() -> Self {
        Self { runs: vec![Vec::new(); RUNS], legs: HashMap::new() }
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

    /// The contents under an id: that of the first record, then those of further exits.
    pub(super) fn contents(&self, id: u64) -> impl Iterator<Item = u64> {
        let first = self.get(id).map(|known| known.content);
        first.into_iter().chain(self.legs.get(&id).into_iter().flatten().copied())
    }

    /// Another content in the place of the one that is there.
    pub(super) fn replace(&mut self, id: u64, content: u64, file: u32) {
        if let Some(known) = self.get_mut(id) {
            (known.content, known.file) = (content, file);
        }
    }

    /// Notes that a file has a record of this id.
    pub(super) fn take_for(&mut self, id: u64, file: u32) {
        if let Some(known) = self.get_mut(id) {
            known.file = file;
        }
    }

    /// Whether a record without an id of its own is there as it comes, and no row of this file was found to be it. Rows
    /// that are equal but for what their id is not made of, such as their fees, are told by their content, in whatever
    /// order they come.
    pub(super) fn claim(&mut self, candidate: &Candidate, file: u32) -> bool {
        if !candidate.is_unnamed {
            return false;
        }
        let base = hash(&candidate.id);
        let mut number = self.first_free(base, file);
        loop {
            let id = of_number(candidate, number);
            let Some(known) = self.get(id) else { return false };
            let content = if number == 1 { candidate.content } else { numbered(candidate, number).content };
            if known.file != file && known.content == content {
                self.take_for(id, file);
                if number == self.first_free(base, file)
                    && let Some(first) = self.get_mut(base)
                {
                    first.count = number;
                }
                return true;
            }
            number += 1;
        }
    }

    /// What a record without an id of its own is that is not there as it comes: another reading of one that no row of this
    /// file was found to be, or one more of its kind. It gets the number that is due to it.
    pub(super) fn number(&mut self, candidate: &mut Candidate, file: u32) -> Standing {
        let base = hash(&candidate.id);
        let first = self.first_free(base, file);
        let mut number = first;
        let standing = loop {
            match self.get(of_number(candidate, number)) {
                None => break Standing::New,
                Some(known) if known.file != file => break Standing::Conflict,
                Some(_) => number += 1,
            }
        };
        if number > 1
            && let Some(known) = self.get_mut(base).filter(|_| number == first)
        {
            known.count = number;
        }
        *candidate = numbered(candidate, number);
        standing
    }

    /// The first number behind those that are known to be of this file.
    fn first_free(&self, base: u64, file: u32) -> u32 {
        self.get(base).filter(|known| known.file == file).map_or(1, |known| known.count + 1)
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
            _ => self.legs.entry(id).or_default().push(known.content),
        }
    }
}

/// The mark of the id that a record gets with a number.
fn of_number(candidate: &Candidate, number: u32) -> u64 {
    if number == 1 { hash(&candidate.id) } else { hash(&format!("{}-{number}", candidate.id)) }
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
                known.add(spread(*id), Known { content: content as u64, file: 1, count: 1 });
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
