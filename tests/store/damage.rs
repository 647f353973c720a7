//! What is read of a damaged log: everything but what the damage hit.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dtlearn::store::{DamageKind, encode_member, encode_plain_member};

use crate::common::damaged_log::{Written, read, written};
use crate::common::{Home, exit};

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
    assert!(said.starts_with("status 0\n") && said.contains("2 recovered, 0 set aside"), "{said}");
    assert_eq!(home.json(&["report", "trades", "--days", "all"])["count"], 3);
}

/// A power cut in the first append leaves the length of what was written, and none of its bytes.
#[test]
fn zeros_in_the_place_of_the_first_record_heal_by_themselves() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    let log = home.store("trade_outcomes.jsonl.gz");
    std::fs::write(&log, [0; 300]).unwrap();
    let said = home.seen(&["record-exit"], &exit("d", 5.0, "2019-02-15T19:40:00Z"));
    assert!(said.starts_with("status 0\n--- out\nrecorded 1 trade\n"), "{said}");
    let (lines, report) = read(&log);
    assert_eq!((lines.len(), report.damage.len()), (1, 0));
}

/// What is made of a chunk, counted as long as it is held.
struct Held(Arc<AtomicUsize>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Behind damage what was made ahead is dropped, and made again.
#[test]
fn what_is_not_handed_on_is_not_held() {
    let home = Home::new();
    let line = |number: usize| exit(&format!("t{number}"), 1.0, "2019-02-15T19:50:00Z");
    let lines = |number: usize| (0..2_000).map(|row| line(number * 10_000 + row)).collect();
    let (path, members) =
        written(home.path("log.jsonl.gz"), 60, lines, |_, text| encode_member(text, None, 1));
    let mut bytes = std::fs::read(&path).unwrap();
    for (start, _) in members.iter().skip(3).step_by(4) {
        bytes[start + 200] ^= 0xff;
    }
    std::fs::write(&path, bytes).unwrap();
    let (held, most) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
    let make = |_: dtlearn::store::Chunk<'_>| {
        most.fetch_max(held.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        Held(Arc::clone(&held))
    };
    let report =
        dtlearn::store::scan(&dtlearn::store::RealDisk, &path, Default::default(), make, |_, made| {
            drop(made)
        });
    assert!(report.unwrap().damage.len() >= 10);
    assert_eq!(held.load(Ordering::Relaxed), 0);
    let most = most.load(Ordering::Relaxed);
    assert!(most <= 24, "{most} results were held at once");
}
