//! `replay`: what the loop did for the engine, in a sentence that may be a hard one, and the scenarios side by side.

use serde_json::Value as Json;

use super::grid::{Cell, Column, Grid, View};
use super::missed_view::policy_note;
use super::replay_payload::payload;
use super::text::{plural, signed};
use super::what_if_text::{
    amount_text, ends, left_out_notes, losing_text, mean_text, per_trade, per_trade_interval, scenario_name,
};
use super::what_if_view::what_lifts;
use crate::metrics::Metric;
use crate::simulate::{BOOTSTRAP_SEED, Comparison, RESAMPLES, ReplayFacts, ScenarioFacts, Verdict};

/// What the account gained or lost, as a share of the capital.
fn share(value: f64, capital: f64) -> String {
    format!("{} %", signed(value / capital * 100.0, 2))
}

/// What became of the account, and how much of that is the amount traded.
fn account(facts: &ReplayFacts, compared: &Comparison) -> String {
    let pnl = compared.pnl.value.map_or("–".into(), |pnl| share(pnl, facts.capital));
    format!("net P&L {pnl} of the capital{}", amount_text(compared, |pnl| share(pnl, facts.capital)))
}

/// What a scenario did compared with the one whose knobs were left alone, in a sentence.
fn sentence(facts: &ReplayFacts, scenario: &ScenarioFacts, subject: &str) -> Option<String> {
    let compared = scenario.against_defaults.as_ref()?;
    let sessions = plural(compared.sessions as u64, "session");
    if compared.different == 0 {
        let moved = match scenario.moves.len() as u64 {
            0 => String::new(),
            moves => format!(", with {}", plural(moves, "move")),
        };
        return Some(format!("{subject} changed no result in {sessions}{moved}."));
    }
    let mean = mean_text(&compared.expectancy);
    let account = account(facts, compared);
    Some(match compared.verdict {
        Verdict::Better => {
            format!("{subject} made trades better in {sessions}: {mean}; {account}.")
        }
        Verdict::Worse => format!("{subject} made trades worse in {sessions}: {mean}; {account}."),
        Verdict::Unclear => {
            format!(
                "{subject} made trades neither clearly better nor worse in {sessions}: {mean}; {account}."
            )
        }
    })
}

/// What follows, the rules first.
pub fn replay_sentences(facts: &ReplayFacts) -> Vec<String> {
    let subjects = [
        ("rules", false, "The adjustments"),
        ("strict", false, "Under strict evidence the adjustments"),
        ("defaults", true, "The model's score as a filter"),
        ("rules", true, "The adjustments and the filter together"),
    ];
    let of = |(policy, filter, subject)| sentence(facts, facts.scenario(policy, filter)?, subject);
    let guard = facts.guarded().and_then(|scenario| {
        let said = sentence(facts, scenario, "The guard")?;
        let locked = scenario.locked;
        let kept = (locked > 0).then(|| format!(" It kept {} from being made.", plural(locked, "trade")));
        Some(said + &kept.unwrap_or_default())
    });
    let sized = facts.sized().and_then(|scenario| {
        if scenario.publications == 0 {
            let sessions = plural(facts.sessions as u64, "session");
            return Some(format!(
                "Multipliers of sizes were never published in {sessions}: every trade got 1.00."
            ));
        }
        sentence(facts, scenario, "Multipliers of sizes by context")
    });
    subjects.into_iter().filter_map(of).chain(guard).chain(sized).collect()
}

fn scenarios_grid(facts: &ReplayFacts) -> Grid {
    let columns = vec![
        Column::fixed("scenario", "Scenario", 0),
        Column::number("trades", "Trades", 0),
        Column::number("expectancy_pct", "Per trade", 0),
        Column::number("interval", "95 % interval", 0),
        Column::number("net_pnl", &format!("Net P&L ({})", facts.currency), 0),
        Column::number("drawdown_usd", "Drawdown", 1),
        Column::number("knob_moves", "Moves", 2),
        Column::number("knob_moves_reversed", "reversed", 3),
        Column::number("models_deployed", "Models", 2),
        Column::number("models_rolled_back", "rolled back", 3),
    ];
    let text = |text: Option<String>| text.map_or(Cell::Absent, Cell::Text);
    let rows = facts.scenarios.iter().map(|scenario| {
        let of =
            |metric: Metric, signed| Cell::metric(scenario.performance.get(metric), metric.unit(), signed);
        let model = |event: &str| {
            if scenario.filter { Cell::Count(scenario.count(event)) } else { Cell::Absent }
        };
        vec![
            Cell::Text(scenario_name(scenario)),
            Cell::Count(scenario.performance.trades()),
            text(scenario.performance.get(Metric::ExpectancyPct).ok().map(per_trade)),
            text(scenario.expectancy.map(per_trade_interval)),
            of(Metric::TotalPnl, true),
            of(Metric::DrawdownUsd, false),
            Cell::Count(scenario.moves.len() as u64),
            Cell::Count(scenario.reversed),
            model("deployed"),
            model("rolled_back"),
        ]
    });
    Grid { title: None, rows: rows.collect(), columns, empty: String::new() }
}

