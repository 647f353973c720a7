//! The text of members, line by line.

use std::ops::Range;

use super::member::Seal;

/// A member within the text of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Its offset in the file.
    pub at: u64,
    /// Where its text ends.
    pub end: usize,
    /// What it says of its rows.
    pub seal: Option<Seal>,
}

/// The text of one or several whole members that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Offset of the first of them in the file.
    pub at: u64,
    pub(super) text: &'a [u8],
    pub(super) members: &'a [Member],
    /// Where its lines are in the text.
    pub(super) lines: &'a [Range<usize>],
}

/// The text of one member.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Offset of the member in the file.
    pub at: u64,
    /// What it says of its rows.
    pub seal: Option<Seal>,
    text: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The lines that are not empty.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let text = self.text;
        self.lines.iter().map(|line| &text[line.clone()])
    }

    /// The lines, to keep.
    pub fn to_lines(&self) -> Vec<Vec<u8>> {
        self.lines().map(<[u8]>::to_vec).collect()
    }

    /// The members; a part of a large one counts as one.
    pub fn blocks(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        let mut from = 0;
        let (text, members) = (self.text, self.members);
        members.iter().map(move |member| {
            let text = &text[std::mem::replace(&mut from, member.end)..member.end];
            Block { at: member.at, seal: member.seal, text }
        })
    }
}

impl<'a> Block<'a> {
    /// The lines that are not empty.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let text = self.text;
        lines_of(text).map(|line| &text[line])
    }
}

/// Where the lines that are not empty are in a text, without the blanks around them.
pub(super) fn lines_of(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut next = 0;
    let ends = memchr::memchr_iter(b'\n', text).chain(std::iter::once(text.len()));
    ends.filter_map(move |end| {
        let from = std::mem::replace(&mut next, end + 1);
        let line = text[from..end].trim_ascii_start();
        let start = end - line.len();
        Some(start..start + line.trim_ascii_end().len()).filter(|line| !line.is_empty())
    })
}
