//! `report execution`: slippage, fees, and what is left of the result before them.

use serde_json::{Value as Json, json};

use super::detail_grid::{groups_json, interval_text, mean_json, shown};
use super::grid::{Cell, Column, Grid, View};
use super::text::{amount, gain, plural};
use crate::metrics::{DetailGroup, Execution, ExecutionFigures, MeanBySession, Sums};

/// Hundredths of a percent.
fn bps(value: f64) -> Cell {
    Cell::Ratio(value * 1e4)
}

fn bps_text(value: f64) -> String {
    format!("{:.1} bps", value * 1e4)
}

/// `place` is what was filled, and where: `Entries filled`, `entry`.
fn slippage_line(place: (&str, &str), mean: &MeanBySession) -> Option<String> {
    let value = mean.value.ok()?;
    if value.abs() < 5e-6 {
        return Some(format!("No average slippage at {} (n {})", place.1, mean.n));
    }
    let word = if value > 0.0 { "worse" } else { "better" };
    Some(format!(
        "{} on average {} {word} than meant{} (n {})",
        place.0,
        bps_text(value.abs()),
        interval_text(mean, |v| format!("{:+.1}", v * 1e4)),
        mean.n
    ))
}

fn lead(found: &Execution, currency: &str) -> Vec<String> {
    let all = &found.all;
    if all.trades == 0 {
        return vec![
            "No trades in this span: look further back with --days N, or at everything with --days all."
                .into(),
        ];
    }
    let mut lead = Vec::new();
    if all.with_costs == 0 {
        lead.push(format!(
            "No fees are on record in {}: send fees with the exit",
            plural(all.trades, "trade")
        ));
    } else {
        let share = all.cost_share().map_or_else(
            |why| format!(" ({why})"),
            |share| format!(", {:.1} % of what was won before them", share * 100.0),
        );
        lead.push(format!(
            "Before costs {} {currency}, after them {}: costs {}{share}",
            gain(all.gross.pnl),
            gain(all.net.pnl),
            amount(all.costs)
        ));
        if let (Ok(cost), Ok(gross)) = (all.cost_frac.value, all.gross_frac.value) {
            let room = if gross > 0.0 {
                format!("breaks even at {}", bps_text(gross))
            } else {
                "has no gross edge: no cost level breaks even".into()
            };
            lead.push(format!(
                "A round trip costs {} and {room}{}",
                bps_text(cost),
                interval_text(&all.gross_frac, |v| format!("{:+.1}", v * 1e4))
            ));
        }
        lead.push(format!(
            "Costs turned {} of {} from win to loss, worth {} {currency} before them",
            all.turned,
            plural(all.gross.wins, "winner"),
            gain(all.turned_gross)
        ));
    }
    lead.extend(slippage_line(("Entries filled", "entry"), &all.entry_slippage));
    lead.extend(slippage_line(("Stops filled", "the stop"), &all.stop_slippage));
    lead.extend(slippage_line(("Targets filled", "the target"), &all.target_slippage));
    lead
}

fn gross_net_grid(all: &ExecutionFigures, currency: &str) -> Grid {
    let trades = all.with_costs.max(1) as f64;
    let factor = |of: &Sums| of.profit_factor().map_or_else(Cell::Undefined, Cell::Ratio);
    let row = |name: &str, of: fn(&Sums, f64) -> Cell| {
        vec![Cell::Text(name.into()), of(&all.gross, trades), of(&all.net, trades)]
    };
    let mut rows = vec![
        row(&format!("P&L ({currency})"), |of, _| Cell::Money(of.pnl)),
        row(&format!("Expectancy ({currency})"), |of, trades| Cell::Money(of.pnl / trades)),
        row("Win rate", |of, trades| Cell::Share(of.wins as f64 / trades)),
    ];
    rows.push(vec![Cell::Text("Profit factor".into()), factor(&all.gross), factor(&all.net)]);
    Grid {
        title: Some(format!("Before and after costs, {}", plural(all.with_costs, "trade"))),
        columns: vec![
            Column::text("figure", "", 0),
            Column::number("gross", "Before costs", 0),
            Column::number("net", "After costs", 0),
        ],
        rows,
        empty: String::new(),
    }
}

