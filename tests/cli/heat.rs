//! `heat`: what the open book risks, and the room of the next trade.

use serde_json::{Value, json};

use crate::common::brain::{brain_path, brain_text};
use crate::common::experiment_store::dates;
use crate::common::{Home, unpack};

/// Three positions of 1,000 with a stop 2 % away.
fn three(home: &Home) {
    let rows: Vec<String> = ["MSFT", "AAPL", "NVDA"]
        .iter()
        .map(|symbol| {
            json!({"symbol": symbol, "side": "LONG", "qty": 10, "entry_price": 100.0, "stop_price": 98.0})
                .to_string()
        })
        .collect();
    std::fs::write(home.path("open.jsonl"), rows.join("\n")).unwrap();
}

#[test]
fn the_heat_of_three_positions_is_that_of_the_hand_calculation() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("dtlearn.toml"), "[heat]\ngap_frac = 0\n").unwrap();
    three(&home);
    let said = home.json(&["heat", "--open", "open.jsonl"]);
    assert_eq!(
        (&said["gross_usd"], &said["net_usd"], &said["equity_usd"]),
        (&json!(60.0), &json!(60.0), &json!(10_000.0))
    );
    // Without own trades .3 is assumed: three positions are 3 / 1.6 bets.
    assert!((said["effective_bets"].as_f64().unwrap() - 1.875).abs() < 1e-9, "{said}");
    assert!((said["correlated_usd"].as_f64().unwrap() - (1_200.0f64 * 1.6).sqrt()).abs() < 1e-9);
    let seen = home.seen(&["heat", "--open", "open.jsonl"], "");
    assert!(
        seen.contains(
            "3 positions open: 60.00 USD at risk if every stop is hit, 0.60 % of 10000.00,\n1.9 effective bets"
        ),
        "{seen}"
    );
    assert!(seen.contains("0.30 assumed, no own trades overlapped"), "{seen}");
}

#[test]
fn the_next_trade_gets_the_room_that_is_left() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("dtlearn.toml"), "[heat]\nsector_frac = 0.005\n").unwrap();
    three(&home);
    let ask = |qty: &str, more: &[&str]| {
        let next = "heat --open open.jsonl --for UGA --side LONG --price 50 --stop 49 --qty";
        let args: Vec<&str> = next.split(' ').chain([qty]).chain(more.iter().copied()).collect();
        home.json(&args)["entry"].clone()
    };
    assert_eq!((&ask("20", &[])["multiplier"], &ask("20", &[])["cap"]), (&json!(1.0), &json!(null)));
    // 400 units risk 440 with the gap: gross leaves 134 of 200.
    let large = ask("400", &[]);
    assert!(large["multiplier"].as_f64().unwrap() < 1.0 && large["cap"] == "correlated", "{large}");
    let sector = ask("400", &["--sector", "energy"]);
    assert_eq!(sector["cap"], "sector");
    let next = "heat --open open.jsonl --for UGA --side SHORT --price 50 --qty 10 --format env";
    let env = home.seen(&next.split(' ').collect::<Vec<_>>(), "");
    assert!(
        env.contains("DT_HEAT_ROOM_USD=")
            && env.contains("DT_HEAT_MULTIPLIER=1\n")
            && env.contains("DT_HEAT_CAP=\n"),
        "{env}"
    );
    // No room at all: 4, and never a failure.
    std::fs::write(
        home.path("full.json"),
        r#"[{"symbol":"MSFT","qty":-100,"entry_price":100,"stop":105},{"symbol":"AAPL","side":"BUY","qty":1,"entry_price":100}]"#,
    )
    .unwrap();
    let seen = home.seen(&["heat", "--open", "full.json", "--exit-code", "--never-fail"], "");
    assert!(seen.starts_with("status 4\n") && seen.contains("as the knob"), "{seen}");
}

#[test]
fn a_position_that_cannot_be_read_is_named() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.path("open.jsonl"), "{\"symbol\":\"MSFT\",\"side\":\"BUY\",\"qty\":1,\"entry_price\":5}\n{\"symbol\":\"MSFT\",\"side\":\"BUY\"}\n").unwrap();
    let seen = home.seen(&["heat", "--open", "open.jsonl"], "");
    assert!(seen.starts_with("status 1\n") && seen.contains("open.jsonl: position 2: no qty"), "{seen}");
}

