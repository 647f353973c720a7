//! `size --off-policy`: what other sizes would have brought, from sizes that were drawn.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::decide::{NotDrawn, OffPolicy};

fn refusal(why: NotDrawn) -> &'static str {
    match why {
        NotDrawn::NoChances => {
            "No answer: no trade says with which chance its size was drawn (size_propensity)."
        }
        NotDrawn::OtherSizes => {
            "No answer: no trade with a size_propensity has a size_multiplier that is drawn, 0.8, 1 or 1.25."
        }
        NotDrawn::Certain => {
            "No answer: every size was certain, so nothing is known of another one but by assuming that size moves no price."
        }
    }
}

fn grid(rows: &[OffPolicy]) -> Grid {
    let row = |of: &OffPolicy| {
        let (value, interval, note) = match &of.robust {
            Ok((value, interval)) => (Cell::Change(*value), *interval, String::new()),
            Err(why) => (Cell::Absent, None, why.clone()),
        };
        let end = |end: Option<f64>| end.map_or(Cell::Absent, Cell::Change);
        vec![
            Cell::Text(of.target.name.into()),
            of.snips.map_or(Cell::Absent, Cell::Change),
            value,
            end(interval.map(|(low, _)| low)),
            end(interval.map(|(_, high)| high)),
            Cell::Count((of.effective_frac * of.trades as f64).round() as u64),
            Cell::Text(note),
        ]
    };
    Grid {
        title: None,
        columns: vec![
            Column::text("size", "Size", 0),
            Column::number("snips", "Weighted", 1),
            Column::number("robust", "Robust", 0),
            Column::number("low", "From", 0),
            Column::number("high", "To", 0),
            Column::number("effective_trades", "Worth", 1),
            Column::text("refused", "Refused", 2),
        ],
        rows: rows.iter().map(row).collect(),
        empty: String::new(),
    }
}

fn row_json(of: &OffPolicy) -> Json {
    let robust = of.robust.as_ref().ok();
    json!({
        "size": of.target.name,
        "chances": of.target.chances,
        "snips": of.snips,
        "robust": robust.map(|(value, _)| value),
        "interval": robust.and_then(|(_, interval)| *interval),
        "trades": of.trades,
        "sessions": of.sessions,
        "effective_frac": of.effective_frac,
        "refused": of.robust.as_ref().err(),
    })
}

/// Builds the view.
pub fn off_policy_view(found: &Result<Vec<OffPolicy>, NotDrawn>) -> View {
    let mut view = View { name: "size.off-policy", ..View::default() };
    let rows = match found {
        Ok(rows) => rows,
        Err(why) => {
            view.lead.push(refusal(*why).into());
            view.notes.push(
                "Set explore = 0.2 under [size]: `score` then draws sizes, and records carry them.".into(),
            );
            view.payload.insert("refused".into(), refusal(*why).into());
            return view;
        }
    };
    let (trades, sessions) = rows.first().map_or((0, 0), |row| (row.trades, row.sessions));
    view.lead.push(format!(
        "A trade at other sizes, as a share of the base size, from {} drawn in {}:",
        plural(trades as u64, "size"),
        plural(sessions as u64, "session")
    ));
    view.grids.push(grid(rows));
    view.records = grid(rows);
    view.notes.push(
        "From and To hold the truth with 95 % however often it is looked at. Worth: how many trades the weighted ones are worth."
            .into(),
    );
    view.payload.insert("targets".into(), rows.iter().map(row_json).collect());
    view
}
