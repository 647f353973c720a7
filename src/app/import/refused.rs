//! Rows that were refused, until it is known whether the whole file is.

use std::path::Path;

use super::ImportError;
use crate::app::record::{Recorded, Refused, note_rejected};
use crate::files::Context;
use crate::store::Rejected;
use crate::wire::Piece;

/// So much refused input is held before it is written, in bytes.
const REJECTED_BYTES: usize = 4 << 20;

/// Rows that were refused, until it is known whether the whole file is.
#[derive(Default)]
pub(super) struct RefusedRows {
    rows: Vec<(u64, String, String)>,
    bytes: usize,
    /// Rows of the file that were taken.
    pub(super) taken: u64,
    count: u64,
    first: Option<(u64, String)>,
    is_one_reason: bool,
}

impl RefusedRows {
    pub(super) fn push(&mut self, piece: &Piece, why: String) {
        let is_first = self.first.is_none();
        let same = self.first.as_ref().is_some_and(|(_, first)| reason(first) == reason(&why));
        self.is_one_reason = is_first || (self.is_one_reason && same);
        self.first.get_or_insert_with(|| (piece.line, why.clone()));
        self.count += 1;
        self.bytes += piece.text.len() + why.len();
        self.rows.push((piece.line, why, piece.text.clone()));
    }

    /// Whether nothing but one reason came so far, and much of it.
    pub(super) fn is_hopeless(&self) -> bool {
        self.taken == 0 && self.is_one_reason && self.bytes > REJECTED_BYTES
    }

    /// Writes what is held once it is much and some rows of the file were taken.
    pub(super) fn write_if_many(&mut self, context: &Context<'_>, is_dry_run: bool, recorded: &mut Recorded) {
        if self.bytes > REJECTED_BYTES && self.taken > 0 {
            self.write(context, is_dry_run, recorded);
        }
    }

    fn write(&mut self, context: &Context<'_>, is_dry_run: bool, recorded: &mut Recorded) {
        let at = context.now.to_string();
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if !is_dry_run {
            let rejected: Vec<Rejected<'_>> = rows
                .iter()
                .map(|(line, why, text)| {
                    Rejected::new(at.clone(), "import", *line, why.clone(), text.as_bytes())
                })
                .collect();
            note_rejected(context, &rejected, recorded);
        }
        recorded.refused.extend(rows.into_iter().map(|(line, why, _)| Refused { line, why }));
    }

    /// Refuses the file as a whole where all its rows are refused for one reason, of a file that was read to its end or not;
    /// else keeps those that are.
    ///
    /// # Errors
    /// [`ImportError::AllRefused`].
    pub(super) fn settle(
        mut self,
        context: &Context<'_>,
        is_dry_run: bool,
        recorded: &mut Recorded,
        (path, is_whole): (&Path, bool),
    ) -> Result<(), ImportError> {
        if self.taken == 0 && self.is_one_reason && self.count > 0 {
            let (line, why) = self.first.take().unwrap_or_default();
            let path = path.to_owned();
            return Err(ImportError::AllRefused { path, rows: self.count, is_whole, line, why });
        }
        self.write(context, is_dry_run, recorded);
        Ok(())
    }
}

/// A reason without what differs from row to row.
fn reason(why: &str) -> String {
    let mut out = String::new();
    let mut in_quotes = false;
    for c in why.chars() {
        match c {
            '"' => in_quotes = !in_quotes,
            c if !in_quotes && !c.is_ascii_digit() => out.push(c),
            _ => {}
        }
    }
    out
}
