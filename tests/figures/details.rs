//! R, excursions, execution and risk of the made quarter against `fixtures/golden/details.py`.

use serde_json::Value;

use crate::common::{Home, fixture, unpack};

fn near(name: &str, ours: &Value, golden: &Value) {
    let (Some(ours), Some(golden)) = (ours.as_f64(), golden.as_f64()) else {
        panic!("{name}: {ours} and {golden}");
    };
    assert!((ours - golden).abs() <= 1e-9 * golden.abs().max(1.0), "{name}: {ours}, golden {golden}");
}

#[test]
fn figures_of_details_are_those_of_an_independent_implementation() {
    let now = "2026-04-08T21:00:00Z";
    let home = Home::new();
    for command in ["signal", "exit"] {
        let text = unpack(&fixture(&format!("quarter/{command}s.jsonl.gz")));
        let mut run = home.dtlearn();
        run.env("DTLEARN_NOW", now).arg(format!("record-{command}")).write_stdin(text).assert().success();
    }
    let golden = std::fs::read_to_string(fixture("golden/details.json")).unwrap();
    let golden: Value = serde_json::from_str(&golden).unwrap();
    let report = |view: &str| home.json_at(now, &["report", view, "--days", "all"]);

    let found = report("excursions");
    assert_eq!(found["all"]["trades"], golden["trades"]);
    for (name, value) in golden["excursions"].as_object().unwrap() {
        near(name, &found["all"][name]["value"], value);
    }
    for (at, point) in ["p05", "p25", "p50", "p75", "p95"].iter().enumerate() {
        near(point, &found["distribution_r"]["points"][point], &golden["r_points"][at]);
    }

    let found = report("execution");
    let (all, expected) = (&found["all"], &golden["execution"]);
    near("gross", &all["gross"]["pnl"], &expected["gross_pnl"]);
    near("net", &all["net"]["pnl"], &expected["net_pnl"]);
    for name in ["costs", "turned"] {
        near(name, &all[name], &expected[name]);
    }
    for name in ["cost_pct", "break_even_cost_pct", "entry_slippage_pct", "stop_slippage_pct"] {
        near(name, &all[name]["value"], &expected[name]);
    }

    let found = report("risk");
    let expected = golden["risk"].as_object().unwrap();
    near("deepest_usd", &found["drawdowns"][0]["drawdown_usd"], &expected["deepest_usd"]);
    near("deepest_pct", &found["drawdowns"][0]["drawdown_pct"], &expected["deepest_pct"]);
    let rolling = found["rolling_20"].as_array().unwrap();
    near("sharpe", &rolling.last().unwrap()["sharpe_ratio"], &expected["sharpe_of_the_last_20"]);
    for name in [
        "sessions",
        "under_water_pct",
        "cvar_sessions_usd",
        "cvar_trades_pct",
        "tail_ratio",
        "ulcer_index",
        "calmar_ratio",
    ] {
        near(name, &found[name], &expected[name]);
    }
}
