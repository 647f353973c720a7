//! Brings what is known of a log up to its end, before something is appended to it.

use std::collections::HashSet;

use super::trade_log::{Adding, Figures, read_in_order, read_once};
use super::trades_in_window::REORDERED;
use super::{Context, Reading};
use crate::domain::{Market, TradeFacts};
use crate::metrics::{Exit, ExitSorter, PathsByWindow, RunningTotals, TotalsByWindow, WindowTotals, Windows};
use crate::store::{Checkpoint, Log, Position, ScanOptions, ScanReport, StoreError, StoreLock, Writer, scan};
use crate::wire::{news_content, signal_content};

/// What is known of the trade log up to its end.
pub(crate) struct Outcomes {
    pub checkpoint: Checkpoint<Option<RunningTotals>>,
    pub reading: Reading,
    /// Up to where the checkpoint that was loaded goes, if it was of use.
    pub kept: Position,
}

/// What becomes of trades that came too late to be put in their place, and were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeftOut {
    /// The whole log is read again, and they count.
    BringIn,
    /// They stay out: whoever records does not wait for as long as the log is.
    Stay,
}

/// Reads the trades behind the checkpoint into the ledger; without a checkpoint that fits, all of them, to
/// the same bits.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(crate) fn outcomes(context: &Context<'_>) -> Result<Outcomes, StoreError> {
    read_on(context, fitting(context).unwrap_or_default(), LeftOut::BringIn)
}

/// As [`outcomes`], but trades that were left out stay out: for somebody who only adds to the log.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(crate) fn outcomes_to_append(context: &Context<'_>) -> Result<Outcomes, StoreError> {
    read_on(context, fitting(context).unwrap_or_default(), LeftOut::Stay)
}

/// Reads the trades behind the checkpoint into the ledger; `None` without a checkpoint that fits, and where one of them
/// came too late: whoever wants windows too reads the whole log once for both.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(crate) fn outcomes_since_checkpoint(context: &Context<'_>) -> Result<Option<Outcomes>, StoreError> {
    let Some(checkpoint) = fitting(context) else { return Ok(None) };
    let outcomes = read_behind(context, checkpoint)?;
    Ok(Some(outcomes).filter(|outcomes| !outcomes.needs_rebuild(LeftOut::BringIn)))
}

/// The checkpoint of the trade log, where it can be trusted: it is whole (version and checksum), the bytes before its position
/// end as the log did when it was written (a log that was replaced, repaired or cut does not), and its totals are of the capital
/// and the calendars of the settings. Anything else is no error: the log is read from its beginning, to the same bits.
pub(super) fn fitting(context: &Context<'_>) -> Option<Checkpoint<Option<RunningTotals>>> {
    let path = context.layout.log(Log::Outcomes);
    let checkpoint = Checkpoint::load(context.disk, &context.layout.checkpoint(Log::Outcomes), &path).ok()?;
    let ledger: &Option<RunningTotals> = &checkpoint.folded;
    ledger
        .as_ref()
        .is_some_and(|ledger| ledger.is_for(context.settings.capital, context.market()))
        .then_some(checkpoint)
}

/// Reads all trades, whatever the checkpoint says.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(crate) fn outcomes_from_scratch(context: &Context<'_>) -> Result<Outcomes, StoreError> {
    read_on(context, Checkpoint::default(), LeftOut::BringIn)
}

/// Reads all trades, whatever the checkpoint says, and makes in the same read the figures of `windows`, which
/// look back from now. Trades in disorder are put in order without reading them again, unless the first of them comes
/// late in a long log, or some were recorded twice.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(crate) fn outcomes_and_windows(
    context: &Context<'_>,
    windows: &Windows,
) -> Result<(Outcomes, Figures), StoreError> {
    let everything = Context { as_of: None, ..context.clone() };
    // Each trade is in one of the windows' books, or in the one beside them.
    let adding = Adding {
        fresh: || (TotalsByWindow::new(windows), WindowTotals::default()),
        add: |(window_totals, beside): &mut (TotalsByWindow, WindowTotals), trade: &TradeFacts<'_>| {
            if !window_totals.add(windows, trade) {
                beside.add(windows.market(), trade);
            }
        },
        filter: None,
        said: None,
    };
    let mut checkpoint = Checkpoint::default();
    let ((window_totals, beside), in_order, reading) = read_in_order(
        &everything,
        (ScanOptions::default(), ExitSorter::new(REORDERED)),
        &adding,
        |sums, part| {
            sums.0.merge(&part.0);
            sums.1.merge(&part.1);
        },
        || InOrder::new(context, windows),
        |in_order, exit| in_order.push(windows, exit),
        |reads_before, exit| {
            // Ids stand as the log has them.
            if reads_before == 0 {
                checkpoint.ids.push(position_id(&exit.trade_id), exit.content);
            }
            true
        },
    )?;
    let InOrder { mut ledger, tracks } = in_order;
    ledger.absorb_book(&window_totals.together());
    ledger.absorb_book(&beside);
    let outcomes = Outcomes::from_scratch(checkpoint, ledger, reading);
    Ok((outcomes, tracks.finish(windows, window_totals)))
}

