//! `retrain`.

use super::super::args::{GateMode, RetrainArgs};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::super::notes::Voice;
use super::{Context, answer, need_store};
use crate::app::{RetrainRequest, retrain, roll_model_back};

pub(super) fn run(args: &RetrainArgs, context: &mut Context<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(context)?;
    let done = if args.rollback {
        roll_model_back(&context.desk)?
    } else {
        let request = RetrainRequest {
            days: args.days,
            force: args.force,
            check: args.check,
            dry_run: args.dry_run,
            strict: args.gate == GateMode::Strict,
        };
        retrain(&context.desk, &request)?
    };
    for warning in &done.warnings {
        context.notes.warning(Voice::AutoRetrain, warning);
    }
    answer(context, &done.view)?;
    Ok(if args.exit_code && done.is_no { ExitStatus::No } else { ExitStatus::Done })
}