fn compared_grid(facts: &ReplayFacts) -> Grid {
    let columns = vec![
        Column::fixed("scenario", "Scenario", 0),
        Column::number("expectancy_difference", "Per trade", 0),
        Column::number("interval", "95 % interval", 0),
        Column::fixed("verdict", "Verdict", 0),
        Column::number("pnl_difference", &format!("Net P&L ({})", facts.currency), 0),
        Column::number("exposure_pnl_difference", "by amount", 0),
        Column::number("sessions_different", "n", 1),
    ];
    let text = |text: Option<String>| text.map_or(Cell::Absent, Cell::Text);
    let rows = facts.scenarios.iter().filter_map(|scenario| {
        let compared = scenario.against_defaults.as_ref()?;
        Some(vec![
            Cell::Text(scenario_name(scenario)),
            text(compared.expectancy.value.map(per_trade)),
            text(compared.expectancy.bounds().map(per_trade_interval)),
            Cell::Text(compared.verdict.as_str().into()),
            compared.pnl.value.map_or(Cell::Absent, Cell::Money),
            compared.exposure_pnl.map_or(Cell::Absent, Cell::Money),
            Cell::Count(compared.different as u64),
        ])
    });
    Grid {
        title: Some("Compared with the default knobs, without a model".into()),
        rows: rows.collect(),
        columns,
        empty: String::new(),
    }
}

/// A row a scenario for CSV and JSON Lines.
fn records_grid(facts: &ReplayFacts) -> Grid {
    let keys = [
        "trades",
        "net_pnl",
        "net_pnl_low",
        "net_pnl_high",
        "expectancy_pct",
        "expectancy_pct_low",
        "expectancy_pct_high",
        "drawdown_usd",
        "drawdown_usd_low",
        "drawdown_usd_high",
        "knob_moves",
        "knob_moves_reversed",
        "models_deployed",
        "models_rolled_back",
    ];
    let mut columns = vec![Column::fixed("scenario", "Scenario", 0)];
    columns.extend(keys.map(|key| Column::number(key, key, 1)));
    let rows = facts.scenarios.iter().map(|scenario| {
        let of =
            |metric: Metric, signed| Cell::metric(scenario.performance.get(metric), metric.unit(), signed);
        let model = |event: &str| {
            if scenario.filter { Cell::Count(scenario.count(event)) } else { Cell::Absent }
        };
        let mut row = vec![Cell::Text(scenario_name(scenario)), Cell::Count(scenario.performance.trades())];
        row.push(of(Metric::TotalPnl, true));
        row.extend(ends(scenario.pnl, Cell::Money));
        row.push(of(Metric::ExpectancyPct, true));
        row.extend(ends(scenario.expectancy, Cell::Change));
        row.push(of(Metric::DrawdownUsd, false));
        row.extend(ends(scenario.drawdown, Cell::Amount));
        row.extend([Cell::Count(scenario.moves.len() as u64), Cell::Count(scenario.reversed)]);
        row.extend([model("deployed"), model("rolled_back")]);
        row
    });
    Grid { title: None, rows: rows.collect(), columns, empty: String::new() }
}

/// Builds the view.
pub fn replay_view(facts: &ReplayFacts) -> View {
    let mut view = View { name: "replay", records: records_grid(facts), ..View::default() };
    let mut sentences = Vec::new();
    if facts.sessions == 0 {
        view.lead.push("No trade and no missed signal between these dates: leave --from and --to out to replay everything, or record some with `dtlearn record-exit`.".into());
    } else {
        sentences = replay_sentences(facts);
        let first = facts.scenarios.first();
        let losing = first.and_then(|first| losing_text(&first.performance, first.expectancy));
        view.lead = losing.into_iter().chain(sentences.iter().cloned()).collect();
        view.grids = vec![scenarios_grid(facts), compared_grid(facts)];
        view.notes = notes(facts);
    }
    view.payload = payload(facts);
    view.payload.insert("sentences".into(), Json::from(sentences));
    view
}

fn notes(facts: &ReplayFacts) -> Vec<String> {
    let mut notes = vec![format!(
        "{} from {} to {}, {}; every scenario knows at each close what was known by then, and nothing before {}.",
        plural(facts.sessions as u64, "session"),
        facts.from,
        facts.to,
        plural(facts.records as u64, "record"),
        facts.from
    )];
    if let Some(scenario) = facts.scenarios.iter().find(|scenario| scenario.filter) {
        notes.push(format!(
            "{} trained. With the model, a signal is left out when the model in use gives it less than the average chance of what it was trained on.",
            plural(facts.trained, "model")
        ));
        if scenario.without_features > 0 {
            notes.push(format!(
                "{} without features always pass the filter.",
                plural(scenario.without_features, "signal")
            ));
        }
    }
    if facts.mismatches > 0 {
        notes.push(format!(
            "{} of {} records do not fit the recorded knobs and are kept as they happened in every scenario. `dtlearn what-if` names them; if the engine ran on other knobs, say so with --in-force.",
            facts.mismatches, facts.records
        ));
    }
    notes.extend(left_out_notes(&facts.left_out));
    if facts.without_outcome > 0 {
        notes.push(format!(
            "{} without an outcome cannot be added.",
            plural(facts.without_outcome, "missed signal")
        ));
    }
    notes.extend(policy_note(&facts.holds));
    if facts.without_costs > 0 {
        notes.push(format!(
            "{} without costs: set commission_bps and slippage_bps in dtlearn.toml, or added trades look too good.",
            plural(facts.without_costs, "missed signal")
        ));
    }
    notes.push(format!(
        "{} compared with the first; the intervals are wider for it. 95 % intervals from a paired bootstrap by session, seed {BOOTSTRAP_SEED}, {RESAMPLES} resamples. The verdict is that of the mean result of a trade{}; man dtlearn-whatif(7).",
        plural(facts.scenarios.len().saturating_sub(1) as u64, "scenario"),
        what_lifts(facts.sized().is_some())
    ));
    notes
}
