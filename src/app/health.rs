//! `report health`: what doctor finds, and whether the day's work was done.

use super::Context;
use super::doctor::examine;
use super::examination::Severity;
use crate::domain::Window;
use crate::files::engine_results::engine_results;
use crate::report::{DoctorData, HealthData};
use crate::store::StoreError;

/// The days of the engine's results.
pub(super) const RESULT_DAYS: u16 = 90;

/// Everything that needs attention, with the next command, and how bad the worst of it is.
///
/// # Errors
/// [`StoreError::NoStore`].
pub(super) fn health_data(context: &Context<'_>) -> Result<(HealthData, Option<Severity>), StoreError> {
    let examined = examine(context)?;
    let worst = examined.worst();
    let DoctorData { checks, rows, .. } = examined.told(None);
    let data = HealthData {
        checks,
        results: engine_results(context, Window::Days(RESULT_DAYS))?,
        days: RESULT_DAYS,
        currency: context.settings.currency.clone(),
        now: context.seen_from(),
        rows,
    };
    Ok((data, worst))
}
