//! `report`.

use std::path::Path;

use super::super::args::{ReportArgs, ReportView};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::super::render::{Page, page};
use super::{Invocation, after_reading, answer, need_store, outside_of_store};
use crate::app::{ReportError, ReportRequest, page_sections, patterns, report, save_summary};
use crate::domain::Window;
use crate::store::{Durability, Log, replace_state};

/// Every flag belongs to some views, and is a mistake with the others.
fn check(args: &ReportArgs) -> Result<(), CliError> {
    use ReportView::{Brain, History, Missed, Model, Patterns, PostMarket, Summary, Trades};
    let flags: [(bool, &str, &[ReportView]); 8] = [
        (args.days.is_some(), "--days", &[Trades, History, Missed, Patterns]),
        (args.symbol.is_some(), "--symbol", &[Brain, Trades]),
        (args.effects, "--effects", &[Brain]),
        (args.ensemble, "--ensemble", &[Model]),
        (args.since_last, "--since-last", &[Patterns]),
        (args.save, "--save", &[Summary, Patterns]),
        (args.date.is_some(), "a date", &[PostMarket]),
        (args.html.is_some(), "--html", &[Summary]),
    ];
    match flags.iter().find(|(given, _, views)| *given && !views.contains(&args.view)) {
        None => Ok(()),
        Some((_, flag, views)) => {
            let names: Vec<String> = views.iter().map(|view| format!("`{}`", view.name())).collect();
            Err(CliError::Usage(format!("{flag} goes with {}", names.join(", ")), None))
        }
    }
}

pub(super) fn run(args: &ReportArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    check(args)?;
    if args.save && call.context.as_of.is_some() {
        return Err(CliError::Usage("--save keeps what is now: it does not go with --as-of".into(), None));
    }
    need_store(call)?;
    if let Some(path) = &args.html {
        if call.config.output.is_some() {
            return Err(CliError::Usage("--html names a file of its own: leave --output out".into(), None));
        }
        if args.save {
            save_summary(&call.context).map_err(ReportError::from)?;
        }
        return write_page(path, args.refresh, call);
    }
    let window = |default: u16| args.days.unwrap_or(Window::Days(default));
    let request = match args.view {
        ReportView::Patterns => return run_patterns(args, call),
        ReportView::Summary => ReportRequest::Summary,
        ReportView::Metrics => ReportRequest::Metrics,
        ReportView::Trades => {
            ReportRequest::Trades { window: window(7), symbol: args.symbol.clone(), shown: args.limit }
        }
        ReportView::Missed => ReportRequest::Missed { window: window(90) },
        ReportView::Brain => ReportRequest::Brain { symbol: args.symbol.clone(), effects: args.effects },
        ReportView::Model => ReportRequest::Model { ensemble: args.ensemble },
        ReportView::Retrains => ReportRequest::Retrains,
        ReportView::Health => ReportRequest::Health,
        ReportView::PostMarket => ReportRequest::PostMarket(args.date),
        ReportView::History => ReportRequest::History { window: window(90) },
    };
    let (view, reading) = match request {
        ReportRequest::Summary if args.save => save_summary(&call.context).map_err(ReportError::from)?,
        request => report(&call.context, &request)?,
    };
    let log = if args.view == ReportView::Missed { Log::Missed } else { Log::Outcomes };
    let path = call.context.layout.log(log);
    let status = after_reading(call, &path, &reading);
    answer(call, &view)?;
    // A model that cannot be used is damage, however well the rest could be told.
    let trouble = view.payload.get("trouble").is_some_and(serde_json::Value::is_string);
    // The health of a store is told in the words and the status of `doctor`.
    let health = view.payload.get("status").and_then(serde_json::Value::as_str);
    let health = health.filter(|_| args.view == ReportView::Health);
    Ok(match health {
        health if trouble || health == Some("critical") => ExitStatus::Damaged,
        Some("warning") => ExitStatus::Part,
        _ => status,
    })
}

fn run_patterns(args: &ReportArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let days = match args.days {
        None => 90,
        Some(Window::Days(days)) => days,
        Some(Window::Session { .. } | Window::All) => u16::MAX,
    };
    let view = patterns(&call.context, days, args.since_last, args.save)?;
    answer(call, &view)?;
    Ok(ExitStatus::Done)
}

/// Writes the page whole or not at all: a browser may be reading it.
fn write_page(
    path: &Path,
    refresh_s: Option<u32>,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    outside_of_store(call.around, &call.context.layout, path)?;
    let (sections, reading) = page_sections(&call.context)?;
    let log = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &log, &reading);
    let store = call.around.absolute(&call.context.layout.learning()).display().to_string();
    let now = call.context.seen_from();
    let calendar = call.context.market().calendar();
    let session = calendar.current(now).map_or_else(|| calendar.trading_date(now), |session| session.date);
    let text = page(&Page { sections: &sections, now, session, store, refresh_s });
    if path.as_os_str() == "-" {
        call.out.write_all(text.as_bytes())?;
        return Ok(status);
    }
    replace_state(call.context.disk, path, text.as_bytes(), Durability::Cache)?;
    let told = format!("{}: written, {} KB; open it in a browser", path.display(), text.len().div_ceil(1000));
    call.notes.info(&told);
    Ok(status)
}
