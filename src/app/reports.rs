//! `report`: reads what a view needs and builds it. Never writes.

use super::{
    Context, Reading, brain_report, day_report, health, missed_totals, model_report, summary, windows,
};
use crate::domain::{Date, Window};
use crate::files::brain;
use crate::files::trades_in_window::each_trade;
use crate::metrics::Windows;
use crate::report::{View, history_view, missed_view, model_view, trades_view};
use crate::store::StoreError;
use crate::wire::parse_object;

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
        /// Of one symbol.
        symbol: Option<String>,
        /// Rows of the table.
        shown: usize,
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
        ReportRequest::Trades { window, symbol, shown } => {
            let (mut records, reading) =
                each_trade(context, *window, |_, line| parse_object(line).map_err(|why| why.to_string()))?;
            records.reverse();
            let days = match window {
                Window::Days(days) => Some(*days),
                Window::Session { .. } | Window::All => None,
            };
            let shown = if *shown == 0 { usize::MAX } else { *shown };
            (
                trades_view(records, days, symbol.as_deref(), shown, currency, context.market().calendar()),
                reading,
            )
        }
        ReportRequest::Missed { window } => {
            let (totals, oldest, scan) = missed_totals(context, *window)?;
            let days = match window {
                Window::Days(days) => Some(*days),
                Window::Session { .. } | Window::All => None,
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
            let (figures, reading) =
                windows(context, &Windows::new([*window], context.seen_from(), context.market()))?;
            let performance = &figures[0].1;
            (history_view(performance, context.seen_from(), currency), reading)
        }
    })
}
