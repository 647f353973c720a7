//! `report patterns`: sentences that a person would say, and can believe.

use serde_json::{Value as Json, json};

use super::asked_again::{AskedAgain, tell_asked_again};
use super::grid::{Cell, Column, Grid, View};
use super::pattern_halves::{half_json, half_sentences};
use super::patterns_sentiment::sentiment_grid;
use super::text::plural;
use crate::learn::{Condition, FALSE_SHARE, Mined, OtherHalf, Pattern, PatternVerdict, SentimentDecile};

/// What was mined, apart for trades and for missed signals.
#[derive(Clone, Debug)]
pub struct PatternSource {
    /// Missed signals and priced signals; else trades.
    pub missed: bool,
    /// The answers to the questions that are always asked.
    pub answers: Vec<Pattern>,
    /// What the search came to.
    pub mined: Mined,
    /// Of each clear pattern, what the model does with it and what following it would have brought.
    pub halves: Vec<(Vec<Condition>, OtherHalf)>,
}

impl PatternSource {
    /// Whether anything is named.
    pub fn has_clear(&self) -> bool {
        self.answers.iter().chain(&self.mined.patterns).any(Pattern::is_clear)
    }

    fn half(&self, pattern: &Pattern) -> Option<&OtherHalf> {
        self.halves.iter().find(|(conditions, _)| *conditions == pattern.conditions).map(|(_, half)| half)
    }

    /// What is said of a pattern, and below it its other half.
    fn told(&self, pattern: &Pattern) -> Vec<String> {
        let mut told = vec![format!("  {}: {}", pattern.verdict.as_str(), sentence(pattern))];
        let half =
            self.half(pattern).map(|half| half_sentences(half, pattern.verdict == PatternVerdict::Drag));
        told.extend(half.into_iter().flatten().map(|line| format!("    {line}")));
        told
    }

    fn json(&self, pattern: &Pattern) -> Json {
        let mut told = pattern_json(self.missed, pattern);
        let none = OtherHalf::default();
        let keys = half_json(self.half(pattern).unwrap_or(&none), pattern.verdict == PatternVerdict::Drag);
        if let Json::Object(told) = &mut told {
            told.extend(keys.map(|(key, value)| (key.to_owned(), value)));
        }
        told
    }
}

/// A pattern of the last saved report on the rows since.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// Of missed signals.
    pub missed: bool,
    /// The word that it had.
    pub was: String,
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// What it is on the rows since; none without any.
    pub now: Option<Pattern>,
}

/// Which of the rows were searched.
#[derive(Clone, Debug)]
pub struct PatternPart {
    /// The expression as it was written.
    pub filter: String,
    /// Rows of which it holds.
    pub matching: u64,
    /// All rows.
    pub all: u64,
    /// Rows that do not say enough to tell.
    pub open: u64,
}

impl PatternPart {
    fn tell(&self, view: &mut View) {
        let of = format!("{} of {}", self.matching, plural(self.all, "row"));
        view.lead.push(format!("Searched where {}: {of}", self.filter));
        if self.open > 0 {
            view.notes
                .push(format!("{} that do not say enough to tell are left out.", plural(self.open, "row")));
        }
        view.notes.push(
            "Each --where is a search of its own: of twenty that are tried on noise, one may name something."
                .into(),
        );
        view.payload.insert("where".into(), self.filter.as_str().into());
        view.payload.insert("matching".into(), self.matching.into());
        view.payload.insert("rows".into(), self.all.into());
    }
}

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct PatternData {
    /// Days looked at.
    pub days: u16,
    /// What was mined.
    pub sources: Vec<PatternSource>,
    /// Results by sentiment.
    pub sentiment: Vec<SentimentDecile>,
    /// When the last report was saved whose patterns are looked at again.
    pub since: Option<String>,
    /// How they did since.
    pub confirmed: Vec<Confirmed>,
    /// What became of the questions that were ever asked.
    pub asked: Vec<AskedAgain>,
    /// Nothing was saved that could be looked at again.
    pub nothing_saved: bool,
    /// A model is in use.
    pub has_model: bool,
    /// Which of the rows were searched; none for all.
    pub part: Option<PatternPart>,
}

