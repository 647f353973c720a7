//! `report`.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::app::{
    Grouping, Health, ReportError, ReportOptions, brain_warnings, page_parts, save_summary, terms,
};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::cli::notes::LogPrefix;
use crate::cli::options::{Format, parse_date, parse_days};
use crate::cli::output_file::outside_of_store;
use crate::cli::render::{Page, page};
use crate::cli::report_registry::{REPORTS, ReportOption, ReportView, Stores};
use crate::report::{TradesForm, page_sections, plural};
use crate::simulate::Goal;
use crate::store::{Durability, Log, replace_state};

/// What to show.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn report\n  dtlearn report metrics --format json | jq .performance_7d.win_rate\n  dtlearn report trades --days 1\n  dtlearn report history --days all --format csv > days.csv\n  dtlearn report history --by symbol --windows 7,30,90\n  dtlearn report history --by sentiment\n  dtlearn report trades --where 'symbol in (AAPL, MSFT) and confidence >= .7'\n  dtlearn report metrics --where 'setup = orb' --against 'setup = vwap_rev' --days 90\n  dtlearn report missed --where 'reason_not_traded = max_positions and confidence >= .7'\n  dtlearn report brain --format env > knobs.env\n  dtlearn report --html today.html\n  dtlearn report --html live.html --refresh 60 --watch 60\n\n", include_str!("../exit_status.txt")))]
pub struct ReportArgs {
    /// What to show
    #[arg(value_name = "VIEW", value_parser = view_names(), default_value = REPORTS[0].name, hide_default_value = true)]
    pub(in crate::cli) view: String,
    /// With `post-market`: the session's date, such as 2026-03-02 [default: the last one]; with `experiments`: a name
    #[arg(value_name = "DATE|NAME")]
    pub(in crate::cli) of: Option<String>,
    /// Days of `trades` (default 7), of the other views that take it (default 90, of `risk` all), or `all`
    #[arg(long, value_name = "N", value_parser = parse_days)]
    pub(in crate::cli) days: Option<crate::domain::Window>,
    /// Only trades, or with `missed` and `patterns` missed signals, of which this holds, such as 'symbol in (AAPL, MSFT) and
    /// confidence >= .7'
    #[arg(long = "where", value_name = "EXPR", conflicts_with_all = ["save", "since_last", "ask"])]
    pub(in crate::cli) filter: Option<String>,
    /// With --where of `metrics`, `missed`, `execution` or `excursions`: those of which the other holds against those of which
    /// this holds
    #[arg(long, value_name = "EXPR", requires = "filter")]
    pub(in crate::cli) against: Option<String>,
    /// With `risk`: the chance that the account earns so much more within 60 sessions, an amount such as 500 or 5%
    #[arg(long, value_name = "USD|%", value_parser = parse_goal)]
    pub(in crate::cli) goal: Option<Goal>,
    /// With `patterns`: one question, such as 'setup = orb and rvol_10m > 1.5', judged by itself and kept
    #[arg(long, value_name = "EXPR", conflicts_with = "save")]
    pub(in crate::cli) ask: Option<String>,
    /// With `history`: the groups of this grouping, several windows side by side
    #[arg(long, value_name = "GROUPING", value_parser = groupings(), conflicts_with = "days")]
    pub(in crate::cli) by: Option<Grouping>,
    /// With --by: the windows, in days or `all`
    #[arg(long, value_name = "N,...", value_parser = parse_days, value_delimiter = ',', requires = "by", default_value = "7,30,90")]
    pub(in crate::cli) windows: Vec<crate::domain::Window>,
    /// With `trades`: those of this symbol, with `brain`: its values
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
    /// With `brain`: how the trades after each change compare with those before
    #[arg(long)]
    pub(in crate::cli) effects: bool,
    /// With `model`: how much weight each of several models deserves
    #[arg(long)]
    pub(in crate::cli) ensemble: bool,
    /// With `patterns`: how those of the last saved report have held up since, and what became of what was asked; with
    /// --ask: of that question
    #[arg(long, conflicts_with = "save")]
    pub(in crate::cli) since_last: bool,
    /// With `summary`: keep it in the day's report; with `patterns`: save what was found, for --since-last
    #[arg(long)]
    pub(in crate::cli) save: bool,
    /// With `summary`: write one self-contained page with every view and its charts
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// With --html: the browser reloads the page every so many seconds
    #[arg(long, value_name = "SECONDS", requires = "html", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(in crate::cli) refresh: Option<u32>,
    /// Repeat the report every so many seconds, until Ctrl-C
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(in crate::cli) watch: Option<u32>,
    /// Rows in the table of `trades`, 0 for all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(in crate::cli) limit: usize,
}

