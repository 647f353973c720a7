//! `report portfolio`: what the open book risked through time, whose risk it was, and what would share it out evenly.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::heat_view::matrix_json;
use super::portfolio_charts::{weeks_grid, what_they_are};
use super::portfolio_data::PortfolioData;
use super::text::{amount, plural};
use crate::decide::{GroupCorrelation, Portfolio, RiskShare, SymbolCorrelations, WhatGoesTogether};

/// Points of the heat through time that JSON has, the newest.
const POINTS: usize = 2_000;

/// The most symbols, sectors or strategies that a table shows; JSON has all.
const PARTS_SHOWN: usize = 30;

fn percent(frac: f64) -> String {
    format!("{:.2} %", 100.0 * frac)
}

fn lead(data: &PortfolioData) -> String {
    let points = &data.book.points;
    let Some(most) = points.iter().max_by(|a, b| a.heat_frac.total_cmp(&b.heat_frac).then(b.at.cmp(&a.at)))
    else {
        return format!(
            "No trade with a time of entry was closed in the last {} days: `dtlearn record-exit` records them.",
            data.days
        );
    };
    format!(
        "Heat of the open book: {} of the equity in the median of {}, at most {} with {} open ({}); above {} for {:.1} % of the time with a position",
        percent(data.book.median.unwrap_or_default()),
        if points.len() == 1 { "1 entry".into() } else { format!("{} entries", points.len()) },
        percent(most.heat_frac),
        most.open,
        most.at,
        percent(data.line_frac),
        100.0 * data.book.above
    )
}

fn parts_grid(data: &PortfolioData, (key, heading): (&str, &str), parts: &[RiskShare]) -> Grid {
    let columns = vec![
        Column::text(key, heading, 0),
        Column::number("trades", "Trades", 0),
        Column::number("risk_share", "Of the risk", 0),
        Column::number("deviation_frac", "Deviation", 1),
    ];
    let row = |part: &RiskShare| {
        vec![
            Cell::Text(part.name.clone()),
            Cell::Count(part.trades),
            Cell::Share(part.share),
            Cell::Share(part.deviation),
        ]
    };
    let shown = &parts[..parts.len().min(PARTS_SHOWN)];
    let mut grid = Grid { columns, rows: shown.iter().map(row).collect(), ..Grid::default() };
    let title = format!("By {}", heading.to_lowercase());
    grid.title = Some(if shown.len() < parts.len() {
        format!("{title}, the {PARTS_SHOWN} with most of the risk of {}", parts.len())
    } else {
        title
    });
    // What an order is for is a symbol: only of those a size can be capped.
    if key == "symbol" {
        grid.columns.push(Column::number("overlap", "Open together", 1));
        grid.columns.push(Column::number("size_cap_usd", &format!("Size cap ({})", data.currency), 0));
        for (row, part) in grid.rows.iter_mut().zip(shown) {
            row.push(Cell::Ratio(part.overlap));
            row.push(Cell::Amount(part.cap * data.size_usd));
        }
    }
    grid
}

fn correlations_grid(found: &SymbolCorrelations) -> Grid {
    let mut columns = vec![Column::text("symbol", "Symbol", 0)];
    columns.extend(found.symbols.iter().map(|symbol| Column::number(symbol, symbol, 1)));
    let rows = found.symbols.iter().enumerate().map(|(i, symbol)| {
        let cells = (0..found.symbols.len()).map(|j| Cell::Ratio(found.between.at(i, j)));
        std::iter::once(Cell::Text(symbol.clone())).chain(cells).collect()
    });
    let title = Some(match found.of {
        WhatGoesTogether::Prices { .. } => "Correlations of prices".to_owned(),
        WhatGoesTogether::Trades { .. } => "Correlations of own trades open at the same time".to_owned(),
        WhatGoesTogether::Results => "Correlations of the sessions' results".to_owned(),
    });
    Grid { title, columns, rows: rows.collect(), empty: String::new() }
}

fn notes(data: &PortfolioData) -> Vec<String> {
    let mut notes = vec![
        "Risk is what is lost at the stop, for as long as the position was open; without a recorded stop as far away as DT_STOP_LOSS_PCT."
            .into(),
        format!(
            "Open together: how many positions went with one, itself included, by how they correlate. Size cap: {} {}, the size in force, reduced for symbols whose results, with what is open beside them, are more volatile than the median; never increased.",
            amount(data.size_usd),
            data.currency
        ),
        with_correlations(data),
    ];
    match &data.book.correlations {
        Some(found) => notes.push(what_they_are(found)),
        None => notes.push(
            "No correlations of symbols: they need two with bars (`dtlearn analyze --prices FILE`), 50 pairs of trades that were open at the same time, or trades in 20 sessions each."
                .into(),
        ),
    }
    let test = &data.book.backtest;
    notes.push(if test.sessions() == 0 {
        "The expected shortfall of `dtlearn heat` is held against sessions from the 21st on.".into()
    } else {
        let word = if test.is_too_low() { "is too low" } else { "is not shown to be too low" };
        format!(
            "The expected shortfall of `dtlearn heat` {word}: E {:.1} of 20; {} of {} lost more than in one of twenty.",
            test.e(),
            test.exceeded(),
            plural(test.sessions(), "session")
        )
    });
    notes
}

