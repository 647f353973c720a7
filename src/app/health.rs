//! `report health`: what doctor finds, and whether the day's work was done.

use serde_json::json;

use super::Context;
use super::doctor::{Examination, Finding, Severity, examine};
use crate::report::{HealthCheck, View, health_view};
use crate::store::StoreError;

/// Findings as reports give them.
pub(super) fn checks(findings: Vec<Finding>) -> Vec<HealthCheck> {
    let check = |finding: Finding| HealthCheck {
        is_damage: finding.severity == Severity::Damage,
        place: finding.place,
        what: finding.what,
        remedy: finding.remedy.map(str::to_owned),
    };
    findings.into_iter().map(check).collect()
}

/// Everything that needs attention, with the next command, and how bad the worst of it is.
///
/// # Errors
/// [`StoreError::NoStore`].
pub(super) fn health_report(context: &Context<'_>) -> Result<(View, Option<Severity>), StoreError> {
    let examined = examine(context)?;
    let worst = examined.worst();
    let Examination { findings, rows } = examined;
    let checks = checks(findings);
    let mut view = health_view(&checks, context.seen_from());
    let rows = rows.iter().map(|(log, rows)| (log.word().to_owned(), json!(rows)));
    view.payload.insert("rows".into(), serde_json::Value::Object(rows.collect()));
    Ok((view, worst))
}
