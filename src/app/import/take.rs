//! The second look at a file: its rows into records, and the records that are not there yet into the log.

use std::collections::HashSet;
use std::path::PathBuf;

use rayon::prelude::*;

use super::agreement::agreeing;
use super::disputes::Disputes;
use super::known::{Known, KnownIds, hash};
use super::refused::RefusedRows;
use super::survey::Plan;
use super::{ImportError, ImportOptions, Imported};
use crate::app::corrections::{Replacement, replace};
use crate::app::record::{
    Candidate, Patience, Refused, Standing, Taken, candidate_of, drain_spool, load_checkpoint, net,
    net_what_waits, note_rejected, standing, with_leg,
};
use crate::files::fill_books::FillBooks;
use crate::files::{Context, checkpointed_log};
use crate::store::{
    BatchFile, Log, Packing, Position, Rejected, Row as LogRow, ScanOptions, StoreError, StoreLock, scan,
};
use crate::wire::{
    ExitRules, Piece, Row, WireError, fill_content, fill_identity, read_stored_fill, read_stored_outcome,
};

/// Rows that are read and written together.
const BATCH: usize = 8_192;

/// What a row turned out to be.
enum Done {
    Trade(Box<Candidate>),
    Nothing,
    Open,
    Event(String),
    Refused(String),
}

pub(super) struct Sink<'a, 'd> {
    context: &'a Context<'d>,
    options: &'a ImportOptions,
    rules: ExitRules,
    paths: Vec<PathBuf>,
    known: KnownIds,
    end: Option<Position>,
    batch: Option<BatchFile>,
    replacements: Vec<Replacement>,
    /// The log into which the rows go.
    log: Log,
    /// Rows of it that its checkpoint has not seen: of fills, their trades may be there.
    behind: u64,
    disputes: Disputes,
    file: u32,
    imported: Imported,
}

