//! `report`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Invocation, after_reading, answer, need_store, outside_of_store};
use crate::app::{ReportError, ReportRequest, brain_warning, page_sections, patterns, report, save_summary};
use crate::cli::args::{parse_date, parse_days};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::notes::LogPrefix;
use crate::cli::render::{Page, page};
use crate::domain::Window;
use crate::store::{Durability, Log, replace_state};

/// Which view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReportView {
    /// The day and the week in a line each, then the windows side by side.
    #[default]
    Summary,
    /// Every metric and every group.
    Metrics,
    /// The trades themselves, newest first.
    Trades,
    /// Day by day.
    History,
    /// What was not traded, and what each gate cost or saved.
    Missed,
    /// The knobs in force, how far they are from their defaults, and why.
    Brain,
    /// The model in use, how it was judged and what it looks at.
    Model,
    /// Every attempt to retrain.
    Retrains,
    /// What wins more or less often than the rest, with everything that was tried counted against it.
    Patterns,
    /// What needs attention, with the next command.
    Health,
    /// What happened at a close.
    PostMarket,
}

impl ReportView {
    /// Its name on the command line.
    pub(in crate::cli) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// What to show.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn report\n  dtlearn report metrics --format json | jq .performance_7d.win_rate\n  dtlearn report trades --days 1\n  dtlearn report history --days all --format csv > days.csv\n  dtlearn report brain --format env > knobs.env\n  dtlearn report --html today.html\n  dtlearn report --html live.html --refresh 60 --watch 60\n\n", include_str!("../exit_status.txt")))]
pub struct ReportArgs {
    /// What to show
    #[arg(value_enum, default_value_t, hide_default_value = true)]
    pub(in crate::cli) view: ReportView,
    /// With `post-market`: the New York date, such as 2026-03-02 [default: the last one]
    #[arg(value_name = "DATE", value_parser = parse_date)]
    pub(in crate::cli) date: Option<crate::domain::Date>,
    /// Days of `trades` (default 7), `history`, `missed` and `patterns` (default 90), or `all`
    #[arg(long, value_name = "N", value_parser = parse_days)]
    pub(in crate::cli) days: Option<crate::domain::Window>,
    /// With `trades`: those of this symbol, with `brain`: its values
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
    /// With `brain`: how the trades after each change compare with those before
    #[arg(long)]
    pub(in crate::cli) effects: bool,
    /// With `model`: how much weight each of several models deserves
    #[arg(long)]
    pub(in crate::cli) ensemble: bool,
    /// With `patterns`: how those of the last saved report held up on the rows since
    #[arg(long, conflicts_with = "save")]
    pub(in crate::cli) since_last: bool,
    /// With `summary`: keep it in the day's report, with `patterns`: note what is named, for --since-last
    #[arg(long)]
    pub(in crate::cli) save: bool,
    /// With `summary`: write one self-contained page with every view and its charts
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// With --html: a browser loads the page anew after so many seconds
    #[arg(long, value_name = "SECONDS", requires = "html", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(in crate::cli) refresh: Option<u32>,
    /// Report again and again, so many seconds apart, until Ctrl-C
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(in crate::cli) watch: Option<u32>,
    /// Rows in the table of `trades`, 0 for all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(in crate::cli) limit: usize,
}

impl ReportArgs {
    /// Whether it is the view of the knobs in force.
    pub(in crate::cli) fn is_of_brain(&self) -> bool {
        self.view == ReportView::Brain && !self.effects
    }
}

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
    if matches!(args.view, ReportView::Missed | ReportView::Summary) {
        call.notes.of(LogPrefix::DtBrain).warnings(brain_warning(&call.context));
    }
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
        Some(Window::All) => u16::MAX,
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
    call.notes.of(LogPrefix::DtBrain).warnings(brain_warning(&call.context));
    let (sections, reading) = page_sections(&call.context)?;
    let log = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &log, &reading);
    let store = call.around.absolute(&call.context.layout.learning()).display().to_string();
    let text = page(&Page { sections: &sections, now: call.context.seen_from(), store, refresh_s });
    if path.as_os_str() == "-" {
        call.out.write_all(text.as_bytes())?;
        return Ok(status);
    }
    replace_state(call.context.disk, path, text.as_bytes(), Durability::Cache)?;
    let told = format!("{}: written, {} KB; open it in a browser", path.display(), text.len().div_ceil(1000));
    call.notes.info(&told);
    Ok(status)
}
