//! `record-fill` and `report positions`: executions netted into trades, in whatever order and however often they come.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common::Home;

/// An execution at a minute of 2019-02-15, from 14:30 UTC on.
fn fill(id: &str, minute: u32, side: &str, qty: f64, price: f64) -> Value {
    json!({
        "fill_id": id, "symbol": "MSFT", "side": side, "qty": qty, "price": price, "fees": 0.5,
        "timestamp": format!("2019-02-15T{:02}:{:02}:00Z", 14 + (30 + minute) / 60, (30 + minute) % 60),
    })
}

fn lines(fills: &[Value]) -> String {
    fills.iter().map(|fill| format!("{fill}\n")).collect()
}

/// The stored trades without what says when they were written, in the order of their ids.
fn trades(home: &Home) -> Vec<Value> {
    let all = home.json(&["report", "trades", "--days", "30"])["trades"].as_array().unwrap().clone();
    let mut all: Vec<Value> = all
        .into_iter()
        .map(|mut trade| {
            trade.as_object_mut().unwrap().remove("_ts");
            trade
        })
        .collect();
    all.sort_by_key(|trade| (trade["trade_id"].to_string(), trade["leg"].as_u64()));
    all
}

fn figures(trade: &Value) -> [f64; 5] {
    ["qty", "entry_price", "exit_price", "fees", "pnl"].map(|key| trade[key].as_f64().unwrap())
}

