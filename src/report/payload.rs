//! Figures as JSON, for payloads and for `performance_metrics.json`.

use serde_json::{Map, Value as Json, json};

use crate::metrics::{Day, Dimension, ExactSum, GroupPerformance, Metric, Performance, Unit, Value};

/// A metric's value as JSON: whole numbers without decimals, undefined as null.
pub fn value_json(value: Value, unit: Unit) -> Json {
    match (value, unit) {
        (Ok(v), Unit::Count) => Json::from(v as u64),
        (Ok(v), _) => Json::from(v),
        (Err(_), _) => Json::Null,
    }
}

/// Adds metrics, and the reason for each that has no value.
fn add_with_reasons(out: &mut Map<String, Json>, metrics: impl Iterator<Item = (Metric, Value)>) {
    let mut undefined = Map::new();
    for (metric, value) in metrics {
        out.insert(metric.name().into(), value_json(value, metric.unit()));
        if let Err(why) = value {
            undefined.insert(metric.name().into(), why.to_string().into());
        }
    }
    if !undefined.is_empty() {
        out.insert("undefined".into(), Json::Object(undefined));
    }
}

/// The metrics of a window, with the reason for each that has no value, and the names of those that rest on
/// few days.
pub fn metrics_json(performance: &Performance) -> Map<String, Json> {
    let mut out = Map::with_capacity(Metric::ALL.len() + 2);
    add_with_reasons(&mut out, Metric::ALL.iter().map(|metric| (*metric, performance.get(*metric))));
    let low: Vec<&str> =
        Metric::ALL.iter().filter(|m| performance.is_low_sample(**m)).map(|m| m.name()).collect();
    if !low.is_empty() {
        out.insert("low_sample".into(), low.into());
    }
    out
}

/// One group: `trades`, `wins`, `pnl` and its metrics.
fn one_group(group: &GroupPerformance) -> Json {
    // Every exit writes some hundred groups anew: their maps do not grow by steps.
    let mut out = Map::with_capacity(Metric::ALL.len());
    out.insert("trades".into(), group.trades().into());
    out.insert("wins".into(), value_json(group.get(Metric::Wins), Unit::Count));
    out.insert("pnl".into(), value_json(group.get(Metric::TotalPnl), Unit::Money));
    let named = [Metric::TotalTrades, Metric::Wins, Metric::TotalPnl];
    let rest = Metric::ALL.iter().filter(|m| m.in_groups() && !named.contains(m));
    add_with_reasons(&mut out, rest.map(|metric| (*metric, group.get(*metric))));
    Json::Object(out)
}

/// A grouping as an object of groups.
pub fn group_json(performance: &Performance, dimension: Dimension) -> Json {
    let groups = performance.groups(dimension).iter().map(|group| (group.key.clone(), one_group(group)));
    Json::Object(groups.collect())
}

/// The trading days in order.
pub(super) fn daily_json(performance: &Performance) -> Json {
    let mut running = ExactSum::default();
    let day = |(date, day): (crate::domain::Date, &Day)| {
        let pnl = day.pnl.value();
        running.merge(day.pnl);
        json!({
            "date": date.to_string(),
            "trades": day.counts.total(),
            "wins": day.counts.wins,
            "losses": day.counts.losses,
            "pnl": value_json(pnl, Unit::Money),
            "cumulative_pnl": value_json(running.value(), Unit::Money),
        })
    };
    Json::Array(performance.daily().days().map(day).collect())
}

/// Everything about a set of trades: `global_metrics`, every grouping, `daily`.
pub fn performance_json(performance: &Performance) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("global_metrics".into(), Json::Object(metrics_json(performance)));
    for dimension in Dimension::ALL {
        out.insert(dimension.key().into(), group_json(performance, dimension));
    }
    out.insert("daily".into(), daily_json(performance));
    out
}
