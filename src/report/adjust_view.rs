//! `brain-adjust`: what moves, how far, and why; with `--explain` what did not, and why not.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::{figure, plural, setting};
use crate::decide::{Decision, Judged, POINT_MOVES_ON_NOISE, Tried, Verdict};
use crate::domain::KnobName;
use crate::metrics::Metric;
use crate::wire::{Adjustment, Because};

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct AdjustData {
    /// The regime, and who says so; none when the rules were not asked.
    pub regime: Option<(String, &'static str)>,
    /// Trades of the last 7 days.
    pub trades: u64,
    /// Trades that it takes.
    pub min_trades: u64,
    /// Whether intervals decided.
    pub strict: bool,
    /// What the rules came to.
    pub decision: Decision,
    /// What changes, or would.
    pub changes: Vec<Adjustment>,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Whether the rules had already moved knobs on this date, so that nothing changes.
    pub done_today: bool,
    /// That date.
    pub date: Option<String>,
    /// The newest exit, where the last update rested on it already, so that nothing changes.
    pub nothing_new: Option<String>,
    /// Knobs that belong to a running experiment, with its name.
    pub held: Vec<(KnobName, String)>,
    /// Levels that no trade came near.
    pub idle: Vec<String>,
    /// Whether every rule is to be shown.
    pub explain: bool,
}

/// Days below which a ratio of the daily series says little.
const FEW_DAYS: u64 = 20;

/// On how much a figure rests: trades, or for a ratio of the daily series days.
fn rests_on(metric: &str, n: u64) -> String {
    let of_days = [Metric::SharpeRatio, Metric::SortinoRatio, Metric::Psr].iter().any(|m| m.name() == metric);
    match of_days {
        false => format!("n {n}"),
        true if n < FEW_DAYS => format!("{}, low sample", plural(n, "day")),
        true => plural(n, "day"),
    }
}

/// A condition in words: `avg_loss -0.25% > -1.50% (n 145, -0.30% to -0.20%)`.
fn condition(of: &Because) -> String {
    let shown = |value: f64| figure(&of.metric, value);
    let value = match (of.value.as_str(), of.value.as_f64()) {
        (Some(word), _) => return format!("{} {} {word}", of.metric, of.is),
        (None, Some(value)) => shown(value),
        (None, None) => "–".into(),
    };
    let mut text = format!("{} {value} {} {}", of.metric, of.is, of.line.map_or("–".into(), shown));
    if let Some(n) = of.n {
        let interval = of.low.zip(of.high).map(|(low, high)| format!(", {} to {}", shown(low), shown(high)));
        text.push_str(&format!(" ({}{})", rests_on(&of.metric, n), interval.unwrap_or_default()));
    }
    text
}

/// The whole of a change in a sentence.
pub fn reason(change: &Adjustment) -> String {
    match (change.source.as_str(), &change.rule) {
        ("set", _) => "set by hand".into(),
        ("reset", _) => "reset to the default".into(),
        ("size", _) => {
            format!("what the own record supports, {}", plural(change.trades.unwrap_or(0), "trade"))
        }
        ("range", _) => "was outside its range".into(),
        ("revert", _) => "no rule moved it for 5 sessions: a twentieth of the way to its default".into(),
        (_, Some(rule)) if rule == "regime_over" => "the regime is over: back to the value underneath".into(),
        ("rollback", _) => format!("undoes update {}", change.undoes.unwrap_or(0)),
        (_, Some(rule)) if rule == "follows_common_value" => {
            format!("follows the shared value, {}", plural(change.trades.unwrap_or(0), "trade"))
        }
        (_, Some(rule)) if rule == "too_few_trades" => {
            format!("{} of its own", plural(change.trades.unwrap_or(0), "trade"))
        }
        (_, rule) => {
            let because: Vec<String> = change.because.iter().map(condition).collect();
            format!("{}: {}", rule.as_deref().unwrap_or("rule"), because.join(" and "))
        }
    }
}

fn knob_of(change: &Adjustment) -> String {
    match &change.symbol {
        Some(symbol) => format!("{} {symbol}", change.knob),
        None => change.knob.clone(),
    }
}

/// `DT_STOP_LOSS_PCT 0.02 → 0.019`, with both values as the engine is given them; where it is given the same
/// as before, the smoothed ones.
pub(super) fn move_of(change: &Adjustment) -> String {
    let is_money = change.knob == KnobName::PositionSize.as_str();
    let number = |value: Option<f64>| match value {
        None => "–".into(),
        Some(value) if is_money && value.fract() != 0.0 => format!("{value:.2}"),
        Some(value) => setting(value),
    };
    let given = (change.old_effective, change.new_effective);
    let (old, new) = if given.0 == given.1 { (change.old, change.new) } else { given };
    format!("{} {} → {}", knob_of(change), number(old), number(new))
}

/// Changes as a grid, in the order given.
pub(super) fn changes_grid(title: Option<&str>, changes: &[&Adjustment], dated: bool) -> Grid {
    let exact = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Setting);
    let mut columns = vec![
        Column::fixed("knob", "Knob", 0),
        Column::number("old", "Old", 0),
        Column::number("new", "New", 0),
        Column::number("new_effective", "Engine gets", 1),
        Column::number("target", "Target", 2),
        Column::text("reason", "Why", 0),
    ];
    if dated {
        columns.insert(0, Column::fixed("date", "Date", 0));
    }
    let rows = changes.iter().map(|change| {
        let mut row = vec![
            Cell::Text(knob_of(change)),
            exact(change.old),
            exact(change.new),
            exact(change.new_effective),
            exact(change.target),
            Cell::Text(change.reason.clone()),
        ];
        if dated {
            row.insert(0, Cell::Text(change.date.clone()));
        }
        row
    });
    Grid { title: title.map(str::to_owned), rows: rows.collect(), columns, empty: String::new() }
}

