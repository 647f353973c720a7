//! Reads the trade log into the figures of several windows.

use std::borrow::Cow;
use std::collections::HashSet;

use super::record_filter::TradeFilter;
use super::said_elsewhere::SaidElsewhere;
use super::trades_in_window::REORDERED;
use super::{Context, Reading};
use crate::domain::{Market, Timestamp, TradeFacts, Window};
use crate::metrics::{
    Arranged, Exit, ExitKey, ExitSorter, PathsByWindow, Performance, TotalsByWindow, Windows,
};
use crate::store::{Chunk, Log, ScanOptions, StoreError, scan};
use crate::wire::{StoredOutcome, read_stored_outcome};

/// The figures of windows, smallest first.
pub(crate) type Figures = Vec<(Window, Performance)>;

/// The key by which a trade recorded twice is known.
type Key = ExitKey;

/// What a stretch of the log holds.
#[derive(Default)]
pub(super) struct Part<B> {
    pub(super) sums: B,
    pub(super) exits: Vec<Exit>,
    /// Lines of trades that occur more than once.
    repeated: Vec<Vec<u8>>,
    pub(super) unreadable: Vec<(u64, String)>,
    newer: u64,
    bytes_at: u64,
}

/// How rows are added up, whichever core reads them.
pub(crate) struct Adding<'f, F, A> {
    pub fresh: F,
    pub add: A,
    /// Which trades count; all where there is none.
    pub filter: Option<&'f TradeFilter>,
    /// What trades leave open; nothing for totals that are kept, which rest on the trades alone.
    pub said: Option<&'f SaidElsewhere>,
}

impl<F, A> Adding<'_, F, A> {
    /// What a trade says, with what it leaves open.
    fn facts<'t>(&'t self, stored: &'t StoredOutcome<'_>) -> TradeFacts<'t> {
        self.said.map_or_else(|| stored.facts(), |said| said.complete(stored))
    }
}

/// Reads a stretch of the log that begins at an offset, from its lines.
pub(super) fn read_part<'l, B, F: Fn() -> B, A: Fn(&mut B, &TradeFacts<'_>)>(
    (bytes_at, lines): (u64, impl Iterator<Item = &'l [u8]>),
    (market, as_of): (&Market, Option<Timestamp>),
    repeated: &HashSet<Key>,
    adding: &Adding<'_, F, A>,
) -> Part<B> {
    let mut part = Part {
        sums: (adding.fresh)(),
        exits: Vec::new(),
        repeated: Vec::new(),
        unreadable: Vec::new(),
        newer: 0,
        bytes_at,
    };
    // One place for all rows: it is too large to be moved for each.
    let mut stored = StoredOutcome::default();
    for (row, line) in lines.enumerate() {
        if let Err(why) = stored.read(line) {
            part.unreadable.push((row as u64 + 1, why.to_string()));
            continue;
        }
        part.newer += u64::from(stored.is_newer());
        if as_of.is_some_and(|as_of| stored.was_written_after(as_of)) {
            continue;
        }
        if adding.filter.is_some_and(|filter| !filter.takes(&stored, line)) {
            continue;
        }
        let facts = adding.facts(&stored);
        if !repeated.is_empty()
            && repeated.contains(&(facts.exit_time, facts.trade_id.into(), facts.exit_hash()))
        {
            part.repeated.push(line.to_vec());
            continue;
        }
        (adding.add)(&mut part.sums, &facts);
        part.exits.push(Exit::of(&facts, market));
    }
    part
}

/// Reads the log once: sums and exits of each stretch go to `sink` in the order of the file. Of trades in
/// `repeated`, only the first record counts.
pub(crate) fn read_once<B: Send + 'static, F: Fn() -> B + Sync, A: Fn(&mut B, &TradeFacts<'_>) + Sync>(
    context: &Context<'_>,
    options: ScanOptions,
    repeated: &HashSet<Key>,
    adding: &Adding<'_, F, A>,
    mut sink: impl FnMut(B, Vec<Exit>),
) -> Result<Reading, StoreError> {
    let mut reading = Reading::default();
    let mut seen: HashSet<Key> = HashSet::new();
    let mut taken: Vec<Vec<u8>> = Vec::new();
    let mut told = options.from.len;
    let path = context.layout.log(Log::Outcomes);
    let map = |chunk: Chunk<'_>| {
        read_part((chunk.at, chunk.lines()), (context.market(), context.as_of), repeated, adding)
    };
    let report = scan(context.disk, &path, options, map, |rows_before, part| {
        context.progress.advance(part.bytes_at.saturating_sub(told));
        told = told.max(part.bytes_at);
        reading.note_unreadable(rows_before, part.unreadable);
        reading.newer_rows += part.newer;
        for line in part.repeated {
            let Ok(stored) = read_stored_outcome(&line) else { continue };
            let facts = stored.facts();
            if seen.insert((facts.exit_time, facts.trade_id.into(), facts.exit_hash())) {
                taken.push(line);
            } else {
                reading.repeated += 1;
            }
        }
        sink(part.sums, part.exits);
    })?;
    for line in &taken {
        let Ok(stored) = read_stored_outcome(line) else { continue };
        let mut sums = (adding.fresh)();
        (adding.add)(&mut sums, &adding.facts(&stored));
        sink(sums, vec![Exit::of(&adding.facts(&stored), context.market())]);
    }
    reading.scan = report;
    Ok(reading)
}