/// What is made of exits in their order.
struct InOrder {
    ledger: RunningTotals,
    tracks: PathsByWindow,
}

impl InOrder {
    fn new(context: &Context<'_>, windows: &Windows) -> Self {
        let ledger = RunningTotals::new(context.settings.capital, context.market());
        Self { ledger, tracks: PathsByWindow::new(windows, context.settings.capital) }
    }

    fn push(&mut self, windows: &Windows, exit: &Exit) {
        self.tracks.push(windows, exit);
        self.ledger.push(windows.market(), exit.clone());
    }
}

fn read_on(
    context: &Context<'_>,
    checkpoint: Checkpoint<Option<RunningTotals>>,
    left_out: LeftOut,
) -> Result<Outcomes, StoreError> {
    read_behind(context, checkpoint)?.rebuilt(context, left_out)
}

impl Outcomes {
    /// What a checkpoint says.
    pub(super) fn of(context: &Context<'_>, mut checkpoint: Checkpoint<Option<RunningTotals>>) -> Self {
        checkpoint
            .folded
            .get_or_insert_with(|| RunningTotals::new(context.settings.capital, context.market()));
        let kept = checkpoint.position;
        Self { checkpoint, reading: Reading::default(), kept }
    }

    /// The same with every trade in its place: the whole log is read again where some came too late for that.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub(super) fn with_all_in_place(self, context: &Context<'_>) -> Result<Self, StoreError> {
        self.rebuilt(context, LeftOut::BringIn)
    }

    fn rebuilt(mut self, context: &Context<'_>, left_out: LeftOut) -> Result<Self, StoreError> {
        if self.needs_rebuild(left_out) {
            let everything = Context { as_of: None, ..context.clone() };
            self.checkpoint.folded = Some(rebuild(&everything, &mut self)?);
            self.kept = Position::default();
        }
        Ok(self)
    }

    /// What is known after the whole log was read.
    fn from_scratch(ids: Checkpoint<Option<RunningTotals>>, ledger: RunningTotals, reading: Reading) -> Self {
        let checkpoint = Checkpoint {
            position: reading.scan.end,
            unreadable_rows: reading.unreadable_rows,
            damaged_bytes: damaged_bytes(&reading.scan),
            folded: Some(ledger),
            ..ids
        };
        Self { checkpoint, reading, kept: Position::default() }
    }

    /// Whether trades are in the log that have no place in the ledger.
    fn needs_rebuild(&self, left_out: LeftOut) -> bool {
        let ledger = self.checkpoint.folded.as_ref();
        ledger.is_none_or(|ledger| {
            !ledger.is_sound() || (left_out == LeftOut::BringIn && ledger.left_out() > 0)
        })
    }
}

/// How trades are added up of which nothing but the running totals is made.
pub(super) fn window_totals(
    market: &Market,
) -> Adding<'_, impl Fn() -> WindowTotals + Sync, impl Fn(&mut WindowTotals, &TradeFacts<'_>) + Sync> {
    Adding {
        fresh: WindowTotals::default,
        add: |totals: &mut WindowTotals, trade: &TradeFacts<'_>| totals.add(market, trade),
        filter: None,
        said: None,
    }
}

