//! What the records of an experiment are counted for, and what not: in the shadow, in what-if, and without an arm.

use dtlearn::domain::{Calendar, ExperimentUnit};
use serde_json::Value;

use crate::common::Home;
use crate::common::experiment_store::{Engine, dates, evening, halves};
use crate::experiments::{STARTS, plan, standing, store};
use crate::markets::prices;

fn send(home: &Home, now: &str, command: &str, lines: String) {
    home.dtlearn().env("DTLEARN_NOW", now).arg(command).write_stdin(lines).assert().success();
}

/// The bars of a session's symbols: up by `moved` an hour after the open, and there until the close.
fn rise(home: &Home, moved: f64) {
    let rows: Vec<(String, f64)> = (0..84)
        .map(|at| {
            let minute = 13 * 60 + 30 + at * 5;
            let price = if at < 18 { 100.0 } else { 100.0 * (1.0 + moved) };
            (format!("{STARTS}T{:02}:{:02}:00Z", minute / 60, minute % 60), price)
        })
        .collect();
    let rows: Vec<(&str, f64)> = rows.iter().map(|(at, price)| (at.as_str(), *price)).collect();
    prices(home, "MSFT", &rows);
}

#[test]
fn an_arm_in_the_shadow_is_priced_and_counts_nowhere_else() {
    let (home, now) = store(12);
    let said =
        plan(&home, &now, "wide --arms A,B --unit shadow --min-effect 0.5% --knob DT_STOP_LOSS_PCT=0.03");
    assert!(said.contains("wide is planned"), "{said}");
    // What a signal can win or lose under either arm: a stop of 3 % against a target of 4 %.
    let plan_json = &standing(&home, &now, "wide")["plan"];
    assert!(plan_json["clip"].as_f64().unwrap() >= 0.07, "{plan_json}");
    let before = home.json_at(&now, &["what-if", "DT_MAX_POSITIONS=2", "--days", "all"]);
    // Two signals that the engine refused under its first arm, and four of the second one.
    let line = |at: usize, reason: &str, arm: &str| {
        format!(
            "{{\"signal_id\":\"{reason}-{at}\",\"symbol\":\"MSFT\",\"side\":\"LONG\",\"timestamp\":\"{STARTS}T14:0{at}:00Z\",\"price\":100,\"confidence\":0.7,\"reason\":\"{reason}\",\"experiment\":\"wide\",\"variant\":\"{arm}\",\"features\":{{\"score\":{at}}}}}\n"
        )
    };
    let lines =
        (0..4).map(|at| line(at, "shadow", "B")).chain((0..2).map(|at| line(at, "max_positions", "A")));
    let evening = evening(STARTS.parse().unwrap());
    send(&home, &evening, "track-missed", lines.collect());
    assert_eq!(standing(&home, &evening, "wide")["sessions_waiting"], 1);
    rise(&home, 0.01);
    home.dtlearn()
        .env("DTLEARN_NOW", &evening)
        .args(["analyze", "--prices", "prices.csv"])
        .assert()
        .success();
    let missed = home.json_at(&evening, &["report", "missed"]);
    assert_eq!(missed["patterns"]["total_evaluated"], 2, "{missed}");
    let found = standing(&home, &evening, "wide");
    // Two signals of A that were not traded; four of B that would have won 1 % each.
    assert_eq!((&found["sessions"], &found["sessions_waiting"]), (&1.into(), &0.into()), "{found}");
    let arms = &found["arms"];
    assert_eq!((&arms[0]["traded"], &arms[1]["traded"], &arms[1]["wins"]), (&0.into(), &4.into(), &4.into()));
    let difference = found["compared"][0]["difference"].as_f64().unwrap();
    assert!((difference - 0.01).abs() < 1e-9, "{difference}");
    // Only the two refused ones could have been let in, under other knobs as well.
    let after = home.json_at(&evening, &["what-if", "DT_MAX_POSITIONS=2", "--days", "all"]);
    let records = |answer: &Value| answer["model"]["records"].as_u64().unwrap();
    assert!(
        records(&before) > 400 && records(&after) == records(&before) + 2,
        "{}",
        after["model"]["records"]
    );
    assert_eq!(after["left_out"], serde_json::json!([]), "the engine ran on its own knobs");
}