#[test]
fn what_the_fills_leave_open_is_the_book() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("dtlearn.toml"), "[heat]\ngap_frac = 0\n").unwrap();
    let fill = json!({"symbol": "MSFT", "side": "BUY", "qty": 10, "price": 100.0, "stop_price": 98.0,
        "timestamp": "2019-02-15T15:00:00Z", "fill_id": "f1"});
    let seen = home.seen(&["record-fill"], &fill.to_string());
    assert!(seen.starts_with("status 0\n"), "{seen}");
    let said = home.json(&["heat"]);
    assert_eq!(
        (&said["gross_usd"], said["positions"].as_array().unwrap().len()),
        (&json!(20.0), 1),
        "{said}"
    );
}

#[test]
fn size_caps_only_ever_make_a_position_smaller() {
    let home = Home::with_planted_rows();
    let now = "2026-06-26T20:05:00Z";
    let env = |symbol: &str| {
        let said = home.seen_at(now, &["report", "brain", "--symbol", symbol, "--format", "env"]);
        let line =
            said.lines().find(|line| line.starts_with("DT_POSITION_SIZE_BASE_USD=")).unwrap().to_owned();
        line.split('=').nth(1).unwrap().parse::<f64>().unwrap()
    };
    let seen = home.json_at(now, &["portfolio"]);
    let parts = seen["by_symbol"].as_array().unwrap().clone();
    let name = |part: &Value| part["name"].as_str().unwrap().to_owned();
    let before = env(&name(&parts[0]));
    assert!(!brain_path(&home).exists() || !brain_text(&home).contains("size_cap_usd"));
    let applied = home.json_at(now, &["portfolio", "--apply"]);
    let capped = parts.iter().filter(|part| part["size_cap_usd"].as_f64().unwrap() < before).count();
    assert!(capped > 0 && capped < parts.len() && applied["applied"] == capped, "{capped} {applied}");
    for part in &parts {
        let (cap, size) = (part["size_cap_usd"].as_f64().unwrap(), env(&name(part)));
        assert!(size <= before && (size - cap.min(before).floor()).abs() < 1e-9, "{part} {size}");
    }
    // Again it is the same, and a knob that is set by hand keeps the caps.
    let text = brain_text(&home);
    home.json_at(now, &["portfolio", "--apply"]);
    assert_eq!(brain_text(&home), text);
    home.seen_at(now, &["brain-adjust", "--set", "DT_MAX_POSITIONS=2"]);
    assert!(brain_text(&home).contains("size_cap_usd"));
}

#[test]
fn a_size_cap_says_nothing_of_an_earlier_moment() {
    let home = Home::with_planted_rows();
    let (now, later) = ("2026-06-26T20:05:00Z", "2026-06-26T21:05:00Z");
    home.json_at(later, &["portfolio", "--apply"]);
    let capped = home.json_at(now, &["portfolio"])["by_symbol"].as_array().unwrap().clone();
    let capped = capped.iter().find(|part| part["size_cap_usd"].as_f64().unwrap() < 999.0).unwrap();
    let (symbol, cap) = (capped["name"].as_str().unwrap(), capped["size_cap_usd"].as_f64().unwrap().floor());
    let size = |args: &[&str]| {
        let asked = [&["report", "brain", "--symbol", symbol, "--format", "env"], args].concat();
        let said = home.seen_at("2026-06-27T12:00:00Z", &asked);
        said.lines().find_map(|line| line.strip_prefix("DT_POSITION_SIZE_BASE_USD=")).unwrap().to_owned()
    };
    assert_eq!(size(&[]), cap.to_string());
    assert_eq!(size(&["--as-of", now]), "1000");
    let asked = ["report", "brain", "--symbol", symbol, "--as-of", now];
    let said = home.seen_at("2026-06-27T12:00:00Z", &asked).replace('\n', " ");
    assert!(said.contains(&format!("The size cap of {symbol} is left out")), "{said}");
}

/// Five-minute bars of sessions of one factor: prices of A and B go together, those of C by themselves.
fn bars(dates: &[chrono::NaiveDate]) -> Vec<String> {
    let mut rng = dtlearn::learn::Rng::new(11, 0);
    let mut step = || 0.001 * crate::common::statistics::normal(&mut rng);
    let mut prices = [100.0f64; 3];
    let mut rows = Vec::new();
    for date in dates {
        for part in 0..78 {
            let (shared, own) = (step(), [step(), step(), step()]);
            for (at, symbol) in ["A", "B", "C"].iter().enumerate() {
                let weight = if *symbol == "C" { 0.0 } else { 2.0 };
                prices[at] *= 1.0 + weight * shared + own[at];
                let minute = 14 * 60 + 30 + 5 * part;
                let clock = format!("{:02}:{:02}:00Z", minute / 60, minute % 60);
                rows.push(format!("{symbol},{date}T{clock},{:.4}\n", prices[at]));
            }
        }
    }
    rows
}

