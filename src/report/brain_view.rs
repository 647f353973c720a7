//! `report brain`: what the engine is given, how far that is from the defaults, and why.

use serde_json::{Map, Value as Json, json};

use super::adjust_view::{changes_grid, move_of};
use super::blocks::block;
use super::grid::{Cell, Column, Grid, View};
use super::text::{setting, unknown_symbol};
use crate::decide::{GuardWord, Override};
use crate::domain::{Knob, KnobName};
use crate::files::MAX_LISTED;
use crate::wire::{Adjustment, LastReplay};

/// A knob in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnobLine {
    /// Its default and range.
    pub knob: Knob,
    /// The value that moves smoothly.
    pub smoothed: f64,
    /// The value that the engine is given.
    pub effective: f64,
}

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct BrainData {
    /// The knobs, in the order of reports.
    pub knobs: Vec<KnobLine>,
    /// Every change on record, oldest first.
    pub changes: Vec<Adjustment>,
    /// Symbols with values of their own.
    pub symbols: Vec<(String, Vec<Override>)>,
    /// The only symbol to tell of.
    pub symbol: Option<String>,
    /// Symbols that were traded lately, for whoever mistypes one.
    pub traded: Vec<String>,
    /// Whether there is a brain file.
    pub is_there: bool,
    /// What the guard does to the knobs; none where nobody asks it.
    pub guard: Option<GuardOverlay>,
    /// What the last replay said.
    pub replay: Option<LastReplay>,
    /// What is wrong with the files, and what else to know, one sentence each.
    pub notes: Vec<String>,
}

/// What the guard's locks that hold do to the knobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardOverlay {
    /// Its state.
    pub word: GuardWord,
    /// Until when, by the market's clock.
    pub until: Option<String>,
    /// The knobs that it lowers.
    pub lowered: Vec<KnobName>,
}

/// Values in a sparkline.
const SPARKS: usize = 16;

/// The knobs as payloads give them, by name.
pub(super) fn knobs_json(knobs: &[KnobLine]) -> Json {
    let line = |line: &KnobLine| {
        let KnobLine { knob, smoothed, effective } = line;
        let diff = tidy(effective - knob.default);
        let entry = json!({
            "current": effective,
            "smoothed": smoothed,
            "default": knob.default,
            "range": [knob.low, knob.high],
            "diff": diff,
            "diff_pct": if knob.default == 0.0 { Json::Null } else { tidy(100.0 * diff / knob.default).into() },
        });
        (knob.name.as_str().to_owned(), entry)
    };
    Json::Object(knobs.iter().map(line).collect())
}

/// A change as payloads give it: the record, and what the engine was given before and after under the names that its
/// own interface has for them.
fn adjustment_json(change: &Adjustment) -> Json {
    let mut entry = json!(change);
    entry["old_value"] = change.old_effective.into();
    entry["new_value"] = change.new_effective.into();
    entry
}

/// Without rounding noise.
fn tidy(value: f64) -> f64 {
    (value * 1e10).round() / 1e10
}

/// The range as a bar: `├──┼●─────┤`, the default as a cross, the value as a dot.
fn bar(knob: &Knob, value: f64) -> String {
    const CELLS: usize = 11;
    let place = |v: f64| (((v - knob.low) / knob.width()) * (CELLS - 1) as f64).round() as usize;
    let mut cells = ['─'; CELLS];
    (cells[0], cells[CELLS - 1]) = ('├', '┤');
    cells[place(knob.default).min(CELLS - 1)] = '┼';
    cells[place(value).min(CELLS - 1)] = '●';
    cells.iter().collect()
}

/// The last values of a knob within its range, oldest first.
fn sparkline(knob: &Knob, changes: &[&Adjustment]) -> String {
    let first = changes.first().and_then(|change| change.old);
    let values: Vec<f64> = first.into_iter().chain(changes.iter().filter_map(|change| change.new)).collect();
    let recent = &values[values.len().saturating_sub(SPARKS)..];
    recent.iter().map(|value| block(*value, (knob.low, knob.high))).collect()
}

fn of_knob<'a>(data: &'a BrainData, name: &str) -> Vec<&'a Adjustment> {
    let wanted = |change: &&Adjustment| change.knob == name && change.symbol == data.symbol;
    data.changes.iter().filter(wanted).collect()
}

