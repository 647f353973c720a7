//! Tables of an SQLite database, as its published file format has them: enough to read the trades that another program
//! keeps in one. Nothing is written, no index is used, and work and memory follow the size of the file, whatever it says
//! of itself.

mod pages;
mod record;
mod schema;

use std::collections::HashSet;

use serde_json::Value;

use super::MAX_LINE_BYTES;
use super::input::JsonObject;
use pages::{Pages, u16_at, u32_at};
use record::{values, varint};
use schema::{Columns, columns};

/// Why a database cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SqliteError {
    /// Something in it is not as the format has it.
    #[error("an SQLite database that is damaged: {0} cannot be read")]
    Damaged(&'static str),
}

/// A table.
#[derive(Clone, Debug)]
struct Table {
    name: String,
    root: u32,
    columns: Columns,
    has_row_ids: bool,
}

/// A database that was opened.
#[derive(Debug)]
pub(super) struct Database {
    pages: Pages,
    tables: Vec<Table>,
}

/// Levels of pages that a table can have.
const MAX_DEPTH: usize = 20;

impl Database {
    /// Opens a database, with what its write-ahead log has committed.
    ///
    /// # Errors
    /// [`SqliteError`].
    pub(super) fn open(file: Vec<u8>, wal: Vec<u8>) -> Result<Self, SqliteError> {
        let pages = Pages::open(file, wal)?;
        let mut tables = Vec::new();
        walk(&pages, 1, |_, record| {
            let row = values(record, pages.encoding)?;
            let word = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default();
            let root = row.get(3).and_then(Value::as_u64).and_then(|root| u32::try_from(root).ok());
            if word(0) == "table"
                && let Some(root) = root
            {
                let has_row_ids = !word(4).to_uppercase().contains("WITHOUT ROWID");
                tables.push(Table { name: word(1).into(), root, columns: columns(word(4)), has_row_ids });
            }
            Ok(())
        })?;
        Ok(Self { pages, tables })
    }

    /// The names of its tables.
    pub(super) fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| table.name.as_str())
    }

    /// The columns of a table; `None` when there is no such table.
    pub(super) fn columns(&self, table: &str) -> Option<&[String]> {
        Some(&self.tables.iter().find(|found| found.name == table)?.columns.names)
    }

    /// Hands out the rows of a table, under the names of its columns. Columns that were added after a row was written
    /// are null in it.
    ///
    /// # Errors
    /// [`SqliteError`].
    pub(super) fn rows(&self, table: &str, mut each: impl FnMut(JsonObject)) -> Result<(), SqliteError> {
        let Some(table) = self.tables.iter().find(|found| found.name == table) else { return Ok(()) };
        if !table.has_row_ids {
            return Err(SqliteError::Damaged("a table without numbered rows"));
        }
        // Every value but those of columns that were added later has a byte in the file.
        let mut room = 8 * self.pages.len();
        walk(&self.pages, table.root, |row_id, record| {
            let wanted = table.columns.names.iter().map(|name| 1 + name.len() / 32).sum();
            room = room.checked_sub(wanted).ok_or(SqliteError::Damaged("the columns of a table"))?;
            let mut row = values(record, self.pages.encoding)?.into_iter();
            let mut object = JsonObject::new();
            for (at, name) in table.columns.names.iter().enumerate() {
                let value = row.next().unwrap_or(Value::Null);
                let is_id = table.columns.row_id == Some(at) && value.is_null();
                object.insert(name.clone(), if is_id { row_id.into() } else { value });
            }
            each(object);
            Ok(())
        })
    }
}

