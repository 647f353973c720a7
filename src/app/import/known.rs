//! Which records are there, by id: what an import of many millions of rows remembers of each.

use std::collections::{HashMap, VecDeque};

use super::id_table::{IdTable, Known};
use crate::app::record::{Candidate, Standing, numbered};

/// The mark of an id.
pub(super) fn hash(id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes())
}

/// How far the rows of one file have come among the records that share an id which was made of the record. Each of them
/// is looked at once a file, and not once a row.
#[derive(Debug, Default)]
struct Passed {
    /// Records up to this number were looked at.
    seen: u32,
    /// Of those, the ones that no row of the file was when they were looked at, by content.
    open: HashMap<u64, VecDeque<u32>>,
    /// Up to this number, all are rows of the file, or were taken for another reading of one.
    any: u32,
}

/// Records by the hash of their id.
#[derive(Debug, Default)]
pub(super) struct KnownIds {
    ids: IdTable,
    /// Further exits of positions.
    legs: HashMap<u64, Vec<Known>>,
    /// Where the rows of the file are that is read, by the id that was made of the record.
    passed: HashMap<u64, Passed>,
}

impl KnownIds {
    /// What is known of an id.
    pub(super) fn get(&self, id: u64) -> Option<Known> {
        self.ids.get(id)
    }

    /// Makes room for so many records in all.
    pub(super) fn reserve(&mut self, records: u64) {
        self.ids.reserve(records);
    }

    /// Fetches what is known of ids that are then asked about one by one.
    pub(super) fn fetch<'i>(&self, ids: impl Iterator<Item = &'i str>) {
        self.ids.fetch(ids.map(hash));
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
        self.ids.set(id, Known::of_file(content, file));
    }

    /// Notes that a row of a file is the record of this id and content.
    pub(super) fn see(&mut self, id: u64, content: u64, file: u32) {
        match self.get(id) {
            Some(first) if first.content == content => self.ids.set(id, Known { seen: file, ..first }),
            _ => {
                let legs = self.legs.get_mut(&id).into_iter().flatten();
                legs.filter(|known| known.content == content).take(1).for_each(|known| known.seen = file);
            }
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
        // Most rows are alone under their id: nothing is kept of those.
        let Some(first) = self.get(base) else { return false };
        if !self.passed.contains_key(&base) && self.get(of_number(candidate, 2)).is_none() {
            let is_there = first.seen != file && first.content == candidate.content;
            if is_there {
                self.see(base, first.content, file);
            }
            return is_there;
        }
        let mut passed = self.passed.remove(&base).unwrap_or_default();
        self.look_on(&mut passed, candidate, file);
        let found = passed.open.get_mut(&candidate.content).and_then(|numbers| {
            // One that was taken for another reading meanwhile, or found to be a row, is passed over.
            std::iter::from_fn(|| numbers.pop_front()).find(|number| {
                let known = self.get(of_number(candidate, *number));
                known.is_some_and(|known| known.seen != file && known.content == candidate.content)
            })
        });
        self.passed.insert(base, passed);
        if let Some(number) = found {
            self.see(of_number(candidate, number), candidate.content, file);
        }
        found.is_some()
    }

    /// Whether a record is there with its symbol as its sender writes it: see [`Candidate::as_sent`].
    pub(super) fn claim_as_sent(&mut self, sent: &Candidate, file: u32) -> bool {
        if sent.is_unnamed {
            return self.claim(sent, file);
        }
        let id = hash(&sent.id);
        let is_there = self.contents(id).any(|content| content == sent.content);
        if is_there {
            self.see(id, sent.content, file);
        }
        is_there
    }

    /// Looks at the records that were not looked at yet.
    fn look_on(&self, passed: &mut Passed, candidate: &Candidate, file: u32) {
        while let Some(known) = self.get(of_number(candidate, passed.seen + 1)) {
            passed.seen += 1;
            if known.seen != file {
                passed.open.entry(known.content).or_default().push_back(passed.seen);
            }
        }
    }

    /// What a record without an id of its own is that is not there as it comes: another reading of one that no row of this
    /// file was found to be, or one more of its kind; and the number that is due to it.
    pub(super) fn due(&mut self, candidate: &Candidate, file: u32) -> (u32, Standing) {
        let base = hash(&candidate.id);
        let mut number = self.passed.get(&base).map_or(0, |passed| passed.any) + 1;
        let standing = loop {
            match self.get(of_number(candidate, number)) {
                None => break Standing::New,
                Some(known) if known.seen != file => break Standing::Conflict,
                Some(_) => number += 1,
            }
        };
        if number > 1 {
            self.passed.entry(base).or_default().any = number - 1;
        }
        (number, standing)
    }

    /// Gives a record the number that is due to it. A row that says the same as what has this number can still be it.
    pub(super) fn number(&mut self, candidate: &mut Candidate, (number, standing): (u32, Standing)) {
        if number > 1 || standing == Standing::Conflict {
            self.passed.entry(hash(&candidate.id)).or_default().any = number;
        }
        // Whatever its number, it is known by what it says: see [`Known`].
        *candidate = Candidate { content: candidate.content, ..numbered(candidate, number) };
    }

    /// Whether a new reading may take the place of what is there under an id: one record, that no file of this import put
    /// there, and that no row of this file is.
    pub(super) fn may_replace(&self, id: u64, file: u32) -> bool {
        self.contents(id).count() == 1 && self.get(id).is_some_and(|known| known.is_old && known.seen != file)
    }

    /// Adds a record: the first of its id, or a further exit.
    pub(super) fn add(&mut self, id: u64, known: Known) {
        if !self.ids.add(id, known) {
            self.legs.entry(id).or_default().push(known);
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
            // In the same few parts of the table, at both ends of each.
            let spread = |id: u64| (id % 7) << 61 | (id / 7);
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
