//! `replay` as JSON.

use serde_json::{Map, Value as Json, json};

use super::what_if_payload::{comparison_json, figures_json};
use super::what_if_text::{left_out_json, scenario_name};
use crate::simulate::{BOOTSTRAP_SEED, RESAMPLES, ReplayFacts, ScenarioFacts};

fn scenario_json(scenario: &ScenarioFacts) -> Json {
    let interval =
        |ends: Option<(f64, f64)>| json!({"low": ends.map(|ends| ends.0), "high": ends.map(|ends| ends.1)});
    let mut out = Map::new();
    for (key, value) in [
        ("scenario", Json::from(scenario_name(scenario))),
        ("knobs", scenario.policy.into()),
        ("model_filter", scenario.filter.into()),
        ("guard", scenario.guard.into()),
        ("locked", scenario.locked.into()),
        ("multipliers", scenario.multipliers.into()),
        ("publications", scenario.publications.into()),
        ("figures", figures_json(&scenario.performance)),
        ("net_pnl_interval", interval(scenario.pnl)),
        ("expectancy_pct_interval", interval(scenario.expectancy)),
        ("drawdown_usd_interval", interval(scenario.drawdown)),
        ("knob_moves", scenario.moves.len().into()),
        ("knob_moves_reversed", scenario.reversed.into()),
        ("models_deployed", scenario.count("deployed").into()),
        ("models_rejected", scenario.count("rejected").into()),
        ("models_rolled_back", scenario.count("rolled_back").into()),
        ("vetoed", scenario.vetoed.into()),
        ("signals_without_features", scenario.without_features.into()),
        ("against_defaults", scenario.against_defaults.as_ref().map(comparison_json).into()),
        ("moves", json!(scenario.moves)),
        ("models", json!(scenario.events)),
        ("daily", scenario.daily.iter().map(|(pnl, n)| json!({"pnl": pnl, "trades": n})).collect()),
    ] {
        out.insert(key.into(), value);
    }
    Json::Object(out)
}

/// The payload of the view, but for its sentences.
pub(super) fn payload(facts: &ReplayFacts) -> Map<String, Json> {
    let mut out = Map::new();
    for (key, value) in [
        ("from", Json::from(facts.from.as_str())),
        ("to", facts.to.as_str().into()),
        ("sessions", facts.sessions.into()),
        ("records", facts.records.into()),
        ("mismatches", facts.mismatches.into()),
        ("left_out", left_out_json(&facts.left_out)),
        ("capital_usd", facts.capital.into()),
        ("currency", facts.currency.as_str().into()),
        ("seed", BOOTSTRAP_SEED.into()),
        ("resamples", RESAMPLES.into()),
        ("variants_looked_at", facts.scenarios.len().saturating_sub(1).into()),
        ("models_trained", facts.trained.into()),
        ("verdict", facts.verdict().as_str().into()),
        ("dates", json!(facts.dates)),
        ("scenarios", facts.scenarios.iter().map(scenario_json).collect()),
    ] {
        out.insert(key.into(), value);
    }
    out
}
