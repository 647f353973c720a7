//! `import`: trades from other programs' files, in sealed blocks, each once.

use std::collections::HashSet;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use super::Context;
use super::record::{
    Candidate, Keep, Recorded, candidate_of, drain_spool, load_checkpoint, note_rejected, save_outcomes,
};
use crate::files::checkpointed_log;
use crate::store::{Log, Packing, Rejected, Row, ScanOptions, StoreError, Writer, gunzip, lock_store, scan};
use crate::wire::{
    ColumnMap, JsonObject, MapError, TimeForm, WireError, freqtrade_event, looks_like_freqtrade,
    parse_object, read_freqtrade, read_sheet, read_stored_outcome, split_records, unzip_result,
};

/// Trades that are written together.
const BATCH: usize = 20_000;

/// How to read the files.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Columns that stand for fields.
    pub columns: ColumnMap,
    /// Of a freqtrade result, only this strategy.
    pub strategy: Option<String>,
    /// The zone of times that have none.
    pub times: TimeForm,
}

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened or read.
    #[error("{}: cannot be read: {source}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is of no kind that is understood.
    #[error("{}: {source}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: WireError,
    },
    /// A column that was named is not there.
    #[error("{}: {source}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: MapError,
    },
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What became of the files.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// What became of their trades.
    pub recorded: Recorded,
    /// freqtrade trades that are still open, passed over.
    pub open: u64,
    /// The currency of the results, where a file says it is not the store's.
    pub other_currency: Option<String>,
}

/// Brings in the trades of `files`. A trade that is in the log already is passed over, so that an import
/// can be repeated.
///
/// # Errors
/// [`ImportError`]; what was read before it is stored. Refused trades are no error.
pub fn import(
    context: &Context<'_>,
    files: &[PathBuf],
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    let waiting = &mut || context.progress.waiting_for_lock();
    let lock = lock_store(context.disk, &context.layout, context.lock_timeout(), waiting)?;
    let mut imported = Imported::default();
    drain_spool(context, &lock, &mut imported.recorded);
    let mut writer = checkpointed_log::open_writer(context, Log::Outcomes, &lock)?;
    let known = load_checkpoint(context, &mut writer, &mut imported.recorded, || known_ids(context))?;
    let mut sink = Sink { context, writer, known: known.0, end: known.1, batch: Vec::new(), imported };
    let mut outcome = Ok(());
    for path in files {
        outcome = sink.file(path, options);
        if outcome.is_err() {
            break;
        }
    }
    sink.flush()?;
    let imported = sink.imported;
    if imported.recorded.stored > 0 {
        let known = checkpointed_log::outcomes(context)?;
        save_outcomes(context, known, Keep::Always)?;
    }
    outcome.map(|()| imported)
}

type EntryFeatures = (HashSet<u64>, crate::store::Position);

/// The ids of all trades in the log, as hashes, and its end.
fn known_ids(context: &Context<'_>) -> Result<(EntryFeatures, crate::store::ScanReport), StoreError> {
    let mut known = HashSet::new();
    let ids = |chunk: crate::store::Chunk<'_>| -> Vec<u64> {
        chunk
            .lines()
            .filter_map(|line| Some(hash(read_stored_outcome(line).ok()?.facts().trade_id)))
            .collect()
    };
    let path = context.layout.log(Log::Outcomes);
    let report = scan(context.disk, &path, ScanOptions::default(), ids, |_, ids| known.extend(ids))?;
    Ok(((known, report.end), report))
}

fn hash(id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes())
}

struct Sink<'a, 'd> {
    context: &'a Context<'d>,
    writer: Writer<'d>,
    known: HashSet<u64>,
    end: crate::store::Position,
    batch: Vec<Row>,
    imported: Imported,
}

/// What a file looks like.
enum Form {
    FiguresByWindow { freqtrade: bool },
    Result,
    Lines,
}

