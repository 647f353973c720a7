//! `what-if` as an operator meets it.

use serde_json::Value;

use crate::common::sized_store::{evening_after, record_sized};
use crate::common::{Home, exit, fixture};

/// The real days, whose engine held six positions and sent six orders at most.
#[test]
fn the_real_days_come_back_to_the_cent_once_it_is_said_what_the_engine_ran_on() {
    let home = Home::with_real_signals();
    let bars = fixture("real/bars_1m.csv.gz");
    home.dtlearn().args(["analyze", "--prices", bars.to_str().unwrap()]).assert().success();
    let as_said = home.json(&["what-if", "DT_MAX_POSITIONS"]);
    assert_eq!(as_said["model"]["records"], 447);
    assert_eq!(as_said["model"]["reproduced"], 447 - 193);
    let odd = as_said["model"]["mismatches"].as_array().unwrap();
    assert_eq!(odd.len(), 193);
    assert!(
        odd.iter()
            .any(|one| one["what"] == "t000006 was traded although max positions should have refused it"),
        "{odd:?}"
    );
    let six = ["--in-force", "DT_MAX_POSITIONS=6", "--in-force", "DT_MAX_ORDERS_PER_CYCLE=6"];
    let said = home.json(&[&["what-if", "DT_MAX_POSITIONS"][..], &six].concat());
    assert_eq!(said["model"]["mismatches"].as_array().unwrap().len(), 0);
    let report = home.json(&["report"]);
    let month = &report["windows"]["30d"];
    for (key, of) in
        [("total_pnl", "total_pnl"), ("drawdown_usd", "drawdown_usd"), ("expectancy_pct", "expectancy_pct")]
    {
        assert_eq!(said["actual"][key], month[of], "{key}");
        let last = &said["variants"][5];
        assert_eq!(
            (&last["settings"]["DT_MAX_POSITIONS"], &last["figures"][key]),
            (&6.0.into(), &month[of]),
            "{key}"
        );
    }
    assert_eq!(said["variants_looked_at"], 6);
    assert_eq!((&said["schema"], &said["seed"]), (&"dtlearn.what-if/2".into(), &20_190_211.into()));
    // 144 are dropped, and three come in for them.
    let two = home.json(&[&["what-if", "DT_MAX_POSITIONS=2"][..], &six].concat());
    let records = two["variants"][0]["records"].as_array().unwrap();
    let count =
        |disposition: &str| records.iter().filter(|record| record["disposition"] == disposition).count();
    assert_eq!((count("dropped"), count("admitted")), (144, 3));
    // The difference of the two that are shown, from trade to trade.
    let fall = |figures: &serde_json::Value| figures["drawdown_usd"].as_f64().unwrap();
    let shown = fall(&two["variants"][0]["figures"]) - fall(&two["actual"]);
    let difference = two["variants"][0]["drawdown_usd_difference"]["value"].as_f64().unwrap();
    assert!(shown != 0.0 && (difference - shown).abs() < 1e-6, "{difference} {shown}");
    let seen = home.seen(&[&["what-if", "DT_MAX_POSITIONS=2"][..], &six].concat(), "").replace('\n', " ");
    assert!(
        seen.starts_with("status 0 --- out This engine loses: -0.066 % a trade after costs (-0.100 to -0.031 %, 222 trades). ")
            && seen.contains("DT_MAX_POSITIONS=2: unclear: mean per trade +0.028 %, no interval: 5 sessions, 12 needed; 81 trades instead of 222 ")
            && seen.contains("net P&L +113.46 USD in 5 sessions, of which +90.81 from trading 63 %"),
        "{seen}"
    );
    assert!(seen.contains("all of 447 records") && seen.contains("1 variant looked at"), "{seen}");
    // Its stops were its own.
    let stops = home.seen(&["what-if", "DT_STOP_LOSS_PCT"], "");
    assert!(stops.contains("Unclear: no record comes out differently under any of 12 variants"), "{stops}");
    assert!(stops.replace('\n', " ").contains("up to 222 records (a stop or target of its"), "{stops}");
    let lines = home.seen(&["what-if", "DT_MAX_POSITIONS", "--format", "csv"], "");
    assert_eq!(lines.lines().filter(|line| line.contains("unclear")).count(), 6, "{lines}");
}

