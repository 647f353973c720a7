//! `report metrics|execution|excursions --where … --against …`: two groups of trades against each other.

use super::{Context, Reading};
use crate::domain::{TradeDetail, Window};
use crate::files::FilterLoadError;
use crate::files::record_filter::TradeFilter;
use crate::files::trade_details::fold_sides;
use crate::metrics::{Compared, ComparedGroup, compare};
use crate::report::CompareData;

/// Two groups of the trades of a window.
///
/// # Errors
/// [`FilterLoadError`].
pub(super) fn compare_data(
    context: &Context<'_>,
    window: Window,
    filters: [&str; 2],
    what: &[Compared],
) -> Result<(CompareData, Reading), FilterLoadError> {
    let [first, second] = filters;
    let filters = [TradeFilter::new(context, first)?, TradeFilter::new(context, second)?];
    let begin = || ([ComparedGroup::of(what), ComparedGroup::of(what)], 0);
    // What both take is no part of either.
    let add =
        |(groups, in_both): &mut ([ComparedGroup; 2], u64), trade: TradeDetail, sides: [bool; 2]| match sides
        {
            [true, true] => *in_both += 1,
            [first, _] => groups[usize::from(!first)].add(&trade, context.market()),
        };
    let (([one, other], in_both), reading) =
        fold_sides(context, window, [&filters[0], &filters[1]], begin, add)?;
    let data = CompareData {
        missed: false,
        filters: [filters[0].text().to_owned(), filters[1].text().to_owned()],
        days: window.days(),
        in_both,
        compared: compare(&one, &other),
        notes: filters.iter().filter_map(TradeFilter::note).collect(),
        currency: context.settings.currency.clone(),
    };
    Ok((data, reading))
}
