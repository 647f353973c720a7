//! `export`: the stored trades as they are, in the order of the file, each with its currency.

use std::io;
use std::path::PathBuf;

use super::{Context, Reading};
use crate::domain::{Timestamp, Window};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{read_stored_outcome, with_currency};

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The folder has files under other names, which would count twice.
    #[error("{}: holds files by {other} already", .folder.display())]
    OtherPartition {
        /// The folder of the table.
        folder: PathBuf,
        /// By what it is divided.
        other: &'static str,
    },
    /// The output takes no more.
    #[error("{0}")]
    Output(#[from] io::Error),
}

/// Hands every stored line of a window to `sink`, in the order of the file, with the account's currency where it says none.
///
/// # Errors
/// [`ExportError`]; damage is not an error, see [`Reading`].
pub fn export(
    context: &Context<'_>,
    window: Window,
    sink: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<Reading, ExportError> {
    let now = context.seen_from();
    let options =
        ScanOptions { after_us: window.start(now).map(Timestamp::micros), ..ScanOptions::default() };
    let mut reading = Reading::default();
    let mut failed = None;
    let currency = &context.settings.currency;
    let wanted = |line: &[u8]| -> Result<Option<Vec<u8>>, String> {
        let stored = read_stored_outcome(line).map_err(|why| why.to_string())?;
        let late = context.as_of.is_some_and(|as_of| stored.was_written_after(as_of));
        // Everything means everything, also what lies in the future.
        let inside = match (window, context.as_of) {
            (Window::All, None) => true,
            _ => window.contains(stored.facts().exit_time, now),
        };
        Ok((inside && !late).then(|| with_currency(line, currency).into_owned()))
    };
    reading.scan = scan(
        context.disk,
        &context.layout.log(Log::Outcomes),
        options,
        |chunk| chunk.lines().map(wanted).collect::<Vec<_>>(),
        |before, rows| {
            for (at, row) in rows.into_iter().enumerate() {
                match row {
                    Ok(Some(line)) if failed.is_none() => failed = sink(&line).err(),
                    Ok(_) => {}
                    Err(why) => reading.note_unreadable(before, vec![(at as u64 + 1, why)]),
                }
            }
        },
    )?;
    reading.ignore_live_tail(context, Log::Outcomes);
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(reading),
    }
}
