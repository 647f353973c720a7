//! `report patterns --ask`: the answer to one question.

use serde_json::{Value as Json, json};

use super::asked_again::{AskedAgain, span, tell_asked_again};
use super::grid::{Cell, Column, Grid, View};
use super::pattern_halves::{half_json, half_sentences};
use super::text::{e_value, plural, signed};
use crate::learn::{Asked, OtherHalf, PatternVerdict};

/// A question and its answers.
#[derive(Clone, Debug, Default)]
pub struct AskedData {
    /// The question.
    pub ask: String,
    /// Days back.
    pub days: u16,
    /// Its answers: of trades, and of missed signals.
    pub sources: Vec<AskedSource>,
    /// Questions that were ever asked, this one among them.
    pub asked: u64,
    /// What became of it since it was last asked, where that is wanted.
    pub again: Option<Vec<AskedAgain>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct AskedSource {
    /// Of missed signals; else of trades.
    pub missed: bool,
    /// Rows.
    pub rows: u64,
    /// Rows of which it holds.
    pub matching: u64,
    /// The answer; none where no row, or every row, is on one side.
    pub answer: Option<Asked>,
    /// What the model does with them, and what taking only these would have brought.
    pub half: OtherHalf,
    /// Whether it stands when all that was ever asked counts against it.
    pub stands: bool,
}

/// What is worse than the rest is left out, all else is taken.
fn leaves_out(answer: &Asked) -> bool {
    answer.pattern.verdict == PatternVerdict::Drag
}

fn noun(missed: bool) -> &'static str {
    if missed { "missed signal" } else { "trade" }
}

fn sentence(source: &AskedSource, answer: &Asked) -> String {
    let of = &answer.pattern;
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let verdict = match of.verdict {
        PatternVerdict::Edge => "an edge",
        PatternVerdict::Drag => "a drag",
        PatternVerdict::Unclear => "no clear difference",
        PatternVerdict::TooFew => "too few to tell",
    };
    format!(
        "{} won {} % ({} to {} %), {} points against the others ({} to {}): {verdict}",
        plural(of.n, noun(source.missed)),
        percent(of.win_rate),
        percent(of.win_interval.0),
        percent(of.win_interval.1),
        signed(of.lift * 100.0, 1),
        signed(of.lift_interval.0 * 100.0, 1),
        signed(of.lift_interval.1 * 100.0, 1),
    )
}

fn lead(data: &AskedData) -> Vec<String> {
    let mut lead = vec![format!("Where {}, {}", data.ask, span(data.days))];
    for source in &data.sources {
        match &source.answer {
            Some(answer) => {
                lead.push(sentence(source, answer));
                lead.extend(
                    half_sentences(&source.half, leaves_out(answer))
                        .into_iter()
                        .map(|line| format!("  {line}")),
                );
            }
            None if source.rows == 0 => {}
            None => lead.push(format!(
                "It holds of {} of {}: there is nothing to compare.",
                if source.matching == 0 { "none" } else { "every one that says enough" },
                plural(source.rows, noun(source.missed))
            )),
        }
    }
    if data.sources.iter().all(|source| source.rows == 0) {
        lead.push("No trades or missed signals in this span: look further back with --days N.".into());
    }
    lead
}