#[test]
fn what_if_and_replay_leave_out_records_on_other_knobs() {
    let (home, now) = store(4);
    plan(&home, &now, "places --arms A,B --unit session --min-effect 1% --knob DT_MAX_POSITIONS=2");
    let assignment = halves("places", ExperimentUnit::Session, STARTS);
    let during = dates(STARTS, 7);
    let engine = Engine { seed: 3, signals: 4, effect: 0.0 };
    engine.record(&home, &during, None, |_, _| 0);
    let calendar = Calendar::xnys();
    let of_b = |date: &&chrono::NaiveDate| assignment.of_session(**date, &calendar) == Some(1);
    let b_days: Vec<String> = during.iter().filter(of_b).map(|date| format!("\"t-{date}-")).collect();
    let (_, exits) = engine.lines(&during, None, |_, _| 0);
    let of_b = exits.lines().filter(|exit| b_days.iter().any(|day| exit.contains(day))).count();
    let now = evening(during[6]);
    let left_out = |line: &[&str]| home.json_at(&now, line)["left_out"].clone();
    let wanted = serde_json::json!([{"experiment": "places", "records": of_b}]);
    assert_eq!(left_out(&["what-if", "DT_STOP_LOSS_PCT=0.03", "--days", "all"]), wanted);
    let replayed = home.json_at(&now, &["replay", "--without-model"]);
    assert_eq!(replayed["left_out"], wanted);
    let said = home.seen_at(&now, &["what-if", "DT_STOP_LOSS_PCT=0.03"]).replace('\n', " ");
    assert!(
        of_b > 1 && said.contains(&format!("{of_b} records of the experiment places are left out")),
        "{said}"
    );
    // The knob that an arm sets is named where knobs are looked at.
    let knobs = home.json_at(&now, &["report", "knobs"]);
    assert_eq!(knobs["knobs"]["DT_MAX_POSITIONS"]["experiment"], "places", "{knobs}");
    let said = home.seen_at(&now, &["report", "knobs"]).replace('\n', " ");
    assert!(said.contains("DT_MAX_POSITIONS belongs to the running experiment places"), "{said}");
}

