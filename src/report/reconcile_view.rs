//! `reconcile`: what the broker has and the engine has not, the other way round, and what differs, with amounts.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::{gain, plural};
use crate::domain::{Side, Timestamp};

/// A trade of one of the books.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the record format, documented in dtlearn-store(5)")]
pub struct ReconcileLine {
    pub id: String,
    pub symbol: String,
    pub side: Side,
    pub exit_time: Timestamp,
    /// The exit on the market's wall clock.
    pub local: String,
    pub qty: f64,
    pub entry_price: Option<f64>,
    pub exit_price: Option<f64>,
    pub fees: f64,
    pub pnl: f64,
}

/// Two books held against each other.
#[derive(Clone, Debug, Default)]
pub struct ReconcileData {
    /// The account's currency.
    pub currency: String,
    /// The place of the market's clock.
    pub place: String,
    /// Trades that both have and that are the same.
    pub same: u64,
    /// Trades of the engine in the span of the files.
    pub trades_here: u64,
    /// Trades of the broker.
    pub trades_there: u64,
    /// Net result of the engine's.
    pub pnl_here: f64,
    /// Net result of the broker's.
    pub pnl_there: f64,
    /// What only the broker has.
    pub missing_here: Vec<ReconcileLine>,
    /// What only the engine has.
    pub missing_there: Vec<ReconcileLine>,
    /// What both have and what differs: the engine's, the broker's, in what.
    pub different: Vec<(ReconcileLine, ReconcileLine, Vec<&'static str>)>,
    /// What explains it, a sentence each.
    pub causes: Vec<String>,
    /// Trades in the store, in the span or not.
    pub recorded: u64,
}

impl ReconcileData {
    /// Whether nothing is missing and nothing differs.
    pub fn is_same(&self) -> bool {
        self.missing_here.is_empty() && self.missing_there.is_empty() && self.different.is_empty()
    }
}

/// Rows of a table that a terminal shows.
const SHOWN: usize = 40;

/// Builds the view.
pub fn reconcile_view(data: &ReconcileData) -> View {
    let verdict = if data.is_same() {
        format!("The books are the same: {}", plural(data.same, "trade"))
    } else {
        format!(
            "{} the same, {} missing here, {} missing there, {} different",
            data.same,
            data.missing_here.len(),
            data.missing_there.len(),
            data.different.len()
        )
    };
    let sums = format!(
        "Engine {} {} in {}, broker {} in {}: {} apart",
        gain(data.pnl_here),
        data.currency,
        plural(data.trades_here, "trade"),
        gain(data.pnl_there),
        plural(data.trades_there, "trade"),
        gain(data.pnl_there - data.pnl_here),
    );
    let mut view = View { name: "reconcile", lead: vec![verdict, sums], ..View::default() };
    for (title, lines) in [
        ("Missing here: the broker has it, the engine has not recorded it", &data.missing_here),
        ("Missing there: the engine recorded it, the broker has not", &data.missing_there),
    ] {
        if !lines.is_empty() {
            view.grids.push(missing(title, lines, data));
        }
    }
    if !data.different.is_empty() {
        view.grids.push(different(data));
    }
    view.notes = data.causes.clone();
    view.records = records(data);
    payload(&mut view, data);
    view
}

fn missing(title: &str, lines: &[ReconcileLine], data: &ReconcileData) -> Grid {
    Grid {
        title: Some(title.into()),
        columns: vec![
            Column::fixed("exit_time", &format!("Exit ({})", data.place), 0),
            Column::text("symbol", "Symbol", 0),
            Column::fixed("side", "Side", 1),
            Column::number("qty", "Qty", 0),
            Column::number("entry_price", "Entry", 2),
            Column::number("exit_price", "Exit", 2),
            Column::number("pnl", &format!("P&L ({})", data.currency), 0),
            Column::text("id", "Id", 3),
        ],
        rows: lines.iter().take(SHOWN).map(cells).collect(),
        empty: String::new(),
    }
}

fn cells(line: &ReconcileLine) -> Vec<Cell> {
    vec![
        Cell::Text(line.local.clone()),
        Cell::Text(line.symbol.clone()),
        Cell::Text(line.side.as_order().into()),
        Cell::Exact(line.qty),
        line.entry_price.map_or(Cell::Absent, Cell::Exact),
        line.exit_price.map_or(Cell::Absent, Cell::Exact),
        Cell::Money(line.pnl),
        Cell::Text(line.id.clone()),
    ]
}

fn different(data: &ReconcileData) -> Grid {
    let row = |(ours, theirs, differs): &(ReconcileLine, ReconcileLine, Vec<&'static str>)| {
        let values: Vec<String> = differs.iter().map(|name| difference(name, ours, theirs)).collect();
        vec![
            Cell::Text(theirs.local.clone()),
            Cell::Text(theirs.symbol.clone()),
            Cell::Text(values.join("; ")),
            Cell::Money(theirs.pnl - ours.pnl),
            Cell::Text(ours.id.clone()),
        ]
    };
    Grid {
        title: Some("Different".into()),
        columns: vec![
            Column::fixed("exit_time", &format!("Exit ({})", data.place), 0),
            Column::text("symbol", "Symbol", 0),
            Column::text("differs", "Here, and there", 0),
            Column::number("pnl_apart", &format!("Apart ({})", data.currency), 0),
            Column::text("id", "Id", 1),
        ],
        rows: data.different.iter().take(SHOWN).map(row).collect(),
        empty: String::new(),
    }
}

/// `fees 0, 1.5`
fn difference(name: &str, ours: &ReconcileLine, theirs: &ReconcileLine) -> String {
    let both = |one: String, other: String| format!("{name} {one}, {other}");
    let price = |price: Option<f64>| price.map_or("none".to_owned(), |price| price.to_string());
    match name {
        "time" => both(ours.local.clone(), theirs.local.clone()),
        "side" => both(ours.side.as_order().into(), theirs.side.as_order().into()),
        "qty" => both(ours.qty.to_string(), theirs.qty.to_string()),
        "entry_price" => both(price(ours.entry_price), price(theirs.entry_price)),
        "exit_price" => both(price(ours.exit_price), price(theirs.exit_price)),
        "fees" => both(format!("{:.2}", ours.fees), format!("{:.2}", theirs.fees)),
        _ => both(gain(ours.pnl), gain(theirs.pnl)),
    }
}

fn records(data: &ReconcileData) -> Grid {
    let row = |what: &str, line: &ReconcileLine, apart: f64, differs: &[&str]| {
        let mut row = vec![Cell::Text(what.into()), Cell::Time(line.exit_time)];
        row.extend(cells(line).into_iter().skip(1));
        row.extend([Cell::Money(apart), Cell::Text(differs.join(" "))]);
        row
    };
    let here = data.missing_here.iter().map(|line| row("missing_here", line, line.pnl, &[]));
    let there = data.missing_there.iter().map(|line| row("missing_there", line, -line.pnl, &[]));
    let pairs = data
        .different
        .iter()
        .map(|(ours, theirs, what)| row("different", theirs, theirs.pnl - ours.pnl, what));
    Grid {
        columns: vec![
            Column::text("what", "What", 0),
            Column::fixed("exit_time", "Exit", 0),
            Column::text("symbol", "Symbol", 0),
            Column::fixed("side", "Side", 0),
            Column::number("qty", "Qty", 0),
            Column::number("entry_price", "Entry", 0),
            Column::number("exit_price", "Exit", 0),
            Column::number("pnl", "P&L", 0),
            Column::text("id", "Id", 0),
            Column::number("pnl_apart", "Apart", 0),
            Column::text("differs", "Differs", 0),
        ],
        rows: here.chain(there).chain(pairs).collect(),
        ..Grid::default()
    }
}

fn object(line: &ReconcileLine) -> Json {
    json!({
        "trade_id": line.id, "symbol": line.symbol, "side": line.side.as_order(), "exit_time": line.exit_time.to_string(),
        "qty": line.qty, "entry_price": line.entry_price, "exit_price": line.exit_price, "fees": line.fees,
        "pnl": line.pnl,
    })
}

fn payload(view: &mut View, data: &ReconcileData) {
    let all = |lines: &[ReconcileLine]| -> Json { lines.iter().map(object).collect::<Vec<_>>().into() };
    let pairs: Vec<Json> = data
        .different
        .iter()
        .map(|(ours, theirs, differs)| json!({"here": object(ours), "there": object(theirs), "differs": differs}))
        .collect();
    for (key, value) in [
        ("same", Json::from(data.same)),
        ("agrees", data.is_same().into()),
        ("trades_here", data.trades_here.into()),
        ("trades_there", data.trades_there.into()),
        ("pnl_here", data.pnl_here.into()),
        ("pnl_there", data.pnl_there.into()),
        ("missing_here", all(&data.missing_here)),
        ("missing_there", all(&data.missing_there)),
        ("different", pairs.into()),
        ("causes", data.causes.clone().into()),
        ("currency", data.currency.clone().into()),
    ] {
        view.payload.insert(key.into(), value);
    }
}
