//! The command line, as it is typed.

mod engine;
mod knobs;
mod learning;
mod what_if;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exit_code::EXIT_STATUS;

pub(in crate::cli) use engine::{RecordExitArgs, RecordSignalArgs, TrackMissedArgs};
pub(in crate::cli) use knobs::{BrainAdjustArgs, EvidenceMode};
pub(in crate::cli) use learning::{GateMode, RetrainArgs, ScoreArgs};
pub(in crate::cli) use what_if::{EngineArgs, ReplayArgs, WhatIfArgs};

/// Lets an intraday trading engine learn from what it did and from what it did not do
///
/// The engine records every closed trade and every pick; dtlearn analyses them and reports. Everything lies
/// in plain files below one folder; nothing runs in the background.
#[derive(Debug, Parser)]
#[command(name = "dtlearn", version, max_term_width = 100, after_long_help = EXIT_STATUS)]
pub struct Cli {
    #[command(flatten)]
    pub(in crate::cli) global: GlobalArgs,
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
}

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub(in crate::cli) struct GlobalArgs {
    /// The folder that holds `dt_learning` [default: ./da_brains] [env: DTLEARN_ROOT]
    #[arg(long, global = true, value_name = "DIR")]
    pub(in crate::cli) root: Option<PathBuf>,
    /// Settings [default: dt_learning/dtlearn.toml if it is there] [env: DTLEARN_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Form of the answer [default: table] [env: DTLEARN_FORMAT]
    #[arg(long, global = true, value_enum, value_name = "FORM")]
    pub(in crate::cli) format: Option<Format>,
    /// Write the answer to a file; its ending chooses the form
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Colours [default: auto] [env: DTLEARN_COLOR, NO_COLOR]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub(in crate::cli) color: Option<Color>,
    /// Leave no column out, however narrow the terminal
    #[arg(long, global = true)]
    pub(in crate::cli) wide: bool,
    /// Say nothing beside the answer but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(in crate::cli) quiet: bool,
    /// Say more beside the answer
    #[arg(short, long, global = true)]
    pub(in crate::cli) verbose: bool,
    /// Take this as the present moment, RFC 3339 [env: DTLEARN_NOW]
    #[arg(long, global = true, value_name = "TIME")]
    pub(in crate::cli) now: Option<String>,
    /// Ignore everything that was recorded or happened after this moment, RFC 3339
    #[arg(long, global = true, value_name = "TIME")]
    pub(in crate::cli) as_of: Option<String>,
    /// The account's capital at the start, for drawdowns [default: 10000] [env: DTLEARN_CAPITAL_USD]
    #[arg(long, global = true, value_name = "AMOUNT")]
    pub(in crate::cli) capital: Option<f64>,
    /// The account's currency [default: USD] [env: DTLEARN_CURRENCY]
    #[arg(long, global = true, value_name = "CODE")]
    pub(in crate::cli) currency: Option<String>,
    /// Seconds to wait for another process's lock [default: 10] [env: DTLEARN_LOCK_WAIT]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(in crate::cli) lock_wait: Option<f64>,
    /// Exit 0 whatever happens, for the engine's commands [env: DTLEARN_NEVER_FAIL=1]
    #[arg(long, global = true)]
    pub(in crate::cli) never_fail: bool,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// Tables for people.
    Table,
    /// One object.
    Json,
    /// One object a line.
    Jsonl,
    /// Comma-separated values with a heading.
    Csv,
    /// NAME=value lines to source, of `report brain` only.
    Env,
    /// iCalendar, of `calendar` only.
    Ics,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record closed trades
    ///
    /// Reads the engine's exit events from stdin or a file, one JSON object or JSON Lines, or one trade
    /// from flags. A trade is stored once however often it is sent. When the store cannot be written within
    /// 200 ms, the record goes to the spool and in from there with the next record.
    RecordExit(RecordExitArgs),
    /// Record picks of the engine, traded or not
    ///
    /// Reads picks with their features from stdin or a file, one JSON object or JSON Lines, or one pick
    /// from flags. A pick is stored once however often it is sent.
    RecordSignal(RecordSignalArgs),
    /// Record strong signals that were not traded
    ///
    /// Reads signals from stdin or a file, one JSON object or JSON Lines, or one signal from flags. Those
    /// below a confidence of 0.60 (min_missed_confidence in dtlearn.toml) are counted and not kept. Stop and
    /// target are frozen now: the signal's own, else the knobs in force. The rest is as with record-exit.
    TrackMissed(TrackMissedArgs),
    /// Compute every figure and bring the files up to date
    ///
    /// Reads every closed trade, prints the windows side by side, and writes performance_metrics.json. With
    /// --as-of it prints the figures of that moment and writes nothing.
    Analyze(AnalyzeArgs),
    /// Show how the engine is doing
    Report(ReportArgs),
    /// Move the execution knobs a small step, for stated reasons
    ///
    /// Reads the last 7 days, and moves each knob for which a rule fires 20 % of the way to the rule's target,
    /// never out of its range and once per session. Writes the brain file that the engine reads, and every
    /// change with what it rested on to knob_adjustments.jsonl. With --as-of it only says what it would do.
    BrainAdjust(BrainAdjustArgs),
    /// Do the day's work after the close
    ///
    /// Analyzes, prices the missed signals, retrains when it is due, moves the knobs, and writes the day's report.
    /// A step that fails is reported and does not stop the next; the exit status is then 3. The work belongs to the last
    /// session that is over, at 16:05 as at midnight or before the next open; sessions missed before it are made up for
    /// first, each under its own date. What is done is not done twice; while a session runs nothing is done at all.
    PostMarket(PostMarketArgs),
    /// Show the sessions, holidays and early closes of a year
    ///
    /// By the calendar of the settings: the New York Stock Exchange's unless [market] names another. As a table it says
    /// what is special; CSV, JSON and iCalendar have every date.
    Calendar(CalendarArgs),
    /// Print the crontab line or the systemd units that run post-market at every close
    Schedule(ScheduleArgs),
    /// Train a new model, and deploy it if it passes the gate
    ///
    /// Learns from the closed trades and the priced signals of the last 30 days that carry features, judges the
    /// new model and the one in use on the newest sessions, which neither has seen, and deploys what is as good,
    /// not overfit and not without skill. Trains only when something calls for it, and once per session.
    /// A deployed model that does clearly worse than its predecessor on 20 trades goes back by itself.
    Retrain(RetrainArgs),
    /// Score picks with the model in use
    ///
    /// Reads picks with their features from stdin or a file and answers in JSON Lines, unless --format says
    /// otherwise. Without a usable model the pick's own score is the answer, with the reason.
    Score(ScoreArgs),
    /// Ask what other knobs would have brought
    ///
    /// Replays the trades taken and the resolved missed signals of the window, in order of time, through a model of the
    /// engine under other knobs, and says better, worse or unclear. The knobs that are not named stay what they were
    /// at the time. Under the knobs in force the model does what happened, or names each record where it does not.
    WhatIf(WhatIfArgs),
    /// Ask whether the loop helped: walk it through the history
    ///
    /// Goes through the recorded sessions one by one with only what was known by then, trains, moves the knobs, and
    /// compares lives of the same engine: knobs left at their defaults, moved by the rules, moved under strict evidence,
    /// each with and without the model's score as a filter. Says what the adjustments brought or cost, and how sure
    /// that is. Goes on where a stopped run left off. Changes no knob and no model.
    Replay(ReplayArgs),
    /// Bring in trades from other programs
    ///
    /// Reads JSON Lines, CSV with a heading, and freqtrade backtest results (JSON, the zip around it, or
    /// the exported CSV), plain or gzip. Columns are found by their heading; --map names the others. A
    /// trade that is there already is passed over, so an import can be repeated.
    Import(ImportArgs),
    /// Write the trades out
    ///
    /// JSON Lines as they are stored, or CSV with --format csv.
    Export(ExportArgs),
    /// Check every file and every invariant
    ///
    /// Lists what is not as it should be, as `path:record: what`, and ends with the command that mends it.
    /// Repairs nothing unless told to. Exits 12 when something is damaged, 3 when there are only warnings.
    Doctor(DoctorArgs),
    /// Replay five real trading days into a new folder
    Demo(DemoArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print a manual page
    #[command(hide = true)]
    Generate(GenerateArgs),
}

/// Whose.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn completions bash > ~/.local/share/bash-completion/completions/dtlearn\n  dtlearn completions zsh > ~/.zfunc/_dtlearn\n  dtlearn completions fish > ~/.config/fish/completions/dtlearn.fish\n\n", include_str!("../exit_status.txt")))]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// Which page.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The page of this command; without it that of the tool
    pub(in crate::cli) command: Option<String>,
}

