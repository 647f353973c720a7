//! Damage as `doctor` names and repairs it.

use dtlearn::store::{encode_member, encode_plain_member};
use insta::assert_snapshot;

use crate::common::damaged_log::read;
use crate::common::{Home, exit};

/// Three trades, a member each, and the offset of the second.
fn three(home: &Home) -> (std::path::PathBuf, usize) {
    let log = home.store("trade_outcomes.jsonl.gz");
    let mut second = 0;
    for (id, minute) in [("a", "10"), ("b", "20"), ("c", "30")] {
        if id == "b" {
            second = std::fs::metadata(&log).unwrap().len() as usize;
        }
        home.dtlearn()
            .arg("record-exit")
            .write_stdin(exit(id, 5.0, &format!("2019-02-15T19:{minute}:00Z")))
            .assert()
            .success();
    }
    (log, second)
}

#[test]
fn a_flipped_byte_is_counted_named_and_mended() {
    let home = Home::new();
    let (log, second) = three(&home);
    let mut bytes = std::fs::read(&log).unwrap();
    bytes[second + 100] ^= 1;
    std::fs::write(&log, &bytes).unwrap();
    let said = home.seen(&["report", "trades", "--format", "csv"], "");
    assert!(said.starts_with("status 3\n"), "{said}");
    assert!(said.contains(&format!("damaged bytes from byte {second}, passed over")), "{said}");
    assert!(said.contains("hint: run `dtlearn doctor`"), "{said}");
    let said = home.seen(&["doctor"], "");
    assert!(said.starts_with("status 12\n"), "{said}");
    assert!(said.contains(&format!("trade_outcomes.jsonl.gz at byte {second}: ")), "{said}");
    assert!(said.contains("repair with: dtlearn doctor --repair\n"), "{said}");
    // Recording goes on behind the whole member at the end.
    home.dtlearn().arg("record-exit").write_stdin(exit("d", 5.0, "2019-02-15T19:40:00Z")).assert().success();
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(said.contains("trade_outcomes.jsonl.gz rewritten: 3 kept, 0 recovered, "), "{said}");
    assert!(!said.starts_with("status 12"), "{said}");
    assert_eq!(home.json(&["report", "trades"])["count"], 3);
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n--- out\nNo problems found: 3 records"));
    assert_eq!(
        std::fs::read_dir(home.store(".dtlearn/quarantine")).unwrap().count(),
        2,
        "original and lines set aside"
    );
}

/// Two repairs at one fixed moment keep what each of them found.
#[test]
fn repairs_of_one_moment_keep_what_each_took_out() {
    let home = Home::new();
    let (log, _) = three(&home);
    let mut wanted: Vec<Vec<u8>> = Vec::new();
    for bad in [&b"{bad one\n"[..], b"{bad two\n"] {
        let mut bytes = std::fs::read(&log).unwrap();
        bytes.extend(encode_plain_member(bad));
        std::fs::write(&log, &bytes).unwrap();
        wanted.extend([bytes, bad.to_vec()]);
        let said = home.seen(&["doctor", "--repair", "--now", "2019-02-15T22:00:00Z"], "");
        assert!(said.contains("trade_outcomes.jsonl.gz rewritten: 3 kept"), "{said}");
    }
    let kept = std::fs::read_dir(home.store(".dtlearn/quarantine")).unwrap();
    let mut kept: Vec<Vec<u8>> = kept.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    kept.sort();
    wanted.sort();
    assert!(kept == wanted, "{} of {} files", kept.len(), wanted.len());
}

#[test]
fn whatever_stands_behind_the_last_record_is_moved_away_before_an_append() {
    for (name, tail) in [
        ("a lone header byte", vec![0x1f]),
        ("zeros", vec![0; 5_000]),
        ("garbage", b"\x1f\x8b\x08\x04 this is no member".to_vec()),
        ("text", b"{\"symbol\":\"X\"}\n".to_vec()),
        ("half a member", encode_member(b"{}\n", None, 6)[..20].to_vec()),
    ] {
        let home = Home::new();
        let (log, _) = three(&home);
        let mut bytes = std::fs::read(&log).unwrap();
        bytes.extend(&tail);
        std::fs::write(&log, &bytes).unwrap();
        let said = home.seen(&["report", "--now", "2035-01-01T00:00:00Z"], "");
        assert!(said.starts_with("status 3\n"), "{name}: {said}");
        let said = home.seen(&["record-exit"], &exit("d", 5.0, "2019-02-15T19:40:00Z"));
        assert!(said.starts_with("status 0\n"), "{name}: {said}");
        assert!(
            said.contains(&format!(
                "the last record was incomplete and is in no figure: its {} bytes are kept in",
                tail.len()
            )),
            "{name}: {said}"
        );
        let (lines, report) = read(&log);
        assert_eq!((lines.len(), report.damage.len()), (4, 0), "{name}");
        let kept =
            std::fs::read_dir(home.store(".dtlearn/quarantine")).unwrap().next().unwrap().unwrap().path();
        assert_eq!(std::fs::read(kept).unwrap(), tail, "{name}");
    }
}

