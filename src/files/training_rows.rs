//! The labelled rows of a span of days, from all three logs.

use std::collections::{HashMap, HashSet};

use smol_str::SmolStr;

use super::desks::fold_desks;
use super::record_filter::TradeFilter;
use super::round_trip::round_trip;
use super::surroundings::{Wanted, read_surroundings};
use super::trades_in_window::has_signals;
use super::{Context, Desk, Reading};
use crate::domain::{Timestamp, Window};
use crate::learn::{Costs, Dataset, Draft, Source};
use crate::stats::given_back;
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{FeatureNames, Resolution, TrainingRecord, WireError, outcome_with, signal_with};

/// What was found besides the rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowsReport {
    /// Trades without features of their own or of a recorded signal.
    pub without_features: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
}

/// What rows are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowsFor {
    /// To learn from: without features there is nothing to learn.
    Learning,
    /// To look for patterns in: what is known without features counts too.
    Patterns,
}

/// The labelled rows of the last `days`: trades that carry features or whose signal does, missed signals and
/// recorded signals that were priced. Each signal is one row.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn labelled_rows(
    context: &Context<'_>,
    days: u16,
    rows_for: RowsFor,
) -> Result<(Dataset, RowsReport), StoreError> {
    let now = context.seen_from();
    let window = Window::Days(days);
    let mut report = RowsReport::default();
    let mut rows = Rows::new(context, rows_for);
    read(
        context,
        Log::Outcomes,
        window.start(now),
        outcome_with,
        |_| true,
        &mut report,
        |found| {
            rows.take(found, Source::Trade);
        },
    )?;
    let resolved = |found: &TrainingRecord| found.resolved.is_some();
    read(context, Log::Missed, window.start(now), signal_with, resolved, &mut report, |found| {
        rows.take(found, Source::Missed);
    })?;
    let wanted: HashSet<SmolStr> = rows.waiting.iter().filter_map(|row| row.id.clone()).collect();
    let needed = |found: &TrainingRecord| {
        found.resolved.is_some() || found.signal_id.as_deref().is_some_and(|id| wanted.contains(id))
    };
    // A signal is older than the trade that it led to.
    let since = window.start(now).map(|start| start.plus_days(-7));
    let mut signals: HashMap<String, Draft> = HashMap::new();
    read(context, Log::Signals, since, signal_with, needed, &mut report, |found| {
        if let Some(id) = found.signal_id.as_ref().filter(|id| wanted.contains(id.as_str())) {
            let draft = rows.dataset.draft(&found.known);
            signals.entry(id.clone()).or_insert(draft);
        }
        if found.resolved.is_some() && found.known.at.is_some_and(|at| window.contains(at, now)) {
            rows.take(found, Source::Pick);
        }
    })?;
    report.without_features = rows.complete(&signals);
    let mut dataset = rows.dataset;
    dataset.add_time(0);
    dataset.sort();
    if let Some(first) = dataset.examples.first().map(|example| example.at) {
        let first = context.market().trading_date(first);
        dataset.surround(&read_surroundings(context, first, Wanted::ALL)?);
    }
    Ok((dataset, report))
}

/// The rows in which patterns are looked for, of the store or of all desks together: those of each desk are its own,
/// whatever their ids.
///
/// # Errors
/// [`StoreError`] when a log of the one store cannot be read at all.
pub(crate) fn rows_of_all(context: &Context<'_>, days: u16) -> Result<(Dataset, Reading), StoreError> {
    if !context.is_joined() {
        let (dataset, _) = labelled_rows(context, days, RowsFor::Patterns)?;
        return Ok((dataset, Reading::default()));
    }
    let read = |own: &Context<'_>, desk: &Desk, _: Option<&TradeFilter>| {
        let (mut dataset, _) = labelled_rows(own, days, RowsFor::Patterns)?;
        dataset
            .examples
            .iter_mut()
            .for_each(|example| example.id = format!("{} {}", desk.name, example.id).into());
        Ok((dataset, Reading::default()))
    };
    let empty = || Dataset::new(context.market());
    let (mut dataset, reading) =
        fold_desks(context, (Log::Outcomes, None), empty, read, |all, one| all.merge(one));
    dataset.sort();
    Ok((dataset, reading))
}

