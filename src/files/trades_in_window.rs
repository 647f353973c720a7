//! The trades of a window one by one, each once, in the order of their exits.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use smol_str::SmolStr;

use super::read_log::{ReadLog, begins};
use super::{Context, Reading};
use crate::domain::{Side, Timestamp, TradeFacts, UNKNOWN, Window};
use crate::store::{Chunk, Log, OpenLog, ScanOptions, StoreError};
use crate::wire::StoredOutcome;

/// Exits that may come in the wrong order before the whole log is sorted instead.
pub(crate) const REORDERED: usize = 8_192;

/// How many exits wait for one that may come late: few at first, since hardly any does. After these, all.
const WAITING: [usize; 2] = [1_024, REORDERED];

/// What a decision needs of a trade.
#[derive(Clone, Debug)]
pub(crate) struct RecentTrade {
    pub exit_time: Timestamp,
    pub entry_time: Option<Timestamp>,
    pub trade_id: SmolStr,
    pub symbol: SmolStr,
    pub regime: SmolStr,
    pub side: Side,
    pub pnl: f64,
    pub pnl_frac: f64,
    pub confidence: Option<f64>,
}

impl RecentTrade {
    pub(crate) fn of(facts: &TradeFacts<'_>) -> Self {
        Self {
            exit_time: facts.exit_time,
            entry_time: facts.entry_time,
            trade_id: facts.trade_id.into(),
            symbol: facts.symbol.into(),
            regime: facts.regime.into(),
            side: facts.side,
            pnl: facts.pnl,
            pnl_frac: facts.pnl_frac,
            confidence: facts.confidence,
        }
    }

    /// The trade as metrics take it, without what only groups need.
    pub(crate) fn facts(&self) -> TradeFacts<'_> {
        TradeFacts {
            trade_id: &self.trade_id,
            symbol: &self.symbol,
            side: self.side,
            entry_time: self.entry_time,
            exit_time: self.exit_time,
            pnl: self.pnl,
            pnl_frac: self.pnl_frac,
            confidence: self.confidence,
            regime: &self.regime,
            sector: UNKNOWN,
            setup: UNKNOWN,
            exit_reason: UNKNOWN,
            strategy: UNKNOWN,
            variant: UNKNOWN,
            timeframe: UNKNOWN,
            content: 0,
            is_further_leg: false,
        }
    }
}

/// The trades of a window.
pub(crate) fn recent_trades(
    context: &Context<'_>,
    window: Window,
) -> Result<(Vec<RecentTrade>, Reading), StoreError> {
    each_trade(context, window, |stored, _| Ok(RecentTrade::of(&stored.facts())))
}

/// What `make` makes of each trade of a window, in the order of exits, each trade once.
pub(crate) fn each_trade<T: Send + 'static>(
    context: &Context<'_>,
    window: Window,
    make: impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<T, String> + Sync,
) -> Result<(Vec<T>, Reading), StoreError> {
    fold_trades(context, window, make, Vec::new, |found, made| found.push(made))
}

/// Adds what `make` makes of each trade of a window to what `begin` makes, in the order of exits, each trade once. Few are
/// held at a time, unless the log is far out of order: then it is read a second time, into what `begin` makes anew.
pub(crate) fn fold_trades<T: Send + 'static, A>(
    context: &Context<'_>,
    window: Window,
    make: impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<T, String> + Sync,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, T),
) -> Result<(A, Reading), StoreError> {
    fold_trades_where(context, &Asked::of_window(context, window), make, begin, add)
}

/// The signals behind the wanted trades of a window, by their ids; none where there is no log of signals. Which they are is
/// known once all trades were seen: whoever adds trades up one by one reads them twice.
///
/// # Errors
/// [`StoreError`] when the log of trades cannot be read at all.
pub(crate) fn named_signals(
    context: &Context<'_>,
    window: Window,
    is_wanted: impl Fn(&StoredOutcome<'_>, &[u8]) -> bool + Sync,
) -> Result<HashSet<Box<str>>, StoreError> {
    if !has_signals(context) {
        return Ok(HashSet::new());
    }
    let named = |stored: &StoredOutcome<'_>, line: &[u8]| {
        Ok(stored.signal_id().filter(|_| is_wanted(stored, line)).map(Box::from))
    };
    let add = |found: &mut HashSet<Box<str>>, id: Option<Box<str>>| found.extend(id);
    Ok(fold_trades(context, window, named, HashSet::new, add)?.0)
}

