//! An engine's records when the program itself failed: into the spool, without a look at the store.

use super::Context;
use super::record::{
    RecordError, Recorded, Refused, Taken, intake_rules, names_of, note_rejected, read_candidate,
    spool_unread,
};
use super::track_missed::with_reason;
use crate::store::{Log, Rejected, spool_record};
use crate::wire::{Conventions, Piece, records_of};

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
    if context.settings.doubts.of(log).is_some() {
        return spool_unread(context, log, command, &records_of(input), why);
    }
    let mut recorded = Recorded { spooled_why: Some(why.to_owned()), ..Recorded::default() };
    let mut rejected = Vec::new();
    let (names, rules, conventions) = (names_of(context, log), intake_rules(context), Conventions::default());
    for piece in records_of(input) {
        let (number, text) = (piece.line, piece.text.as_bytes());
        match read_candidate(context, log, text, &names, &conventions, &rules) {
            Ok(Taken::TooWeak) => recorded.below += 1,
            Ok(Taken::Open) => recorded.open += 1,
            Ok(Taken::Event(word)) => *recorded.events.entry(word).or_default() += 1,
            Ok(Taken::Record(candidate)) => {
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

/// Keeps each record of an input among what was refused, for one reason.
pub fn keep_refused(
    context: &Context<'_>,
    command: &'static str,
    input: &[u8],
    reason: Option<&str>,
    why: &str,
) -> Recorded {
    let with_reason = reason.map(|reason| with_reason(input, reason));
    let pieces = records_of(with_reason.as_deref().unwrap_or(input));
    let at = context.now.to_string();
    let of =
        |piece: &Piece| Rejected::new(at.clone(), command, piece.line, why.to_owned(), piece.text.as_bytes());
    let rejected: Vec<Rejected<'_>> = pieces.iter().map(of).collect();
    let mut recorded = Recorded::default();
    note_rejected(context, &rejected, &mut recorded);
    recorded
}

/// Keeps an input whole among what was refused, when not even [`rescue`] got through it.
pub fn keep_whole(context: &Context<'_>, command: &'static str, input: &[u8], why: &str) -> Recorded {
    let mut recorded = Recorded::default();
    let rejected = Rejected::new(context.now.to_string(), command, 1, why.to_owned(), input);
    recorded.refused.push(Refused { line: 1, why: why.to_owned() });
    note_rejected(context, &[rejected], &mut recorded);
    recorded
}
