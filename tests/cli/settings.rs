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

/// A future of which the settings say that its contract is 50 units.
const FUTURE: &str = r#"{"symbol":"ESZ5","side":"BUY","entry_price":6000,"price":6001,"timestamp":"2019-02-15T19:50:00Z","qty":1}"#;
const RULE: &str = "[instruments.\"ES*\"]\nmultiplier = 50\n";

/// A store without records, with these settings.
fn with_settings(text: &str) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("dtlearn.toml"), text).unwrap();
    home
}

/// The results that are stored.
fn results(home: &Home) -> Vec<f64> {
    let said = home.dtlearn().args(["export", "--format", "jsonl"]).output().unwrap();
    let lines = String::from_utf8(said.stdout).unwrap();
    let pnl = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["pnl"].as_f64().unwrap();
    lines.lines().map(pnl).collect()
}

#[test]
fn a_bad_setting_costs_an_engine_that_setting_alone() {
    for (bad, named) in [
        ("capital_usd = -1\n", "capital_usd: \"-1\""),
        ("[model]\nretrain = 7\n", "model.retrain: \"7\""),
        ("[guard]\nenabled = true\n[guard.day_loss]\nlimit_frac = 2\n", "guard.day_loss.limit_frac: 2"),
        ("[knobs.DT_STOP_LOS_PCT]\nlow = 0.03\n", "there is no knob \"DT_STOP_LOS_PCT\""),
        ("notify = 5\n", "notify: \"5\""),
        ("no_such_thing_at_all = 1\n", "there is no setting \"no_such_thing_at_all\""),
    ] {
        // What stands behind a bad setting, or in front of it, counts.
        for text in [format!("{bad}{RULE}"), format!("never_fail = false\n{bad}{RULE}[size]\nexplore = 9\n")]
        {
            let home = with_settings(&text);
            let said = home.seen(&["record-exit"], FUTURE);
            assert!(said.starts_with("status 0\n") && said.contains(named), "{text}: {said}");
            std::fs::write(home.store("dtlearn.toml"), RULE).unwrap();
            assert_eq!(results(&home), [50.0], "{text}: {said}");
            // A limit is not asked for that may be another one than was meant.
            assert!(!home.store("guard.json").exists(), "{text}");
        }
    }
    let home = with_settings("capital_usd = -1\n");
    home.seen(&["record-exit"], FUTURE);
    assert!(!home.store("performance_metrics.json").exists(), "drawdowns are shares of the capital");
}

#[test]
fn a_record_whose_result_rests_on_a_bad_setting_waits_until_it_is_mended() {
    for bad in [
        format!("{RULE}[instruments.\"NQ*\"]\nmultiplier = 0\n"),
        format!("{RULE}currency = 7 7\n"),
        RULE.replace("instruments", "instrumens"),
        format!("{RULE}[intake]\nmap = 5\n"),
        format!("{RULE}[market]\ncalendar = \"NOPE\"\n"),
        "not TOML at all [".to_owned(),
    ] {
        let home = with_settings(&bad);
        // Two equal trades of one call are two.
        let said = home.seen(&["record-exit"], &format!("{FUTURE}\n{FUTURE}\nno record\n"));
        assert!(said.starts_with("status 3\n") && said.contains("2 spooled"), "{bad}: {said}");
        let fill = r#"{"symbol":"ESZ5","side":"BUY","price":6000,"qty":1,"time":"2019-02-15T19:50:00Z"}"#;
        assert!(home.seen(&["record-fill"], fill).contains("1 spooled"), "{bad}");
        assert!(home.seen(&["report"], "").starts_with("status 2\n"), "other commands name the key");
        // The next call of an engine leaves them where they are as long as that is so.
        home.seen(&["--never-fail", "record-exit"], &FUTURE.replace("19:50", "19:55"));
        std::fs::write(home.store("dtlearn.toml"), RULE).unwrap();
        assert_eq!(results(&home), [0.0; 0], "{bad}");
        home.dtlearn().arg("analyze").assert().success();
        assert_eq!(results(&home), [50.0; 3], "{bad}");
        assert_eq!(std::fs::read_dir(home.store("spool")).unwrap().count(), 0, "{bad}");
    }
}

#[test]
fn what_waited_and_is_refused_at_last_is_kept_with_its_reason() {
    let home = with_settings("[instruments]\nmultiplier = 0\n");
    home.seen(&["record-exit"], &FUTURE.replace("6000", "-6000"));
    std::fs::write(home.store("dtlearn.toml"), "").unwrap();
    let said = home.seen(&["record-exit"], FUTURE);
    assert!(
        said.starts_with("status 0\n")
            && said.contains("waited in the spool is refused: entry_price is -6000"),
        "{said}"
    );
    let kept = std::fs::read_to_string(home.store("rejected/spool-2019-02-15.jsonl")).unwrap();
    assert!(kept.contains("-6000"), "{kept}");
    assert_eq!((results(&home), std::fs::read_dir(home.store("spool")).unwrap().count()), (vec![1.0], 0));
}

#[test]
fn very_many_mistakes_cost_an_engine_no_time() {
    let rules: String = (0..2_000).map(|n| format!("[instruments.\"S{n}\"]\nmultiplier = 0\n")).collect();
    let home = with_settings(&rules);
    let began = std::time::Instant::now();
    assert!(home.seen(&["record-exit"], FUTURE).contains("1 spooled"));
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
}
