//! Where the values of a record lie.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use crate::wire::input::raw::Raw;
use crate::wire::input::vocabulary::Meaning;

#[derive(Clone, Debug)]
pub(super) struct Slot<'a> {
    pub meaning: Meaning,
    /// The name as it came.
    pub key: Cow<'a, str>,
    pub raw: Option<Raw<'a>>,
}

/// Room for the values of a record, which the thread keeps for its next one: a piece of memory that large costs the system's
/// allocator more than all that the record is read into.
#[derive(Clone, Debug)]
pub(super) struct Slots<'a>(Vec<Slot<'a>>);

thread_local! {
    static ROOM: Cell<Vec<Slot<'static>>> = const { Cell::new(Vec::new()) };
}

impl Slots<'_> {
    pub(super) fn with_room(room: usize) -> Self {
        let mut slots = ROOM.take();
        slots.reserve(room);
        Self(slots)
    }
}

impl Drop for Slots<'_> {
    fn drop(&mut self) {
        self.0.clear();
        // Nothing lives in it any more: collected into itself, it can hold values of another record.
        ROOM.set(std::mem::take(&mut self.0).into_iter().map_while(|_| None).collect());
    }
}

impl<'a> Deref for Slots<'a> {
    type Target = Vec<Slot<'a>>;

    fn deref(&self) -> &Vec<Slot<'a>> {
        &self.0
    }
}

impl DerefMut for Slots<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_record_finds_the_room_of_the_last() {
        let at = |slots: &Slots<'_>| (slots.as_ptr() as usize, slots.capacity());
        let first = Slots::with_room(14);
        let there = at(&first);
        drop(first);
        assert_eq!(at(&Slots::with_room(10)), there);
        let (one, other) = (Slots::with_room(14), Slots::with_room(14));
        assert!(one.is_empty() && other.is_empty());
        assert_ne!(at(&one).0, at(&other).0);
    }
}