/// One trade with everything a desk can record, and bars around it.
fn priced_home(bars: &[(&str, f64, f64, f64)]) -> Home {
    let home = Home::new();
    let event = r#"{"type":"exit","trade_id":"t1","symbol":"MSFT","side":"BUY","entry_price":100,"price":100.5,"qty":10,
        "entry_timestamp":"2019-02-15T15:00:00Z","timestamp":"2019-02-15T16:00:00Z","mfe_pct":0.03,"mae_pct":-0.015}"#;
    home.dtlearn().arg("record-exit").write_stdin(event.replace('\n', " ")).assert().success();
    let rows =
        bars.iter().map(|(time, high, low, close)| format!("MSFT,2019-02-15T{time}Z,{high},{low},{close}\n"));
    let text = format!("symbol,timestamp,high,low,close\n{}", rows.collect::<String>());
    std::fs::write(home.path("bars.csv"), text).unwrap();
    home
}

#[test]
fn prices_settle_which_level_was_touched_first() {
    let both = "DT_STOP_LOSS_PCT=0.01,DT_TAKE_PROFIT_PCT=0.025";
    let result = |home: &Home, args: &[&str]| {
        let found = home.json(&[&["what-if"][..], args].concat());
        let variant = &found["variants"][0];
        (
            (variant["figures"]["total_pnl"].as_f64().unwrap() * 1e6).round() / 1e6,
            variant["dispositions"][0]["by"].clone(),
        )
    };
    let first_up = priced_home(&[("15:10:00", 103.0, 100.0, 102.0), ("15:20:00", 101.0, 98.5, 99.0)]);
    assert_eq!(result(&first_up, &[both]), (-10.0, "at the other stop, the target was touched too".into()));
    assert_eq!(result(&first_up, &[both, "--prices", "bars.csv"]), (25.0, "where the prices say".into()));
    let first_down = priced_home(&[("15:10:00", 101.0, 98.5, 99.0), ("15:20:00", 103.0, 100.0, 102.0)]);
    assert_eq!(result(&first_down, &[both, "--prices", "bars.csv"]), (-10.0, "where the prices say".into()));
    // Of a day without prices the stop counts.
    let none = priced_home(&[]);
    assert_eq!(result(&none, &[both, "--prices", "bars.csv"]).0, -10.0);
    assert!(none.seen(&["what-if", both, "--prices", "nowhere.csv"], "").starts_with("status 1\n"));
}

/// What is worse is said to be worse, and what brings nothing does not bring most.
#[test]
fn a_headline_says_what_is_worse_and_that_nothing_beats_what_was() {
    let home = Home::new();
    // Of every day one trade that the higher minimum drops: two days in three it wins.
    let events: String = (0..24)
        .flat_map(|day| {
            let won = if day % 3 == 2 { 99.8 } else { 101.0 + f64::from(day) / 100.0 };
            [(0, 0.26, won), (1, 0.6, 100.1)].map(|(hour, confidence, price)| {
                let date = if day < 15 { format!("2019-01-{:02}", day + 10) } else { format!("2019-02-{:02}", day - 13) };
                let (from, to) = (format!("{date}T{}:00:00Z", 15 + hour), format!("{date}T{}:30:00Z", 15 + hour));
                format!(
                    r#"{{"type":"exit","trade_id":"t{day}-{hour}","symbol":"S{hour}","side":"BUY","entry_price":100,"price":{price},"qty":10,"confidence":{confidence},"entry_timestamp":"{from}","timestamp":"{to}"}}"#
                ) + "\n"
            })
        })
        .collect();
    home.dtlearn().arg("record-exit").write_stdin(events).assert().success();
    let lead =
        |args: &[&str]| home.seen(&[&["what-if", "--days", "all"][..], args].concat(), "").replace('\n', " ");
    let worse = lead(&["DT_EXEC_MIN_CONF=0.3", "DT_EXEC_MIN_CONF=0.31"]);
    assert!(
        worse.contains("None of 2 variants is clearly better per trade than the recorded knobs, 2 are clearly worse; none would have made more per trade"),
        "{worse}"
    );
    let sweep = lead(&["DT_EXEC_MIN_CONF"]);
    assert!(sweep.contains("are clearly worse; none would have made more per trade"), "{sweep}");
    let same = lead(&["DT_POSITION_SIZE_BASE_USD=2000"]);
    assert!(same.contains("48 trades as before") && !same.contains("instead of"), "{same}");
    assert!(same.contains("the same trades at another size"), "{same}");
}