/// Reads the figures of `windows`, in bounded memory unless trades were recorded far out of order.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all. Damage is not an error: see [`Reading`].
pub fn windows(
    context: &Context<'_>,
    windows: &Windows,
) -> Result<(Vec<(Window, Performance)>, Reading), StoreError> {
    windows_where(context, windows, None, false)
}

/// As [`windows`], of the trades that a filter takes; `is_completed` with what their signals and the settings say where they do
/// not.
pub(crate) fn windows_where(
    context: &Context<'_>,
    windows: &Windows,
    filter: Option<&TradeFilter>,
    is_completed: bool,
) -> Result<(Vec<(Window, Performance)>, Reading), StoreError> {
    let said = is_completed.then(|| said_elsewhere(context, windows, filter)).transpose()?;
    let (window_totals, tracks, reading) = books_where(context, windows, filter, said.as_deref())?;
    Ok((tracks.finish(windows, window_totals), reading))
}

/// What the trades of the windows leave open: what the filter read of it already, or it is read.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn said_elsewhere<'f>(
    context: &Context<'_>,
    windows: &Windows,
    filter: Option<&'f TradeFilter>,
) -> Result<Cow<'f, SaidElsewhere>, StoreError> {
    match filter.and_then(TradeFilter::said) {
        Some(said) => Ok(Cow::Borrowed(said)),
        None => SaidElsewhere::read(context, windows.longest()).map(Cow::Owned),
    }
}

/// What can be added up of the windows, and the tracks of their exits.
pub(crate) fn books_where(
    context: &Context<'_>,
    windows: &Windows,
    filter: Option<&TradeFilter>,
    said: Option<&SaidElsewhere>,
) -> Result<(TotalsByWindow, PathsByWindow, Reading), StoreError> {
    let adding = Adding {
        fresh: || TotalsByWindow::new(windows),
        add: |window_totals: &mut TotalsByWindow, trade: &TradeFacts<'_>| {
            window_totals.add(windows, trade);
        },
        filter,
        said,
    };
    let start = windows.start();
    let options = ScanOptions { after_us: start.map(Timestamp::micros), ..ScanOptions::default() };
    let is_inside =
        |exit: &Exit| exit.exit_time <= windows.now() && start.is_none_or(|start| exit.exit_time > start);
    let (window_totals, tracks, mut reading) = read_in_order(
        context,
        (options, ExitSorter::new(REORDERED)),
        &adding,
        TotalsByWindow::merge,
        || PathsByWindow::new(windows, context.settings.capital),
        |tracks, exit| tracks.push(windows, exit),
        |_, exit| is_inside(exit),
    )?;
    reading.ignore_live_tail(context, Log::Outcomes);
    Ok((window_totals, tracks, reading))
}

/// Reads the log until each trade was counted once and the exits went to `push` in their order: anew, into what `begin`
/// makes, where some came too late or more than once. `takes` says which exits count, of each in the order of the log
/// and with the number of the read before.
pub(crate) fn read_in_order<
    B: Send + 'static,
    F: Fn() -> B + Sync,
    A: Fn(&mut B, &TradeFacts<'_>) + Sync,
    T,
>(
    context: &Context<'_>,
    (options, mut sorter): (ScanOptions, ExitSorter),
    adding: &Adding<'_, F, A>,
    merge: impl Fn(&mut B, &B),
    begin: impl Fn() -> T,
    push: impl Fn(&mut T, &Exit),
    mut takes: impl FnMut(usize, &Exit) -> bool,
) -> Result<(B, T, Reading), StoreError> {
    let mut repeated = HashSet::new();
    let mut reads = 0;
    loop {
        let size = context.disk.stat(&context.layout.log(Log::Outcomes)).ok().flatten().map(|stat| stat.len);
        context.progress.begin("reading trades", size);
        let (mut sums, mut in_order) = ((adding.fresh)(), begin());
        let read = read_once(context, options, &repeated, adding, |part, exits| {
            merge(&mut sums, &part);
            for exit in exits {
                if takes(reads, &exit) {
                    sorter.push(exit, &mut |exit| push(&mut in_order, exit));
                }
            }
        });
        context.progress.end();
        let reading = read?;
        reads += 1;
        let twice = match sorter.finish(&mut |exit| push(&mut in_order, exit)) {
            Arranged::InOrder(twice) => twice,
            Arranged::Sorted(sorted) => {
                in_order = begin();
                sorted.each(&mut |exit| push(&mut in_order, exit))
            }
            Arranged::TooLate => {
                sorter = ExitSorter::of_disorder();
                continue;
            }
        };
        if twice.is_empty() || !repeated.is_empty() {
            return Ok((sums, in_order, reading));
        }
        // Those that came twice are handed over last: that is disorder.
        sorter = ExitSorter::of_disorder();
        repeated = twice.into_iter().collect();
    }
}
