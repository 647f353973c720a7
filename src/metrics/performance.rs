//! The finished figures of a set of trades.

use super::catalog::{Formula, Metric, Whole};
use super::daily::Daily;
use super::equity_path::{EquityPath, PathFigures};
use super::group::{Dimension, GROUPS_SHOWN};
use super::group_totals::GroupTotals;
use super::groups::Groups;
use super::window_totals::WindowTotals;
use crate::domain::{Calendar, Market};
use crate::stats::{MetricResult, Undefined};

/// Days below which a ratio of the daily series is flagged.
const FEW_DAYS: u64 = 20;

/// The figures of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    values: Vec<MetricResult>,
    groups: Vec<(Dimension, Vec<GroupPerformance>)>,
    daily: Daily,
    days: u64,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPerformance {
    /// The group's name.
    pub key: String,
    tally: GroupTotals,
}

impl GroupPerformance {
    /// A metric of the group; those that are not given for groups have no trades to rest on.
    pub fn get(&self, metric: Metric) -> MetricResult {
        match metric.formula() {
            Formula::Sums(of) => of(&self.tally),
            Formula::Daily(_) | Formula::Whole(_) => Err(Undefined::NoTrades),
        }
    }

    /// How many trades are in it.
    pub fn trades(&self) -> u64 {
        self.tally.counts.total()
    }
}

impl Performance {
    /// Finishes the figures of a book and the track of the same trades, by the market's calendar.
    pub fn of(totals: &WindowTotals, track: &EquityPath, market: &Market) -> Self {
        Self::of_figures(totals, &track.figures(market.calendar()), market.calendar())
    }

    /// Finishes the figures of a book and of what its path came to.
    pub(super) fn of_figures(totals: &WindowTotals, path: &PathFigures, calendar: &Calendar) -> Self {
        let series = totals.daily.series(calendar);
        let days = series.as_ref().map_or(0, |series| series.len() as u64);
        let whole = Whole { totals, path, calendar };
        let year = f64::from(calendar.sessions_per_year());
        let value = |metric: &Metric| match (metric.formula(), &series) {
            (Formula::Sums(of), _) => of(&totals.all),
            (Formula::Whole(of), _) => of(&whole),
            (Formula::Daily(of), Ok(series)) => of(series, year),
            (Formula::Daily(_), Err(why)) => Err(*why),
        };
        // Without trades nothing else is missing.
        let value = |metric: &Metric| {
            let value = value(metric);
            if totals.trades() == 0 { value.or(Err(Undefined::NoTrades)) } else { value }
        };
        let values = Metric::ALL.iter().map(value).collect();
        let groups = Dimension::ALL.into_iter().zip(&totals.groups);
        let groups = groups.map(|(dimension, groups)| (dimension, told(groups))).collect();
        Self { values, groups, daily: totals.daily.clone(), days }
    }

    /// Adds a grouping that the trades themselves do not say.
    pub(super) fn grouped(mut self, dimension: Dimension, groups: &Groups) -> Self {
        self.groups.push((dimension, told(groups)));
        self
    }

    /// The metrics of the whole, without its groups and days, which take most of the room.
    pub fn without_groups(self) -> Self {
        Self { groups: Vec::new(), daily: Daily::default(), ..self }
    }

    /// A metric of the window.
    pub fn get(&self, metric: Metric) -> MetricResult {
        self.values[metric as usize]
    }

    /// How many trades the window holds.
    pub fn trades(&self) -> u64 {
        self.get(Metric::TotalTrades).map_or(0, |n| n as u64)
    }

    /// The groups of a grouping, by name.
    pub fn groups(&self, dimension: Dimension) -> &[GroupPerformance] {
        self.groups.iter().find(|(of, _)| *of == dimension).map_or(&[], |(_, groups)| groups)
    }

    /// A group by its name. `None` says that it has no trade only where the grouping is not [`Self::crowded`].
    pub fn group(&self, dimension: Dimension, key: &str) -> Option<&GroupPerformance> {
        self.groups(dimension).iter().find(|group| group.key == key)
    }

    /// The groupings, in the order of reports.
    pub fn groupings(&self) -> impl Iterator<Item = Dimension> {
        self.groups.iter().map(|(dimension, _)| *dimension)
    }

    /// Groupings with more keys than are told.
    pub fn crowded(&self) -> impl Iterator<Item = Dimension> {
        let full = self.groups.iter().filter(|(_, groups)| groups.len() > GROUPS_SHOWN);
        full.map(|(dimension, _)| *dimension)
    }

    /// Results by trading day.
    pub fn daily(&self) -> &Daily {
        &self.daily
    }

    /// Whether the metric rests on so few days that it says little.
    pub fn is_low_sample(&self, metric: Metric) -> bool {
        let of_days = matches!(metric, Metric::SharpeRatio | Metric::SortinoRatio | Metric::Psr);
        of_days && self.days < FEW_DAYS && self.get(metric).is_ok()
    }
}

/// The groups of a grouping that are told.
fn told(groups: &Groups) -> Vec<GroupPerformance> {
    let largest = groups.largest(GROUPS_SHOWN).into_iter();
    largest.map(|(key, tally)| GroupPerformance { key: key.to_owned(), tally }).collect()
}