#[test]
fn a_trade_without_an_arm_gets_that_of_its_signal() {
    let (home, now) = store(12);
    plan(&home, &now, "tight --arms A,B --unit signal --min-effect 0.3%");
    let engine = Engine { seed: 2, signals: 12, effect: 0.0 };
    let during = dates(STARTS, 1);
    let assignment = halves("tight", ExperimentUnit::Signal, STARTS);
    let (signals, exits) = engine.lines(&during, Some("tight"), |id, _| assignment.of_signal(id));
    let missed = format!(
        "{{\"signal_id\":\"{STARTS}-0\",\"symbol\":\"MSFT\",\"side\":\"LONG\",\"timestamp\":\"{STARTS}T15:00:00Z\",\"price\":100,\"confidence\":0.7,\"reason\":\"max_positions\"}}\n"
    );
    let unknown = exits.lines().next().unwrap().replace(STARTS, "2026-03-30").replace("-03-30T", "-03-31T");
    let now = evening(during[0]);
    send(&home, &now, "record-signal", signals);
    for (command, lines) in [("record-exit", format!("{exits}{unknown}\n")), ("track-missed", missed)] {
        send(&home, &now, command, lines);
    }
    let lines = |name: &str| -> Vec<Value> {
        let text = String::from_utf8(crate::common::unpack(&home.store(name))).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let trades: Vec<Value> = lines("trade_outcomes.jsonl.gz")
        .into_iter()
        .filter(|trade| trade["exit_time"].as_str().unwrap().starts_with(STARTS))
        .collect();
    let with_arm: Vec<&Value> = trades.iter().filter(|trade| trade["experiment"] == "tight").collect();
    assert_eq!(with_arm.len(), exits.lines().count(), "all but the one whose signal is not on record");
    for trade in with_arm {
        let arm = assignment.of_signal(trade["signal_id"].as_str().unwrap());
        assert_eq!(trade["variant"], ["A", "B"][arm], "{trade}");
    }
    let missed = &lines("missed_signals.jsonl.gz")[0];
    let arm = assignment.of_signal(&format!("{STARTS}-0"));
    assert_eq!((&missed["experiment"], &missed["variant"]), (&"tight".into(), &["A", "B"][arm].into()));
}

#[test]
fn every_session_has_each_arm_on_half_of_the_symbols() {
    let (home, now) = store(12);
    plan(&home, &now, "halves --arms A,B --unit symbol-session --min-effect 1%");
    let planned = &standing(&home, &now, "halves")["plan"];
    assert_eq!(planned["symbols"].as_array().unwrap().len(), 4, "{planned}");
    for date in dates(STARTS, 3) {
        let arms = ["AAPL", "AMZN", "MSFT", "NVDA"].map(|symbol| {
            let asked = ["experiment", "arm", "halves", "--symbol", symbol, "--session", &date.to_string()];
            home.json_at(&now, &asked)["variant"].as_str().unwrap().to_owned()
        });
        assert_eq!(arms.iter().filter(|arm| *arm == "B").count(), 2, "{date} {arms:?}");
    }
    // Where a share is asked for, each symbol is drawn by itself.
    plan(&home, &now, "drawn --arms A,B --unit symbol-session --min-effect 1% --share 0.3");
    assert!(standing(&home, &now, "drawn")["plan"]["symbols"].is_null());
}

#[test]
fn a_trade_that_is_sent_again_is_there_whether_or_not_it_got_an_arm() {
    let (home, now) = store(12);
    plan(&home, &now, "tight --arms A,B --unit signal --min-effect 0.3%");
    let engine = Engine { seed: 2, signals: 12, effect: 0.0 };
    let during = dates(STARTS, 1);
    let assignment = halves("tight", ExperimentUnit::Signal, STARTS);
    let (signals, exits) = engine.lines(&during, Some("tight"), |id, _| assignment.of_signal(id));
    let now = evening(during[0]);
    let (first, rest) = exits.split_once('\n').unwrap();
    let again = |lines: &str, count: usize| {
        let mut command = home.dtlearn();
        command.env("DTLEARN_NOW", &now).args(["record-exit", "--format", "json"]);
        let output = command.write_stdin(lines.to_owned()).output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&said["already_there"], &said["conflicts"]), (&count.into(), &0.into()), "{said}");
    };
    // One trade comes before its signal and has no arm, the others come after theirs.
    send(&home, &now, "record-exit", first.to_owned());
    send(&home, &now, "record-signal", signals);
    send(&home, &now, "record-exit", rest.to_owned());
    again(&exits, exits.lines().count());
    home.dtlearn()
        .env("DTLEARN_NOW", &now)
        .args(["experiment", "stop", "tight", "--keep", "A", "--why", "over"])
        .assert()
        .success();
    again(&exits, exits.lines().count());
    // Another arm is another record, and is kept as it was sent.
    let wrong = first.replace("\"symbol\"", "\"experiment\":\"tight\",\"variant\":\"C\",\"symbol\"");
    let known = rest.lines().next().unwrap();
    let other = known.replace("\"symbol\"", "\"experiment\":\"tight\",\"variant\":\"C\",\"symbol\"");
    again(&wrong, 1);
    home.dtlearn().env("DTLEARN_NOW", &now).arg("record-exit").write_stdin(other).assert().code(3);
}

