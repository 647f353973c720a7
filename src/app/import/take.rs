//! The second look at a file: its rows into records, and the records that are not there yet into the log.

mod sorting;

use std::collections::HashSet;
use std::mem::take;
use std::path::PathBuf;

use super::agreement::{content_of_kind, marks_of};
use super::id_table::Known;
use super::known::{KnownIds, hash};
use super::reading::{End, read_rows};
use super::refused::RefusedRows;
use super::survey::Plan;
use super::{ImportError, ImportOptions, Imported};
use crate::app::corrections::{Replacement, replace};
use crate::app::record::{
    Candidate, FillNetting, IntakeRules, Patience, Taken, candidate_of, drain_spool, load_checkpoint, net,
    net_what_waits,
};
use crate::files::growing_log::GrowingLog;
use crate::files::{Context, checkpointed_log};
use crate::store::{
    Appended, BatchFile, Log, Packing, Position, Row as LogRow, ScanOptions, StoreError, StoreLock,
    free_on_threads, scan,
};
use crate::wire::{Piece, Row, WireError};

/// What a row turned out to be.
enum Done {
    Trade(Candidate),
    Nothing,
    Open,
    Event(String),
    Refused(String),
}

/// What reads rows, on all cores.
#[derive(Clone, Copy)]
struct Rows<'a, 'd> {
    context: &'a Context<'d>,
    log: Log,
    rules: &'a IntakeRules,
}

impl Rows<'_, '_> {
    fn read(&self, plan: &Plan, piece: &Piece) -> Done {
        let read = || -> Result<Done, WireError> {
            Ok(match plan.reader.row(piece, &plan.conventions)? {
                Row::Blank | Row::Total => Done::Nothing,
                Row::Record(fields) => match candidate_of(self.context, self.log, fields, self.rules)? {
                    Taken::Record(mut candidate) => {
                        candidate.line = piece.line;
                        if self.log == Log::Outcomes && !candidate.is_unnamed {
                            let of_kind = |one: &mut Candidate| {
                                one.content = content_of_kind(&one.id, one.content, &one.row.line);
                            };
                            candidate.as_sent.as_deref_mut().into_iter().for_each(of_kind);
                            of_kind(&mut candidate);
                        }
                        Done::Trade(*candidate)
                    }
                    Taken::Open => Done::Open,
                    Taken::Event(word) => Done::Event(word),
                    Taken::TooWeak => Done::Nothing,
                },
            })
        };
        read().unwrap_or_else(|why| Done::Refused(why.to_string()))
    }
}

pub(super) struct Sink<'a, 'd> {
    context: &'a Context<'d>,
    options: &'a ImportOptions,
    rules: &'a IntakeRules,
    paths: Vec<PathBuf>,
    known: KnownIds,
    end: Option<Position>,
    batch: Option<BatchFile>,
    replacements: Vec<Replacement>,
    /// The ids of what they take the place of.
    replaced: HashSet<u64>,
    /// The log into which the rows go.
    log: Log,
    /// Rows of it that its checkpoint has not seen: of fills, their trades may be there.
    behind: u64,
    /// Records of the file that seem to contradict what is there, until all of its rows were seen.
    held: Vec<Candidate>,
    file: u32,
    /// What is known of the log of trades, as long as nobody else writes to it.
    growing: Option<GrowingLog>,
    /// Nets fills as they are stored, as long as nobody else does.
    netting: Option<FillNetting<'a, 'd>>,
    imported: Imported,
}

/// What became of all rows.
pub(super) struct Finished {
    pub(super) imported: Imported,
    /// For rows that go into another log.
    pub(super) batch: Option<BatchFile>,
    pub(super) growing: Option<GrowingLog>,
}

impl<'a, 'd> Sink<'a, 'd> {
    pub(super) fn new(
        context: &'a Context<'d>,
        options: &'a ImportOptions,
        rules: &'a IntakeRules,
        paths: &[PathBuf],
        log: Log,
        batch: Option<BatchFile>,
    ) -> Self {
        Self {
            context,
            options,
            rules,
            paths: paths.to_vec(),
            known: KnownIds::default(),
            end: None,
            batch,
            replacements: Vec::new(),
            replaced: HashSet::new(),
            log,
            behind: 0,
            held: Vec::new(),
            file: 0,
            growing: None,
            netting: None,
            imported: Imported::default(),
        }
    }

