//! `brain-adjust` and `report brain`: rules, values by hand, the way back, and what a change was followed by.

use dtlearn::domain::Date;
use serde_json::Value;

use crate::common::brain::{brain_path, brain_text, log};
use crate::common::{Home, exit, unpack};

#[test]
fn the_first_update_of_the_real_days_moves_two_knobs_once() {
    let home = Home::with_real_days();
    let dry = home.seen(&["brain-adjust", "--dry-run"], "");
    assert!(
        dry.contains("2 knobs would move: DT_EXEC_MIN_CONF 0.25 → 0.264, DT_STOP_LOSS_PCT 0.02 → 0.019"),
        "{dry}"
    );
    assert!(!brain_path(&home).exists() && !home.store("knob_adjustments.jsonl").exists());
    let as_of = home.seen(&["brain-adjust", "--as-of", "2019-02-15T21:05:00Z"], "");
    assert!(as_of.contains("would move") && !brain_path(&home).exists(), "{as_of}");

    let done = home.seen(&["brain-adjust"], "");
    assert!(done.starts_with("status 0\n--- out\n2 knobs moved: "), "{done}");
    let (brain, written) = (brain_text(&home), log(&home));
    assert_eq!(written.len(), 2);
    let stop = &written[1];
    assert_eq!((&stop["knob"], &stop["rule"]), (&"DT_STOP_LOSS_PCT".into(), &"small_losses".into()));
    assert_eq!(
        (stop["old"].as_f64(), stop["target"].as_f64(), stop["new"].as_f64()),
        (Some(0.02), Some(0.015), Some(0.019))
    );
    let because = &stop["because"][0];
    assert_eq!((because["metric"].as_str(), because["n"].as_u64()), (Some("avg_loss"), Some(145)));
    assert!(
        because["low"].as_f64() < because["value"].as_f64()
            && because["value"].as_f64() < because["high"].as_f64()
    );
    assert_eq!(stop["trades_until"], "2019-02-15T21:00:00Z");

    // Cron may try again.
    let again = home.seen(&["brain-adjust"], "");
    assert!(again.contains("The rules have already moved knobs on 2019-02-15; nothing changed"), "{again}");
    assert_eq!((brain_text(&home), log(&home)), (brain, written));
    // Forced, and on the next date, each is a step of its own: 0.8 · 0.019 + 0.2 · 0.015, and again.
    assert!(home.seen(&["brain-adjust", "--force"], "").contains("DT_STOP_LOSS_PCT 0.019 → 0.0182"));
    let idle = home.seen_at("2019-02-19T21:05:00Z", &["brain-adjust"]);
    assert!(idle.contains("No knob moves: no trade was closed since"), "{idle}");
    let tuesday = home.seen_at("2019-02-19T21:05:00Z", &["brain-adjust", "--force"]);
    assert!(tuesday.contains("DT_STOP_LOSS_PCT 0.0182 →") && tuesday.contains("small_losses"), "{tuesday}");
    let env = home.seen(&["report", "brain", "--format", "env"], "");
    assert!(
        env.starts_with(
            "status 0\n--- out\nDT_EXEC_MIN_CONF=0.28416\nDT_MAX_POSITIONS=3\nDT_STOP_LOSS_PCT=0.01756\n"
        ),
        "{env}"
    );
    let json = home.json(&["report", "brain"]);
    assert_eq!(json["knobs"]["DT_STOP_LOSS_PCT"]["current"], 0.01756);
    assert_eq!(json["knobs"]["DT_STOP_LOSS_PCT"]["diff"], -0.00244);
    assert_eq!(json["knobs"]["DT_STOP_LOSS_PCT"]["range"], serde_json::json!([0.01, 0.04]));
    assert_eq!(json["recent_adjustments"].as_array().unwrap().len(), 6);
    assert_eq!(json["last_update"], "2019-02-19T21:05:00Z");
    assert_eq!(home.json(&["report", "metrics"])["dt_brain_knobs"], json["knobs"]);
    // What was in force on Friday is still known.
    let friday = home.json(&["report", "brain", "--as-of", "2019-02-17T00:00:00Z"]);
    assert_eq!(friday["knobs"]["DT_STOP_LOSS_PCT"]["current"], 0.0182);
}

