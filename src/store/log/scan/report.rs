//! What to read of a log, and what a read found besides the rows.

use crate::store::log::position::Position;

/// What is wrong with a stretch of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// Bytes that are no whole member, between whole members.
    Broken,
    /// Bytes after the last whole member: a write that was cut short, or garbage.
    Tail,
    /// A line too long to be a record.
    LongLine,
}

/// A stretch of a file that was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Offset in the file.
    pub at: u64,
    /// Bytes.
    pub len: u64,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What a read found, besides the rows.
#[derive(Clone, Debug, Default)]
pub struct ScanReport {
    /// The end of the last whole member.
    pub end: Position,
    /// Bytes in the file when the read began.
    pub size: u64,
    /// What was passed over.
    pub damage: Vec<Damage>,
    /// Whole members read or skipped.
    pub members: u64,
    /// Rows in sealed blocks that were skipped because they are too old.
    pub skipped_rows: u64,
    /// Bytes that were unpacked to find whole members behind damage.
    pub search_work: u64,
}

impl ScanReport {
    /// Bytes after the last whole member.
    pub fn tail(&self) -> Option<Damage> {
        self.damage.last().copied().filter(|damage| damage.kind == DamageKind::Tail)
    }

    /// Whether nothing was passed over.
    pub(in crate::store) fn is_whole(&self) -> bool {
        self.damage.is_empty() && self.end.len == self.size
    }
}

/// What to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScanOptions {
    /// Where to begin.
    pub from: Position,
    /// Sealed blocks whose largest event time is not after this are passed over, microseconds since 1970.
    pub after_us: Option<i64>,
}