    /// Takes the trades of a file.
    pub(super) fn file(&mut self, plan: &Plan) -> Result<(), ImportError> {
        let path = &plan.part.path;
        let failed = |source| ImportError::Input { path: path.clone(), source };
        self.file += 1;
        self.known.begin_file();
        self.known.reserve(plan.report.rows);
        self.imported.files.push(plan.report.clone());
        self.imported.recorded.is_of_fills |= self.log == Log::Fills;
        self.context.progress.begin("importing trades", Some(plan.report.rows));
        let mut splitter = plan.reader.split(plan.part.open(self.context).map_err(failed)?);
        let mut refused = RefusedRows::default();
        let of_file = Rows { context: self.context, log: self.log, rules: self.rules };
        let end = read_rows(
            splitter.as_mut(),
            |piece| of_file.read(plan, piece),
            |pieces, done| {
                self.context.progress.advance(done.len() as u64);
                self.take(done, pieces, plan.is_descending, &mut refused)?;
                Ok::<_, ImportError>(!refused.is_hopeless())
            },
        )?;
        if !self.held.is_empty() {
            let held = take(&mut self.held);
            self.store(held, plan.is_descending, true)?;
        }
        self.context.progress.end();
        let is_whole = match end {
            End::Broken(error) => return Err(failed(error)),
            End::Stopped => false,
            End::Whole => true,
        };
        refused.settle(self.context, self.options.is_dry_run, &mut self.imported.recorded, (path, is_whole))
    }

    fn take(
        &mut self,
        done: Vec<Done>,
        pieces: &[Piece],
        is_descending: bool,
        refused: &mut RefusedRows,
    ) -> Result<(), StoreError> {
        let mut candidates = Vec::with_capacity(done.len());
        for (done, piece) in done.into_iter().zip(pieces) {
            match done {
                Done::Trade(candidate) => candidates.push(candidate),
                Done::Nothing => {}
                Done::Open => self.imported.recorded.open += 1,
                Done::Event(word) => *self.imported.recorded.events.entry(word).or_default() += 1,
                Done::Refused(why) => refused.push(piece, why),
            }
        }
        refused.taken += candidates.len() as u64;
        refused.write_if_many(self.context, self.options.is_dry_run, &mut self.imported.recorded);
        if candidates.is_empty() { Ok(()) } else { self.store(candidates, is_descending, false) }
    }

    /// Stores what is not there yet, under the lock. At the end of a file nothing is held back.
    fn store(
        &mut self,
        candidates: Vec<Candidate>,
        is_descending: bool,
        is_end: bool,
    ) -> Result<(), StoreError> {
        let context = self.context;
        if self.options.is_dry_run {
            if self.end.is_none() {
                self.learn_ids()?;
            }
            return self.sort_out(candidates, is_end).map(drop);
        }
        let lock = context.lock()?;
        if self.end.is_none() {
            drain_spool(context, &lock, &mut self.imported.recorded);
        }
        let mut writer = checkpointed_log::open_writer(context, self.log, &lock)?;
        if self.end.is_none_or(|end| writer.len().is_ok_and(|len| len != end.len)) {
            let mut recorded = take(&mut self.imported.recorded);
            let is_first = self.end.is_none();
            let read = load_checkpoint(context, &mut writer, &mut recorded, || {
                let report = self.learn_ids()?;
                Ok(((), report))
            });
            self.imported.recorded = recorded;
            read?;
            if is_first {
                self.begin()?;
            }
        }
        let mut fresh = self.sort_out(candidates, is_end)?;
        if fresh.is_empty() {
            return Ok(());
        }
        // In the order of exits, so that a block holds a short span of time; those of one moment in the order in
        // which they happened, which a file with the newest first has the other way round.
        if is_descending {
            fresh.reverse();
        }
        fresh.sort_by_key(|candidate| candidate.row.event_us);
        let rows: Vec<LogRow> = fresh.iter_mut().map(|candidate| take(&mut candidate.row)).collect();
        self.note_batch(&rows)?;
        let from = self.end.unwrap_or_default();
        let appended = writer.append(from, &rows, Packing::Sealed)?;
        self.end = Some(appended.end);
        self.imported.recorded.unconfirmed |= !appended.durable;
        self.imported.recorded.stored += rows.len() as u64;
        self.go_on(&lock, (from, appended), fresh, rows);
        drop(lock);
        Ok(())
    }

