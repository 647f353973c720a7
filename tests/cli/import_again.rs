//! Records that are there: each is one row of a file, whatever else the row or the record says.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::common::folders::texts_below;
use crate::common::{Home, unpack};

const HEADINGS: &str = "symbol,side,qty,entry_price,exit_price,entry_time,exit_time,fees";

/// A trade without an id of its own.
fn row(symbol: &str, fee: u32) -> String {
    format!("{symbol},BUY,1,100,101,2019-02-15T15:00:00Z,2019-02-15T15:30:00Z,{fee}\n")
}

fn write(home: &Home, name: &str, headings: &str, rows: &str) {
    std::fs::write(home.path(name), format!("{headings}\n{rows}")).unwrap();
}

/// What an import says: stored, already there, conflicts, replaced.
fn import(home: &Home, args: &[&str]) -> [u64; 4] {
    let args = [&["import", "--format", "json"], args].concat();
    let said: Value = serde_json::from_slice(&home.dtlearn().args(args).output().unwrap().stdout).unwrap();
    ["stored", "already_there", "conflicts", "replaced"].map(|key| said[key].as_u64().unwrap())
}

#[test]
fn equal_rows_in_several_files_are_the_rows_of_one() {
    let home = Home::new();
    let names = ["a.csv", "b.csv", "c.csv"];
    names.iter().for_each(|name| write(&home, name, HEADINGS, &row("MSFT", 1).repeat(3)));
    assert_eq!(import(&home, &names), [3, 6, 0, 0]);
    assert_eq!(import(&home, &names), [0, 9, 0, 0]);
    write(&home, "d.csv", HEADINGS, &row("MSFT", 1).repeat(5));
    assert_eq!(import(&home, &["a.csv", "d.csv"]), [2, 6, 0, 0]);
}

#[test]
fn a_row_that_comes_late_in_its_file_is_still_what_is_there() {
    let home = Home::new();
    write(&home, "one.csv", HEADINGS, &row("MSFT", 1));
    assert_eq!(import(&home, &["one.csv"]), [1, 0, 0, 0]);
    // More rows than are taken at once stand between the two.
    let between: String = (0..9_000).map(|n| row(&format!("S{n}"), 1)).collect();
    write(&home, "all.csv", HEADINGS, &(row("MSFT", 3) + &between + &row("MSFT", 1)));
    assert_eq!(import(&home, &["all.csv"]), [9_001, 1, 0, 0]);
    assert_eq!(import(&home, &["all.csv"]), [0, 9_002, 0, 0]);
}

