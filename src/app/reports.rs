//! `report`: reads what a view needs and builds it. Never writes.

use serde_json::{Map, Value as Json};

use super::figures::figures;
use super::missed::analysis;
use super::{Desk, Reading, brain, missed_book, windows};
use crate::domain::{Timestamp, Window};
use crate::metrics::Windows;
use crate::report::{View, history_view, metrics_view, missed_view, summary_view, trades_view};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{parse_object, read_stored_outcome};

/// Which view, of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportRequest {
    /// The answer first, then the windows.
    Summary,
    /// Every metric and group.
    Metrics,
    /// The trades of a window; `shown` limits the table, 0 for no limit.
    Trades {
        /// Days back, or all.
        window: Window,
        /// Rows of the table.
        shown: usize,
    },
    /// What was not traded.
    Missed {
        /// Days back, or all.
        window: Window,
    },
    /// Day by day.
    History {
        /// Days back, or all.
        window: Window,
    },
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Builds a view.
///
/// # Errors
/// [`ReportError`]; an empty store is a view of its own.
pub fn report(desk: &Desk<'_>, request: &ReportRequest) -> Result<(View, Reading), ReportError> {
    let currency = desk.settings.currency.as_str();
    Ok(match request {
        ReportRequest::Summary | ReportRequest::Metrics => {
            let (sheet, reading) = figures(desk)?;
            let summary = *request == ReportRequest::Summary;
            let mut view = if summary { summary_view(&sheet) } else { metrics_view(&sheet) };
            if !summary {
                let (book, ..) = missed_book(desk, Window::Days(7))?;
                let said = if book.total > 0 {
                    analysis(&book, brain::position_size(desk)).into()
                } else {
                    Json::Null
                };
                view.payload.insert("missed_opportunities".into(), said);
            }
            (view, reading)
        }
        ReportRequest::Trades { window, shown } => {
            let (records, reading) = trades(desk, *window)?;
            let days = match window {
                Window::Days(days) => Some(*days),
                Window::All => None,
            };
            let shown = if *shown == 0 { usize::MAX } else { *shown };
            (trades_view(records, days, shown, currency), reading)
        }
        ReportRequest::Missed { window } => {
            let (book, oldest, scan) = missed_book(desk, *window)?;
            let days = match window {
                Window::Days(days) => Some(*days),
                Window::All => None,
            };
            let view = missed_view(&book, oldest, days, brain::position_size(desk), currency);
            (view, Reading { scan, ..Reading::default() })
        }
        ReportRequest::History { window } => {
            let (figures, reading) = windows(desk, &Windows::new([*window], desk.seen_from()))?;
            let performance = &figures[0].1;
            (history_view(performance, desk.seen_from(), currency), reading)
        }
    })
}

/// A stored record with what it is sorted by.
type Found = (Timestamp, String, Map<String, Json>);

/// The stored records of a window, newest first, each trade once.
fn trades(desk: &Desk<'_>, window: Window) -> Result<(Vec<Map<String, Json>>, Reading), StoreError> {
    let now = desk.seen_from();
    let options =
        ScanOptions { after_us: window.start(now).map(Timestamp::micros), ..ScanOptions::default() };
    let mut found: Vec<Found> = Vec::new();
    let mut reading = Reading::default();
    let inside = |line: &[u8]| -> Result<Option<Found>, String> {
        let stored = read_stored_outcome(line).map_err(|why| why.to_string())?;
        let facts = stored.facts();
        if !window.contains(facts.exit_time, now) || desk.as_of.is_some_and(|t| stored.was_written_after(t)) {
            return Ok(None);
        }
        let map = parse_object(line).map_err(|why| why.to_string())?;
        Ok(Some((facts.exit_time, facts.trade_id.to_owned(), map)))
    };
    let scan = scan(
        desk.disk,
        &desk.layout.log(Log::Outcomes),
        options,
        |chunk| chunk.lines().map(inside).collect::<Vec<_>>(),
        |before, rows| {
            for (at, row) in rows.into_iter().enumerate() {
                match row {
                    Ok(row) => found.extend(row),
                    Err(why) => reading.note_unreadable(before, vec![(at as u64 + 1, why)]),
                }
            }
        },
    )?;
    reading.scan = scan;
    reading.forgive_writer(desk);
    found.sort_by(|a, b| (b.0, &b.1).cmp(&(a.0, &a.1)));
    found.dedup_by(|a, b| (a.0, &a.1) == (b.0, &b.1));
    Ok((found.into_iter().map(|(_, _, map)| map).collect(), reading))
}
