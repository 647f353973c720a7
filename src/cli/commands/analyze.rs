//! `analyze`.

use std::path::PathBuf;

use clap::Args;

use super::import::time_rules;
use crate::app::{
    PartError, PriceOptions, analysis_of, analyze, check_desks, part_of_desks, part_of_parts, price,
    refresh_heat,
};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::cli::notes::LogPrefix;
use crate::cli::options::PriceArgs;
use crate::files::MAX_LISTED;
use crate::report::{Pricing, analysis_view, plural};
use crate::store::Log;
use crate::wire::PriceRules;

/// What to hold missed signals against.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn analyze\n  dtlearn analyze --prices bars.csv.gz --prices-tz America/New_York\n  dtlearn analyze --as-of 2026-03-02T21:05:00Z --format json\n  dtlearn analyze --root 'desks/*'\n  dtlearn analyze --partial --root desks/one -o one.part\n  dtlearn analyze --merge *.part --format json\n\n", include_str!("../exit_status.txt")))]
pub struct AnalyzeArgs {
    #[command(flatten)]
    pub(in crate::cli) prices: PriceArgs,
    /// Write what the stores add to every figure to the file of --output, to be put together with others
    #[arg(long, conflicts_with = "prices")]
    pub(in crate::cli) partial: bool,
    /// Put together parts that --partial wrote, in any order, instead of reading stores
    #[arg(long, value_name = "PART", num_args = 1.., conflicts_with = "prices")]
    pub(in crate::cli) merge: Vec<PathBuf>,
}

pub(super) fn run(args: &AnalyzeArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.partial || !args.merge.is_empty() || call.context.is_joined() {
        return joined(args, call);
    }
    let options = price_options(&args.prices)?;
    if !options.files.is_empty() && call.context.as_of.is_some() {
        return Err(CliError::Usage(
            "--prices fills records, --as-of only looks: give one of them".into(),
            None,
        ));
    }
    let analysis = analyze(&call.context)?;
    for warning in &analysis.warnings {
        call.notes.warning(warning);
    }
    if analysis.drained > 0 {
        let text = format!("{} stored from the spool", plural(analysis.drained, "record"));
        call.notes.info(&text);
    }
    let path = call.context.layout.log(Log::Outcomes);
    let mut status = after_reading(call, &path, &analysis.reading);
    let mut data = analysis.data;
    // Without new prices old signals are still given up in time, and the analysis is written anew.
    if call.context.as_of.is_none() {
        let pricing = price(&call.context, &options)?;
        if !options.files.is_empty() {
            refresh_heat(&call.context);
        }
        if tell(call, &pricing) {
            status = ExitStatus::Part;
        }
        data.pricing = Some(pricing);
    }
    answer(call, &analysis_view(&data))?;
    Ok(status)
}

/// Several stores, or parts of them. Nothing in a store is changed.
fn joined(args: &AnalyzeArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if !args.prices.prices.is_empty() {
        let hint = "run it for each store by itself: dtlearn --root DIR analyze --prices FILE";
        return Err(CliError::Usage("--prices fills the records of one store".into(), Some(hint.into())));
    }
    let is_shown = call.config.output.is_none() && call.around.stdout_is_terminal;
    if args.partial && is_shown {
        let hint = "dtlearn analyze --partial -o desk.part";
        return Err(CliError::Usage("a part is no text: name a file for it".into(), Some(hint.into())));
    }
    let made = if args.merge.is_empty() {
        if !call.context.is_joined() {
            need_store(call)?;
        }
        check_desks(&call.context)?;
        part_of_desks(&call.context)?
    } else {
        part_of_parts(&call.context, &args.merge)?
    };
    let log = call.context.layout.log(Log::Outcomes);
    after_reading(call, &log, &made.reading);
    let status = if made.part.is_whole() { ExitStatus::Done } else { ExitStatus::Part };
    if args.partial {
        call.out.write_all(&made.part.encode().map_err(PartError::from)?)?;
        return Ok(status);
    }
    answer(call, &analysis_view(&analysis_of(&call.context, &made)))?;
    Ok(status)
}

/// The price files as they are to be read.
pub(super) fn price_options(args: &PriceArgs) -> Result<PriceOptions, CliError> {
    Ok(PriceOptions {
        files: args.prices.clone(),
        rules: PriceRules::parse(&args.map, time_rules(args.prices_tz, args.dates))?
            .of_symbol(args.prices_symbol.clone()),
        again: args.again,
        all_signals: args.all_signals,
    })
}

/// Names the rows that could not be read; whether there were any.
pub(super) fn tell(call: &mut Invocation<'_, '_>, pricing: &Pricing) -> bool {
    for (path, bad) in &pricing.bad {
        call.notes.of(LogPrefix::MissedOpp).warning(&format!("{}:{}: {}", path.display(), bad.line, bad.why));
    }
    call.notes.of(LogPrefix::MissedOpp).warnings(pricing.warnings.clone());
    let untold = pricing.bad_rows - pricing.bad.len() as u64;
    if untold > 0 {
        call.notes.of(LogPrefix::MissedOpp).warning(&format!("{untold} more price rows could not be read"));
    }
    for far_off in pricing.far_off.iter().take(MAX_LISTED) {
        let text = format!(
            "{} of {} waits: it was at {} and the file has {} within the hour (a split, another unit, another zone?)",
            far_off.symbol, far_off.at, far_off.signal_price, far_off.file_price
        );
        call.notes.warning(&text);
    }
    for (symbol, alike) in &pricing.likely {
        let alike = alike.iter().cloned().collect::<Vec<_>>().join(", ");
        let text = format!("{symbol} found no prices; the files have {alike}: is it the same?");
        call.notes.warning(&text);
    }
    pricing.bad_rows > 0 || !pricing.far_off.is_empty()
}