#[test]
fn twenty_thousand_equal_rows_are_not_held_against_each_other() {
    let home = Home::new();
    let many = row("MSFT", 1).repeat(20_000);
    write(&home, "one.csv", HEADINGS, &(row("MSFT", 3) + &many));
    assert_eq!(import(&home, &["one.csv"])[0], 20_001);
    write(&home, "two.csv", HEADINGS, &(row("MSFT", 5) + &many));
    let began = Instant::now();
    assert_eq!(import(&home, &["two.csv"]), [0, 20_000, 1, 0]);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn twenty_thousand_rows_equal_but_for_their_costs_are_not_held_against_each_other() {
    let trades: Vec<String> = (0..20_000).map(|fee| row("MSFT", fee)).collect();
    let fill = |fee: u32| format!("MSFT,BUY,1,100,{fee},2019-02-15T15:00:00Z\n");
    let fills: Vec<String> = (0..20_000).map(fill).collect();
    for (headings, rows) in [(HEADINGS, trades), ("symbol,side,qty,price,fees,time", fills)] {
        let home = Home::new();
        let began = Instant::now();
        write(&home, "one.csv", headings, &rows.concat());
        assert_eq!(import(&home, &["one.csv"]), [20_000, 0, 0, 0], "{headings}");
        // The other way round, and the last of them with a cost that nobody stated before.
        let last = rows[19_999].replace("19999", "20000");
        let other: String = rows[..19_999].iter().rev().cloned().chain([last]).collect();
        write(&home, "two.csv", headings, &other);
        assert_eq!(import(&home, &["two.csv"]), [0, 19_999, 1, 0], "{headings}");
        assert!(began.elapsed() < Duration::from_secs(30), "{headings}: {:?}", began.elapsed());
    }
}

#[test]
fn numbered_records_come_back_from_an_export_as_what_they_are() {
    let home = Home::new();
    write(&home, "one.csv", HEADINGS, &(row("MSFT", 1) + &row("MSFT", 3) + &row("MSFT", 3)));
    assert_eq!(import(&home, &["one.csv"]), [3, 0, 0, 0]);
    home.dtlearn().args(["export", "-o", "out.csv"]).assert().success();
    assert_eq!(import(&home, &["out.csv"]), [0, 3, 0, 0]);
}

#[test]
fn what_is_there_is_one_row_of_another_form_and_not_two() {
    let home = Home::new();
    let headings = format!("trade_id,{HEADINGS}");
    let named = format!("T,{}", row("MSFT", 1));
    write(&home, "one.csv", &headings, &named);
    assert_eq!(import(&home, &["one.csv"]), [1, 0, 0, 0]);
    let more = format!("{headings},setup");
    let with = |setup: &str| format!("{},{setup}\n", named.trim_end());
    write(&home, "more.csv", &more, &with("orb"));
    assert_eq!(import(&home, &["more.csv"]), [0, 1, 0, 0], "the same with a word more");
    write(&home, "two.csv", &more, &(with("orb") + &with("fade")));
    assert_eq!(import(&home, &["two.csv"]), [0, 1, 1, 0]);
    write(&home, "itself.csv", &more, &(with("orb") + &with("")));
    assert_eq!(import(&home, &["itself.csv"]), [0, 1, 1, 0], "the last row is what is there");
    // A multiplier is no detail: without a word of it the result is another one.
    let times = format!("{headings},multiplier");
    write(&home, "times.csv", &times, &format!("{},50\n", named.trim_end()));
    assert_eq!(import(&home, &["times.csv"]), [0, 0, 1, 0]);
}

#[test]
fn a_new_reading_that_says_less_takes_nothing_away() {
    let home = Home::new();
    let rich = r#"{"trade_id":"T","symbol":"MSFT","side":"BUY","qty":1,"entry_price":100,"exit_price":101,
        "entry_time":"2019-02-15T15:00:00Z","exit_time":"2019-02-15T15:30:00Z","fees":1,"stop_price":99,
        "signal_id":"s1","features":{"gap":0.5}}"#;
    home.dtlearn().arg("record-exit").write_stdin(rich.replace('\n', "")).assert().success();
    write(
        &home,
        "poor.csv",
        &format!("trade_id,{HEADINGS},setup"),
        &format!("T,{},orb\n", row("MSFT", 1).trim_end()),
    );
    assert_eq!(import(&home, &["poor.csv", "--replace"]), [0, 0, 0, 1]);
    let trade = home.json(&["report", "trades", "--days", "all"])["trades"][0].clone();
    assert_eq!((&trade["setup"], &trade["stop_price"]), (&"orb".into(), &99.0.into()), "{trade}");
    assert_eq!((&trade["signal_id"], &trade["features"]["gap"]), (&"s1".into(), &0.5.into()), "{trade}");
    assert_eq!(import(&home, &["poor.csv", "--replace"]), [0, 1, 0, 0]);
    // One that contradicts takes its place.
    write(&home, "other.csv", &format!("trade_id,{HEADINGS}"), &format!("T,{}", row("MSFT", 2)));
    assert_eq!(import(&home, &["other.csv", "--replace"]), [0, 0, 0, 1]);
}

#[test]
fn a_stored_record_answers_for_one_record_of_an_input() {
    let record = |home: &Home, fees: &[u32]| -> [u64; 3] {
        let one = |fee: &u32| {
            format!(
                r#"{{"symbol":"MSFT","side":"BUY","qty":1,"entry_price":100,"exit_price":101,"entry_time":"2019-02-15T15:00:00Z","exit_time":"2019-02-15T15:30:00Z","fees":{fee}}}"#
            ) + "\n"
        };
        let input: String = fees.iter().map(one).collect();
        let output =
            home.dtlearn().args(["record-exit", "--format", "json"]).write_stdin(input).output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        ["stored", "already_there", "conflicts"].map(|key| said[key].as_u64().unwrap())
    };
    let home = Home::new();
    assert_eq!(record(&home, &[1, 3]), [2, 0, 0]);
    assert_eq!(record(&home, &[3, 1]), [0, 2, 0]);
    assert_eq!(record(&home, &[3]), [0, 1, 0]);
    assert_eq!(record(&home, &[3, 3]), [0, 1, 1]);
}