#[test]
fn an_arm_is_taken_over_under_mapped_names_and_what_is_refused_is_kept_as_it_came() {
    let (home, now) = store(12);
    plan(&home, &now, "tight --arms A,B --unit signal --min-effect 0.3%");
    std::fs::write(home.store("dtlearn.toml"), "[intake.map]\nsid = \"signal_id\"\n").unwrap();
    let engine = Engine { seed: 2, signals: 12, effect: 0.0 };
    let during = dates(STARTS, 1);
    let (signals, exits) = engine.lines(&during, Some("tight"), |_, _| 1);
    let now = evening(during[0]);
    send(&home, &now, "record-signal", signals);
    let exit = exits.lines().next().unwrap().replace("signal_id", "sid");
    send(&home, &now, "record-exit", exit.clone());
    let text = String::from_utf8(crate::common::unpack(&home.store("trade_outcomes.jsonl.gz"))).unwrap();
    let stored: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((&stored["experiment"], &stored["variant"]), (&"tight".into(), &"B".into()), "{stored}");
    let refused = exit.replace("\"qty\":10", "\"qty\":-10").replace("\"t-", "\"x-");
    home.dtlearn()
        .env("DTLEARN_NOW", &now)
        .arg("record-exit")
        .write_stdin(refused.clone())
        .assert()
        .failure();
    let kept = std::fs::read_dir(home.store("rejected")).unwrap().next().unwrap().unwrap().path();
    let kept = std::fs::read_to_string(kept).unwrap();
    let kept: Value = serde_json::from_str(kept.lines().last().unwrap()).unwrap();
    assert!(kept.to_string().contains(&serde_json::to_string(&refused).unwrap()), "{kept}");
}

#[test]
fn what_is_left_out_goes_by_the_accounts_sessions_and_counts_once() {
    let home = crate::markets::store("[market.symbols]\nBTC = \"24/7\"\n");
    let before = dates("2026-01-02", 60);
    Engine { seed: 1, signals: 4, effect: 0.0 }.record(&home, &before, None, |_, _| 0);
    let now = evening(before[59]);
    plan(&home, &now, "places --arms A,B --unit session --min-effect 1% --knob DT_MAX_POSITIONS=2");
    let assignment = halves("places", ExperimentUnit::Session, STARTS);
    let calendar = Calendar::xnys();
    let arm_of = |date| assignment.of_session(date, &calendar);
    // Late in the evening in New York: by the clock of the symbol it is the next day.
    let during = dates(STARTS, 8);
    let signal = |at: &str| {
        format!(
            "{{\"signal_id\":\"{at}\",\"symbol\":\"BTC\",\"side\":\"LONG\",\"timestamp\":\"{at}\",\"price\":100,\"confidence\":0.7,\"reason\":\"max_positions\"}}\n"
        )
    };
    let times: Vec<String> =
        during.iter().map(|date| format!("{}T02:30:00Z", *date + chrono::Days::new(1))).collect();
    let of_b = times.iter().filter(|at| {
        let at = dtlearn::domain::Timestamp::parse(at).unwrap();
        arm_of(calendar.trading_date(at)) == Some(1)
    });
    let wanted = serde_json::json!([{"experiment": "places", "records": of_b.count()}]);
    let now = evening(during[7] + chrono::Days::new(1));
    send(&home, &now, "track-missed", times.iter().map(|at| signal(at)).collect());
    let left_out =
        || home.json_at(&now, &["what-if", "DT_STOP_LOSS_PCT=0.03", "--days", "all"])["left_out"].clone();
    assert_eq!(left_out(), wanted);
    // A log that has every line twice.
    let log = home.store("missed_signals.jsonl.gz");
    let bytes = std::fs::read(&log).unwrap();
    std::fs::write(&log, [&bytes[..], &bytes[..]].concat()).unwrap();
    assert_eq!(left_out(), wanted);
}