#[test]
fn the_knobs_of_the_time_stay_but_for_those_that_are_named() {
    let home = Home::new();
    // Each brings ten, with the size that was in force for it.
    let trade = |id: &str, day: &str| {
        let (qty, price) = if day == "13" { (10, 101) } else { (5, 102) };
        exit(id, 10.0, &format!("2019-02-{day}T20:00:00Z"))
            .replace(r#""price":100.1,"qty":100"#, &format!(r#""price":{price},"qty":{qty}"#))
    };
    let early = ["record-exit", "--now", "2019-02-13T20:00:01Z"];
    home.dtlearn().args(early).write_stdin(trade("t1", "13")).assert().success();
    let said =
        home.seen_at("2019-02-13T21:05:00Z", &["brain-adjust", "--set", "DT_POSITION_SIZE_BASE_USD=500"]);
    assert!(said.starts_with("status 0\n"), "{said}");
    home.dtlearn().arg("record-exit").write_stdin(trade("t2", "14")).assert().success();
    // Ten at 1000 USD and ten at 500: at 500 each five and ten.
    let cents = |value: &serde_json::Value| (value["total_pnl"].as_f64().unwrap() * 100.0).round();
    let of = |found: &serde_json::Value| cents(&found["variants"][0]["figures"]);
    let size = "DT_POSITION_SIZE_BASE_USD=500";
    let found = home.json(&["what-if", size]);
    assert_eq!((cents(&found["actual"]), of(&found)), (2000.0, 1500.0));
    assert_eq!(of(&home.json(&["what-if", size, "--in-force", size])), 2000.0);
    assert_eq!(of(&home.json(&["what-if", size, "--as-of", "2019-02-13T21:00:00Z"])), 500.0);
    let no_time = home.json(&["what-if", "DT_MAX_POSITIONS=1"]);
    assert_eq!(no_time["variants"][0]["inconclusive"][0]["n"], 2);
}

#[test]
fn mistakes_are_told_with_what_to_type() {
    let home = Home::with_real_days();
    for (args, want) in [
        (&["what-if"][..], "required arguments"),
        (&["what-if", "DT_MAX_POSITION"], "did you mean \"DT_MAX_POSITIONS\"?"),
        (&["what-if", "DT_MAX_POSITIONS=9"], "DT_MAX_POSITIONS cannot be 9: its range is 1 to 6"),
        (&["what-if", "DT_MAX_POSITIONS=2.5"], "it is a whole number"),
        (&["what-if", "DT_MAX_POSITIONS=2,DT_MAX_POSITIONS=3"], "is given twice in one variant"),
        (&["what-if", "DT_MAX_POSITIONS", "--cycle", "0"], "a number of minutes"),
        (&["what-if", "DT_MAX_POSITIONS", "--map", "a=b"], "--prices"),
    ] {
        let said = home.seen(args, "");
        assert!(said.starts_with("status 2\n--- out\n--- err\n") && said.contains(want), "{args:?}: {said}");
    }
    let empty = Home::new();
    assert!(empty.seen(&["what-if", "DT_MAX_POSITIONS"], "").starts_with("status 10\n"));
    let later = home.seen_at("2020-02-15T21:05:00Z", &["what-if", "DT_MAX_POSITIONS"]);
    assert!(later.contains("No trade and no missed signal in the window"), "{later}");
}

#[test]
fn all_knobs_at_once_name_one_change_or_none() {
    let home = Home::with_real_signals();
    let all = home.json(&["what-if", "--all"]);
    let variants = all["variants"].as_array().unwrap();
    // Every gate of the missed signals too, each once.
    let mut gates: Vec<&str> = variants.iter().filter_map(|variant| variant["open"].as_str()).collect();
    let counted = gates.len();
    gates.sort_unstable();
    gates.dedup();
    assert!(
        counted == gates.len() && gates.contains(&"trade_gap") && gates.contains(&"max_positions"),
        "{gates:?}"
    );
    // By itself it is the same variant.
    let alone = home.json(&["what-if", "open=max_positions"]);
    let of_all = variants.iter().find(|variant| variant["open"] == "max_positions").unwrap();
    assert_eq!(alone["variants"][0]["dispositions"], of_all["dispositions"]);
    // They are not priced in this store: what becomes of them is known, what they made is not.
    let let_in = |of: &Value| -> u64 {
        let all = of["dispositions"].as_array().unwrap().iter();
        let all =
            all.filter(|one| ["admitted", "no outcome"].contains(&one["disposition"].as_str().unwrap()));
        all.map(|one| one["n"].as_u64().unwrap()).sum()
    };
    assert!(let_in(of_all) > 0, "{}", of_all["dispositions"]);
    // Places without end let in no fewer than the knob at the end of its range.
    let six = home.json(&["what-if", "DT_MAX_POSITIONS=6"]);
    assert!(let_in(of_all) >= let_in(&six["variants"][0]));
    // Every knob with its range, and the whole of them counted in each interval.
    assert!(variants.len() > 60, "{}", variants.len());
    assert_eq!(all["best_change"], serde_json::Value::Null, "five sessions name nothing");
    let said = home.seen(&["what-if", "--all"], "").replace('\n', " ");
    // One count in all of the answer: that for which the intervals are widened.
    let looked = format!("Of {} variants no single change is clearly better", all["variants_looked_at"]);
    assert!(
        said.contains(&looked) && said.contains("two changes together are not the sum of both"),
        "{said}"
    );
    let both = home.seen(&["what-if", "--all", "DT_MAX_POSITIONS"], "");
    assert!(both.starts_with("status 2\n"), "{both}");
}

/// The multipliers of a walk, and what they brought, are those of the shadow: nothing of a session is known before it.
#[test]
fn multipliers_of_the_size_are_those_that_were_known_before_each_session() {
    let home = Home::new();
    record_sized(&home, 70, [-0.004, 0.0, 0.006], |_| String::new());
    let now = evening_after(70);
    let asked = |args: &[&str]| home.json_at(&now, &[&["what-if", "--days", "all"][..], args].concat());
    let said = asked(&["multipliers"]);
    let variant = &said["variants"][0];
    assert_eq!((&variant["multipliers"], &variant["verdict"]), (&true.into(), &"better".into()), "{variant}");
    let sizing = home.json_at(&now, &["report", "sizing"]);
    let number = |value: &Value| value.as_f64().unwrap();
    // Of each trade of 1000 the shadow's account of 10,000 put a tenth.
    let beyond: f64 = sizing["course"].as_array().unwrap().iter().map(|day| number(&day["beyond"])).sum();
    let made = number(&variant["net_pnl_difference"]["value"]);
    assert!(beyond > 0.01 && (made - 10_000.0 * beyond).abs() < 0.05, "{made} {beyond}");
    let ratio = number(&variant["exposure_ratio"]);
    assert!((ratio - 1.0).abs() < 0.03, "{ratio}");
    // Beside another size both multiply.
    let both = asked(&["DT_POSITION_SIZE_BASE_USD=1500,multipliers"]);
    let net = |said: &Value| number(&said["variants"][0]["figures"]["total_pnl"]);
    assert!((net(&both) - 1.5 * net(&said)).abs() < 0.01, "{} {}", net(&both), net(&said));
    let seen = home.seen_at(&now, &["what-if", "--days", "all", "multipliers"]).replace('\n', " ");
    assert!(
        seen.contains("multipliers: better: mean per trade +") && seen.contains("the shadow of"),
        "{seen}"
    );
}

/// A trade that says by what its size was multiplied is no other size than the knob's.
#[test]
fn what_multiplied_a_size_on_record_is_taken_back_first() {
    let home = Home::new();
    record_sized(&home, 20, [0.001; 3], |_| r#","size_multiplier":0.5"#.into());
    let ask = |args: &[&str]| {
        let args = [&["what-if", "--days", "all", "--in-force", "DT_POSITION_SIZE_BASE_USD=2000"][..], args];
        home.json_at(&evening_after(20), &args.concat())
    };
    let said = ask(&["multipliers", "DT_POSITION_SIZE_BASE_USD=1000"]);
    let odd = said["model"]["mismatches"].as_array().unwrap();
    let of_size = odd.iter().filter(|one| one["contradictions"] != serde_json::json!([])).count();
    assert_eq!(of_size, 0);
    let net = |of: &Value| of["total_pnl"].as_f64().unwrap();
    let (actual, variants) = (net(&said["actual"]), &said["variants"]);
    let [multiplied, smaller] = [0, 1].map(|at| net(&variants[at]["figures"]));
    // Before there are contexts everybody gets 1.00, which is twice what was traded; half of the knob is half of it.
    assert!(
        multiplied / actual > 1.5 && (smaller - 0.5 * actual).abs() < 0.01,
        "{multiplied} {smaller} {actual}"
    );
}
