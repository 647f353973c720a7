//! Input that means harm: each has its message, and none of it costs much memory or time.

use std::io::Write;

use dtlearn::store::{encode_member, encode_plain_member};

use crate::common::{CLOSE, EVENING, Home, exit, program};

/// Runs with an address space of so many MiB, and returns what was seen.
fn limited(home: &Home, mib: u64, args: &str) -> String {
    let script = format!("ulimit -v {}; exec {} {args}", mib * 1024, program());
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(home.0.path())
        .env_clear()
        .env("HOME", home.0.path())
        .env("DTLEARN_NOW", CLOSE)
        // A thread reserves address space of its own; one is enough here.
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("status {}\n{out}{err}", output.status.code().unwrap_or(-1))
}

fn with_log(bytes: &[u8]) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("trade_outcomes.jsonl.gz"), bytes).unwrap();
    home
}

#[test]
fn a_bomb_is_read_in_pieces() {
    // One plain member of 250 KB that unpacks to 256 MiB in a single line, within an address space of 200 MiB.
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let blanks = vec![b'x'; 1 << 20];
    for _ in 0..256 {
        packer.write_all(&blanks).unwrap();
    }
    packer.write_all(format!("\n{}\n", exit("a", 1.0, CLOSE)).as_bytes()).unwrap();
    let bomb = packer.finish().unwrap();
    let home = with_log(&[encode_member(b"\n", None, 6), bomb].concat());
    let said = limited(&home, 200, "doctor");
    assert!(
        said.starts_with("status 12\n") && said.contains("bytes in a line too long for a record"),
        "{said}"
    );
}

#[test]
fn a_member_that_lies_about_its_size_is_damage() {
    let mut member = encode_member(exit("a", 1.0, CLOSE).as_bytes(), None, 6);
    let at = member.len() - 4;
    member[at..].copy_from_slice(&u32::MAX.to_le_bytes());
    let home = with_log(&[encode_member(b"{}\n", None, 6), member].concat());
    let said = limited(&home, 200, "report");
    assert!(said.starts_with("status 3\n"), "{said}");
}

#[test]
fn a_long_line_is_passed_over_and_its_neighbours_are_read() {
    let row = |id: &str| {
        format!(
            r#"{{"symbol":"{id}","side":"BUY","exit_time":"2019-02-15T20:00:00Z","pnl":1,"pnl_pct":0.01,"trade_id":"{id}"}}"#
        )
    };
    let text = format!("{}\n{}\n{}\n", row("a"), row(&"x".repeat(6 << 20)), row("b"));
    let home = with_log(&encode_plain_member(text.as_bytes()));
    let said = home.seen(&["report", "trades", "--format", "csv"], "");
    assert!(
        said.starts_with("status 3\n") && said.contains("bytes in a line too long for a record"),
        "{said}"
    );
    assert!(said.contains("\na,") && said.contains("\nb,"), "{}", &said[..200]);
}

