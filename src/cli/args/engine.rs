//! The engine's commands: records on stdin, from a file, or one by hand from flags.

use std::path::PathBuf;

use clap::Args;

/// A record from stdin, from a file, or from flags.
#[derive(Debug, Args)]
#[command(after_long_help = concat!(r#"Examples:
  dtlearn record-exit < exit.json
  echo '{"symbol":"MSFT","side":"BUY","entry_price":105.27,"price":105.54,"qty":9,
         "entry_timestamp":"2026-03-02T19:35:00Z","timestamp":"2026-03-02T19:50:00Z"}' |
    dtlearn record-exit
  dtlearn record-exit --symbol MSFT --side BUY --entry-price 105.27 --exit-price 105.54 --qty 9

"#, include_str!("../exit_status.txt")))]
pub struct RecordExitArgs {
    /// Read the records from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "symbol")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of stdin with a line of JSON, once its record is stored
    #[arg(long, conflicts_with_all = ["symbol", "file"])]
    pub(in crate::cli) stream: bool,
    /// What was traded
    #[arg(long, value_name = "SYMBOL", help_heading = "One trade by hand")]
    pub(in crate::cli) symbol: Option<String>,
    /// BUY, LONG, SELL or SHORT: the position's side
    #[arg(long, requires = "symbol", value_name = "SIDE", help_heading = "One trade by hand")]
    pub(in crate::cli) side: Option<String>,
    /// Price at entry
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One trade by hand")]
    pub(in crate::cli) entry_price: Option<String>,
    /// Price at exit
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One trade by hand")]
    pub(in crate::cli) exit_price: Option<String>,
    /// Units traded [default: 1]
    #[arg(long, requires = "symbol", value_name = "UNITS", help_heading = "One trade by hand")]
    pub(in crate::cli) qty: Option<String>,
    /// Fees of both sides
    #[arg(long, requires = "symbol", value_name = "AMOUNT", help_heading = "One trade by hand")]
    pub(in crate::cli) fees: Option<String>,
    /// When it was entered, RFC 3339
    #[arg(long, requires = "symbol", value_name = "TIME", help_heading = "One trade by hand")]
    pub(in crate::cli) entry_time: Option<String>,
    /// When it was closed, RFC 3339 [default: now]
    #[arg(long, requires = "symbol", value_name = "TIME", help_heading = "One trade by hand")]
    pub(in crate::cli) exit_time: Option<String>,
    /// The model's probability at entry, 0 to 1
    #[arg(long, requires = "symbol", value_name = "P", help_heading = "One trade by hand")]
    pub(in crate::cli) confidence: Option<String>,
    /// Market regime
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One trade by hand")]
    pub(in crate::cli) regime: Option<String>,
    /// Sector
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One trade by hand")]
    pub(in crate::cli) sector: Option<String>,
    /// Setup
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One trade by hand")]
    pub(in crate::cli) setup: Option<String>,
    /// Why it was closed
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One trade by hand")]
    pub(in crate::cli) exit_reason: Option<String>,
    /// The trade's id, if it has one
    #[arg(long, requires = "symbol", value_name = "ID", help_heading = "One trade by hand")]
    pub(in crate::cli) trade_id: Option<String>,
}

/// A pick from stdin, from a file, or from flags.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn record-signal < pick.json\n  dtlearn record-signal --symbol MSFT --side LONG --entry-price 105.27 --confidence 0.61\n\n", include_str!("../exit_status.txt")))]
pub struct RecordSignalArgs {
    /// Read the records from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "symbol")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of stdin with a line of JSON, once its record is stored
    #[arg(long, conflicts_with_all = ["symbol", "file"])]
    pub(in crate::cli) stream: bool,
    /// What was picked
    #[arg(long, value_name = "SYMBOL", help_heading = "One pick by hand")]
    pub(in crate::cli) symbol: Option<String>,
    /// LONG or SHORT
    #[arg(long, requires = "symbol", value_name = "SIDE", help_heading = "One pick by hand")]
    pub(in crate::cli) side: Option<String>,
    /// Price at the pick
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One pick by hand")]
    pub(in crate::cli) entry_price: Option<String>,
    /// When it was made, RFC 3339 [default: now]
    #[arg(long, requires = "symbol", value_name = "TIME", help_heading = "One pick by hand")]
    pub(in crate::cli) timestamp: Option<String>,
    /// The model's probability, 0 to 1
    #[arg(long, requires = "symbol", value_name = "P", help_heading = "One pick by hand")]
    pub(in crate::cli) confidence: Option<String>,
    /// The engine's score, 0 to 10
    #[arg(long, requires = "symbol", value_name = "SCORE", help_heading = "One pick by hand")]
    pub(in crate::cli) score: Option<String>,
    /// SAFE or AGGRESSIVE
    #[arg(long, requires = "symbol", value_name = "MODE", help_heading = "One pick by hand")]
    pub(in crate::cli) mode: Option<String>,
    /// Setup
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One pick by hand")]
    pub(in crate::cli) setup: Option<String>,
    /// Market regime
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One pick by hand")]
    pub(in crate::cli) regime: Option<String>,
    /// Sector
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One pick by hand")]
    pub(in crate::cli) sector: Option<String>,
    /// The pick's id, if it has one
    #[arg(long, requires = "symbol", value_name = "ID", help_heading = "One pick by hand")]
    pub(in crate::cli) signal_id: Option<String>,
}

/// A missed signal from stdin, from a file, or from flags.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn track-missed < missed.jsonl\n  dtlearn track-missed --reason max_positions < signal.json\n  dtlearn track-missed --symbol MSFT --side BUY --price 105.27 --confidence 0.71 --reason 'conf<0.8'\n\n", include_str!("../exit_status.txt")))]
pub struct TrackMissedArgs {
    /// Read the records from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "symbol")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of stdin with a line of JSON, once its record is stored
    #[arg(long, conflicts_with_all = ["symbol", "file"])]
    pub(in crate::cli) stream: bool,
    /// Why it was not traded, where the record does not say
    #[arg(long, value_name = "WORD")]
    pub(in crate::cli) reason: Option<String>,
    /// What was signalled
    #[arg(long, value_name = "SYMBOL", help_heading = "One signal by hand")]
    pub(in crate::cli) symbol: Option<String>,
    /// BUY or SELL
    #[arg(long, requires = "symbol", value_name = "SIDE", help_heading = "One signal by hand")]
    pub(in crate::cli) side: Option<String>,
    /// Price at the signal
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One signal by hand")]
    pub(in crate::cli) price: Option<String>,
    /// The model's probability, 0 to 1
    #[arg(long, requires = "symbol", value_name = "P", help_heading = "One signal by hand")]
    pub(in crate::cli) confidence: Option<String>,
    /// When it came, RFC 3339 [default: now]
    #[arg(long, requires = "symbol", value_name = "TIME", help_heading = "One signal by hand")]
    pub(in crate::cli) timestamp: Option<String>,
    /// Its stop
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One signal by hand")]
    pub(in crate::cli) stop_price: Option<String>,
    /// Its target
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One signal by hand")]
    pub(in crate::cli) target_price: Option<String>,
    /// Market regime
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One signal by hand")]
    pub(in crate::cli) regime: Option<String>,
    /// The signal's id, if it has one
    #[arg(long, requires = "symbol", value_name = "ID", help_heading = "One signal by hand")]
    pub(in crate::cli) signal_id: Option<String>,
}
