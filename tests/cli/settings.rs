//! Settings from flags, the environment and the file.

use crate::common::Home;

#[test]
fn settings_go_flag_environment_file_default() {
    let home = Home::with_real_days();
    let capital = |command: &mut assert_cmd::Command| -> serde_json::Value {
        let output = command.args(["report", "--format", "json"]).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["capital_usd"].clone()
    };
    assert_eq!(capital(&mut home.dtlearn()), 10000.0);
    std::fs::write(home.store("dtlearn.toml"), "capital_usd = 20000\n").unwrap();
    assert_eq!(capital(&mut home.dtlearn()), 20000.0);
    assert_eq!(capital(home.dtlearn().env("DTLEARN_CAPITAL_USD", "30000")), 30000.0);
    assert_eq!(
        capital(home.dtlearn().env("DTLEARN_CAPITAL_USD", "30000").args(["--capital", "40000"])),
        40000.0
    );
    // The checkpoint was made for another capital: the file is rebuilt, not mixed.
    home.dtlearn().args(["analyze", "--capital", "5000"]).assert().success();
    let file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.store("performance_metrics.json")).unwrap()).unwrap();
    assert!((file["global_metrics"]["drawdown_pct"].as_f64().unwrap() - 145.16942 / 5000.0).abs() < 1e-6);
}

#[test]
fn a_wrong_setting_is_named_with_the_nearest_known() {
    let home = Home::with_real_days();
    for (text, message) in [
        ("capital = 1\n", "dtlearn.toml: there is no setting \"capital\", did you mean \"capital_usd\"?"),
        ("capital_usd = -1\n", "capital_usd: \"-1\" is not an amount from 1 to 1e15"),
        ("\nformat = \"xml\"\n", "format: \"xml\" is not table, json, jsonl, csv"),
        ("\ncapital_usd = \n", "dtlearn.toml:2: "),
    ] {
        std::fs::write(home.store("dtlearn.toml"), text).unwrap();
        let said = home.seen(&["report"], "");
        assert!(said.starts_with("status 2\n") && said.contains(message), "{text:?}: {said}");
    }
}