impl Sink<'_, '_> {
    fn file(&mut self, path: &Path, options: &ImportOptions) -> Result<(), ImportError> {
        let failed = |source| ImportError::Input { path: path.to_owned(), source };
        let bad = |source| ImportError::Form { path: path.to_owned(), source };
        let raw = self.context.disk.open_user_input(path).map_err(failed)?;
        let mut input = io::BufReader::with_capacity(1 << 20, raw);
        let start = input.fill_buf().map_err(failed)?;
        let mut input: Box<dyn BufRead + '_> = if start.starts_with(&[0x1f, 0x8b]) {
            Box::new(io::BufReader::with_capacity(1 << 20, gunzip(input)))
        } else {
            Box::new(input)
        };
        self.context.progress.begin("importing trades", None);
        let start = input.fill_buf().map_err(failed)?;
        if start.starts_with(b"PK\x03\x04") {
            let mut bytes = Vec::new();
            input.read_to_end(&mut bytes).map_err(failed)?;
            let text = unzip_result(&bytes).map_err(bad)?;
            return self.result(&text, options).map_err(|e| e.of(path));
        }
        match form_of(start) {
            Form::FiguresByWindow { freqtrade: false } => {
                let rows = read_sheet(input, &options.columns)
                    .map_err(|source| ImportError::Column { path: path.to_owned(), source })?;
                for (line, row) in rows {
                    self.take(line, row, options.times, Vec::new())?;
                }
            }
            Form::FiguresByWindow { freqtrade: true } => {
                let rows = read_sheet(input, &ColumnMap::verbatim())
                    .map_err(|source| ImportError::Column { path: path.to_owned(), source })?;
                for (line, row) in rows {
                    match row.map(|map| freqtrade_event(map, options.strategy.as_deref())) {
                        Ok(Some((event, warnings))) => self.take(line, Ok(event), options.times, warnings)?,
                        Ok(None) => self.imported.open += 1,
                        Err(why) => self.take(line, Err(why), options.times, Vec::new())?,
                    }
                }
            }
            Form::Result => {
                let mut text = Vec::new();
                input.read_to_end(&mut text).map_err(failed)?;
                if !is_result(&text) {
                    for (line, text) in split_records(&text) {
                        self.take(line as u64, parse_object(text), options.times, Vec::new())?;
                    }
                    return Ok(());
                }
                self.result(&text, options).map_err(|e| e.of(path))?;
            }
            Form::Lines => {
                let mut line = Vec::new();
                let mut number = 0;
                loop {
                    line.clear();
                    if input.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                        break;
                    }
                    number += 1;
                    if !line.trim_ascii().is_empty() {
                        self.take(number, parse_object(&line), options.times, Vec::new())?;
                    }
                }
            }
        }
        Ok(())
    }

    fn result(&mut self, text: &[u8], options: &ImportOptions) -> Result<(), ResultError> {
        let read = read_freqtrade(text, options.strategy.as_deref()).map_err(ResultError::Form)?;
        self.imported.open += read.open as u64;
        if let Some(currency) = read.currency.filter(|c| *c != self.context.settings.currency) {
            self.imported.other_currency = Some(currency);
        }
        for (at, (event, warnings)) in read.events.into_iter().enumerate() {
            self.take(at as u64 + 1, Ok(event), options.times, warnings).map_err(ResultError::Store)?;
        }
        Ok(())
    }

    /// Takes one trade, or refuses it.
    fn take(
        &mut self,
        line: u64,
        map: Result<JsonObject, WireError>,
        times: TimeForm,
        warnings: Vec<String>,
    ) -> Result<(), StoreError> {
        self.context.progress.advance(1);
        let text = map.as_ref().map(|map| serde_json::to_string(map).unwrap_or_default()).unwrap_or_default();
        let recorded = &mut self.imported.recorded;
        match map.and_then(|map| candidate_of(Log::Outcomes, map, times, self.context)) {
            Ok((Candidate { id, row }, more)) => {
                let place = format!("line {line}: ");
                recorded.warnings.extend(warnings.into_iter().chain(more).map(|w| place.clone() + &w));
                if self.known.insert(hash(&id)) {
                    self.batch.push(row);
                } else {
                    recorded.duplicates += 1;
                }
            }
            Err(why) => {
                recorded.refused.push(super::record::Refused { line, why: why.to_string() });
                let at = self.context.now.to_string();
                let rejected = Rejected::new(at, "import", line, why.to_string(), text.as_bytes());
                note_rejected(self.context, &[rejected], recorded);
            }
        }
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        // In the order of exits, so that a block holds a short span of time.
        self.batch.sort_by_key(|row| row.event_us);
        let appended = self.writer.append(self.end, &self.batch, Packing::Sealed)?;
        self.end = appended.end;
        self.imported.recorded.unconfirmed |= !appended.durable;
        self.imported.recorded.stored += self.batch.len() as u64;
        self.batch.clear();
        Ok(())
    }
}

enum ResultError {
    Form(WireError),
    Store(StoreError),
}

impl ResultError {
    fn of(self, path: &Path) -> ImportError {
        match self {
            Self::Form(source) => ImportError::Form { path: path.to_owned(), source },
            Self::Store(source) => ImportError::Store(source),
        }
    }
}

/// Tells JSON from CSV by the first bytes, and a freqtrade result from JSON Lines.
fn form_of(start: &[u8]) -> Form {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let first = start.split(|b| *b == b'\n').next().unwrap_or_default();
    if start.first() == Some(&b'{') {
        // A whole record on the first line, with more behind it: JSON Lines. Otherwise one large object.
        let lines = parse_object(first).is_ok() && first.len() < start.len() && !is_result(first);
        return if lines { Form::Lines } else { Form::Result };
    }
    let heading = String::from_utf8_lossy(first);
    Form::FiguresByWindow {
        freqtrade: looks_like_freqtrade(heading.split(',').map(|name| name.trim_matches(['"', '\r', ' ']))),
    }
}

fn is_result(text: &[u8]) -> bool {
    parse_object(text).is_ok_and(|map| map.get("strategy").is_some_and(serde_json::Value::is_object))
}