/// The money is that of the trades whose costs are on record, and so is their number beside it.
fn row(name: String, of: &ExecutionFigures) -> Vec<Cell> {
    let mean = |mean: &MeanBySession| mean.value.map_or(Cell::Absent, bps);
    let known = |cell: Cell| if of.with_costs == 0 { Cell::Absent } else { cell };
    vec![
        Cell::Text(name),
        Cell::Count(of.with_costs),
        known(Cell::Money(of.gross.pnl)),
        known(Cell::Amount(of.costs)),
        known(Cell::Money(of.net.pnl)),
        mean(&of.cost_frac),
        known(Cell::Count(of.turned)),
        mean(&of.entry_slippage),
        mean(&of.stop_slippage),
        mean(&of.target_slippage),
        Cell::Count(of.trades),
    ]
}

fn columns(heading: &str) -> Vec<Column> {
    vec![
        Column::text("name", heading, 0),
        Column::number("trades_with_costs", "n", 0),
        Column::number("gross_pnl", "Before", 0),
        Column::number("costs", "Costs", 0),
        Column::number("net_pnl", "After", 0),
        Column::number("cost_bps", "Cost bps", 1),
        Column::number("turned", "Turned", 3),
        Column::number("entry_slippage_bps", "Entry bps", 2),
        Column::number("stop_slippage_bps", "Stop bps", 4),
        Column::number("target_slippage_bps", "Target bps", 5),
        Column::number("trades", "All trades", 6),
    ]
}

fn group_grid(group: DetailGroup, found: &[(String, ExecutionFigures)]) -> Grid {
    let rows = shown(group, found, |of| of.trades).into_iter().map(|(name, of)| row(name.clone(), of));
    Grid {
        title: Some(format!("By {}", group.heading().to_lowercase())),
        columns: columns(group.heading()),
        rows: rows.collect(),
        empty: String::new(),
    }
}

fn sizes_grid(found: &Execution, currency: &str) -> Option<Grid> {
    let rows = found.sizes.iter().map(|third| row(format!("up to {}", amount(third.up_to)), &third.figures));
    (!found.sizes.is_empty()).then(|| Grid {
        title: Some(format!("By size of the position ({currency}), in thirds")),
        columns: columns("Size"),
        rows: rows.collect(),
        empty: String::new(),
    })
}

fn figures_json(of: &ExecutionFigures) -> Json {
    let sums = |of: &Sums| json!({"pnl": of.pnl, "wins": of.wins, "profit_factor": of.profit_factor().ok()});
    json!({
        "trades": of.trades,
        "trades_with_costs": of.with_costs,
        "gross": sums(&of.gross),
        "net": sums(&of.net),
        "costs": of.costs,
        "cost_share": of.cost_share().ok(),
        "turned": of.turned,
        "turned_gross_pnl": of.turned_gross,
        "cost_pct": mean_json(&of.cost_frac),
        "break_even_cost_pct": mean_json(&of.gross_frac),
        "entry_slippage_pct": mean_json(&of.entry_slippage),
        "stop_slippage_pct": mean_json(&of.stop_slippage),
        "target_slippage_pct": mean_json(&of.target_slippage),
    })
}

/// Builds the view.
pub fn execution_view(found: &Execution, days: Option<u16>, currency: &str) -> View {
    let mut view = View { name: "report.execution", lead: lead(found, currency), ..View::default() };
    let groups = || found.groups.iter();
    view.records = groups().next().map(|(group, rows)| group_grid(*group, rows)).unwrap_or_default();
    if found.all.trades > 0 {
        if found.all.with_costs > 0 {
            view.grids.push(gross_net_grid(&found.all, currency));
        }
        let says =
            |rows: &[(String, ExecutionFigures)]| rows.iter().any(|row| row.0 != crate::domain::UNKNOWN);
        view.grids
            .extend(groups().filter(|(_, rows)| says(rows)).map(|(group, rows)| group_grid(*group, rows)));
        view.grids.extend(sizes_grid(found, currency));
        if found.all.with_costs < found.all.trades {
            view.notes.push(format!(
                "n and the money are of the {} of {} whose costs are on record; – is not known.",
                found.all.with_costs,
                plural(found.all.trades, "trade")
            ));
        }
        view.notes.push(
            "bps are hundredths of a percent of the position. Slippage is the fill against the signal's price, at the exit \
             against the stop or target that closed the trade; above 0 the fill was worse. Turned are trades that \
             won before costs and lost after."
                .into(),
        );
    }
    view.payload.insert("days".into(), days.map_or(json!("all"), Json::from));
    view.payload.insert("all".into(), figures_json(&found.all));
    view.payload.extend(groups_json(&found.groups, figures_json));
    let sizes = found.sizes.iter().map(|third| {
        let mut row = figures_json(&third.figures);
        row["up_to_usd"] = third.up_to.into();
        row
    });
    view.payload.insert("by_size".into(), sizes.collect::<Vec<Json>>().into());
    view
}