pub(super) fn words(conditions: &[Condition]) -> String {
    conditions.iter().map(Condition::text).collect::<Vec<_>>().join(" and ")
}

/// `setup orb and time of day open won 61 % (54–68, n 143 over 21 days), 9 points above the rest`.
fn sentence(pattern: &Pattern) -> String {
    let percent = |share: f64| (share * 100.0).round();
    let points = (pattern.lift * 100.0).round().abs();
    format!(
        "{} won {} % ({}–{}, n {} over {}), {} {} {}",
        words(&pattern.conditions),
        percent(pattern.win_rate),
        percent(pattern.win_interval.0),
        percent(pattern.win_interval.1),
        pattern.n,
        plural(pattern.sessions, "day"),
        if points == 1.0 { "1 point".to_owned() } else { format!("{points} points") },
        if pattern.lift >= 0.0 { "above" } else { "below" },
        if pattern.between_sessions { "the other days" } else { "the rest of its days" },
    )
}

/// What is said of the trades of which all of these words hold and nothing else does: the first answer or pattern.
pub(super) fn pattern_sentences(data: &PatternData, wanted: &[&str]) -> Vec<String> {
    let trades = data.sources.iter().filter(|source| !source.missed);
    let all = trades.flat_map(|source| source.answers.iter().chain(&source.mined.patterns));
    let is_it = |pattern: &&Pattern| {
        pattern.conditions.len() == wanted.len()
            && wanted.iter().all(|word| pattern.conditions.iter().any(|is| is.text().contains(word)))
    };
    let found = all.into_iter().find(is_it);
    found.map(|pattern| format!("{}: {}", pattern.verdict.as_str(), sentence(pattern))).into_iter().collect()
}

