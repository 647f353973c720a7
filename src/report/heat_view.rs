//! `heat`: what the open book risks against its limits, and the room of the next trade.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::{amount, plural};
use crate::decide::{
    Admission, Correlations, GroupCorrelation, Heat, HeatLimits, HeatPosition, Shortfall, SymbolCorrelations,
};

/// What there is to say of the open book.
#[derive(Clone, Debug)]
pub struct HeatData {
    /// The positions.
    pub positions: Vec<HeatPosition>,
    /// What they risk.
    pub heat: Heat,
    /// The same under stress.
    pub stressed: Heat,
    /// How results of overlapping trades go together.
    pub correlations: Correlations,
    /// The worst twentieth of the own sessions.
    pub shortfall: Option<Shortfall>,
    /// The account, in its currency.
    pub equity: f64,
    /// The trade that was asked about: its symbol, its heat, how much of it has room, and its quantity.
    pub entry: Option<(HeatPosition, Admission, f64)>,
    /// What could be lost more before the first limit, in the account's currency.
    pub room: f64,
    /// The limits.
    pub limits: HeatLimits,
    /// The account's currency.
    pub currency: String,
}

impl HeatData {
    fn share(&self, value: f64) -> f64 {
        value / self.equity
    }
}

fn headline(data: &HeatData) -> String {
    if data.positions.is_empty() {
        return "Nothing is open.".into();
    }
    let bets =
        data.heat.effective_bets.map_or_else(String::new, |bets| format!(", {bets:.1} effective bets"));
    format!(
        "{} open: {} {} at risk if every stop is hit, {:.2} % of {}{bets}",
        plural(data.positions.len() as u64, "position"),
        amount(data.heat.gross),
        data.currency,
        100.0 * data.share(data.heat.gross),
        amount(data.equity)
    )
}

fn caps_grid(data: &HeatData) -> Grid {
    let columns = vec![
        Column::text("what", "Heat", 0),
        Column::number("usd", "Amount", 1),
        Column::number("frac", "Of equity", 0),
        Column::number("limit_frac", "Limit", 0),
        Column::number("stressed_frac", "Under stress", 2),
    ];
    let row = |what: &str, value: f64, limit: Option<f64>, stressed: Option<f64>| {
        vec![
            Cell::Text(what.into()),
            Cell::Amount(value),
            Cell::Share(data.share(value)),
            limit.map_or(Cell::Absent, Cell::Share),
            stressed.map_or(Cell::Absent, |value| Cell::Share(data.share(value))),
        ]
    };
    let (heat, limits) = (&data.heat, &data.limits);
    let mut rows = vec![
        row("gross", heat.gross, Some(limits.gross_frac), None),
        row("net, long less short", heat.net.abs(), None, None),
        row(
            "with correlations",
            heat.correlated,
            Some(limits.correlated_frac),
            Some(data.stressed.correlated),
        ),
    ];
    for (sector, (_, correlated)) in &heat.sectors {
        let stressed = data.stressed.sectors.get(sector).map(|(_, stressed)| *stressed);
        rows.push(row(&format!("sector {sector}"), *correlated, Some(limits.sector_frac), stressed));
    }
    if let Some(tail) = &data.shortfall {
        rows.push(row("expected shortfall 95 %", tail.expected, Some(limits.shortfall_frac), None));
    }
    let rows = if data.positions.is_empty() { Vec::new() } else { rows };
    Grid { title: None, columns, rows, empty: String::new() }
}

fn positions_grid(data: &HeatData) -> Grid {
    let columns = vec![
        Column::text("symbol", "Symbol", 0),
        Column::fixed("side", "Side", 0),
        Column::text("sector", "Sector", 2),
        Column::number("at_risk_usd", "At risk", 0),
        Column::number("at_risk_frac", "Of equity", 0),
        Column::text("stop", "Stop", 1),
    ];
    let rows = data.positions.iter().map(|position| {
        vec![
            Cell::Text(position.symbol.clone()),
            Cell::Text(position.side.as_position().into()),
            Cell::text(position.sector.as_deref()),
            Cell::Amount(position.at_risk),
            Cell::Share(data.share(position.at_risk)),
            Cell::Text(if position.has_stop { "own" } else { "as the knob" }.into()),
        ]
    });
    Grid { title: Some("Open positions".into()), rows: rows.collect(), columns, empty: String::new() }
}

fn correlation_note(name: &str, group: &GroupCorrelation) -> String {
    match (group.own, group.error) {
        (None, _) => format!("{name}: {:.2} assumed, no own trades overlapped", group.used),
        (Some(own), error) => {
            let error = error.map_or_else(String::new, |error| format!(" ± {error:.2}"));
            format!(
                "{name}: {:.2} used; own {own:.2}{error} in {} of {}",
                group.used,
                plural(group.pairs, "pair"),
                plural(group.sessions, "session")
            )
        }
    }
}

/// Where correlations come from: prices of the symbols that have bars, own trades of the others.
fn correlation_notes(data: &HeatData) -> Vec<String> {
    let known = &data.correlations;
    let named = data.positions.iter().chain(data.entry.as_ref().map(|(new, ..)| new));
    let mut symbols: Vec<&str> = named.map(|position| position.symbol.as_str()).collect();
    symbols.sort_unstable();
    symbols.dedup();
    let has_bars =
        |symbol: &str| known.bars.as_ref().is_some_and(|bars| bars.of_pair(symbol, symbol).is_some());
    let without: Vec<&str> = symbols.into_iter().filter(|symbol| !has_bars(symbol)).collect();
    let mut notes = Vec::new();
    if let Some(bars) = &known.bars {
        notes.push(format!(
            "Correlations of prices between {}: {} returns of quarter hours in {}, drawn to their mean by {:.0} % (Ledoit and Wolf 2004).",
            bars.symbols.join(", "),
            bars.returns().unwrap_or(0),
            plural(bars.sessions as u64, "session"),
            100.0 * bars.drawn
        ));
        if without.is_empty() {
            return notes;
        }
        notes.push(format!(
            "Too few bars of {}: correlations with them are those of own trades.",
            without.join(", ")
        ));
    }
    notes.push(format!("{}.", correlation_note("Correlation in a sector", &known.sector)));
    notes.push(format!("{}.", correlation_note("Correlation elsewhere", &known.rest)));
    notes
}

