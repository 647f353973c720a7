//! What is known of the trade log while many trades are written to it: it takes them in as they are written, so that nobody has
//! to read them again.

use std::collections::HashSet;

use super::Context;
use super::checkpointed_log::{Outcomes, fitting, outcomes, position_id, window_totals};
use super::trade_log::{Part, read_part};
use crate::domain::Market;
use crate::metrics::WindowTotals;
use crate::store::{Appended, Log, Position, Row, StoreError, Underway};

/// Stretches of the log that are read while the next ones are written: few enough to be held.
const AHEAD: usize = 1;

/// The trade log as far as it is known.
pub(crate) struct GrowingLog {
    known: Outcomes,
    /// What was written behind that, on its way.
    coming: Underway<(NewTrades, Position)>,
    /// Where the log ends.
    end: Position,
}

/// What trades add to it.
pub(crate) struct NewTrades(Part<WindowTotals>);

impl NewTrades {
    /// Reads lines as they will stand in the log.
    pub(crate) fn of(market: &Market, rows: &[Row]) -> Self {
        let lines = rows.iter().map(|row| row.line.trim_ascii());
        Self(read_part((0, lines), (market, None), &HashSet::new(), &window_totals(market)))
    }
}

impl GrowingLog {
    /// A log that was read to its end.
    pub(crate) fn of(known: Outcomes) -> Self {
        let end = known.checkpoint.position;
        Self { known, coming: Underway::default(), end }
    }

    /// What the checkpoint says, where it is of the log up to its `end`; else the log is cheaper read once it is whole.
    pub(crate) fn begin(context: &Context<'_>, end: Position) -> Option<Self> {
        let checkpoint = fitting(context).unwrap_or_default();
        (checkpoint.position == end).then(|| Self::of(Outcomes::of(context, checkpoint)))
    }

    /// Takes in what was written behind `from`; `None` where somebody else wrote too.
    pub(crate) fn grown(
        mut self,
        context: &Context<'_>,
        written: (Position, Appended),
        new: NewTrades,
    ) -> Option<Self> {
        self.go_on_behind(written)?;
        self.take_in(context, (new, self.end));
        Some(self)
    }

    /// As [`GrowingLog::grown`], from the rows: they are read on the threads while whoever writes goes on, and freed there. Of
    /// memory that one thread takes and another gives back, each waits for the other's lock.
    pub(crate) fn grown_by(
        mut self,
        context: &Context<'_>,
        written: (Position, Appended),
        rows: Vec<Row>,
    ) -> Option<Self> {
        self.go_on_behind(written)?;
        let (market, end) = (context.market().clone(), self.end);
        self.coming.send(move || (NewTrades::of(&market, &rows), end));
        while self.coming.len() > AHEAD {
            let coming = self.coming.take_next()?;
            self.take_in(context, coming);
        }
        Some(self)
    }

    fn go_on_behind(&mut self, (from, appended): (Position, Appended)) -> Option<()> {
        let is_next = !appended.interrupted && self.end == from;
        self.end = appended.end;
        is_next.then_some(())
    }

    fn take_in(&mut self, context: &Context<'_>, (NewTrades(part), end): (NewTrades, Position)) {
        let checkpoint = &mut self.known.checkpoint;
        checkpoint.position = end;
        checkpoint.unreadable_rows += part.unreadable.len() as u64;
        part.exits.iter().for_each(|exit| checkpoint.ids.push(position_id(&exit.trade_id), exit.content));
        if let Some(ledger) = &mut checkpoint.folded {
            ledger.absorb(context.market(), &part.sums, part.exits);
        }
    }

    /// What is known of the whole log. It is read where it is not as this knows it. Call it under the lock.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub(crate) fn whole(growing: Option<Self>, context: &Context<'_>) -> Result<Outcomes, StoreError> {
        match growing.and_then(|growing| growing.into_whole(context)) {
            Some(known) => known.with_all_in_place(context),
            None => outcomes(context),
        }
    }

    /// What is known, where that is the whole log.
    fn into_whole(mut self, context: &Context<'_>) -> Option<Outcomes> {
        while !self.coming.is_empty() {
            let coming = self.coming.take_next()?;
            self.take_in(context, coming);
        }
        let path = context.layout.log(Log::Outcomes);
        let len = context.disk.stat(&path).ok().flatten().map(|stat| stat.len);
        (len == Some(self.end.len) && self.end.fits(context.disk, &path)).then_some(self.known)
    }
}
