//! What the recording commands have in common: read, refuse, tell what is there from what is new, store or spool.

mod append;
mod arms;
mod candidate;
mod checkpoints;
mod fill_trades;
mod fills;
mod identity;
mod made;
mod outcome_sink;
mod store;
mod unread;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::Context;
use crate::report::Notice;
use crate::store::{Log, Rejected, StoreError, keep_rejected};
use crate::wire::{Conventions, GuardFile, Names, Piece, Survey, TimeRules, records_of};

use arms::SignalArms;
use candidate::fields_of;

pub(super) use candidate::{Candidate, Dispute, Taken, candidate_of, exit_rules, names_of, read_candidate};
pub(super) use checkpoints::{Keep, load_checkpoint, save_outcomes};
pub(super) use fills::{Patience, net, net_what_waits};
pub(super) use identity::{Numbering, Standing, numbered, standing, with_leg};
pub(super) use store::{drain_every_spool, drain_spool};
pub(super) use unread::spool_unread;

/// A record that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line of the input, from 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// What became of an input.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Records that are now in the log.
    pub stored: u64,
    /// Records that were there already.
    pub already_there: u64,
    /// Of the stored ones, or of the trades that stored fills closed, further exits of positions of which another exit is
    /// there.
    pub legs: u64,
    /// Of the stored ones, those whose stated result differs from that of prices, quantity and costs.
    pub disputed: u64,
    /// Of the stored ones, those whose quantity was taken as 1, because none was there.
    pub defaulted: u64,
    /// Records whose id is there with another content.
    pub conflicts: Vec<Refused>,
    /// Positions that are still open, passed over.
    pub open: u64,
    /// Events that are not closed trades, passed over, by their word.
    pub events: BTreeMap<String, u64>,
    /// Names that smell of money and were not taken, in records that were stored.
    pub left_over: BTreeSet<String>,
    /// Files that hold records which could not be stored yet.
    pub spooled: Vec<PathBuf>,
    /// Why they could not.
    pub spooled_why: Option<String>,
    /// Missed signals whose confidence is too low to be kept.
    pub below: u64,
    /// The confidence from which on they are kept, 0 to 1.
    pub least_confidence: f64,
    /// Records that were refused.
    pub refused: Vec<Refused>,
    /// Where the refused ones are kept.
    pub rejected_in: Option<PathBuf>,
    /// Records that had waited in the spool and are now in the log.
    pub drained: u64,
    /// Whether fills were recorded, and what follows is said of them.
    pub is_of_fills: bool,
    /// Trades that the fills closed, now in their log.
    pub trades: u64,
    /// Stored trades that come out otherwise, because fills came late.
    pub trades_replaced: u64,
    /// Stored trades that no fill closes any more.
    pub trades_withdrawn: u64,
    /// Positions that the fills leave open.
    pub open_positions: u64,
    /// Of an input that is one item of news, its id.
    pub news_id: Option<String>,
    /// Whether the disk confirmed what was stored.
    pub unconfirmed: bool,
    /// What the guard says now, where the settings have it asked.
    pub guard: Option<GuardFile>,
    /// Locks of it that began with these records.
    pub notices: Vec<Notice>,
    /// What else to know, one sentence each.
    pub warnings: Vec<String>,
}

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
    let rules = exit_rules(context);
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
    let (mut conventions, _) = survey.conventions(TimeRules::default(), None);
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
