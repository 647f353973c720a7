//! `report health`: what doctor finds, and whether the day's work was done.

use super::Context;
use super::doctor::examine;
use super::examination::Severity;
use super::loaded::{Health, LoadResult, Loaded, ReportOptions};
use crate::domain::Window;
use crate::files::engine_results::engine_results;
use crate::report::{DoctorData, HealthData};

/// The days of the engine's results.
pub(super) const RESULT_DAYS: u16 = 90;

/// Everything that needs attention, with the next command, and how bad the worst of it is.
///
/// # Errors
/// Where there is no store.
pub fn health(context: &Context<'_>, _: &ReportOptions) -> LoadResult<HealthData> {
    let examined = examine(context)?;
    let health = match examined.worst() {
        Some(Severity::Damage) => Health::Damaged,
        Some(Severity::Warning) => Health::Warnings,
        None => Health::Sound,
    };
    let DoctorData { checks, rows, .. } = examined.told(None);
    let data = HealthData {
        checks,
        results: engine_results(context, Window::Days(RESULT_DAYS))?,
        days: RESULT_DAYS,
        currency: context.settings.currency.clone(),
        now: context.seen_from(),
        rows,
    };
    Ok(Loaded { health, ..Loaded::of_files(context, data) })
}
