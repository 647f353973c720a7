//! `report trades`: the trades themselves, newest first.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::late::Late;
use super::stored_records::StoredRecords;
use super::text::{plural, unknown_symbol};
use crate::domain::{Calendar, Timestamp};
use crate::wire::parse_object;

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
    /// Stored records, newest first; none for a table.
    pub records: Option<Arc<StoredRecords>>,
    /// The lines of those that a table shows, newest first, each with its desk where there are several.
    pub newest: Vec<(Vec<u8>, Option<String>)>,
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
    let TradesShown { records, newest, count, days, symbol, traded } = trades;
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
        TradesForm::Table(_) => view.grids.extend((count > 0).then(|| grid(&newest, currency, calendar))),
        TradesForm::Rows => {}
        // Their place in the payload.
        TradesForm::Objects => drop(view.payload.insert(STORED.into(), Json::Null)),
    }
    view.late.extend(records.map(|records| Late::new(STORED, true, records)));
    view.payload.insert("count".into(), count.into());
    view.payload.insert("days".into(), days.map_or(json!("all"), Json::from));
    view
}

fn grid(newest: &[(Vec<u8>, Option<String>)], currency: &str, calendar: &Calendar) -> Grid {
    let mut columns = columns(currency, calendar);
    let has_desks = newest.iter().any(|(_, desk)| desk.is_some());
    if has_desks {
        columns.insert(1, Column::text("desk", "Desk", 0));
    }
    let of_line = |(line, desk): &(Vec<u8>, Option<String>)| {
        let mut row = row(&parse_object(line).ok()?, calendar);
        if has_desks {
            row.insert(1, Cell::text(desk.as_deref()));
        }
        Some(row)
    };
    let rows = newest.iter().filter_map(of_line).collect();
    Grid { title: None, columns, rows, empty: String::new() }
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
