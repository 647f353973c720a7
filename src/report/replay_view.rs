//! `replay`: what the loop did for the engine, in a sentence that may be a hard one, and the lives side by side.

use serde_json::{Map, Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::{plural, signed};
use super::what_if_payload::{comparison_json, figures_json};
use super::what_if_view::ends;
use crate::metrics::{Metric, Performance};
use crate::simulate::{BOOTSTRAP_SEED, Comparison, RESAMPLES, Verdict};

/// A life of the engine.
#[derive(Clone, Debug)]
pub struct ReplayScenario {
    /// What moved its knobs.
    pub policy: &'static str,
    /// Whether the model filtered its picks.
    pub filter: bool,
    /// Its figures.
    pub performance: Performance,
    /// 95 % interval of the net P&L.
    pub pnl: Option<(f64, f64)>,
    /// Of the mean result of a trade.
    pub expectancy: Option<(f64, f64)>,
    /// Of the drawdown, the sessions drawn anew.
    pub drawdown: Option<(f64, f64)>,
    /// Every move of a knob.
    pub moves: Json,
    /// How many.
    pub moved: u64,
    /// Moves that the next move of the same knob turned around.
    pub reversed: u64,
    /// What became of its models.
    pub events: Json,
    /// Models deployed.
    pub deployed: u64,
    /// Models refused by the gate.
    pub rejected: u64,
    /// Models rolled back.
    pub rolled_back: u64,
    /// Trades that the model kept it from.
    pub vetoed: u64,
    /// Picks without features, which the filter lets through.
    pub without_features: u64,
    /// P&L and trades of each session.
    pub daily: Vec<(f64, u64)>,
    /// Beside the first life.
    pub beside: Option<Comparison>,
}

/// What there is to tell.
#[derive(Clone, Debug)]
pub struct ReplayData {
    /// The first session.
    pub from: String,
    /// The last session.
    pub to: String,
    /// Sessions.
    pub sessions: usize,
    /// Records of the tape.
    pub records: usize,
    /// Records in which the model of the engine is not the engine.
    pub mismatches: usize,
    /// The account's capital.
    pub capital: f64,
    /// The account's currency.
    pub currency: String,
    /// Whether the lives with a model were left out.
    pub without_model: bool,
    /// Signals without an outcome.
    pub without_outcome: u64,
    /// Signals whose outcome carries no costs.
    pub without_costs: u64,
    /// Trainings.
    pub trained: u64,
    /// The dates of the daily figures.
    pub dates: Vec<String>,
    /// The lives; the first has its knobs at their defaults and no model.
    pub scenarios: Vec<ReplayScenario>,
}

impl ReplayData {
    fn scenario(&self, policy: &str, filter: bool) -> Option<&ReplayScenario> {
        self.scenarios.iter().find(|scenario| scenario.policy == policy && scenario.filter == filter)
    }

    /// The word about the rules.
    pub fn verdict(&self) -> &'static str {
        let rules = self.scenario("rules", false).and_then(|scenario| scenario.beside.as_ref());
        rules.map_or(Verdict::Unclear, |beside| beside.verdict).as_str()
    }
}

/// A sum of money as a share of the capital, without a sign.
fn share(value: f64, capital: f64) -> String {
    format!("{:.2} %", (value / capital * 100.0).abs())
}

/// What a life did beside the one with its knobs left alone, in a sentence.
fn sentence(data: &ReplayData, scenario: &ReplayScenario, subject: &str) -> Option<String> {
    let beside = scenario.beside.as_ref()?;
    let sessions = plural(beside.sessions as u64, "session");
    if beside.different == 0 {
        let moved = if scenario.moved > 0 {
            format!(", with {}", plural(scenario.moved, "move"))
        } else {
            String::new()
        };
        return Some(format!("{subject} changed no result in {sessions}{moved}."));
    }
    let value = beside.pnl.value.unwrap_or(0.0);
    let percent = |v: f64| signed(v / data.capital * 100.0, 2);
    let amount = share(value, data.capital);
    let did = if value < 0.0 { "cost" } else { "brought" };
    Some(match (&beside.pnl.interval, beside.verdict) {
        (Ok((low, high)), Verdict::Better | Verdict::Worse) => format!(
            "{subject} {did} {amount} of the capital in {sessions}, and the interval excludes zero ({} to {} %).",
            percent(*low),
            percent(*high)
        ),
        (Ok((low, high)), Verdict::Unclear) => format!(
            "{subject} {did} {amount} of the capital in {sessions}, which may be chance: the interval holds zero ({} to {} %).",
            percent(*low),
            percent(*high)
        ),
        (Err(why), _) => {
            format!("{subject} {did} {amount} of the capital in {sessions}, too little to tell: {why}.")
        }
    })
}

