//! Figures as JSON, for payloads and for `performance_metrics.json`.

use chrono::Datelike;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value as Json};

use crate::domain::Date;
use crate::metrics::{Dimension, ExactSum, GroupPerformance, Metric, MetricResult, Performance, Unit};

/// A metric's value as JSON: whole numbers without decimals, undefined as null.
pub fn value_json(value: MetricResult, unit: Unit) -> Json {
    match (value, unit) {
        (Ok(v), Unit::Count) => Json::from(v as u64),
        (Ok(v), _) => Json::from(v),
        (Err(_), _) => Json::Null,
    }
}

/// As [`value_json`], straight into what is written: an exit writes thousands of them.
struct Written(MetricResult, Unit);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (Ok(v), Unit::Count) => serializer.serialize_u64(v as u64),
            (Ok(v), _) => serializer.serialize_f64(v),
            (Err(_), _) => serializer.serialize_unit(),
        }
    }
}

/// An object made of something that says its keys.
fn object(of: &impl Serialize) -> Map<String, Json> {
    match serde_json::to_value(of) {
        Ok(Json::Object(object)) => object,
        // Only a map whose keys are no texts is none.
        _ => Map::new(),
    }
}

/// Writes metrics, and the reason for each that has no value.
fn with_reasons<M: SerializeMap>(map: &mut M, metrics: &[(Metric, MetricResult)]) -> Result<(), M::Error> {
    for (metric, value) in metrics {
        map.serialize_entry(metric.name(), &Written(*value, metric.unit()))?;
    }
    if metrics.iter().any(|(_, value)| value.is_err()) {
        map.serialize_entry("undefined", &Reasons(metrics))?;
    }
    Ok(())
}

/// Why metrics have no value.
struct Reasons<'a>(&'a [(Metric, MetricResult)]);

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let undefined = self.0.iter().filter_map(|(metric, value)| Some((metric, value.err()?)));
        serializer.collect_map(undefined.map(|(metric, why)| (metric.name(), why.to_string())))
    }
}

/// The metrics of a window, with the reason for each that has no value, and the names of those that rest on
/// few days.
struct WholeWindow<'a>(&'a Performance);

impl Serialize for WholeWindow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let metrics: Vec<_> = Metric::ALL.iter().map(|metric| (*metric, self.0.get(*metric))).collect();
        with_reasons(&mut map, &metrics)?;
        let low = Metric::ALL.iter().filter(|metric| self.0.is_low_sample(**metric));
        let low: Vec<&str> = low.map(|metric| metric.name()).collect();
        if !low.is_empty() {
            map.serialize_entry("low_sample", &low)?;
        }
        map.end()
    }
}

/// One group: `trades`, `wins`, `pnl` and its metrics.
struct OneGroup<'a>(&'a GroupPerformance);

impl Serialize for OneGroup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trades", &self.0.trades())?;
        map.serialize_entry("wins", &Written(self.0.get(Metric::Wins), Unit::Count))?;
        map.serialize_entry("pnl", &Written(self.0.get(Metric::TotalPnl), Unit::Money))?;
        let named = [Metric::TotalTrades, Metric::Wins, Metric::TotalPnl];
        let rest = Metric::ALL.iter().filter(|metric| metric.in_groups() && !named.contains(metric));
        let rest: Vec<_> = rest.map(|metric| (*metric, self.0.get(*metric))).collect();
        with_reasons(&mut map, &rest)?;
        map.end()
    }
}

/// The groups of a grouping.
struct Grouping<'a>(&'a Performance, Dimension);

impl Serialize for Grouping<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.groups(self.1).iter().map(|group| (&group.key, OneGroup(group))))
    }
}

/// The trading days in order.
struct Days<'a>(&'a Performance);

#[derive(Serialize)]
struct OneDay {
    date: String,
    trades: u64,
    wins: u64,
    losses: u64,
    pnl: Written,
    cumulative_pnl: Written,
}

/// A date like `2026-03-02`, which is made for every day that is written.
fn date_text(date: Date) -> String {
    match u32::try_from(date.year()) {
        Ok(year @ 1_000..=9_999) => {
            let digits = year * 10_000 + date.month() * 100 + date.day();
            let mut text = *b"0000-00-00";
            let mut rest = digits;
            for at in [9, 8, 6, 5, 3, 2, 1, 0] {
                text[at] = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            String::from_utf8_lossy(&text).into_owned()
        }
        _ => date.to_string(),
    }
}

impl Serialize for Days<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut running = ExactSum::default();
        serializer.collect_seq(self.0.daily().days().map(|(date, day)| {
            running.merge(day.pnl);
            OneDay {
                date: date_text(date),
                trades: day.counts.total(),
                wins: day.counts.wins,
                losses: day.counts.losses,
                pnl: Written(day.pnl.value(), Unit::Money),
                cumulative_pnl: Written(running.value(), Unit::Money),
            }
        }))
    }
}

/// Everything about a set of trades: `global_metrics`, every grouping, `daily`. Every exit writes it anew: it
/// goes into its file without being held as a tree.
pub struct PerformanceJson<'a>(pub &'a Performance);

impl Serialize for PerformanceJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("global_metrics", &WholeWindow(self.0))?;
        for dimension in self.0.groupings() {
            map.serialize_entry(dimension.key(), &Grouping(self.0, dimension))?;
        }
        map.serialize_entry("daily", &Days(self.0))?;
        map.end()
    }
}

/// The metrics of a window, with the reason for each that has no value, and the names of those that rest on
/// few days.
pub fn metrics_json(performance: &Performance) -> Map<String, Json> {
    object(&WholeWindow(performance))
}

/// A grouping as an object of groups.
pub(crate) fn group_json(performance: &Performance, dimension: Dimension) -> Json {
    object(&Grouping(performance, dimension)).into()
}

/// The figures of one group.
pub(crate) fn group_figures_json(group: &GroupPerformance) -> Json {
    object(&OneGroup(group)).into()
}

/// The trading days in order.
pub(crate) fn daily_json(performance: &Performance) -> Json {
    serde_json::to_value(Days(performance)).unwrap_or_default()
}

/// A window as [`PerformanceJson`] writes it.
pub(crate) fn performance_json(performance: &Performance) -> Map<String, Json> {
    object(&PerformanceJson(performance))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_date_is_written_as_it_is_shown(days in -400_000i32..4_000_000) {
            let date = Date::from_num_days_from_ce_opt(days).unwrap();
            prop_assert_eq!(date_text(date), date.to_string());
        }
    }
}
