//! `report excursions`: results in R, how far trades ran for and against, and what exits kept.

use serde_json::{Map, Value as Json, json};

use super::detail_grid::{ends, groups_json, interval_text, mean_cell, mean_json, shown};
use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::metrics::{DetailGroup, ExcursionFigures, Excursions, Legs, R_POINTS, RDistribution};

/// Letters of the longest bar of the distribution.
const BAR: usize = 40;

fn percent(value: f64) -> String {
    format!("{:+.2} %", value * 100.0)
}

/// Losers that were hardly ever up make a ratio to their MFE that says nothing.
fn kept(share: f64) -> Cell {
    if share < -1.0 { Cell::Text("below -100 %".into()) } else { Cell::Share(share) }
}

fn lead(found: &Excursions) -> Vec<String> {
    let all = &found.all;
    if all.trades == 0 {
        return vec![
            "No trades in this span: look further back with --days N, or at everything with --days all."
                .into(),
        ];
    }
    let mut lead = Vec::new();
    lead.push(match all.expectancy_r.value {
        Ok(r) => format!(
            "Expectancy {r:+.3} R{} in {} whose stop at entry is on record",
            interval_text(&all.expectancy_r, |r| format!("{r:+.3}")),
            plural(all.expectancy_r.n, "trade")
        ),
        Err(_) => "No trade has its stop at entry on record: send stop_price with the signal or the exit, and results can be told in R".into(),
    });
    lead.extend(found.legs.as_ref().map(legs_sentence));
    let (Ok(mfe), Ok(mae)) = (all.mfe_frac.value, all.mae_frac.value) else {
        lead.push("No trade has its excursions on record: send mfe_pct and mae_pct with the exit".into());
        return lead;
    };
    let edge = all.edge_ratio.value.map_or_else(|_| String::new(), |edge| format!(", edge ratio {edge:.2}"));
    lead.push(format!("Trades ran {} for and {} against the position{edge}", percent(mfe), percent(mae)));
    if let (Ok(kept), Ok(given)) = (all.exit_efficiency.value, all.give_back_frac.value) {
        lead.push(format!(
            "Exits captured {:.0} % of MFE and gave back {:.2} % of the position",
            kept * 100.0,
            given * 100.0
        ));
    }
    if let Ok(lost) = all.round_trips.value {
        lead.push(format!(
            "Of {} that were up by 1 R or more, {:.0} closed at a loss",
            plural(all.round_trips.n, "trade"),
            lost * all.round_trips.n as f64
        ));
    }
    lead
}

/// What exits in parts brought.
fn legs_sentence(legs: &Legs) -> String {
    let brought = legs.brought_frac.value.map_or_else(
        |_| "brought nothing that can be told".to_owned(),
        |share| {
            let word = if share < 0.0 { "cost" } else { "brought" };
            format!("{word} {} of the position{}", percent(share), interval_text(&legs.brought_frac, percent))
        },
    );
    format!(
        "{} closed in parts: against closing all at the last price the earlier exits {brought}, and gained in {} of {}",
        plural(legs.positions, "position"),
        legs.better,
        legs.positions,
    )
}

fn legs_json(legs: &Legs) -> Json {
    json!({
        "positions": legs.positions,
        "exits": legs.exits,
        "brought": legs.brought,
        "better": legs.better,
        "brought_pct": mean_json(&legs.brought_frac),
    })
}

fn group_grid(group: DetailGroup, found: &[(String, ExcursionFigures)]) -> Grid {
    let row = |(name, of): &(String, ExcursionFigures)| {
        let [low, high] = ends(&of.expectancy_r, Cell::Ratio);
        vec![
            Cell::Text(name.clone()),
            Cell::Count(of.trades),
            mean_cell(&of.expectancy_r, Cell::Ratio),
            low,
            high,
            mean_cell(&of.mfe_r, Cell::Ratio),
            mean_cell(&of.mae_r, Cell::Ratio),
            mean_cell(&of.edge_ratio, Cell::Ratio),
            mean_cell(&of.exit_efficiency, kept),
            mean_cell(&of.give_back_frac, Cell::Change),
        ]
    };
    Grid {
        title: Some(format!("By {}", group.heading().to_lowercase())),
        columns: vec![
            Column::text("name", group.heading(), 0),
            Column::number("trades", "n", 0),
            Column::number("expectancy_r", "Mean R", 0),
            Column::number("low", "from", 1),
            Column::number("high", "to", 1),
            Column::number("mfe_r", "MFE R", 2),
            Column::number("mae_r", "MAE R", 2),
            Column::number("edge_ratio", "Edge ratio", 3),
            Column::number("exit_efficiency", "Kept", 0),
            Column::number("give_back_pct", "Given back", 3),
        ],
        rows: shown(group, found, |of| of.trades).into_iter().map(row).collect(),
        empty: String::new(),
    }
}

