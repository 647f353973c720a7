//! `record-news`: kept as every record of an engine is, and joined with signals as of their time.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::planted_store::{current, joined, planted, store};
use crate::common::{CLOSE, EVENING, Home, unpack};

fn item(id: &str, symbol: &str, time: &str, sentiment: f64) -> String {
    json!({"timestamp": time, "symbol": symbol, "sentiment": sentiment, "source": "wire", "headline_id": id})
        .to_string()
}

fn lines(home: &Home) -> Vec<Value> {
    let text = String::from_utf8(unpack(&home.store("news.jsonl.gz"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_item_is_stored_once_and_a_conflict_is_named() {
    let home = Home::new();
    let first = item("n-1", "MSFT", "2019-02-15T15:00:00Z", 0.5);
    assert!(home.seen(&["record-news"], &first).contains("recorded 1 news item\n"));
    assert!(home.seen(&["record-news"], &first).contains("1 already there\n"));
    let other = item("n-1", "MSFT", "2019-02-15T15:00:00Z", -0.5);
    let conflict = home.seen(&["record-news"], &other);
    assert!(
        conflict.starts_with("status 3\n") && conflict.contains("is there already with another content"),
        "{conflict}"
    );
    // Names as feeds have them, a sector, and flags.
    let feed = r#"{"published_at":"2019-02-15T15:00:00Z","ticker":"KO","sentiment_score":-1,"provider":"x","article_id":7,"url":"u"}"#;
    assert!(home.seen(&["record-news"], feed).contains("recorded 1 news item"));
    let by_hand = ["record-news", "--sector", "Energy", "--sentiment", "-0.25", "--source", "wire"];
    assert!(home.seen(&by_hand, "").contains("recorded 1 news item"));
    let stored = lines(&home);
    assert_eq!(stored.len(), 3);
    assert_eq!(
        (&stored[1]["symbol"], &stored[1]["headline_id"], &stored[1]["extra"]["url"]),
        (&"KO".into(), &"7".into(), &"u".into())
    );
    assert_eq!((&stored[2]["sector"], &stored[2]["timestamp"]), (&"Energy".into(), &CLOSE.into()));
    let ids: BTreeSet<&str> = stored.iter().map(|line| line["news_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    // A stored line is an item again, and the same one.
    let again = joined(&stored);
    assert!(home.seen(&["record-news"], &again).contains("3 already there"));
    assert!(
        home.seen(&["record-news", "--stream"], &format!("{first}\n\n{first}\n"))
            .contains("\"already_there\":1")
    );
    let doctor = home.seen(&["doctor"], "");
    assert!(doctor.contains("nothing is damaged: 3 records in news.jsonl.gz"), "{doctor}");
    // And out again.
    let id = stored[0]["news_id"].as_str().unwrap();
    let voided = home.seen(&["void", id, "--why", "a hoax"], "");
    assert!(voided.starts_with("status 0\n"), "{voided}");
    assert_eq!(lines(&home), stored[1..]);
    assert!(home.seen(&["record-news"], &first).contains("recorded 1 news item"), "it is not there any more");
}

#[test]
fn what_cannot_be_right_is_refused_and_kept() {
    let home = Home::new();
    for (input, why) in [
        (r#"{"timestamp":"2019-02-15T15:00:00Z","sentiment":0.1}"#, "no symbol and no sector"),
        (r#"{"timestamp":"2019-02-15T15:00:00Z","symbol":"A"}"#, "no sentiment"),
        (r#"{"symbol":"A","sentiment":0}"#, "no timestamp"),
        (
            &*item("n", "A", "2019-02-15T15:00:00Z", 40.0),
            "sentiment is 40, it lies between -1 and 1 (did you mean 0.4?)",
        ),
    ] {
        let said = home.seen(&["record-news"], input);
        assert!(said.starts_with("status 1\n") && said.contains(why), "{said}");
        assert!(home.seen(&["record-news", "--never-fail"], input).starts_with("status 0\n"));
    }
    assert!(!home.store("news.jsonl.gz").exists());
    let kept = std::fs::read_dir(home.store("rejected")).unwrap().count();
    assert!(kept >= 1, "refused input is kept");
}

#[test]
fn a_record_that_carries_later_news_is_a_leak() {
    let home = Home::new();
    let features = json!({"news_mean": 0.4, "news_time": "2019-02-15T15:00:01Z", "rsi": 40});
    let signal = json!({"signal_id": "s", "symbol": "A", "side": "BUY", "label": "BUY", "confidence": 0.9, "price": 100,
        "entry_price": 100, "timestamp": "2019-02-15T15:00:00Z", "features": features});
    for command in ["record-signal", "track-missed"] {
        let said = home.seen(&[command], &signal.to_string());
        assert!(
            said.starts_with("status 1\n") && said.contains("later than the record"),
            "{command}: {said}"
        );
    }
    let mut earlier = signal.clone();
    earlier["features"]["news_time"] = "2019-02-15T15:00:00Z".into();
    assert!(home.seen(&["record-signal"], &earlier.to_string()).contains("recorded 1 signal"));
    // A trade is worth keeping without.
    let exit = json!({"trade_id": "t", "symbol": "A", "side": "BUY", "entry_price": 100, "price": 101,
        "entry_timestamp": "2019-02-15T15:00:00Z", "timestamp": "2019-02-15T16:00:00Z", "features": features});
    let said = home.seen(&["record-exit"], &exit.to_string());
    assert!(said.contains("recorded 1 trade") && said.contains("later than the entry"), "{said}");
    let stored = String::from_utf8(unpack(&home.store("trade_outcomes.jsonl.gz"))).unwrap();
    let stored: Value = serde_json::from_str(stored.lines().next().unwrap()).unwrap();
    assert_eq!((&stored["features"], &stored["extra"]["news_mean"]), (&json!({"rsi": 40}), &json!(0.4)));
    // Nothing that is there is overwritten, and what is of no news stays.
    let mut other = exit.clone();
    other["trade_id"] = "u".into();
    other["news_mean"] = 9.into();
    other["extra"] = json!({"news_time": 8});
    other["features"]["newspaper_count"] = 3.into();
    // Without an entry nothing says that the news came before it.
    other.as_object_mut().unwrap().remove("entry_timestamp");
    let said = home.seen(&["record-exit"], &other.to_string());
    assert!(said.contains("recorded 1 trade") && said.contains("no time of entry"), "{said}");
    let stored = last_line(&home, "trade_outcomes.jsonl.gz");
    assert_eq!(stored["features"], json!({"rsi": 40, "newspaper_count": 3}));
    let extra = &stored["extra"];
    assert_eq!((&extra["news_mean"], &extra["features.news_mean"]), (&json!(9), &json!(0.4)));
    assert_eq!((&extra["news_time"], &extra["features.news_time"]), (&json!(8), &features["news_time"]));
    let fill = json!({"fill_id": "f", "symbol": "B", "side": "BUY", "qty": 1, "price": 100,
        "timestamp": "2019-02-15T15:00:00Z", "features": features});
    let said = home.seen(&["record-fill"], &fill.to_string());
    assert!(said.contains("recorded 1 fill") && said.contains("later than the entry"), "{said}");
    let stored = last_line(&home, "fills.jsonl.gz");
    assert_eq!((&stored["features"], &stored["extra"]["news_mean"]), (&json!({"rsi": 40}), &json!(0.4)));
    // In the account's zone, where none is said.
    let mut local = signal.clone();
    local["features"] = json!({"headline": {"published": "2019-02-15 10:00:01"}});
    assert!(home.seen(&["record-signal"], &local.to_string()).contains("later than the record"));
}

fn last_line(home: &Home, file: &str) -> Value {
    let text = String::from_utf8(unpack(&home.store(file))).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn headlines_without_an_id_are_told_apart_and_void_counts_by_log() {
    let home = Home::new();
    let bare = |title: &str| {
        json!({"timestamp": "2019-02-15T15:00:00Z", "symbol": "MSFT", "sentiment": 0, "title": title,
            "feed": {"b": 1, "a": [1, "x"]}})
        .to_string()
    };
    assert!(home.seen(&["record-news"], &bare("one")).contains("recorded 1 news item\n"));
    let told = home.json(&["record-news", "--sector", "Tech", "--sentiment", "0.5"]);
    assert_eq!(told["news_id"], lines(&home)[1]["news_id"]);
    let other = home.seen(&["record-news"], &bare("two"));
    let stored = lines(&home);
    let id = stored[2]["news_id"].as_str().unwrap();
    assert!(other.contains(&format!("recorded 1 news item\nnews_id {id}\n")), "{other}");
    let negative = bare("one").replace("\"sentiment\":0", "\"sentiment\":-0.0");
    assert!(home.seen(&["record-news"], &negative.replace("MSFT", "msft")).contains("1 already there\n"));
    assert!(home.seen(&["record-news"], &joined(&stored)).contains("3 already there\n"));
    let exit = json!({"trade_id": "t", "symbol": "A", "side": "BUY", "entry_price": 100, "price": 101,
        "timestamp": "2019-02-15T16:00:00Z"});
    assert!(home.seen(&["record-exit"], &exit.to_string()).contains("recorded 1 trade"));
    let said = home.seen(&["void", "t", id, stored[0]["news_id"].as_str().unwrap(), "--why", "a hoax"], "");
    assert!(said.contains("2 news items and 1 trade taken out; kept in"), "{said}");
    assert_eq!(lines(&home), stored[1..2]);
}

/// Planted signals whose outcome hangs on news that came an hour before them.
fn told_by_news() -> (Vec<Value>, Vec<Value>, Vec<String>) {
    let (mut picks, mut exits) = planted();
    let mut news = Vec::new();
    for (at, (pick, exit)) in picks.iter_mut().zip(&mut exits).enumerate() {
        let features = pick["features"].as_object_mut().unwrap();
        features.retain(|name, _| ["rsi_14", "spread_bps", "vwap_dist"].contains(&name.as_str()));
        let symbol = format!("N{at}");
        pick["symbol"] = symbol.as_str().into();
        exit["symbol"] = symbol.as_str().into();
        let good = at % 2 == 0;
        let time = pick["timestamp"].as_str().unwrap();
        let before = format!("{}T10:30:00Z", &time[..10]);
        news.push(item(&symbol, &symbol, &before, if good { 0.7 } else { -0.7 }));
        let moved = if good ^ [0, 3].contains(&(at % 8)) { 0.375 } else { -0.25 };
        exit["price"] = (100.0 + if exit["side"] == "BUY" { moved } else { -moved }).into();
        exit["exit_reason"] = if moved > 0.0 { "take_profit" } else { "stop_loss" }.into();
    }
    // Before all of them, so that there is something to know of the first signals; the last line of the log.
    news.push(item("first", "ELSE", "2026-05-01T10:00:00Z", 0.0));
    (picks, exits, news)
}

fn record_news(home: &Home, news: &str) {
    home.dtlearn()
        .env("DTLEARN_NOW", "2026-06-30T20:30:00Z")
        .arg("record-news")
        .write_stdin(news.to_owned())
        .assert()
        .success();
}

fn model(home: &Home) -> Vec<u8> {
    assert_eq!(home.json_at(EVENING, &["retrain", "--force"])["status"], "deployed");
    unpack(&home.store(&format!("models/{}/model.json.gz", current(home))))
}

fn score(home: &Home, pick: &Value) -> Value {
    home.scored_at("2026-06-30T20:30:00Z", pick)
}

#[test]
fn news_are_learned_from_as_of_the_signal_and_a_later_item_changes_not_a_byte() {
    let (picks, exits, news) = told_by_news();
    let home = store(&picks, &exits);
    record_news(&home, &news.join("\n"));
    let later = store(&picks, &exits);
    record_news(&later, &news.join("\n"));
    // One second after each signal, and as much against the truth as can be.
    let a_second_later = picks.iter().zip(&news).enumerate().map(|(at, (pick, told))| {
        let told: Value = serde_json::from_str(told).unwrap();
        let time = pick["timestamp"].as_str().unwrap();
        let moment = dtlearn::domain::Timestamp::parse(time).unwrap();
        let after = dtlearn::domain::Timestamp::from_micros(moment.micros() + 1_000_000).to_string();
        item(
            &format!("late{at}"),
            told["symbol"].as_str().unwrap(),
            &after,
            -told["sentiment"].as_f64().unwrap(),
        )
    });
    let a_second_later: Vec<String> = a_second_later.collect();
    record_news(&later, &a_second_later.join("\n"));
    let (one, other) = (model(&home), model(&later));
    assert!(String::from_utf8_lossy(&one).contains("\"name\":\"news_mean\""));
    assert!(one == other, "an item later than its signal entered");
}

#[test]
fn a_score_knows_the_news_of_the_day_before_its_signal() {
    let (picks, exits, news) = told_by_news();
    let home = store(&picks, &exits);
    record_news(&home, &news.join("\n"));
    model(&home);
    // The answer to a new signal, before and after an item that comes a second later, and one that came before.
    let mut pick = picks[0].clone();
    pick["symbol"] = "FRESH".into();
    pick["timestamp"] = "2026-06-29T14:30:00Z".into();
    let without = score(&home, &pick);
    record_news(&home, &item("f1", "FRESH", "2026-06-29T14:30:01Z", 0.7));
    record_news(&home, &item("f2", "FRESH", "2026-06-29T14:30:00Z", 0.7));
    record_news(&home, &item("f3", "FRESH", "2026-06-28T14:30:00Z", 0.7));
    assert_eq!(score(&home, &pick), without, "later, at the same moment, and a day ago");
    record_news(&home, &item("f4", "FRESH", "2026-06-29T14:29:59Z", 0.7));
    let with = score(&home, &pick);
    let moved = |said: &Value, name: &str| {
        said["moved"]
            .as_array()
            .unwrap()
            .iter()
            .find(|moved| moved["feature"] == name)
            .map(|moved| moved["value"].clone())
    };
    assert_eq!(moved(&with, "news_mean").or_else(|| moved(&with, "news_last")), Some(json!(0.7)), "{with}");
    assert!(with["probability"].as_f64() > without["probability"].as_f64(), "{with} {without}");

    // Recorded at 20:30: nobody knew it before that. Announced ahead: it counts once its time has come.
    let at = |time: &str| {
        let mut pick = pick.clone();
        pick["timestamp"] = time.into();
        score(&home, &pick)["probability"].clone()
    };
    let (before, after) = (at("2026-06-30T17:00:00Z"), at("2026-06-30T20:40:00Z"));
    record_news(&home, &item("f5", "FRESH", "2026-06-30T16:00:00Z", 0.7));
    assert_eq!(at("2026-06-30T17:00:00Z"), before);
    assert_ne!(at("2026-06-30T20:40:00Z"), after);
    let after = at("2026-07-02T17:00:00Z");
    record_news(&home, &item("f6", "FRESH", "2026-07-02T16:00:00Z", 0.7));
    assert_ne!(at("2026-07-02T17:00:00Z"), after);
}

#[test]
fn results_are_told_by_sentiment() {
    let (picks, exits, news) = told_by_news();
    let home = store(&picks, &exits);
    record_news(&home, &news.join("\n"));
    let by = home.json_at(EVENING, &["report", "history", "--by", "sentiment", "--windows", "7,90"]);
    let of = |by: &Value, window: &str, key: &str| {
        let is_it = |group: &&Value| group["window"] == window && group["key"] == key;
        by["groups"].as_array().unwrap().iter().find(is_it).cloned()
    };
    // Half of them have 0.7, the others −0.7: equal values stay together. Each window has its own cuts.
    let group = of(&by, "90d", "news_mean 6").unwrap();
    assert_eq!(group["trades"], 500, "{group}");
    assert!(group["win_rate_low"].as_f64() > Some(0.6), "{group}");
    let week = by["groups"].as_array().unwrap().iter().filter(|group| group["window"] == "7d");
    assert_eq!(week.map(|group| group["trades"].as_u64().unwrap()).sum::<u64>() % 2, 0);
    assert_eq!(by["counts"][1], json!({"window": "90d", "trades": 1000, "with_sentiment": 1000}));
    let rows = home.seen_at(
        EVENING,
        &["report", "history", "--by", "sentiment", "--windows", "7,90", "--format", "csv"],
    );
    assert!(rows.contains("\n7d,news_") && rows.contains("\n90d,news_"), "{rows}");
    // Few trades, and trades without news, are said.
    let few = home.seen_at(EVENING, &["report", "history", "--by", "sentiment", "--windows", "1,90"]);
    assert!(
        few.contains("Last 1 day: a sentiment was known before ") && few.contains("it takes 100"),
        "{few}"
    );
    let half = store(&picks, &exits);
    record_news(&half, &news[..news.len() / 2].join("\n"));
    let told = half.json_at(EVENING, &["report", "history", "--by", "sentiment", "--windows", "90"]);
    let (none, count) = (of(&told, "90d", "news_mean none").unwrap(), &told["counts"][0]);
    assert_eq!(count["trades"].as_u64(), Some(1000));
    assert_eq!(none["trades"].as_u64().unwrap() + count["with_sentiment"].as_u64().unwrap(), 1000);
    let table = home.seen_at(EVENING, &["report", "history", "--by", "sentiment"]);
    assert!(table.contains("Last 30 days") && table.contains("news_mean"), "{table}");
    let long = ["report", "history", "--by", "sentiment", "--windows", "90", "--where", "side = long"];
    let told = home.json_at(EVENING, &long);
    let trades = told["counts"][0]["trades"].as_u64().unwrap();
    assert!(trades > 300 && trades < 700 && told["where"] == "side = long", "{told}");

    // Results by sentiment decile.
    let patterns = home.json_at(EVENING, &["report", "patterns"]);
    let deciles: Vec<&Value> = patterns["sentiment"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["feature"] == "news_mean")
        .collect();
    assert_eq!(deciles.len(), 2);
    assert!(deciles[1]["win_rate_low"].as_f64() > deciles[0]["win_rate_high"].as_f64(), "{deciles:?}");
    assert!(deciles[1]["mean_low"].as_f64() > deciles[0]["mean_high"].as_f64(), "{deciles:?}");
}

#[test]
fn without_news_a_model_has_the_same_bytes() {
    let (picks, exits, _) = told_by_news();
    let (home, other) = (store(&picks[..400], &exits[..400]), store(&picks[..400], &exits[..400]));
    // News of nothing that is traded, older than a day before the first signal, and one of another's future.
    record_news(&other, &item("x", "ELSE", "2026-05-01T10:00:00Z", 0.5));
    let names = |home: &Home| {
        let dry = home.json_at(EVENING, &["retrain", "--force", "--dry-run", "--gate", "seed"]);
        (dry["importances"].clone(), dry["validation"].clone())
    };
    let (one, two) = (names(&home), names(&other));
    assert_eq!(one, two, "a number of items that is always 0 is no column");
    assert!(!one.0.to_string().contains("news_"));
}

#[test]
fn a_stream_takes_up_news_that_come_while_it_runs() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let (picks, exits, news) = told_by_news();
    let home = store(&picks, &exits);
    record_news(&home, &news.join("\n"));
    model(&home);
    let mut command = Command::new(crate::common::program());
    command.env_clear().env("DTLEARN_NOW", "2026-07-02T20:30:00Z").current_dir(home.0.path());
    command.args(["score", "--stream"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, mut output) =
        (child.stdin.take().unwrap(), child.stdout.take().map(BufReader::new).unwrap());
    let mut ask = |time: &str| -> Value {
        let mut pick = picks[0].clone();
        (pick["symbol"], pick["timestamp"]) = ("FRESH".into(), time.into());
        input.write_all(format!("{pick}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["probability"].clone()
    };
    let plain = ask("2026-07-02T17:00:00Z");
    // Recorded two days before their time, one after the other.
    record_news(&home, &item("n1", "FRESH", "2026-07-02T16:00:00Z", 0.7));
    let good = ask("2026-07-02T17:00:00Z");
    assert!(good.as_f64() > plain.as_f64(), "{good} {plain}");
    let bad: Vec<String> =
        (0..9).map(|at| item(&format!("b{at}"), "FRESH", "2026-07-02T16:30:00Z", -0.9)).collect();
    record_news(&home, &bad.join("\n"));
    let mixed = ask("2026-07-02T17:00:00Z");
    assert!(mixed.as_f64() < good.as_f64(), "{mixed} {good}");
    // The log is another one: an item is gone from its middle.
    let id = lines(&home).iter().find(|line| line["headline_id"] == "n1").unwrap()["news_id"].clone();
    assert!(home.seen(&["void", id.as_str().unwrap(), "--why", "a hoax"], "").starts_with("status 0\n"));
    let without = ask("2026-07-02T17:00:00Z");
    let mut fresh = picks[0].clone();
    (fresh["symbol"], fresh["timestamp"]) = ("FRESH".into(), "2026-07-02T17:00:00Z".into());
    assert_eq!(without, score(&home, &fresh)["probability"]);
    drop(input);
    assert!(child.wait().unwrap().success());
}
