//! Results by trading day, and the series that Sharpe and Sortino ratios are made of.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::{ExactSum, Undefined};
use crate::domain::{Calendar, Date, Outcome, next_day};

/// One trading day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Trades closed on that day.
    pub counts: Counts,
    /// Their net result in the account's currency.
    pub pnl: ExactSum,
}

/// Trading days with at least one closed trade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daily(BTreeMap<i32, Day>);

impl Daily {
    pub(super) fn add(&mut self, date: Date, outcome: Outcome, pnl: f64) {
        let day = self.0.entry(date.num_days_from_ce()).or_default();
        day.counts.add(outcome);
        day.pnl.add(pnl);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (date, theirs) in &other.0 {
            let day = self.0.entry(*date).or_default();
            day.counts.merge(theirs.counts);
            day.pnl.merge(theirs.pnl);
        }
    }

    /// Whether every day lies in a year in which there was or may be trading.
    pub(super) fn is_plausible(&self) -> bool {
        let year = |days: &i32| Date::from_num_days_from_ce_opt(*days).map(|date| date.year());
        self.0.keys().all(|days| year(days).is_some_and(|year| (1900..=2200).contains(&year)))
    }

    /// The days in order.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = (Date, &Day)> {
        self.0.iter().filter_map(|(date, day)| Some((Date::from_num_days_from_ce_opt(*date)?, day)))
    }

    /// The dates of the first and the last day.
    pub fn span(&self) -> Option<(Date, Date)> {
        Some((self.days().next()?.0, self.days().next_back()?.0))
    }

    /// The daily P&L from the first to the last day: every session of the calendar, 0 where nothing was closed,
    /// and those days without a session on which something was.
    ///
    /// # Errors
    /// [`Undefined::Overflow`].
    pub fn series(&self, calendar: &Calendar) -> Result<Vec<f64>, Undefined> {
        let mut series = Vec::new();
        let mut expected = None;
        for (date, day) in self.days() {
            let mut at = expected.unwrap_or(date);
            while at < date {
                if calendar.is_session(at) {
                    series.push(0.0);
                }
                at = next_day(at);
            }
            series.push(day.pnl.value()?);
            expected = Some(next_day(date));
        }
        Ok(series)
    }
}

/// Mean and standard deviation (ddof 1) of a daily series.
///
/// # Errors
/// [`Undefined::TooFewDays`] below 2, [`Undefined::NoVariation`] when the days differ by rounding only.
pub(super) fn mean_and_deviation(series: &[f64]) -> Result<(f64, f64), Undefined> {
    let have = series.len() as u64;
    if have < 2 {
        return Err(Undefined::TooFewDays { need: 2, have });
    }
    let n = have as f64;
    let mean = series.iter().sum::<f64>() / n;
    let variance = series.iter().map(|day| (day - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let deviation = variance.sqrt();
    let largest = series.iter().fold(0.0f64, |largest, day| largest.max(day.abs()));
    // Days that are equal but for rounding have no spread to divide by.
    if deviation <= 1e-12 * largest {
        return Err(Undefined::NoVariation);
    }
    Ok((mean, deviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_trades_count_unless_they_are_weekends() {
        let mut daily = Daily::default();
        // A Thursday, the Tuesday after, and the Saturday after that.
        for (date, pnl) in [("2026-03-05", 5.0), ("2026-03-10", -1.0), ("2026-03-14", 2.0)] {
            daily.add(date.parse().unwrap(), Outcome::of(pnl), pnl);
        }
        assert_eq!(daily.series(&Calendar::xnys()).unwrap(), [5.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 2.0]);
        // By a calendar without week-ends each of those days is one.
        assert_eq!(daily.series(&Calendar::always()).unwrap().len(), 10);
        assert_eq!(Daily::default().series(&Calendar::xnys()).unwrap(), [0.0; 0]);
    }
}