/// The evening of the last of these dates, on which A, B and C were traded and A, B and D are open in `open.json`.
fn evening(home: &Home, dates: &[chrono::NaiveDate]) -> String {
    let now = format!("{}T22:00:00Z", dates[dates.len() - 1]);
    let time = |hour: u32| format!("{}T{hour}:00:00Z", dates[dates.len() - 1]);
    let trade = |symbol: &str| {
        json!({
            "trade_id": symbol, "symbol": symbol, "side": "BUY", "qty": 1, "entry_price": 100.0, "exit_price": 101.0,
            "stop_price": 99.0, "entry_time": time(15), "exit_time": time(16),
        })
    };
    let lines: String = ["A", "B", "C"].iter().map(|symbol| format!("{}\n", trade(symbol))).collect();
    home.dtlearn().env("DTLEARN_NOW", &now).arg("record-exit").write_stdin(lines).assert().success();
    let open: String = ["A", "B", "D"]
        .iter()
        .map(|symbol| format!("{{\"symbol\":\"{symbol}\",\"side\":\"BUY\",\"qty\":10,\"entry_price\":100,\"stop_price\":99}}\n"))
        .collect();
    std::fs::write(home.path("open.json"), open).unwrap();
    now
}

/// Reads bars from a file; the number of sessions of symbols that are kept, and the file that they are kept in.
fn keep(home: &Home, now: &str, rows: &[String]) -> (Value, Vec<u8>) {
    let text = format!("symbol,timestamp,close\n{}", rows.concat());
    std::fs::write(home.path("bars.csv"), text).unwrap();
    let said = home.json_at(now, &["analyze", "--prices", "bars.csv"]);
    let kept = std::fs::read(home.store("symbol_sessions.jsonl.gz")).unwrap();
    (said["missed_opportunities"]["symbol_sessions"].clone(), kept)
}

#[test]
fn what_bars_say_is_kept_however_they_come() {
    let (home, dates) = (Home::new(), dates("2026-01-05", 24));
    let (now, rows) = (evening(&home, &dates), bars(&dates));
    let (count, whole) = keep(&home, &now, &rows);
    assert_eq!(count, 3 * 24);
    // The same bars again, and a file that breaks off, change nothing; nor does the way in which they came.
    assert_eq!(keep(&home, &now, &rows).1, whole);
    assert_eq!(keep(&home, &now, &rows[..rows.len() / 2 - 30]).1, whole);
    std::fs::remove_file(home.store("symbol_sessions.jsonl.gz")).unwrap();
    keep(&home, &now, &rows[rows.len() / 2..]);
    assert_eq!(keep(&home, &now, &rows[..rows.len() / 2]).1, whole);
    let text = String::from_utf8(unpack(&home.store("symbol_sessions.jsonl.gz"))).unwrap();
    let row: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&row["symbol"], &row["date"], &row["bars"]), (&json!("A"), &json!("2026-01-05"), &json!(78)));
    assert_eq!(row["returns_15m"].as_array().unwrap().len(), 26);
    // Five-minute steps of .224 % in 77 returns.
    assert!((row["realised_vol"].as_f64().unwrap() / 0.0197 - 1.0).abs() < 0.25, "{row}");
}

