//! The models and what is on record of them.

use std::path::Path;

use serde_json::Value as Json;

use crate::app::examination::{Examination, words};
use crate::files::base_blend::{blend_path, read_blend};
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
    let gone = matches!(pointer, Ok(None)) && last_retrain(context).is_some();
    if gone {
        let what = "is gone, though a model was deployed";
        examined.damage(&context.layout.current_model(), "", what, Some("dtlearn retrain --force"));
    }
    examine_state::<LastRetrain>(context, &context.layout.last_retrain(), examined);
    examine_state::<Vec<OverfitPoint>>(context, &context.layout.overfit_history(), examined);
    examine_state::<Json>(context, &context.layout.file("reports").join("patterns_latest.json"), examined);
    if let Err(error) = read_blend(context) {
        examined.damage(&blend_path(context), "", &words(&error), Some("dtlearn retrain --force"));
    }
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
