//! `score`, and what is wrong with a pick or a model.

use std::io::{BufRead, BufReader, Write};

use serde_json::{Value, json};

use crate::common::planted_store::{current, joined, planted, store};
use crate::common::unattended::unattended;
use crate::common::{EVENING, Home, program, unpack};

fn score(home: &Home, input: &str) -> Value {
    let output = home.dtlearn().arg("score").write_stdin(input).output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The signal's own score is given, and why.
fn falls_back(home: &Home, input: &str, why: &str) {
    let said = score(home, input);
    assert_eq!(said["fallback"], true);
    assert_eq!(said["score"], 5.629, "the pick's own");
    assert!(said["fallback_reason"].as_str().unwrap().contains(why), "{said}");
    assert!(said["probability"].is_null());
}

#[test]
fn a_score_comes_at_once_and_whatever_is_wrong() {
    let (picks, exits) = planted();
    let pick = joined(&picks[..1]);
    let home = store(&picks, &exits);
    falls_back(&home, &pick, "no model was ever deployed");
    falls_back(&Home::new(), &pick, "no model was ever deployed");
    assert_eq!(home.json_at(EVENING, &["retrain"])["status"], "deployed");
    let said = score(&home, &pick);
    let (probability, base) = (said["probability"].as_f64().unwrap(), said["base"].as_f64().unwrap());
    assert!((said["score"].as_f64().unwrap() - 10.0 * (0.4 * base / 10.0 + 0.6 * probability)).abs() < 1e-12);
    assert_eq!((base, &said["model_version"]), (5.629, &current(&home).into()));
    let moved = said["moved"].as_array().unwrap();
    assert_eq!(moved.len(), 5);
    let sizes: Vec<f64> = moved.iter().map(|m| m["by"].as_f64().unwrap().abs()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    // Without a score of its own: ten times the mean of the probabilities that it carries.
    let mut bare = picks[0].clone();
    bare.as_object_mut().unwrap().remove("score");
    assert!((score(&home, &bare.to_string())["base"].as_f64().unwrap() - 5.62899).abs() < 1e-9);
    let strange = json!({"symbol": "A", "score": 5.629, "features": {"foo": 1}}).to_string();
    falls_back(&home, &strange, "% of the model's usual ones are present");
    a_damaged_model_is_named(&home, &pick, &said["probability"]);

    let table = home.seen(&["score", "--format", "table"], &format!("{pick}nonsense\n"));
    assert!(table.starts_with("status 3\n") && table.contains("2 signals scored"), "{table}");
    assert!(home.seen(&["score", "--never-fail"], "nonsense\n").starts_with("status 0\n"));
}

/// The model that is whole gives the pick so much.
fn a_damaged_model_is_named(home: &Home, pick: &str, probability: &Value) {
    let model = home.store(&format!("models/{}/model.json.gz", current(home)));
    let bytes = std::fs::read(&model).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 0x10;
    let text = String::from_utf8(unpack(&model)).unwrap();
    let pack = |text: &str| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    for (broken, why) in [
        (flipped, "is damaged"),
        (bytes[..bytes.len() / 2].to_vec(), "is damaged: damaged gzip"),
        (b"nothing".to_vec(), "is damaged: damaged gzip"),
        (pack(&changed("dtlearn.model/2", "dtlearn.model/3")), "this one knows up to 2"),
        (pack(&changed("\"rate\":0.08", "\"rate\":0.09")), "the checksum does not fit"),
        (pack("{}"), "is damaged"),
    ] {
        std::fs::write(&model, broken).unwrap();
        falls_back(home, pick, why);
    }
    // An intact model before it is better than none.
    let older = "20260625T200500Z-0ldf0ldf";
    std::fs::create_dir_all(home.store(&format!("models/{older}"))).unwrap();
    std::fs::write(home.store(&format!("models/{older}/model.json.gz")), &bytes).unwrap();
    let version = current(home);
    std::fs::write(home.store("models/current"), format!("{version}\nprevious {older}\n")).unwrap();
    let instead = score(home, pick);
    assert_eq!((&instead["fallback"], &instead["probability"]), (&false.into(), probability), "{instead}");
    std::fs::write(home.store("models/current"), format!("{version}\n")).unwrap();
    let broken = home.seen_at(EVENING, &["report", "model"]);
    assert!(
        broken.starts_with("status 12\n") && broken.contains("The model in use cannot be read"),
        "{broken}"
    );
    assert!(home.seen(&["doctor"], "").contains("model.json.gz"), "{}", home.seen(&["doctor"], ""));
    std::fs::write(home.store("models/current"), "../../etc/passwd\n").unwrap();
    falls_back(home, pick, "it does not name a version");
    std::fs::write(&model, bytes).unwrap();
}

#[test]
fn the_stream_answers_line_by_line_and_takes_up_a_new_model() {
    let (picks, exits) = planted();
    let home = store(&picks, &exits);
    let mut command = std::process::Command::new(program());
    command.env_clear().env("DTLEARN_NOW", EVENING).current_dir(home.0.path()).args(["score", "--stream"]);
    let mut child =
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |line: &str| -> Value {
        input.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    assert_eq!(ask(&joined(&picks[..1]))["fallback"], true);
    assert_eq!(home.json_at(EVENING, &["retrain"])["status"], "deployed");
    let scored = ask(&joined(&picks[..1]));
    assert_eq!((&scored["fallback"], &scored["model_version"]), (&false.into(), &current(&home).into()));
    assert!(ask("nonsense\n")["error"].as_str().unwrap().starts_with("not JSON"));
    let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(40_000));
    assert!(ask(&long)["error"].as_str().is_some());
    assert_eq!(ask(&joined(&picks[1..2]))["signal_id"], picks[1]["signal_id"]);
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn what_is_wrong_with_a_pick_is_said_and_taken_as_missing() {
    let (picks, exits) = planted();
    let home = store(&picks, &exits);
    assert_eq!(home.json_at(EVENING, &["retrain"])["status"], "deployed");
    let score = |change: &dyn Fn(&mut Value)| -> Value {
        let mut pick = picks[0].clone();
        change(&mut pick);
        let output = home.dtlearn().arg("score").write_stdin(pick.to_string()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let whole = score(&|_| {});
    assert_eq!(whole["warnings"], json!([]));
    // A price that makes no sense changes nothing that the model looks at.
    assert_eq!(score(&|pick| pick["entry_price"] = json!(-1))["probability"], whole["probability"]);
    let sideless = score(&|pick| drop(pick.as_object_mut().unwrap().remove("side")));
    let odd = score(&|pick| pick["side"] = json!("flat"));
    assert_eq!(odd["probability"], sideless["probability"]);
    assert_eq!(odd["warnings"], json!(["side \"flat\" is unknown; treated as missing"]));
    let timeless = score(&|pick| pick["timestamp"] = json!("2026-06-26T19:00:00"));
    assert!(timeless["warnings"][0].as_str().unwrap().contains("it has no time zone"), "{timeless}");
    let high = score(&|pick| pick["score"] = json!(55));
    assert_eq!(high["warnings"], json!(["score 55 is not a number from 0 to 10; treated as missing"]));
    assert!(score(&|pick| pick["vix"] = json!(1e300))["probability"].is_number());
}

/// Two lines without a time, the second a day after the first.
struct ADayApart<'a>(&'a std::cell::Cell<i64>, Vec<&'static str>);

impl std::io::Read for ADayApart<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some(line) = self.1.pop() else { return Ok(0) };
        self.0.set(self.0.get() + 86_400_000_000);
        into[..line.len()].copy_from_slice(line.as_bytes());
        Ok(line.len())
    }
}

#[test]
fn a_stream_takes_the_moment_of_each_line() {
    use dtlearn::cli::{ClockAndTerminal, run};
    let (home, now) = crate::experiments::store(4);
    crate::experiments::plan(&home, &now, "places --arms A,B --unit session --min-effect 1%");
    let variants = |fixed: bool| -> Vec<Value> {
        let start = dtlearn::domain::Timestamp::parse("2026-03-30T15:00:00Z").unwrap();
        let passed = std::cell::Cell::new(0);
        let clock = || dtlearn::domain::Timestamp::from_micros(start.micros() + passed.get());
        let wait = |_| ClockAndTerminal { clock: clock(), terminal: None };
        let root = home.path("da_brains");
        let args = ["--root", root.to_str().unwrap(), "score", "--stream"];
        let now = [("DTLEARN_NOW", "2026-03-31T15:00:00Z")];
        let vars = if fixed { &now[..] } else { &[] };
        let around = unattended(&args, vars, start, &wait, &dtlearn::store::RealDisk);
        let line = "{\"symbol\":\"MSFT\",\"score\":5}\n";
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = run(&around, &mut ADayApart(&passed, vec![line, line]), &mut out, &mut err);
        assert_eq!(status, 0, "{}", String::from_utf8_lossy(&err));
        let answers = String::from_utf8(out).unwrap();
        answers.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["variants"].clone()).collect()
    };
    // The first two sessions have an arm each.
    let passing = variants(false);
    assert!(passing.len() == 2 && passing[0] != passing[1], "{passing:?}");
    let fixed = variants(true);
    assert_eq!(fixed[0], fixed[1]);
}