#[test]
fn a_session_that_was_kept_is_never_lost() {
    // Traded round the clock, beside an account that rests on Saturdays.
    let home = crate::markets::store("[market.symbols]\nBTC = \"24/7\"\n");
    let now = "2026-03-09T02:00:00Z";
    let exit = r#"{"trade_id":"t","symbol":"BTC","side":"BUY","entry_price":1,"exit_price":2,"exit_time":"2026-03-06T16:00:00Z"}"#;
    home.dtlearn().env("DTLEARN_NOW", now).arg("record-exit").write_stdin(exit).assert().success();
    let day = |date: &str| -> Vec<String> {
        (0..24).map(|hour| format!("BTC,{date}T{hour:02}:00:00Z,{}\n", 100 + hour)).collect()
    };
    let dates = || -> Vec<String> {
        let text = String::from_utf8(unpack(&home.store("symbol_sessions.jsonl.gz"))).unwrap();
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["date"].to_string()).collect()
    };
    keep(&home, now, &day("2026-03-07"));
    keep(&home, now, &day("2026-03-08"));
    assert_eq!(dates(), ["\"2026-03-07\"", "\"2026-03-08\""]);
    // Bars in the other order say the same, also where a session ends when the next begins.
    let path = home.store("symbol_sessions.jsonl.gz");
    let (both, whole) = ([day("2026-03-07"), day("2026-03-08")].concat(), std::fs::read(&path).unwrap());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(keep(&home, now, &both.iter().rev().cloned().collect::<Vec<_>>()).1, whole);
    // A line of a newer version is not written over.
    let line = r#"{"symbol":"NEW","date":"2026-03-02","open":1,"close":1,"realised_vol":null,"bars":1,"returns_15m":[],"schema":99}"#;
    std::fs::write(&path, dtlearn::store::encode_plain_member(format!("{line}\n").as_bytes())).unwrap();
    let before = std::fs::read(&path).unwrap();
    let said = home.seen_at(now, &["analyze", "--prices", "bars.csv"]);
    assert!(
        said.contains("the sessions of symbols are not kept") && said.contains("newer version"),
        "{said}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn prices_that_were_read_say_how_symbols_go_together() {
    let (home, dates) = (Home::new(), dates("2026-01-05", 24));
    let now = evening(&home, &dates);
    let asked = "heat --open open.json --for C --side LONG --qty 1 --price 100 --stop 99";
    let heat = || home.json_at(&now, &asked.split(' ').collect::<Vec<_>>());
    let before = heat();
    assert!(before["correlations"]["bars"].is_null(), "{before}");
    keep(&home, &now, &bars(&dates));
    let after = heat();
    let found = &after["correlations"]["bars"];
    assert_eq!(
        (&found["symbols"], &found["returns"], &found["sessions"]),
        (&json!(["A", "B", "C"]), &json!(24 * 26), &json!(24))
    );
    // What they share is four fifths of their variance.
    let between = |a: usize, b: usize| found["between"][a][b].as_f64().unwrap();
    assert!((between(0, 1) - 0.8).abs() < 0.08 && between(0, 2).abs() < 0.15, "{found}");
    assert!(after["correlated_usd"].as_f64().unwrap() > before["correlated_usd"].as_f64().unwrap());
    let said = home.seen_at(&now, &["heat", "--open", "open.json"]).replace('\n', " ");
    assert!(
        said.contains("Correlations of prices between A, B: 624 returns of quarter hours in 24 sessions"),
        "{said}"
    );
    assert!(said.contains("Too few bars of D: correlations with them are those of own trades."), "{said}");
    let book = home.json_at(&now, &["report", "portfolio"]);
    assert_eq!(
        (&book["correlations"]["of"], &book["correlations"]["returns"]),
        (&json!("prices"), &json!(624))
    );
    // What was not over then was not known then.
    let earlier = format!("{}T22:00:00Z", dates[18]);
    let asked = home.json_at(&now, &["heat", "--open", "open.json", "--as-of", &earlier]);
    assert!(asked["correlations"]["bars"].is_null(), "{asked}");
    // One that cannot be read costs a warning.
    std::fs::write(home.store("symbol_sessions.jsonl.gz"), b"nothing").unwrap();
    let said = home.seen_at(&now, &["heat", "--open", "open.json"]).replace('\n', " ");
    assert!(
        said.starts_with("status 0 ") && said.contains("correlations are those of the own trades"),
        "{said}"
    );
}

/// The fills of no store are no empty book; an engine that brings its own positions is told that the rest is assumed.
#[test]
fn a_folder_that_is_not_there_is_not_an_empty_book() {
    let home = Home::new();
    three(&home);
    let none = home.seen(&["--root", "mistyped", "heat"], "");
    assert!(none.starts_with("status 10\n--- out\n--- err\ndtlearn: error: mistyped"), "{none}");
    let own = home.seen(&["--root", "mistyped", "heat", "--open", "open.jsonl"], "");
    assert!(own.starts_with("status 0\n--- out\n3 positions open: "), "{own}");
    assert!(own.contains("there is no store at mistyped"), "{own}");
}
