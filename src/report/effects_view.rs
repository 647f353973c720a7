//! `report brain --effects`: how the trades after a change of a knob compare with those before it.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use crate::metrics::{Clustered, Metric, Sample};
use crate::wire::Adjustment;

/// Trades on each side below which nothing is said.
const NEEDED: u64 = 10;

/// A change with the trades around it.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The change.
    pub change: Adjustment,
    /// Trades closed in the 7 days before it.
    pub before: Sample,
    /// Trades entered after it, until the knob's next change and for 7 days at most.
    pub after: Sample,
}

/// What a comparison says.
struct Compared {
    before: Option<f64>,
    after: Option<f64>,
    interval: Option<(f64, f64)>,
    word: &'static str,
}

fn compare(effect: &Effect, of: impl Fn(&Sample) -> Option<Clustered>, metric: Metric) -> Compared {
    let value = |sample: &Sample| sample.performance().get(metric).ok();
    let enough = effect.before.trades() >= NEEDED && effect.after.trades() >= NEEDED;
    let interval = match (enough, of(&effect.before), of(&effect.after)) {
        (true, Some(before), Some(after)) => Some(after.difference(&before)),
        _ => None,
    };
    let word = match interval {
        None => "too few",
        Some((low, _)) if low > 0.0 => "better",
        Some((_, high)) if high < 0.0 => "worse",
        Some(_) => "unclear",
    };
    Compared { before: value(&effect.before), after: value(&effect.after), interval, word }
}

/// Builds the view; the newest change comes first.
pub fn effects_view(effects: &[Effect], symbol: Option<&str>) -> View {
    let mut view = View { name: "report.brain-effects", ..View::default() };
    let mut rows = Vec::new();
    let mut payload = Vec::new();
    let mut clear = 0;
    for effect in effects.iter().rev() {
        let result = compare(effect, |s| s.expectancy().ok(), Metric::ExpectancyPct);
        let rate = compare(effect, |s| s.win_share().ok(), Metric::WinRate);
        clear += usize::from(matches!(result.word, "better" | "worse"));
        let change = &effect.change;
        let moved = |value: Option<f64>| value.map_or("–".to_owned(), |value| value.to_string());
        let as_change = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Change);
        let as_share = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Share);
        rows.push(vec![
            Cell::Text(change.date.clone()),
            Cell::Text(
                change.symbol.as_ref().map_or(change.knob.clone(), |s| format!("{} {s}", change.knob)),
            ),
            Cell::Text(format!("{} → {}", moved(change.old_effective), moved(change.new_effective))),
            Cell::Count(effect.before.trades()),
            Cell::Count(effect.after.trades()),
            as_change(result.before),
            as_change(result.after),
            as_change(result.interval.map(|interval| interval.0)),
            as_change(result.interval.map(|interval| interval.1)),
            Cell::Text(result.word.into()),
            as_share(rate.before),
            as_share(rate.after),
            Cell::Text(rate.word.into()),
        ]);
        let json_of = |compared: &Compared| {
            json!({
                "before": compared.before,
                "after": compared.after,
                "difference_low": compared.interval.map(|interval| interval.0),
                "difference_high": compared.interval.map(|interval| interval.1),
                "verdict": compared.word,
            })
        };
        payload.push(json!({
            "change": change,
            "trades_before": effect.before.trades(),
            "trades_after": effect.after.trades(),
            "expectancy_pct": json_of(&result),
            "win_rate": json_of(&rate),
        }));
    }
    view.lead.push(match (effects.len(), clear) {
        (0, _) => match symbol {
            Some(symbol) => format!("No change of a value of {symbol}'s own on record: `dtlearn brain-adjust --per-symbol` makes some."),
            None => "No change of a knob on record: `dtlearn brain-adjust` makes the first.".into(),
        },
        (_, 0) => "No change can be told to have helped or hurt yet.".into(),
        (all, clear) => format!("{clear} of {all} changes were followed by clearly other results."),
    });
    let columns = vec![
        Column::fixed("date", "Date", 0),
        Column::fixed("knob", "Knob", 0),
        Column::fixed("moved", "Moved", 1),
        Column::number("trades_before", "n before", 2),
        Column::number("trades_after", "n after", 0),
        Column::number("expectancy_before", "Mean before", 2),
        Column::number("expectancy_after", "after", 2),
        Column::number("difference_low", "diff from", 3),
        Column::number("difference_high", "to", 3),
        Column::fixed("expectancy_verdict", "Result", 0),
        Column::number("win_rate_before", "Win rate before", 4),
        Column::number("win_rate_after", "after", 4),
        Column::fixed("win_rate_verdict", "Win rate", 4),
    ];
    let grid = Grid { title: None, rows, columns, empty: String::new() };
    view.records = grid.clone();
    if !effects.is_empty() {
        view.grids.push(grid);
        view.notes.push(
            "Before: closed in the 7 days up to the change; after: entered since, until the knob's next change, 7 days at most. 95 % intervals of the difference, by trading day.".into(),
        );
        view.notes
            .push("Knobs that moved on one day share their effect, and the market moved as well.".into());
    }
    view.payload.insert("effects".into(), Json::Array(payload));
    view
}
