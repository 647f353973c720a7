//! `record-exit`, `record-signal` and `track-missed`.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::recorded::{counts, recorded_view};
use crate::app::{Context, RecordError, Recorded, record_exits, record_signals, track_missed};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer};
use crate::cli::notes::MAX_LISTED;
use crate::cli::notify;
use crate::domain::Timestamp;
use crate::report::plural;
use crate::store::gunzip;
use crate::wire::MAX_RECORD_BYTES;

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

/// The most that is taken in one go; more is an import.
pub(super) const MAX_INPUT_BYTES: u64 = 64 << 20;

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

pub(super) fn or_now(given: &Option<String>, now: Timestamp) -> Option<String> {
    given.clone().or_else(|| Some(now.to_string()))
}

/// Flags as the object that they stand for.
pub(super) fn by_hand(fields: &[(&str, Option<String>)]) -> Vec<u8> {
    let given =
        fields.iter().filter_map(|(key, value)| Some(((*key).to_owned(), Json::from(value.clone()?))));
    Json::Object(given.collect::<Map<_, _>>()).to_string().into_bytes()
}

/// All of the file, or of stdin.
pub(super) fn input(file: Option<&Path>, call: &mut Invocation<'_, '_>) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let name = file.map_or("stdin".to_owned(), |path| path.display().to_string());
    let failed = |source| CliError::Input { path: name.clone(), source };
    let read = match file {
        Some(path) => {
            let opened = call.context.disk.open_user_input(path).map_err(failed)?;
            opened.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes)
        }
        None if call.around.stdin_is_terminal => {
            return Err(CliError::Usage(
                "nothing is piped in".into(),
                Some("pipe in a JSON object or JSON Lines, name a --file, or type the record with flags (--help)".into()),
            ));
        }
        None => (&mut *call.stdin).take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes),
    };
    read.map_err(failed)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        // What cannot be unpacked goes on as it is: it is refused, and kept.
        if gunzip(&bytes[..]).take(MAX_INPUT_BYTES + 1).read_to_end(&mut text).is_ok() {
            bytes = text;
        }
    }
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(CliError::Usage(
            format!("{name}: more than 64 MiB at once"),
            Some("import that much with `dtlearn import FILE`".into()),
        ));
    }
    Ok(bytes)
}

/// Says what became of the input.
pub(super) fn finish(
    call: &mut Invocation<'_, '_>,
    command: &'static str,
    noun: &str,
    recorded: &Recorded,
) -> Result<ExitStatus, CliError> {
    let view = recorded_view(command, noun, recorded);
    call.notices.extend(recorded.notices.iter().cloned());
    tell(call, recorded);
    if let Err(error) = answer(call, &view)
        && !error.is_closed_pipe()
    {
        // The status of a recording command speaks of the record alone.
        call.notes.warning(&error.to_string());
    }
    Ok(status_of(recorded))
}

/// Done, in part, or not at all. A conflict is a part: the other record of that id is there.
pub(super) fn status_of(recorded: &Recorded) -> ExitStatus {
    let passed = recorded.open + recorded.events.values().sum::<u64>();
    let taken =
        recorded.stored + recorded.already_there + recorded.below + recorded.spooled.len() as u64 + passed;
    match (recorded.refused.is_empty(), recorded.conflicts.is_empty(), taken) {
        (true, true, _) => ExitStatus::Done,
        (false, true, 0) => ExitStatus::Failed,
        _ => ExitStatus::Part,
    }
}

/// An input of any length, a record a line, each stored before it is said.
pub(super) fn stream(
    call: &mut Invocation<'_, '_>,
    record: impl Fn(&Context<'_>, &[u8]) -> Result<Recorded, RecordError>,
) -> Result<ExitStatus, CliError> {
    let mut status = ExitStatus::Done;
    let is_fixed = call.context.now != call.around.clock;
    let unread = |source| CliError::Input { path: "stdin".into(), source };
    let mut lines = BufReader::new(&mut *call.stdin);
    let (mut line, mut number) = (Vec::new(), 0u64);
    loop {
        line.clear();
        let limit = MAX_RECORD_BYTES as u64 + 2;
        if lines.by_ref().take(limit).read_until(b'\n', &mut line).map_err(unread)? == 0 {
            return Ok(status);
        }
        if line.len() as u64 == limit && line.last() != Some(&b'\n') {
            lines.skip_until(b'\n').map_err(unread)?;
        }
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let now = if is_fixed { call.context.now } else { (call.around.wait)(Duration::ZERO).clock };
        let context = Context { now, ..call.context.clone() };
        let mut said = json!({"line": number});
        match record(&context, &line) {
            Ok(recorded) => {
                if status_of(&recorded) != ExitStatus::Done {
                    status = ExitStatus::Part;
                }
                if let Json::Object(said) = &mut said {
                    said.extend(counts(&recorded));
                }
                // The stream may go on for a day: what happened is told now.
                let at = (&context.layout, context.now);
                let unheard = notify::tell(call.around, &call.config.notify, at, &recorded.notices, true);
                call.notes.warnings(unheard);
            }
            Err(error) => {
                status = ExitStatus::Part;
                said["error"] = error.to_string().into();
            }
        }
        call.out.write_all(format!("{said}\n").as_bytes())?;
        call.out.flush()?;
    }
}

/// Warnings, refusals and the spool, on stderr: the first of each kind.
pub(super) fn tell(call: &mut Invocation<'_, '_>, recorded: &Recorded) {
    let notes = &mut *call.notes;
    for warning in recorded.warnings.iter().take(MAX_LISTED) {
        notes.warning(warning);
    }
    for conflict in recorded.conflicts.iter().take(MAX_LISTED) {
        notes.error(&format!("line {}: {}", conflict.line, conflict.why));
    }
    for refused in recorded.refused.iter().take(MAX_LISTED) {
        notes.error(&format!("line {} refused: {}", refused.line, refused.why));
    }
    let beyond = |len: usize| len.saturating_sub(MAX_LISTED);
    let more =
        beyond(recorded.warnings.len()) + beyond(recorded.refused.len()) + beyond(recorded.conflicts.len());
    if more > 0 {
        notes.warning(&format!("{more} more like these"));
    }
    if let Some(path) = &recorded.rejected_in {
        notes.hint(&format!("refused input is kept, with the reason, in {}", path.display()));
    }
    if let (Some(why), Some(first)) = (&recorded.spooled_why, recorded.spooled.first()) {
        let count = plural(recorded.spooled.len() as u64, "record");
        let dir = first.parent().unwrap_or(first).display();
        notes.warning(&format!(
            "{count} kept in the spool ({dir}), because the store cannot be written: {why}"
        ));
    }
    if recorded.drained > 0 {
        notes.info(&format!("{} stored from the spool", plural(recorded.drained, "record")));
    }
    if recorded.unconfirmed {
        notes.alarm("written, not confirmed durable: the disk could not sync");
    }
    notes.detail(&format!("{} stored", recorded.stored));
}
