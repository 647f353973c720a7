//! `doctor`: is everything as it should be, and if not, what repairs it. One file for each kind of thing examined.

mod brain;
mod caches;
mod folders;
mod logs;
mod models;

use std::path::Path;

use super::freshness;
use crate::files::Context;
use crate::store::{Log, StoreError};

pub(super) use folders::examine_waiting;

use brain::examine_brain;
use caches::examine_caches;
use folders::examine_folders;
use logs::examine_log;
use models::examine_models;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, nothing is lost.
    Warning,
    /// Something in a file cannot be read, or says what is not so.
    Damage,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, and where in it: `path:record` or `path` and a byte.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// The command that mends it.
    pub remedy: Option<&'static str>,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    /// What is not as it should be, in the order of the files.
    pub findings: Vec<Finding>,
    /// Rows of each log.
    pub rows: Vec<(Log, u64)>,
}

/// Of findings of one kind in one file, so many are told one by one.
const MAX_LISTED: usize = 20;

const REPAIR: &str = "dtlearn doctor --repair";
const ANALYZE: &str = "dtlearn analyze";

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

/// An error without the path that stands before it anyway.
fn words(error: &StoreError) -> String {
    let text = error.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

impl Examination {
    fn add(
        &mut self,
        severity: Severity,
        path: &Path,
        place: &str,
        what: &str,
        remedy: Option<&'static str>,
    ) {
        let place = format!("{}{place}", path.display());
        self.findings.push(Finding { severity, place, what: what.to_owned(), remedy });
    }

    pub(in crate::app) fn damage(
        &mut self,
        path: &Path,
        place: &str,
        what: &str,
        remedy: Option<&'static str>,
    ) {
        self.add(Severity::Damage, path, place, what, remedy);
    }

    pub(in crate::app) fn warn(&mut self, path: &Path, what: &str, remedy: Option<&'static str>) {
        self.add(Severity::Warning, path, "", what, remedy);
    }

    /// The worst of the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}