fn tried_text(tried: &Tried) -> String {
    if let Some((have, wanted)) = &tried.words {
        return format!("regime {have} = {wanted}");
    }
    let shown = |value: f64| figure(tried.measure, value);
    let evidence = tried.evidence;
    let value = evidence.and_then(|evidence| evidence.value.ok()).map_or("–".into(), shown);
    let line = tried.line.map_or("–".into(), shown);
    let interval = evidence.and_then(|evidence| evidence.interval.ok());
    let interval = interval.map(|(low, high)| format!(", {} to {}", shown(low), shown(high)));
    let n = evidence.map_or(0, |evidence| evidence.n);
    let why = tried.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
    let n = rests_on(tried.measure, n);
    format!("{} {value} {} {line} ({n}{}{why})", tried.measure, tried.is, interval.unwrap_or_default())
}

/// `acts`: whether what fires moves anything.
fn verdict_text(verdict: &Verdict, acts: bool) -> String {
    match verdict {
        Verdict::Moves if acts => "moves".into(),
        Verdict::Moves => "fired, moves nothing now".into(),
        Verdict::Overruled(by) => format!("fired, {by} wins"),
        Verdict::AtTarget => "fired, at its target".into(),
        Verdict::Silent => "no".into(),
        Verdict::TooFewTrades { have, need } => format!("{have} of {need} trades"),
        Verdict::NotAsked => "not evaluated".into(),
    }
}

fn explained(rules: &[Judged], acts: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for name in KnobName::ALL {
        lines.push(name.as_str().to_owned());
        for judged in rules.iter().filter(|judged| judged.rule.knob == name) {
            lines.push(format!(
                "  {}: {} → {}",
                verdict_text(&judged.verdict, acts),
                judged.rule.name,
                judged.rule.target
            ));
            lines.extend(judged.tried.iter().map(|tried| {
                format!("    {} {}", if tried.holds { "holds" } else { "fails" }, tried_text(tried))
            }));
        }
    }
    lines
}

fn rules_json(rules: &[Judged], acts: bool) -> Json {
    let tried = |tried: &Tried| {
        let evidence = tried.evidence;
        let interval = evidence.and_then(|evidence| evidence.interval.ok());
        let word = tried.words.as_ref().map(|(word, _)| Json::from(word.as_str()));
        json!({
            "metric": tried.measure,
            "value": word.unwrap_or_else(|| evidence.and_then(|e| e.value.ok()).into()),
            "n": evidence.map(|evidence| evidence.n),
            "low": interval.map(|interval| interval.0),
            "high": interval.map(|interval| interval.1),
            "is": tried.is,
            "line": tried.words.as_ref().map_or_else(|| tried.line.ok().into(), |(_, w)| Json::from(*w)),
            "holds": tried.holds,
            "why": tried.why,
        })
    };
    let rules = rules.iter().map(|judged| {
        json!({
            "rule": judged.rule.name,
            "knob": judged.rule.knob.as_str(),
            "target": judged.rule.target,
            "verdict": verdict_text(&judged.verdict, acts),
            "fired": !matches!(judged.verdict, Verdict::Silent | Verdict::TooFewTrades { .. } | Verdict::NotAsked),
            "tests": judged.tried.iter().map(tried).collect::<Vec<_>>(),
        })
    });
    rules.collect::<Vec<_>>().into()
}