/// The names of the views, with what help says of each.
fn view_names() -> PossibleValuesParser {
    PossibleValuesParser::new(REPORTS.iter().map(|view| PossibleValue::new(view.name).help(view.about)))
}

/// Where one finds what an option was to show of a view that does not take it.
fn hint_elsewhere(option: ReportOption, view: &str) -> Option<&'static str> {
    match (option, view) {
        (ReportOption::Where, "summary") => {
            Some("`report metrics --where EXPR` has its windows side by side")
        }
        (ReportOption::Where, "portfolio" | "positions") => Some(
            "the open book is no choice of trades: `report risk --where EXPR` has their drawdowns and tails",
        ),
        (ReportOption::Against, "risk" | "behaviour" | "history" | "trades" | "sectors" | "patterns") => {
            Some("`report metrics --where EXPR --against EXPR` judges the results of two groups")
        }
        _ => None,
    }
}

fn parse_goal(text: &str) -> Result<Goal, &'static str> {
    Goal::parse(text)
        .ok_or("a goal is an amount above zero, such as 500, or a share of the account, such as 5%")
}

/// The words for `--by`.
fn groupings() -> impl TypedValueParser<Value = Grouping> {
    let words = Grouping::all().map(|grouping| PossibleValue::new(grouping.word()));
    PossibleValuesParser::new(words)
        .try_map(|word| Grouping::all().find(|grouping| grouping.word() == word).ok_or("no grouping"))
}

impl ReportArgs {
    /// Whether it has `NAME=value` lines.
    pub(in crate::cli) fn has_assignments(&self) -> bool {
        match self.view.as_str() {
            "brain" => !self.effects,
            "model" => self.ensemble,
            view => view == "sizing",
        }
    }

    /// Whether the answer has figures that can be watched.
    pub(in crate::cli) fn is_of_metrics(&self) -> bool {
        self.view == "metrics" && self.filter.is_none() && self.html.is_none()
    }

    /// Every option belongs to some views, and is a mistake with the others.
    fn check(&self, view: &ReportView) -> Result<(), CliError> {
        let given = [
            (self.days.is_some(), "--days", ReportOption::Days),
            (self.by.is_some(), "--by", ReportOption::By),
            (self.symbol.is_some(), "--symbol", ReportOption::Symbol),
            (self.filter.is_some(), "--where", ReportOption::Where),
            (self.against.is_some(), "--against", ReportOption::Against),
            (self.goal.is_some(), "--goal", ReportOption::Goal),
            (self.ask.is_some(), "--ask", ReportOption::Ask),
            (self.effects, "--effects", ReportOption::Effects),
            (self.ensemble, "--ensemble", ReportOption::Ensemble),
            (self.since_last, "--since-last", ReportOption::SinceLast),
            (self.save, "--save", ReportOption::Save),
            (self.html.is_some(), "--html", ReportOption::Html),
        ];
        let misplaced = given.iter().find(|(given, _, option)| *given && !view.takes.contains(option));
        let Some((_, typed, option)) = misplaced else {
            // Its windows stand side by side.
            let lone_days = view.name == "metrics" && self.days.is_some() && self.against.is_none();
            let why = "--days goes with `metrics` where two groups are compared: --where EXPR --against EXPR";
            return if lone_days { Err(CliError::Usage(why.into(), None)) } else { self.check_of(view) };
        };
        let takers = REPORTS.iter().filter(|view| view.takes.contains(option));
        let names: Vec<String> = takers.map(|view| format!("`{}`", view.name)).collect();
        let hint = hint_elsewhere(*option, view.name);
        Err(CliError::Usage(format!("{typed} goes with {}", names.join(", ")), hint.map(str::to_owned)))
    }

    /// What stands behind the view: a date with one, a name with another, nothing with the rest.
    fn check_of(&self, view: &ReportView) -> Result<(), CliError> {
        let Some(of) = &self.of else { return Ok(()) };
        if view.takes.contains(&ReportOption::Name) {
            return Ok(());
        }
        let date = parse_date(of);
        match date {
            Ok(_) if view.takes.contains(&ReportOption::Date) => Ok(()),
            Err(why) if view.takes.contains(&ReportOption::Date) => {
                Err(CliError::Usage(format!("{of:?} is no date: {why}"), None))
            }
            Ok(_) => Err(CliError::Usage("a date goes with `post-market`".into(), None)),
            Err(_) => Err(CliError::Usage(
                format!("{of:?}: a name goes with `experiments`, a date with `post-market`"),
                None,
            )),
        }
    }