/// Reads what is behind a checkpoint.
fn read_behind(
    context: &Context<'_>,
    checkpoint: Checkpoint<Option<RunningTotals>>,
) -> Result<Outcomes, StoreError> {
    let mut outcomes = Outcomes::of(context, checkpoint);
    let Checkpoint { ids, folded, .. } = &mut outcomes.checkpoint;
    let options = ScanOptions { from: outcomes.kept, after_us: None };
    let everything = Context { as_of: None, ..context.clone() };
    let adding = window_totals(context.market());
    let reading = read_once(&everything, options, &HashSet::new(), &adding, |totals, exits| {
        exits.iter().for_each(|exit| ids.push(position_id(&exit.trade_id), exit.content));
        if let Some(ledger) = folded {
            ledger.absorb(context.market(), &totals, exits);
        }
    })?;
    outcomes.checkpoint.position = reading.scan.end;
    outcomes.checkpoint.unreadable_rows += reading.unreadable_rows;
    outcomes.checkpoint.damaged_bytes += damaged_bytes(&reading.scan);
    outcomes.reading = reading;
    Ok(outcomes)
}

/// The id of the position that a trade closed, also where it is a further exit of it.
pub(crate) fn position_id(trade_id: &str) -> &str {
    match trade_id.rsplit_once('#') {
        Some((position, leg)) if !leg.is_empty() && leg.bytes().all(|byte| byte.is_ascii_digit()) => position,
        _ => trade_id,
    }
}

fn damaged_bytes(scan: &ScanReport) -> u64 {
    // The tail is not yet behind the position.
    let tail = scan.tail();
    scan.damage.iter().filter(|damage| Some(**damage) != tail).map(|damage| damage.len).sum()
}

/// Reads the whole log and sorts it, for one in which trades are far out of order or recorded twice.
fn rebuild(context: &Context<'_>, outcomes: &mut Outcomes) -> Result<RunningTotals, StoreError> {
    let (sums, mut ledger, reading) = read_in_order(
        context,
        (ScanOptions::default(), ExitSorter::of_disorder()),
        &window_totals(context.market()),
        WindowTotals::merge,
        || RunningTotals::new(context.settings.capital, context.market()),
        |ledger, exit| ledger.push(context.market(), exit.clone()),
        |_, _| true,
    )?;
    ledger.absorb_book(&sums);
    outcomes.reading.repeated = reading.repeated;
    Ok(ledger)
}

/// Makes the log end at a whole member: waits for a writer that ignores the lock, then puts what is still
/// no member into quarantine. Returns whether the log has grown meanwhile, and a sentence for the user.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn repair_tail(
    context: &Context<'_>,
    writer: &mut Writer<'_>,
    scan: &ScanReport,
) -> Result<(bool, Option<String>), StoreError> {
    let Some(tail) = scan.tail() else { return Ok((writer.len()? != scan.size, None)) };
    if writer.wait_for_growth(scan.size)? {
        return Ok((true, None));
    }
    let to = writer.quarantine_tail(scan.end.len, &context.layout)?;
    let sentence = format!(
        "the last record was incomplete and is in no figure: its {} bytes are kept in {}",
        tail.len,
        to.display()
    );
    Ok((false, Some(sentence)))
}

/// A log of signals or of news that is open to append.
pub(crate) fn signals(context: &Context<'_>, log: Log) -> Result<(Checkpoint<()>, ScanReport), StoreError> {
    let path = context.layout.log(log);
    let loaded = Checkpoint::<()>::load(context.disk, &context.layout.checkpoint(log), &path);
    let mut checkpoint = loaded.unwrap_or_default();
    let options = ScanOptions { from: checkpoint.position, after_us: None };
    let content = if log == Log::News { news_content } else { signal_content };
    let report = scan(
        context.disk,
        &path,
        options,
        |chunk| chunk.lines().filter_map(content).collect::<Vec<_>>(),
        |_, ids| ids.iter().for_each(|(id, content)| checkpoint.ids.push(id, *content)),
    )?;
    checkpoint.position = report.end;
    checkpoint.damaged_bytes += damaged_bytes(&report);
    Ok((checkpoint, report))
}

/// What keeps a log from being appended to by anybody else.
pub(crate) fn open_writer<'d>(
    context: &Context<'d>,
    log: Log,
    lock: &StoreLock,
) -> Result<Writer<'d>, StoreError> {
    Writer::open(context.disk, &context.layout.log(log), lock)
}