/// What moved, or why nothing did, in a sentence.
pub fn adjust_sentence(data: &AdjustData) -> String {
    if data.done_today {
        let date = data.date.as_deref().unwrap_or("this date");
        return format!(
            "The rules have already moved knobs on {date}; nothing changed (--force moves them again)."
        );
    }
    if let Some(exit) = &data.nothing_new {
        return format!(
            "No knob moves: no trade was closed since {exit}, on which the last update rested already (--force to do it again)."
        );
    }
    let would = if data.dry_run { "would move" } else { "moved" };
    match (data.changes.as_slice(), &data.regime) {
        ([], Some(_)) if data.trades < data.min_trades => {
            format!(
                "No knob moved: {} in the last 7 days, and the rules need {}.",
                plural(data.trades, "trade"),
                data.min_trades
            )
        }
        ([], Some(_)) => {
            let fired = data.decision.rules.iter().any(|judged| judged.verdict == Verdict::AtTarget);
            let why = if fired { "every rule that fired is already at its target" } else { "no rule fired" };
            format!("No knob moved: {why} (--explain shows each rule).")
        }
        ([], None) => "Nothing changed: the knobs already have these values.".into(),
        (changes, _) => {
            let moves: Vec<String> = changes.iter().take(7).map(move_of).collect();
            let more = changes.len().saturating_sub(7);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let mut knobs: Vec<&str> = changes.iter().map(|change| change.knob.as_str()).collect();
            knobs.sort_unstable();
            knobs.dedup();
            // A knob may change for several symbols, or be taken back over several updates.
            let what = if knobs.len() == changes.len() { "knob" } else { "value" };
            format!("{} {would}: {}{more}", plural(changes.len() as u64, what), moves.join(", "))
        }
    }
}

/// What the rules as shipped do where there is nothing to learn.
fn on_noise() -> String {
    format!(
        "On coin flips the shipped rules move a knob {POINT_MOVES_ON_NOISE} times in 60 sessions: see dtlearn-evidence(7)."
    )
}

/// Builds the view.
pub fn adjust_view(data: &AdjustData) -> View {
    let acts = !data.done_today && data.nothing_new.is_none();
    let mut view = View { name: "brain-adjust", lead: vec![adjust_sentence(data)], ..View::default() };
    if let Some((regime, by)) = &data.regime {
        let strict = if data.strict { ", strict evidence" } else { "" };
        view.lead.push(format!(
            "Based on {} in 7 days, {}{strict}",
            plural(data.trades, "trade"),
            if *by == "nobody" {
                "no regime given".to_owned()
            } else {
                format!("regime {regime} (from {by})")
            }
        ));
        if data.explain {
            view.lines = explained(&data.decision.rules, acts);
        }
        view.notes.extend(data.held.iter().map(|(knob, experiment)| {
            format!("{} belongs to the running experiment {experiment}: no rule moves it.", knob.as_str())
        }));
        view.notes.extend(data.idle.iter().cloned());
        if !data.strict {
            view.notes.push(on_noise());
        }
    }
    let changes: Vec<&Adjustment> = data.changes.iter().collect();
    if !changes.is_empty() {
        view.grids.push(changes_grid(None, &changes, false));
    }
    if data.dry_run {
        view.notes.push("Nothing was written.".into());
    }
    view.payload.insert("dry_run".into(), data.dry_run.into());
    view.payload.insert("already_done".into(), data.done_today.into());
    view.payload.insert("trades".into(), data.trades.into());
    view.payload.insert("regime".into(), data.regime.as_ref().map(|(regime, _)| regime.as_str()).into());
    let held =
        data.held.iter().map(|(knob, experiment)| (knob.as_str().to_owned(), experiment.as_str().into()));
    view.payload.insert("held_by_experiments".into(), Json::Object(held.collect()));
    view.payload.insert("changes".into(), json!(data.changes));
    view.payload.insert("rules".into(), rules_json(&data.decision.rules, acts));
    view.payload.insert("nothing_new_since".into(), data.nothing_new.as_deref().into());
    view.records = changes_grid(None, &changes, true);
    view
}
