//! Arguments that several commands take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::parse::{parse_cycle, parse_setting, parse_zone};
use crate::domain::KnobName;

/// Which part of a date comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Dates {
    /// The month, as in the United States
    Mdy,
    /// The day
    Dmy,
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
    /// The symbol of every row of price files that have no column for it
    #[arg(long, value_name = "SYMBOL", requires = "prices")]
    pub(in crate::cli) prices_symbol: Option<String>,
    /// Price anew what an earlier file resolved
    #[arg(long, requires = "prices")]
    pub(in crate::cli) again: bool,
    /// Which comes first in dates such as 3/2/2026
    #[arg(long, value_name = "ORDER", requires = "prices", value_enum)]
    pub(in crate::cli) dates: Option<Dates>,
    /// Also price the recorded signals that were never traded
    #[arg(long, requires = "prices")]
    pub(in crate::cli) all_signals: bool,
}

/// What the records do not say of the engine.
#[derive(Debug, Args)]
pub(in crate::cli) struct EngineArgs {
    /// Minutes of a cycle of the engine, for DT_MAX_ORDERS_PER_CYCLE
    #[arg(long, value_name = "MINUTES", value_parser = parse_cycle, default_value = "1")]
    pub(in crate::cli) cycle: f64,
    /// A knob the engine really ran on, where the brain file does not say; can be given several times
    #[arg(long, value_name = "KNOB=VALUE", value_parser = parse_setting)]
    pub(in crate::cli) in_force: Vec<(KnobName, f64)>,
}
