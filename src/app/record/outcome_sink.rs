//! Trades that are known to be new, into their log: a few as an engine records them, many in blocks.

use super::Recorded;
use super::append::store_outcomes;
use super::candidate::Candidate;
use super::checkpoints::{Keep, load_checkpoint, save_outcomes};
use super::made::Made;
use crate::domain::BookKey;
use crate::files::{Context, checkpointed_log};
use crate::store::{Log, Packing, Position, Row, StoreError, StoreLock, free_on_threads};

/// Trades that are written together.
const BLOCK: usize = 2_048;

/// More than this are written in blocks.
const MANY: usize = 256;

pub(super) struct OutcomeSink<'a, 'd> {
    context: &'a Context<'d>,
    lock: &'a StoreLock,
    waiting: Vec<Candidate>,
    /// The end of the log, once blocks were written.
    end: Option<Position>,
}

impl<'a, 'd> OutcomeSink<'a, 'd> {
    pub(super) fn new(context: &'a Context<'d>, lock: &'a StoreLock) -> Self {
        Self { context, lock, waiting: Vec::new(), end: None }
    }

    /// Takes a trade that is to be written. Where the trades that are there are known, those that are written are
    /// noted with them.
    pub(super) fn push(
        &mut self,
        trade: Candidate,
        made: Option<&mut Made>,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.waiting.push(trade);
        if self.waiting.len() >= BLOCK { self.write_block(made, recorded) } else { Ok(()) }
    }

    /// Drops trades of some books that were not written yet.
    pub(super) fn forget(&mut self, is_of: impl Fn(&BookKey) -> bool) {
        self.waiting.retain(|trade| trade.book.as_ref().is_none_or(|book| !is_of(book)));
    }

    fn write_block(&mut self, made: Option<&mut Made>, recorded: &mut Recorded) -> Result<(), StoreError> {
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
        if let Some(made) = made {
            self.waiting.iter().for_each(|trade| made.written(trade));
        }
        recorded.legs += legs(&self.waiting);
        let mut trades = std::mem::take(&mut self.waiting);
        let mut rows: Vec<Row> = trades.iter_mut().map(|trade| std::mem::take(&mut trade.row)).collect();
        rows.sort_by_key(|row| row.event_us);
        let appended = writer.append(end, &rows, Packing::Sealed)?;
        recorded.trades += rows.len() as u64;
        recorded.unconfirmed |= !appended.durable;
        self.end = Some(appended.end);
        free_on_threads((trades, rows));
        Ok(())
    }

    pub(super) fn finish(
        mut self,
        made: Option<&mut Made>,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        let context = self.context;
        if self.end.is_some() || self.waiting.len() > MANY {
            if !self.waiting.is_empty() {
                self.write_block(made, recorded)?;
            }
            return save_outcomes(context, checkpointed_log::outcomes(context)?, Keep::Always);
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut made = Recorded::default();
        store_outcomes(context, self.lock, &self.waiting, &mut Vec::new(), &mut made)?;
        recorded.trades += made.stored;
        recorded.legs += legs(&self.waiting);
        recorded.disputed += made.disputed;
        recorded.unconfirmed |= made.unconfirmed;
        recorded.warnings.append(&mut made.warnings);
        Ok(())
    }
}

/// How many trades are further exits of their positions.
fn legs(trades: &[Candidate]) -> u64 {
    trades.iter().filter(|trade| checkpointed_log::position_id(&trade.id) != trade.id).count() as u64
}
