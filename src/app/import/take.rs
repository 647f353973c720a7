//! The second look at a file: its rows into records, and the records that are not there yet into the log.

use std::collections::HashMap;
use std::path::PathBuf;

use rayon::prelude::*;

use super::disputes::Disputes;
use super::refused::RefusedRows;
use super::survey::Plan;
use super::{ImportError, ImportOptions, Imported};
use crate::app::corrections::{Replacement, replace};
use crate::app::record::{
    Candidate, Patience, Refused, Standing, Taken, candidate_of, drain_spool, load_checkpoint, net,
    note_rejected, standing, with_leg, with_trade_id,
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

/// What is known of an id.
#[derive(Clone, Copy, Debug)]
struct Known {
    content: u64,
    /// The file of this import that had it last, from 1, and how often.
    file: u32,
    count: u32,
}

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
    known: HashMap<u64, Known>,
    /// Contents of further exits of positions.
    legs: HashMap<u64, Vec<u64>>,
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
            known: HashMap::new(),
            legs: HashMap::new(),
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
            self.sort_out(candidates);
            return Ok(());
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
            self.sort_out(candidates).into_iter().map(|candidate| candidate.row).collect();
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
        let (known, legs) = (&mut self.known, &mut self.legs);
        let report = scan(self.context.disk, &path, options, read, |_, found| {
            for (id, content) in found {
                know(known, legs, id, Known { content, file: 0, count: 0 });
            }
        })?;
        self.end = Some(report.end);
        Ok(report)
    }

    /// The records that are not there yet.
    fn sort_out(&mut self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        let mut fresh = Vec::with_capacity(candidates.len());
        let mut conflicts = Vec::new();
        for mut candidate in candidates {
            if candidate.is_unnamed {
                self.number(&mut candidate);
            }
            let id = hash(&candidate.id);
            let there = self.known.get(&id).map(|known| known.content);
            let legs = self.legs.get(&id).into_iter().flatten().copied();
            let count = there.iter().count() + self.legs.get(&id).map_or(0, Vec::len);
            let standing = standing(
                candidate.content,
                there.into_iter().chain(legs),
                !candidate.is_unnamed && self.log == Log::Outcomes,
            );
            let may_replace = self.options.is_replacing && count == 1 && self.log == Log::Outcomes;
            match standing {
                Standing::AlreadyThere => self.imported.recorded.already_there += 1,
                Standing::Conflict | Standing::Leg(_)
                    if may_replace && self.known.get(&id).is_some_and(|k| k.file == 0) =>
                {
                    self.imported.replaced += 1;
                    if let Some(known) = self.known.get_mut(&id) {
                        (known.content, known.file) = (candidate.content, self.file);
                    }
                    self.replacements.push(Replacement { id: candidate.id, line: candidate.row.line });
                }
                Standing::Conflict => {
                    let id = candidate.id.rsplit('\u{1f}').next().unwrap_or_default();
                    let why = format!("{id} is there already with another content");
                    conflicts.push((candidate.line, why, candidate.row.line));
                }
                Standing::New | Standing::Leg(_) => {
                    if let Standing::Leg(number) = standing {
                        with_leg(&mut candidate, number);
                        self.imported.recorded.legs += 1;
                    }
                    self.count(&mut candidate);
                    let entry = Known { content: candidate.content, file: self.file, count: 1 };
                    know(&mut self.known, &mut self.legs, id, entry);
                    fresh.push(candidate);
                }
            }
        }
        if self.options.is_dry_run {
            self.imported.recorded.stored += fresh.len() as u64;
        }
        self.note_conflicts(conflicts);
        fresh
    }

    /// Equal rows of one file that have no id of their own are several trades. The first of this file may be one
    /// that is there from before; the second is another one.
    fn number(&mut self, candidate: &mut Candidate) {
        let Some(known) = self.known.get_mut(&hash(&candidate.id)) else { return };
        let count = if known.file == self.file { known.count + 1 } else { 1 };
        (known.file, known.count) = (self.file, count);
        if count > 1 {
            let numbered = format!("{}-{count}", candidate.id);
            with_trade_id(candidate, numbered);
        }
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

    fn note_conflicts(&mut self, conflicts: Vec<(u64, String, Vec<u8>)>) {
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
    }

    /// Replaces what is to be replaced, nets fills, and says what became of all; with the batch, for rows that go into
    /// another log.
    pub(super) fn finish(mut self) -> Result<(Imported, Option<BatchFile>), StoreError> {
        let is_netting =
            self.log == Log::Fills && self.imported.recorded.stored > 0 && !self.options.is_dry_run;
        if is_netting {
            let context = self.context;
            let lock: StoreLock = context.lock()?;
            net(context, &lock, self.behind, Patience::Unhurried, &mut self.imported.recorded)?;
        }
        if !self.replacements.is_empty() && !self.options.is_dry_run {
            let context = self.context;
            let lock: StoreLock = context.lock()?;
            replace(context, &lock, std::mem::take(&mut self.replacements))?;
        }
        self.imported.causes = self.disputes.causes();
        Ok((self.imported, self.batch))
    }
}

fn know(known: &mut HashMap<u64, Known>, legs: &mut HashMap<u64, Vec<u64>>, id: u64, entry: Known) {
    match known.entry(id) {
        std::collections::hash_map::Entry::Vacant(place) => {
            place.insert(entry);
        }
        std::collections::hash_map::Entry::Occupied(_) => legs.entry(id).or_default().push(entry.content),
    }
}

fn hash(id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes())
}
