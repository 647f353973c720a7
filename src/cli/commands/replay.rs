//! `replay`.

use super::super::args::ReplayArgs;
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::super::notes::Voice;
use super::what_if::cycle;
use super::{Context, after_reading, answer, need_store};
use crate::app::{ReplayRequest, replay};
use crate::store::Log;

pub(super) fn run(args: &ReplayArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from > to) {
        return Err(CliError::Usage("--from is after --to".into(), None));
    }
    need_store(context)?;
    let request = ReplayRequest {
        from: args.from,
        to: args.to,
        cycle: cycle(&args.engine),
        in_force: args.engine.in_force.clone(),
        without_model: args.without_model,
        restart: args.restart,
    };
    let done = replay(&context.desk, &request)?;
    for warning in &done.warnings {
        context.notes.warning(Voice::Plain, warning);
    }
    let path = context.desk.layout.log(Log::Outcomes);
    let status = after_reading(context, &path, &done.reading);
    answer(context, &done.view)?;
    Ok(status)
}