/// Whether there is a log of signals with anything in it. Where it cannot be told, reading it says why.
pub(crate) fn has_signals(context: &Context<'_>) -> bool {
    let stat = context.disk.stat(&context.layout.log(Log::Signals));
    stat.map_or(true, |stat| stat.is_some_and(|stat| stat.len > 0))
}

/// Which trades are asked for.
pub(crate) struct Asked<W> {
    /// Exits up to here are not even looked at where the log is packed.
    pub after_us: Option<i64>,
    /// Whether a trade with this exit is wanted.
    pub is_wanted: W,
    /// By what two records of a moment are of one trade.
    pub id_of: fn(&TradeFacts<'_>) -> Id,
}

impl Asked<()> {
    /// Those of a window.
    pub(crate) fn of_window(
        context: &Context<'_>,
        window: Window,
    ) -> Asked<impl Fn(Timestamp) -> bool + Sync> {
        let now = context.seen_from();
        let after_us = window.start(now).map(Timestamp::micros);
        Asked::of_exits(after_us, move |exit| window.contains(exit, now))
    }
}

impl<W: Fn(Timestamp) -> bool + Sync> Asked<W> {
    /// Those whose exits are wanted; none up to `after_us` is.
    pub(crate) fn of_exits(after_us: Option<i64>, is_wanted: W) -> Self {
        Self { after_us, is_wanted, id_of: by_exit }
    }
}

/// By which a trade is known among those of its moment: its id, and what tells it from another record of that id.
pub(crate) type Id = (SmolStr, u64);

/// Two records of an id and an exit are of one trade, whatever else they say.
fn by_exit(facts: &TradeFacts<'_>) -> Id {
    (facts.trade_id.into(), facts.exit_hash().into())
}

/// As [`fold_trades`], of the trades that are asked for.
pub(crate) fn fold_trades_where<T: Send + 'static, A, W: Fn(Timestamp) -> bool + Sync>(
    context: &Context<'_>,
    asked: &Asked<W>,
    make: impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<T, String> + Sync,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, T),
) -> Result<(A, Reading), StoreError> {
    let (made, reading, _) = fold_rows(context, asked, make, begin, |made, one, _| add(made, one))?;
    Ok((made, reading))
}

/// As [`fold_trades`], each trade with the number of its row in the log, from which it can be read again.
pub(crate) fn fold_rows<T: Send + 'static, A, W: Fn(Timestamp) -> bool + Sync>(
    context: &Context<'_>,
    asked: &Asked<W>,
    make: impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<T, String> + Sync,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, T, u64),
) -> Result<(A, Reading, ReadLog), StoreError> {
    let options = ScanOptions { after_us: asked.after_us, ..ScanOptions::default() };
    let wanted = |facts: &TradeFacts<'_>, stored: &StoredOutcome<'_>| {
        let is_known = !context.as_of.is_some_and(|t| stored.was_written_after(t));
        ((asked.is_wanted)(facts.exit_time) && is_known).then(|| (asked.id_of)(facts))
    };
    let mut waiting = WAITING.into_iter();
    let log = OpenLog::open(context.disk, &context.layout.log(Log::Outcomes))?;
    loop {
        let held = waiting.next().unwrap_or(usize::MAX);
        let (mut made, mut in_order) = (begin(), InOrder::new(held));
        let mut add = |(one, row)| add(&mut made, one, row);
        let mut reading = Reading::default();
        // What is read once an exit came too late is of no use.
        let too_late = AtomicBool::new(false);
        let found = |chunk: Chunk<'_>| {
            let rows = if too_late.load(Relaxed) { Vec::new() } else { found_in(&chunk, wanted, &make) };
            (chunk.at, rows)
        };
        let mut stretches = Vec::new();
        reading.scan = log.scan(options, found, |before, (at, rows)| {
            begins(&mut stretches, at, before);
            for (row, found) in (before..).zip(rows) {
                match found {
                    Ok(None) => {}
                    Ok(Some((exit, id, made))) => in_order.push((exit, id, (made, row)), &mut add),
                    Err(why) => reading.note_unreadable(before, vec![(row - before + 1, why)]),
                }
            }
            too_late.store(in_order.order.is_too_late, Relaxed);
        })?;
        if in_order.order.is_too_late {
            continue;
        }
        in_order.drain(&mut add);
        reading.ignore_live_tail(context, Log::Outcomes);
        return Ok((made, reading, ReadLog { log, stretches }));
    }
}

/// What is made of a trade, and by which it is put in its place.
type Found<T> = (Timestamp, Id, T);

