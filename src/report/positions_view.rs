//! `report positions`: what is open, since when, at what price, and what is lost if its stop is hit.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::{Calendar, OpenPosition, Timestamp};

/// Builds the view.
pub fn positions_view(
    positions: &[OpenPosition],
    now: Timestamp,
    currency: &str,
    calendar: &Calendar,
) -> View {
    let columns = vec![
        Column::text("symbol", "Symbol", 0),
        Column::text("account", "Account", 4),
        Column::text("strategy", "Strategy", 5),
        Column::fixed("side", "Side", 0),
        Column::number("qty", "Qty", 0),
        Column::number("entry_price", "Entry", 0),
        Column::fixed("entry_time", &format!("Since ({})", calendar.place()), 1),
        Column::number("stop_price", "Stop", 2),
        Column::number("target_price", "Target", 6),
        Column::number("size", &format!("Size ({currency})"), 3),
        Column::number("at_risk", &format!("At risk ({currency})"), 0),
    ];
    let risks: Vec<f64> = positions.iter().filter_map(OpenPosition::at_risk).collect();
    let (at_risk, unstopped) = (risks.iter().sum::<f64>() + 0.0, positions.len() - risks.len());
    let mut lead = if positions.is_empty() {
        vec!["Nothing is open by the fills that were recorded.".to_owned()]
    } else {
        let open = plural(positions.len() as u64, "position");
        vec![format!("{open} open; {at_risk:.2} {currency} is lost if every stop is hit at its price")]
    };
    if unstopped > 0 && !positions.is_empty() {
        lead.push(format!(
            "{} without a stop: its risk is not in that sum",
            plural(unstopped as u64, "position")
        ));
    }
    let mut view = View { name: "report.positions", lead, ..View::default() };
    let grid = Grid {
        columns,
        rows: positions.iter().map(|position| row(position, calendar)).collect(),
        ..Grid::default()
    };
    let listed: Vec<Json> = positions.iter().map(object).collect();
    for (key, value) in [
        ("positions", Json::from(listed)),
        ("count", positions.len().into()),
        ("without_stop", unstopped.into()),
        ("at_risk", at_risk.into()),
        ("currency", currency.into()),
        ("timestamp", now.to_string().into()),
    ] {
        view.payload.insert(key.into(), value);
    }
    view.records = grid.clone();
    // Machines read the moment itself.
    for (row, position) in view.records.rows.iter_mut().zip(positions) {
        row[6] = Cell::Time(position.entry_time);
    }
    if !positions.is_empty() {
        view.grids.push(grid);
    }
    view
}

fn row(position: &OpenPosition, calendar: &Calendar) -> Vec<Cell> {
    let text = |text: &str| Cell::text(Some(text).filter(|text| !text.is_empty()));
    let price = |price: Option<f64>| price.map_or(Cell::Absent, Cell::Exact);
    vec![
        text(&position.book.symbol),
        text(&position.book.account),
        text(&position.book.strategy),
        Cell::Text(position.side.as_position().into()),
        Cell::Exact(position.qty),
        Cell::Exact(position.entry_price),
        Cell::Text(calendar.local(position.entry_time)),
        price(position.stop_price),
        price(position.target_price),
        Cell::Amount(position.size()),
        position.at_risk().map_or(Cell::Absent, Cell::Amount),
    ]
}

fn object(position: &OpenPosition) -> Json {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    json!({
        "symbol": position.book.symbol,
        "account": text(&position.book.account),
        "strategy": text(&position.book.strategy),
        "position_id": text(&position.book.position),
        "side": position.side.as_position(),
        "qty": position.qty,
        "entry_price": position.entry_price,
        "entry_time": position.entry_time.to_string(),
        "fees": position.fees,
        "stop_price": position.stop_price,
        "target_price": position.target_price,
        "multiplier": position.terms.multiplier,
        "currency": position.currency,
        "signal_id": position.signal_id,
        "sector": position.sector,
        "setup": position.setup,
        "size": position.size(),
        "at_risk": position.at_risk(),
    })
}
