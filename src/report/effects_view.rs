//! `report brain --effects`: how the trades after a change of a knob compare with those before it.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::setting;
use crate::decide::RuleEffect;
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
}

fn compare(effect: &Effect, of: impl Fn(&Sample) -> Option<Clustered>, metric: Metric) -> Compared {
    let value = |sample: &Sample| sample.performance().get(metric).ok();
    let enough = effect.before.trades() >= NEEDED && effect.after.trades() >= NEEDED;
    let interval = match (enough, of(&effect.before), of(&effect.after)) {
        (true, Some(before), Some(after)) => Some(after.difference(&before)),
        _ => None,
    };
    Compared { before: value(&effect.before), after: value(&effect.after), interval }
}

/// A change with what followed it.
struct Followed<'e> {
    effect: &'e Effect,
    of_rule: Option<&'e RuleEffect>,
    result: Compared,
    rate: Compared,
}

impl<'e> Followed<'e> {
    fn of(effect: &'e Effect, rules: &'e [RuleEffect]) -> Self {
        Self {
            effect,
            of_rule: rules.iter().find(|rule| Some(rule.rule) == effect.change.rule.as_deref()),
            result: compare(effect, |s| s.expectancy().ok(), Metric::ExpectancyPct),
            rate: compare(effect, |s| s.win_share().ok(), Metric::WinRate),
        }
    }

    fn verdict(&self) -> &'static str {
        self.of_rule.map_or("cannot tell", RuleEffect::verdict)
    }

    fn row(&self) -> Vec<Cell> {
        let Self { effect, result, rate, .. } = self;
        let change = &effect.change;
        let moved = |value: Option<f64>| value.map_or("–".to_owned(), setting);
        let as_change = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Change);
        let as_share = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Share);
        vec![
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
            Cell::Text(self.verdict().into()),
            as_share(rate.before),
            as_share(rate.after),
        ]
    }

    fn json(&self) -> Json {
        let json_of = |compared: &Compared| {
            json!({
                "before": compared.before,
                "after": compared.after,
                "difference_low": compared.interval.map(|interval| interval.0),
                "difference_high": compared.interval.map(|interval| interval.1),
            })
        };
        json!({
            "change": self.effect.change,
            "trades_before": self.effect.before.trades(),
            "trades_after": self.effect.after.trades(),
            "verdict": self.verdict(),
            "sessions_moved": self.of_rule.map(|rule| rule.moved.len()),
            "sessions_stayed": self.of_rule.map(|rule| rule.stayed.len()),
            "expectancy_pct": json_of(&self.result),
            "win_rate": json_of(&self.rate),
        })
    }
}

fn lead(changes: usize, clear: usize, symbol: Option<&str>) -> String {
    match (changes, clear) {
        (0, _) => match symbol {
            Some(symbol) => format!("No change of a value of {symbol}'s own on record: `dtlearn brain-adjust --per-symbol` makes some."),
            None => "No change of a knob on record: `dtlearn brain-adjust` makes the first.".into(),
        },
        (_, 0) => "No change is known to have helped or hurt: what followed is not clearly different from unchanged sessions.".into(),
        (all, clear) => format!("{clear} of {all} changes are by rules whose moves made a clear difference."),
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::fixed("date", "Date", 0),
        Column::fixed("knob", "Knob", 0),
        Column::fixed("moved", "Moved", 0),
        Column::number("trades_before", "n before", 2),
        Column::number("trades_after", "n after", 1),
        Column::number("expectancy_before", "Mean before", 2),
        Column::number("expectancy_after", "after", 2),
        Column::number("difference_low", "diff from", 3),
        Column::number("difference_high", "to", 3),
        Column::fixed("verdict", "Verdict", 0),
        Column::number("win_rate_before", "Win rate before", 4),
        Column::number("win_rate_after", "after", 4),
    ]
}

/// What followed the last changes of knobs.
#[derive(Clone, Debug, Default)]
pub struct EffectsData {
    /// The changes, the oldest first.
    pub effects: Vec<Effect>,
    /// What followed rule by rule; none of one symbol.
    pub rules: Vec<RuleEffect>,
    /// The only symbol to tell of.
    pub symbol: Option<String>,
}

/// Builds the view; the newest change comes first.
pub fn effects_view(data: &EffectsData) -> View {
    let EffectsData { effects, rules, symbol } = data;
    let symbol = symbol.as_deref();
    let mut view = View { name: "report.brain-effects", ..View::default() };
    let followed: Vec<Followed<'_>> =
        effects.iter().rev().map(|effect| Followed::of(effect, rules)).collect();
    let clear = followed.iter().filter(|one| matches!(one.verdict(), "better" | "worse")).count();
    view.lead.push(lead(effects.len(), clear, symbol));
    let rows = followed.iter().map(Followed::row).collect();
    let grid = Grid { title: None, rows, columns: columns(), empty: String::new() };
    view.records = grid.clone();
    if !effects.is_empty() {
        view.grids.push(grid);
        view.notes.push(
            "Before: closed in the 7 days up to the change; after: entered since, until the knob's next change, 7 days at most. 95 % intervals of the difference, by trading day.".into(),
        );
        view.notes.push(
            "A week bad enough to move a knob is followed by a better one in any case. So the verdict compares with sessions on which the same rule fired and nothing moved: 6 of either at the least, a fortnight apart, and an e-value of 20.".into(),
        );
        view.notes
            .push("Knobs that moved on the same day share their effect, and the market moved too.".into());
    }
    view.payload.insert("effects".into(), Json::Array(followed.iter().map(Followed::json).collect()));
    view
}
