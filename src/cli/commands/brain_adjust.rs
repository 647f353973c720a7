//! `brain-adjust`.

use super::super::args::BrainAdjustArgs;
use super::super::args::EvidenceMode;
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::{Invocation, after_reading, answer, need_store};
use crate::app::{AdjustRequest, adjust};
use crate::store::Log;

pub(super) fn run(args: &BrainAdjustArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    for (at, (knob, _)) in args.set.iter().enumerate() {
        if args.set[..at].iter().any(|(other, _)| other == knob) {
            return Err(CliError::Usage(format!("{} is set twice", knob.as_str()), None));
        }
    }
    if args.regime.as_deref().is_some_and(|word| word.trim().is_empty()) {
        return Err(CliError::Usage("--regime takes a word".into(), None));
    }
    let request = if !args.set.is_empty() {
        AdjustRequest::Set(args.set.clone())
    } else if let Some(knob) = args.reset {
        AdjustRequest::Reset(knob.into_iter().collect())
    } else if let Some(count) = args.rollback {
        AdjustRequest::Rollback(count)
    } else {
        need_store(call)?;
        AdjustRequest::Rules {
            regime: args.regime.clone(),
            only: args.knob.clone(),
            per_symbol: args.per_symbol,
            force: args.force,
            explain: args.explain,
        }
    };
    if let Some(evidence) = args.evidence {
        call.context.settings.rulebook.strict = evidence == EvidenceMode::Strict;
    }
    let adjusted = adjust(&call.context, &request, args.dry_run)?;
    for warning in &adjusted.warnings {
        call.notes.warning(warning);
    }
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &adjusted.reading);
    answer(call, &adjusted.view)?;
    Ok(status)
}
