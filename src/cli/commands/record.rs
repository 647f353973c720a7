//! `record-exit`, `record-signal` and `track-missed`.

use std::path::PathBuf;

use clap::Args;

use super::recording::{by_hand, finish, input, or_now, stream};
use crate::app::{record_exits, record_signals, track_missed};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;
use crate::domain::Timestamp;

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
#[command(after_long_help = concat!("Examples:\n  dtlearn record-signal < signal.json\n  dtlearn record-signal --symbol MSFT --side LONG --entry-price 105.27 --confidence 0.61\n\n", include_str!("../exit_status.txt")))]
pub struct RecordSignalArgs {
    /// Read the records from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "symbol")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of stdin with a line of JSON, once its record is stored
    #[arg(long, conflicts_with_all = ["symbol", "file"])]
    pub(in crate::cli) stream: bool,
    /// What was signalled
    #[arg(long, value_name = "SYMBOL", help_heading = "One signal by hand")]
    pub(in crate::cli) symbol: Option<String>,
    /// LONG or SHORT
    #[arg(long, requires = "symbol", value_name = "SIDE", help_heading = "One signal by hand")]
    pub(in crate::cli) side: Option<String>,
    /// Price at the signal
    #[arg(long, requires = "symbol", value_name = "PRICE", help_heading = "One signal by hand")]
    pub(in crate::cli) entry_price: Option<String>,
    /// When it was made, RFC 3339 [default: now]
    #[arg(long, requires = "symbol", value_name = "TIME", help_heading = "One signal by hand")]
    pub(in crate::cli) timestamp: Option<String>,
    /// The model's probability, 0 to 1
    #[arg(long, requires = "symbol", value_name = "P", help_heading = "One signal by hand")]
    pub(in crate::cli) confidence: Option<String>,
    /// The engine's score, 0 to 10
    #[arg(long, requires = "symbol", value_name = "SCORE", help_heading = "One signal by hand")]
    pub(in crate::cli) score: Option<String>,
    /// SAFE or AGGRESSIVE
    #[arg(long, requires = "symbol", value_name = "MODE", help_heading = "One signal by hand")]
    pub(in crate::cli) mode: Option<String>,
    /// Setup
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One signal by hand")]
    pub(in crate::cli) setup: Option<String>,
    /// Market regime
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One signal by hand")]
    pub(in crate::cli) regime: Option<String>,
    /// Sector
    #[arg(long, requires = "symbol", value_name = "WORD", help_heading = "One signal by hand")]
    pub(in crate::cli) sector: Option<String>,
    /// The signal's id, if it has one
    #[arg(long, requires = "symbol", value_name = "ID", help_heading = "One signal by hand")]
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

pub(super) fn exit(args: &RecordExitArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.stream {
        return stream(call, record_exits);
    }
    let input = match exit_by_hand(args, call.context.now) {
        Some(input) => input,
        None => input(args.file.as_deref(), call)?,
    };
    let recorded = record_exits(&call.context, &input)?;
    finish(call, "record-exit", "trade", &recorded)
}

/// The record that the flags stand for.
pub(super) fn exit_by_hand(args: &RecordExitArgs, now: Timestamp) -> Option<Vec<u8>> {
    args.symbol.as_ref()?;
    Some(by_hand(&[
        ("symbol", args.symbol.clone()),
        ("side", args.side.clone()),
        ("entry_price", args.entry_price.clone()),
        ("exit_price", args.exit_price.clone()),
        ("qty", args.qty.clone()),
        ("fees", args.fees.clone()),
        ("entry_time", args.entry_time.clone()),
        ("exit_time", or_now(&args.exit_time, now)),
        ("confidence", args.confidence.clone()),
        ("regime", args.regime.clone()),
        ("sector", args.sector.clone()),
        ("setup", args.setup.clone()),
        ("exit_reason", args.exit_reason.clone()),
        ("trade_id", args.trade_id.clone()),
    ]))
}

pub(super) fn signal(args: &RecordSignalArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.stream {
        return stream(call, record_signals);
    }
    let input = match signal_by_hand(args, call.context.now) {
        Some(input) => input,
        None => input(args.file.as_deref(), call)?,
    };
    let recorded = record_signals(&call.context, &input)?;
    finish(call, "record-signal", "signal", &recorded)
}

/// The record that the flags stand for.
pub(super) fn signal_by_hand(args: &RecordSignalArgs, now: Timestamp) -> Option<Vec<u8>> {
    args.symbol.as_ref()?;
    Some(by_hand(&[
        ("symbol", args.symbol.clone()),
        ("side", args.side.clone()),
        ("entry_price", args.entry_price.clone()),
        ("timestamp", or_now(&args.timestamp, now)),
        ("confidence", args.confidence.clone()),
        ("score", args.score.clone()),
        ("mode", args.mode.clone()),
        ("setup", args.setup.clone()),
        ("regime", args.regime.clone()),
        ("sector", args.sector.clone()),
        ("signal_id", args.signal_id.clone()),
    ]))
}

pub(super) fn missed(args: &TrackMissedArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.stream {
        let reason = args.reason.as_deref();
        return stream(call, |context, line| track_missed(context, line, reason));
    }
    let input = match missed_by_hand(args, call.context.now) {
        Some(input) => input,
        None => input(args.file.as_deref(), call)?,
    };
    let recorded = track_missed(&call.context, &input, args.reason.as_deref())?;
    finish(call, "track-missed", "missed signal", &recorded)
}

/// The record that the flags stand for.
pub(super) fn missed_by_hand(args: &TrackMissedArgs, now: Timestamp) -> Option<Vec<u8>> {
    args.symbol.as_ref()?;
    Some(by_hand(&[
        ("symbol", args.symbol.clone()),
        ("label", args.side.clone()),
        ("price", args.price.clone()),
        ("timestamp", or_now(&args.timestamp, now)),
        ("confidence", args.confidence.clone()),
        ("stop_price", args.stop_price.clone()),
        ("target_price", args.target_price.clone()),
        ("regime", args.regime.clone()),
        ("signal_id", args.signal_id.clone()),
    ]))
}
