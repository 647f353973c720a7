//! Writing a damaged log anew beside itself, the original kept.

use std::path::PathBuf;

use super::append::Row;
use super::chunk::Chunk;
use super::rewrite::Rewrite;
use super::salvage::{Salvage, salvage};
use super::scan::{ScanOptions, scan};
use crate::store::error::StoreError;
use crate::store::file_system::Disk;
use crate::store::free_path::free_path;
use crate::store::layout::{Layout, Log};
use crate::store::lock::StoreLock;
use crate::store::state::state_file::{Durability, replace_state};

/// What is done with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes into the new log.
    Keep(Row),
    /// It does not, and is set aside.
    SetAside,
    /// It is there already, to the letter.
    Drop,
}

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Rows taken over.
    pub kept: u64,
    /// Rows got back from damaged stretches, their checksum found.
    pub salvaged: u64,
    /// Lines for which nothing vouches, or which cannot be read, in [`Repaired::aside`].
    pub set_aside: u64,
    /// Rows that were there twice.
    pub dropped: u64,
    /// Damaged bytes that belong to nothing that was got back.
    pub lost_bytes: u64,
    /// The log as it was.
    pub original: PathBuf,
    /// The file of lines that were set aside.
    pub aside: Option<PathBuf>,
}

/// Writes the log anew: whole rows, and what can be got back out of damaged stretches, in their places.
/// `judge` sees every line once, in order.
///
/// # Errors
/// [`StoreError`]; the log is then as it was.
pub fn repair(
    disk: &dyn Disk,
    layout: &Layout,
    log: Log,
    lock: &StoreLock,
    now_us: i64,
    judge: impl FnMut(Vec<u8>) -> Verdict,
) -> Result<Repaired, StoreError> {
    let path = layout.log(log);
    let quarantine = layout.quarantine();
    disk.create_dir_all(&quarantine).map_err(|e| StoreError::writing(&quarantine, e))?;
    let first = scan(disk, &path, ScanOptions::default(), |_| (), |_, ()| {})?;
    let (found, lost_bytes) = salvage(disk, &path, &first.damage)?;
    let original = quarantine.join(format!("{}.{now_us}.original", log.file_name()));
    let repaired = Repaired { lost_bytes, ..Repaired::default() };
    let mut work = Work {
        rewrite: Rewrite::begin(disk, &path, lock)?,
        judge,
        repaired,
        aside: Vec::new(),
        outcome: Ok(()),
    };
    let mut waiting = found.into_iter().peekable();
    let lines = |chunk: Chunk<'_>| (chunk.at, chunk.to_lines());
    let scanned = scan(disk, &path, ScanOptions::default(), lines, |_, (at, lines)| {
        while let Some(salvage) = waiting.next_if(|salvage| salvage.at < at) {
            work.take_salvage(salvage);
        }
        lines.into_iter().for_each(|line| work.take(line, false));
    });
    waiting.for_each(|salvage| work.take_salvage(salvage));
    let Work { mut rewrite, mut repaired, aside, outcome, .. } = work;
    let finished = scanned.and(outcome).and_then(|()| rewrite.finish(0)).and_then(|()| {
        if aside.is_empty() {
            return Ok(());
        }
        let to = free_path(disk, &quarantine.join(format!("{}.{now_us}.lines.jsonl", log.word())))?;
        replace_state(disk, &to, &aside, Durability::Durable)?;
        repaired.aside = Some(to);
        Ok(())
    });
    if let Err(error) = finished {
        rewrite.abandon();
        return Err(error);
    }
    repaired.original = rewrite.publish(&original)?;
    Ok(repaired)
}

/// A repair on its way.
struct Work<'a, J> {
    rewrite: Rewrite<'a>,
    judge: J,
    repaired: Repaired,
    aside: Vec<u8>,
    outcome: Result<(), StoreError>,
}

impl<J: FnMut(Vec<u8>) -> Verdict> Work<'_, J> {
    fn take(&mut self, line: Vec<u8>, salvaged: bool) {
        match (self.judge)(line.clone()) {
            Verdict::Keep(row) => {
                *(if salvaged { &mut self.repaired.salvaged } else { &mut self.repaired.kept }) += 1;
                if self.outcome.is_ok() {
                    self.outcome = self.rewrite.push(row);
                }
            }
            Verdict::SetAside => self.set_aside(&line),
            Verdict::Drop => self.repaired.dropped += 1,
        }
    }

    fn take_salvage(&mut self, salvage: Salvage) {
        salvage.confirmed.into_iter().for_each(|line| self.take(line, true));
        salvage.doubtful.iter().for_each(|line| self.set_aside(line));
    }

    fn set_aside(&mut self, line: &[u8]) {
        self.repaired.set_aside += 1;
        self.aside.extend_from_slice(line);
        self.aside.push(b'\n');
    }
}
