//! The models and what is on record of them.

use std::path::Path;

use serde_json::Value as Json;

use crate::app::ensemble::silent_members;
use crate::app::examination::{Examination, words};
use crate::app::patterns_asked::damaged_questions;
use crate::files::base_blend::{BaseWeights, blend_path, read_blend};
use crate::files::model_shadow::shadow_rows;
use crate::files::retrain_files::{attempts, baseline_file, last_retrain};
use crate::files::{Context, models};
use crate::learn::ModelFile;
use crate::report::plural;
use crate::store::read_state;
use crate::wire::{LastRetrain, OverfitPoint};

/// Looks at the models and what is on record of them; returns the one in use where it can be read.
pub(super) fn examine_models(context: &Context<'_>, examined: &mut Examination) -> Option<ModelFile> {
    let mut in_use = None;
    let pointer = models::pointer(context);
    match &pointer {
        Err(error) => {
            let remedy = Some("dtlearn retrain --force");
            examined.damage(&context.layout.current_model(), "", &words(error), remedy);
        }
        Ok(None) => {}
        Ok(Some(pointer)) => {
            let back = pointer.previous.is_some();
            let remedy = if back { "dtlearn retrain --rollback" } else { "dtlearn retrain --force" };
            match models::load(context, &pointer.current) {
                Ok(model) => in_use = Some(model),
                Err(error) => {
                    examined.damage(
                        &context.layout.model(&pointer.current),
                        "",
                        &words(&error),
                        Some(remedy),
                    );
                }
            }
            if let Some(name) = &pointer.previous
                && let Err(error) = models::load(context, name)
            {
                examined.damage(&context.layout.model(name), "", &words(&error), None);
            }
        }
    }
    examine_challenger(context, examined);
    let gone = matches!(pointer, Ok(None)) && last_retrain(context).is_some();
    if gone {
        let what = "is gone, though a model was deployed";
        examined.damage(&context.layout.current_model(), "", what, Some("dtlearn retrain --force"));
    }
    examine_state::<LastRetrain>(context, &context.layout.last_retrain(), examined);
    examine_state::<Vec<OverfitPoint>>(context, &context.layout.overfit_history(), examined);
    examine_state::<Json>(context, &context.layout.file("reports").join("patterns_latest.json"), examined);
    examine_weights(context, examined);
    examine_questions(context, examined);
    match attempts(context) {
        Ok((_, 0)) => {}
        Ok((_, bad)) => {
            examined.warn(
                &context.layout.retrain_log(),
                &format!("{} skipped: not retrain attempts", plural(bad, "line")),
                None,
            );
        }
        Err(error) => examined.damage(&context.layout.retrain_log(), "", &words(&error), None),
    }
    if let Err(error) = baseline_file(context) {
        examined.damage(&context.layout.baseline(), "", &words(&error), Some("dtlearn retrain --force"));
    }
    in_use
}

/// The challenger is whole, and so is what it was held against. Nothing rests on either.
fn examine_challenger(context: &Context<'_>, examined: &mut Examination) {
    let layout = &context.layout;
    let files = [
        (layout.challenger(), models::challenger(context)),
        (layout.judged_challenger(), models::judged_challenger(context)),
    ];
    for (path, found) in files {
        if let Err(error) = found {
            let what = format!("{}; nothing rests on it, and it may be deleted", words(&error));
            examined.warn(&path, &what, None);
        }
    }
    let what = match shadow_rows(context) {
        Ok((_, 0)) => return,
        Ok((_, bad)) => {
            format!("{} skipped: not rows that two models scored, or there twice", plural(bad, "line"))
        }
        Err(error) => words(&error),
    };
    examined.warn(&layout.model_shadow(), &what, None);
}

/// Every line of what was asked is a question: one that is lost no longer counts against the others.
fn examine_questions(context: &Context<'_>, examined: &mut Examination) {
    match damaged_questions(context) {
        Ok((_, 0)) => {}
        Ok((path, bad)) => {
            let what = format!(
                "{} skipped: not questions, and they no longer count against what is asked",
                plural(bad, "line")
            );
            examined.warn(&path, &what, None);
        }
        Err(error) => examined.damage(&context.layout.file("patterns_asked.jsonl"), "", &words(&error), None),
    }
}

/// The weights of the engine's models are whole, not too old, and of models that still speak.
fn examine_weights(context: &Context<'_>, examined: &mut Examination) {
    let path = blend_path(context);
    let remedy = Some("dtlearn retrain --force");
    match read_blend(context) {
        Err(error) => examined.damage(&path, "", &words(&error), remedy),
        Ok(BaseWeights { too_old: Some(_), .. }) => {
            let limit = plural(context.settings.expires_sessions, "session");
            examined.warn(&path, &format!("made more than {limit} ago, and no longer used"), remedy);
        }
        Ok(BaseWeights { blend: None, .. }) => {}
        Ok(_) => {
            // Logs that cannot be read are findings of their own.
            for gone in silent_members(context).unwrap_or_default() {
                examined.warn(&path, &format!("{gone} and still has a weight"), remedy);
            }
        }
    }
}

/// A state file is what it should be, or a finding.
pub(super) fn examine_state<T: serde::de::DeserializeOwned>(
    context: &Context<'_>,
    path: &Path,
    examined: &mut Examination,
) {
    match read_state(context.disk, path) {
        Ok(None) => {}
        Ok(Some(bytes)) => {
            if let Err(why) = serde_json::from_slice::<T>(&bytes) {
                examined.damage(
                    path,
                    "",
                    &format!("cannot be read: {why}; move it away and it will be rebuilt"),
                    None,
                );
            }
        }
        Err(error) => examined.damage(path, "", &words(&error), None),
    }
}
