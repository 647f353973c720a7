//! The figures as programs that watch desks read them: a gauge for each metric, with its unit in its name.
//!
//! Units are the base units of those programs: seconds, shares from 0 to 1, the account's currency. A figure without a
//! value is left out, never 0. The figures of one desk carry its name.

use super::FiguresByWindow;
use super::grid::Gauge;
use crate::domain::Window;
use crate::metrics::{Dimension, Metric, Performance, Unit};

/// What is given of each group of the last 7 days; every metric of every group would be thousands of series.
const OF_GROUPS: [Metric; 4] = [Metric::TotalTrades, Metric::WinRate, Metric::TotalPnl, Metric::ProfitFactor];

/// The account's currency as the end of a name.
fn code_of(currency: &str) -> String {
    let code: String = currency.chars().filter(char::is_ascii_alphanumeric).collect();
    if code.is_empty() { "money".to_owned() } else { code.to_ascii_lowercase() }
}

/// The name of a metric as those programs know it, and what a value is multiplied with.
fn name_of(metric: Metric, currency: &str) -> (String, f64) {
    let plain = |endings: &[&str]| {
        let name = metric.name();
        endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
    };
    match metric.unit() {
        Unit::Count | Unit::Ratio => (format!("dtlearn_{}", metric.name()), 1.0),
        Unit::Fraction => (format!("dtlearn_{}_ratio", plain(&["_pct"])), 1.0),
        Unit::Minutes => (format!("dtlearn_{}_seconds", plain(&["_minutes", "_time"])), 60.0),
        Unit::Money => (format!("dtlearn_{}_{}", plain(&["_usd"]), code_of(currency)), 1.0),
    }
}

/// What a metric is, with its unit.
fn help_of(metric: Metric, of: &str, currency: &str) -> String {
    let unit = match metric.unit() {
        Unit::Count => String::new(),
        Unit::Ratio => ", a pure number".to_owned(),
        Unit::Fraction => ", as a fraction".to_owned(),
        Unit::Minutes => ", in seconds".to_owned(),
        Unit::Money => format!(", in {currency}"),
    };
    format!("{}{unit}, {of}; see {} in dtlearn-metrics(7).", metric.heading().trim(), metric.name())
}

/// The figures of each window, of the groups of the week, and the moment that they speak of.
pub(super) fn gauges(data: &FiguresByWindow) -> Vec<Gauge> {
    let mut all = Vec::new();
    for metric in Metric::ALL {
        let (name, factor) = name_of(*metric, &data.currency);
        let of_window = |(window, performance): &(Window, Performance)| {
            let value = performance.get(*metric).ok()?;
            Some((vec![("window", window.key())], value * factor))
        };
        let samples = data.windows.iter().filter_map(of_window).collect();
        all.push(Gauge { name, help: help_of(*metric, "by window", &data.currency), samples });
    }
    let week = data.window(Window::Days(7));
    for metric in OF_GROUPS {
        let (name, factor) = name_of(metric, &data.currency);
        let of_group = |dimension: Dimension| {
            let groups = week.map_or(&[][..], |week| week.groups(dimension));
            groups.iter().filter_map(move |group| {
                let labels = vec![("grouping", dimension.key().to_owned()), ("key", group.key.clone())];
                Some((labels, group.get(metric).ok()? * factor))
            })
        };
        let samples = Dimension::ALL.iter().flat_map(|dimension| of_group(*dimension)).collect();
        let name = name.replacen("dtlearn_", "dtlearn_group_", 1);
        all.push(Gauge { name, help: help_of(metric, "by group, last 7 days", &data.currency), samples });
    }
    let alone = |name: &str, help: &str, value: Option<f64>| Gauge {
        name: name.into(),
        help: help.into(),
        samples: value.into_iter().map(|value| (Vec::new(), value)).collect(),
    };
    let capital = format!("dtlearn_capital_{}", code_of(&data.currency));
    all.push(alone(&capital, "Capital at the start, from which drawdowns are measured.", Some(data.capital)));
    all.push(alone(
        "dtlearn_as_of_timestamp_seconds",
        "The moment that the figures speak of; alert when it is old.",
        Some(data.now.micros() as f64 / 1e6),
    ));
    all.retain(|gauge| !gauge.samples.is_empty());
    // So that the files of several desks in one folder are not the same series.
    if let Some(desk) = &data.desk {
        let samples = all.iter_mut().flat_map(|gauge| &mut gauge.samples);
        samples.for_each(|(labels, _)| labels.push(("desk", desk.clone())));
    }
    all
}
