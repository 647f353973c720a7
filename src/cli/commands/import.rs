//! `import`.

use std::path::PathBuf;

use clap::Args;

use super::record::{recorded_view, tell};
use crate::app::{ImportOptions, import};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer};
use crate::cli::options::parse_zone;
use crate::report::plural;
use crate::wire::{ColumnMap, TimeForm};

/// Which files.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn import trades.csv --map 'Fill Px=entry_price' --tz America/New_York\n  dtlearn import backtest-result.json --currency USDT\n  dtlearn import old/trade_outcomes.jsonl.gz\n\n", include_str!("../exit_status.txt")))]
pub struct ImportArgs {
    /// Files to read
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Take this column of a CSV file as that field; can be given several times
    #[arg(long, value_name = "COLUMN=FIELD")]
    pub(in crate::cli) map: Vec<String>,
    /// Of a freqtrade result take this strategy only; for its CSV, the strategy's name
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) strategy: Option<String>,
    /// The zone of times that have none, such as America/New_York
    #[arg(long, value_name = "ZONE", value_parser = parse_zone)]
    pub(in crate::cli) tz: Option<chrono_tz::Tz>,
}

/// How many warnings are told one by one.
const MAX_LISTED: usize = 20;

pub(super) fn run(args: &ImportArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let options = ImportOptions {
        columns: ColumnMap::parse(&args.map)?,
        strategy: args.strategy.clone(),
        times: args.tz.map_or(TimeForm::Strict, TimeForm::Local),
    };
    let mut imported = import(&call.context, &args.files, &options)?;
    let recorded = &mut imported.recorded;
    let mut view = recorded_view("import", "trade", recorded);
    let told = |len: usize| len.saturating_sub(MAX_LISTED);
    let more = told(recorded.warnings.len()) + told(recorded.refused.len());
    recorded.warnings.truncate(MAX_LISTED);
    let all_refused = recorded.refused.len();
    recorded.refused.truncate(MAX_LISTED);
    tell(call, recorded);
    if more > 0 {
        call.notes.warning(&format!("{more} more of the same kind are not shown"));
    }
    if imported.open > 0 {
        view.lead[0].push_str(&format!(", {} still open passed over", imported.open));
        let text = format!("{} still open, passed over", plural(imported.open, "trade"));
        call.notes.detail(&text);
    }
    view.payload.insert("open".into(), imported.open.into());
    if let Some(currency) = &imported.other_currency {
        let own = &call.context.settings.currency;
        call.notes.warning(&format!("the results are in {currency}, this store counts in {own}"));
        call.notes.hint(&format!(
            "say currency = \"{currency}\" in dtlearn.toml, or keep them in a store of their own"
        ));
    }
    answer(call, &view)?;
    let taken = imported.recorded.stored + imported.recorded.duplicates;
    Ok(match (all_refused, taken) {
        (0, _) => ExitStatus::Done,
        (_, 0) => ExitStatus::Failed,
        _ => ExitStatus::Part,
    })
}
