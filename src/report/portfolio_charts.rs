//! The book through time and what goes together in it, as pictures and as rows of a table.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::chart::{Chart, HeatCell, HeatRow, Scale, Shape};
use super::grid::{Cell, Column, Grid};
use super::portfolio_data::PortfolioData;
use super::text::{plural, signed};
use crate::decide::{HeatPoint, SymbolCorrelations, WhatGoesTogether};
use crate::domain::Date;
use crate::stats::{quantile, sorted};

/// Points of the curve: of more, the largest of each stretch is drawn.
const DRAWN: usize = 180;

/// The heat after each entry, week by week.
pub(super) fn weeks_grid(data: &PortfolioData) -> Grid {
    let mut weeks: BTreeMap<Date, Vec<f64>> = BTreeMap::new();
    let mut correlated: BTreeMap<Date, f64> = BTreeMap::new();
    for (point, date) in data.book.points.iter().zip(&data.dates) {
        let monday = *date - chrono::Days::new(date.weekday().num_days_from_monday().into());
        weeks.entry(monday).or_default().push(point.heat_frac);
        if let Some(heat) = point.correlated_frac {
            let most = correlated.entry(monday).or_default();
            *most = most.max(heat);
        }
    }
    let columns = vec![
        Column::fixed("week", "Week of", 0),
        Column::number("entries", "Entries", 0),
        Column::number("median_heat_pct", "Heat, median (%)", 0),
        Column::number("largest_heat_pct", "Largest (%)", 0),
        Column::number("largest_correlated_pct", "With correlations (%)", 1),
        Column::number("above_share", "Entries above the line", 1),
    ];
    let rows = weeks.into_iter().map(|(monday, heats)| {
        let above = heats.iter().filter(|heat| **heat > data.line_frac).count();
        let in_order = sorted(heats.iter().copied());
        vec![
            Cell::Text(monday.to_string()),
            Cell::Count(heats.len() as u64),
            quantile(&in_order, 0.5).map_or(Cell::Absent, |middle| Cell::Ratio(100.0 * middle)),
            in_order.last().map_or(Cell::Absent, |most| Cell::Ratio(100.0 * most)),
            correlated.get(&monday).map_or(Cell::Absent, |most| Cell::Ratio(100.0 * most)),
            Cell::Share(above as f64 / heats.len() as f64),
        ]
    });
    Grid { title: Some("Heat after each entry".into()), columns, rows: rows.collect(), empty: String::new() }
}

/// The heat after each entry, with the line that it is held below.
pub(super) fn heat_course(data: &PortfolioData) -> Option<Chart> {
    let points = &data.book.points;
    let dates = (*data.dates.first()?, *data.dates.last()?);
    let stretch = points.len().div_ceil(DRAWN).max(1);
    let largest = |points: &[HeatPoint]| {
        let most = points.iter().max_by(|a, b| a.heat_frac.total_cmp(&b.heat_frac))?;
        Some((most.at, most.heat_frac))
    };
    Some(Chart {
        title: "Heat of the book after each entry (% of equity)".into(),
        text: format!(
            "What is lost if every stop is hit, after each of {}; the line is the limit of {:.2} %.",
            if points.len() == 1 { "1 entry".into() } else { format!("{} entries", points.len()) },
            100.0 * data.line_frac
        ),
        scale: Scale::Share,
        shape: Shape::Course {
            points: points.chunks(stretch).filter_map(largest).collect(),
            dates,
            line: data.line_frac,
        },
    })
}

/// How symbols go together, a cell for each pair.
pub(super) fn correlation_map(found: &SymbolCorrelations) -> Chart {
    let rows = found.symbols.iter().enumerate().map(|(i, symbol)| {
        let cell = |j: usize| {
            let value = found.between.at(i, j);
            let other = &found.symbols[j];
            // A symbol with itself would outshine the others.
            (i != j).then(|| HeatCell {
                value,
                short: signed(value, 2).trim_start_matches('+').to_owned(),
                words: format!("{symbol} and {other}: {value:+.2}"),
            })
        };
        HeatRow { name: symbol.clone(), cells: (0..found.symbols.len()).map(cell).collect() }
    });
    Chart {
        title: "Correlations".into(),
        text: what_they_are(found),
        scale: Scale::Number,
        shape: Shape::Heat { columns: found.symbols.clone(), rows: rows.collect() },
    }
}

/// Of what correlations are, how many of them there were, and by how much they were drawn.
pub(super) fn what_they_are(found: &SymbolCorrelations) -> String {
    let (sessions, drawn) = (plural(found.sessions as u64, "session"), 100.0 * found.drawn);
    match found.of {
        WhatGoesTogether::Prices { returns } => format!(
            "Correlations of prices: {returns} returns of quarter hours in {sessions}, drawn to their mean by {drawn:.0} % (Ledoit and Wolf 2004)."
        ),
        WhatGoesTogether::Trades { pairs } => format!(
            "Correlations of own trades that were open at the same time, as too few prices are known: {} in {sessions}, {drawn:.0} % of what is shown is that of all pairs in a sector or elsewhere.",
            plural(pairs, "pair")
        ),
        WhatGoesTogether::Results => format!(
            "Correlations of results, as too few prices are known: {sessions}, drawn to zero by {drawn:.0} % (Ledoit and Wolf 2004); a session without a trade counts 0."
        ),
    }
}
