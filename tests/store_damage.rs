//! Damaged logs: reading goes on, the loss is counted, nothing wrong is ever read, and writing never appends
//! behind damage.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::type_complexity,
    reason = "a test may stop where it stands, and reads its own environment"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{Home, exit};
use dtlearn::store::{
    DamageKind, RealDisk, ScanOptions, ScanReport, encode_member, encode_plain_member, scan,
};
use insta::assert_snapshot;

/// The lines of a log, and what was passed over.
fn read(path: &Path) -> (Vec<Vec<u8>>, ScanReport) {
    let mut lines = Vec::new();
    let all = |chunk: dtlearn::store::Chunk<'_>| chunk.to_lines();
    let report = scan(&RealDisk, path, ScanOptions::default(), all, |_, found| lines.extend(found)).unwrap();
    (lines, report)
}

/// A log, and the offset and the lines of each of its members.
type Written = (std::path::PathBuf, Vec<(usize, Vec<Vec<u8>>)>);

/// Writes a log of `count` members: `lines` gives what is in each, `pack` makes it of their text.
fn written(
    path: std::path::PathBuf,
    count: usize,
    mut lines: impl FnMut(usize) -> Vec<String>,
    pack: impl Fn(usize, &[u8]) -> Vec<u8>,
) -> Written {
    let (mut bytes, mut members) = (Vec::new(), Vec::new());
    for number in 0..count {
        let lines: Vec<Vec<u8>> = lines(number).into_iter().map(String::into_bytes).collect();
        let text = [lines.join(&b'\n'), b"\n".to_vec()].concat();
        members.push((bytes.len(), lines));
        bytes.extend(pack(number, &text));
    }
    std::fs::write(&path, &bytes).unwrap();
    (path, members)
}

/// A log of members of every kind.
fn mixed(dir: &Path) -> Written {
    let line =
        |number: usize, row: usize| exit(&format!("t{number}.{row}"), row as f64, "2019-02-15T19:50:00Z");
    let lines = |number| (0..1 + number % 4).map(|row| line(number, row)).collect();
    written(dir.join("log.jsonl.gz"), 30, lines, |number, text| match number % 3 {
        0 => encode_member(text, None, 6),
        1 => encode_plain_member(text),
        _ => encode_member(text, Some(dtlearn::store::Seal { rows: 1, first_us: 0, last_us: 9 }), 1),
    })
}

#[test]
fn members_of_every_kind_are_read() {
    let home = Home::new();
    let (path, members) = mixed(home.0.path());
    let (lines, report) = read(&path);
    assert_eq!(lines, members.into_iter().flat_map(|(_, lines)| lines).collect::<Vec<_>>());
    assert!(report.damage.is_empty());
    assert_eq!(report.end.len, report.size);
}

#[test]
fn truncation_at_every_byte_loses_no_more_than_the_cut_member() {
    let home = Home::new();
    let (path, members) = mixed(home.0.path());
    let bytes = std::fs::read(&path).unwrap();
    for cut in members[members.len() - 3].0..bytes.len() {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let whole = members.iter().filter(|(start, _)| {
            let next = members.iter().map(|m| m.0).find(|s| s > start).unwrap_or(bytes.len());
            next <= cut
        });
        let expected: Vec<Vec<u8>> = whole.flat_map(|(_, lines)| lines.clone()).collect();
        let (lines, report) = read(&path);
        assert_eq!(lines, expected, "cut at {cut}");
        assert!(report.damage.iter().all(|damage| damage.kind == DamageKind::Tail), "cut at {cut}");
    }
}

#[test]
fn two_thousand_flipped_bytes_never_give_a_wrong_row() {
    let home = Home::new();
    let (path, members) = mixed(home.0.path());
    let bytes = std::fs::read(&path).unwrap();
    let all: Vec<Vec<u8>> = members.iter().flat_map(|(_, lines)| lines.clone()).collect();
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for trial in 0..2_000 {
        let (at, bit) = (random(bytes.len()), random(8));
        let mut broken = bytes.clone();
        broken[at] ^= 1 << bit;
        std::fs::write(&path, &broken).unwrap();
        let hit = members.iter().rposition(|(start, _)| *start <= at).unwrap();
        let (lines, _) = read(&path);
        let mut left = lines.iter();
        // What is read is a part of what was written, in order, and only the hit member may be missing.
        let mut missing = Vec::new();
        for line in &all {
            if left.as_slice().first() == Some(line) {
                left.next();
            } else {
                missing.push(line);
            }
        }
        assert!(left.as_slice().is_empty(), "trial {trial}: a row that nobody wrote, byte {at} bit {bit}");
        assert!(
            missing.iter().all(|line| members[hit].1.contains(line)),
            "trial {trial}: byte {at} bit {bit}"
        );
    }
}

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

