//! `record-exit` and `record-signal` as an engine and as a person use them.

use insta::assert_snapshot;

use crate::common::{Home, exit};

const MSFT: &str = r#"{"type":"exit","trade_id":"t1","symbol":"MSFT","side":"BUY","price":105.54,"entry_price":105.27,"qty":9,"timestamp":"2019-02-15T19:50:00Z","entry_timestamp":"2019-02-15T19:35:00Z"}"#;

#[test]
fn a_trade_is_recorded_once() {
    let home = Home::new();
    assert_snapshot!(home.seen(&["record-exit"], MSFT), @r"
    status 0
    --- out
    recorded 1 trade
    --- err
    ");
    assert_snapshot!(home.seen(&["record-exit"], MSFT), @r"
    status 0
    --- out
    1 already there
    --- err
    ");
    assert_eq!(home.json(&["report", "trades"])["count"], 1);
}

#[test]
fn a_trade_typed_by_hand() {
    let home = Home::new();
    let args = [
        "record-exit",
        "--symbol",
        "MSFT",
        "--side",
        "sell",
        "--entry-price",
        "105.27",
        "--exit-price",
        "104.27",
        "--qty",
        "3",
        "--exit-reason",
        "by hand",
    ];
    assert_snapshot!(home.seen(&args, ""), @r"
    status 0
    --- out
    recorded 1 trade
    --- err
    ");
    let trade = home.json(&["report", "trades"])["trades"][0].clone();
    assert_eq!(trade["side"], "SELL");
    assert!((trade["pnl"].as_f64().unwrap() - 3.0).abs() < 1e-9);
    assert_eq!(trade["exit_time"], crate::common::CLOSE);
    assert_eq!(trade["exit_reason"], "by hand");
    assert_eq!(trade["outcome"], "WIN");
}

#[test]
fn bad_lines_do_not_stop_good_ones() {
    let home = Home::new();
    let input = format!(
        "{MSFT}\nnot json\n{}\n",
        r#"{"symbol":"A","side":"BUY","entry_price":1,"price":-2,"timestamp":"2019-02-15T19:50:00Z"}"#
    );
    assert_snapshot!(home.seen(&["record-exit"], &input), @r"
    status 3
    --- out
    recorded 1 trade, 2 refused
    --- err
    [trade_analyzer] error: line 2 refused: not JSON at character 2
    [trade_analyzer] error: line 3 refused: exit_price is -2, a price is not below 0 unless [instruments] negative_prices says so
    hint: refused input is kept, with the reason, in ./da_brains/dt_learning/rejected/record-exit-2019-02-15.jsonl
    ");
    let kept = std::fs::read_to_string(home.store("rejected/record-exit-2019-02-15.jsonl")).unwrap();
    let kept: Vec<serde_json::Value> = kept.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((kept[0]["input"].as_str(), kept[1]["line"].as_u64()), (Some("not json"), Some(3)));
}

#[test]
fn nothing_but_bad_lines_is_a_failure() {
    let home = Home::new();
    assert_snapshot!(home.seen(&["record-exit"], "[1,2]"), @r"
    status 1
    --- out
    recorded 0 trades, 1 refused
    --- err
    [trade_analyzer] error: line 1 refused: a list where one JSON object was expected
    hint: refused input is kept, with the reason, in ./da_brains/dt_learning/rejected/record-exit-2019-02-15.jsonl
    ");
    assert_snapshot!(home.seen(&["record-exit"], "\n"), @r"
    status 1
    --- out
    --- err
    [trade_analyzer] error: nothing to record: the input is empty
    hint: pipe in a JSON object or JSON Lines, name a --file, or type the record with flags
    ");
    assert_snapshot!(home.seen(&["record-exit", "--never-fail"], "nonsense").lines().next().unwrap(), @"status 0");
}

#[test]
fn every_machine_form_parses_whole() {
    let home = Home::new();
    let run = |form: &str, id: &str| {
        let input = format!("{}\nnonsense", exit(id, 3.0, "2019-02-15T19:50:00Z"));
        home.dtlearn().args(["record-exit", "--format", form]).write_stdin(input).output().unwrap().stdout
    };
    let json: serde_json::Value = serde_json::from_slice(&run("json", "a")).unwrap();
    assert_eq!(json["schema"], "dtlearn.record-exit/2");
    assert_eq!((&json["stored"], &json["refusals"][0]["line"]), (&1.into(), &2.into()));
    let line: serde_json::Value = serde_json::from_slice(&run("jsonl", "b")).unwrap();
    assert_eq!(line["refused"], 1);
    assert_eq!(
        String::from_utf8(run("csv", "c")).unwrap(),
        "stored,already_there,legs,conflicts,disputed,refused,defaulted,spooled\n1,0,0,0,0,1,0,0\n"
    );
}

#[test]
fn a_record_too_long_is_refused_and_kept() {
    let home = Home::new();
    let long = MSFT.replace("\"t1\"", &format!("\"{}\"", "x".repeat(40_000)));
    let said = home.seen(&["record-exit"], &long);
    assert!(said.contains("40178 bytes long, a record has at most 32768"), "{said}");
    assert!(std::fs::metadata(home.store("rejected/record-exit-2019-02-15.jsonl")).unwrap().len() > 40_000);
}

#[test]
fn packed_input_is_unpacked() {
    use std::io::Write;
    let home = Home::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(exit("a", 2.0, "2019-02-15T19:50:00Z").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    std::fs::write(home.path("exits.jsonl.gz"), &packed).unwrap();
    let file = home.path("exits.jsonl.gz");
    assert!(home.seen(&["record-exit", "--file", file.to_str().unwrap()], "").contains("recorded 1 trade"));
    let piped = home.dtlearn().arg("record-exit").write_stdin(packed.clone()).output().unwrap();
    assert!(String::from_utf8_lossy(&piped.stdout).contains("1 already there"), "{piped:?}");
    let torn = home.dtlearn().arg("record-exit").write_stdin(&packed[..packed.len() - 9]).output().unwrap();
    assert!(!torn.status.success() && home.json(&["report", "trades"])["count"] == 1, "{torn:?}");
}

#[test]
fn warnings_are_said_and_the_trade_is_kept() {
    let home = Home::new();
    let odd = MSFT
        .replace("\"qty\":9", "\"qty\":9,\"vix\":NaN,\"pnl\":99,\"regime\":[1],\"mine\":{\"a\":Infinity}");
    assert_snapshot!(home.seen(&["record-exit"], &odd), @r"
    status 0
    --- out
    recorded 1 trade, 1 disputed: the stated result is not that of prices and costs
    --- err
    [trade_analyzer] warning: regime is a list, not text: kept under extra, the record goes without it
    [trade_analyzer] warning: vix is not a finite number; treated as missing
    [trade_analyzer] warning: pnl is 99, prices, quantity and costs give 2.43: the first is stored
    [trade_analyzer] warning: extra: 1 non-finite number stored as null
    ");
    let trade = home.json(&["report", "trades"])["trades"][0].clone();
    assert_eq!(trade["extra"]["regime"], serde_json::json!([1]));
    assert_eq!(trade["extra"]["mine"], serde_json::json!({"a": null}));
}

#[test]
fn an_event_that_is_no_exit_is_counted_and_passed_over() {
    let home = Home::new();
    let said = home.seen(&["record-exit"], &MSFT.replace("\"exit\"", "\"entry\""));
    assert_eq!(said, "status 0\n--- out\n1 other event passed over (1 entry)\n--- err\n");
}

#[test]
fn signals_are_recorded_once_each() {
    let home = Home::new();
    let text =
        String::from_utf8(crate::common::unpack(&crate::common::fixture("real/signals.jsonl.gz"))).unwrap();
    assert!(home.seen(&["record-signal"], &text).contains("recorded 858 signals\n"));
    assert!(home.seen(&["record-signal"], &text).contains("858 already there\n"));
    let kept = crate::common::unpack(&home.store("signals.jsonl.gz"));
    assert_eq!(kept.iter().filter(|byte| **byte == b'\n').count(), 858);
    let by_hand = home.seen(
        &["record-signal", "--symbol", "MSFT", "--side", "long", "--entry-price", "105", "--score", "11"],
        "",
    );
    assert!(by_hand.contains("score is 11, it must be from 0 to 10: kept under extra"), "{by_hand}");
}

#[test]
fn a_store_that_cannot_be_written_spools_and_the_next_record_drains() {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(exit("a", 1.0, "2019-02-15T19:50:00Z")).assert().success();
    // A folder in the place of the log: nothing can be appended.
    let log = home.store("trade_outcomes.jsonl.gz");
    std::fs::rename(&log, home.path("aside")).unwrap();
    std::fs::create_dir(&log).unwrap();
    assert_snapshot!(home.seen(&["record-exit"], &exit("b", 2.0, "2019-02-15T19:51:00Z")), @r"
    status 0
    --- out
    1 spooled
    --- err
    [trade_analyzer] warning: 1 record kept in the spool (./da_brains/dt_learning/spool), in no figure yet: ./da_brains/dt_learning/trade_outcomes.jsonl.gz: is a folder, not a regular file
    ");
    std::fs::remove_dir(&log).unwrap();
    std::fs::rename(home.path("aside"), &log).unwrap();
    let said = home.seen(&["report"], "");
    assert!(said.contains("warning: 1 record in the spool, not yet counted"), "{said}");
    assert_snapshot!(home.seen(&["record-exit"], &exit("c", 3.0, "2019-02-15T19:52:00Z")), @r"
    status 0
    --- out
    recorded 1 trade
    --- err
    [trade_analyzer] 1 record stored from the spool
    ");
    assert_eq!(home.json(&["report", "trades"])["count"], 3);
    assert_eq!(std::fs::read_dir(home.store("spool")).unwrap().count(), 0);
}

#[test]
fn a_held_lock_spools_within_the_engines_patience() {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(exit("a", 1.0, "2019-02-15T19:50:00Z")).assert().success();
    let lock = std::fs::File::options().write(true).open(home.store(".dtlearn/lock")).unwrap();
    lock.lock().unwrap();
    let said = home.seen(&["record-exit"], &exit("b", 2.0, "2019-02-15T19:51:00Z"));
    assert!(said.starts_with("status 0\n--- out\n1 spooled\n"), "{said}");
    let said = home.seen(&["analyze", "--lock-wait", "0.1"], "");
    assert!(said.starts_with("status 11\n"), "{said}");
    drop(lock);
    assert!(home.seen(&["analyze"], "").contains("1 record stored from the spool"));
    assert_eq!(home.json(&["report", "trades"])["count"], 2);
}

#[test]
fn the_spool_folder_of_the_environment_goes_first_and_is_drained() {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(exit("a", 1.0, "2019-02-15T19:50:00Z")).assert().success();
    let lock = std::fs::File::options().write(true).open(home.store(".dtlearn/lock")).unwrap();
    lock.lock().unwrap();
    let elsewhere = home.path("elsewhere");
    let record = |id: &str| {
        let input = exit(id, 2.0, "2019-02-15T19:51:00Z");
        let mut command = home.dtlearn();
        command.env("DTLEARN_SPOOL", &elsewhere).arg("record-exit").write_stdin(input);
        crate::common::seen(&mut command, &home)
    };
    assert!(record("b").contains("(HOME/elsewhere/"), "{}", record("b"));
    assert_eq!(std::fs::read_dir(home.store("spool")).map_or(0, Iterator::count), 0);
    drop(lock);
    assert!(record("c").contains("1 record stored from the spool"));
    assert_eq!(home.json(&["report", "trades"])["count"], 3);
}

#[test]
fn what_a_killed_command_left_behind_is_named_and_swept() {
    let home = Home::with_real_days();
    for name in
        [".performance_metrics.json.tmp", ".trade_outcomes.jsonl.gz.tmp", ".dtlearn/.checkpoint.outcomes.tmp"]
    {
        std::fs::write(home.store(name), "half").unwrap();
    }
    assert!(
        home.seen(&["doctor"], "")
            .contains(".trade_outcomes.jsonl.gz.tmp: left behind by a command that was killed")
    );
    home.dtlearn().arg("analyze").assert().success();
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n--- out\nNo problems found"));
}

/// Before a store is there it is known by the same path as afterwards: what was spooled then is found.
#[test]
fn what_was_spooled_before_the_store_was_there_is_drained() {
    let home = Home::new();
    std::fs::write(home.path("da_brains"), "a file in the place of the root").unwrap();
    let said = home.seen(&["record-exit"], &exit("a", 1.0, "2019-02-15T19:50:00Z"));
    assert!(
        said.starts_with("status 0\n--- out\n1 spooled\n") && said.contains("HOME/.local/state/"),
        "{said}"
    );
    std::fs::remove_file(home.path("da_brains")).unwrap();
    let said = home.seen(&["record-exit"], &exit("b", 1.0, "2019-02-15T19:51:00Z"));
    assert!(said.contains("1 record stored from the spool"), "{said}");
    assert_eq!(home.json(&["report", "trades"])["count"], 2);
}

/// A spool folder that others may write to could bring in trades that nobody made.
#[test]
fn a_spool_folder_that_others_may_write_to_is_not_read() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with_real_days();
    let lock = std::fs::File::options().write(true).open(home.store(".dtlearn/lock")).unwrap();
    lock.lock().unwrap();
    std::fs::write(home.store("spool"), "no folder").unwrap();
    let said = home.seen(&["record-exit"], &exit("a", 1.0, "2019-02-15T19:50:00Z"));
    assert!(said.contains("HOME/.local/state/dtlearn/spool/"), "{said}");
    drop(lock);
    let root = home.path(".local/state/dtlearn/spool");
    let folder = std::fs::read_dir(root).unwrap().next().unwrap().unwrap().path();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    home.dtlearn().arg("analyze").assert().success();
    assert_eq!(home.json(&["report", "trades"])["count"], 222);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    home.dtlearn().arg("analyze").assert().success();
    assert_eq!(home.json(&["report", "trades"])["count"], 223);
}

/// A mistake in a setting is an error for an operator; a trade goes in all the same.
#[test]
fn a_broken_setting_costs_no_trade() {
    let home = Home::with_real_days();
    std::fs::write(home.store("dtlearn.toml"), "capitol_usd = 5\n").unwrap();
    assert!(home.seen(&["report"], "").starts_with("status 2\n"));
    let said = home.seen(&["record-exit"], &exit("a", 1.0, "2019-02-15T19:50:00Z"));
    assert!(said.starts_with("status 0\n--- out\nrecorded 1 trade\n"), "{said}");
    assert!(said.contains("did you mean \"capital_usd\"?; ignored"), "{said}");
    let mut command = home.dtlearn();
    command.env("DTLEARN_LOCK_WAIT", "soon").arg("record-exit");
    let said = crate::common::seen(command.write_stdin(exit("b", 1.0, "2019-02-15T19:51:00Z")), &home);
    assert!(said.starts_with("status 0\n--- out\nrecorded 1 trade\n"), "{said}");
}

/// An engine writes on its pipe before it can know that the command makes no sense.
#[test]
fn a_stream_that_cannot_be_is_refused_line_by_line_and_kept() {
    let home = Home::new();
    let lines = [exit("a", 1.0, "2019-02-15T19:50:00Z"), exit("b", 1.0, "2019-02-15T19:51:00Z")];
    for desk in ["desks/a", "desks/b"] {
        home.dtlearn().args(["--root", desk, "record-exit"]).write_stdin(&*lines[0]).assert().success();
    }
    let rejected = home.path("desks/a/dt_learning/rejected/record-exit-2019-02-15.jsonl");
    for (args, status) in [
        (&["--root", "desks/*", "record-exit", "--stream"][..], 2),
        (&["--never-fail", "--root", "desks/*", "record-exit", "--stream"], 0),
        (&["--root", "desks/a", "--format", "env", "record-exit", "--stream"], 2),
        (&["--root", "desks/a", "--capital", "0", "record-exit", "--stream"], 2),
        (&["--root", "desks/a", "--never-fail", "--capital", "0", "record-exit"], 0),
    ] {
        let said = home.seen(args, &lines.join("\n"));
        assert!(said.starts_with(&format!("status {status}\n")), "{args:?}: {said}");
        let answers =
            said.lines().filter(|line| line.starts_with("{\"line\":") && line.contains("\"refused\":1"));
        assert_eq!(answers.count(), if args.contains(&"--stream") { 2 } else { 0 }, "{args:?}: {said}");
        let kept = std::fs::read_to_string(&rejected).unwrap();
        assert_eq!(kept.lines().count(), 2, "{args:?}: {kept}");
        std::fs::remove_file(&rejected).unwrap();
    }
    // Without a store to keep it in, it is said all the same.
    let said = home.seen(&["--root", "none/*", "record-fill", "--stream"], &lines.join("\n"));
    assert_eq!(said.lines().filter(|line| line.contains("\"refused\":1")).count(), 2, "{said}");
}
