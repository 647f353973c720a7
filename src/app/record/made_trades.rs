//! The way of trades that fills close into their log, beside those that are there.

use rayon::prelude::*;

use super::candidate::Candidate;
use super::made::Made;
use super::outcome_sink::OutcomeSink;
use super::{Recorded, fill_trades};
use crate::domain::{BookKey, Closing};
use crate::files::Context;
use crate::store::{Position, StoreError, StoreLock, start_threads};

/// Closings that are made into lines together, on all cores.
const LINES_AT_ONCE: usize = 1_024;

/// Fewer than this are made into lines by the thread that asks.
const LINES_WORTH_THREADS: usize = 64;

/// Trades on their way: lines, or why there is none.
pub(super) type Lines = Vec<Result<Candidate, String>>;

/// The way of trades that fills close into their log, beside those that are there.
pub(super) struct MadeTrades<'a, 'd> {
    context: &'a Context<'d>,
    sink: OutcomeSink<'a, 'd>,
    /// Trades that are there, where some may be.
    made: Option<Made>,
    waiting: Vec<Closing>,
}

impl<'a, 'd> MadeTrades<'a, 'd> {
    pub(super) fn new(context: &'a Context<'d>, made: Option<Made>) -> Self {
        Self { context, sink: OutcomeSink::new(context), made, waiting: Vec::new() }
    }

    /// Takes what a fill closed.
    pub(super) fn push(
        &mut self,
        lock: &StoreLock,
        closing: Closing,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.waiting.push(closing);
        if self.waiting.len() >= LINES_AT_ONCE { self.pass_on(lock, recorded) } else { Ok(()) }
    }

    fn pass_on(&mut self, lock: &StoreLock, recorded: &mut Recorded) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let now_and_market = (self.context.now, self.context.market());
        let of = |closing| fill_trades::candidate(now_and_market, closing);
        let lines: Lines = if waiting.len() < LINES_WORTH_THREADS || start_threads() < 2 {
            waiting.into_iter().map(of).collect()
        } else {
            waiting.into_par_iter().map(of).collect()
        };
        self.take(lock, lines, recorded)
    }

    /// Takes trades as lines, of which those go into the log that are not there.
    pub(super) fn take(
        &mut self,
        lock: &StoreLock,
        lines: Lines,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        for line in lines {
            match line {
                Ok(trade) if self.made.as_mut().is_none_or(|made| made.is_new(&trade)) => {
                    self.sink.push(lock, trade, self.made.as_mut(), recorded)?;
                }
                Ok(_) => {}
                Err(why) => recorded.warnings.push(why),
            }
        }
        Ok(())
    }

    /// Where those that are written end in the log; `None` before the first is there.
    pub(super) fn end(&self) -> Option<Position> {
        self.sink.end()
    }

    /// Forgets what was made of some books, of which all trades follow anew.
    pub(super) fn begin_anew(
        &mut self,
        lock: &StoreLock,
        is_of: impl Fn(&BookKey) -> bool + Sync,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.pass_on(lock, recorded)?;
        self.sink.forget(lock, &is_of, recorded)?;
        match &mut self.made {
            Some(made) => made.forget_seen(is_of),
            None => self.made = Some(Made::read(self.context, |made| is_of(&made.book))?),
        }
        Ok(())
    }

    pub(super) fn finish(
        mut self,
        lock: &StoreLock,
        recorded: &mut Recorded,
    ) -> Result<Option<Made>, StoreError> {
        self.pass_on(lock, recorded)?;
        self.sink.finish(lock, self.made.as_mut(), recorded)?;
        Ok(self.made)
    }
}
