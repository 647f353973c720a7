//! `report`.

use super::super::args::{ReportArgs, ReportView};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::{Context, after_reading, answer, need_store};
use crate::app::{ReportRequest, report};
use crate::domain::Window;
use crate::store::Log;

pub(super) fn run(args: &ReportArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(context)?;
    let request = match args.view {
        ReportView::Summary => ReportRequest::Summary,
        ReportView::Metrics => ReportRequest::Metrics,
        ReportView::Trades => {
            ReportRequest::Trades { window: args.days.unwrap_or(Window::Days(7)), shown: args.limit }
        }
        ReportView::Missed => ReportRequest::Missed { window: args.days.unwrap_or(Window::Days(90)) },
        ReportView::Brain => ReportRequest::Brain { symbol: args.symbol.clone(), effects: args.effects },
        ReportView::Model => ReportRequest::Model { ensemble: args.ensemble },
        ReportView::Retrains => ReportRequest::Retrains,
        ReportView::History => ReportRequest::History { window: args.days.unwrap_or(Window::Days(90)) },
    };
    if (args.symbol.is_some() || args.effects) && args.view != ReportView::Brain {
        return Err(CliError::Usage("--symbol and --effects go with `brain`".into(), None));
    }
    if args.days.is_some()
        && !matches!(args.view, ReportView::Trades | ReportView::History | ReportView::Missed)
    {
        return Err(CliError::Usage(
            "--days goes with `trades`, `history` and `missed`: the other views have their own spans".into(),
            None,
        ));
    }
    let (view, reading) = report(&context.desk, &request)?;
    let log = if args.view == ReportView::Missed { Log::Missed } else { Log::Outcomes };
    let path = context.desk.layout.log(log);
    let status = after_reading(context, &path, &reading);
    answer(context, &view)?;
    Ok(status)
}