/// Builds the view.
pub fn asked_view(data: &AskedData) -> View {
    let answered = || data.sources.iter().filter_map(|source| Some((source, source.answer.as_ref()?)));
    let grid = Grid {
        title: None,
        columns: columns(),
        rows: answered().map(|(source, answer)| row(source, answer, true)).collect(),
        empty: String::new(),
    };
    let rows = answered().map(|(source, answer)| row(source, answer, false)).collect();
    let records = Grid { rows, ..grid.clone() };
    let mut view = View { name: "report.patterns_asked", lead: lead(data), records, ..View::default() };
    let open = answered().map(|(_, answer)| answer.open).sum::<u64>();
    if !grid.rows.is_empty() {
        view.grids.push(grid);
        view.notes.push(format!(
            "The verdict takes E of 20 for this question alone. Stands says whether it holds when everything that was ever \
             asked, the same over other days too, counts against it ({} so far): at most one in twenty of the answers that stand is chance. Lift is in \
             percentage points against the others of the same sessions.",
            plural(data.asked, "answer")
        ));
    }
    if open > 0 {
        view.notes.push(format!("{} do not say enough and are on neither side.", plural(open, "row")));
    }
    if answered().any(|(_, answer)| answer.pattern.between_sessions) {
        view.notes.push("It holds of whole sessions: sessions are compared with each other.".into());
    }
    let answers: Vec<Json> = answered().map(|(source, answer)| json_of(source, answer)).collect();
    view.payload.insert("ask".into(), data.ask.as_str().into());
    view.payload.insert("days".into(), data.days.into());
    view.payload.insert("asked".into(), data.asked.into());
    view.payload.insert("answers".into(), answers.into());
    if let Some(again) = &data.again {
        if again.is_empty() {
            view.lead.push("It was not asked before.".into());
        }
        tell_asked_again(&mut view, again);
    }
    view
}

fn columns() -> Vec<Column> {
    vec![
        Column::fixed("of", "Of", 0),
        Column::number("n", "n", 0),
        Column::number("sessions", "Days", 3),
        Column::number("win_rate", "Win rate", 0),
        Column::number("lift_points", "Lift", 0),
        Column::number("lift_low_points", "from", 2),
        Column::number("lift_high_points", "to", 2),
        Column::number("mean_pnl_pct", "Mean", 1),
        Column::number("e", "E", 1),
        Column::fixed("verdict", "Verdict", 0),
        Column::fixed("stands", "Stands", 0),
    ]
}

/// What the rows are, in the first column and in JSON.
const fn kind(source: &AskedSource) -> &'static str {
    if source.missed { "missed" } else { "trades" }
}

/// For a table, or for machines, which get every number as it is.
fn row(source: &AskedSource, answer: &Asked, is_table: bool) -> Vec<Cell> {
    let of = &answer.pattern;
    let points = |lift: f64| if is_table { Cell::Points(lift) } else { Cell::Ratio(100.0 * lift) };
    let e = match answer.e {
        e if is_table && e > 1e6 => Cell::Text(e_value(e)),
        e if e.is_finite() => Cell::Ratio(e),
        _ => Cell::Absent,
    };
    vec![
        Cell::Text(kind(source).into()),
        Cell::Count(of.n),
        Cell::Count(of.sessions),
        Cell::Share(of.win_rate),
        points(of.lift),
        points(of.lift_interval.0),
        points(of.lift_interval.1),
        Cell::Change(of.mean),
        e,
        Cell::Text(of.verdict.as_str().into()),
        Cell::Text(if source.stands { "yes" } else { "no" }.into()),
    ]
}

fn json_of(source: &AskedSource, answer: &Asked) -> Json {
    let of = &answer.pattern;
    let mut told = json!({
        "of": kind(source),
        "n": of.n,
        "sessions": of.sessions,
        "win_rate": of.win_rate,
        "win_rate_low": of.win_interval.0,
        "win_rate_high": of.win_interval.1,
        "lift_points": of.lift * 100.0,
        "lift_low_points": of.lift_interval.0 * 100.0,
        "lift_high_points": of.lift_interval.1 * 100.0,
        "mean_pnl_pct": of.mean,
        "e": answer.e.is_finite().then_some(answer.e),
        "open": answer.open,
        "verdict": of.verdict.as_str(),
        "stands": source.stands,
    });
    if let Json::Object(told) = &mut told {
        told.extend(half_json(&source.half, leaves_out(answer)).map(|(key, value)| (key.to_owned(), value)));
    }
    told
}
