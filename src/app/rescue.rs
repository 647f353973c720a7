//! An engine's records when the program itself failed: into the spool, without a look at the store.

use super::Context;
use super::record::{RecordError, Recorded, Refused, is_below, note_rejected, read_candidate};
use super::track_missed::with_reason;
use crate::store::{Log, Rejected, spool_record};
use crate::wire::{TimeForm, split_records};

/// Spools every record of an input, whether or not it was stored before the failure: a record that is there already
/// is brought in once.
///
/// # Errors
/// [`RecordError::Lost`] when there is no room for one.
pub fn rescue(
    context: &Context<'_>,
    log: Log,
    command: &'static str,
    input: &[u8],
    reason: Option<&str>,
    why: &str,
) -> Result<Recorded, RecordError> {
    let with_reason = reason.map(|reason| with_reason(input, reason));
    let input = with_reason.as_deref().unwrap_or(input);
    let mut recorded = Recorded { spooled_why: Some(why.to_owned()), ..Recorded::default() };
    let mut rejected = Vec::new();
    for (number, text) in split_records(input) {
        let number = number as u64;
        match read_candidate(log, text, TimeForm::Strict, context) {
            Ok((candidate, _)) if log == Log::Missed && is_below(&candidate, context) => recorded.below += 1,
            Ok((candidate, _)) => {
                let line = &candidate.row.line;
                let spooled = spool_record(context.disk, &context.spool, log, context.now.micros(), line);
                let lost = |spool| RecordError::Lost { count: 1, store: why.to_owned(), spool };
                recorded.spooled.push(spooled.map_err(lost)?);
            }
            Err(why) => {
                rejected.push(Rejected::new(context.now.to_string(), command, number, why.to_string(), text));
                recorded.refused.push(Refused { line: number, why: why.to_string() });
            }
        }
    }
    note_rejected(context, &rejected, &mut recorded);
    Ok(recorded)
}

/// Keeps an input whole among what was refused, when not even [`rescue`] got through it.
pub fn keep_whole(context: &Context<'_>, command: &'static str, input: &[u8], why: &str) -> Recorded {
    let mut recorded = Recorded::default();
    let rejected = Rejected::new(context.now.to_string(), command, 1, why.to_owned(), input);
    recorded.refused.push(Refused { line: 1, why: why.to_owned() });
    note_rejected(context, &[rejected], &mut recorded);
    recorded
}
