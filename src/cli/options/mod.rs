//! Options of every command, arguments that several commands take, and how single words are read.

mod parse;
mod shared;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(in crate::cli) use parse::{parse_date, parse_days, parse_knob, parse_setting, parse_zone};
pub(in crate::cli) use shared::{Dates, EngineArgs, PriceArgs};

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub(in crate::cli) struct GlobalArgs {
    /// The folder that holds `dt_learning`; several times, or as 'desks/*', for reports over several stores [default: ./da_brains] [env: DTLEARN_ROOT]
    #[arg(long, global = true, value_name = "DIR")]
    pub(in crate::cli) root: Vec<PathBuf>,
    /// Settings [default: dt_learning/dtlearn.toml if it is there] [env: DTLEARN_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Format of the answer [default: table] [env: DTLEARN_FORMAT]
    #[arg(long, global = true, value_enum, value_name = "FORM")]
    pub(in crate::cli) format: Option<Format>,
    /// Write the answer to a file; its extension chooses the format
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Colours [default: auto] [env: DTLEARN_COLOR, NO_COLOR]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub(in crate::cli) color: Option<Color>,
    /// Show every column, however narrow the terminal
    #[arg(long, global = true)]
    pub(in crate::cli) wide: bool,
    /// Tables, bars and curves in plain ASCII
    #[arg(long, global = true)]
    pub(in crate::cli) ascii: bool,
    /// Print nothing but the answer and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(in crate::cli) quiet: bool,
    /// Print more notes
    #[arg(short, long, global = true)]
    pub(in crate::cli) verbose: bool,
    /// Use this as the present time, RFC 3339 [env: DTLEARN_NOW]
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
    /// NAME=value lines to source, of `guard`, `heat`, `size`, `report brain`, `report sizing` and `report model --ensemble` only.
    Env,
    /// iCalendar, of `calendar` only.
    Ics,
    /// The text that Prometheus reads, of `report metrics` only.
    Prometheus,
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
