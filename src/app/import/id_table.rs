//! A table of ids that stays small however many there are: what an import of many millions of rows holds of each is less
//! than twenty-seven bytes.

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// What tells it from another of its id. Of a record whose id was made of it and ends in a number, what it would be as
    /// the first of its kind: the number says only how many came before.
    pub content: u64,
    /// Whether it was there before this import, else a file of the import put it there.
    pub is_old: bool,
    /// The last file of this import of which a row is this record, from 1; 0 where none is.
    pub seen: u32,
}

impl Known {
    /// A record that was there before the import.
    pub(super) fn of_log(content: u64) -> Self {
        Self { content, is_old: true, seen: 0 }
    }

    /// A record of a file of this import.
    pub(super) fn of_file(content: u64, file: u32) -> Self {
        Self { content, is_old: false, seen: file }
    }
}

/// Ids part by their first bits into so many parts, so that a table that grows is never there twice.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 6;

/// A place of a part: halves of an id and of a content, and the rest of what is known; all zero where nothing is. As
/// halves they take no more room than they have bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    id: [u32; 2],
    content: [u32; 2],
    /// The file above two bits: whether the record was there before, and a lowest one that is set where something is.
    rest: u32,
}

fn halves(whole: u64) -> [u32; 2] {
    [(whole >> 32) as u32, whole as u32]
}

fn whole([high, low]: [u32; 2]) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

impl Place {
    fn of(id: u64, known: Known) -> Self {
        let rest = known.seen << 2 | u32::from(known.is_old) << 1 | 1;
        Self { id: halves(id), content: halves(known.content), rest }
    }

    fn known(&self) -> Known {
        Known { content: whole(self.content), is_old: self.rest & 2 != 0, seen: self.rest >> 2 }
    }

    fn is_empty(&self) -> bool {
        self.rest == 0
    }
}

/// A part of the table: each id stands at its place, or behind it where that is taken.
#[derive(Clone, Debug, Default)]
struct Part {
    places: Vec<Place>,
    count: usize,
}

impl Part {
    /// Where an id stands unless that place is taken.
    fn place_of(&self, id: u64) -> usize {
        // The bits that chose the part say nothing more.
        ((u128::from(id << PART_BITS) * self.places.len() as u128) >> u64::BITS) as usize
    }

    /// Where an id is, or the place where it belongs; there is always an empty one.
    fn find(&self, id: u64) -> usize {
        let len = self.places.len();
        let mut at = self.place_of(id);
        let id = halves(id);
        while let Some(place) = self.places.get(at)
            && !place.is_empty()
            && place.id != id
        {
            at = if at + 1 == len { 0 } else { at + 1 };
        }
        at
    }

    fn get(&self, id: u64) -> Option<&Place> {
        self.places.get(self.find(id)).filter(|place| !place.is_empty())
    }

    /// Makes room for one more where seven places of eight are taken.
    fn grow(&mut self) {
        if self.count * 8 >= self.places.len() * 7 {
            self.make_room(self.places.len() + self.places.len() / 8 + 8);
        }
    }

    /// Makes it so many places, if it has not as many. Of fewer than eight, none would be empty when seven of eight are taken.
    fn make_room(&mut self, room: usize) {
        let room = room.max(8);
        if room <= self.places.len() {
            return;
        }
        let before = std::mem::replace(&mut self.places, vec![Place::default(); room]);
        for place in before.into_iter().filter(|place| !place.is_empty()) {
            let at = self.find(whole(place.id));
            self.places[at] = place;
        }
    }
}

/// What is known of the first record of each id.
#[derive(Debug)]
pub(super) struct IdTable(Vec<Part>);

impl Default for IdTable {
    fn default() -> Self {
        Self(vec![Part::default(); PARTS])
    }
}

impl IdTable {
    /// The part of an id.
    fn part(id: u64) -> usize {
        (id >> (u64::BITS - PART_BITS)) as usize
    }

