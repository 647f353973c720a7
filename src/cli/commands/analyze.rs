//! `analyze`.

use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::super::notes::Voice;
use super::{Context, after_reading, answer};
use crate::app::analyze;
use crate::report::plural;
use crate::store::Log;

pub(super) fn run(context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    let analysis = analyze(&context.desk)?;
    for warning in &analysis.warnings {
        context.notes.warning(Voice::TradeAnalyzer, warning);
    }
    if analysis.drained > 0 {
        let text = format!("{} brought in from the spool", plural(analysis.drained, "record"));
        context.notes.info(Voice::TradeAnalyzer, &text);
    }
    let path = context.desk.layout.log(Log::Outcomes);
    let status = after_reading(context, &path, &analysis.reading);
    answer(context, &analysis.view)?;
    Ok(status)
}