/// The files of the store, but for those that only say when something was looked at.
fn files(home: &Home) -> BTreeMap<String, Vec<u8>> {
    texts_below(&home.path("da_brains"))
}

#[test]
fn a_dry_run_says_what_would_be_replaced_and_writes_nothing() {
    let home = Home::new();
    let fills = "fill_id,symbol,side,qty,price,fees,time";
    let fill = |id: u32, price: u32| format!("x{id},MSFT,BUY,1,{price},0.5,2019-02-15T15:{id}:00Z\n");
    let rows = |price: u32| (10..22).map(|id| fill(id, price)).collect::<String>();
    write(&home, "first.csv", fills, &rows(100));
    assert_eq!(import(&home, &["first.csv"]), [12, 0, 0, 0]);
    write(&home, "again.csv", fills, &(rows(101) + &fill(30, 100)));
    let before = files(&home);
    let said = home.seen(&["import", "again.csv", "--dry-run", "--replace"], "");
    let wanted = "nothing was written; an import would have recorded 1 fill";
    assert!(said.contains(wanted) && said.contains("12 replaced"), "{said}");
    let named = "would be replaced: x10, x11, x12, x13, x14, x15, x16, x17, x18, x19 and 2 more";
    assert!(said.contains(named), "{said}");
    assert_eq!(files(&home), before);
    assert_eq!(import(&home, &["again.csv", "--replace"]), [1, 0, 0, 12]);
    assert_eq!(import(&home, &["again.csv", "--replace", "--dry-run"]), [0, 13, 0, 0]);
}

#[test]
fn a_new_reading_of_fills_that_agrees_with_what_is_stored_changes_nothing() {
    let home = Home::new();
    let rich =
        "x1,MSFT,BUY,2,100,0.5,2019-02-15T15:10:00Z,orb\nx2,MSFT,SELL,2,101,0.5,2019-02-15T15:20:00Z,orb\n";
    write(&home, "rich.csv", "fill_id,symbol,side,qty,price,fees,time,setup", rich);
    assert_eq!(import(&home, &["rich.csv"]), [2, 0, 0, 0]);
    let before = files(&home);
    // The same, then without the costs: a form of file that has no column for them contradicts nothing.
    let poor = rich.replace("0.5,", "").replace(",orb", "");
    write(&home, "poor.csv", "fill_id,symbol,side,qty,price,time", &poor);
    for file in ["rich.csv", "poor.csv"] {
        assert_eq!(import(&home, &[file, "--replace"]), [0, 2, 0, 0], "{file}");
        assert_eq!(files(&home), before, "{file}");
    }
}

/// What an older version stored is as it would be read today, by call and from a file.
#[test]
fn a_word_that_was_stored_in_another_form_is_no_contradiction() {
    let home = Home::new();
    let rows = |timeframe: &str, fee: u32| format!("T,{timeframe},{}", row("MSFT", fee));
    let headings = format!("trade_id,timeframe,{HEADINGS}");
    write(&home, "first.csv", &headings, &rows("5min", 1));
    assert_eq!(import(&home, &["first.csv"]), [1, 0, 0, 0]);
    let log = home.store("trade_outcomes.jsonl.gz");
    let older =
        String::from_utf8(unpack(&log)).unwrap().replace(r#""timeframe":"5m""#, r#""timeframe":"5min""#);
    assert!(older.contains(r#""5min""#), "{older}");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(older.as_bytes()).unwrap();
    std::fs::write(&log, packed.finish().unwrap()).unwrap();
    for timeframe in ["5min", "M5", "5m"] {
        write(&home, "again.csv", &headings, &rows(timeframe, 1));
        assert_eq!(import(&home, &["again.csv"]), [0, 1, 0, 0], "{timeframe}");
    }
    for (timeframe, fee) in [("15min", 1), ("5min", 2)] {
        write(&home, "other.csv", &headings, &rows(timeframe, fee));
        assert_eq!(import(&home, &["other.csv"]), [0, 0, 1, 0], "{timeframe} {fee}");
    }
}
