//! `replay`.

use super::super::args::ReplayArgs;
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::what_if::cycle;
use super::{Invocation, after_reading, answer, need_store};
use crate::app::{ReplayRequest, replay};
use crate::store::Log;

pub(super) fn run(args: &ReplayArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from > to) {
        return Err(CliError::Usage("--from is after --to".into(), None));
    }
    need_store(call)?;
    let request = ReplayRequest {
        from: args.from,
        to: args.to,
        cycle: cycle(&args.engine),
        in_force: args.engine.in_force.clone(),
        without_model: args.without_model,
        restart: args.restart,
    };
    let done = replay(&call.context, &request)?;
    for warning in &done.warnings {
        call.notes.warning(warning);
    }
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &done.reading);
    answer(call, &done.view)?;
    Ok(status)
}