/// The heat with correlations, and what these rest on.
fn with_correlations(data: &PortfolioData) -> String {
    let most = data.book.points.iter().filter_map(|point| point.correlated_frac).max_by(f64::total_cmp);
    let heat = match data.book.correlated_median.zip(most) {
        Some((middle, most)) => {
            format!(
                "With correlations the heat is {} in the median, at most {}",
                percent(middle),
                percent(most)
            )
        }
        None => "With correlations the heat is not known: more than 200 positions were open".into(),
    };
    let (sector, rest) = &data.book.together;
    let of_trades = format!(
        "{:.2} in a sector ({}) and {:.2} elsewhere ({}) by own trades that were open at the same time",
        sector.used,
        plural(sector.pairs, "pair"),
        rest.used,
        plural(rest.pairs, "pair")
    );
    let has_bars = data.book.correlations.as_ref().is_some_and(|found| found.returns().is_some());
    let of_symbols = if has_bars { "those of prices below, and for other symbols " } else { "" };
    format!("{heat}. The correlations of it and of the size caps are {of_symbols}{of_trades}.")
}

/// Builds the view.
pub fn portfolio_view(data: &PortfolioData) -> View {
    let mut view = View { name: "report.portfolio", lead: vec![lead(data)], ..View::default() };
    let book = &data.book;
    if let Some(count) = data.applied {
        view.name = "portfolio";
        let said = match count {
            0 => "No size cap is in the brain file: no symbol varies by more than the one in the middle."
                .into(),
            1 => "1 size cap is in the brain file: `dtlearn report brain --symbol SYMBOL` has it.".into(),
            count => format!(
                "{count} size caps are in the brain file: `dtlearn report brain --symbol SYMBOL` has each."
            ),
        };
        view.lead.insert(0, said);
        view.payload.insert("applied".into(), json!(count));
    }
    view.records = parts_grid(data, ("symbol", "Symbol"), &book.symbols);
    if !book.points.is_empty() {
        view.grids.push(weeks_grid(data));
        view.grids.push(view.records.clone());
        for (names, parts) in
            [(("sector", "Sector"), &book.sectors), (("strategy", "Strategy"), &book.strategies)]
        {
            if parts.len() > 1 {
                view.grids.push(parts_grid(data, names, parts));
            }
        }
        view.grids.extend(book.correlations.as_ref().map(correlations_grid));
        view.notes = notes(data);
    }
    view.notes.extend(data.warnings.iter().cloned());
    fill(&mut view, data);
    view
}

fn own_correlations(book: &Portfolio) -> Json {
    let group = |group: &GroupCorrelation| {
        json!({
            "own": group.own, "error": group.error, "pairs": group.pairs, "sessions": group.sessions, "used": group.used,
        })
    };
    json!({"sector": group(&book.together.0), "rest": group(&book.together.1)})
}

fn fill(view: &mut View, data: &PortfolioData) {
    let book = &data.book;
    let parts = |parts: &[RiskShare]| -> Json {
        let one = |part: &RiskShare| {
            json!({
                "name": part.name, "trades": part.trades, "risk_share": part.share,
                "deviation_frac": part.deviation,
            })
        };
        parts.iter().map(one).collect()
    };
    let newest = book.points.len().saturating_sub(POINTS);
    let points = book.points[newest..].iter().map(|point| {
        json!({
            "at": point.at.to_string(), "heat_frac": point.heat_frac, "correlated_frac": point.correlated_frac,
            "open": point.open,
        })
    });
    let correlations = book.correlations.as_ref().map(|found| {
        json!({
            "symbols": found.symbols, "sessions": found.sessions, "drawn": found.drawn,
            "of": match found.of {
                WhatGoesTogether::Prices { .. } => "prices", WhatGoesTogether::Trades { .. } => "trades",
                WhatGoesTogether::Results => "results",
            },
            "returns": found.returns(), "pairs": found.pairs(),
            "between": matrix_json(found),
        })
    });
    let test = &book.backtest;
    let mut symbols = parts(&book.symbols);
    for (symbol, part) in symbols.as_array_mut().into_iter().flatten().zip(&book.symbols) {
        symbol["overlap"] = part.overlap.into();
        symbol["size_cap_usd"] = (part.cap * data.size_usd).into();
    }
    let entries = [
        ("days", json!(data.days)),
        ("entries", json!(book.points.len())),
        ("line_frac", json!(data.line_frac)),
        ("median_heat_frac", json!(book.median)),
        ("median_correlated_frac", json!(book.correlated_median)),
        ("above_share", json!(book.above)),
        ("own_correlations", own_correlations(book)),
        ("by_symbol", symbols),
        ("by_sector", parts(&book.sectors)),
        ("by_strategy", parts(&book.strategies)),
        ("correlations", json!(correlations)),
        (
            "shortfall_backtest",
            json!({
                "sessions": test.sessions(), "exceeded": test.exceeded(), "e": test.e(), "too_low": test.is_too_low(),
            }),
        ),
        ("heat", points.collect()),
    ];
    view.payload.extend(entries.map(|(key, value)| (key.to_owned(), value)));
}