/// A log of several megabytes: large members with their length, and in their midst some of another program.
fn large(dir: &Path) -> Written {
    let mut rng = dtlearn::learn::Rng::new(7, 0);
    let mut line = |number: usize, row: usize| {
        let (one, other, rest) = (rng.bits(), rng.bits(), "x".repeat(90));
        format!(r#"{{"row":"{number}.{row}","noise":"{one:016x}{other:016x}","rest":"{rest}"}}"#)
    };
    let lines = |number| (0..if number % 9 == 5 { 40 } else { 320 }).map(|row| line(number, row)).collect();
    written(dir.join("large.jsonl.gz"), 460, lines, |number, text| {
        let is_foreign = (200..230).contains(&number) || number == 320;
        if is_foreign { encode_plain_member(text) } else { encode_member(text, None, 1) }
    })
}

/// What many cores unpack ahead comes in the order of the file, and of what is ahead of damage nothing is
/// taken twice or lost.
#[test]
fn a_large_log_is_read_past_damage_as_one_core_reads_it() {
    let home = Home::new();
    let (path, members) = large(home.0.path());
    let bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 5 << 19, "{}", bytes.len());
    for damaged in
        [None, Some(0), Some(37), Some(199), Some(200), Some(214), Some(229), Some(230), Some(320), Some(455)]
    {
        let mut bytes = bytes.clone();
        if let Some(member) = damaged {
            let middle = (members[member].0 + members[member + 1].0) / 2;
            bytes[middle..middle + 64].fill(0x55);
        }
        std::fs::write(&path, &bytes).unwrap();
        let whole = members.iter().enumerate().filter(|(number, _)| Some(*number) != damaged);
        let expected: Vec<Vec<u8>> = whole.flat_map(|(_, (_, lines))| lines.clone()).collect();
        let (lines, report) = read(&path);
        assert!(lines == expected, "{damaged:?}: {} of {} lines", lines.len(), expected.len());
        let places: Vec<u64> = report.damage.iter().map(|damage| damage.at).collect();
        let expected_places: Vec<u64> = damaged.map(|member| members[member].0 as u64).into_iter().collect();
        assert_eq!(places, expected_places, "{damaged:?}");
        assert_eq!(report.end.rows, lines.len() as u64);
        let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let (alone, alone_report) = one_core.install(|| read(&path));
        assert!(alone == lines, "{damaged:?}");
        assert_eq!((alone_report.end, alone_report.damage), (report.end, report.damage), "{damaged:?}");
    }
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
    assert!(said.contains("trade_outcomes.jsonl.gz written anew: 3 kept, 0 salvaged, "), "{said}");
    assert!(!said.starts_with("status 12"), "{said}");
    assert_eq!(home.json(&["report", "trades"])["count"], 3);
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n--- out\nAll is well: 3 records"));
    assert_eq!(
        std::fs::read_dir(home.store(".dtlearn/quarantine")).unwrap().count(),
        2,
        "original and lines set aside"
    );
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
            said.contains(&format!("{} bytes at the end were no whole record; they are kept in", tail.len())),
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
        ("a run of zero bytes", &[0; 100]),
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
    assert!(said.contains("trade_outcomes.jsonl.gz:4: not JSON: "), "{said}");
    assert!(said.contains("trade_outcomes.jsonl.gz:5: no side"), "{said}");
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(said.contains("3 kept, 0 salvaged, 2 set aside, 0 dropped as double, 0 bytes lost"), "{said}");
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
        said.starts_with("status 3\n")
            && said.contains("1 record(s) of an id that is there already, the first at record 4"),
        "{said}"
    );
    assert!(
        home.seen(&["doctor", "--repair"], "")
            .contains("3 kept, 0 salvaged, 0 set aside, 1 dropped as double")
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
    warning ./da_brains/dt_learning/trade_outcomes.jsonl.gz: 1 record(s) with NaN or repeated keys, which other programs refuse
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

#[test]
fn sealing_keeps_every_line_and_a_window_skips_old_blocks() {
    let home = Home::new();
    let mut input = BTreeMap::new();
    for day in 0..40u32 {
        for trade in 0..200u32 {
            let (month, date) = (1 + day / 28, 1 + day % 28);
            let time = format!("2019-{month:02}-{date:02}T{:02}:{:02}:00Z", 15 + trade / 60, trade % 60);
            let line = exit(&format!("t{day}.{trade}"), f64::from(trade % 7) - 3.0, &time);
            input.entry(day).or_insert_with(Vec::new).push(line);
        }
    }
    for lines in input.values() {
        home.dtlearn().arg("record-exit").write_stdin(lines.join("\n")).assert().success();
    }
    let log = home.store("trade_outcomes.jsonl.gz");
    let (before, _) = read(&log);
    let figures = home.json(&["report", "metrics"]);
    let said = home.seen(&["doctor", "--seal"], "");
    assert!(said.contains("members packed") && said.starts_with("status 0\n"), "{said}");
    assert_eq!(read(&log).0, before);
    assert_eq!(home.json(&["report", "metrics"]), figures);
    let week = ScanOptions { after_us: Some(1_549_600_000_000_000), ..ScanOptions::default() };
    let report = scan(&RealDisk, &log, week, |_| (), |_, ()| {}).unwrap();
    assert!(report.skipped_rows > 6_500, "{report:?}");
    assert_eq!(report.end.rows, 8_000);
    // The checkpoint moved along: the next record does not read everything again.
    home.dtlearn()
        .arg("record-exit")
        .write_stdin(exit("new", 1.0, "2019-02-15T19:40:00Z"))
        .assert()
        .success();
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
}

/// Members without a length are unpacked side by side, each core beginning where one seems to begin: also when
/// their bytes look like the beginning of a member, and when one of them is damaged.
#[test]
fn members_that_end_where_the_next_begins_are_read_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.jsonl.gz");
    let mut state = 1u64;
    let mut noise = |len: usize| -> Vec<u8> {
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8 | 0x20
        };
        std::iter::repeat_with(next).take(len).collect()
    };
    let (mut bytes, mut wanted, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..3_000 {
        // Noise is stored as it is, so that what looks like a header stands in the file.
        let mut line = format!("{number} ").into_bytes();
        line.extend(noise(400));
        if number % 5 == 0 {
            line.extend(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff");
        }
        line.extend(noise(400));
        line.push(b'.');
        starts.push(bytes.len());
        let text = [&line[..], b"\n"].concat();
        bytes.extend(if number % 700 == 0 {
            encode_member(&text, None, 6)
        } else {
            encode_plain_member(&text)
        });
        wanted.push(line);
    }
    std::fs::write(&path, &bytes).unwrap();
    let (lines, report) = read(&path);
    assert!(lines == wanted && report.damage.is_empty());
    assert_eq!((report.end.rows, report.members, report.end.len), (3_000, 3_000, bytes.len() as u64));
    for damaged in [1usize, 1_499, 2_999] {
        let mut bytes = bytes.clone();
        bytes[starts[damaged] + 300] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let (lines, report) = read(&path);
        let others = [&wanted[..damaged], &wanted[damaged + 1..]].concat();
        assert!(lines == others, "{damaged}");
        assert_eq!(report.damage.len(), 1, "{damaged}");
    }
}

/// Two writers without the lock: the end of the first member lies before the end of the second, whose stream is over
/// by then. What is in between vouches for the first, and is not the second's.
#[test]
fn the_end_of_a_torn_member_is_not_swallowed_by_the_next() {
    let parts = |id: &str| -> (Vec<u8>, Vec<u8>) {
        let line = format!(
            r#"{{"symbol":"PY","side":"BUY","exit_time":"2019-02-15T20:00:00Z","entry_price":100.0,"exit_price":101.0,"pnl":1.0,"pnl_pct":0.01,"trade_id":"{id}"}}"#
        ) + "\n";
        let mut deflate = flate2::Compress::new(flate2::Compression::default(), false);
        let mut begin = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        let mut stream = Vec::with_capacity(1 << 12);
        deflate.compress_vec(line.as_bytes(), &mut stream, flate2::FlushCompress::Sync).unwrap();
        let flushed = stream.len();
        deflate.compress_vec(&[], &mut stream, flate2::FlushCompress::Finish).unwrap();
        begin.extend(&stream[..flushed]);
        let mut crc = flate2::Crc::new();
        crc.update(line.as_bytes());
        let mut end = stream[flushed..].to_vec();
        end.extend(crc.sum().to_le_bytes());
        end.extend((line.len() as u32).to_le_bytes());
        (begin, end)
    };
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    let ((a, a_end), (b, b_end), (c, c_end)) = (parts("a"), parts("b"), parts("c"));
    let torn = [c.clone(), c_end, a, b, a_end, b_end].concat();
    std::fs::write(home.store("trade_outcomes.jsonl.gz"), torn).unwrap();
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(said.starts_with("status 0\n") && said.contains("2 salvaged, 0 set aside"), "{said}");
    assert_eq!(home.json(&["report", "trades", "--days", "all"])["count"], 3);
}

fn record(home: &Home, id: &str) {
    let exit = exit(id, 1.0, "2019-02-15T19:40:00Z");
    home.dtlearn().arg("record-exit").write_stdin(exit).assert().success();
}

/// The checkpoint may be behind its log when the log is packed.
#[test]
fn packing_keeps_what_the_last_analysis_said() {
    let home = Home::new();
    let record = |id: &str| record(&home, id);
    (0..40).for_each(|number| record(&format!("t{number}")));
    assert!(home.seen(&["analyze"], "").starts_with("status 0\n"));
    record("after the analysis");
    assert!(home.seen(&["doctor", "--seal"], "").contains("members packed"));
    record("after packing");
    let written = std::fs::read(home.store("performance_metrics.json")).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(written["global_metrics"]["total_trades"], 42);
    assert_eq!(written["windows"]["all"]["total_trades"], 40);
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
}

/// A program that ignores the lock appends while the log is looked at: its rows are in the packed log once.
#[test]
fn rows_that_come_while_a_log_is_packed_are_kept_once() {
    use std::io::Write;
    use std::sync::atomic::{AtomicBool, Ordering};

    use dtlearn::store::{Layout, LineKind, LockTimeout, Log, lock_store, seal};

    let home = Home::new();
    for id in ["a", "b", "c"] {
        record(&home, id);
    }
    let path = home.store("trade_outcomes.jsonl.gz");
    let layout = Layout::new(path.parent().unwrap().parent().unwrap());
    let lock = lock_store(&RealDisk, &layout, LockTimeout::ENGINE, &mut || {}).unwrap();
    let came = AtomicBool::new(false);
    let kind = |_: &[u8]| {
        if !came.swap(true, Ordering::Relaxed) {
            let line = exit("d", 1.0, "2019-02-15T19:41:00Z") + "\n";
            let mut log = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            log.write_all(&encode_plain_member(line.as_bytes())).unwrap();
        }
        LineKind::At(1)
    };
    let sealed = seal(&RealDisk, &layout, Log::Outcomes, &lock, 7, true, kind).unwrap().unwrap();
    assert_eq!((sealed.rows, sealed.trailer), (4, None));
    drop(lock);
    let (lines, report) = read(&path);
    assert!(report.damage.is_empty());
    let ids: Vec<String> = lines
        .iter()
        .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["trade_id"].to_string())
        .collect();
    assert_eq!(ids, ["\"a\"", "\"b\"", "\"c\"", "\"d\""]);
}

/// A line that cannot be read and is appended to the file before the packing is brought over once.
#[test]
fn an_unreadable_late_line_is_kept_once() {
    use std::io::Write;

    let home = Home::new();
    let record = |id: &str| record(&home, id);
    ["a", "b", "c"].into_iter().for_each(record);
    home.seen(&["doctor", "--seal"], "");
    for id in ["d", "e", "f"] {
        let mut files = std::fs::read_dir(home.store(".dtlearn")).unwrap().map(|entry| entry.unwrap().path());
        let old = files.find(|path| path.to_string_lossy().contains("prev.outcomes")).unwrap();
        let mut old = std::fs::OpenOptions::new().append(true).open(old).unwrap();
        old.write_all(&encode_plain_member(b"{bad line\n")).unwrap();
        record(id);
    }
    let (lines, _) = read(&home.store("trade_outcomes.jsonl.gz"));
    assert_eq!(lines.iter().filter(|line| line.starts_with(b"{bad")).count(), 1);
    assert_eq!(lines.len(), 7);
}
