//! `doctor`: is everything as it should be, and if not, what repairs it. One file for each kind of thing examined.

mod brain;
mod caches;
mod folders;
mod logs;
mod models;

use super::examination::{Examination, words};
use super::freshness;
use crate::files::Context;
use crate::store::{Log, StoreError};

pub(super) use folders::examine_waiting;

use brain::examine_brain;
use caches::examine_caches;
use folders::examine_folders;
use logs::examine_log;
use models::examine_models;

/// Looks at every file and every invariant. Writes nothing.
///
/// # Errors
/// [`StoreError::NoStore`] when there is nothing to look at.
pub fn examine(context: &Context<'_>) -> Result<Examination, StoreError> {
    let learning = context.layout.learning();
    if context
        .disk
        .stat(&learning)
        .map_err(|e| StoreError::Read { path: learning.clone(), source: e })?
        .is_none()
    {
        return Err(StoreError::NoStore { path: learning });
    }
    let mut examined = Examination::default();
    let mut added_up = None;
    for log in Log::ALL {
        context.progress.begin(log.file_name(), None);
        let looked = examine_log(context, log, &mut examined);
        context.progress.end();
        match looked {
            Ok(found) => added_up = added_up.or(found),
            Err(error) => {
                let remedy = matches!(error, StoreError::NotGzip { .. }).then_some("dtlearn import FILE");
                examined.damage(&context.layout.log(log), "", &words(&error), remedy);
            }
        }
    }
    let last = added_up
        .as_ref()
        .and_then(|(ledger, _)| ledger.last_exit())
        .map(|exit| context.market().trading_date(exit));
    examine_caches(context, added_up, &mut examined);
    examine_waiting(context, &mut examined);
    examine_folders(context, &mut examined);
    examine_brain(context, &mut examined);
    let model = examine_models(context, &mut examined);
    freshness::examine_freshness(context, last, model.as_ref(), &mut examined);
    Ok(examined)
}
