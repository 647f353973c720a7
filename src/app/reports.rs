//! `report`: reads what a view needs and builds it. Never writes.

use serde_json::Value as Json;

use super::{
    Context, Reading, brain_report, day_report, health, missed_totals, model_report, summary, windows,
};
use crate::domain::{Date, Window};
use crate::files::brain;
use crate::files::trades_in_window::each_trade;
use crate::metrics::Windows;
use crate::report::{TradesForm, TradesShown, View, history_view, missed_view, model_view, trades_view};
use crate::store::StoreError;
use crate::wire::{StoredOutcome, parse_object};

/// Which view, of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportRequest {
    /// The answer first, then the windows.
    Summary,
    /// Every metric and group.
    Metrics,
    /// The trades of a window.
    Trades {
        /// Days back, or all.
        window: Window,
        /// Of one symbol.
        symbol: Option<String>,
        /// What of them is shown.
        form: TradesForm,
    },
    /// What was not traded.
    Missed {
        /// Days back, or all.
        window: Window,
    },
    /// The knobs and their changes.
    Brain {
        /// Of one symbol.
        symbol: Option<String>,
        /// What followed each change, instead.
        effects: bool,
    },
    /// The models.
    Model {
        /// The weights of an ensemble, instead.
        ensemble: bool,
    },
    /// Every attempt to retrain.
    Retrains,
    /// What needs attention.
    Health,
    /// What happened at a close; at the last one without a date.
    PostMarket(Option<Date>),
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
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Builds a view.
///
/// # Errors
/// [`ReportError`]; an empty store is a view of its own.
pub fn report(context: &Context<'_>, request: &ReportRequest) -> Result<(View, Reading), ReportError> {
    let currency = context.settings.currency.as_str();
    Ok(match request {
        ReportRequest::Summary => summary::summary_report(context)?,
        ReportRequest::Metrics => summary::metrics_report(context)?,
        ReportRequest::Trades { window, symbol, form } => {
            let (shown, reading) = trades(context, *window, symbol.as_deref(), *form)?;
            (trades_view(shown, *form, currency), reading)
        }
        ReportRequest::Missed { window } => {
            let (totals, oldest, scan) = missed_totals(context, *window)?;
            let days = match window {
                Window::Days(days) => Some(*days),
                Window::All => None,
            };
            let view = missed_view(&totals, oldest, days, brain::position_size(context), currency);
            (view, Reading { scan, ..Reading::default() })
        }
        ReportRequest::Brain { symbol, effects: false } => {
            brain_report::brain_report(context, symbol.as_deref())?
        }
        ReportRequest::Brain { symbol, effects: true } => {
            brain_report::effects_report(context, symbol.as_deref())?
        }
        ReportRequest::Model { ensemble: false } => {
            (model_view(&model_report::model_sheet(context)?), Reading::default())
        }
        ReportRequest::Model { ensemble: true } => {
            (model_report::ensemble_report(context)?, Reading::default())
        }
        ReportRequest::Retrains => (model_report::retrains_report(context)?, Reading::default()),
        ReportRequest::Health => (health::health_report(context)?, Reading::default()),
        ReportRequest::PostMarket(date) => {
            (day_report::post_market_report(context, *date)?, Reading::default())
        }
        ReportRequest::History { window } => {
            let (figures, reading) = windows(context, &Windows::new([*window], context.seen_from()))?;
            let performance = &figures[0].1;
            (history_view(performance, context.seen_from(), currency), reading)
        }
    })
}

/// The trades of a window, newest first. They wait as the text that they are; an object takes six times the memory.
fn trades(
    context: &Context<'_>,
    window: Window,
    symbol: Option<&str>,
    form: TradesForm,
) -> Result<(TradesShown, Reading), StoreError> {
    let wanted = |_: &StoredOutcome<'_>, line: &[u8]| -> Result<(Option<String>, Box<[u8]>), String> {
        let object = parse_object(line).map_err(|why| why.to_string())?;
        let Some(symbol) = symbol else { return Ok((None, line.into())) };
        let traded = object.get("symbol").and_then(Json::as_str).unwrap_or_default();
        let line: &[u8] = if traded == symbol { line } else { &[] };
        Ok((Some(traded.to_owned()), line.into()))
    };
    let (found, reading) = each_trade(context, window, wanted)?;
    let mut traded: Vec<String> = Vec::new();
    for symbol in found.iter().rev().filter_map(|(symbol, _)| symbol.as_ref()) {
        if !traded.contains(symbol) {
            traded.push(symbol.clone());
        }
    }
    let lines = found.iter().rev().map(|(_, line)| line).filter(|line| !line.is_empty());
    let count = lines.clone().count() as u64;
    let most = match form {
        TradesForm::Table(shown) => shown,
        TradesForm::Objects | TradesForm::Rows => usize::MAX,
    };
    let records = lines.take(most).filter_map(|line| parse_object(line).ok()).collect();
    let days = match window {
        Window::Days(days) => Some(days),
        Window::All => None,
    };
    let symbol = symbol.map(str::to_owned);
    Ok((TradesShown { records, count, days, symbol, traded }, reading))
}