impl<'a, 'd> Sink<'a, 'd> {
    pub(super) fn new(
        context: &'a Context<'d>,
        options: &'a ImportOptions,
        rules: ExitRules,
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
            log,
            behind: 0,
            disputes: Disputes::default(),
            file: 0,
            imported: Imported::default(),
        }
    }

    /// Takes the trades of a file.
    pub(super) fn file(&mut self, plan: &Plan) -> Result<(), ImportError> {
        let path = &plan.part.path;
        let failed = |source| ImportError::Input { path: path.clone(), source };
        self.file += 1;
        self.imported.files.push(plan.report.clone());
        self.imported.recorded.is_of_fills |= self.log == Log::Fills;
        self.context.progress.begin("importing trades", Some(plan.report.rows));
        let mut splitter = plan.reader.split(plan.part.open(self.context).map_err(failed)?);
        let mut refused = RefusedRows::default();
        let mut pieces: Vec<Piece> = Vec::with_capacity(BATCH);
        let mut is_more = true;
        while is_more {
            let mut count = 0;
            while count < BATCH && is_more {
                if pieces.len() == count {
                    pieces.push(Piece::default());
                }
                is_more = splitter.next(&mut pieces[count]).map_err(failed)?;
                count += usize::from(is_more);
            }
            let read = |piece: &Piece| self.read(plan, piece);
            let done: Vec<Done> = pieces[..count].par_iter().map(read).collect();
            self.context.progress.advance(count as u64);
            self.take(done, &pieces, plan.is_descending, &mut refused)?;
            if refused.is_hopeless() {
                break;
            }
        }
        self.context.progress.end();
        refused.settle(self.context, self.options.is_dry_run, &mut self.imported.recorded, path)
    }

    fn read(&self, plan: &Plan, piece: &Piece) -> Done {
        let read = || -> Result<Done, WireError> {
            Ok(match plan.reader.row(piece, &plan.conventions)? {
                Row::Blank | Row::Total => Done::Nothing,
                Row::Record(fields) => match candidate_of(self.context, self.log, fields, &self.rules)? {
                    Taken::Record(mut candidate) => {
                        candidate.line = piece.line;
                        Done::Trade(candidate)
                    }
                    Taken::Open => Done::Open,
                    Taken::Event(word) => Done::Event(word),
                    Taken::TooWeak => Done::Nothing,
                },
            })
        };
        read().unwrap_or_else(|why| Done::Refused(why.to_string()))
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
                Done::Trade(candidate) => candidates.push(*candidate),
                Done::Nothing => {}
                Done::Open => self.imported.recorded.open += 1,
                Done::Event(word) => *self.imported.recorded.events.entry(word).or_default() += 1,
                Done::Refused(why) => refused.push(piece, why),
            }
        }
        refused.taken += candidates.len() as u64;
        refused.write_if_many(self.context, self.options.is_dry_run, &mut self.imported.recorded);
        if candidates.is_empty() { Ok(()) } else { self.store(candidates, is_descending) }
    }

    /// Stores what is not there yet, under the lock.
    fn store(&mut self, candidates: Vec<Candidate>, is_descending: bool) -> Result<(), StoreError> {
        let context = self.context;
        if self.options.is_dry_run {
            if self.end.is_none() {
                self.learn_ids()?;
            }
            return self.sort_out(candidates).map(drop);
        }
        let lock = context.lock()?;
        if self.end.is_none() {
            drain_spool(context, &lock, &mut self.imported.recorded);
        }
        let mut writer = checkpointed_log::open_writer(context, self.log, &lock)?;
        if self.end.is_none_or(|end| writer.len().is_ok_and(|len| len != end.len)) {
            let mut recorded = std::mem::take(&mut self.imported.recorded);
            let is_first = self.end.is_none();
            let read = load_checkpoint(context, &mut writer, &mut recorded, || {
                let report = self.learn_ids()?;
                Ok(((), report))
            });
            self.imported.recorded = recorded;
            read?;
            if is_first && self.log == Log::Fills {
                let seen = FillBooks::load(context).position;
                self.behind = self.end.unwrap_or_default().rows.saturating_sub(seen.rows);
            }
        }
        let mut rows: Vec<LogRow> =
            self.sort_out(candidates)?.into_iter().map(|candidate| candidate.row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        // In the order of exits, so that a block holds a short span of time; those of one moment in the order in
        // which they happened, which a file with the newest first has the other way round.
        if is_descending {
            rows.reverse();
        }
        rows.sort_by_key(|row| row.event_us);
        self.note_batch(&rows)?;
        let appended = writer.append(self.end.unwrap_or_default(), &rows, Packing::Sealed)?;
        self.end = Some(appended.end);
        self.imported.recorded.unconfirmed |= !appended.durable;
        self.imported.recorded.stored += rows.len() as u64;
        drop(lock);
        Ok(())
    }

    /// Names the rows by which the import can be taken back, before they are in the log.
    fn note_batch(&mut self, rows: &[LogRow]) -> Result<(), StoreError> {
        if self.batch.is_none() {
            let names = self.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
            let batch = BatchFile::begin(
                self.context.disk,
                &self.context.layout,
                &self.context.now.to_string(),
                &names,
            )?;
            self.imported.batch = Some(batch.id().to_owned());
            self.batch = Some(batch);
        }
        match &self.batch {
            Some(batch) => batch.add(self.context.disk, rows.iter().map(|row| &row.line[..])),
            None => Ok(()),
        }
    }

    /// Reads the ids behind what is known.
    fn learn_ids(&mut self) -> Result<crate::store::ScanReport, StoreError> {
        let read = |chunk: crate::store::Chunk<'_>| -> Vec<(u64, u64)> {
            let log = self.log;
            let of = |line: &[u8]| {
                if log == Log::Fills {
                    let fill = read_stored_fill(line).ok()?;
                    return Some((hash(&fill_identity(&fill)), fill_content(&fill)));
                }
                let stored = read_stored_outcome(line).ok()?;
                let facts = stored.facts();
                Some((hash(checkpointed_log::position_id(facts.trade_id)), facts.content))
            };
            chunk.lines().filter_map(of).collect()
        };
        let path = self.context.layout.log(self.log);
        let options = ScanOptions { from: self.end.unwrap_or_default(), after_us: None };
        let known = &mut self.known;
        let report = scan(self.context.disk, &path, options, read, |_, found| {
            for (id, content) in found {
                known.add(id, Known { content, file: 0, count: 0 });
            }
        })?;
        self.end = Some(report.end);
        Ok(report)
    }

    /// The records that are not there yet.
    fn sort_out(&mut self, candidates: Vec<Candidate>) -> Result<Vec<Candidate>, StoreError> {
        let mut fresh = Vec::with_capacity(candidates.len());
        let mut conflicts = Vec::new();
        // What is there as it comes is found first: what is left over is then new, or another reading.
        let (there, rest): (Vec<Candidate>, Vec<Candidate>) =
            candidates.into_iter().partition(|candidate| self.known.claim(candidate, self.file));
        self.imported.recorded.already_there += there.len() as u64;
        for mut candidate in rest {
            let standing = if candidate.is_unnamed {
                self.known.number(&mut candidate, self.file)
            } else {
                standing(
                    candidate.content,
                    self.known.contents(hash(&candidate.id)),
                    self.log == Log::Outcomes,
                )
            };
            let id = hash(&candidate.id);
            let may_replace = self.options.is_replacing
                && self.known.contents(id).count() == 1
                && self.known.get(id).is_some_and(|known| known.file == 0);
            match standing {
                Standing::AlreadyThere => self.imported.recorded.already_there += 1,
                Standing::Conflict | Standing::Leg(_) if may_replace => {
                    self.imported.replaced += 1;
                    self.known.replace(id, candidate.content, self.file);
                    self.replacements.push(Replacement { id: candidate.id, line: candidate.row.line });
                }
                Standing::Conflict => {
                    self.known.take_for(id, self.file);
                    conflicts.push(candidate);
                }
                Standing::New | Standing::Leg(_) => {
                    if let Standing::Leg(number) = standing {
                        with_leg(&mut candidate, number);
                        self.imported.recorded.legs += 1;
                    }
                    self.count(&mut candidate);
                    self.known.add(id, Known { content: candidate.content, file: self.file, count: 1 });
                    fresh.push(candidate);
                }
            }
        }
        if self.options.is_dry_run {
            self.imported.recorded.stored += fresh.len() as u64;
        }
        self.settle(conflicts)?;
        Ok(fresh)
    }

    fn count(&mut self, candidate: &mut Candidate) {
        let recorded = &mut self.imported.recorded;
        recorded.disputed += u64::from(candidate.dispute.is_some());
        recorded.defaulted += u64::from(candidate.is_defaulted);
        if let Some(dispute) = &candidate.dispute {
            self.disputes.push(dispute);
        }
        let place = format!("line {}: ", candidate.line);
        let warnings = std::mem::take(&mut candidate.warnings);
        // What is counted needs no sentence for each.
        let told = warnings.into_iter().filter(|_| candidate.dispute.is_none());
        recorded.warnings.extend(told.map(|warning| place.clone() + &warning));
    }

    /// Counts records as there that say what is there, in another form of file; of the others it is said that they
    /// contradict it.
    fn settle(&mut self, conflicts: Vec<Candidate>) -> Result<(), StoreError> {
        let agreeing =
            if self.log == Log::Outcomes { agreeing(self.context, &conflicts)? } else { HashSet::new() };
        self.imported.recorded.already_there += agreeing.len() as u64;
        let conflicts: Vec<(u64, String, Vec<u8>)> = conflicts
            .into_iter()
            .enumerate()
            .filter(|(at, _)| !agreeing.contains(at))
            .map(|(_, candidate)| {
                let id = candidate.id.rsplit('\u{1f}').next().unwrap_or_default();
                let why = format!("{id} is there already with another content");
                (candidate.line, why, candidate.row.line)
            })
            .collect();
        if !self.options.is_dry_run {
            let at = self.context.now.to_string();
            let reject = |(line, why, text): &(u64, String, Vec<u8>)| {
                Rejected::new(at.clone(), "import", *line, why.clone(), text.trim_ascii())
            };
            let rejected: Vec<Rejected<'_>> = conflicts.iter().map(reject).collect();
            note_rejected(self.context, &rejected, &mut self.imported.recorded);
        }
        let refused = conflicts.into_iter().map(|(line, why, _)| Refused { line, why });
        self.imported.recorded.conflicts.extend(refused);
        Ok(())
    }

    /// Replaces what is to be replaced, nets fills, and says what became of all; with the batch, for rows that go into
    /// another log.
    pub(super) fn finish(mut self) -> Result<(Imported, Option<BatchFile>), StoreError> {
        let is_replacing = !self.replacements.is_empty();
        // What netting needs is not held beside it.
        self.known = KnownIds::default();
        let context = self.context;
        let recorded = &mut self.imported.recorded;
        if is_replacing && !self.options.is_dry_run {
            let lock: StoreLock = context.lock()?;
            replace(context, &lock, self.log, std::mem::take(&mut self.replacements))?;
            // Their trades may come out otherwise: all of them are held against the log.
            self.behind = self.behind.max(1);
        }
        if self.log == Log::Fills && self.file > 0 && !self.options.is_dry_run {
            let lock: StoreLock = context.lock()?;
            if is_replacing || recorded.stored > 0 {
                net(context, &lock, self.behind, Patience::Unhurried, recorded)?;
            } else {
                // An import that was stopped may have left fills that nobody has netted.
                net_what_waits(context, &lock, recorded)?;
            }
        }
        self.imported.causes = self.disputes.causes();
        Ok((self.imported, self.batch))
    }
}
