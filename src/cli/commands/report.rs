//! `report`.

use super::super::args::{ReportArgs, ReportView};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::{Context, after_reading, answer, need_store};
use crate::app::{ReportRequest, patterns, report};
use crate::domain::Window;
use crate::store::Log;

pub(super) fn run(args: &ReportArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(context)?;
    if (args.since_last || args.save) && args.view != ReportView::Patterns {
        return Err(CliError::Usage("--since-last and --save go with `patterns`".into(), None));
    }
    if args.view == ReportView::Patterns {
        let days = match args.days {
            None => 90,
            Some(Window::Days(days)) => days,
            Some(Window::All) => u16::MAX,
        };
        let view = patterns(&context.desk, days, args.since_last, args.save)?;
        answer(context, &view)?;
        return Ok(ExitStatus::Done);
    }
    let request = match args.view {
        ReportView::Summary => ReportRequest::Summary,
        ReportView::Metrics => ReportRequest::Metrics,
        ReportView::Trades => {
            ReportRequest::Trades { window: args.days.unwrap_or(Window::Days(7)), shown: args.limit }
        }
        ReportView::Missed => ReportRequest::Missed { window: args.days.unwrap_or(Window::Days(90)) },
        ReportView::Brain => ReportRequest::Brain { symbol: args.symbol.clone(), effects: args.effects },
        ReportView::Model => ReportRequest::Model { ensemble: args.ensemble },
        ReportView::Retrains | ReportView::Patterns => ReportRequest::Retrains,
        ReportView::History => ReportRequest::History { window: args.days.unwrap_or(Window::Days(90)) },
    };
    if (args.symbol.is_some() || args.effects) && args.view != ReportView::Brain {
        return Err(CliError::Usage("--symbol and --effects go with `brain`".into(), None));
    }
    if args.days.is_some()
        && !matches!(
            args.view,
            ReportView::Trades | ReportView::History | ReportView::Missed | ReportView::Patterns
        )
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