#[test]
fn deep_json_huge_numbers_and_binary_are_refused_one_by_one() {
    let home = Home::new();
    let deep = format!("{{\"symbol\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let input = [
        deep.as_bytes(),
        b"\n{\"symbol\":\"A\",\"side\":\"BUY\",\"entry_price\":1e999,\"price\":1,\"timestamp\":\"2019-02-15T20:00:00Z\"}\n",
        b"\x00\x01\x02\xff\n",
        b"{\"symbol\":\"A\",\"side\":\"BUY\",\"entry_price\":1,\"price\":1e300,\"timestamp\":\"2019-02-15T20:00:00Z\"}\n",
    ]
    .concat();
    let output = home.dtlearn().arg("record-exit").write_stdin(input).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    for part in [
        "line 1 refused: not JSON: recursion limit exceeded",
        "line 2 refused: entry_price is not a finite number",
        "line 3 refused: not JSON at character 1",
        "line 4 refused: the result is ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn more_keys_than_a_group_keeps_apart_are_counted_together() {
    let home = Home::new();
    let lines: Vec<String> = (0..10_500)
        .map(|n| {
            format!(r#"{{"symbol":"S{n}","side":"BUY","exit_time":"2019-02-15T20:00:00Z","pnl":1,"pnl_pct":0.01,"trade_id":"t{n:06}"}}"#)
        })
        .collect();
    let members: Vec<u8> = lines
        .chunks(300)
        .flat_map(|c| encode_member(format!("{}\n", c.join("\n")).as_bytes(), None, 1))
        .collect();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("trade_outcomes.jsonl.gz"), members).unwrap();
    let figures = home.json(&["report", "history", "--days", "all"]);
    assert_eq!(figures["global_metrics"]["total_trades"], 10_500);
    assert_eq!(figures["by_symbol"]["other"]["trades"], 10_400);
    let said = home.seen(&["report", "history", "--days", "all"], "");
    assert!(
        said.contains("By symbol, the 100 with the most trades; the rest is counted under `other`."),
        "no word"
    );
}

#[test]
fn a_clock_that_runs_backwards_changes_nothing_that_was_stored() {
    let home = Home::with_real_days();
    let back = |args: &[&str]| {
        home.dtlearn().env("DTLEARN_NOW", "2019-02-13T21:05:00Z").args(args).output().unwrap()
    };
    let output = home
        .dtlearn()
        .env("DTLEARN_NOW", "2019-02-13T21:05:00Z")
        .arg("record-exit")
        .write_stdin(exit("back", 1.0, "2019-02-13T20:00:00Z"))
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(back(&["analyze"]).status.success());
    // Of that moment only what had happened by then counts; all of it is still there.
    let then: serde_json::Value =
        serde_json::from_slice(&back(&["report", "--format", "json"]).stdout).unwrap();
    assert_eq!(then["windows"]["all"]["total_trades"], 12 + 55 + 51 + 1);
    assert_eq!(home.json(&["report"])["windows"]["all"]["total_trades"], 223);
}

#[test]
fn a_folder_that_cannot_be_written_spools_for_the_engine_and_says_so_to_others() {
    let home = Home::with_real_days();
    let mounted = home.path("da_brains");
    let bind = |options: &str| {
        std::process::Command::new("mount").args(["-o", options]).arg(&mounted).arg(&mounted).output()
    };
    let works = bind("bind").is_ok_and(|o| o.status.success())
        && bind("remount,ro,bind").is_ok_and(|o| o.status.success());
    if !works {
        eprintln!("SKIPPED: this machine lets nobody mount");
        return;
    }
    let said = home.seen(&["record-exit"], &exit("x", 1.0, CLOSE));
    let analyzed = home.seen(&["analyze"], "");
    let reported = home.seen(&["report"], "");
    assert!(std::process::Command::new("umount").arg(&mounted).status().unwrap().success());
    assert!(said.starts_with("status 0\n--- out\n1 spooled\n"), "{said}");
    assert!(said.contains("HOME/.local/state/dtlearn/spool"), "{said}");
    assert!(
        analyzed.starts_with("status 14\n") && analyzed.contains("cannot be written: read-only file system"),
        "{analyzed}"
    );
    assert!(reported.starts_with("status 0\n") && reported.contains("1 record in the spool"), "{reported}");
    assert!(home.seen(&["analyze"], "").contains("1 record stored from the spool"));
}

/// Questions over sixty spans of days need the rows of one of them at a time.
#[test]
fn questions_over_many_spans_hold_the_rows_of_one() {
    let home = Home::with_planted_rows();
    let kept = |days: u32| {
        format!(
            r#"{{"schema":"dtlearn.patterns_asked/1","asked_at":"{EVENING}","ask":"rsi_14 > {days}","days":{days},"of":"trades","n":9,"lift":0.1,"e":0.5,"verdict":"unclear"}}"#
        )
    };
    // The longest span first: answers stand in the order in which they were asked for.
    let lines: Vec<String> = (30..90).rev().map(kept).collect();
    std::fs::write(home.store("patterns_asked.jsonl"), lines.join("\n") + "\n").unwrap();
    let seen = limited(&home, 64, &format!("--now {EVENING} report patterns --since-last --format json"));
    let (status, answer) = seen.split_once('\n').unwrap();
    assert_eq!(status, "status 0", "{seen}");
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    let days = answer["asked_again"].as_array().unwrap().iter().map(|again| again["days"].as_u64().unwrap());
    assert_eq!(days.collect::<Vec<_>>(), (30..90).rev().collect::<Vec<_>>());
}