#[test]
fn a_file_that_is_not_gzip_is_named_for_what_it_is() {
    for (name, bytes) in [
        ("plain text", &b"{\"symbol\":\"X\"}\n"[..]),
        ("a zip archive", b"PK\x03\x04 and so on"),
        ("zstd", b"\x28\xb5\x2f\xfd and so on"),
        ("xz", b"\xfd7zXZ\x00 and so on"),
    ] {
        let home = Home::new();
        std::fs::create_dir_all(home.store("")).unwrap();
        std::fs::write(home.store("trade_outcomes.jsonl.gz"), bytes).unwrap();
        let said = home.seen(&["report"], "");
        assert!(said.starts_with("status 12\n"), "{name}: {said}");
        assert!(said.contains(&format!("trade_outcomes.jsonl.gz: is {name}, not gzip")), "{name}: {said}");
        // The engine's record waits in the spool; the file is not touched.
        let said = home.seen(&["record-exit"], &exit("d", 5.0, "2019-02-15T19:40:00Z"));
        assert!(said.starts_with("status 0\n--- out\n1 spooled\n"), "{name}: {said}");
        assert_eq!(std::fs::read(home.store("trade_outcomes.jsonl.gz")).unwrap(), bytes);
    }
}

#[test]
fn a_line_that_is_not_json_is_named_by_its_record() {
    let home = Home::new();
    let (log, _) = three(&home);
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend(encode_member(b"not json\n{\"symbol\":\"X\"}\n", None, 6));
    std::fs::write(&log, &bytes).unwrap();
    let said = home.seen(&["doctor"], "");
    assert!(said.contains("trade_outcomes.jsonl.gz:4: not JSON at character 2"), "{said}");
    assert!(said.contains("trade_outcomes.jsonl.gz:5: no side"), "{said}");
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(said.contains("3 kept, 0 recovered, 2 set aside, 0 duplicates dropped, 0 bytes lost"), "{said}");
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
}

#[test]
fn records_of_a_newer_version_are_read_and_never_rewritten() {
    let home = Home::new();
    let (log, _) = three(&home);
    let (lines, _) = read(&log);
    let newer = String::from_utf8(lines[0].clone())
        .unwrap()
        .replace("\"schema\":1", "\"schema\":2")
        .replace("\"a\"", "\"n\"");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend(encode_member(format!("{newer}\nnot json\n").as_bytes(), None, 6));
    std::fs::write(&log, &bytes).unwrap();
    assert_eq!(
        home.dtlearn().args(["report", "trades", "--format", "json"]).output().unwrap().status.code(),
        Some(3)
    );
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(
        said.starts_with("status 13\n")
            && said.contains("written by a newer dtlearn (format 2, this one knows up to 1)"),
        "{said}"
    );
    home.seen(&["doctor", "--seal"], "");
    assert!(std::fs::read(&log).unwrap().starts_with(&bytes), "neither repaired nor sealed");
}

#[test]
fn trades_recorded_twice_count_once_and_are_found() {
    let home = Home::new();
    let (log, second) = three(&home);
    let bytes = std::fs::read(&log).unwrap();
    std::fs::write(&log, [&bytes[..], &bytes[..second]].concat()).unwrap();
    assert_eq!(home.json(&["report", "metrics"])["performance_7d"]["total_trades"], 3);
    home.dtlearn().arg("analyze").assert().success();
    let file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.store("performance_metrics.json")).unwrap()).unwrap();
    assert_eq!(file["global_metrics"]["total_trades"], 3);
    let said = home.seen(&["doctor"], "");
    assert!(
        said.starts_with("status 3\n") && said.contains("1 record repeats an id, the first at record 4"),
        "{said}"
    );
    assert!(
        home.seen(&["doctor", "--repair"], "")
            .contains("3 kept, 0 recovered, 0 set aside, 1 duplicate dropped")
    );
}

#[test]
fn python_numbers_are_normalised_when_asked() {
    let home = Home::new();
    let (log, _) = three(&home);
    let (lines, _) = read(&log);
    let odd = String::from_utf8(lines[0].clone())
        .unwrap()
        .replace("\"vix\":null", "\"vix\":NaN")
        .replace("\"a\"", "\"n\"");
    let mut bytes = std::fs::read(&log).unwrap();
    bytes.extend(encode_member(format!("{odd}\n").as_bytes(), None, 6));
    std::fs::write(&log, &bytes).unwrap();
    home.dtlearn().arg("analyze").assert().success();
    assert_snapshot!(home.seen(&["doctor"], ""), @r"
    status 3
    --- out
    1 warning, nothing is damaged: 4 records in trade_outcomes.jsonl.gz
    warning ./da_brains/dt_learning/trade_outcomes.jsonl.gz: 1 record with NaN or repeated keys, which other programs refuse
    repair with: dtlearn doctor --repair --normalize
    --- err
    ");
    assert!(home.seen(&["doctor", "--repair", "--normalize"], "").starts_with("status 0\n"));
    assert!(read(&log).0.iter().all(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok()));
}

#[test]
fn odd_things_in_the_place_of_files_are_named_and_nothing_hangs() {
    let home = Home::new();
    let (log, _) = three(&home);
    let aside = home.path("aside.gz");
    std::fs::rename(&log, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &log).unwrap();
    let said = home.seen(&["report"], "");
    assert!(said.starts_with("status 14\n") && said.contains("is a symlink, not a regular file"), "{said}");
    std::fs::remove_file(&log).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&log).status().unwrap().success());
    for args in [&["report"][..], &["analyze"], &["doctor"]] {
        let said = home.seen(args, "");
        assert!(said.contains("is a pipe, not a regular file"), "{args:?}: {said}");
    }
    let said = home.seen(&["record-exit"], &exit("d", 5.0, "2019-02-15T19:40:00Z"));
    assert!(said.starts_with("status 0\n--- out\n1 spooled\n"), "{said}");
}