    fn options(&self, format: Format) -> ReportOptions {
        ReportOptions {
            days: self.days,
            by: self.by.map(|grouping| (grouping, self.windows.clone())),
            symbol: self.symbol.clone(),
            filter: self.filter.clone(),
            against: self.against.clone(),
            goal: self.goal,
            ask: self.ask.clone(),
            date: self.of.as_deref().and_then(|text| parse_date(text).ok()),
            experiment: self.of.clone(),
            effects: self.effects,
            ensemble: self.ensemble,
            since_last: self.since_last,
            save: self.save,
            trades: self.trades_form(format),
        }
    }

    /// What of the trades a form shows.
    fn trades_form(&self, format: Format) -> TradesForm {
        match (format, self.limit) {
            (Format::Table, 0) => TradesForm::Table(usize::MAX),
            (Format::Table, limit) => TradesForm::Table(limit),
            (Format::Json, _) => TradesForm::Objects,
            (Format::Jsonl | Format::Csv | Format::Env | Format::Ics | Format::Prometheus, _) => {
                TradesForm::Rows
            }
        }
    }
}

pub(super) fn run(args: &ReportArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let view = ReportView::named(&args.view).unwrap_or(&REPORTS[0]);
    args.check(view)?;
    if args.save && call.context.as_of.is_some() {
        return Err(CliError::Usage("--save keeps what is now: it does not go with --as-of".into(), None));
    }
    if call.context.is_joined() {
        one_store_view(args, view, call)?;
    } else {
        need_store(call)?;
    }
    if let Some(path) = &args.html {
        if call.config.output.is_some() {
            return Err(CliError::Usage("--html names a file of its own: leave --output out".into(), None));
        }
        if args.save {
            save_summary(&call.context).map_err(ReportError::from)?;
        }
        return write_page(path, args.refresh, call);
    }
    let report = view.answer(&call.context, &args.options(call.config.format))?;
    // The summary of several desks says nothing of their knobs.
    if view.name == "missed" || (view.name == "summary" && !call.context.is_joined()) {
        call.notes.of(LogPrefix::DtBrain).warnings(brain_warnings(&call.context));
    }
    let path = call.context.layout.log(report.log);
    let status = after_reading(call, &path, &report.reading);
    answer(call, &report.view)?;
    Ok(match report.health {
        Health::Damaged => ExitStatus::Damaged,
        Health::Newer => ExitStatus::Newer,
        Health::Warnings => ExitStatus::Part,
        Health::Sound => status,
    })
}

/// Refuses several stores for a view that cannot join them: the first alone would be taken for all of them.
fn one_store_view(args: &ReportArgs, view: &ReportView, call: &Invocation<'_, '_>) -> Result<(), CliError> {
    let kept = [(args.save, "--save"), (args.since_last, "--since-last"), (args.ask.is_some(), "--ask")];
    let kept = kept.into_iter().find(|(given, _)| *given).map(|(_, option)| option);
    let what = match (view.stores, kept) {
        (Stores::One, _) => format!("`report {}`", view.name),
        (Stores::Several, Some(option)) => option.to_owned(),
        (Stores::Several, None) => return Ok(()),
    };
    let joining =
        REPORTS.iter().filter(|view| view.stores == Stores::Several).map(|view| format!("`{}`", view.name));
    let joining = joining.collect::<Vec<_>>().join(", ");
    let command = format!("dtlearn --root {} report {}", call.context.layout.root().display(), view.name);
    let asked = args.ask.as_ref().map_or_else(String::new, |text| format!(" --ask '{text}'"));
    let kept =
        kept.filter(|option| *option != "--ask").map_or_else(String::new, |option| format!(" {option}"));
    let hint = format!("ask one of them: {command}{kept}{asked}; {joining} join several");
    Err(CliError::Usage(format!("{what} is of one store, and several were named"), Some(hint)))
}

/// Writes the page whole or not at all: a browser may be reading it.
fn write_page(
    path: &Path,
    refresh_s: Option<u32>,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    outside_of_store(call.around, &call.config.stores, path)?;
    call.notes.of(LogPrefix::DtBrain).warnings(brain_warnings(&call.context));
    let terms = terms(&call.context);
    let mut sections = Vec::new();
    let reading = page_parts(&call.context, &mut |part| sections.extend(page_sections(&part, &terms)))?;
    let log = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &log, &reading);
    let store = if call.context.is_joined() {
        plural(call.context.desks.len() as u64 - reading.missing.len() as u64, "desk")
    } else {
        call.around.absolute(&call.context.layout.learning()).display().to_string()
    };
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