fn bars_json(bars: &SymbolCorrelations) -> Json {
    json!({
        "symbols": bars.symbols, "between": matrix_json(bars),
        "drawn": bars.drawn, "returns": bars.returns(), "sessions": bars.sessions,
    })
}

/// The correlations, a row a symbol.
pub(super) fn matrix_json(of: &SymbolCorrelations) -> Json {
    let row = |at: usize| (0..of.symbols.len()).map(|to| of.between.at(at, to)).collect::<Vec<_>>();
    (0..of.symbols.len()).map(row).collect()
}

fn group_json(group: &GroupCorrelation) -> Json {
    json!({"used": group.used, "own": group.own, "error": group.error, "pairs": group.pairs, "sessions": group.sessions})
}

/// Builds the view.
pub fn heat_view(data: &HeatData) -> View {
    let mut view = View { name: "heat", ..View::default() };
    if let Some((new, admitted, qty)) = &data.entry {
        let units = rounded(admitted.multiplier * qty);
        let (part, limit) = match admitted.cap {
            None => ("all of the order".to_owned(), String::new()),
            Some(cap) => {
                let part = format!("{:.0} % of the order", 100.0 * admitted.multiplier);
                (part, format!(": {} limit", cap.words()))
            }
        };
        view.lead.push(format!(
            "{}: room for {part} ({units} of {qty} units){limit}; {} {} at risk",
            new.symbol,
            amount(admitted.multiplier * new.at_risk),
            data.currency
        ));
        if admitted.multiplier == 0.0 {
            view.notes.push("What is not entered is recorded with `track-missed --reason heat`.".into());
        }
    }
    view.lead.push(headline(data));
    view.grids.push(caps_grid(data));
    if !data.positions.is_empty() {
        view.grids.push(positions_grid(data));
        view.notes.extend(correlation_notes(data));
        if data.shortfall.is_none() {
            view.notes.push("No expected shortfall: it needs trades of 20 sessions in 90 days.".into());
        }
    }
    view.records = caps_grid(data);
    view.assignments = vec![("DT_HEAT_ROOM_USD".into(), rounded(data.room))];
    if let Some((_, admitted, _)) = &data.entry {
        view.assignments.push(("DT_HEAT_MULTIPLIER".into(), admitted.multiplier.to_string()));
        let cap = admitted.cap.map_or("", |cap| cap.as_str());
        view.assignments.push(("DT_HEAT_CAP".into(), cap.into()));
    }
    fill(&mut view, data);
    view
}

/// To a ten-thousandth: an engine needs no more, and a shell reads it back.
fn rounded(value: f64) -> String {
    ((value * 1e4).floor() / 1e4).to_string()
}

fn fill(view: &mut View, data: &HeatData) {
    let positions = data.positions.iter().map(|position| {
        json!({
            "symbol": position.symbol,
            "side": position.side.as_position(),
            "sector": position.sector,
            "at_risk_usd": position.at_risk,
            "has_stop": position.has_stop,
        })
    });
    let sectors = data.heat.sectors.iter().map(|(sector, (gross, correlated))| {
        (sector.clone(), json!({"gross_usd": gross, "correlated_usd": correlated}))
    });
    let tail = data.shortfall.as_ref().map(|tail| {
        json!({"value_at_risk_usd": tail.at_risk, "expected_usd": tail.expected, "sessions": tail.sessions})
    });
    let limits = &data.limits;
    let entries = [
        ("equity_usd", json!(data.equity)),
        ("gross_usd", json!(data.heat.gross)),
        ("net_usd", json!(data.heat.net)),
        ("correlated_usd", json!(data.heat.correlated)),
        ("effective_bets", json!(data.heat.effective_bets)),
        ("stressed_usd", json!(data.stressed.correlated)),
        ("room_usd", json!(data.room)),
        ("sectors", Json::Object(sectors.collect())),
        ("shortfall", json!(tail)),
        (
            "correlations",
            json!({
                "sector": group_json(&data.correlations.sector), "rest": group_json(&data.correlations.rest),
                "bars": data.correlations.bars.as_ref().map(bars_json),
            }),
        ),
        (
            "limits",
            json!({
                "gross_frac": limits.gross_frac,
                "correlated_frac": limits.correlated_frac,
                "sector_frac": limits.sector_frac,
                "shortfall_frac": limits.shortfall_frac,
                "gap_frac": limits.gap_frac,
            }),
        ),
        ("positions", positions.collect()),
    ];
    view.payload.extend(entries.map(|(key, value)| (key.to_owned(), value)));
    if let Some((new, admitted, qty)) = &data.entry {
        let answer = json!({
            "symbol": new.symbol,
            "multiplier": admitted.multiplier,
            "cap": admitted.cap.map(|cap| cap.as_str()),
            "qty": admitted.multiplier * qty,
            "at_risk_usd": new.at_risk,
        });
        view.payload.insert("entry".into(), answer);
    }
}