/// What follows, the rules first.
pub fn replay_sentences(data: &ReplayData) -> Vec<String> {
    let mut told = Vec::new();
    for (policy, filter, subject) in [
        ("rules", false, "The adjustments"),
        ("strict", false, "Under strict evidence the adjustments"),
        ("defaults", true, "The model's score as a filter"),
        ("rules", true, "The adjustments and the filter together"),
    ] {
        let Some(scenario) = data.scenario(policy, filter) else { continue };
        told.extend(sentence(data, scenario, subject));
    }
    told
}

fn name(scenario: &ReplayScenario) -> String {
    format!("{}{}", scenario.policy, if scenario.filter { " + model" } else { "" })
}

fn lives_grid(data: &ReplayData) -> Grid {
    let columns = vec![
        Column::fixed("life", "Life", 0),
        Column::number("trades", "Trades", 2),
        Column::number("net_pnl", &format!("Net P&L ({})", data.currency), 0),
        Column::number("net_pnl_low", "from", 3),
        Column::number("net_pnl_high", "to", 3),
        Column::number("expectancy_pct", "Mean", 1),
        Column::number("expectancy_pct_low", "from", 4),
        Column::number("expectancy_pct_high", "to", 4),
        Column::number("drawdown_usd", "Drawdown", 1),
        Column::number("drawdown_usd_low", "from", 5),
        Column::number("drawdown_usd_high", "to", 5),
        Column::number("knob_moves", "Moves", 1),
        Column::number("knob_moves_reversed", "reversed", 2),
        Column::number("models_deployed", "Models", 2),
        Column::number("models_rolled_back", "rolled back", 3),
    ];
    let rows = data.scenarios.iter().map(|scenario| {
        let of =
            |metric: Metric, signed| Cell::metric(scenario.performance.get(metric), metric.unit(), signed);
        let model = |count: u64| if scenario.filter { Cell::Count(count) } else { Cell::Absent };
        let mut row = vec![
            Cell::Text(name(scenario)),
            Cell::Count(scenario.performance.trades()),
            of(Metric::TotalPnl, true),
        ];
        row.extend(ends(scenario.pnl, Cell::Money));
        row.push(of(Metric::ExpectancyPct, true));
        row.extend(ends(scenario.expectancy, Cell::Change));
        row.push(of(Metric::DrawdownUsd, false));
        row.extend(ends(scenario.drawdown, Cell::Amount));
        row.extend([
            Cell::Count(scenario.moved),
            Cell::Count(scenario.reversed),
            model(scenario.deployed),
            model(scenario.rolled_back),
        ]);
        row
    });
    Grid { title: None, rows: rows.collect(), columns, empty: String::new() }
}

fn beside_grid(data: &ReplayData) -> Grid {
    let columns = vec![
        Column::fixed("life", "Life", 0),
        Column::number("difference", &format!("Net P&L ({})", data.currency), 0),
        Column::number("low", "from", 0),
        Column::number("high", "to", 0),
        Column::number("expectancy_difference", "Mean", 2),
        Column::number("expectancy_low", "from", 3),
        Column::number("expectancy_high", "to", 3),
        Column::number("drawdown_difference", "Drawdown", 2),
        Column::number("drawdown_low", "from", 4),
        Column::number("drawdown_high", "to", 4),
        Column::number("sessions_different", "n", 1),
        Column::fixed("verdict", "Verdict", 0),
    ];
    let rows = data.scenarios.iter().filter_map(|scenario| {
        let beside = scenario.beside.as_ref()?;
        let value = |value: Option<f64>, of: fn(f64) -> Cell| value.map_or(Cell::Absent, of);
        let mut row = vec![Cell::Text(name(scenario)), value(beside.pnl.value, Cell::Money)];
        row.extend(ends(beside.pnl.bounds(), Cell::Money));
        row.push(value(beside.expectancy.value, Cell::Change));
        row.extend(ends(beside.expectancy.bounds(), Cell::Change));
        row.push(value(beside.drawdown.value, Cell::Money));
        row.extend(ends(beside.drawdown.bounds(), Cell::Money));
        row.push(Cell::Count(beside.different as u64));
        row.push(Cell::Text(beside.verdict.as_str().into()));
        Some(row)
    });
    Grid {
        title: Some("Beside the knobs left at their defaults, without a model".into()),
        rows: rows.collect(),
        columns,
        empty: String::new(),
    }
}

