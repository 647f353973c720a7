//! Where the text of a file comes from, whatever it is packed in, as often as it is read.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::{ImportError, ImportOptions, shown};
use crate::files::Context;
use crate::store::gunzip;
use crate::wire::{
    Container, Kind, SettledRows, StatementRows, container_of, database_lines, decode_utf16, parse_object,
    settled_rows, statement_rows, unwrap_json, unzip, without_rows,
};

/// The most that is read whole, in bytes: archives, UTF-16, and objects that wrap their records.
const MAX_WHOLE_BYTES: u64 = 256 << 20;

/// A text of records.
pub(super) struct Part {
    /// The file; of an archive, with the name inside.
    pub path: PathBuf,
    source: Source,
    /// What its rows say of each other, where they are read one by one all the same.
    settled: Option<SettledRows>,
    /// What was found on the way to it.
    pub notes: Vec<String>,
}

enum Source {
    File { path: PathBuf, is_packed: bool },
    Memory(Vec<u8>),
}

/// Bytes that are read at once.
const AT_ONCE: usize = 1 << 18;

impl Part {
    fn new(path: PathBuf, source: Source, notes: Vec<String>) -> Self {
        Self { path, source, settled: None, notes }
    }

    /// Opens the text from its beginning.
    pub(super) fn open<'p>(&'p self, context: &Context<'_>) -> io::Result<Box<dyn BufRead + 'p>> {
        let text: Box<dyn BufRead + 'p> = match &self.source {
            Source::Memory(text) => Box::new(&text[..]),
            Source::File { path, is_packed } => open(context, path, *is_packed)?,
        };
        Ok(match &self.settled {
            None => text,
            Some(settled) => Box::new(BufReader::with_capacity(AT_ONCE, settled.read(text))),
        })
    }
}

fn open(context: &Context<'_>, path: &Path, is_packed: bool) -> io::Result<Box<dyn BufRead>> {
    let raw = BufReader::with_capacity(AT_ONCE, context.disk.open_user_input(path)?);
    if !is_packed {
        return Ok(Box::new(raw));
    }
    let unpacked = gunzip(raw);
    Ok(Box::new(BufReader::with_capacity(AT_ONCE, unpacked)))
}

/// The texts of a file: one, or those of an archive.
pub(super) fn parts_of(
    context: &Context<'_>,
    path: &Path,
    options: &ImportOptions,
) -> Result<Vec<Part>, ImportError> {
    let failed = |source| ImportError::Input { path: path.to_owned(), source };
    let bad = |source| ImportError::Form { path: path.to_owned(), source };
    let mut is_packed = false;
    let mut input = open(context, path, false).map_err(failed)?;
    let mut container = container_of(input.fill_buf().map_err(failed)?).map_err(bad)?;
    if container == Container::Gzip {
        is_packed = true;
        input = open(context, path, true).map_err(failed)?;
        container = container_of(input.fill_buf().map_err(failed)?).map_err(bad)?;
    }
    match container {
        Container::Gzip => Err(bad(crate::wire::FormatError::Other {
            what: "a file packed with gzip twice".into(),
            hint: "unpack it once: gunzip FILE".into(),
        })),
        Container::Sqlite => {
            drop(input);
            let Some((file, wal)) = database(context, path, is_packed).map_err(failed)? else {
                return Err(bad(crate::wire::FormatError::Other {
                    what: "an SQLite database that is written to while it is read".into(),
                    hint: "copy it first, and import the copy: sqlite3 FILE '.backup COPY'".into(),
                }));
            };
            let journal = beside(context, path, "-journal").map_err(failed)?;
            let text = database_lines(file, wal, &journal, options.strategy.as_deref()).map_err(bad)?;
            let notes = vec!["an SQLite database".to_owned()];
            Ok(vec![Part::new(path.to_owned(), Source::Memory(text), notes)])
        }
        Container::Text => {
            let source = Source::File { path: path.to_owned(), is_packed };
            let part = Part::new(path.to_owned(), source, Vec::new());
            Ok(vec![unwrapped(context, part, options)?])
        }
        Container::Utf16 => {
            let text = decode_utf16(&whole(input).map_err(failed)?).into_bytes();
            container_of(&text).map_err(bad)?; // What is named, not read, is so in UTF-16 too.
            let source = Source::Memory(text);
            let part = Part::new(path.to_owned(), source, vec!["UTF-16".to_owned()]);
            Ok(vec![unwrapped(context, part, options)?])
        }
        Container::Zip => {
            let entries = unzip(&whole(input).map_err(failed)?).map_err(bad)?;
            let is_one = entries.len() == 1;
            let mut parts = Vec::new();
            for (name, bytes) in entries {
                let is_utf16 = container_of(&bytes).map_err(bad)? == Container::Utf16;
                let text = if is_utf16 { decode_utf16(&bytes).into_bytes() } else { bytes };
                let path = shown(path, Some(&name).filter(|_| !is_one).map(String::as_str));
                let notes = vec![format!("{name} in a zip")];
                parts.push(unwrapped(context, Part::new(path, Source::Memory(text), notes), options)?);
            }
            Ok(parts)
        }
    }
}

