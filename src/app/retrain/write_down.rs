//! What stays of an attempt: the model where it passed, and the attempt either way.

use super::MEANWHILE;
use super::due::tried_today;
use crate::app::Context;
use crate::app::ensemble::{EngineModels, keep_weights};
use crate::app::training::verify;
use crate::files::models::{
    FALLBACK, Pointer, drop_challenger, load, point_to, pointer, save, save_challenger, save_judged,
};
use crate::files::retrain_files::{note_attempt, note_deployed, write_skill_ledger};
use crate::learn::{Dataset, ModelFile};
use crate::metrics::Performance;
use crate::report::{RetrainData, RetrainStatus};
use crate::store::StoreError;
use crate::wire::{Attempt, SkillLedger};

/// What an attempt made.
pub(super) struct Made<'a> {
    pub judged: &'a ModelFile,
    /// The same settings on all rows: to be deployed, or to be in shadow. None where it can be neither.
    pub refitted: Option<&'a ModelFile>,
    pub dataset: &'a Dataset,
    pub ledger: &'a SkillLedger,
    /// What the engine's own models are worth.
    pub engine_models: &'a EngineModels,
}

/// What was so before the training, which takes a while.
pub(super) struct Seen {
    pub in_use: Option<Pointer>,
    pub force: bool,
}

pub(super) fn attempt_of(context: &Context<'_>, data: &RetrainData) -> Attempt {
    let held_out = data.validation.as_ref().map(|validation| &validation.held_out);
    Attempt {
        timestamp: context.now.to_string(),
        date: context.session_date().to_string(),
        status: data.status.as_str().into(),
        triggers: data.triggers.iter().map(|trigger| trigger.name.to_owned()).collect(),
        version: data.version.clone(),
        rows: data.rows,
        sessions: data.sessions,
        held_out: held_out.map_or(0, |quality| quality.n),
        accuracy_new: data.accuracy_new,
        accuracy_old: data.accuracy_old,
        accuracy_train: data.training.as_ref().map(|training| training.accuracy),
        auc: held_out.and_then(|quality| quality.auc),
        log_loss: held_out.and_then(|quality| quality.log_loss),
        base_log_loss: data.validation.as_ref().and_then(|validation| validation.base_log_loss),
        reason: data.reason.clone(),
        schema: 1,
    }
}

/// What is said of a deployment whose notes could not be written.
pub(super) fn incomplete(error: StoreError) -> String {
    format!("the model is deployed, but the retrain log is incomplete: {error}")
}

/// Takes the challenger out of the shadow of what is in use no more; why it could not be, if so.
pub(super) fn leave_no_challenger(context: &Context<'_>) -> Option<String> {
    drop_challenger(context).err().map(|error| format!("the challenger cannot be taken away: {error}"))
}

/// Deploys what passed, and writes the attempt down either way.
pub(super) fn write_down(
    context: &Context<'_>,
    made: &Made<'_>,
    week: &Performance,
    seen: &Seen,
    data: &mut RetrainData,
    warnings: &mut Vec<String>,
) -> Result<(), StoreError> {
    let _lock = context.lock()?;
    let before = pointer(context).ok().flatten();
    if before != seen.in_use || (!seen.force && tried_today(context)?) {
        // What was judged, and against what, is no longer so.
        data.status = RetrainStatus::Skipped;
        data.version = None;
        data.reason = MEANWHILE.into();
        return Ok(());
    }
    // What sessions said is said once, whatever becomes of this attempt.
    write_skill_ledger(context, made.ledger)?;
    warnings.extend(keep_weights(context, made.engine_models)?);
    let deployed = made.refitted.filter(|_| data.status == RetrainStatus::Deployed);
    if let Some(deployed) = deployed {
        save(context, deployed)?;
        save_judged(context, made.judged)?;
        let version = &deployed.version;
        verify(deployed, &load(context, version)?, made.dataset, &context.layout.model(version))?;
        // The same model once more keeps the way back; a retired one is none to go back to.
        let previous = match before {
            Some(before) if before.current == *version || before.current == FALLBACK => before.previous,
            before => before.map(|before| before.current),
        };
        point_to(context, &Pointer { current: version.clone(), previous: previous.clone() })?;
        data.reason = "passed the gate".into();
        // It is in use now, whatever becomes of the notes.
        warnings.extend(leave_no_challenger(context));
        let mut note = |done: Result<(), StoreError>| warnings.extend(done.err().map(incomplete));
        note(note_deployed(context, deployed, previous, week));
        note(note_attempt(
            context,
            &attempt_of(context, data),
            Some((data.accuracy_train, data.accuracy_new)),
        ));
        return Ok(());
    }
    if let Some(challenger) = made.refitted {
        // The attempt is noted all the same.
        match save_challenger(context, challenger, made.judged) {
            Ok(()) => data.in_shadow = true,
            Err(error) => warnings.push(format!("it is not kept as the challenger: {error}")),
        }
    }
    note_attempt(context, &attempt_of(context, data), Some((data.accuracy_train, data.accuracy_new)))
}
