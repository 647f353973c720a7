//! What reading a log came to: what was read, and what was not.

use super::{Context, MAX_LISTED};
use crate::store::{Damage, DamageKind, Layout, Log, ScanReport};

/// An incomplete last member younger than this is a writer at work.
const AT_WORK_US: i64 = 1_000_000;

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its number in the file, from 1.
    pub row: u64,
    /// What is wrong with it.
    pub why: String,
}

/// What was read, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Where the log ended, and which bytes of it were damaged.
    pub scan: ScanReport,
    /// The first lines that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// How many lines could not be read.
    pub unreadable_rows: u64,
    /// Rows written by a newer version of this program, read as far as they are known.
    pub newer_rows: u64,
    /// Trades that were recorded more than once and counted once.
    pub repeated: u64,
    /// Damaged bytes that were passed over when an earlier part of the log was read.
    pub earlier_bytes: u64,
    /// Of several desks, what was found in the logs of which there is something to say; the counts above are then those
    /// of all of them.
    pub desks: Vec<DeskReading>,
    /// Desks that could not be read, and why.
    pub missing: Vec<(String, String)>,
}

/// What was read of one of several desks.
#[derive(Clone, Debug)]
pub struct DeskReading {
    /// Where its store lies.
    pub layout: Layout,
    /// The log that was read.
    pub log: Log,
    /// What was found.
    pub reading: Reading,
}

impl Reading {
    /// Stretches of the file that were passed over.
    pub fn damage(&self) -> &[Damage] {
        &self.scan.damage
    }

    /// Whether everything in the file was read.
    pub fn is_whole(&self) -> bool {
        let is_sound = self.unreadable_rows == 0 && self.scan.damage.is_empty() && self.earlier_bytes == 0;
        is_sound && self.missing.is_empty()
    }

    /// Whether there is nothing to say of it.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_whole() && self.repeated == 0 && self.newer_rows == 0
    }

    /// An incomplete last member that is younger than a second is a writer at work, not damage.
    pub(crate) fn ignore_live_tail(&mut self, context: &Context<'_>, log: Log) {
        let path = context.layout.log(log);
        let modified = context.disk.stat(&path).ok().flatten().map(|stat| stat.modified_us);
        let age = modified.map(|modified| context.now.micros() - modified);
        if age.is_some_and(|age| (0..AT_WORK_US).contains(&age)) {
            self.scan.damage.retain(|damage| damage.kind != DamageKind::Tail);
        }
    }

    pub(crate) fn note_unreadable(&mut self, rows_before: u64, unreadable: Vec<(u64, String)>) {
        self.unreadable_rows += unreadable.len() as u64;
        for (row, why) in unreadable {
            if self.unreadable.len() < MAX_LISTED {
                self.unreadable.push(Unreadable { row: rows_before + row, why });
            }
        }
    }
}