    /// Makes room for so many ids in all. A table that grows moves each id many times, and leaves holes that nothing else
    /// fits into.
    pub(super) fn reserve(&mut self, ids: u64) {
        let of_a_part = ids as f64 / PARTS as f64;
        // Ids do not part evenly; a part that gets more grows.
        let most = of_a_part + 4.0 * of_a_part.sqrt();
        self.0.iter_mut().for_each(|part| part.make_room((most * 8.0 / 7.0) as usize));
    }

    /// What is known of an id.
    pub(super) fn get(&self, id: u64) -> Option<Known> {
        self.0[Self::part(id)].get(id).map(Place::known)
    }

    /// Has what is known of some ids fetched into the processor, all at once: one lookup after the other would wait for each.
    pub(super) fn fetch(&self, ids: impl Iterator<Item = u64>) {
        let found = ids.fold(0, |found, id| {
            let part = &self.0[Self::part(id)];
            found ^ part.places.get(part.place_of(id)).map_or(0, |place| place.rest)
        });
        std::hint::black_box(found);
    }

    /// Puts something else in the place of what is known of an id; one of which nothing is known stays so.
    pub(super) fn set(&mut self, id: u64, known: Known) {
        let part = &mut self.0[Self::part(id)];
        if part.get(id).is_some() {
            let at = part.find(id);
            part.places[at] = Place::of(id, known);
        }
    }

    /// Adds an id; false where it is there.
    pub(super) fn add(&mut self, id: u64, known: Known) -> bool {
        let part = &mut self.0[Self::part(id)];
        if part.get(id).is_some() {
            return false;
        }
        part.grow();
        let at = part.find(id);
        part.places[at] = Place::of(id, known);
        part.count += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_part_find_an_end_however_few_were_reserved() {
        for reserved in 0..40 {
            let mut table = IdTable::default();
            table.reserve(reserved);
            for id in 0..12 {
                assert!(table.add(id, Known::of_file(id, 1)), "{id} of {reserved}");
                assert!(table.get(id + 1).is_none() && table.get(id).is_some(), "{id} of {reserved}");
            }
        }
    }

    #[test]
    fn a_million_ids_take_less_than_twenty_seven_bytes_each() {
        let mut table = IdTable::default();
        let id = |number: u64| xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes());
        for number in 0..1_000_000 {
            assert!(table.add(id(number), Known::of_file(number, 1)));
        }
        let places: usize = table.0.iter().map(|part| part.places.capacity()).sum();
        let bytes = places * std::mem::size_of::<Place>();
        assert!(bytes < 27_000_000, "{bytes}");
        let mut reserved = IdTable::default();
        reserved.reserve(1_000_000);
        let rooms = |table: &IdTable| table.0.iter().map(|part| part.places.len()).sum::<usize>();
        let room = rooms(&reserved);
        assert!(room * std::mem::size_of::<Place>() < 24_000_000, "{room}");
        assert!((0..1_000_000).all(|number| reserved.add(id(number), Known::of_file(number, 1))));
        assert_eq!(rooms(&reserved), room);
        let probe = |number: u64| table.get(id(number)).map(|known| known.content);
        assert!((0..1_000_000).step_by(997).all(|number| probe(number) == Some(number)));
        assert_eq!(probe(1_000_000), None);
    }

    #[test]
    fn room_for_few_ids_has_an_empty_place_for_every_question() {
        let id = |number: u64| xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes());
        for ids in [0, 1, 8, 63, 64, 400, 3_000] {
            let mut table = IdTable::default();
            table.reserve(ids);
            // More than was said, too.
            for number in 0..2 * ids + 200 {
                assert_eq!(table.get(id(number)), None);
                assert!(table.add(id(number), Known::of_file(number, 1)));
                assert!(!table.add(id(number), Known::of_file(number, 1)));
            }
            assert!(table.0.iter().all(|part| part.count < part.places.len()));
        }
    }
}
