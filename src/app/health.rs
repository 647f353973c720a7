//! `report health`: what doctor finds, and whether the day's work was done.

use std::borrow::Cow;

use super::Context;
use super::doctor::examine;
use super::examination::{Examination, Finding, Severity};
use crate::domain::Window;
use crate::files::engine_results::engine_results;
use crate::report::{HealthCheck, HealthData};
use crate::store::StoreError;

/// The days of the engine's results.
pub(super) const RESULT_DAYS: u16 = 90;

/// Findings as reports give them.
pub(super) fn checks(findings: Vec<Finding>) -> Vec<HealthCheck> {
    let check = |finding: Finding| HealthCheck {
        is_damage: finding.severity == Severity::Damage,
        place: finding.place,
        what: finding.what,
        remedy: finding.remedy.clone().map(Cow::into_owned),
    };
    findings.into_iter().map(check).collect()
}

/// Everything that needs attention, with the next command, and how bad the worst of it is.
///
/// # Errors
/// [`StoreError::NoStore`].
pub(super) fn health_data(context: &Context<'_>) -> Result<(HealthData, Option<Severity>), StoreError> {
    let examined = examine(context)?;
    let worst = examined.worst();
    let Examination { findings, rows } = examined;
    let data = HealthData {
        checks: checks(findings),
        results: engine_results(context, Window::Days(RESULT_DAYS))?,
        days: RESULT_DAYS,
        currency: context.settings.currency.clone(),
        now: context.seen_from(),
        rows,
    };
    Ok((data, worst))
}
