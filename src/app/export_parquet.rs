//! `export --parquet`: a table of records as Parquet files, one a session and desk, so that a new session is a new file
//! and the others stay as they are.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Context, Desk, ExportError, Reading};
use crate::domain::{Date, Timestamp, Window};
use crate::files::desks::fold_desks;
use crate::files::record_filter::TradeFilter;
use crate::files::stored_line::StoredLine;
use crate::files::trades_in_window::each_trade;
use crate::store::{Log, ScanOptions, StoreError, replace_user_file, scan};
use crate::wire::{ParquetTable, parquet_file, parse_object, with_currency};

/// What the folders below that of a table are named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// `date=2026-03-02/DESK.parquet`.
    Date,
    /// `desk=DESK/2026-03-02.parquet`.
    Desk,
}

impl Partition {
    const fn key(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Desk => "desk",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Date => Self::Desk,
            Self::Desk => Self::Date,
        }
    }

    /// Where the file of a session of a desk stands below the folder of the table.
    fn path(self, folder: &Path, desk: &str, session: Date) -> PathBuf {
        match self {
            Self::Date => folder.join(format!("date={session}")).join(format!("{desk}.parquet")),
            Self::Desk => folder.join(format!("desk={desk}")).join(format!("{session}.parquet")),
        }
    }
}

/// What was written of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenFiles {
    /// Rows in the files.
    pub rows: u64,
    /// Files, one for each session of a desk.
    pub files: u64,
    /// Of them, those that were not there yet or said something else.
    pub changed: u64,
    /// Files of sessions that have no rows any more.
    pub removed: u64,
}

impl WrittenFiles {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.files += other.files;
        self.changed += other.changed;
        self.removed += other.removed;
    }
}

/// A table that was written out.
#[derive(Clone, Debug)]
pub struct ExportedTable {
    /// The log that it was read from.
    pub log: Log,
    /// What was written.
    pub written: WrittenFiles,
    /// What was read, and what was not.
    pub reading: Reading,
}

const fn log_of(table: ParquetTable) -> Log {
    match table {
        ParquetTable::Trades => Log::Outcomes,
        ParquetTable::Signals => Log::Signals,
        ParquetTable::Missed => Log::Missed,
        ParquetTable::Fills => Log::Fills,
        ParquetTable::News => Log::News,
    }
}

/// Writes a table of the store, or of all desks, of the sessions that lie wholly in a window, below `folder`. What a
/// desk recorded twice is one row, as everywhere.
///
/// # Errors
/// [`ExportError`]; a desk among several that cannot be read is not an error, see [`Reading`].
pub fn export_table(
    context: &Context<'_>,
    table: ParquetTable,
    window: Window,
    folder: &Path,
    partition: Partition,
) -> Result<ExportedTable, ExportError> {
    let folder = folder.join(table.name());
    let other = partition.other().key();
    let entries = context.disk.list(&folder).unwrap_or_default();
    if entries.iter().any(|entry| entry.name.starts_with(&format!("{other}="))) {
        return Err(ExportError::OtherPartition { folder, other });
    }
    let log = log_of(table);
    let write = |own: &Context<'_>,
                 desk: &Desk|
     -> Result<(Result<WrittenFiles, StoreError>, Reading), StoreError> {
        let (rows, reading) = rows_of(own, table, window)?;
        let place = Place { folder: &folder, partition, desk: &desk.name, since: first_session(own, window) };
        // What could not be read may stand in a file that was written before.
        let is_whole = reading.is_whole();
        Ok((write_sessions(own, table, &place, (rows, is_whole)), reading))
    };
    let (written, reading) = if context.is_joined() {
        fold_desks(
            context,
            (log, None),
            || Ok(WrittenFiles::default()),
            |own, desk, _: Option<&TradeFilter>| write(own, desk),
            |all: &mut Result<WrittenFiles, StoreError>, one| match (all.as_mut(), one) {
                (Ok(all), Ok(one)) => all.add(one),
                (Ok(_), Err(error)) => *all = Err(error),
                (Err(_), _) => {}
            },
        )
    } else {
        let desks = context.all_desks();
        write(context, &desks[0])?
    };
    Ok(ExportedTable { log, written: written?, reading })
}

/// The first session of which all rows lie in a window: one that began before it would lose some.
fn first_session(context: &Context<'_>, window: Window) -> Option<Date> {
    let start = window.start(context.seen_from())?;
    context.market().trading_date(start).succ_opt()
}

/// Rows with their moments, in the order of time.
type Rows = Vec<(Timestamp, Box<[u8]>)>;

fn rows_of(
    context: &Context<'_>,
    table: ParquetTable,
    window: Window,
) -> Result<(Rows, Reading), StoreError> {
    match table {
        ParquetTable::Trades => each_trade(context, window, |stored, line| {
            let line = with_currency(line, &context.settings.currency);
            Ok((stored.facts().exit_time, line.into_owned().into()))
        }),
        ParquetTable::Signals | ParquetTable::Missed | ParquetTable::Fills | ParquetTable::News => {
            records(context, log_of(table), window)
        }
    }
}

