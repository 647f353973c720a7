//! Trades that are known to be new, into their log: a few as an engine records them, many in blocks.

use super::Recorded;
use super::append::store_outcomes;
use super::candidate::Candidate;
use super::checkpoints::{Keep, load_checkpoint, save_outcomes};
use crate::domain::BookKey;
use crate::files::{Context, checkpointed_log};
use crate::store::{Log, Packing, Position, Row, StoreError, StoreLock};

/// Trades that are written together.
const BLOCK: usize = 8_192;

/// More than this are written in blocks.
const MANY: usize = 256;

pub(super) struct OutcomeSink<'a, 'd> {
    context: &'a Context<'d>,
    lock: &'a StoreLock,
    waiting: Vec<Candidate>,
    /// Whether nothing is written before the end.
    holds: bool,
    /// The end of the log, once blocks were written.
    end: Option<Position>,
}

impl<'a, 'd> OutcomeSink<'a, 'd> {
    pub(super) fn new(context: &'a Context<'d>, lock: &'a StoreLock, holds: bool) -> Self {
        Self { context, lock, waiting: Vec::new(), holds, end: None }
    }

    pub(super) fn push(&mut self, trade: Candidate, recorded: &mut Recorded) -> Result<(), StoreError> {
        self.waiting.push(trade);
        if self.waiting.len() >= BLOCK && !self.holds { self.write_block(recorded) } else { Ok(()) }
    }

    /// Drops trades of some books that were not written yet.
    pub(super) fn forget(&mut self, is_of: impl Fn(&BookKey) -> bool) {
        self.waiting.retain(|trade| trade.book.as_ref().is_none_or(|book| !is_of(book)));
    }

    fn write_block(&mut self, recorded: &mut Recorded) -> Result<(), StoreError> {
        let context = self.context;
        let mut writer = checkpointed_log::open_writer(context, Log::Outcomes, self.lock)?;
        let end = match self.end {
            Some(end) if writer.len()? == end.len => end,
            _ => load_checkpoint(context, &mut writer, recorded, || {
                let known = checkpointed_log::outcomes_to_append(context)?;
                let scan = known.reading.scan.clone();
                Ok((known.checkpoint.position, scan))
            })?,
        };
        let mut rows: Vec<Row> = self.waiting.drain(..).map(|trade| trade.row).collect();
        rows.sort_by_key(|row| row.event_us);
        let appended = writer.append(end, &rows, Packing::Sealed)?;
        recorded.trades += rows.len() as u64;
        recorded.unconfirmed |= !appended.durable;
        self.end = Some(appended.end);
        Ok(())
    }

    pub(super) fn finish(mut self, recorded: &mut Recorded) -> Result<(), StoreError> {
        let context = self.context;
        if self.end.is_some() || self.waiting.len() > MANY {
            if !self.waiting.is_empty() {
                self.write_block(recorded)?;
            }
            return save_outcomes(context, checkpointed_log::outcomes(context)?, Keep::Always);
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut made = Recorded::default();
        store_outcomes(context, self.lock, &self.waiting, &mut Vec::new(), &mut made)?;
        recorded.trades += made.stored;
        recorded.disputed += made.disputed;
        recorded.unconfirmed |= made.unconfirmed;
        recorded.warnings.append(&mut made.warnings);
        Ok(())
    }
}