/// What is made of each line of a stretch of the log.
fn found_in<T>(
    chunk: &Chunk<'_>,
    id_of: impl Fn(&TradeFacts<'_>, &StoredOutcome<'_>) -> Option<Id>,
    make: impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<T, String>,
) -> Vec<Result<Option<Found<T>>, String>> {
    // One place for all rows: it is too large to be moved for each.
    let mut stored = StoredOutcome::default();
    let mut of_line = |line| {
        stored.read(line).map_err(|why| why.to_string())?;
        let facts = stored.facts();
        let Some(id) = id_of(&facts, &stored) else { return Ok(None) };
        Ok(Some((facts.exit_time, id, make(&stored, line)?)))
    };
    chunk.lines().map(&mut of_line).collect()
}

/// Lets trades out in the order of their exits, those of one moment in that in which they were recorded. Of a trade that was
/// recorded twice the first record counts.
struct InOrder<T> {
    order: Order,
    /// Those that wait, each at its place.
    waiting: Vec<Option<T>>,
}

/// Which trade is next, whatever is made of trades: twenty things are, and this much code is not wanted for each.
struct Order {
    /// The places of those that wait, by exit, and by how many came before.
    waiting: BTreeMap<(Timestamp, u64), (Id, usize)>,
    /// Places that are to be had again.
    free: Vec<usize>,
    came: u64,
    /// How many wait at most.
    held: usize,
    /// The exit that was let out last, and the trades of its moment.
    last: Option<Timestamp>,
    of_moment: HashSet<Id>,
    /// Whether one came after a later one was let out.
    is_too_late: bool,
}

impl Order {
    /// The place for a trade that waits from now on; none where one came too late.
    fn add(&mut self, exit: Timestamp, id: Id) -> Option<usize> {
        self.is_too_late |= self.last.is_some_and(|last| exit < last);
        if self.is_too_late {
            return None;
        }
        let place = self.free.pop().unwrap_or(self.waiting.len());
        self.waiting.insert((exit, self.came), (id, place));
        self.came += 1;
        Some(place)
    }

    /// The place of the next trade, and whether it was not let out before.
    fn next(&mut self) -> Option<(usize, bool)> {
        let ((exit, _), (id, place)) = self.waiting.pop_first()?;
        if self.last.replace(exit) != Some(exit) {
            self.of_moment.clear();
        }
        self.free.push(place);
        Some((place, self.of_moment.insert(id)))
    }
}

impl<T> InOrder<T> {
    fn new(held: usize) -> Self {
        let order = Order {
            waiting: BTreeMap::new(),
            free: Vec::new(),
            came: 0,
            held,
            last: None,
            of_moment: HashSet::new(),
            is_too_late: false,
        };
        Self { order, waiting: Vec::new() }
    }

    fn push(&mut self, (exit, id, made): Found<T>, sink: &mut impl FnMut(T)) {
        let Some(place) = self.order.add(exit, id) else { return };
        match self.waiting.get_mut(place) {
            Some(free) => *free = Some(made),
            None => self.waiting.push(Some(made)),
        }
        if self.order.waiting.len() > self.order.held {
            self.let_out(sink);
        }
    }

    fn let_out(&mut self, sink: &mut impl FnMut(T)) -> bool {
        let Some((place, is_new)) = self.order.next() else { return false };
        if let Some(made) = self.waiting[place].take().filter(|_| is_new) {
            sink(made);
        }
        true
    }

    fn drain(&mut self, sink: &mut impl FnMut(T)) {
        while self.let_out(sink) {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever waits, what is let out is what a stable sort of all of them gives, without those that came twice.
        #[test]
        fn equals_sorting_all_of_them(exits in proptest::collection::vec((0i64..30, 0u64..4), 0..60), held in 0usize..80) {
            let mut in_order = InOrder::new(held);
            let mut out = Vec::new();
            for (at, (exit, id)) in exits.iter().enumerate() {
                let found = (Timestamp::from_micros(*exit), (SmolStr::default(), *id), at);
                in_order.push(found, &mut |one| out.push(one));
            }
            let is_too_late = in_order.order.is_too_late;
            in_order.drain(&mut |one| out.push(one));
            let mut sorted: Vec<usize> = (0..exits.len()).collect();
            sorted.sort_by_key(|at| exits[*at].0);
            let mut seen = HashSet::new();
            sorted.retain(|at| seen.insert(exits[*at]));
            prop_assert!(is_too_late || out == sorted, "{out:?} {sorted:?}");
            prop_assert!(!is_too_late || held < exits.len());
        }
    }
}
