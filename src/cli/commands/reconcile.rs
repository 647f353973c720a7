//! `reconcile`.

use std::path::PathBuf;

use clap::Args;

use super::import::{parse_format, time_rules};
use crate::app::{ImportOptions, ReconcileRequest, Tolerance, reconcile};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer, need_store};
use crate::cli::options::{Dates, parse_days, parse_zone};
use crate::files::MAX_LISTED;
use crate::report::reconcile_view;
use crate::wire::ImportFormat;

/// What is held against what.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn reconcile broker.csv --tz America/New_York\n  dtlearn reconcile fills.csv --days 1 --exit-code || notify 'books differ'\n\n", include_str!("../exit_status.txt")))]
pub struct ReconcileArgs {
    /// The broker's trades or fills: any file that import reads
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Only trades that were closed in so many days; without it, those in the span of the files
    #[arg(long, value_name = "N", value_parser = parse_days)]
    pub(in crate::cli) days: Option<crate::domain::Window>,
    /// Seconds that the exits of one trade may be apart
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = parse_tolerance)]
    pub(in crate::cli) within: f64,
    /// Fraction by which the prices of one trade may be apart
    #[arg(long, value_name = "FRACTION", default_value_t = 1e-4, value_parser = parse_tolerance)]
    pub(in crate::cli) price_tolerance: f64,
    /// Amount by which fees and results may be apart
    #[arg(long, value_name = "AMOUNT", default_value_t = 0.01, value_parser = parse_tolerance)]
    pub(in crate::cli) amount_tolerance: f64,
    /// Take this column or key as that field; can be given several times
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub(in crate::cli) map: Vec<String>,
    /// Leave this column or key out of account; can be given several times
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) ignore: Vec<String>,
    /// Read the files as this program writes them; see `dtlearn import --list`
    #[arg(long = "as", value_name = "PROGRAM", value_parser = parse_format)]
    pub(in crate::cli) format_as: Option<&'static dyn ImportFormat>,
    /// The symbol of rows that have none
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
    /// The zone of times that have none, such as America/New_York
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub(in crate::cli) tz: Option<chrono_tz::Tz>,
    /// Which comes first in dates such as 3/2/2026
    #[arg(long, value_name = "ORDER", value_enum)]
    pub(in crate::cli) dates: Option<Dates>,
    /// Exit 4 when the books differ
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    value.ok_or_else(|| "a number, 0 or above".into())
}

pub(super) fn run(args: &ReconcileArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let request = ReconcileRequest {
        files: args.files.clone(),
        reading: ImportOptions {
            maps: args.map.clone(),
            ignored: args.ignore.clone(),
            symbol: args.symbol.clone(),
            format: args.format_as,
            times: time_rules(args.tz, args.dates),
            is_dry_run: true,
            ..ImportOptions::default()
        },
        window: args.days,
        tolerance: Tolerance {
            within_s: args.within,
            price_frac: args.price_tolerance,
            amount: args.amount_tolerance,
        },
    };
    let done = reconcile(&call.context, &request)?;
    for why in done.refused.iter().take(MAX_LISTED) {
        call.notes.warning(why);
    }
    if done.refused.len() > MAX_LISTED {
        let more = done.refused.len() - MAX_LISTED;
        call.notes.warning(&format!("{more} more rows could not be read"));
    }
    answer(call, &reconcile_view(&done.data))?;
    Ok(if args.exit_code && !done.agrees { ExitStatus::No } else { ExitStatus::Done })
}
