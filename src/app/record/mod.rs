//! What the recording commands have in common: read, refuse, tell what is there from what is new, store or spool.

mod append;
mod arms;
mod candidate;
mod checkpoints;
mod fill_trades;
mod fills;
mod identity;
mod made;
mod made_trades;
mod outcome_sink;
mod store;
mod unread;

use super::Context;
use crate::store::{Log, Rejected, StoreError, keep_rejected};
use crate::wire::{Conventions, Names, Piece, Survey, TimeRules, records_of};

use arms::SignalArms;
use candidate::fields_of;

pub use crate::report::{Recorded, Refused};

pub(super) use candidate::{
    Candidate, IntakeRules, Taken, candidate_of, exit_rules, intake_rules, names_of, read_candidate,
};
pub(super) use checkpoints::{Keep, load_checkpoint, save_outcomes};
pub(super) use fills::{FillNetting, Patience, net, net_what_waits};
pub(super) use identity::{Numbering, Standing, numbered, standing, with_leg};
pub(super) use store::{drain_every_spool, drain_spool};
pub(super) use unread::spool_unread;

/// Why an input could be neither stored nor spooled.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There was nothing in the input.
    #[error("nothing to record: the input is empty")]
    Nothing,
    /// The records can be kept nowhere.
    #[error("{} could be neither stored ({store}) nor spooled ({spool})", crate::report::plural(*count as u64, "record"))]
    Lost {
        /// How many.
        count: usize,
        /// Why not stored.
        store: String,
        /// Why not spooled.
        #[source]
        spool: StoreError,
    },
    /// The store failed a command that does not spool.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Reads, stores or spools every record of `input` for an engine that cannot wait.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub(super) fn record(
    context: &Context<'_>,
    log: Log,
    command: &'static str,
    input: &[u8],
) -> Result<Recorded, RecordError> {
    let pieces = records_of(input);
    if pieces.is_empty() {
        return Err(RecordError::Nothing);
    }
    if let Some(why) = context.settings.doubts.of(log) {
        return spool_unread(context, log, command, &pieces, why);
    }
    let mut recorded = Recorded { is_of_fills: log == Log::Fills, ..Recorded::default() };
    let (candidates, refused) = read_pieces(context, log, &pieces, &mut recorded);
    let mut rejected = Vec::new();
    for (piece, why) in refused {
        let at = context.now.to_string();
        rejected.push(Rejected::new(at, command, piece.line, why.clone(), piece.text.as_bytes()));
        recorded.refused.push(Refused { line: piece.line, why });
    }
    if let ([one], Log::News) = (candidates.as_slice(), log) {
        recorded.news_id = Some(one.id.clone());
    }
    if !candidates.is_empty() {
        store::store_or_spool(context, log, command, candidates, &mut recorded)?;
    }
    note_rejected(context, &rejected, &mut recorded);
    Ok(recorded)
}

/// The records of one input, and those that are refused, with why.
fn read_pieces<'p>(
    context: &Context<'_>,
    log: Log,
    pieces: &'p [Piece],
    recorded: &mut Recorded,
) -> (Vec<Candidate>, Vec<(&'p Piece, String)>) {
    let names = names_of(context, log);
    let plain = Conventions::default();
    let fields = pieces.iter().filter_map(|piece| fields_of(piece.text.as_bytes(), &names, &plain).ok());
    let (arms, trouble) = SignalArms::of(context, log, fields);
    let conventions =
        Conventions { account_zone: Some(context.market().calendar().zone()), ..conventions(pieces, &names) };
    let rules = intake_rules(context);
    recorded.warnings.extend(trouble);
    let (mut candidates, mut refused) = (Vec::new(), Vec::new());
    let mut numbering = Numbering::default();
    let several = pieces.len() > 1;
    for piece in pieces {
        let read = fields_of(piece.text.as_bytes(), &names, &conventions).and_then(|mut fields| {
            arms.give(&mut fields);
            candidate_of(context, log, fields, &rules)
        });
        match read {
            Ok(Taken::Record(mut candidate)) => {
                if matches!(log, Log::Outcomes | Log::Fills) {
                    numbering.number(&mut candidate);
                }
                let place = if several { format!("line {}: ", piece.line) } else { String::new() };
                let warnings = std::mem::take(&mut candidate.warnings);
                recorded.warnings.extend(warnings.into_iter().map(|warning| format!("{place}{warning}")));
                candidate.line = piece.line;
                candidates.push(*candidate);
            }
            Ok(Taken::TooWeak) => {
                recorded.below += 1;
                recorded.least_confidence = context.settings.min_missed_confidence;
            }
            Ok(Taken::Open) => recorded.open += 1,
            Ok(Taken::Event(word)) => *recorded.events.entry(word).or_default() += 1,
            Err(why) => refused.push((piece, why.to_string())),
        }
    }
    (candidates, refused)
}

/// How the records are written. One record alone says it of itself; a result before costs it does not say.
fn conventions(pieces: &[Piece], names: &Names) -> Conventions {
    let plain = Conventions::default();
    let mut survey = Survey::default();
    for piece in pieces {
        if let Ok(map) = crate::wire::parse_object(piece.text.as_bytes()) {
            survey.see(&crate::wire::Fields::of_object(map, names, &plain));
        }
    }
    let (mut conventions, _) = survey.conventions(TimeRules::default(), None, None);
    conventions.pnl_is_gross = false;
    conventions
}

/// Keeps refused input, and says where, or that it could not be kept.
pub(super) fn note_rejected(context: &Context<'_>, rejected: &[Rejected<'_>], recorded: &mut Recorded) {
    let date = context.market().trading_date(context.now).to_string();
    match keep_rejected(context.disk, &context.layout, &date, rejected) {
        Ok(path) => recorded.rejected_in = path.or(recorded.rejected_in.take()),
        Err(error) => recorded.warnings.push(format!("the refused input could not be kept: {error}")),
    }
}