/// What to mend.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn doctor\n  dtlearn doctor --repair\n\n", include_str!("../exit_status.txt")))]
pub struct DoctorArgs {
    /// Write damaged files anew; the originals are kept in .dtlearn/quarantine
    #[arg(long)]
    pub(in crate::cli) repair: bool,
    /// With --repair: turn NaN and the infinities, which Python writes, into null
    #[arg(long, requires = "repair")]
    pub(in crate::cli) normalize: bool,
    /// Pack the logs into blocks now
    #[arg(long)]
    pub(in crate::cli) seal: bool,
}

/// What to hold missed signals against.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn analyze\n  dtlearn analyze --prices bars.csv.gz --prices-tz America/New_York\n  dtlearn analyze --as-of 2026-03-02T21:05:00Z --format json\n\n", include_str!("../exit_status.txt")))]
pub struct AnalyzeArgs {
    #[command(flatten)]
    pub(in crate::cli) prices: PriceArgs,
}

/// Prices for the missed signals.
#[derive(Debug, Args)]
pub(in crate::cli) struct PriceArgs {
    /// Bars or ticks for the missed signals: CSV or JSON Lines, plain or gzip, several files
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(in crate::cli) prices: Vec<PathBuf>,
    /// Take this column of the price files as symbol, timestamp, high, low or close
    #[arg(long, value_name = "COLUMN=FIELD", requires = "prices")]
    pub(in crate::cli) map: Vec<String>,
    /// The zone of price times that have none, such as America/New_York
    #[arg(long, value_name = "ZONE", value_parser = parse_zone, requires = "prices")]
    pub(in crate::cli) prices_tz: Option<chrono_tz::Tz>,
    /// Price the recorded picks that were never traded too
    #[arg(long, requires = "prices")]
    pub(in crate::cli) all_signals: bool,
}

