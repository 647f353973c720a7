//! Nothing enters wrong: files of many programs, each with the right value of what it holds, and the same trades in
//! every form.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::common::program;

const NOW: &str = "2026-03-10T21:00:00Z";

fn dtlearn(dir: &Path, root: &Path, now: &str, args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(program())
        .env_clear()
        .env("HOME", root)
        .env("TZ", "UTC")
        .current_dir(dir)
        .args(["--root", root.to_str().unwrap(), "--now", now])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// Whether a value is the one that is expected; of an object, those of its keys that are named.
fn is(found: Option<&Value>, wanted: &Value) -> bool {
    match (found, wanted) {
        (found, Value::Null) => found.is_none_or(Value::is_null),
        (Some(Value::Number(found)), Value::Number(wanted)) => {
            let (found, wanted) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
            (found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0)
        }
        (Some(Value::Object(found)), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| is(found.get(key), wanted))
        }
        (Some(found), wanted) => found == wanted,
        (None, _) => false,
    }
}

fn text<'v>(step: &'v Value, key: &str) -> Option<&'v str> {
    step.get(key).and_then(Value::as_str)
}

/// Runs a step of a folder; what is wrong with it.
fn step(dir: &Path, root: &Path, step: &Value) -> Vec<String> {
    let args: Vec<&str> = step["run"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    let stdin = match text(step, "stdin") {
        Some(input) if input.starts_with('{') => input.as_bytes().to_vec(),
        Some(file) => fs::read(dir.join(file)).unwrap(),
        None => Vec::new(),
    };
    let args: Vec<&str> = ["--format", "json"].into_iter().chain(args).collect();
    let out = dtlearn(dir, root, text(step, "now").unwrap_or(NOW), &args, &stdin);
    let (answer, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    let mut wrong = Vec::new();
    if out.status.code() != step["status"].as_i64().map(|status| status as i32) {
        wrong.push(format!("{args:?} ends with {:?}: {said}", out.status));
    }
    let payload: Value = serde_json::from_str(&answer).unwrap_or_default();
    for (key, part) in [("counts", &payload), ("pricing", &payload["missed_opportunities"])] {
        for (name, wanted) in step.get(key).and_then(Value::as_object).into_iter().flatten() {
            if !is(part.get(name), wanted) {
                wrong.push(format!("{args:?}: {name} is {:?}, not {wanted}: {said}", part.get(name)));
            }
        }
    }
    for (name, wanted) in step.get("metrics").and_then(Value::as_object).into_iter().flatten() {
        if !answer.contains(&format!("\"{name}\": {wanted}")) {
            wrong.push(format!("{args:?}: {name} is not {wanted}"));
        }
    }
    if text(step, "says").is_some_and(|words| !said.contains(words)) {
        wrong.push(format!("{args:?} does not say {}: {said}", step["says"]));
    }
    if text(step, "text").is_some_and(|words| !answer.contains(words)) {
        wrong.push(format!("{args:?} does not answer {}", step["text"]));
    }
    wrong
}

/// What is in the store, by the order of exits; of one moment by symbol.
fn stored(root: &Path) -> Vec<Value> {
    let out = dtlearn(root, root, NOW, &["export"], b"");
    out.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

#[test]
fn every_file_enters_as_its_own_program_means_it() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/intake");
    let mut folders: Vec<_> = fs::read_dir(&fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    assert!(folders.len() >= 111, "{} folders", folders.len());
    let mut wrong = Vec::new();
    for dir in folders {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let expect: Value = serde_json::from_slice(&fs::read(dir.join("expect.json")).unwrap()).unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let mut stores = 0;
        for each in expect["steps"].as_array().unwrap() {
            stores += usize::from(each.get("fresh").is_some());
            let root = temporary.path().join(format!("r{stores}"));
            fs::create_dir_all(&root).unwrap();
            wrong.extend(step(&dir, &root, each).into_iter().map(|why| format!("{name}: {why}")));
        }
        let Some(records) = expect.get("records").and_then(Value::as_array) else { continue };
        let mut found = stored(&temporary.path().join(format!("r{stores}")));
        let by_number = |record: &Value| {
            record["symbol"].as_str().and_then(|symbol| symbol.get(1..)?.parse::<u32>().ok())
        };
        if name.starts_with("401-") {
            found.sort_by_key(by_number);
        }
        if found.len() != records.len() {
            wrong.push(format!("{name}: {} records, not {}", found.len(), records.len()));
        }
        for (record, wanted) in found.iter().zip(records) {
            if !is(Some(record), wanted) {
                wrong.push(format!("{name}: {record} is not {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A trade, written in many forms.
#[derive(Clone)]
struct Trade {
    symbol: String,
    is_short: bool,
    /// In hundredths, as the other prices and amounts.
    entry: i64,
    exit: i64,
    qty: i64,
    fees: i64,
    minute: i64,
}

impl Trade {
    fn time(&self, minutes: i64) -> String {
        let at = self.minute + minutes;
        format!("2026-03-0{}T{:02}:{:02}:00Z", 2 + at / 360, 14 + at % 360 / 60, at % 60)
    }

    fn side(&self) -> &'static str {
        if self.is_short { "SELL" } else { "BUY" }
    }

    fn json(&self) -> String {
        format!(
            r#"{{"symbol":"{}","side":"{}","entry_price":{},"exit_price":{},"qty":{},"fees":{},"entry_time":"{}","exit_time":"{}"}}"#,
            self.symbol,
            self.side(),
            hundredths(self.entry, "."),
            hundredths(self.exit, "."),
            self.qty,
            hundredths(self.fees, "."),
            self.time(0),
            self.time(25)
        )
    }

    fn cells(&self, point: &str) -> Vec<String> {
        vec![
            self.symbol.clone(),
            self.side().to_owned(),
            hundredths(self.entry, point),
            hundredths(self.exit, point),
            self.qty.to_string(),
            hundredths(self.fees, point),
            self.time(0),
            self.time(25),
        ]
    }
}

fn hundredths(value: i64, point: &str) -> String {
    format!("{}{point}{:02}", value / 100, value % 100)
}

/// Trades of a fixed run of random numbers; some are equal to others, and many end at one moment.
fn trades(mut state: u64, count: usize) -> Vec<Trade> {
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut trades: Vec<Trade> = Vec::new();
    for _ in 0..count {
        let entry = 5_000 + next(10_000) as i64;
        let fresh = Trade {
            symbol: format!("S{}", next(5)),
            is_short: next(2) == 0,
            entry,
            exit: entry + next(400) as i64 - 200,
            qty: 1 + next(90) as i64,
            fees: next(500) as i64 + 1,
            minute: next(60) as i64 * 5,
        };
        let again =
            (next(5) == 0 && !trades.is_empty()).then(|| trades[next(trades.len() as u64) as usize].clone());
        trades.push(again.unwrap_or(fresh));
    }
    // One import sorts them by their exits: an engine records them in that order.
    trades.sort_by_key(|trade| trade.minute);
    trades
}

fn table(trades: &[Trade], headings: &str, delimiter: &str, point: &str) -> String {
    let rows = trades.iter().map(|trade| trade.cells(point).join(delimiter) + "\n");
    std::iter::once(headings.replace(',', delimiter) + "\n").chain(rows).collect()
}

/// What a store holds after a file, which stands in `args` as `FILE`.
fn exported(name: &str, text: &str, args: &[&str]) -> Vec<u8> {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("file"), text).unwrap();
    let args: Vec<&str> = args.iter().map(|arg| if *arg == "FILE" { "file" } else { arg }).collect();
    let root = temporary.path().join("root");
    let out = dtlearn(temporary.path(), &root, NOW, &args, text.as_bytes());
    assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
    dtlearn(temporary.path(), &root, NOW, &["export"], b"").stdout
}

#[test]
fn the_same_trades_give_the_same_bytes_in_every_form() {
    const OWN: &str = "symbol,side,entry_price,exit_price,qty,fees,entry_time,exit_time";
    const OTHER: &str = "Ticker,Direction,Open Price,Close Price,Filled Qty,Commission,openedAt,closed-at";
    const UNKNOWN: &str = "a1,a2,a3,a4,a5,a6,a7,a8";
    for seed in 1..4 {
        let trades = trades(seed, 40);
        let lines: Vec<String> = trades.iter().map(Trade::json).collect();
        let renamed = |line: &String| {
            line.replace("\"qty\"", "\"quantity\"")
                .replace("\"fees\"", "\"Commission\"")
                .replace("\"entry_time\"", "\"openedAt\"")
        };
        let closing = trades.iter().map(|trade| {
            let gross = (trade.exit - trade.entry) * trade.qty * if trade.is_short { -1 } else { 1 };
            let net = gross - trade.fees;
            let sign = if net < 0 { "-" } else { "" };
            let mut cells = trade.cells(".");
            cells[1] = if trade.is_short { "Buy" } else { "Sell" }.to_owned();
            format!("{},{sign}{}\n", cells.join(","), hundredths(net.abs(), "."))
        });
        let maps: Vec<String> =
            UNKNOWN.split(',').zip(OWN.split(',')).map(|(a, b)| format!("{a}={b}")).collect();
        let mut mapped: Vec<&str> = vec!["import", "FILE"];
        maps.iter().for_each(|map| mapped.extend(["--map", map]));
        let plain = vec!["import", "FILE"];
        let forms: Vec<(&str, String, Vec<&str>)> = vec![
            ("record-exit", lines.join("\n"), vec!["record-exit"]),
            ("lines", lines.join("\n"), plain.clone()),
            ("array", format!("[{}]", lines.join(",")), plain.clone()),
            (
                "pretty",
                lines.iter().map(|line| line.replace(",\"", ",\n \"") + "\n").collect(),
                plain.clone(),
            ),
            ("wrapped", format!("{{\"result\":{{\"list\":[{}]}}}}", lines.join(",")), plain.clone()),
            ("renamed", lines.iter().map(renamed).collect::<Vec<_>>().join("\n"), plain.clone()),
            ("csv", table(&trades, OWN, ",", "."), plain.clone()),
            ("other names", table(&trades, OTHER, ",", "."), plain.clone()),
            ("semicolons", table(&trades, OWN, ";", ","), plain.clone()),
            (
                "tabs below a preamble",
                format!("Account 1\n\n{}", table(&trades, OWN, "\t", ".")),
                plain.clone(),
            ),
            ("mapped", table(&trades, UNKNOWN, ",", "."), mapped),
            ("closing side", format!("{OWN},pnl\n{}", closing.collect::<String>()), plain.clone()),
        ];
        let mut first: Option<Vec<u8>> = None;
        for (name, text, args) in forms {
            let found = exported(name, &text, &args);
            assert_eq!(found.split(|byte| *byte == b'\n').count(), trades.len() + 1, "{name}");
            let first = first.get_or_insert_with(|| found.clone());
            assert!(*first == found, "{name}:\n{}", first_difference(first, &found));
        }
    }
}

fn first_difference(one: &[u8], other: &[u8]) -> String {
    let (one, other) =
        (String::from_utf8_lossy(one).into_owned(), String::from_utf8_lossy(other).into_owned());
    let pair = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    pair.map_or_else(String::new, |(one, other)| format!("{one}\n{other}"))
}