/// For a table, or for machines, whose columns say the unit in their names.
fn grid_of(title: Option<&str>, patterns: &[(bool, &Pattern)]) -> Grid {
    let optional = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Change);
    let points = |lift: f64| if title.is_some() { Cell::Points(lift) } else { Cell::Ratio(100.0 * lift) };
    let rows = patterns.iter().map(|(missed, p)| {
        vec![
            Cell::Text(if *missed { "missed" } else { "trades" }.into()),
            Cell::Text(p.verdict.as_str().into()),
            Cell::Text(words(&p.conditions)),
            Cell::Count(p.n),
            Cell::Count(p.sessions),
            Cell::Share(p.win_rate),
            Cell::Share(p.win_interval.0),
            Cell::Share(p.win_interval.1),
            points(p.lift),
            points(p.lift_interval.0),
            points(p.lift_interval.1),
            points(p.shrunk_lift),
            Cell::Change(p.mean),
            optional(p.mean_interval.map(|interval| interval.0)),
            optional(p.mean_interval.map(|interval| interval.1)),
            Cell::Chance(p.p),
        ]
    });
    Grid {
        title: title.map(str::to_owned),
        columns: vec![
            Column::fixed("of", "Of", 5),
            Column::fixed("verdict", "", 0),
            Column::text("pattern", "Pattern", 0),
            Column::number("n", "n", 0),
            Column::number("sessions", "Days", 2),
            Column::number("win_rate", "Win rate", 0),
            Column::number("win_rate_low", "from", 6),
            Column::number("win_rate_high", "to", 6),
            Column::number("lift_points", "Lift", 1),
            Column::number("lift_low_points", "from", 4),
            Column::number("lift_high_points", "to", 4),
            Column::number("shrunk_lift_points", "Shrunk", 7),
            Column::number("mean_pnl_pct", "Mean", 2),
            Column::number("mean_low", "from", 8),
            Column::number("mean_high", "to", 8),
            Column::number("p", "p", 3),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}

fn pattern_json(missed: bool, pattern: &Pattern) -> Json {
    json!({
        "of": if missed { "missed" } else { "trades" },
        "verdict": pattern.verdict.as_str(),
        "sentence": sentence(pattern),
        "conditions": pattern.conditions.iter().map(Condition::text).collect::<Vec<_>>(),
        "n": pattern.n,
        "sessions": pattern.sessions,
        "win_rate": pattern.win_rate,
        "win_rate_low": pattern.win_interval.0,
        "win_rate_high": pattern.win_interval.1,
        "lift_points": pattern.lift * 100.0,
        "lift_low_points": pattern.lift_interval.0 * 100.0,
        "lift_high_points": pattern.lift_interval.1 * 100.0,
        "shrunk_lift_points": pattern.shrunk_lift * 100.0,
        "mean_pnl_pct": pattern.mean,
        "mean_pnl_pct_low": pattern.mean_interval.map(|interval| interval.0),
        "mean_pnl_pct_high": pattern.mean_interval.map(|interval| interval.1),
        "p": pattern.p,
        "compared_with": if pattern.between_sessions { "other sessions" } else { "rest of the same sessions" },
    })
}

/// Answers that are shown besides the clear ones; JSON has all.
const ANSWERS_SHOWN: usize = 8;

/// The questions that are asked before any search, answered.
fn tell_answers(view: &mut View, source: &PatternSource) {
    if source.answers.is_empty() {
        return;
    }
    let what = if source.missed { "missed signals" } else { "trades" };
    let clear = source.answers.iter().filter(|answer| answer.is_clear()).count();
    view.lead.push(format!(
        "{} asked of {what} beforehand (setup by time of day and regime, side by regime, confidence), {clear} with a clear answer{}",
        plural(source.answers.len() as u64, "question"),
        if clear == 0 { "." } else { ":" }
    ));
    let named = source.answers.iter().filter(|answer| answer.is_clear());
    view.lead.extend(named.flat_map(|answer| source.told(answer)));
    let shown: Vec<(bool, &Pattern)> =
        source.answers.iter().take(clear + ANSWERS_SHOWN).map(|answer| (source.missed, answer)).collect();
    let title = format!("Questions asked beforehand, {what}");
    view.grids.push(grid_of(Some(&title), &shown));
}

fn tell_source(view: &mut View, source: &PatternSource) {
    let mined = &source.mined;
    let what = if source.missed { "missed signals" } else { "trades" };
    let clear: Vec<&Pattern> = mined.patterns.iter().filter(|pattern| pattern.is_clear()).collect();
    let of = format!("{} {what} in {}", mined.rows, plural(mined.sessions, "session"));
    view.lead.push(match (mined.tried, clear.len()) {
        (0, _) => {
            format!("Too little data to look for patterns in {of}: a pattern needs 30 rows over 5 sessions.")
        }
        (tried, 0) => format!("No pattern stands out among {tried} tried on {of}."),
        (tried, count) => {
            format!(
                "{} of {tried} tried on {of} {} out:",
                plural(count as u64, "pattern"),
                if count == 1 { "stands" } else { "stand" }
            )
        }
    });
    for verdict in [PatternVerdict::Edge, PatternVerdict::Drag] {
        let these = clear.iter().filter(|pattern| pattern.verdict == verdict);
        view.lead.extend(these.flat_map(|pattern| source.told(pattern)));
    }
    let rows: Vec<(bool, &Pattern)> = mined
        .patterns
        .iter()
        .filter(|p| p.verdict != PatternVerdict::TooFew)
        .map(|p| (source.missed, p))
        .collect();
    if !rows.is_empty() {
        view.grids.push(grid_of(Some(if source.missed { "Missed signals" } else { "Trades" }), &rows));
    }
}

fn confirmed_view(data: &PatternData, since: &str, view: &mut View) {
    let still = |held: &&Confirmed| held.now.as_ref().is_some_and(|now| now.verdict.as_str() == held.was);
    let count = data.confirmed.iter().filter(still).count();
    let with_rows = data.confirmed.iter().filter(|held| held.now.is_some()).count();
    view.lead.push(match data.confirmed.len() {
        0 => format!("The report of {since} found no pattern."),
        all if with_rows == 0 => {
            format!("No rows since {since} yet to test the {} it found.", plural(all as u64, "pattern"))
        }
        all => {
            format!("{count} of {} named on {since} held up since", plural(all as u64, "pattern"))
        }
    });
    for held in &data.confirmed {
        view.lead.push(match &held.now {
            None => format!("  {}: {}: no rows since", held.was, words(&held.conditions)),
            Some(now) => format!("  {}, now {}: {}", held.was, now.verdict.as_str(), sentence(now)),
        });
    }
    let rows: Vec<(bool, &Pattern)> =
        data.confirmed.iter().filter_map(|held| Some((held.missed, held.now.as_ref()?))).collect();
    view.records = grid_of(None, &rows);
    let told = data.confirmed.iter().map(|held| {
        json!({
            "was": held.was,
            "conditions": held.conditions.iter().map(Condition::text).collect::<Vec<_>>(),
            "now": held.now.as_ref().map(|now| pattern_json(held.missed, now)),
        })
    });
    view.payload.insert("since".into(), since.into());
    view.payload.insert("confirmed".into(), told.collect::<Vec<_>>().into());
}

/// The records, and the payload of a report that searched.
fn add_payload(view: &mut View, data: &PatternData) {
    let all = || {
        data.sources
            .iter()
            .flat_map(|source| source.mined.patterns.iter().map(move |pattern| (source, pattern)))
    };
    let rows: Vec<(bool, &Pattern)> = all().map(|(source, pattern)| (source.missed, pattern)).collect();
    view.records = grid_of(None, &rows);
    let patterns = all().map(|(source, pattern)| source.json(pattern));
    view.payload.insert("patterns".into(), patterns.collect::<Vec<_>>().into());
    let tried = data.sources.iter().map(|source| {
        json!({
            "of": if source.missed { "missed" } else { "trades" },
            "rows": source.mined.rows,
            "sessions": source.mined.sessions,
            "tried": source.mined.tried,
            "too_few": source.mined.too_few,
            "win_rate": source.mined.win_rate,
        })
    });
    let answers: Vec<Json> = data
        .sources
        .iter()
        .flat_map(|source| source.answers.iter().map(|answer| source.json(answer)))
        .collect();
    view.payload.insert("answers".into(), answers.into());
    view.payload.insert("tried".into(), tried.collect::<Vec<_>>().into());
    let grid = sentiment_grid(&data.sentiment);
    let rows = grid.rows.iter().map(|row| {
        let cells = grid.columns.iter().zip(row).map(|(column, cell)| (column.key.clone(), cell.json()));
        Json::Object(cells.collect())
    });
    view.payload.insert("sentiment".into(), rows.collect::<Vec<_>>().into());
}

/// Builds the view.
pub fn patterns_view(data: &PatternData) -> View {
    let mut view = View { name: "report.patterns", ..View::default() };
    view.payload.insert("days".into(), data.days.into());
    if data.nothing_saved {
        view.records = grid_of(None, &[]);
        view.lead
            .push("No patterns have been saved yet: `dtlearn report patterns --save` saves them.".into());
        view.payload.insert("confirmed".into(), Json::Array(Vec::new()));
        tell_asked_again(&mut view, &data.asked);
        return view;
    }
    if let Some(since) = &data.since {
        confirmed_view(data, since, &mut view);
        tell_asked_again(&mut view, &data.asked);
        return view;
    }
    data.part.iter().for_each(|part| part.tell(&mut view));
    if data.sources.is_empty() && data.part.is_none() {
        view.lead.push(
            "No trades with an entry time in this span: the engine records them with `dtlearn record-exit`."
                .into(),
        );
    }
    for source in &data.sources {
        tell_answers(&mut view, source);
        tell_source(&mut view, source);
    }
    if !data.sentiment.is_empty() {
        view.grids.push(sentiment_grid(&data.sentiment));
    }
    if data.sources.iter().any(|source| source.mined.tried > 0) {
        view.notes.push(format!(
            "Compared with the rest of the same days, and with the other days where it holds of whole days; the questions asked beforehand and the search each name something on noise in at most {:.0} % of reports. Runners-up are listed as unclear. An `edge` wins clearly more often than the rest, a `drag` clearly less often; neither says that it makes money.",
            FALSE_SHARE * 100.0
        ));
    }
    if data.sources.iter().any(|source| !source.halves.is_empty()) {
        let model = if data.has_model { "" } else { " No model is in use that could score them." };
        view.notes.push(format!(
            "Better or worse is what the own trades say of following a pattern, within the same days: E has to reach 20 after \
             it was divided by all that was tried.{model}"
        ));
    }
    add_payload(&mut view, data);
    view
}
