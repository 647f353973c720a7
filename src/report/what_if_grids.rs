//! The tables of `what-if`.

use super::blocks::{block, extremes};
use super::grid::{Cell, Column, Grid};
use super::interval_bar::interval_bar;
use super::what_if_text::{dispositions, ends, name_of, per_trade, per_trade_interval};
use crate::metrics::{Metric, Performance, Unit};
use crate::simulate::{Comparison, VariantFacts, WhatIfFacts};

/// Cells of a curve.
const CELLS: usize = 21;

/// Where a difference lies beside zero, with its interval.
fn curve(comparison: &Comparison, reach: f64) -> String {
    let of = &comparison.expectancy;
    interval_bar(Some(of.value.unwrap_or(0.0)), of.bounds(), (-reach, reach), CELLS)
}

/// The run of the figures over the variants, each between its lowest and its highest.
pub(super) fn curves_grid(facts: &WhatIfFacts) -> Grid {
    let metrics = [Metric::ExpectancyPct, Metric::TotalPnl, Metric::TotalTrades, Metric::DrawdownUsd];
    let row = |metric: Metric| {
        let values: Vec<Option<f64>> =
            facts.variants.iter().map(|variant| variant.run.performance.as_ref()?.get(metric).ok()).collect();
        let (low, high) = extremes(values.iter().flatten().copied());
        let spark = |value: &Option<f64>| value.map_or(' ', |value| block(value, (low, high)));
        let shown = |value: f64| match metric.unit() {
            _ if !value.is_finite() => Cell::Absent,
            Unit::Fraction => Cell::Text(format!("{:.3} %", value * 100.0)),
            unit => Cell::metric(Ok(value), unit, false),
        };
        vec![
            Cell::Text(heading(metric, &facts.currency)),
            Cell::Text(values.iter().map(spark).collect()),
            shown(low),
            shown(high),
        ]
    };
    Grid {
        title: None,
        columns: vec![
            Column::fixed("figure", "", 0),
            Column::fixed("curve", "Across the variants", 0),
            Column::number("low", "lowest", 1),
            Column::number("high", "highest", 1),
        ],
        rows: metrics.into_iter().map(row).collect(),
        empty: String::new(),
    }
}

fn name(facts: &WhatIfFacts, variant: &VariantFacts) -> String {
    match (&facts.sweep, variant.settings.as_slice()) {
        (Some(knob), [(name, value)]) => {
            let mark = if facts.now[*name] == *value {
                " (now)"
            } else if knob.default == *value {
                " (default)"
            } else {
                ""
            };
            format!("{value}{mark}")
        }
        _ => name_of(variant),
    }
}

fn heading_of_variants(facts: &WhatIfFacts) -> &'static str {
    facts.sweep.as_ref().map_or("Variant", |knob| knob.name.as_str())
}

/// A figure; nothing where the variant was not asked in detail.
fn figure(performance: Option<&Performance>, metric: Metric, signed: bool) -> Cell {
    performance.map_or(Cell::Absent, |of| Cell::metric(of.get(metric), metric.unit(), signed))
}

/// The variants side by side; what the verdict rests on is never left out.
pub(super) fn variants_grid(facts: &WhatIfFacts) -> Grid {
    let columns = vec![
        Column::fixed("variant", heading_of_variants(facts), 0),
        Column::number("trades", "Trades", 0),
        Column::number("mean", "Per trade", 0),
        Column::number("difference", "Difference", 0),
        Column::number("interval", "95 % interval", 0),
        Column::fixed("verdict", "Verdict", 0),
        Column::number("net_pnl", &format!("Net P&L ({})", facts.currency), 1),
        Column::fixed("curve", "Difference around zero", 2),
        Column::number("drawdown_usd", "Drawdown", 3),
    ];
    let reach = |variant: &VariantFacts| {
        let of = &variant.comparison.expectancy;
        let (low, high) = of.bounds().unwrap_or((0.0, 0.0));
        low.abs().max(high.abs()).max(of.value.unwrap_or(0.0).abs())
    };
    let reach = facts.variants.iter().map(reach).fold(0.0, f64::max);
    let row = |name: String,
               performance: Option<&Performance>,
               mean: Option<f64>,
               comparison: Option<&Comparison>| {
        let of = |metric: Metric, signed: bool| figure(performance, metric, signed);
        let gap = comparison.map(|comparison| &comparison.expectancy);
        let text = |text: Option<String>| text.map_or(Cell::Absent, Cell::Text);
        vec![
            Cell::Text(name),
            performance.map_or(Cell::Absent, |performance| Cell::Count(performance.trades())),
            text(mean.map(per_trade)),
            text(gap.and_then(|gap| gap.value).map(per_trade)),
            text(gap.and_then(|gap| gap.bounds()).map(per_trade_interval)),
            text(comparison.map(|comparison| comparison.verdict.as_str().to_owned())),
            of(Metric::TotalPnl, true),
            text(comparison.map(|comparison| curve(comparison, reach))),
            of(Metric::DrawdownUsd, false),
        ]
    };
    let before = facts.variants.first().and_then(|variant| variant.comparison.means[0]);
    let mut rows = vec![row("actual".into(), Some(&facts.actual), before, None)];
    rows.extend(facts.variants.iter().map(|variant| {
        let comparison = &variant.comparison;
        row(name(facts, variant), variant.run.performance.as_ref(), comparison.means[1], Some(comparison))
    }));
    Grid { title: None, columns, rows, empty: String::new() }
}

