//! `report`.

use super::super::args::{ReportArgs, ReportView};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::{Context, after_reading, answer, need_store};
use crate::app::{ReportRequest, patterns, report};
use crate::domain::Window;
use crate::store::Log;

/// Every flag belongs to some views, and is a mistake with the others.
fn check(args: &ReportArgs) -> Result<(), CliError> {
    use ReportView::{Brain, History, Missed, Model, Patterns, PostMarket, Trades};
    let flags: [(bool, &str, &[ReportView]); 7] = [
        (args.days.is_some(), "--days", &[Trades, History, Missed, Patterns]),
        (args.symbol.is_some(), "--symbol", &[Brain]),
        (args.effects, "--effects", &[Brain]),
        (args.ensemble, "--ensemble", &[Model]),
        (args.since_last, "--since-last", &[Patterns]),
        (args.save, "--save", &[Patterns]),
        (args.date.is_some(), "a date", &[PostMarket]),
    ];
    match flags.iter().find(|(given, _, views)| *given && !views.contains(&args.view)) {
        None => Ok(()),
        Some((_, flag, views)) => {
            let names: Vec<String> = views.iter().map(|view| format!("`{}`", view.name())).collect();
            Err(CliError::Usage(format!("{flag} goes with {}", names.join(", ")), None))
        }
    }
}

pub(super) fn run(args: &ReportArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    check(args)?;
    need_store(context)?;
    let window = |default: u16| args.days.unwrap_or(Window::Days(default));
    let request = match args.view {
        ReportView::Patterns => return run_patterns(args, context),
        ReportView::Summary => ReportRequest::Summary,
        ReportView::Metrics => ReportRequest::Metrics,
        ReportView::Trades => ReportRequest::Trades { window: window(7), shown: args.limit },
        ReportView::Missed => ReportRequest::Missed { window: window(90) },
        ReportView::Brain => ReportRequest::Brain { symbol: args.symbol.clone(), effects: args.effects },
        ReportView::Model => ReportRequest::Model { ensemble: args.ensemble },
        ReportView::Retrains => ReportRequest::Retrains,
        ReportView::Health => ReportRequest::Health,
        ReportView::PostMarket => ReportRequest::PostMarket(args.date),
        ReportView::History => ReportRequest::History { window: window(90) },
    };
    let (view, reading) = report(&context.desk, &request)?;
    let log = if args.view == ReportView::Missed { Log::Missed } else { Log::Outcomes };
    let path = context.desk.layout.log(log);
    let status = after_reading(context, &path, &reading);
    answer(context, &view)?;
    // A model that cannot be used is damage, however well the rest could be told.
    let trouble = view.payload.get("trouble").is_some_and(serde_json::Value::is_string);
    Ok(if trouble { ExitStatus::Store(12) } else { status })
}

fn run_patterns(args: &ReportArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    let days = match args.days {
        None => 90,
        Some(Window::Days(days)) => days,
        Some(Window::All) => u16::MAX,
    };
    let view = patterns(&context.desk, days, args.since_last, args.save)?;
    answer(context, &view)?;
    Ok(ExitStatus::Done)
}