/// A database and its write-ahead log, of one moment; `None` where a program begins the log anew each time that they are
/// read.
fn database(context: &Context<'_>, path: &Path, is_packed: bool) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    for _ in 0..2 {
        let before = beside(context, path, "-wal")?;
        let file = whole(open(context, path, is_packed)?)?;
        let wal = beside(context, path, "-wal")?;
        // A log that was begun anew has other salts, in its head: its pages are then in the file, or in part.
        let is_same = before.len() == wal.len() && before.iter().take(32).eq(wal.iter().take(32));
        if is_same {
            return Ok(Some((file, wal)));
        }
    }
    Ok(None)
}

/// What a program keeps beside its database while it works; nothing where there is no such file.
fn beside(context: &Context<'_>, path: &Path, ending: &str) -> io::Result<Vec<u8>> {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    let path = PathBuf::from(name);
    if !context.disk.stat(&path)?.is_some_and(|stat| stat.is_file) {
        return Ok(Vec::new());
    }
    whole(open(context, &path, false)?)
}

fn whole(input: Box<dyn BufRead + '_>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_WHOLE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_WHOLE_BYTES {
        return Err(io::Error::other(
            "more than 256 MiB that has to be read whole; write it as CSV or JSON Lines",
        ));
    }
    Ok(bytes)
}

/// The records of an object that wraps them, in its place.
fn unwrapped(context: &Context<'_>, part: Part, options: &ImportOptions) -> Result<Part, ImportError> {
    let failed = |source| ImportError::Input { path: part.path.clone(), source };
    let rows = {
        let mut input = part.open(context).map_err(failed)?;
        let head = input.fill_buf().map_err(failed)?;
        let head = String::from_utf8_lossy(&head[..head.len().min(16_000)]);
        if head.trim_start().starts_with(['{', '[']) { None } else { statement_rows(&head) }
    };
    match rows {
        Some(StatementRows::OneByOne) => {
            let settled = settled_rows(|| part.open(context)).map_err(failed)?;
            return Ok(Part { settled, ..part });
        }
        Some(StatementRows::Whole(unwrap)) => {
            let text = whole(part.open(context).map_err(failed)?).map_err(failed)?;
            let text = String::from_utf8_lossy(&text);
            let lines = unwrap(&text);
            if lines.trim().is_empty()
                && let Some(source) = without_rows(&text)
            {
                return Err(ImportError::Form { path: part.path.clone(), source });
            }
            return Ok(Part { source: Source::Memory(lines.into_bytes()), ..part });
        }
        None => {}
    }
    let may_wrap = {
        let mut input = part.open(context).map_err(failed)?;
        let head = input.fill_buf().map_err(failed)?;
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let (first, rest) = text.split_at(text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len()));
        let is_lines = !rest.trim_ascii().is_empty() && parse_object(first).is_ok();
        text.starts_with(b"{") && !is_lines
    };
    if !may_wrap {
        return Ok(part);
    }
    let text = whole(part.open(context).map_err(failed)?).map_err(failed)?;
    let records = unwrap_json(&text, Kind::Exit, options.strategy.as_deref());
    match records.map_err(|source| ImportError::Form { path: part.path.clone(), source })? {
        None => Ok(part),
        Some(lines) => Ok(Part { source: Source::Memory(lines), ..part }),
    }
}