/// A row a variant for CSV and JSON Lines.
pub(super) fn records_grid(facts: &WhatIfFacts) -> Grid {
    let keys = [
        "trades",
        "expectancy_pct",
        "expectancy_difference",
        "expectancy_difference_low",
        "expectancy_difference_high",
        "net_pnl",
        "pnl_difference",
        "pnl_difference_low",
        "pnl_difference_high",
        "exposure_pnl_difference",
        "drawdown_usd",
    ];
    let mut columns = vec![Column::fixed("variant", heading_of_variants(facts), 0)];
    columns.extend(keys.map(|key| Column::number(key, key, 1)));
    columns.push(Column::fixed("verdict", "Verdict", 0));
    let row = |name: String, performance: Option<&Performance>, comparison: Option<&Comparison>| {
        let of = |metric: Metric, signed: bool| figure(performance, metric, signed);
        let value = |value: Option<f64>, of: fn(f64) -> Cell| value.map_or(Cell::Absent, of);
        let (mean, pnl) = (comparison.map(|of| &of.expectancy), comparison.map(|of| &of.pnl));
        let [mean_low, mean_high] = ends(mean.and_then(|of| of.bounds()), Cell::Change);
        let [pnl_low, pnl_high] = ends(pnl.and_then(|of| of.bounds()), Cell::Money);
        vec![
            Cell::Text(name),
            performance.map_or(Cell::Absent, |performance| Cell::Count(performance.trades())),
            of(Metric::ExpectancyPct, true),
            value(mean.and_then(|of| of.value), Cell::Change),
            mean_low,
            mean_high,
            of(Metric::TotalPnl, true),
            value(pnl.and_then(|of| of.value), Cell::Money),
            pnl_low,
            pnl_high,
            value(comparison.and_then(|of| of.exposure_pnl), Cell::Money),
            of(Metric::DrawdownUsd, false),
            Cell::text(comparison.map(|of| of.verdict.as_str())),
        ]
    };
    let mut rows = vec![row("actual".into(), Some(&facts.actual), None)];
    rows.extend(facts.variants.iter().map(|variant| {
        row(name(facts, variant), variant.run.performance.as_ref(), Some(&variant.comparison))
    }));
    Grid { title: None, columns, rows, empty: String::new() }
}

fn heading(metric: Metric, currency: &str) -> String {
    match metric.unit() {
        Unit::Money => format!("{} ({currency})", metric.heading()),
        _ => metric.heading().to_owned(),
    }
}

/// The only variant beside what happened, figure by figure; first what the verdict rests on.
pub(super) fn compared_grid(facts: &WhatIfFacts, variant: &VariantFacts) -> Grid {
    let comparison = &variant.comparison;
    let text = |text: Option<String>| text.map_or(Cell::Absent, Cell::Text);
    let (actual, performance) = (Some(&facts.actual), variant.run.performance.as_ref());
    let bounds = comparison.expectancy.bounds();
    let mut rows = vec![vec![
        Cell::Text("Mean per trade".into()),
        text(comparison.means[0].map(per_trade)),
        text(comparison.means[1].map(per_trade)),
        text(comparison.expectancy.value.map(per_trade)),
        text(bounds.map(|(low, _)| per_trade(low))),
        text(bounds.map(|(_, high)| per_trade(high))),
    ]];
    let shown = [
        (Metric::TotalTrades, None),
        (Metric::WinRate, None),
        (Metric::TotalPnl, Some(&comparison.pnl)),
        (Metric::ProfitFactor, None),
        (Metric::DrawdownUsd, Some(&comparison.drawdown)),
        (Metric::DrawdownPct, None),
    ];
    rows.extend(shown.into_iter().map(|(metric, difference)| {
        let signed = metric == Metric::TotalPnl;
        let of = |performance: Option<&Performance>| figure(performance, metric, signed);
        let [low, high] = ends(difference.and_then(|gap| gap.bounds()), Cell::Money);
        let gap = difference.and_then(|gap| gap.value.map(Cell::Money)).unwrap_or(Cell::Absent);
        let name = Cell::Text(heading(metric, &facts.currency));
        vec![name, of(actual), of(performance), gap, low, high]
    }));
    Grid {
        title: None,
        rows,
        columns: vec![
            Column::fixed("metric", "", 0),
            Column::number("actual", "Actual", 0),
            Column::number("what_if", "What if", 0),
            Column::number("difference", "Difference", 0),
            Column::number("low", "from", 0),
            Column::number("high", "to", 0),
        ],
        empty: String::new(),
    }
}

/// What happens to the records under a variant.
pub(super) fn dispositions_grid(facts: &WhatIfFacts, variant: &VariantFacts) -> Grid {
    let rows = dispositions(variant).into_iter().map(|((_, disposition, why), (n, pnl))| {
        let traded = matches!(disposition, "kept" | "changed" | "admitted");
        let pnl = if traded { Cell::Money(pnl) } else { Cell::Absent };
        vec![Cell::Text(disposition.into()), Cell::Text(why.into()), Cell::Count(n), pnl]
    });
    Grid {
        title: Some("What happens to the records".into()),
        rows: rows.collect(),
        columns: vec![
            Column::fixed("disposition", "Record", 0),
            Column::text("reason", "By", 0),
            Column::number("n", "n", 0),
            Column::number("net_pnl", &format!("Net P&L ({})", facts.currency), 0),
        ],
        empty: String::new(),
    }
}
