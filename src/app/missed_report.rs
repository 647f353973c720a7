//! `report missed`: the signals that were not traded, all or some, or two groups of them against each other.

use super::{Context, Reading};
use crate::domain::Window;
use crate::files::FilterLoadError;
use crate::files::missed_log::{missed_of_all, missed_results};
use crate::files::record_filter::MissedFilter;
use crate::metrics::compare_missed;
use crate::report::{CompareData, MissedData, MissedReport};
use crate::store::StoreError;

/// What was found, the expression that holds of it with what else to know of it, and how the log read.
type FoundMissed = (MissedReport, Option<(String, Option<String>)>, Reading);

/// The missed signals of a window, of which the expression holds if there is one; with two, one group against the other.
///
/// # Errors
/// [`FilterLoadError`].
pub(super) fn missed_report(
    context: &Context<'_>,
    window: Window,
    [filter, against]: [Option<&str>; 2],
) -> Result<FoundMissed, FilterLoadError> {
    let filter = filter.map(|text| MissedFilter::new(context, text)).transpose()?;
    if let (Some(first), Some(second)) = (&filter, against) {
        return compared(context, window, [first, &MissedFilter::new(context, second)?]);
    }
    let (data, reading) = missed_data(context, window, filter.as_ref())?;
    let filter = filter.map(|filter| (filter.text().to_owned(), filter.note()));
    Ok((MissedReport::All(Box::new(data)), filter, reading))
}

/// The missed signals of a window, of the store or of all desks together, that a filter takes.
///
/// # Errors
/// [`StoreError`] when the log of the one store cannot be read.
pub(super) fn missed_data(
    context: &Context<'_>,
    window: Window,
    filter: Option<&MissedFilter>,
) -> Result<(MissedData, Reading), StoreError> {
    let (totals, oldest, reading) = missed_of_all(context, window, filter)?;
    let data = MissedData {
        totals,
        oldest,
        days: window.days(),
        currency: context.settings.currency.clone(),
        scratch_frac: context.market().scratch_frac(),
    };
    Ok((data, reading))
}

fn compared(
    context: &Context<'_>,
    window: Window,
    filters: [&MissedFilter; 2],
) -> Result<FoundMissed, FilterLoadError> {
    let (mut first, _) = missed_results(context, window, filters[0])?;
    let (mut second, reading) = missed_results(context, window, filters[1])?;
    let all_first = first.len();
    first.retain(|id, _| second.remove(id).is_none());
    let data = CompareData {
        missed: true,
        filters: filters.map(|filter| filter.text().to_owned()),
        days: window.days(),
        in_both: (all_first - first.len()) as u64,
        compared: compare_missed(
            &first.into_values().collect::<Vec<_>>(),
            &second.into_values().collect::<Vec<_>>(),
        ),
        notes: filters.iter().filter_map(|filter| filter.note()).collect(),
        currency: context.settings.currency.clone(),
    };
    Ok((MissedReport::Compared(Box::new(data)), None, reading))
}