fn life_json(scenario: &ReplayScenario) -> Json {
    let interval =
        |ends: Option<(f64, f64)>| json!({"low": ends.map(|ends| ends.0), "high": ends.map(|ends| ends.1)});
    let mut out = Map::new();
    out.insert("life".into(), name(scenario).into());
    out.insert("knobs".into(), scenario.policy.into());
    out.insert("model_filter".into(), scenario.filter.into());
    out.insert("figures".into(), figures_json(&scenario.performance));
    out.insert("net_pnl_interval".into(), interval(scenario.pnl));
    out.insert("expectancy_pct_interval".into(), interval(scenario.expectancy));
    out.insert("drawdown_usd_interval".into(), interval(scenario.drawdown));
    out.insert("knob_moves".into(), scenario.moved.into());
    out.insert("knob_moves_reversed".into(), scenario.reversed.into());
    out.insert("models_deployed".into(), scenario.deployed.into());
    out.insert("models_rejected".into(), scenario.rejected.into());
    out.insert("models_rolled_back".into(), scenario.rolled_back.into());
    out.insert("vetoed".into(), scenario.vetoed.into());
    out.insert("picks_without_features".into(), scenario.without_features.into());
    out.insert("beside_defaults".into(), scenario.beside.as_ref().map(comparison_json).into());
    out.insert("moves".into(), scenario.moves.clone());
    out.insert("models".into(), scenario.events.clone());
    out.insert(
        "daily".into(),
        scenario.daily.iter().map(|(pnl, n)| json!({"pnl": pnl, "trades": n})).collect(),
    );
    Json::Object(out)
}

/// Builds the view.
pub fn replay_view(data: &ReplayData) -> View {
    let mut view = View { name: "replay", records: lives_grid(data), ..View::default() };
    if data.sessions == 0 {
        view.lead.push("No trade and no missed signal between these dates: leave --from and --to out to replay everything, or record some with `dtlearn record-exit`.".into());
    } else {
        view.lead = replay_sentences(data);
        view.grids = vec![lives_grid(data), beside_grid(data)];
        view.notes = notes(data);
    }
    let sentences = if data.sessions == 0 { Vec::new() } else { replay_sentences(data) };
    for (key, value) in [
        ("from", Json::from(data.from.as_str())),
        ("to", data.to.as_str().into()),
        ("sessions", data.sessions.into()),
        ("records", data.records.into()),
        ("records_not_the_engine", data.mismatches.into()),
        ("capital_usd", data.capital.into()),
        ("currency", data.currency.as_str().into()),
        ("seed", BOOTSTRAP_SEED.into()),
        ("resamples", RESAMPLES.into()),
        ("variants_looked_at", data.scenarios.len().saturating_sub(1).into()),
        ("trainings", data.trained.into()),
        ("verdict", data.verdict().into()),
        ("sentences", json!(sentences)),
        ("dates", json!(data.dates)),
        ("lives", data.scenarios.iter().map(life_json).collect()),
    ] {
        view.payload.insert(key.into(), value);
    }
    view
}

fn notes(data: &ReplayData) -> Vec<String> {
    let mut notes = vec![format!(
        "{} of {} to {}, {}; every life knows at each close what was known by then, and nothing before {}.",
        plural(data.sessions as u64, "session"),
        data.from,
        data.to,
        plural(data.records as u64, "record"),
        data.from
    )];
    if let Some(scenario) = data.scenarios.iter().find(|scenario| scenario.filter) {
        notes.push(format!(
            "{}. With the model, a pick is left when the model in use gives it less than the average chance of what it learned from.",
            plural(data.trained, "training")
        ));
        if scenario.without_features > 0 {
            notes.push(format!(
                "{} without features pass the filter unasked.",
                plural(scenario.without_features, "pick")
            ));
        }
    }
    if data.mismatches > 0 {
        notes.push(format!(
            "In {} of {} records the model is not the engine: what is at odds with the engine counts as it happened in every life. `dtlearn what-if` names them, --in-force says what the engine really ran on.",
            data.mismatches, data.records
        ));
    }
    if data.without_outcome > 0 {
        notes.push(format!(
            "{} without an outcome cannot be let in.",
            plural(data.without_outcome, "missed signal")
        ));
    }
    if data.without_costs > 0 {
        notes.push(format!(
            "{} without costs: set commission_bps and slippage_bps in dtlearn.toml, or what is let in looks too good.",
            plural(data.without_costs, "missed signal")
        ));
    }
    notes.push(format!(
        "{} held against the first, and the intervals are wider for it. 95 % intervals from a paired bootstrap by session, seed {BOOTSTRAP_SEED}, {RESAMPLES} resamples; man dtlearn-whatif(7).",
        plural(data.scenarios.len().saturating_sub(1) as u64, "life").replace("lifes", "lives")
    ));
    notes
}
