//! `retrain`.

use super::super::args::{GateMode, RetrainArgs};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::{Invocation, answer, need_store};
use crate::app::{RetrainRequest, retrain, roll_model_back};

pub(super) fn run(args: &RetrainArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let done = if args.rollback {
        roll_model_back(&call.context)?
    } else {
        let request = RetrainRequest {
            days: args.days,
            force: args.force,
            check: args.check,
            dry_run: args.dry_run,
            strict: args.gate == GateMode::Strict,
        };
        retrain(&call.context, &request)?
    };
    for warning in &done.warnings {
        call.notes.warning(warning);
    }
    answer(call, &done.view)?;
    Ok(if args.exit_code && done.is_no { ExitStatus::No } else { ExitStatus::Done })
}