#[test]
fn a_position_is_opened_added_to_and_closed_in_parts() {
    let home = Home::new();
    let mut first = fill("e1", 0, "BUY", 100.0, 10.0);
    first["signal_id"] = "s-9".into();
    first["stop_price"] = 9.5.into();
    first["features"] = json!({"rsi": 31});
    first["confidence"] = 0.7.into();
    assert_snapshot!(home.seen(&["record-fill"], &first.to_string()), @r"
    status 0
    --- out
    recorded 1 fill
    --- err
    ");
    assert_snapshot!(home.seen(&["record-fill"], &fill("e2", 5, "BUY", 100.0, 12.0).to_string()), @r"
    status 0
    --- out
    recorded 1 fill
    --- err
    ");
    let open = home.json(&["report", "positions"]);
    let position = &open["positions"][0];
    assert_eq!((position["qty"].as_f64(), position["entry_price"].as_f64()), (Some(200.0), Some(11.0)));
    assert_eq!((position["at_risk"].as_f64(), position["signal_id"].as_str()), (Some(300.0), Some("s-9")));
    assert_eq!(position["entry_time"], "2019-02-15T14:30:00Z");
    let closing = lines(&[fill("e3", 30, "SELL", 150.0, 13.0), fill("e4", 60, "SELL", 50.0, 9.0)]);
    assert_snapshot!(home.seen(&["record-fill"], &closing), @r"
    status 0
    --- out
    recorded 2 fills, 2 trades closed, 1 of them a further exit of its position
    --- err
    ");
    let made = trades(&home);
    assert_eq!(figures(&made[0]), [150.0, 11.0, 13.0, 1.25, 298.75]);
    assert_eq!(figures(&made[1]), [50.0, 11.0, 9.0, 0.75, -100.75]);
    for trade in &made {
        assert_eq!(
            (trade["signal_id"].as_str(), trade["model_confidence"].as_f64()),
            (Some("s-9"), Some(0.7))
        );
        assert_eq!((&trade["features"], trade["stop_price"].as_f64()), (&json!({"rsi": 31}), Some(9.5)));
    }
    assert_eq!(made[1]["leg"], 2);
    assert_snapshot!(home.seen(&["report", "positions"], ""), @r"
    status 0
    --- out
    Nothing is open by the fills that were recorded.
    --- err
    ");
    // Nothing of it is counted twice.
    assert_snapshot!(home.seen(&["record-fill"], &closing), @r"
    status 0
    --- out
    2 already there
    --- err
    ");
    assert_eq!(trades(&home), made);
    let doctor = home.seen(&["doctor"], "");
    assert!(doctor.starts_with("status 0"), "{doctor}");
}

#[test]
fn what_is_open_is_listed_with_its_risk() {
    let home = Home::new();
    let mut short = fill("e1", 0, "sell short", 2.0, 6_000.0);
    for (key, value) in [
        ("symbol", json!("ESH9")),
        ("multiplier", json!(50)),
        ("stop", json!(6_010)),
        ("account", json!("U1")),
    ] {
        short[key] = value;
    }
    home.dtlearn()
        .arg("record-fill")
        .write_stdin(lines(&[short, fill("e2", 5, "BUY", 10.0, 20.0)]))
        .assert()
        .success();
    assert_snapshot!(home.seen(&["report", "positions"], ""), @r"
    status 0
    --- out
    2 positions open; 1000.00 USD is lost if every stop is hit at its price
    1 position without a stop: its risk is not in that sum

    Symbol  Side   Qty  Entry  Since (New York)  Stop  Size (USD)  At risk (USD)
    MSFT    LONG    10     20  2019-02-15 09:35     –      200.00              –
    ESH9    SHORT    2   6000  2019-02-15 09:30  6010   600000.00        1000.00
    left out for width: Account, Strategy, Target (--wide shows all)
    --- err
    ");
    assert_eq!(home.json(&["report", "positions"])["at_risk"], 1_000.0);
    let before =
        home.json_at("2019-02-15T15:00:00Z", &["report", "positions", "--as-of", "2019-02-15T14:32:00Z"]);
    assert_eq!(before["count"], 1);
}

#[test]
fn what_contradicts_a_fill_and_what_is_none_is_said() {
    let home = Home::new();
    home.dtlearn()
        .arg("record-fill")
        .write_stdin(fill("e1", 0, "BUY", 100.0, 10.0).to_string())
        .assert()
        .success();
    let mut split = fill("e3", 9, "BUY", 100.0, 5.0);
    split["type"] = "split".into();
    let mut order = fill("e4", 9, "BUY", 100.0, 5.0);
    order["type"] = "order".into();
    let input = lines(&[fill("e1", 0, "BUY", 100.0, 11.0), split, order]);
    assert_snapshot!(home.seen(&["record-fill"], &input), @r#"
    status 3
    --- out
    1 in conflict with what is there, 1 refused, 1 other event passed over (1 order)
    --- err
    [trade_analyzer] error: line 1: e1 is there already with another content
    [trade_analyzer] error: line 2 refused: "split" is no execution: close the position with a fill at the old price, open it with one at the new
    hint: refused input is kept, with the reason, in ./da_brains/dt_learning/rejected/record-fill-2019-02-15.jsonl
    "#);
    assert_eq!(home.json(&["report", "positions"])["positions"][0]["entry_price"], 10.0);
}

/// A small source of chance, the same on every machine.
fn chance(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

fn history(seed: u64) -> Vec<Value> {
    let mut state = seed;
    let fills = (0..24u32).map(|at| {
        let side = if chance(&mut state, 2) == 0 { "BUY" } else { "SELL" };
        let (qty, price) = (1 + chance(&mut state, 4), 95 + chance(&mut state, 10));
        let mut one = fill(&format!("x-{at}"), at, side, qty as f64, price as f64);
        one["symbol"] = ["MSFT", "AAPL"][chance(&mut state, 2) as usize].into();
        one
    });
    fills.collect()
}

#[test]
fn late_and_repeated_fills_end_in_the_trades_of_fills_in_order() {
    for (seed, settings) in [(7u64, ""), (8, "[intake]\nnetting = \"fifo\"\n"), (9, "")] {
        let (in_order, shuffled) = (Home::new(), Home::new());
        for home in [&in_order, &shuffled] {
            std::fs::create_dir_all(home.store("")).unwrap();
            std::fs::write(home.store("dtlearn.toml"), settings).unwrap();
        }
        let fills = history(seed);
        in_order.dtlearn().arg("record-fill").write_stdin(lines(&fills)).assert().success();
        let mut arriving: Vec<Value> = fills.iter().chain(&fills[3..9]).cloned().collect();
        let mut state = seed;
        for at in (1..arriving.len()).rev() {
            arriving.swap(at, chance(&mut state, at as u64 + 1) as usize);
        }
        let mut said = String::new();
        for few in arriving.chunks(4) {
            said += &shuffled.seen(&["record-fill"], &lines(few));
        }
        assert_eq!(trades(&shuffled), trades(&in_order), "{seed}");
        let open = |home: &Home| home.json(&["report", "positions"])["positions"].clone();
        assert_eq!(open(&shuffled), open(&in_order), "{seed}");
        assert!(said.contains("replaced"), "{said}");
        // The figures follow to the last digit.
        let figures = |home: &Home| home.json(&["report", "metrics"])["windows"].clone();
        assert_eq!(figures(&shuffled), figures(&in_order), "{seed}");
        // Without the caches the same comes out.
        for cache in ["fills", "outcomes"] {
            let _ = std::fs::remove_file(shuffled.store(&format!(".dtlearn/checkpoint.{cache}")));
        }
        shuffled.dtlearn().arg("analyze").assert().success();
        assert_eq!(trades(&shuffled), trades(&in_order), "{seed}");
    }
}

#[test]
fn a_stream_of_fills_is_answered_line_by_line() {
    let home = Home::new();
    let input = lines(&[fill("e1", 0, "BUY", 1.0, 10.0), fill("e2", 1, "SELL", 1.0, 11.0)]);
    let output = home.dtlearn().args(["record-fill", "--stream"]).write_stdin(input).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&said[0]["stored"], &said[0]["trades"], &said[0]["open_positions"]),
        (&json!(1), &json!(0), &json!(1))
    );
    assert_eq!(
        (&said[1]["stored"], &said[1]["trades"], &said[1]["open_positions"]),
        (&json!(1), &json!(1), &json!(0))
    );
}

#[test]
fn a_fill_is_taken_back_with_the_trade_that_it_made() {
    let home = Home::new();
    let input = lines(&[
        fill("e1", 0, "BUY", 10.0, 10.0),
        fill("e2", 1, "SELL", 4.0, 11.0),
        fill("e3", 2, "SELL", 6.0, 12.0),
    ]);
    home.dtlearn().arg("record-fill").write_stdin(input).assert().success();
    let made = trades(&home);
    let id = made[0]["trade_id"].as_str().unwrap();
    let said = home.seen(&["void", id, "--why", "wrong"], "");
    assert!(said.starts_with("status 1") && said.contains("it goes with them"), "{said}");
    let said = home.seen(&["void", "e2", "--why", "busted by the exchange"], "");
    assert!(said.contains("1 fill taken out"), "{said}");
    let left = trades(&home);
    assert_eq!(left.len(), 1);
    assert_eq!(figures(&left[0]), [6.0, 10.0, 12.0, 0.8, 11.2]);
    assert_eq!(home.json(&["report", "positions"])["positions"][0]["qty"], 4.0);
}

#[test]
fn an_import_of_fills_is_taken_back_whole() {
    let home = Home::new();
    let csv = "Symbol,Side,Quantity,Price,Time\nKO,BUY,5,45,2019-02-15T15:00:00Z\nKO,SELL,5,46,2019-02-15T16:00:00Z\n";
    std::fs::write(home.path("fills.csv"), csv).unwrap();
    let answer = home.json(&["import", "fills.csv"]);
    assert_eq!((&answer["trades"], trades(&home).len()), (&json!(1), 1));
    let batch = answer["batch"].as_str().unwrap();
    let said = home.seen(&["import", "--undo", batch, "--why", "the wrong account"], "");
    assert!(said.contains("2 fills taken out"), "{said}");
    assert_eq!((trades(&home).len(), home.json(&["report", "positions"])["count"].clone()), (0, json!(0)));
    // It can come again.
    assert_eq!(home.json(&["import", "fills.csv"])["trades"], 1);
    assert_eq!(trades(&home).len(), 1);
}

#[test]
fn a_position_in_small_letters_stays_one_when_spellings_become_one() {
    let home = Home::new();
    let small = |id: &str, minute: u32, side: &str, qty: f64, price: f64| {
        let mut fill = fill(id, minute, side, qty, price);
        fill["symbol"] = "aapl".into();
        fill
    };
    let record =
        |fills: &[Value]| home.dtlearn().arg("record-fill").write_stdin(lines(fills)).assert().success();
    record(&[small("e1", 0, "BUY", 10.0, 10.0), small("e2", 1, "SELL", 4.0, 11.0)]);
    let before = trades(&home);
    std::fs::write(home.store("dtlearn.toml"), "[instruments]\nfold_case = true\n").unwrap();
    let open = |home: &Home| home.json(&["report", "positions"])["positions"].clone();
    assert_eq!((&open(&home)[0]["symbol"], &open(&home)[0]["qty"]), (&json!("AAPL"), &json!(6.0)));
    // What was recorded comes once more, in either spelling.
    record(&[small("e1", 0, "BUY", 10.0, 10.0)]);
    record(&[small("e3", 2, "SELL", 6.0, 12.0)]);
    assert_eq!((open(&home), trades(&home).len()), (json!([]), 2));
    let after = trades(&home);
    assert_eq!(after[0], before[0], "what was closed before stays as it is");
    assert_eq!((&after[1]["trade_id"], &after[1]["leg"]), (&before[0]["trade_id"], &json!(2)), "{after:?}");
    assert_eq!(figures(&after[1])[..3], [6.0, 10.0, 12.0]);
    // A new reading of what was recorded in the other spelling takes its place, and one that comes late is put in its.
    std::fs::write(
        home.path("anew.csv"),
        "fill_id,symbol,side,qty,price,fees,time\ne1,AAPL,BUY,10,9,0.5,2019-02-15T14:30:00Z\n",
    )
    .unwrap();
    let said = home.json(&["import", "anew.csv", "--replace"]);
    assert_eq!(
        (&said["replaced"], &said["stored"], open(&home)),
        (&json!(1), &json!(0), json!([])),
        "{said}"
    );
    assert_eq!(trades(&home).iter().map(|trade| figures(trade)[1]).collect::<Vec<_>>(), [9.0, 9.0]);
}
