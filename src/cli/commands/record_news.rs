//! `record-news`.

use std::path::PathBuf;

use clap::Args;

use super::recording::{by_hand, finish, input, or_now, stream};
use crate::app::record_news;
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;
use crate::domain::Timestamp;

/// News from stdin, from a file, or from flags.
#[derive(Debug, Args)]
#[command(after_long_help = concat!(r#"Examples:
  dtlearn record-news < news.jsonl
  echo '{"timestamp":"2026-03-02T13:05:00Z","symbol":"MSFT","sentiment":0.6,
         "source":"wire","headline_id":"n-17"}' |
    dtlearn record-news
  dtlearn record-news --sector Energy --sentiment=-0.4 --source wire --headline-id n-18

"#, include_str!("../exit_status.txt")))]
pub struct RecordNewsArgs {
    /// Read the items from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "sentiment")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of stdin with a line of JSON, once its item is stored
    #[arg(long, conflicts_with_all = ["sentiment", "file"])]
    pub(in crate::cli) stream: bool,
    /// How it sounds, -1 to 1
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, help_heading = "One item by hand")]
    pub(in crate::cli) sentiment: Option<String>,
    /// The symbol that it is about
    #[arg(long, requires = "sentiment", value_name = "SYMBOL", help_heading = "One item by hand")]
    pub(in crate::cli) symbol: Option<String>,
    /// The sector that it is about
    #[arg(long, requires = "sentiment", value_name = "WORD", help_heading = "One item by hand")]
    pub(in crate::cli) sector: Option<String>,
    /// When it was published, RFC 3339 [default: now]
    #[arg(long, requires = "sentiment", value_name = "TIME", help_heading = "One item by hand")]
    pub(in crate::cli) timestamp: Option<String>,
    /// Who published it
    #[arg(long, requires = "sentiment", value_name = "NAME", help_heading = "One item by hand")]
    pub(in crate::cli) source: Option<String>,
    /// The publisher's id of the headline
    #[arg(long, requires = "sentiment", value_name = "ID", help_heading = "One item by hand")]
    pub(in crate::cli) headline_id: Option<String>,
}

pub(super) fn run(args: &RecordNewsArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.stream {
        return stream(call, record_news);
    }
    let input = match by_flags(args, call.context.now) {
        Some(input) => input,
        None => input(args.file.as_deref(), call)?,
    };
    let recorded = record_news(&call.context, &input)?;
    finish(call, "record-news", "news item", &recorded)
}

/// The item that the flags stand for.
pub(super) fn by_flags(args: &RecordNewsArgs, now: Timestamp) -> Option<Vec<u8>> {
    args.sentiment.as_ref()?;
    Some(by_hand(&[
        ("timestamp", or_now(&args.timestamp, now)),
        ("symbol", args.symbol.clone()),
        ("sector", args.sector.clone()),
        ("sentiment", args.sentiment.clone()),
        ("source", args.source.clone()),
        ("headline_id", args.headline_id.clone()),
    ]))
}
