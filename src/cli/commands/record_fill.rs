//! `record-fill`.

use std::path::PathBuf;

use clap::Args;

use super::recording::{by_hand, finish, input, or_now, stream};
use crate::app::record_fills;
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;
use crate::domain::Timestamp;

/// Fills from stdin, from a file, or from flags.
#[derive(Debug, Args)]
#[command(after_long_help = concat!(r#"Examples:
  dtlearn record-fill < fill.json
  echo '{"fill_id":"e-17","symbol":"MSFT","side":"BUY","qty":100,"price":105.27,"fees":0.5,
         "timestamp":"2026-03-02T19:35:00Z","signal_id":"s-9","stop_price":104.8}' |
    dtlearn record-fill
  dtlearn record-fill --symbol MSFT --side SELL --qty 100 --price 105.54 --fees 0.5
  dtlearn report positions

"#, include_str!("../exit_status.txt")))]
pub struct RecordFillArgs {
    /// Read the records from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "symbol")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of stdin with a line of JSON, once its record is stored
    #[arg(long, conflicts_with_all = ["symbol", "file"])]
    pub(in crate::cli) stream: bool,
    /// What was traded
    #[arg(long, value_name = "SYMBOL", help_heading = "One fill by hand")]
    pub(in crate::cli) symbol: Option<String>,
    /// BUY or SELL: what the order did
    #[arg(long, requires = "symbol", value_name = "SIDE", help_heading = "One fill by hand")]
    pub(in crate::cli) side: Option<String>,
    /// Units that were executed
    #[arg(long, requires = "symbol", value_name = "UNITS", help_heading = "One fill by hand")]
    pub(in crate::cli) qty: Option<String>,
    /// Price of one unit
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One fill by hand")]
    pub(in crate::cli) price: Option<String>,
    /// Fees of this execution
    #[arg(long, requires = "symbol", value_name = "AMOUNT", help_heading = "One fill by hand")]
    pub(in crate::cli) fees: Option<String>,
    /// When it was executed, RFC 3339 [default: now]
    #[arg(long, requires = "symbol", value_name = "TIME", help_heading = "One fill by hand")]
    pub(in crate::cli) timestamp: Option<String>,
    /// The account
    #[arg(long, requires = "symbol", value_name = "NAME", help_heading = "One fill by hand")]
    pub(in crate::cli) account: Option<String>,
    /// The strategy
    #[arg(long, requires = "symbol", value_name = "NAME", help_heading = "One fill by hand")]
    pub(in crate::cli) strategy: Option<String>,
    /// The stop of the position from now on
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One fill by hand")]
    pub(in crate::cli) stop_price: Option<String>,
    /// The target of the position from now on
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One fill by hand")]
    pub(in crate::cli) target_price: Option<String>,
    /// The signal behind it
    #[arg(long, requires = "symbol", value_name = "ID", help_heading = "One fill by hand")]
    pub(in crate::cli) signal_id: Option<String>,
    /// The venue's id of the execution, if it has one
    #[arg(long, requires = "symbol", value_name = "ID", help_heading = "One fill by hand")]
    pub(in crate::cli) fill_id: Option<String>,
}

pub(super) fn run(args: &RecordFillArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.stream {
        return stream(call, record_fills);
    }
    let input = match by_flags(args, call.context.now) {
        Some(input) => input,
        None => input(args.file.as_deref(), call)?,
    };
    let recorded = record_fills(&call.context, &input)?;
    finish(call, "record-fill", "fill", &recorded)
}

/// The record that the flags stand for.
pub(super) fn by_flags(args: &RecordFillArgs, now: Timestamp) -> Option<Vec<u8>> {
    args.symbol.as_ref()?;
    Some(by_hand(&[
        ("symbol", args.symbol.clone()),
        ("side", args.side.clone()),
        ("qty", args.qty.clone()),
        ("price", args.price.clone()),
        ("fees", args.fees.clone()),
        ("timestamp", or_now(&args.timestamp, now)),
        ("account", args.account.clone()),
        ("strategy", args.strategy.clone()),
        ("stop_price", args.stop_price.clone()),
        ("target_price", args.target_price.clone()),
        ("signal_id", args.signal_id.clone()),
        ("fill_id", args.fill_id.clone()),
    ]))
}