/// Which prices.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn post-market --prices bars.csv.gz\n  dtlearn post-market --prices bars/*.csv --prices-tz America/New_York\n\n", include_str!("../exit_status.txt")))]
pub struct PostMarketArgs {
    #[command(flatten)]
    pub(in crate::cli) prices: PriceArgs,
    /// Run although the session is not over, or although its work is done
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// Which year of which calendar.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn calendar\n  dtlearn calendar 2026 --format csv > sessions.csv\n  dtlearn calendar 2026 -o xnys-2026.ics\n  dtlearn calendar --calendar 24/5\n\n", include_str!("../exit_status.txt")))]
pub struct CalendarArgs {
    /// The year, 1990 to 2100 [default: this year]
    #[arg(value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1990..=2100))]
    pub(in crate::cli) year: Option<i32>,
    /// Another calendar: XNYS, 24/7, 24/5 or one of the settings
    #[arg(long, value_name = "NAME", conflicts_with = "symbol")]
    pub(in crate::cli) calendar: Option<String>,
    /// The calendar by which this symbol trades
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
}

/// For whom.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn schedule cron\n  dtlearn schedule systemd --prices /data/bars/today.csv.gz\n\n", include_str!("../exit_status.txt")))]
pub struct ScheduleArgs {
    /// What runs it
    #[arg(value_enum)]
    pub(in crate::cli) scheduler: Scheduler,
    /// The price file that post-market is given
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) prices: Option<PathBuf>,
}

/// What runs commands at given times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Scheduler {
    /// A crontab line.
    Cron,
    /// A service and a timer.
    Systemd,
}

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

/// What to show.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn report\n  dtlearn report metrics --format json | jq .performance_7d.win_rate\n  dtlearn report trades --days 1\n  dtlearn report history --days all --format csv > days.csv\n  dtlearn report brain --format env > knobs.env\n  dtlearn report --html today.html\n  dtlearn report --html live.html --refresh 60 --watch 60\n\n", include_str!("../exit_status.txt")))]
pub struct ReportArgs {
    /// What to show
    #[arg(value_enum, default_value_t, hide_default_value = true)]
    pub(in crate::cli) view: ReportView,
    /// With `post-market`: the session's date, such as 2026-03-02 [default: the last one]
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

impl ReportView {
    /// Its name on the command line.
    pub(in crate::cli) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

impl ReportArgs {
    /// Whether it is the view of the knobs in force.
    pub(in crate::cli) fn is_of_brain(&self) -> bool {
        self.view == ReportView::Brain && !self.effects
    }
}

/// Which files.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn import trades.csv --map 'Fill Px=entry_price' --tz America/New_York\n  dtlearn import backtest-result.json --currency USDT\n  dtlearn import old/trade_outcomes.jsonl.gz\n\n", include_str!("../exit_status.txt")))]
pub struct ImportArgs {
    /// Files to read
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Take this column of a CSV file as that field; can be given several times
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub(in crate::cli) map: Vec<String>,
    /// Of a freqtrade result take this strategy only; for its CSV, the strategy's name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) strategy: Option<String>,
    /// The zone of times that have none, such as America/New_York
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub(in crate::cli) tz: Option<chrono_tz::Tz>,
}

/// What to write out.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn export > trades.jsonl\n  dtlearn export --days 30 -o month.csv\n\n", include_str!("../exit_status.txt")))]
pub struct ExportArgs {
    /// Days back, or `all`
    #[arg(long, value_name = "N", value_parser = parse_days, default_value = "all")]
    pub(in crate::cli) days: crate::domain::Window,
}

/// Where to.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn demo demo-week\n\n", include_str!("../exit_status.txt")))]
pub struct DemoArgs {
    /// A folder that is empty or not there yet
    #[arg(value_name = "DIR")]
    pub(in crate::cli) dir: PathBuf,
}

fn parse_days(text: &str) -> Result<crate::domain::Window, String> {
    use crate::domain::Window;
    if text.eq_ignore_ascii_case("all") {
        return Ok(Window::All);
    }
    match text.parse::<u16>() {
        Ok(days) if days > 0 => Ok(Window::Days(days)),
        _ => Err("a number of days from 1 to 65535, or `all`".into()),
    }
}

fn parse_date(text: &str) -> Result<crate::domain::Date, String> {
    text.parse().map_err(|_| "write a date like 2026-03-02".into())
}

fn parse_zone(text: &str) -> Result<chrono_tz::Tz, String> {
    text.parse().map_err(|_| "a zone of the tz database, such as America/New_York or UTC".into())
}