/// A row before its signal is known.
struct Row {
    id: Option<SmolStr>,
    draft: Draft,
    resolved: Option<Resolution>,
    source: Source,
}

/// The rows as they are read.
struct Rows {
    dataset: Dataset,
    /// Those that wait for what their signals say; none where there are no signals.
    waiting: Vec<Row>,
    is_waiting: bool,
    rows_for: RowsFor,
    costs: Costs,
    /// Rows so far, and trades among them without features.
    place: usize,
    without_features: u64,
}

impl Rows {
    fn new(context: &Context<'_>, rows_for: RowsFor) -> Self {
        Self {
            dataset: Dataset::new(context.market()),
            waiting: Vec::new(),
            is_waiting: has_signals(context),
            rows_for,
            costs: round_trip(context).unwrap_or_default(),
            place: 0,
            without_features: 0,
        }
    }

    fn take(&mut self, found: TrainingRecord, source: Source) {
        let draft = self.dataset.draft(&found.known);
        let row = Row { id: found.signal_id.map(Into::into), draft, resolved: found.resolved, source };
        if self.is_waiting {
            self.waiting.push(row);
        } else {
            self.add(row);
        }
    }

    /// Puts a row into the dataset.
    fn add(&mut self, row: Row) {
        let place = self.place;
        self.place += 1;
        if self.rows_for == RowsFor::Learning && !row.draft.has_features() {
            self.without_features += u64::from(row.source == Source::Trade);
            return;
        }
        let id = row.id.unwrap_or_else(|| format!("row {place:09}").into());
        if let Some(resolved) = &row.resolved {
            self.dataset.push_without_time(id, row.draft, resolved, row.source, self.costs);
        }
    }

    /// Puts those that wait into the dataset, each with what its signal says; trades without features.
    fn complete(&mut self, signals: &HashMap<String, Draft>) -> u64 {
        for mut row in given_back(std::mem::take(&mut self.waiting)) {
            if let Some(signal) = row.id.as_deref().and_then(|id| signals.get(id)) {
                row.draft.complete_with(signal);
            }
            self.add(row);
        }
        self.without_features
    }
}

/// Reads what can be learned from a log since a moment.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(crate) fn read(
    context: &Context<'_>,
    log: Log,
    since: Option<Timestamp>,
    parse: fn(&[u8], &mut FeatureNames) -> Result<TrainingRecord, WireError>,
    keep: impl Fn(&TrainingRecord) -> bool + Sync,
    report: &mut RowsReport,
    mut sink: impl FnMut(TrainingRecord),
) -> Result<(), StoreError> {
    let options = ScanOptions { after_us: since.map(Timestamp::micros), ..ScanOptions::default() };
    let now = context.seen_from();
    let inside = |found: &TrainingRecord| {
        let at = found.known.at;
        at.is_none_or(|at| at <= now && since.is_none_or(|since| at > since))
            && context.as_of.is_none_or(|as_of| found.written.is_none_or(|written| written <= as_of))
            && keep(found)
    };
    scan(
        context.disk,
        &context.layout.log(log),
        options,
        |chunk| {
            let mut names = FeatureNames::default();
            let one = |line: &[u8]| parse(line, &mut names).map(|found| inside(&found).then_some(found));
            chunk.lines().map(one).collect::<Vec<_>>()
        },
        |_, lines| {
            for line in lines {
                match line {
                    Ok(line) => line.into_iter().for_each(&mut sink),
                    Err(_) => report.unreadable += 1,
                }
            }
        },
    )?;
    Ok(())
}
