//! Growth, drawdown and evidence by session, as rows of blocks and as curves of the page.

use super::blocks::{block, extremes};
use super::chart::{Chart, CurvePoint, Scale, Shape};
use super::experiment_text::e_text;
use super::grid::{Cell, Column, Grid};
use super::text::plural;
use crate::decide::{FLAT_FRAC, PolicyPoint};
use crate::domain::Date;
use crate::stats::evidence::ENOUGH;

/// Characters of a line.
const WIDTH: usize = 32;

/// Evidence is drawn from 1/TOP to TOP, by its logarithm.
const TOP_E: f64 = 1e3;

/// Values as blocks between two ends; of more values than fit, the last of each part.
fn blocks(values: &[f64], ends: (f64, f64)) -> String {
    let parts = values.len().min(WIDTH);
    (0..parts).map(|part| block(values[(part + 1) * values.len() / parts - 1], ends)).collect()
}

/// The courses as rows; none below two sessions.
pub(super) fn course_grid(points: &[PolicyPoint], dates: (Date, Date)) -> Option<Grid> {
    if points.len() < 2 {
        return None;
    }
    let flat: Vec<f64> = points.iter().map(|point| point.flat.exp_m1()).collect();
    let mut sum = 0.0;
    let mut summed = |point: &PolicyPoint| {
        sum += point.beyond;
        sum
    };
    let beyond: Vec<f64> = points.iter().map(&mut summed).collect();
    let drawdown: Vec<f64> = points.iter().map(|point| -point.drawdown_frac).collect();
    let evidence: Vec<f64> = points.iter().map(|point| point.e).collect();
    let row = |name: &str, drawn: String, values: &[f64], cell: fn(f64) -> Cell| {
        let (low, high) = extremes(values.iter().copied());
        let now = values.last().copied().unwrap_or(0.0);
        vec![Cell::Text(name.into()), Cell::Text(drawn), cell(low), cell(high), cell(now)]
    };
    let change = |name: &str, values: &[f64]| {
        let drawn = blocks(values, extremes(values.iter().copied()));
        row(name, drawn, values, Cell::Change)
    };
    let logs: Vec<f64> = evidence.iter().map(|e| e.clamp(1.0 / TOP_E, TOP_E).log10()).collect();
    let (low, high) = extremes(logs.iter().copied());
    // Twenty is on the axis, whether or not it was reached.
    let drawn = blocks(&logs, (low.min(0.0), high.max(ENOUGH.log10())));
    let rows = vec![
        change("Growth", &flat),
        change("Beyond", &beyond),
        change("Drawdown", &drawdown),
        row("Evidence E", drawn, &evidence, |e| Cell::Text(e_text(e))),
    ];
    let title = format!(
        "{} to {}, {}, at {:.0} % of the account a trade",
        dates.0,
        dates.1,
        plural(points.len() as u64, "session"),
        100.0 * FLAT_FRAC
    );
    let columns = vec![
        Column::text("what", "What", 0),
        Column::fixed("course", "Course", 2),
        Column::number("low", "Lowest", 1),
        Column::number("high", "Highest", 1),
        Column::number("now", "Now", 0),
    ];
    Some(Grid { title: Some(title), columns, rows, empty: String::new() })
}

/// Points of a curve at most: of more sessions every so many-th, and the last.
const DRAWN: usize = 180;

/// Growth of the account at one size, and the evidence that sizes by context would do better, session by session.
pub(super) fn size_charts(points: &[PolicyPoint]) -> Vec<Chart> {
    let (Some(last), true) = (points.last(), points.len() > 1) else { return Vec::new() };
    let step = points.len().div_ceil(DRAWN);
    let curve = |value: fn(&PolicyPoint) -> f64| {
        let shown = points.iter().enumerate().filter(|(at, _)| (points.len() - 1 - at).is_multiple_of(step));
        let points =
            shown.map(|(at, point)| CurvePoint { x: (at + 1) as f64, y: value(point), band: None }).collect();
        Shape::Curve { points, now: None }
    };
    let sessions = plural(points.len() as u64, "session");
    vec![
        Chart {
            title: format!("Growth at {:.0} % of the account a trade", 100.0 * FLAT_FRAC),
            text: format!(
                "{:+.1} % after {sessions}, {:.1} % under its peak.",
                100.0 * last.flat.exp_m1(),
                100.0 * last.drawdown_frac
            ),
            scale: Scale::Share,
            shape: curve(|point| point.flat.exp_m1()),
        },
        Chart {
            title: "Evidence for sizes by context".into(),
            text: format!(
                "E is {} after {sessions}; {ENOUGH:.0} puts them into force. Drawn up to 100.",
                e_text(last.e)
            ),
            scale: Scale::Number,
            shape: curve(|point| point.e.min(100.0)),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_where_it_went() {
        assert_eq!(blocks(&[0.0, 0.5, 1.0], (0.0, 1.0)), "▁▅█");
        assert_eq!(blocks(&[2.0, 2.0], (2.0, 2.0)), "▁▁");
        let long: Vec<f64> = (0..200).map(f64::from).collect();
        let drawn = blocks(&long, (0.0, 199.0));
        assert!(drawn.chars().count() == WIDTH && drawn.starts_with('▁') && drawn.ends_with('█'));
        let date = Date::from_ymd_opt(2026, 3, 2).unwrap();
        assert!(course_grid(&[PolicyPoint::default()], (date, date)).is_none());
        assert_eq!(course_grid(&[PolicyPoint::default(); 2], (date, date)).unwrap().rows.len(), 4);
    }
}