/// The records of a log in a window, each id once.
fn records(context: &Context<'_>, log: Log, window: Window) -> Result<(Rows, Reading), StoreError> {
    let now = context.seen_from();
    let options =
        ScanOptions { after_us: window.start(now).map(Timestamp::micros), ..ScanOptions::default() };
    let mut reading = Reading::default();
    let mut found: Vec<(Timestamp, String, Box<[u8]>)> = Vec::new();
    let one = |line: &[u8]| {
        let object = parse_object(line).map_err(|why| why.to_string())?;
        let read = StoredLine::of_object(log, line, &object).ok_or("has no id or no time")?;
        let at = Timestamp::from_micros(read.event_us);
        Ok(window.contains(at, now).then(|| (at, read.id, line.into())))
    };
    reading.scan = scan(
        context.disk,
        &context.layout.log(log),
        options,
        |chunk| chunk.lines().map(one).collect::<Vec<Result<_, String>>>(),
        |before, rows| {
            for (at, row) in rows.into_iter().enumerate() {
                match row {
                    Ok(row) => found.extend(row),
                    Err(why) => reading.note_unreadable(before, vec![(at as u64 + 1, why)]),
                }
            }
        },
    )?;
    reading.ignore_live_tail(context, log);
    // Stable: of one moment as they were recorded.
    let mut seen = HashSet::new();
    found.retain(|(_, id, _)| seen.insert(id.clone()));
    found.sort_by_key(|(at, ..)| *at);
    Ok((found.into_iter().map(|(at, _, line)| (at, line)).collect(), reading))
}

/// Where the files of a desk go.
struct Place<'a> {
    folder: &'a Path,
    partition: Partition,
    desk: &'a str,
    /// The first session that is written; all where there is none.
    since: Option<Date>,
}

impl Place<'_> {
    /// The sessions of which there are files of this desk.
    fn sessions_there(&self, context: &Context<'_>) -> Vec<Date> {
        let word = path_word(self.desk);
        let folder = match self.partition {
            Partition::Date => self.folder.to_owned(),
            Partition::Desk => self.folder.join(format!("desk={word}")),
        };
        let date = |name: &str| -> Option<Date> {
            let text = match self.partition {
                Partition::Date => name.strip_prefix("date=")?,
                Partition::Desk => name.strip_suffix(".parquet")?,
            };
            text.parse().ok()
        };
        let entries = context.disk.list(&folder).unwrap_or_default();
        let dates = entries.iter().filter_map(|entry| date(&entry.name));
        let is_there = |session: &Date| {
            let path = self.partition.path(self.folder, &word, *session);
            matches!(context.disk.stat(&path), Ok(Some(stat)) if stat.is_file)
        };
        dates.filter(|session| self.since.is_none_or(|since| *session >= since)).filter(is_there).collect()
    }
}

fn write_sessions(
    context: &Context<'_>,
    table: ParquetTable,
    place: &Place<'_>,
    (rows, is_whole): (Rows, bool),
) -> Result<WrittenFiles, StoreError> {
    let mut sessions: BTreeMap<Date, Vec<Box<[u8]>>> = BTreeMap::new();
    for (at, line) in rows {
        let session = context.market().trading_date(at);
        if place.since.is_none_or(|since| session >= since) {
            sessions.entry(session).or_default().push(line);
        }
    }
    let word = path_word(place.desk);
    let mut written = WrittenFiles::default();
    let there = place.sessions_there(context);
    if !is_whole {
        sessions.retain(|session, _| !there.contains(session));
    }
    for session in there {
        if is_whole && !sessions.contains_key(&session) {
            let path = place.partition.path(place.folder, &word, session);
            context.disk.remove(&path).map_err(|error| StoreError::writing(&path, error))?;
            written.removed += 1;
        }
    }
    // A folder named for the desk says it already.
    let column = (place.partition == Partition::Date).then_some(place.desk);
    let one = |(session, lines): (Date, Vec<Box<[u8]>>)| -> Result<WrittenFiles, StoreError> {
        let path = place.partition.path(place.folder, &word, session);
        let failed = |error| StoreError::writing(&path, error);
        let bytes = parquet_file(table, column, session, &lines).map_err(failed)?;
        let is_new = !holds(context, &path, &bytes);
        if is_new {
            let folder = path.parent().unwrap_or(place.folder);
            context.disk.create_user_folder(folder).map_err(failed)?;
            replace_user_file(context.disk, &path, &bytes).map_err(failed)?;
        }
        Ok(WrittenFiles { rows: lines.len() as u64, files: 1, changed: u64::from(is_new), removed: 0 })
    };
    let done: Vec<Result<WrittenFiles, StoreError>> = sessions.into_par_iter().map(one).collect();
    for one in done {
        written.add(one?);
    }
    Ok(written)
}

/// Whether a file holds just these bytes.
fn holds(context: &Context<'_>, path: &Path, bytes: &[u8]) -> bool {
    let read = || -> std::io::Result<bool> {
        let file = context.disk.open(path)?;
        if file.len()? != bytes.len() as u64 {
            return Ok(false);
        }
        let mut there = vec![0; bytes.len()];
        Ok(file.read_at(&mut there, 0)? == bytes.len() && there == bytes)
    };
    read().unwrap_or(false)
}

/// A name as it stands in a path, with %XX for what engines or file systems would take otherwise, as Hive writes it.
fn path_word(name: &str) -> String {
    let mut word = String::new();
    for (at, byte) in name.bytes().enumerate() {
        let is_plain =
            byte.is_ascii_alphanumeric() || byte == b'-' || (at > 0 && matches!(byte, b'_' | b'.'));
        if is_plain {
            word.push(byte.into());
        } else {
            word += &format!("%{byte:02X}");
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_no_hidden_file() {
        for (name, word) in [
            ("momentum", "momentum"),
            ("..", "%2E."),
            ("_x", "%5Fx"),
            ("a/b=c", "a%2Fb%3Dc"),
            ("é", "%C3%A9"),
        ] {
            assert_eq!(path_word(name), word);
        }
    }
}
