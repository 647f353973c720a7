//! Fills out of files: brought in late, twice, in another order, and in a new reading.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::common::Home;

fn chance(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// A fill: id, symbol, side, quantity, price, minute of the day.
type Row = (u32, &'static str, &'static str, u64, u64, u64);

fn history(state: &mut u64, count: u32) -> Vec<Row> {
    let one = |at: u32| {
        let symbol = ["MSFT", "AAPL"][chance(state, 2) as usize];
        let side = ["BUY", "SELL"][chance(state, 2) as usize];
        (at, symbol, side, 1 + chance(state, 4), 95 + chance(state, 10), u64::from(at) * 3)
    };
    (0..count).map(one).collect()
}

fn csv(rows: &[Row]) -> String {
    let line = |(id, symbol, side, qty, price, minute): &Row| {
        let time = format!("2019-02-15T{:02}:{:02}:00Z", 14 + minute / 60, minute % 60);
        format!("x{id},{symbol},{side},{qty},{price},0.5,{time}\n")
    };
    "fill_id,symbol,side,qty,price,fees,time\n".to_owned() + &rows.iter().map(line).collect::<String>()
}

fn import(home: &Home, rows: &[Row], args: &[&str]) -> Value {
    std::fs::write(home.path("fills.csv"), csv(rows)).unwrap();
    // Conflicts are a status of their own.
    let all = [&["import", "fills.csv", "--format", "json"], args].concat();
    serde_json::from_slice(&later(home).args(all).output().unwrap().stdout).unwrap()
}

/// The program, a second after it was called last.
fn later(home: &Home) -> assert_cmd::Command {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let mut command = home.dtlearn();
    command.env("DTLEARN_NOW", format!("2019-02-15T22:{:02}:{:02}Z", call / 60, call % 60));
    command
}

/// Trades, figures and open positions, without what says when they were written.
fn outcome(home: &Home) -> [Value; 3] {
    let mut trades = home.json(&["report", "trades", "--days", "30"])["trades"].as_array().unwrap().clone();
    trades.iter_mut().for_each(|trade| drop(trade.as_object_mut().unwrap().remove("_ts")));
    trades.sort_by_key(|trade| (trade["trade_id"].to_string(), trade["leg"].as_u64()));
    let figures = home.json(&["report", "metrics"])["windows"].clone();
    [trades.into(), figures, home.json(&["report", "positions"])["positions"].clone()]
}

#[test]
fn a_new_reading_of_fills_ends_in_the_trades_of_that_reading() {
    for seed in 0..6 {
        let mut state = seed;
        let right = history(&mut state, 24);
        let plain = Home::new();
        import(&plain, &right, &[]);
        // As a broker may have told it first: other quantities, prices and times, and a part of it alone.
        let mut wrong = right.clone();
        wrong.truncate(18);
        for row in &mut wrong {
            match chance(&mut state, 6) {
                0 => row.3 += 1,
                1 => row.4 += 1,
                2 => row.5 = chance(&mut state, 100),
                _ => {}
            }
        }
        let changed = wrong.iter().zip(&right).filter(|(wrong, right)| wrong != right).count();
        let home = Home::new();
        import(&home, &wrong, &[]);
        let said = import(&home, &right, &[]);
        assert_eq!((&said["conflicts"], &said["stored"]), (&json!(changed), &json!(6)), "{seed}");
        let said = import(&home, &right, &["--replace"]);
        assert_eq!((&said["replaced"], &said["stored"]), (&json!(changed), &json!(0)), "{seed}");
        assert_eq!(outcome(&home), outcome(&plain), "{seed}");
        // Once more, nothing is new.
        let said = import(&home, &right, &["--replace"]);
        assert_eq!((&said["replaced"], &said["already_there"]), (&json!(0), &json!(24)), "{seed}");
    }
}

/// Files that come in any order, as a history is brought in month by month, and one of them a second time.
#[test]
fn files_in_any_order_end_in_the_trades_of_one_file() {
    for seed in 10..14 {
        let mut state = seed;
        let all = history(&mut state, 30);
        let (plain, parted) = (Home::new(), Home::new());
        import(&plain, &all, &[]);
        let mut parts: Vec<&[Row]> = all.chunks(10).collect();
        parts.swap(0, 1 + chance(&mut state, 2) as usize);
        for part in parts.iter().chain(&parts[..1]) {
            import(&parted, part, &[]);
        }
        assert_eq!(outcome(&parted), outcome(&plain), "{seed}");
    }
}

fn undo(home: &Home, batch: &Value) {
    later(home).args(["import", "--undo", batch.as_str().unwrap()]).assert().success();
}

#[test]
fn an_import_that_was_read_anew_is_taken_back_with_its_new_reading() {
    for seed in 0..6 {
        let mut state = seed;
        let before = history(&mut state, 8);
        let mine: Vec<Row> = history(&mut state, 16)
            .into_iter()
            .map(|(id, symbol, side, qty, price, minute)| (id + 100, symbol, side, qty, price, minute + 1))
            .collect();
        let home = Home::new();
        import(&home, &before, &[]);
        let batch = import(&home, &mine, &[])["batch"].clone();
        let as_imported = outcome(&home);
        // Another reading of some of both, with rows that are new.
        let mut anew: Vec<Row> =
            before.iter().chain(&mine).copied().filter(|_| chance(&mut state, 2) == 0).collect();
        anew.iter_mut().for_each(|row| row.4 += chance(&mut state, 2));
        anew.push((200, "MSFT", "BUY", 3, 99, 70));
        let replacing = import(&home, &anew, &["--replace"])["batch"].clone();
        let plain = Home::new();
        let others = |row: &&Row| !mine.iter().any(|mine| mine.0 == row.0);
        import(&plain, &before, &[]);
        import(&plain, &anew.iter().filter(others).copied().collect::<Vec<_>>(), &["--replace"]);
        // The new reading alone goes, and what was there comes back.
        undo(&home, &replacing);
        assert_eq!(outcome(&home), as_imported, "seed {seed}");
        // It is given once more, and what it reads anew goes with what brought it.
        import(&home, &anew, &["--replace"]);
        undo(&home, &batch);
        assert_eq!(outcome(&home), outcome(&plain), "seed {seed}");
    }
}

#[test]
fn nothing_stays_open_of_an_import_whose_closing_fill_was_corrected() {
    let home = Home::new();
    let fills: [Row; 2] = [(1, "MSFT", "BUY", 10, 100, 5), (2, "MSFT", "SELL", 10, 101, 9)];
    let batch = import(&home, &fills, &[])["batch"].clone();
    let corrected = import(&home, &[(2, "MSFT", "SELL", 10, 102, 9)], &["--replace"]);
    assert_eq!((&corrected["replaced"], corrected["batch"].is_string()), (&json!(1), true), "{corrected}");
    // Twice read anew.
    import(&home, &[(2, "MSFT", "SELL", 10, 103, 9)], &["--replace"]);
    let said = home.seen(&["import", "--undo", corrected["batch"].as_str().unwrap()], "");
    assert!(said.contains("nothing of it is in the log"), "a later reading stands: {said}");
    undo(&home, &batch);
    assert_eq!(outcome(&home)[2], json!([]));
    assert_eq!(home.json(&["report", "trades", "--days", "30"])["trades"], json!([]));
}
