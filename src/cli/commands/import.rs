//! `import`.

use super::super::args::ImportArgs;
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::super::notes::Voice;
use super::record::{recorded_view, tell};
use super::{Context, answer};
use crate::app::{ImportOptions, import};
use crate::report::plural;
use crate::wire::{ColumnMap, TimeForm};

/// How many warnings are told one by one.
const TOLD: usize = 20;

pub(super) fn run(args: &ImportArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    let options = ImportOptions {
        columns: ColumnMap::parse(&args.map)?,
        strategy: args.strategy.clone(),
        times: args.tz.map_or(TimeForm::Strict, TimeForm::Local),
    };
    let mut imported = import(&context.desk, &args.files, &options)?;
    let recorded = &mut imported.recorded;
    let mut view = recorded_view("import", "trade", recorded);
    let told = |len: usize| len.saturating_sub(TOLD);
    let more = told(recorded.warnings.len()) + told(recorded.refused.len());
    recorded.warnings.truncate(TOLD);
    let all_refused = recorded.refused.len();
    recorded.refused.truncate(TOLD);
    tell(context, recorded);
    if more > 0 {
        context.notes.warning(Voice::TradeAnalyzer, &format!("{more} more of the same kind are not shown"));
    }
    if imported.open > 0 {
        view.lead[0].push_str(&format!(", {} still open passed over", imported.open));
        let text = format!("{} still open, passed over", plural(imported.open, "trade"));
        context.notes.detail(Voice::TradeAnalyzer, &text);
    }
    view.payload.insert("open".into(), imported.open.into());
    if let Some(currency) = &imported.other_currency {
        let own = &context.desk.settings.currency;
        context.notes.warning(
            Voice::TradeAnalyzer,
            &format!("the results are in {currency}, this store counts in {own}"),
        );
        context.notes.hint(&format!(
            "say currency = \"{currency}\" in dtlearn.toml, or keep them in a store of their own"
        ));
    }
    answer(context, &view)?;
    let taken = imported.recorded.stored + imported.recorded.duplicates;
    Ok(match (all_refused, taken) {
        (0, _) => ExitStatus::Done,
        (_, 0) => ExitStatus::Failed,
        _ => ExitStatus::Part,
    })
}