fn distribution_grid(found: &RDistribution) -> Grid {
    let most = found.bands.iter().map(|band| band.n).max().unwrap_or(0).max(1);
    let first = found.bands.iter().position(|band| band.n > 0).unwrap_or(0);
    let last = found.bands.iter().rposition(|band| band.n > 0).map_or(0, |last| last + 1);
    let half = |halves: i32| format!("{:+.1}", f64::from(halves) / 2.0);
    let rows = found.bands.iter().enumerate().take(last).skip(first).map(|(at, band)| {
        let next = found.bands.get(at + 1).and_then(|next| next.from_halves);
        let name = match (band.from_halves, next) {
            (None, next) => format!("below {}", half(next.unwrap_or_default())),
            (Some(from), Some(to)) => format!("{} to {}", half(from), half(to)),
            (Some(from), None) => format!("{} and above", half(from)),
        };
        let length = (band.n as f64 / most as f64 * BAR as f64).round() as usize;
        let length = if band.n > 0 { length.max(1) } else { 0 };
        vec![Cell::Text(name), Cell::Count(band.n), Cell::Text("█".repeat(length))]
    });
    Grid {
        title: Some("Results in R".into()),
        columns: vec![
            Column::fixed("band", "R", 0),
            Column::number("n", "n", 0),
            Column::fixed("bar", "", 1),
        ],
        rows: rows.collect(),
        empty: "No trade has its stop at entry on record.".into(),
    }
}

fn figures_json(of: &ExcursionFigures) -> Json {
    json!({
        "trades": of.trades,
        "expectancy_pct": mean_json(&of.expectancy_frac),
        "expectancy_r": mean_json(&of.expectancy_r),
        "mfe_r": mean_json(&of.mfe_r),
        "mae_r": mean_json(&of.mae_r),
        "mfe_pct": mean_json(&of.mfe_frac),
        "mae_pct": mean_json(&of.mae_frac),
        "edge_ratio": mean_json(&of.edge_ratio),
        "exit_efficiency": mean_json(&of.exit_efficiency),
        "give_back_pct": mean_json(&of.give_back_frac),
        "round_trips": mean_json(&of.round_trips),
    })
}

fn distribution_json(of: &RDistribution) -> Json {
    let points: Map<String, Json> = R_POINTS
        .iter()
        .enumerate()
        .map(|(at, share)| (format!("p{:02.0}", share * 100.0), of.points.map(|points| points[at]).into()))
        .collect();
    let bands: Vec<Json> = of
        .bands
        .iter()
        .map(|band| json!({"from": band.from_halves.map(|halves| f64::from(halves) / 2.0), "n": band.n}))
        .collect();
    json!({"n": of.n, "points": points, "mean_win": of.mean_win, "mean_loss": of.mean_loss, "bands": bands})
}

/// Builds the view.
pub fn excursions_view(found: &Excursions, days: Option<u16>) -> View {
    let mut view = View { name: "report.excursions", lead: lead(found), ..View::default() };
    let groups = || found.groups.iter();
    view.records = groups().next().map(|(group, rows)| group_grid(*group, rows)).unwrap_or_default();
    if found.all.trades > 0 {
        if found.distribution.n > 0 {
            view.grids.push(distribution_grid(&found.distribution));
        }
        let says =
            |rows: &[(String, ExcursionFigures)]| rows.iter().any(|row| row.0 != crate::domain::UNKNOWN);
        view.grids
            .extend(groups().filter(|(_, rows)| says(rows)).map(|(group, rows)| group_grid(*group, rows)));
        view.notes.push(
            "R is the net result over the loss at the stop that was known at entry. Kept is Σ result before costs over Σ MFE. \
             Intervals are 95 %, by session. Where a stop and a target would have stood best: `dtlearn what-if`."
                .into(),
        );
    }
    view.payload.insert("days".into(), days.map_or(json!("all"), Json::from));
    view.payload.insert("all".into(), figures_json(&found.all));
    view.payload.insert("distribution_r".into(), distribution_json(&found.distribution));
    view.payload.insert("legs".into(), found.legs.as_ref().map_or(Json::Null, legs_json));
    view.payload.extend(groups_json(&found.groups, figures_json));
    view
}
