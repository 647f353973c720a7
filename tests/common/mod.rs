//! A bare environment for the program under test: fixed clock, width and zone, nothing of the developer's own.

#![allow(dead_code, reason = "each binary uses a part of it")]

pub mod brain;
pub mod cases;
pub mod command_line;
pub mod contexts;
pub mod damaged_log;
pub mod decision_logs;
pub mod every_fault;
pub mod experiment_store;
pub mod folders;
pub mod histories;
pub mod hostile;
pub mod memory_disk;
mod memory_file;
pub mod optional_keys;
pub mod pins;
pub mod planted;
pub mod planted_store;
pub mod schemas;
pub mod sized_store;
pub mod statistics;
pub mod store_schemas;
pub mod unattended;
pub mod worlds;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::LazyLock;

use assert_cmd::Command;

/// The moment at which the shipped days end.
pub const CLOSE: &str = "2019-02-15T21:05:00Z";

/// The evening of the last of the 20 planted sessions.
pub const EVENING: &str = "2026-06-26T20:05:00Z";

/// The program under test: that of this build, or the optimised one that CI has built before, which trains models in a
/// twentieth of the time.
pub fn program() -> &'static str {
    static GIVEN: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("DTLEARN_TEST_PROGRAM").ok());
    GIVEN.as_deref().unwrap_or(env!("CARGO_BIN_EXE_dtlearn"))
}

/// An answer that is held against the schema that it names.
fn of_schema(answer: serde_json::Value) -> serde_json::Value {
    if let Some(name) = schemas::name_in(&answer) {
        schemas::fits(&name, [&answer]);
    }
    answer
}

/// A folder of its own for each test, removed afterwards.
pub struct Home(pub tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file of the store.
    pub fn store(&self, name: &str) -> PathBuf {
        self.path("da_brains/dt_learning").join(name)
    }

    /// A file of `reports/`, without its ending.
    pub fn day_report(&self, name: &str) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.store(&format!("reports/{name}.json"))).unwrap()).unwrap()
    }

    pub fn dtlearn(&self) -> Command {
        let mut command = Command::new(program());
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("TMPDIR", self.0.path())
            .env("COLUMNS", "80")
            .env("TZ", "UTC")
            .env("DTLEARN_NOW", CLOSE)
            .current_dir(self.0.path());
        command
    }

    /// A program that is given stdin and read to its end in the same bare environment, for what is wrapped around the
    /// one under test.
    pub fn program(&self, line: &[&str], stdin: &[u8]) -> Output {
        let mut child = std::process::Command::new(line[0])
            .args(&line[1..])
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap())
            .env("HOME", self.0.path())
            .env("TMPDIR", self.0.path())
            .env("DTLEARN_NOW", CLOSE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It may end before it has read all.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        child.wait_with_output().unwrap()
    }

    /// Runs with arguments and stdin, and joins status, stdout and stderr, so that no test forgets one.
    pub fn seen(&self, args: &[&str], stdin: &str) -> String {
        seen(self.dtlearn().args(args).write_stdin(stdin), self)
    }

    /// The answer of a command that must succeed.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.dtlearn().args(args).args(["--format", "json"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        of_schema(serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Runs at another moment.
    pub fn seen_at(&self, now: &str, args: &[&str]) -> String {
        seen(self.dtlearn().env("DTLEARN_NOW", now).args(args), self)
    }

    /// The answer at another moment, whatever the status.
    pub fn json_at(&self, now: &str, args: &[&str]) -> serde_json::Value {
        let mut command = self.dtlearn();
        let output = command.env("DTLEARN_NOW", now).args(args).args(["--format", "json"]).output().unwrap();
        of_schema(
            serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))),
        )
    }

    /// What `score` says of a signal at another moment.
    pub fn scored_at(&self, now: &str, pick: &serde_json::Value) -> serde_json::Value {
        let mut command = self.dtlearn();
        let output =
            command.env("DTLEARN_NOW", now).arg("score").write_stdin(pick.to_string()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The five real days, recorded as an engine would.
    pub fn with_real_days() -> Self {
        let home = Self::new();
        let text = unpack(&fixture("real/exits.jsonl.gz"));
        home.dtlearn().arg("record-exit").write_stdin(text).assert().success();
        home
    }

    /// 1,000 planted trades and their picks, as they stand on the evening of the last.
    pub fn with_planted_rows() -> Self {
        let home = Self::new();
        for command in ["signal", "exit"] {
            let text = unpack(&fixture(&format!("planted/1000/{command}s.jsonl.gz")));
            let mut run = home.dtlearn();
            let run = run.env("DTLEARN_NOW", EVENING).arg(format!("record-{command}")).write_stdin(text);
            run.assert().success();
        }
        home
    }

    /// The real days with their picks and missed signals.
    pub fn with_real_signals() -> Self {
        let home = Self::with_real_days();
        for (command, file) in
            [("record-signal", "real/signals.jsonl.gz"), ("track-missed", "real/missed.jsonl.gz")]
        {
            home.dtlearn().arg(command).write_stdin(unpack(&fixture(file))).assert().success();
        }
        home
    }
}

/// Status, stdout and stderr in one text, with the folder of the test taken out.
pub fn seen(command: &mut Command, home: &Home) -> String {
    let output = command.output().unwrap();
    let text = format!(
        "status {}\n--- out\n{}--- err\n{}",
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    text.replace(&home.0.path().display().to_string(), "HOME")
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

pub fn unpack(path: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut text).unwrap();
    text
}

/// An exit event with everything that it needs.
pub fn exit(id: &str, pnl: f64, exit_time: &str) -> String {
    // Bought at 100, quantity 100: a result of 1 USD is 0.01 %.
    let price = 100.0 + pnl / 100.0;
    format!(
        r#"{{"type":"exit","trade_id":"{id}","symbol":"MSFT","side":"BUY","entry_price":100,"price":{price},"qty":100,"timestamp":"{exit_time}"}}"#
    )
}

/// Runs a Python program, where there is a Python; `None`, said aloud, where there is none.
pub fn python(program: &str, args: &[&str]) -> Option<String> {
    let run = std::process::Command::new("python3").arg("-c").arg(program).args(args).output();
    let Ok(output) = run else {
        skipped("python3");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Says that a part of a test needs a program that is not here.
pub fn skipped(program: &str) {
    eprintln!("SKIPPED: no {program} on this machine");
}
