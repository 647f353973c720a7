//! Writing a damaged log anew beside itself, the original kept.

use std::path::PathBuf;

use super::append::Row;
use super::disk::Disk;
use super::error::StoreError;
use super::layout::{Layout, Log};
use super::lock::StoreLock;
use super::rewrite::Rewrite;
use super::salvage::{Salvage, salvage};
use super::scan::{Chunk, ScanOptions, scan};

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
    mut judge: impl FnMut(Vec<u8>) -> Verdict,
) -> Result<Repaired, StoreError> {
    let path = layout.log(log);
    let quarantine = layout.quarantine();
    disk.create_dir_all(&quarantine).map_err(|e| StoreError::writing(&quarantine, e))?;
    let first = scan(disk, &path, ScanOptions::default(), |_| (), |_, ()| {})?;
    let (found, lost_bytes) = salvage(disk, &path, &first.damage)?;
    let mut repaired = Repaired {
        original: quarantine.join(format!("{}.{now_us}.original", log.file_name())),
        lost_bytes,
        ..Repaired::default()
    };
    let mut rewrite = Rewrite::begin(disk, &path, lock)?;
    let mut aside: Vec<u8> = Vec::new();
    let mut outcome = Ok(());
    let mut waiting = found.into_iter().peekable();
    let mut take = |line: Vec<u8>, salvaged: bool, repaired: &mut Repaired, aside: &mut Vec<u8>| match judge(
        line.clone(),
    ) {
        Verdict::Keep(row) => {
            *(if salvaged { &mut repaired.salvaged } else { &mut repaired.kept }) += 1;
            if outcome.is_ok() {
                outcome = rewrite.push(row);
            }
        }
        Verdict::SetAside => set_aside(&line, repaired, aside),
        Verdict::Drop => repaired.dropped += 1,
    };
    let lines = |chunk: Chunk<'_>| (chunk.at, chunk.lines().map(<[u8]>::to_vec).collect::<Vec<_>>());
    let mut take_salvage =
        |before: u64,
         repaired: &mut Repaired,
         aside: &mut Vec<u8>,
         take: &mut dyn FnMut(Vec<u8>, bool, &mut Repaired, &mut Vec<u8>)| {
            while let Some(salvage) = waiting.next_if(|salvage: &Salvage| salvage.at < before) {
                salvage.confirmed.into_iter().for_each(|line| take(line, true, repaired, aside));
                salvage.doubtful.iter().for_each(|line| set_aside(line, repaired, aside));
            }
        };
    scan(disk, &path, ScanOptions::default(), lines, |_, (at, lines)| {
        take_salvage(at, &mut repaired, &mut aside, &mut take);
        lines.into_iter().for_each(|line| take(line, false, &mut repaired, &mut aside));
    })?;
    take_salvage(u64::MAX, &mut repaired, &mut aside, &mut take);
    let finished = outcome.and_then(|()| rewrite.finish(0)).and_then(|()| {
        if aside.is_empty() {
            return Ok(());
        }
        let to = quarantine.join(format!("{}.{now_us}.lines.jsonl", log.word()));
        super::state_file::replace_state(disk, &to, &aside, super::state_file::Durability::Durable)?;
        repaired.aside = Some(to);
        Ok(())
    });
    if let Err(error) = finished {
        rewrite.abandon();
        return Err(error);
    }
    rewrite.publish(&repaired.original)?;
    Ok(repaired)
}

fn set_aside(line: &[u8], repaired: &mut Repaired, aside: &mut Vec<u8>) {
    repaired.set_aside += 1;
    aside.extend_from_slice(line);
    aside.push(b'\n');
}