#[test]
fn nothing_moves_on_nine_trades_or_none() {
    let home = Home::new();
    assert!(home.seen(&["brain-adjust"], "").starts_with("status 10\n"));
    let trades = |count: usize| -> String {
        let of = |n: usize| exit(&format!("t{n}"), -1.0, &format!("2019-02-15T15:{n:02}:00Z"));
        (0..count).map(of).collect::<Vec<_>>().join("\n")
    };
    home.dtlearn().arg("record-exit").write_stdin(trades(9)).assert().success();
    let said = home.seen(&["brain-adjust"], "");
    assert!(said.contains("No knob moved: 9 trades in the last 7 days, and the rules need 10."), "{said}");
    assert!(!brain_path(&home).exists());
    home.dtlearn().arg("record-exit").write_stdin(trades(10)).assert().success();
    assert!(home.seen(&["brain-adjust"], "").contains("knobs moved"));
    assert!(brain_text(&home).contains("\"DT_MIN_TRADE_GAP_MINUTES\": 15"), "a new file holds every knob");
}

#[test]
fn by_hand_back_to_the_default_and_taken_back() {
    let home = Home::with_real_days();
    let set =
        home.seen(&["brain-adjust", "--set", "DT_MAX_POSITIONS=2", "--set", "dt_stop_loss_pct=0.03"], "");
    assert!(set.contains("2 knobs moved: DT_MAX_POSITIONS 3 → 2, DT_STOP_LOSS_PCT 0.02 → 0.03"), "{set}");
    for (args, words) in [
        (&["--set", "DT_MAX_POSITIONS=7"][..], "DT_MAX_POSITIONS cannot be 7: its range is 1 to 6"),
        (&["--set", "DT_MAX_POSITIONS=2.5"], "DT_MAX_POSITIONS cannot be 2.5: it is a whole number"),
        (
            &["--set", "confidence=0.5"],
            "there is no such knob: the knobs are DT_EXEC_MIN_CONF, DT_MAX_POSITIONS",
        ),
        (&["--set", "DT_MAX_POSITION=2"], "there is no such knob, did you mean \"DT_MAX_POSITIONS\"?"),
        (&["--set", "DT_MAX_POSITIONS=x"], "the value is not a number"),
        (&["--rollback", "0"], "0 is not in 1..=1000"),
    ] {
        let said = home.seen(&[&["brain-adjust"], args].concat(), "");
        assert!(said.starts_with("status 2\n") && said.contains(words), "{said}");
    }
    home.dtlearn().args(["brain-adjust"]).assert().success();
    // 0.8 · 0.03 + 0.2 · 0.015; taken back, and the update before it, which was by hand.
    assert_eq!(home.json(&["report", "brain"])["knobs"]["DT_STOP_LOSS_PCT"]["current"], 0.027);
    assert!(home.seen(&["brain-adjust", "--rollback"], "").contains("DT_STOP_LOSS_PCT 0.027 → 0.03"));
    assert!(home.seen(&["brain-adjust", "--rollback"], "").contains("DT_STOP_LOSS_PCT 0.03 → 0.02"));
    let none = home.seen(&["brain-adjust", "--rollback"], "");
    assert!(none.starts_with("status 1\n") && none.contains("there is no update to undo"), "{none}");
    assert_eq!(home.json(&["report", "brain"])["knobs"]["DT_MAX_POSITIONS"]["current"], 3.0);
    // Still one update by rules a date.
    assert!(home.seen(&["brain-adjust"], "").contains("already moved"));
    home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=5"]).assert().success();
    let reset = home.seen(&["brain-adjust", "--reset", "DT_MAX_POSITIONS"], "");
    assert!(reset.contains("1 knob moved: DT_MAX_POSITIONS 5 → 3"), "{reset}");
    assert!(home.seen(&["brain-adjust", "--reset"], "").contains("Nothing changed"));
    let sources: Vec<String> = log(&home).iter().map(|c| c["source"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        sources,
        ["set", "set", "rule", "rule", "rollback", "rollback", "rollback", "rollback", "set", "reset"]
    );
}

#[test]
fn strict_evidence_uses_no_trade_twice() {
    let home = Home::with_real_days();
    std::fs::write(home.store("dtlearn.toml"), "[brain]\nevidence = \"strict\"\n").unwrap();
    let first = home.seen(&["brain-adjust", "--wide"], "");
    assert!(
        first.contains("3 knobs moved")
            && first.contains("losing_month: expectancy_pct -0.07 % < 0.00 % (n 222, -0.09 % to -0.04 %)"),
        "an interval is beyond its line: {first}"
    );
    // A trade that is new calls for an update, and is all that rules may look at whose knobs have moved.
    let new = exit("new", -10.0, "2019-02-19T15:00:00Z");
    home.dtlearn()
        .env("DTLEARN_NOW", "2019-02-19T21:00:00Z")
        .arg("record-exit")
        .write_stdin(new)
        .assert()
        .success();
    let tuesday = "2019-02-19T21:05:00Z";
    let dry = home.seen_at(tuesday, &["brain-adjust", "--dry-run", "--evidence", "point", "--wide"]);
    assert!(
        dry.contains("DT_STOP_LOSS_PCT 0.019 → 0.0182"),
        "by points the same trades move it again: {dry}"
    );
    let next = home.seen_at(tuesday, &["brain-adjust", "--explain"]);
    assert!(next.contains("  1 of 10 trades: small_losses → 0.015\n"), "{next}");
    assert!(next.contains("  1 of 10 trades: losing_month → 700\n"), "{next}");
    assert!(next.contains("No knob moved: no rule fired"), "{next}");
}

#[test]
fn symbols_with_enough_trades_have_values_of_their_own() {
    let home = Home::with_real_days();
    std::fs::write(home.store("dtlearn.toml"), "[brain]\nsymbol_trades = 12\n").unwrap();
    let said = home.seen(&["brain-adjust", "--per-symbol", "--wide"], "");
    assert!(said.contains("DT_STOP_LOSS_PCT "), "{said}");
    let brain: Value = serde_json::from_str(&brain_text(&home)).unwrap();
    let symbols = brain["symbols"].as_object().unwrap();
    assert!(!symbols.is_empty());
    let trades = unpack(&home.store("trade_outcomes.jsonl.gz"));
    for (symbol, entry) in symbols {
        let n = String::from_utf8_lossy(&trades).matches(&format!("\"symbol\":\"{symbol}\"")).count();
        assert!(n >= 12, "{symbol} has {n}");
        // Common 0.019 after its own step; own 0.8 · 0.019 + 0.2 · 0.015; drawn by n / (n + 12).
        let want = 0.019 + n as f64 / (n as f64 + 12.0) * (0.0182 - 0.019);
        assert!(
            (entry["knobs"]["DT_STOP_LOSS_PCT"].as_f64().unwrap() - want).abs() < 1e-9,
            "{symbol} {entry}"
        );
    }
    let symbol = symbols.keys().next().unwrap();
    let own = home.seen(&["report", "brain", "--symbol", symbol, "--format", "env"], "");
    assert!(own.contains("DT_STOP_LOSS_PCT=0.018"), "{own}");
    assert!(
        home.seen(&["report", "brain", "--symbol", "NONE"], "").contains("NONE has no values of its own")
    );
    // Without trades of their own they lose them, and that is on record.
    let later = home.seen_at("2019-05-01T21:05:00Z", &["brain-adjust", "--per-symbol", "--force"]);
    assert!(later.contains("0 trades of its own"), "{later}");
    let brain: Value = serde_json::from_str(&brain_text(&home)).unwrap();
    assert_eq!(brain["symbols"], serde_json::json!({}));
}

/// What is said of changes on `moves` Fridays, a fortnight apart, after each of which trades make `swing` USD more than
/// before it, and what of the last of them.
fn effects(swing: f64, moves: usize) -> (String, Value) {
    let home = Home::new();
    let (first, holidays) = ("2019-01-07".parse::<Date>().unwrap(), ["2019-01-21", "2019-02-18"]);
    let day = |n: u64| first + chrono::Days::new(n);
    let trades: Vec<String> = (0..84)
        .filter(|n| n % 7 < 5 && !holidays.contains(&day(*n).to_string().as_str()))
        .flat_map(|n| {
            let level = if n / 7 % 2 == 1 { swing / 2.0 } else { -swing / 2.0 } + (n % 5) as f64 / 2.0 - 1.0;
            [30.0, -25.0, -5.0].into_iter().enumerate().map(move |(at, own)| {
                exit(&format!("{n}-{at}"), level + own, &format!("{}T15:{at:02}:00Z", day(n)))
            })
        })
        .collect();
    let end = "2019-04-01T21:05:00Z";
    home.dtlearn()
        .env("DTLEARN_NOW", end)
        .arg("record-exit")
        .write_stdin(trades.join("\n"))
        .assert()
        .success();
    for friday in (0..moves as u64).map(|n| day(14 * n + 4)) {
        let said = home.seen_at(&format!("{friday}T21:05:00Z"), &["brain-adjust", "--wide"]);
        assert!(said.contains("DT_STOP_LOSS_PCT 0.0"), "{said}");
    }
    let json = home.json_at(end, &["report", "brain", "--effects"]);
    let of_losses = |effect: &&Value| effect["change"]["rule"] == "small_losses";
    let last = json["effects"].as_array().unwrap().iter().find(of_losses).unwrap().clone();
    (home.seen_at(end, &["report", "brain", "--effects"]), last)
}

/// A week that makes a rule fire is followed by another one in any case: what the move brought is what is beyond that.
#[test]
fn effects_compare_with_sessions_on_which_nothing_moved() {
    let (said, last) = effects(20.0, 6);
    assert_eq!(
        (&last["trades_before"], &last["trades_after"], &last["sessions_moved"]),
        (&15.into(), &15.into(), &6.into())
    );
    assert!(last["sessions_stayed"].as_u64() > Some(40), "{last}");
    assert_eq!(last["verdict"], "better", "{last}");
    // 20 USD on a position of 10,000 before and after, whatever the verdict.
    let (low, high) = (
        last["expectancy_pct"]["difference_low"].as_f64().unwrap(),
        last["expectancy_pct"]["difference_high"].as_f64().unwrap(),
    );
    assert!(low <= 0.002 && 0.002 <= high + 1e-12 && high - low < 3e-4, "{low} {high}");
    assert!(said.contains("are by rules whose moves made a clear difference"), "{said}");
    let (said, last) = effects(0.0, 6);
    assert_eq!(last["verdict"], "unclear", "{last}");
    assert!(said.contains("No change is known to have helped or hurt"), "{said}");
    let (said, last) = effects(20.0, 5);
    assert_eq!((&last["verdict"], &last["sessions_moved"]), (&"cannot tell".into(), &5.into()), "it takes 6");
    assert!(said.contains("No change is known to have helped or hurt"), "{said}");
}

#[test]
fn settings_change_the_table_and_bad_ones_are_named() {
    let home = Home::with_real_days();
    std::fs::write(home.store("dtlearn.toml"), "[rules.small_losses]\ntarget = 0.05\n").unwrap();
    let said = home.seen(&["brain-adjust"], "");
    assert!(said.starts_with("status 2\n"), "{said}");
    assert!(said.contains("dtlearn.toml: rule small_losses: the target 0.05 lies outside the range of DT_STOP_LOSS_PCT, 0.01 to 0.04"), "{said}");
    std::fs::write(home.store("dtlearn.toml"), "[brain]\nsmoothing = 0.5\n[knobs.DT_EXEC_MIN_CONF]\nhigh = 0.5\n[rules.low_win_rate]\nwin_rate = 0.3\n").unwrap();
    let said = home.seen(&["brain-adjust"], "");
    assert!(said.contains("1 knob moved: DT_STOP_LOSS_PCT 0.02 → 0.0175"), "{said}");
    assert_eq!(home.json(&["report", "brain"])["knobs"]["DT_EXEC_MIN_CONF"]["range"][1], 0.5);
    let only = home.seen_at(
        "2019-02-19T21:05:00Z",
        &["brain-adjust", "--force", "--knob", "DT_MAX_POSITIONS", "--regime", "volatile"],
    );
    assert!(only.contains("1 knob moved: DT_MAX_POSITIONS 3 → 2.5"), "{only}");
    let env = home.seen(&["report", "--format", "env"], "");
    assert!(env.starts_with("status 2\n") && env.contains("dtlearn report brain --format env"), "{env}");
}

#[test]
fn a_look_back_starts_from_the_knobs_of_then() {
    let home = Home::with_real_days();
    home.dtlearn().arg("brain-adjust").assert().success();
    home.dtlearn()
        .args(["brain-adjust", "--force"])
        .env("DTLEARN_NOW", "2019-02-16T21:05:00Z")
        .assert()
        .success();
    let then =
        home.seen_at("2019-02-17T21:05:00Z", &["brain-adjust", "--force", "--as-of", "2019-02-16T12:00:00Z"]);
    assert!(then.contains("DT_STOP_LOSS_PCT  0.019  0.0182       0.0182"), "{then}");
    for (args, words) in [
        (
            &["--set", "DT_MAX_POSITIONS=2", "--set", "DT_MAX_POSITIONS=4"][..],
            "DT_MAX_POSITIONS is set twice",
        ),
        (&["--regime", " "], "--regime takes a word"),
    ] {
        let said = home.seen(&[&["brain-adjust"], args].concat(), "");
        assert!(said.starts_with("status 2\n") && said.contains(words), "{said}");
    }
    let odd = home.seen(&["brain-adjust", "--dry-run", "--force", "--regime", "rnage"], "");
    assert!(odd.contains("no rule looks at regime \"rnage\": volatile and range do"), "{odd}");
    assert!(
        home.seen(&["brain-adjust", "--dry-run", "--force", "--regime", "RANGE"], "").contains("range_stop")
    );
    home.seen(&["report", "brain", "-o", "knobs.env"], "");
    assert!(std::fs::read_to_string(home.path("knobs.env")).unwrap().starts_with("DT_EXEC_MIN_CONF="));
}
