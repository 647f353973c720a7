//! `report metrics|execution|excursions --where … --against …`: two groups of trades against each other.

use super::{Context, Reading};
use crate::domain::{TradeDetail, Window};
use crate::files::FilterLoadError;
use crate::files::record_filter::TradeFilter;
use crate::files::trade_details::trade_details;
use crate::metrics::{Compared, compare};
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
    let mut reading = Reading::default();
    let mut groups: Vec<Vec<TradeDetail>> = Vec::new();
    for filter in &filters {
        let (trades, read) = trade_details(context, window, Some(filter))?;
        groups.push(trades);
        reading = read;
    }
    let both = |trade: &TradeDetail, others: &[TradeDetail]| {
        // Both are in the order of exits.
        let from = others.partition_point(|other| other.exit_time < trade.exit_time);
        others[from..]
            .iter()
            .take_while(|other| other.exit_time == trade.exit_time)
            .any(|other| other == trade)
    };
    let shared: Vec<Vec<bool>> = [(0, 1), (1, 0)]
        .map(|(one, other)| groups[one].iter().map(|trade| both(trade, &groups[other])).collect())
        .into();
    let in_both = shared[0].iter().filter(|shared| **shared).count() as u64;
    for (trades, shared) in groups.iter_mut().zip(&shared) {
        let mut shared = shared.iter();
        trades.retain(|_| shared.next().is_none_or(|shared| !shared));
    }
    let data = CompareData {
        missed: false,
        filters: [filters[0].text().to_owned(), filters[1].text().to_owned()],
        days: window.days(),
        in_both,
        compared: compare(&groups[0], &groups[1], context.market(), what),
        notes: filters.iter().filter_map(TradeFilter::note).collect(),
        currency: context.settings.currency.clone(),
    };
    Ok((data, reading))
}
