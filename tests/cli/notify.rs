//! The program of `notify`: what it hears, and that nobody waits for it or fails because of it.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::common::{Home, exit, program};

/// A store with one trade: the day's work takes no time.
fn small() -> Home {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(exit("t0", 5.0, "2019-02-15T19:50:00Z")).assert().success();
    home
}

/// The settings with a program that writes down what it hears.
fn listen(home: &Home, more: &str) {
    let heard = home.path("heard.jsonl").display().to_string();
    let text = format!("notify = [\"/bin/sh\", \"-c\", 'cat >> \"$0\"; echo >> \"$0\"', {heard:?}]\n{more}");
    std::fs::write(home.store("dtlearn.toml"), text).unwrap();
}

/// What it heard; an engine's command has ended before it has heard all.
fn heard(home: &Home, count: usize) -> Vec<Value> {
    let read = || -> Vec<Value> {
        let text = std::fs::read_to_string(home.path("heard.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    for _ in 0..1_000 {
        if read().len() >= count {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let all = read();
    assert_eq!(all.len(), count, "{all:?}");
    all
}

fn words<'v>(all: &'v [Value], key: &str) -> Vec<&'v str> {
    all.iter().map(|said| said[key].as_str().unwrap_or("none")).collect()
}

#[test]
fn the_days_work_and_a_step_that_failed_are_told_and_the_answer_is_the_same() {
    let home = small();
    let quiet = home.seen(&["post-market"], "");
    assert!(quiet.starts_with("status 0\n"), "{quiet}");
    let home = small();
    listen(&home, "");
    assert_eq!(home.seen(&["post-market"], ""), quiet);
    let all = heard(&home, 1);
    let said = &all[0];
    assert_eq!((&said["schema"], &said["event"]), (&"dtlearn.notice/1".into(), &"post_market".into()));
    assert_eq!((&said["session"], &said["details"]["status"]), (&"2019-02-15".into(), &"ok".into()));
    assert_eq!(said["details"]["steps"]["retrain"], "ok");
    assert!(said["text"].as_str().unwrap().ends_with(". 2019-02-15: all of 5 steps done."), "{said}");
    assert_eq!(said["root"], home.path("da_brains").canonicalize().unwrap().display().to_string());

    // A brain file that is none: one step fails, the others go on, and each is told of once.
    std::fs::remove_file(home.path("heard.jsonl")).unwrap();
    std::fs::create_dir_all(home.path("da_brains/core")).unwrap();
    std::fs::write(home.path("da_brains/core/dt_brain.json.gz"), "no brain").unwrap();
    assert!(home.seen_at("2019-02-19T21:05:00Z", &["post-market"]).starts_with("status 3\n"));
    let all = heard(&home, 2);
    assert_eq!(words(&all, "event"), ["post_market", "step_failed"]);
    assert_eq!((&all[0]["details"]["status"], &all[0]["details"]["failed"]), (&"partial".into(), &1.into()));
    assert_eq!(all[1]["details"]["step"], "brain_update");
    assert!(all[1]["text"].as_str().unwrap().starts_with("brain_update: "), "{all:?}");

    // A run that could not begin is the worst news; nothing to do is none.
    std::fs::remove_file(home.path("heard.jsonl")).unwrap();
    let set = home.store("dtlearn.toml");
    let nowhere = ["--root", "nowhere", "--config", set.to_str().unwrap(), "post-market"];
    assert!(home.seen(&nowhere, "").starts_with("status 10\n"));
    let all = heard(&home, 1);
    assert!(all[0]["text"].as_str().unwrap().starts_with("post-market failed: "), "{all:?}");
    home.seen_at("2019-02-20T15:00:00Z", &["post-market"]);
    heard(&home, 1);
}

#[test]
fn what_becomes_of_the_program_is_a_warning() {
    for (program, why) in [
        ("[\"/nowhere/tell\"]", "nobody may have heard of post_market: /nowhere/tell cannot be started: "),
        (
            "[\"/bin/sh\", \"-c\", \"exit 7\"]",
            "nobody may have heard of post_market: /bin/sh ended with exit status: 7",
        ),
    ] {
        let home = small();
        std::fs::write(home.store("dtlearn.toml"), format!("notify = {program}\n")).unwrap();
        let said = home.seen(&["post-market"], "");
        assert!(
            said.starts_with("status 0\n") && said.contains(&format!("[post_market] warning: {why}")),
            "{said}"
        );
    }
}

#[test]
fn an_engine_does_not_wait_and_a_lock_is_told_once() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    listen(&home, "[guard]\nenabled = true\n[guard.day_loss]\nlimit_frac = 0.01\n");
    let now = "2019-02-15T19:55:00Z";
    let record = |id: &str, pnl: f64, time: &str| {
        let mut command = home.dtlearn();
        command.env("DTLEARN_NOW", now).args(["record-exit", "--format", "json"]);
        let output = command.write_stdin(exit(id, pnl, time)).output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str::<Value>(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
    };
    assert_eq!(record("t1", 5.0, "2019-02-15T19:50:00Z")["guard"]["state"], "ACTIVE");
    let said = record("t2", -900.0, "2019-02-15T19:51:00Z");
    assert_eq!(said["guard"]["state"], "HALTED", "{said}");
    let count = said["guard"]["locks"].as_array().unwrap().len();
    let all = heard(&home, count);
    assert!(words(&all, "event").iter().all(|event| *event == "lock"), "{all:?}");
    let rules: Vec<&str> = all.iter().map(|said| said["details"]["lock"]["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"day_loss"), "{rules:?}");
    assert!(all.iter().all(|said| said["session"] == "2019-02-15" && said["details"]["state"] == "HALTED"));
    assert!(all[0]["text"].as_str().unwrap().starts_with("HALTED: "), "{all:?}");
    // It holds on: nothing new to tell.
    record("t3", 5.0, "2019-02-15T19:52:00Z");
    home.seen_at(now, &["guard"]);
    std::thread::sleep(Duration::from_millis(100));
    heard(&home, count);

    // A program that takes its time costs the engine none: it is still at work when the answer is there.
    let slow = Home::new();
    std::fs::create_dir_all(slow.store("")).unwrap();
    let done = slow.path("done").display().to_string();
    let text = format!(
        "notify = [\"/bin/sh\", \"-c\", 'while ! [ -e \"$0.go\" ]; do sleep 0.02; done; touch \"$0\"', {done:?}]\n\
         [guard]\nenabled = true\n[guard.day_loss]\nlimit_frac = 0.01\n"
    );
    std::fs::write(slow.store("dtlearn.toml"), text).unwrap();
    let input = exit("t1", -900.0, "2019-02-15T19:51:00Z");
    slow.dtlearn().env("DTLEARN_NOW", now).arg("record-exit").write_stdin(input).assert().success();
    assert!(!slow.path("done").exists());
    std::fs::write(slow.path("done.go"), "").unwrap();
    assert!((0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        slow.path("done").exists()
    }));
}

#[test]
fn a_rollback_is_told_and_a_trial_of_one_is_not() {
    let home = small();
    listen(&home, "");
    home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=2"]).assert().success();
    home.dtlearn().args(["brain-adjust", "--rollback", "--dry-run"]).assert().success();
    heard(&home, 0);
    home.dtlearn().args(["brain-adjust", "--rollback"]).assert().success();
    let all = heard(&home, 1);
    assert_eq!(
        (words(&all, "event"), &all[0]["details"]["step"]),
        (vec!["rollback"], &"brain-adjust".into())
    );
    assert!(all[0]["text"].as_str().unwrap().contains("DT_MAX_POSITIONS"), "{all:?}");
}

#[test]
fn a_session_that_was_made_up_for_is_told_of_also_where_the_last_one_fails() {
    let home = small();
    home.seen(&["post-market"], "");
    listen(&home, "");
    // In the way of the file that would be written.
    std::fs::create_dir_all(home.store("reports/.post_market_2019-02-20.json.tmp/x")).unwrap();
    let said = home.seen_at("2019-02-20T22:05:00Z", &["post-market"]);
    assert!(!said.starts_with("status 0\n"), "{said}");
    let all = heard(&home, 2);
    assert_eq!(
        (words(&all, "event"), words(&all, "session")),
        (vec!["post_market"; 2], vec!["2019-02-19", "none"])
    );
    assert_eq!(
        (&all[0]["details"]["status"], &all[1]["details"]["status"]),
        (&"ok".into(), &"failed".into())
    );
}

#[test]
fn a_stream_leaves_nothing_in_the_table_of_processes() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    listen(&home, "[guard]\nenabled = true\n");
    let mut stream = std::process::Command::new(program())
        .env_clear()
        .env("DTLEARN_NOW", "2019-02-15T19:55:00Z")
        .current_dir(home.0.path())
        .args(["record-exit", "--stream"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = stream.stdin.take().unwrap();
    input.write_all(format!("{}\n", exit("t1", -900.0, "2019-02-15T19:51:00Z")).as_bytes()).unwrap();
    input.flush().unwrap();
    let heard_some =
        || std::fs::read_to_string(home.path("heard.jsonl")).is_ok_and(|text| text.ends_with("}\n"));
    let later = |is_so: &dyn Fn() -> bool| {
        (0..1_000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            is_so()
        })
    };
    assert!(later(&heard_some));
    let children = || {
        let path = format!("/proc/{0}/task/{0}/children", stream.id());
        std::fs::read_to_string(path).unwrap_or_default()
    };
    assert!(later(&|| children().trim().is_empty()), "{}", children());
    drop(input);
    assert!(stream.wait().unwrap().success());
}