fn knobs_grid(data: &BrainData) -> Grid {
    let columns = vec![
        Column::fixed("knob", "Knob", 0),
        Column::number("current", "Engine gets", 0),
        Column::number("smoothed", "Smoothed", 2),
        Column::number("default", "Default", 1),
        Column::number("diff", "Diff", 3),
        Column::fixed("range", "Range", 4),
        Column::fixed("history", "History", 5),
        Column::fixed("last_change", "Changed", 1),
        Column::text("reason", "Why", 0),
    ];
    let rows = data.knobs.iter().map(|line| {
        let knob = &line.knob;
        let changes = of_knob(data, knob.name.as_str());
        let last = changes.last();
        // A value that the record does not end with was set by somebody else.
        let outside = last.is_some_and(|change| change.new_effective.is_some_and(|v| v != line.effective));
        let by_guard = data.guard.as_ref().filter(|guard| guard.lowered.contains(&knob.name));
        let why = match last {
            _ if by_guard.is_some() => Cell::Text("lowered by the guard".into()),
            _ if outside => Cell::Text("set outside of dtlearn".into()),
            Some(change) => Cell::Text(change.reason.clone()),
            None => Cell::Absent,
        };
        vec![
            Cell::Text(knob.name.as_str().into()),
            Cell::Setting(line.effective),
            Cell::Setting(line.smoothed),
            Cell::Setting(knob.default),
            Cell::Setting(tidy(line.effective - knob.default)),
            Cell::Text(format!("{} {} {}", setting(knob.low), bar(knob, line.smoothed), setting(knob.high))),
            Cell::Text(sparkline(knob, &changes)),
            Cell::text(last.filter(|_| !outside).map(|change| change.date.as_str())),
            why,
        ]
    });
    Grid { title: None, rows: rows.collect(), columns, empty: String::new() }
}

fn symbols_grid(data: &BrainData) -> Grid {
    let mut columns = vec![Column::text("symbol", "Symbol", 0)];
    let names = crate::decide::SYMBOL_KNOBS;
    columns.extend(names.iter().map(|name| Column::number(name.as_str(), name.as_str(), 0)));
    let rows = data.symbols.iter().map(|(symbol, own)| {
        let value = |name: &KnobName| {
            let known = own.iter().find(|known| known.knob == *name);
            known.map_or(Cell::Absent, |known| Cell::Setting(known.effective))
        };
        std::iter::once(Cell::Text(symbol.clone())).chain(names.iter().map(value)).collect()
    });
    let title = Some("Symbols with values of their own".into());
    Grid { title, rows: rows.collect(), columns, empty: String::new() }
}

/// Builds the view.
pub fn brain_view(data: &BrainData) -> View {
    let mut view = View { name: "report.brain", ..View::default() };
    let last = data.changes.last();
    view.lead.push(match (data.is_there, last, &data.symbol) {
        (_, _, Some(symbol)) if !data.symbols.iter().any(|(known, _)| known == symbol) => {
            let known = data.traded.iter().chain(data.symbols.iter().map(|(symbol, _)| symbol));
            let hint = unknown_symbol(symbol, known.map(String::as_str));
            format!(
                "{symbol} has no values of its own and uses the shared ones (brain-adjust --per-symbol makes some).{hint}"
            )
        }
        (_, _, Some(symbol)) => format!("{symbol} has values of its own."),
        (false, ..) => "No brain file yet: the engine runs on the defaults. `dtlearn brain-adjust` writes one.".into(),
        (true, None, _) => "dtlearn has not changed a knob yet: `dtlearn brain-adjust --dry-run` says what it would do.".into(),
        (true, Some(last), _) => {
            let same = data.changes.iter().filter(|change| change.update == last.update);
            let moves: Vec<String> = same.take(7).map(move_of).collect();
            format!("Last update {}: {}", last.date, moves.join(", "))
        }
    });
    view.grids.push(knobs_grid(data));
    let told = |change: &&Adjustment| data.symbol.is_none() || change.symbol == data.symbol;
    let recent: Vec<&Adjustment> = data.changes.iter().rev().filter(told).take(MAX_LISTED).collect();
    if !recent.is_empty() {
        view.grids.push(changes_grid(Some("Last changes"), &recent, true));
    }
    if data.symbol.is_none() && !data.symbols.is_empty() {
        view.grids.push(symbols_grid(data));
    }
    view.records = knobs_grid(data).without("range").without("history");
    view.assignments =
        data.knobs.iter().map(|line| (line.knob.name.as_str().into(), line.effective.to_string())).collect();
    if let Some(guard) = &data.guard {
        view.assignments.insert(0, ("DT_GUARD".into(), guard.word.as_str().into()));
        view.payload.insert("guard".into(), json!({"state": guard.word.as_str(), "until": guard.until}));
        if let Some(until) = &guard.until {
            view.notes.push(format!(
                "The guard is {} until {until}; the knobs return to their values then.",
                guard.word.as_str()
            ));
        }
    }
    view.payload.insert("knobs".into(), knobs_json(&data.knobs));
    let recent: Vec<Json> = recent.iter().map(|change| adjustment_json(change)).collect();
    view.payload.insert("recent_adjustments".into(), recent.into());
    view.payload.insert("last_update".into(), last.map(|change| change.timestamp.as_str()).into());
    let symbols = data.symbols.iter().map(|(symbol, own)| {
        let knobs = own.iter().map(|o| (o.knob.as_str().to_owned(), json!(o.effective)));
        (symbol.clone(), Json::Object(knobs.collect()))
    });
    view.payload.insert("symbols".into(), Json::Object(symbols.collect::<Map<_, _>>()));
    view.notes.extend(data.notes.iter().cloned());
    let replayed = data.replay.as_ref();
    view.notes.extend(replayed.map(|last| format!("Replay of {}: {}", last.when(), last.sentence)));
    view.payload.insert("last_replay".into(), json!(data.replay));
    view
}
