//! Records that wait in the spool as they came, because settings that they rest on make no sense: read when those do.

use super::{Candidate, RecordError, Recorded, Refused, note_rejected, read_pieces};
use crate::files::Context;
use crate::store::{Log, Rejected, spool_record};
use crate::wire::{MAX_RECORD_BYTES, Piece, UnreadRecord, WireError, parse_object};

/// Keeps the records of an input as they came. What cannot be one whatever the settings say is refused.
///
/// # Errors
/// [`RecordError::Lost`] when there is no room for one.
pub(in crate::app) fn spool_unread(
    context: &Context<'_>,
    log: Log,
    command: &'static str,
    pieces: &[Piece],
    why: &str,
) -> Result<Recorded, RecordError> {
    let mut recorded = Recorded { is_of_fills: log == Log::Fills, ..Recorded::default() };
    let (at, now_us) = (context.now.to_string(), context.now.micros());
    let mut rejected = Vec::new();
    for piece in pieces {
        let text = piece.text.as_bytes();
        let is_object = if text.len() > MAX_RECORD_BYTES {
            Err(WireError::TooLong(text.len()))
        } else {
            parse_object(text).map(drop)
        };
        if let Err(why) = is_object {
            rejected.push(Rejected::new(at.clone(), command, piece.line, why.to_string(), text));
            recorded.refused.push(Refused { line: piece.line, why: why.to_string() });
            continue;
        }
        let unread = UnreadRecord::new(&at, command, piece);
        let spooled = spool_record(context.disk, &context.spool, log, now_us, &unread.to_line());
        let count = pieces.len() - recorded.spooled.len();
        let lost = |spool| RecordError::Lost { count, store: why.to_owned(), spool };
        recorded.spooled.push(spooled.map_err(lost)?);
    }
    if !recorded.spooled.is_empty() {
        recorded.spooled_why = Some(why.to_owned());
    }
    note_rejected(context, &rejected, &mut recorded);
    Ok(recorded)
}

/// The records of one call that wait as they came.
pub(super) struct Unread {
    at: String,
    command: String,
    pieces: Vec<Piece>,
}

impl Unread {
    /// What a file of the spool holds, where that is a record as it came.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let UnreadRecord { at, command, line, unread } = UnreadRecord::parse(line)?;
        let piece = Piece { line, text: unread };
        Some(Self { at, command, pieces: vec![piece] })
    }

    /// Whether another one came with the same call: equal records of one call are several trades.
    pub(super) fn is_of_call(&self, other: &Self) -> bool {
        self.at == other.at && self.command == other.command
    }

    pub(super) fn join(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    /// The records under the settings of today. What is refused goes where it would have gone at once; none where it
    /// cannot be kept there, so that it waits on.
    pub(super) fn read(
        mut self,
        context: &Context<'_>,
        log: Log,
        told: &mut Recorded,
    ) -> Option<Vec<Candidate>> {
        self.pieces.sort_by_key(|piece| piece.line);
        let mut recorded = Recorded::default();
        let (candidates, refused) = read_pieces(context, log, &self.pieces, &mut recorded);
        let rejected: Vec<Rejected<'_>> = refused
            .iter()
            .map(|(piece, why)| {
                Rejected::new(self.at.clone(), "spool", piece.line, why.clone(), piece.text.as_bytes())
            })
            .collect();
        note_rejected(context, &rejected, &mut recorded);
        told.warnings.append(&mut recorded.warnings);
        for (_, why) in &refused {
            told.warnings
                .push(format!("a record of {} that waited in the spool is refused: {why}", self.command));
        }
        told.rejected_in = recorded.rejected_in.clone().or(told.rejected_in.take());
        (rejected.is_empty() || recorded.rejected_in.is_some()).then_some(candidates)
    }
}
