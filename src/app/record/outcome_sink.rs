//! Trades that are known to be new, into their log: a few as an engine records them, many in blocks.

use super::Recorded;
use super::append::store_outcomes;
use super::candidate::Candidate;
use super::checkpoints::{Keep, load_checkpoint, save_outcomes};
use super::made::Made;
use crate::domain::BookKey;
use crate::files::growing_log::{GrowingLog, NewTrades};
use crate::files::{Context, checkpointed_log};
use crate::store::{Log, Packed, Packing, Position, Row, StoreError, StoreLock, Underway, Writer};

/// Trades that are written together.
const BLOCK: usize = 2_048;

/// More than this are written in blocks.
const MANY: usize = 256;

pub(super) struct OutcomeSink<'a, 'd> {
    context: &'a Context<'d>,
    waiting: Vec<Candidate>,
    /// Blocks that are packed while the next trades come.
    packing: Underway<(Packed, NewTrades)>,
    /// The end of the log, once blocks were written.
    end: Option<Position>,
    /// What is known of the log, as long as nobody else writes to it.
    growing: Option<GrowingLog>,
}

impl<'a, 'd> OutcomeSink<'a, 'd> {
    pub(super) fn new(context: &'a Context<'d>) -> Self {
        Self { context, waiting: Vec::new(), packing: Underway::default(), end: None, growing: None }
    }

    /// Takes a trade that is to be written. Where the trades that are there are known, those that are written are
    /// noted with them.
    pub(super) fn push(
        &mut self,
        lock: &StoreLock,
        trade: Candidate,
        made: Option<&mut Made>,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.waiting.push(trade);
        if self.waiting.len() < BLOCK {
            return Ok(());
        }
        self.pack(made, recorded);
        self.write(lock, 1, recorded)
    }

    /// Where its blocks end in the log; `None` before the first is there.
    pub(super) fn end(&self) -> Option<Position> {
        self.end
    }

    /// Drops trades of some books that are in no block yet; the blocks are written.
    pub(super) fn forget(
        &mut self,
        lock: &StoreLock,
        is_of: impl Fn(&BookKey) -> bool,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.waiting.retain(|trade| trade.book.as_ref().is_none_or(|book| !is_of(book)));
        self.write(lock, 0, recorded)
    }

    /// Makes a block of the trades that wait.
    fn pack(&mut self, made: Option<&mut Made>, recorded: &mut Recorded) {
        if let Some(made) = made {
            self.waiting.iter().for_each(|trade| made.written(trade));
        }
        recorded.legs += legs(&self.waiting);
        note_disputes(&self.waiting, recorded);
        let mut trades = std::mem::replace(&mut self.waiting, Vec::with_capacity(BLOCK));
        let market = self.context.market().clone();
        self.packing.send(move || {
            let mut rows: Vec<Row> = trades.iter_mut().map(|trade| std::mem::take(&mut trade.row)).collect();
            rows.sort_by_key(|row| row.event_us);
            (Packed::of(&rows, Packing::Sealed), NewTrades::of(&market, &rows))
        });
    }

    /// Writes blocks until no more than `left` are packed.
    fn write(&mut self, lock: &StoreLock, left: usize, recorded: &mut Recorded) -> Result<(), StoreError> {
        let context = self.context;
        while self.packing.len() > left {
            let Some((packed, new)) = self.packing.take_next() else {
                let why = std::io::Error::other("a block could not be packed");
                return Err(StoreError::writing(&context.layout.log(Log::Outcomes), why));
            };
            let mut writer = checkpointed_log::open_writer(context, Log::Outcomes, lock)?;
            let from = self.end_of_log(&mut writer, recorded)?;
            let appended = writer.append_packed(from, &packed)?;
            recorded.trades += packed.rows();
            recorded.unconfirmed |= !appended.durable;
            self.end = Some(appended.end);
            let growing = self.growing.take();
            self.growing = growing.and_then(|known| known.grown(context, (from, appended), new));
        }
        Ok(())
    }

    /// Where the log ends, which is read to there unless it is as the last block left it.
    fn end_of_log(
        &mut self,
        writer: &mut Writer<'_>,
        recorded: &mut Recorded,
    ) -> Result<Position, StoreError> {
        let context = self.context;
        if let Some(end) = self.end
            && writer.len()? == end.len
        {
            return Ok(end);
        }
        let known = load_checkpoint(context, writer, recorded, || {
            let known = checkpointed_log::outcomes_to_append(context)?;
            let scan = known.reading.scan.clone();
            Ok((known, scan))
        })?;
        let end = known.checkpoint.position;
        self.growing = Some(GrowingLog::of(known));
        Ok(end)
    }

    pub(super) fn finish(
        mut self,
        lock: &StoreLock,
        made: Option<&mut Made>,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        let context = self.context;
        if self.end.is_some() || !self.packing.is_empty() || self.waiting.len() > MANY {
            if !self.waiting.is_empty() {
                self.pack(made, recorded);
            }
            self.write(lock, 0, recorded)?;
            let known = GrowingLog::whole(self.growing.take(), context)?;
            return save_outcomes(context, known, Keep::Always);
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut made = Recorded::default();
        store_outcomes(context, lock, &self.waiting, &mut Vec::new(), &mut made)?;
        recorded.trades += made.stored;
        recorded.legs += legs(&self.waiting);
        note_disputes(&self.waiting, recorded);
        recorded.unconfirmed |= made.unconfirmed;
        recorded.warnings.append(&mut made.warnings);
        Ok(())
    }
}

fn note_disputes(trades: &[Candidate], recorded: &mut Recorded) {
    trades.iter().filter_map(|trade| trade.dispute.as_ref()).for_each(|dispute| dispute.note(recorded));
}

/// How many trades are further exits of their positions.
fn legs(trades: &[Candidate]) -> u64 {
    trades.iter().filter(|trade| checkpointed_log::position_id(&trade.id) != trade.id).count() as u64
}