    /// Begins what follows from the rows, where the checkpoint goes as far as the log does: else it is made once all rows are
    /// there, as after an import that was stopped.
    fn begin(&mut self) -> Result<(), StoreError> {
        let end = self.end.unwrap_or_default();
        if self.log == Log::Outcomes {
            self.growing = GrowingLog::begin(self.context, end);
            return Ok(());
        }
        let netting = FillNetting::begin(self.context, 0)?;
        self.behind = end.rows.saturating_sub(netting.position().rows);
        // Of fills that are replaced, the trades come out otherwise.
        let is_up_to_date = netting.position() == end && !self.options.is_replacing;
        self.netting = Some(netting).filter(|_| is_up_to_date);
        Ok(())
    }

    /// Makes what follows from rows that were written behind `from`.
    fn go_on(
        &mut self,
        lock: &StoreLock,
        (from, appended): (Position, Appended),
        mut fresh: Vec<Candidate>,
        rows: Vec<LogRow>,
    ) {
        let (context, recorded) = (self.context, &mut self.imported.recorded);
        if let Some(growing) = self.growing.take() {
            self.growing = growing.grown_by(context, (from, appended), rows);
            return free_on_threads(fresh);
        }
        if let Some(mut netting) = self.netting.take() {
            let is_next = !appended.interrupted && netting.stands_at(from);
            if is_next && netting.take(lock, &mut fresh, appended.end, recorded).is_ok() {
                self.netting = Some(netting);
            } else {
                // What is missing is made up for in the end, and it is said what is wrong.
                self.behind = self.behind.max(1);
            }
        }
        free_on_threads((fresh, rows));
    }

    /// Names the rows by which the import can be taken back, before they are in the log.
    fn note_batch(&mut self, rows: &[LogRow]) -> Result<(), StoreError> {
        let context = self.context;
        self.batch()?.add(context.disk, rows.iter().map(|row| &row.line[..]))
    }

    /// The file of the batch, which is begun with the first row that it names.
    fn batch(&mut self) -> Result<&BatchFile, StoreError> {
        let batch = match self.batch.take() {
            Some(batch) => batch,
            None => {
                let names = self.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
                let (disk, layout) = (self.context.disk, &self.context.layout);
                let batch = BatchFile::begin(disk, layout, &self.context.now.to_string(), &names)?;
                self.imported.batch = Some(batch.id().to_owned());
                batch
            }
        };
        Ok(self.batch.insert(batch))
    }

    /// Reads the ids behind what is known.
    fn learn_ids(&mut self) -> Result<crate::store::ScanReport, StoreError> {
        let (context, log) = (self.context, self.log);
        let read = |chunk: crate::store::Chunk<'_>| -> Vec<(u64, u64)> {
            let of = |line: &[u8]| marks_of(context, log, line).map(|(id, content)| (hash(&id), content));
            chunk.lines().filter_map(of).collect()
        };
        let path = self.context.layout.log(self.log);
        let options = ScanOptions { from: self.end.unwrap_or_default(), after_us: None };
        let known = &mut self.known;
        let report = scan(self.context.disk, &path, options, read, |_, found| {
            for (id, content) in found {
                known.add(id, Known::of_log(content));
            }
        })?;
        self.end = Some(report.end);
        Ok(report)
    }

    /// Replaces what is to be replaced, nets fills, and says what became of all.
    pub(super) fn finish(mut self) -> Result<Finished, StoreError> {
        let is_replacing = !self.replacements.is_empty();
        // What netting needs is not held beside it.
        self.known = KnownIds::default();
        let context = self.context;
        if is_replacing && !self.options.is_dry_run {
            let lock: StoreLock = context.lock()?;
            let replacements = take(&mut self.replacements);
            replace(context, &lock, self.log, replacements, self.batch()?)?;
            self.growing = None;
            // Their trades may come out otherwise: all of them are held against the log.
            self.behind = self.behind.max(1);
        }
        let recorded = &mut self.imported.recorded;
        if self.log == Log::Fills && self.file > 0 && !self.options.is_dry_run {
            let lock: StoreLock = context.lock()?;
            let netting = self.netting.filter(|netting| netting.is_whole());
            match netting {
                Some(netting) if recorded.stored > 0 => {
                    netting.finish(&lock, Patience::Unhurried, recorded)?
                }
                _ if is_replacing || recorded.stored > 0 => {
                    net(context, &lock, self.behind, Patience::Unhurried, recorded)?;
                }
                // An import that was stopped may have left fills that nobody has netted.
                _ => net_what_waits(context, &lock, recorded)?,
            }
        }
        self.imported.causes = self.imported.recorded.disputes.causes();
        Ok(Finished { imported: self.imported, batch: self.batch, growing: self.growing })
    }
}
