//! What `import` and `void` are given.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::parse_zone;

/// Which part of a date comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Dates {
    /// The month, as in the United States
    Mdy,
    /// The day
    Dmy,
}

/// What stands before the decimals of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Decimal {
    /// A point; commas part thousands
    Point,
    /// A comma; points part thousands
    Comma,
}

/// Which result counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ResultSource {
    /// The one that the file states; the other is kept beside it
    #[default]
    Stated,
    /// The one of prices, quantity and costs
    Computed,
    /// Neither: such rows are refused
    Refuse,
}

/// Closed trades in files of other programs.
#[derive(Debug, Args)]
#[command(after_long_help = concat!(r#"Examples:
  dtlearn import trades.csv --dry-run
  dtlearn import trades.csv --map 'Fill Px=entry_price' --tz America/New_York
  dtlearn import backtest-result.zip --currency USDT
  dtlearn import old/trade_outcomes.jsonl.gz
  dtlearn import --undo 20260310210000

"#, include_str!("../exit_status.txt")))]
pub struct ImportArgs {
    /// Files to read: CSV, JSON, JSON Lines, freqtrade results; plain, gzip or zip
    #[arg(required_unless_present_any = ["undo", "list"], value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Take this column or key as that field, whatever others are called; can be given several times
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub(in crate::cli) map: Vec<String>,
    /// Leave this column or key out of account, though its name smells of money; can be given several times
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) ignore: Vec<String>,
    /// The symbol of rows that have none
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
    /// The quantity of rows that have none
    #[arg(long, value_name = "UNITS", value_parser = parse_units)]
    pub(in crate::cli) default_qty: Option<f64>,
    /// Which result counts where the stated one is not that of prices, quantity and costs
    #[arg(long, value_enum, default_value_t, value_name = "WHICH")]
    pub(in crate::cli) result: ResultSource,
    /// Of a freqtrade result take this strategy only
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) strategy: Option<String>,
    /// The zone of times that have none, such as America/New_York
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub(in crate::cli) tz: Option<chrono_tz::Tz>,
    /// Which comes first in dates such as 3/2/2026
    #[arg(long, value_name = "ORDER", value_enum)]
    pub(in crate::cli) dates: Option<Dates>,
    /// What stands before the decimals, where the numbers do not say it
    #[arg(long, value_name = "SIGN", value_enum)]
    pub(in crate::cli) decimal: Option<Decimal>,
    /// Say what would become of the files, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Store the new reading of trades that are there with another content
    #[arg(long, conflicts_with = "dry_run")]
    pub(in crate::cli) replace: bool,
    /// Take back an import, by the name that it gave itself
    #[arg(long, value_name = "BATCH", conflicts_with_all = ["files", "dry_run", "replace"])]
    pub(in crate::cli) undo: Option<String>,
    /// Why, with --undo; written to corrections.jsonl
    #[arg(long, value_name = "TEXT", requires = "undo")]
    pub(in crate::cli) why: Option<String>,
    /// List the programs whose files have a form of their own, and the fields with all their names
    #[arg(long, conflicts_with_all = ["files", "undo"])]
    pub(in crate::cli) list: bool,
}

/// Trades that are to be taken out.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn void t-1841 --why 'recorded twice by the bridge'\n\n", include_str!("../exit_status.txt")))]
pub struct VoidArgs {
    /// Ids of trades; the id of a position takes out all its exits
    #[arg(required = true, value_name = "TRADE_ID")]
    pub(in crate::cli) ids: Vec<String>,
    /// Why; written to corrections.jsonl
    #[arg(long, required = true, value_name = "TEXT")]
    pub(in crate::cli) why: String,
}

fn parse_units(text: &str) -> Result<f64, String> {
    let units = text.parse::<f64>().ok().filter(|units| units.is_finite() && *units > 0.0);
    units.ok_or_else(|| "a number above 0".into())
}