/// Hands out number and bytes of each record below a page, in the order of their numbers.
fn walk(
    pages: &Pages,
    root: u32,
    mut each: impl FnMut(i64, &[u8]) -> Result<(), SqliteError>,
) -> Result<(), SqliteError> {
    let mut walk = Walk { pages, seen: HashSet::new(), room: pages.len() };
    // Pages that are still to be read, the next one last, with their depth.
    let mut next = vec![(root, 0)];
    while let Some((number, depth)) = next.pop() {
        walk.visit(number)?;
        let page = pages.page(number)?;
        let cells = Cells::of(page, number, pages.usable)?;
        if cells.is_leaf {
            for at in cells.offsets() {
                let (row_id, record) = walk.cell(page, at?)?;
                each(row_id, &record)?;
            }
            continue;
        }
        if depth >= MAX_DEPTH {
            return Err(SqliteError::Damaged("the depth of a table"));
        }
        let child = |at: usize| u32_at(page, at).ok_or(SqliteError::Damaged("a page of a table"));
        next.push((child(cells.head + 8)?, depth + 1));
        for at in cells.offsets().rev() {
            next.push((child(at?)?, depth + 1));
        }
    }
    Ok(())
}

/// The cells of a page of a table.
struct Cells<'p> {
    page: &'p [u8],
    head: usize,
    is_leaf: bool,
    count: usize,
}

impl<'p> Cells<'p> {
    fn of(page: &'p [u8], number: u32, usable: usize) -> Result<Self, SqliteError> {
        // The first page begins with the header of the file.
        let head = if number == 1 { 100 } else { 0 };
        let is_leaf = match page.get(head) {
            Some(0x0d) => true,
            Some(0x05) => false,
            _ => return Err(SqliteError::Damaged("a page of a table")),
        };
        let count = usize::from(u16_at(page, head + 3).unwrap_or(0));
        if count > usable / 2 {
            return Err(SqliteError::Damaged("a page of a table"));
        }
        Ok(Self { page, head, is_leaf, count })
    }

    /// Where each cell begins.
    fn offsets(&self) -> impl DoubleEndedIterator<Item = Result<usize, SqliteError>> {
        let first = self.head + if self.is_leaf { 8 } else { 12 };
        (0..self.count).map(move |at| {
            let at = u16_at(self.page, first + 2 * at);
            at.map(usize::from).ok_or(SqliteError::Damaged("a page of a table"))
        })
    }
}

/// What keeps a walk within the size of the file: each page is visited once, and no more bytes are taken than there are.
struct Walk<'p> {
    pages: &'p Pages,
    seen: HashSet<u32>,
    room: usize,
}

impl Walk<'_> {
    fn visit(&mut self, number: u32) -> Result<(), SqliteError> {
        if !self.seen.insert(number) || self.seen.len() > self.pages.count() {
            return Err(SqliteError::Damaged("a page that is in a table twice"));
        }
        Ok(())
    }

    /// Number and bytes of a record, with the part of it that stands on other pages.
    fn cell(&mut self, page: &[u8], at: usize) -> Result<(i64, Vec<u8>), SqliteError> {
        let damaged = || SqliteError::Damaged("a cell of a table");
        let rest = page.get(at..self.pages.usable).ok_or_else(damaged)?;
        let (len, first) = varint(rest).ok_or_else(damaged)?;
        let (row_id, second) = varint(&rest[first..]).ok_or_else(damaged)?;
        let len = usize::try_from(len).ok().filter(|len| *len <= MAX_LINE_BYTES).ok_or_else(damaged)?;
        self.room = self.room.checked_sub(len.max(1)).ok_or_else(damaged)?;
        let body = &rest[first + second..];
        let local = local_len(len, self.pages.usable);
        let mut record = body.get(..local).ok_or_else(damaged)?.to_vec();
        if local < len {
            let mut next = u32_at(body, local).ok_or_else(damaged)?;
            while record.len() < len {
                self.visit(next)?;
                let page = self.pages.page(next)?;
                let wanted = (len - record.len()).min(self.pages.usable - 4);
                record.extend_from_slice(page.get(4..4 + wanted).ok_or_else(damaged)?);
                next = u32_at(page, 0).ok_or_else(damaged)?;
            }
        }
        Ok((row_id as i64, record))
    }
}

/// How much of a record stands in its cell (file format, section 1.6).
fn local_len(len: usize, usable: usize) -> usize {
    let most = usable - 35;
    if len <= most {
        return len;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let some = least + (len - least) % (usable - 4);
    if some <= most { some } else { least }
}

#[cfg(test)]
mod tests;
