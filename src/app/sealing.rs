//! Packs the logs when it is worth it, and keeps their checkpoints in place.

use std::path::Path;

use super::Context;
use crate::files::checkpointed_log::outcomes_since_checkpoint;
use crate::files::fill_books::FoldedBooks;
use crate::files::stored_line::line_kind;
use crate::metrics::{Days, RunningTotals};
use crate::store::{Checkpoint, Log, Sealed, StoreError, StoreLock, seal};

/// Seals every log for which it is worth it; with `even_few`, every log that has loose members. A checkpoint moves
/// along that speaks of its whole log: see [`save_what_is_ahead`].
///
/// # Errors
/// [`StoreError`] of the first log that failed; it is as it was.
pub(super) fn seal_logs(
    context: &Context<'_>,
    lock: &StoreLock,
    even_few: bool,
) -> Result<Vec<(Log, Sealed)>, StoreError> {
    let mut done = Vec::new();
    for log in Log::ALL {
        let now_us = context.now.micros();
        let kind = |line: &[u8]| line_kind(log, line);
        if let Some(sealed) = seal(context.disk, &context.layout, log, lock, now_us, even_few, kind)? {
            match log {
                Log::Outcomes => {
                    move_checkpoint::<Option<RunningTotals>>(
                        context,
                        &context.layout.checkpoint(log),
                        &sealed,
                    );
                    move_checkpoint::<Option<Days>>(context, &context.layout.days(), &sealed);
                }
                Log::Fills => {
                    move_checkpoint::<FoldedBooks>(context, &context.layout.checkpoint(log), &sealed)
                }
                Log::Signals | Log::Missed | Log::News => {
                    move_checkpoint::<()>(context, &context.layout.checkpoint(log), &sealed);
                }
            }
            done.push((log, sealed));
        }
    }
    Ok(done)
}

/// Writes the checkpoint of the trades for the whole of their log, which may be some rows ahead of it: one that
/// speaks of a part of what is packed cannot be moved. Call it under the lock.
pub(super) fn save_what_is_ahead(context: &Context<'_>) {
    // Without it the checkpoint is rebuilt, which costs time and the windows of the last analysis.
    if let Ok(Some(known)) = outcomes_since_checkpoint(context)
        && known.checkpoint.position != known.kept
    {
        let _ = known.checkpoint.save(context.disk, &context.layout.checkpoint(Log::Outcomes));
    }
}

/// The checkpoint of the old file speaks of the same rows of the new one; one that cannot be moved no longer
/// fits, and is rebuilt.
fn move_checkpoint<T: serde::Serialize + serde::de::DeserializeOwned>(
    context: &Context<'_>,
    path: &Path,
    sealed: &Sealed,
) {
    let Some(trailer) = sealed.trailer else { return };
    if let Some(mut checkpoint) = Checkpoint::<T>::load_unchecked(context.disk, path)
        && checkpoint.position.len == sealed.before
    {
        checkpoint.position.len = sealed.after;
        checkpoint.position.trailer = trailer;
        let _ = checkpoint.save(context.disk, path);
    }
}

/// Removes temporary files: we hold the lock, so nobody is at work on them.
pub(super) fn sweep(context: &Context<'_>, _lock: &StoreLock) -> u64 {
    let mut swept = 0;
    for dir in [context.layout.learning(), context.layout.hidden()] {
        for entry in context.disk.list(&dir).unwrap_or_default() {
            if entry.name.starts_with('.') && entry.name.ends_with(".tmp") && entry.stat.is_file {
                swept += u64::from(context.disk.remove(&dir.join(&entry.name)).is_ok());
            }
        }
    }
    swept
}
