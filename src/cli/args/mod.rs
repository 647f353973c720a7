//! The command line, as it is typed: the options of every command and the list of commands. What a command takes stands
//! beside its run, in `commands/`.

mod parse;
mod shared;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::commands::{
    AnalyzeArgs, BrainAdjustArgs, CalendarArgs, CompletionsArgs, DemoArgs, DoctorArgs, ExportArgs,
    GenerateArgs, ImportArgs, PostMarketArgs, RecordExitArgs, RecordSignalArgs, ReplayArgs, ReportArgs,
    RetrainArgs, ScheduleArgs, ScoreArgs, TrackMissedArgs, WhatIfArgs,
};
use super::exit_code::EXIT_STATUS;

pub(in crate::cli) use parse::{parse_date, parse_days, parse_knob, parse_setting, parse_zone};
pub(in crate::cli) use shared::{EngineArgs, PriceArgs};

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
