//! What becomes of the model in use before anything is trained: it makes room for the one before it, for the challenger, or for
//! none, where the rows since say so.

use super::write_down::{attempt_of, incomplete, leave_no_challenger};
use super::{MEANWHILE, RetrainError, Retrained, describe, skip, week};
use crate::app::Context;
use crate::app::model_comparison::{Consequence, ModelComparison, watch};
use crate::decide::Trigger;
use crate::files::model_shadow::keep_shadow_rows;
use crate::files::models::{FALLBACK, Pointer, challenger, load, point_to, pointer, save_as_version};
use crate::files::retrain_files::{note_attempt, note_deployed, write_skill_ledger};
use crate::learn::ModelFile;
use crate::report::{RetrainData, RetrainStatus};
use crate::store::StoreError;
use crate::wire::SkillLedger;

/// Whether the model in use stays so.
pub(super) enum InUse {
    /// It does not, by this.
    Goes(Box<ModelComparison>, Consequence),
    /// It does.
    Stays {
        /// Whether what is refused now does not take the challenger's place.
        challenger_stays: bool,
    },
}

/// Holds the model in use against the one before it, its challenger and the base rate; what it and the challenger gave is kept
/// unless only that is asked.
///
/// # Errors
/// [`StoreError`] when a log cannot be read.
pub(super) fn judge_in_use(
    context: &Context<'_>,
    only_asked: bool,
    warnings: &mut Vec<String>,
) -> Result<InUse, StoreError> {
    let Some(compared) = watch(context)? else { return Ok(InUse::Stays { challenger_stays: false }) };
    if !only_asked {
        warnings.extend(keep_shadowed(context, &compared));
    }
    Ok(match compared.consequence() {
        Some(consequence) => InUse::Goes(Box::new(compared), consequence),
        None => {
            let challenger_stays = compared.shadow.is_some_and(|shadow| !shadow.gives_way);
            InUse::Stays { challenger_stays }
        }
    })
}

/// Puts the model before the one in use back into use, or the challenger, or none; asked only whether it is time, says so.
pub(super) fn by_itself(
    context: &Context<'_>,
    (mut data, mut warnings): (RetrainData, Vec<String>),
    compared: &ModelComparison,
    consequence: Consequence,
) -> Result<Retrained, RetrainError> {
    data.reason = compared.sentence();
    if data.check {
        let name = match consequence {
            Consequence::RollBack => "rollback",
            Consequence::Promote => "promotion",
            Consequence::Retire => "retirement",
        };
        data.triggers.push(Trigger { name, why: data.reason.clone() });
        data.status = RetrainStatus::Due;
        return Ok(Retrained { data, warnings });
    }
    match (consequence, &compared.shadow) {
        (Consequence::Promote, Some(shadow)) => {
            return promote(context, (data, warnings), &compared.pointer, &shadow.challenger);
        }
        (Consequence::Retire, _) => warnings.extend(retire(context, &mut data, &compared.pointer)?),
        _ => go_back(context, &mut data)?,
    }
    Ok(Retrained { data, warnings })
}

/// Keeps what the model in use and the challenger gave the rows since; why it could not be kept, if so.
fn keep_shadowed(context: &Context<'_>, compared: &ModelComparison) -> Option<String> {
    let new = &compared.shadow.as_ref().filter(|shadow| !shadow.new.is_empty())?.new;
    let kept = context.lock().and_then(|_lock| keep_shadow_rows(context, new));
    kept.err().map(|error| format!("what model and challenger gave is not kept: {error}"))
}

/// Puts the challenger into use, which is a deployment; the model that it was held against is the way back.
fn promote(
    context: &Context<'_>,
    (mut data, mut warnings): (RetrainData, Vec<String>),
    compared_with: &Pointer,
    file: &ModelFile,
) -> Result<Retrained, RetrainError> {
    let week = week(context)?;
    let _lock = context.lock()?;
    let still = challenger(context)?.is_some_and(|found| found.version == file.version);
    if !still || pointer(context)?.as_ref() != Some(compared_with) {
        return Ok(skip(data, MEANWHILE.into(), warnings));
    }
    save_as_version(context, file)?;
    let previous = Some(compared_with.current.clone());
    point_to(context, &Pointer { current: file.version.clone(), previous: previous.clone() })?;
    data.status = RetrainStatus::Deployed;
    data.promoted = true;
    data.rows = file.training.rows;
    data.sessions = file.training.sessions;
    data.accuracy_new = file.validation.held_out.accuracy;
    data.accuracy_old = file.validation.champion.as_ref().and_then(|quality| quality.accuracy);
    describe(&mut data, file);
    // It is in use now, whatever becomes of the notes.
    let notes = [
        note_deployed(context, file, previous, &week),
        note_attempt(context, &attempt_of(context, &data), None),
    ];
    warnings.extend(notes.into_iter().filter_map(Result::err).map(incomplete));
    warnings.extend(leave_no_challenger(context));
    Ok(Retrained { data, warnings })
}

/// Takes the model in use out of it. What sessions said of skill was said of models before this: it is counted anew.
fn retire(
    context: &Context<'_>,
    data: &mut RetrainData,
    pointer: &Pointer,
) -> Result<Option<String>, RetrainError> {
    let _lock = context.lock()?;
    let retired = pointer.current.clone();
    point_to(context, &Pointer { current: FALLBACK.into(), previous: Some(retired.clone()) })?;
    let after = Some(context.session_date().to_string());
    write_skill_ledger(context, &SkillLedger { after, ..SkillLedger::default() })?;
    data.status = RetrainStatus::Retired;
    data.version = Some(retired);
    note_attempt(context, &attempt_of(context, data), None)?;
    Ok(leave_no_challenger(context))
}

pub(super) fn go_back(context: &Context<'_>, data: &mut RetrainData) -> Result<(), RetrainError> {
    let _lock = context.lock()?;
    let previous = pointer(context)?.and_then(|pointer| pointer.previous).ok_or(RetrainError::NoPrevious)?;
    // What cannot be loaded is not put into use.
    load(context, &previous)?;
    point_to(context, &Pointer { current: previous.clone(), previous: None })?;
    data.status = RetrainStatus::RolledBack;
    data.version = Some(previous);
    note_attempt(context, &attempt_of(context, data), None)?;
    Ok(())
}
