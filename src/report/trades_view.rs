//! `report trades`: the trades themselves, newest first.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::stored_records::StoredRecords;
use super::text::{plural, unknown_symbol};
use crate::domain::{Calendar, Timestamp};

/// A stored record.
type Stored = serde_json::Map<String, Json>;

/// How the trades are shown. Only what one form needs is made of them: they can be many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TradesForm {
    /// The newest in a table, at most so many.
    Table(usize),
    /// All of them, as they are stored.
    #[default]
    Objects,
    /// All of them, a column for each key of the record format.
    Rows,
}

/// The trades to show.
#[derive(Clone, Debug)]
pub struct TradesShown {
    /// Stored records, newest first: as many as the form shows.
    pub records: StoredRecords,
    /// How many there are.
    pub count: u64,
    /// Days back; none for all.
    pub days: Option<u16>,
    /// The symbol that was asked for.
    pub symbol: Option<String>,
    /// Symbols that were traded, the newest first, where one was asked for.
    pub traded: Vec<String>,
}

/// The key under which the trades are.
const STORED: &str = "trades";

/// Builds the view in one form.
pub fn trades_view(trades: TradesShown, form: TradesForm, currency: &str, calendar: &Calendar) -> View {
    let TradesShown { records, count, days, symbol, traded } = trades;
    let span = match days {
        None => "in all".to_owned(),
        Some(1) => "in the last day".to_owned(),
        Some(days) => format!("in the last {days} days"),
    };
    let hint = symbol.as_ref().map(|symbol| unknown_symbol(symbol, traded.iter().map(String::as_str)));
    let hint = hint.unwrap_or_default();
    let whose = symbol.map_or_else(String::new, |symbol| format!(" of {symbol}"));
    let mut lead = format!("{}{whose} {span}", plural(count, "trade"));
    if count == 0 {
        let further = if days.is_some() {
            ": look further back with --days N, or at everything with --days all."
        } else {
            "."
        };
        lead = format!("No trades{whose} {span}{further}{hint}");
    } else if let TradesForm::Table(shown) = form
        && count > shown as u64
    {
        lead.push_str(&format!(", the newest {shown} of them (--limit 0 for all)"));
    }
    let mut view = View { name: "report.trades", lead: vec![lead], ..View::default() };
    match form {
        TradesForm::Table(_) => {
            let records: Vec<Stored> = records.objects().collect();
            let rows = records.iter().map(|record| row(record, calendar)).collect();
            let mut grid =
                Grid { title: None, columns: columns(currency, calendar), rows, empty: String::new() };
            if records.iter().any(|record| record.contains_key("desk")) {
                grid.columns.insert(1, Column::text("desk", "Desk", 0));
                for (row, record) in grid.rows.iter_mut().zip(&records) {
                    row.insert(1, Cell::text(record.get("desk").and_then(Json::as_str)));
                }
            }
            view.grids.extend((count > 0).then_some(grid));
        }
        TradesForm::Rows => view.stored = Some((STORED, records)),
        TradesForm::Objects => {
            // Its place in the payload.
            view.payload.insert(STORED.into(), Json::Null);
            view.stored = Some((STORED, records));
        }
    }
    view.payload.insert("count".into(), count.into());
    view.payload.insert("days".into(), days.map_or(json!("all"), Json::from));
    view
}

fn columns(currency: &str, calendar: &Calendar) -> Vec<Column> {
    vec![
        Column::fixed("exit_time", &format!("Exit ({})", calendar.place()), 0),
        Column::text("symbol", "Symbol", 0),
        Column::fixed("side", "Side", 1),
        Column::number("pnl", &format!("P&L ({currency})"), 0),
        Column::number("pnl_pct", "Result", 0),
        Column::number("entry_price", "Entry", 4),
        Column::number("exit_price", "Exit", 3),
        Column::number("hold_duration_minutes", "Hold min", 2),
        Column::number("model_confidence", "Conf.", 5),
        Column::text("setup", "Setup", 6),
        Column::text("exit_reason", "Reason", 2),
        Column::text("trade_id", "Id", 7),
    ]
}

fn row(record: &Stored, calendar: &Calendar) -> Vec<Cell> {
    let number =
        |key: &str, of: fn(f64) -> Cell| record.get(key).and_then(Json::as_f64).map_or(Cell::Absent, of);
    let text = |key: &str| Cell::text(record.get(key).and_then(Json::as_str));
    let exit = record.get("exit_time").and_then(Json::as_str).and_then(|time| Timestamp::parse(time).ok());
    let local = exit.map(|exit| calendar.local(exit));
    vec![
        Cell::text(local.as_deref()),
        text("symbol"),
        text("side"),
        number("pnl", Cell::Money),
        number("pnl_pct", Cell::Change),
        number("entry_price", Cell::Exact),
        number("exit_price", Cell::Exact),
        number("hold_duration_minutes", Cell::Minutes),
        number("model_confidence", Cell::Share),
        text("setup"),
        text("exit_reason"),
        text("trade_id"),
    ]
}
