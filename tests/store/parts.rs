//! Logs put together of hostile parts: every whole member that a plain reader finds is read, and survives repair.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use dtlearn::store::{
    Chunk, Layout, LockTimeout, Log, RealDisk, Row, ScanOptions, ScanReport, Seal, StoreError, Verdict,
    encode_member, encode_plain_member, lock_store, repair, scan,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::plain_reader::plainly_read;

pub(crate) fn read(path: &Path, options: ScanOptions) -> (Vec<Vec<u8>>, ScanReport) {
    let mut lines = Vec::new();
    let all = |chunk: Chunk<'_>| chunk.to_lines();
    let report = scan(&RealDisk, path, options, all, |_, found| lines.extend(found)).unwrap();
    (lines, report)
}

/// A member as another program writes it.
pub(crate) fn foreign(text: &[u8], name: Option<&[u8]>) -> Vec<u8> {
    let mut builder = flate2::GzBuilder::new().mtime(1_550_000_000);
    if let Some(name) = name {
        builder = builder.filename(name);
    }
    let mut writer = builder.write(Vec::new(), flate2::Compression::new(6));
    writer.write_all(text).unwrap();
    writer.finish().unwrap()
}

/// A bomb: a line of blanks that unpacks to a thousand times its bytes.
fn bomb(mib: usize) -> Vec<u8> {
    foreign(&vec![b'x'; mib << 20], None)
}

#[derive(Clone, Debug)]
enum Part {
    /// A member of one of four kinds with so many lines, the last of them perhaps without its end.
    Good {
        kind: u8,
        lines: u8,
        open: bool,
    },
    /// The same, with a bit flipped.
    Flipped {
        kind: u8,
        lines: u8,
        at: Index,
        bit: u8,
    },
    /// … with a bit flipped in its header.
    Header {
        kind: u8,
        lines: u8,
        at: Index,
        bit: u8,
    },
    /// … cut short.
    Cut {
        kind: u8,
        lines: u8,
        at: Index,
    },
    /// … with another length than it has, in BC.
    Length {
        kind: u8,
        lines: u8,
        length: u16,
    },
    /// … with another size or checksum than it has.
    Trailer {
        kind: u8,
        lines: u8,
        at: u8,
        byte: u8,
    },
    /// Nothing but the beginning of a member, so many times, with these flags.
    Bare {
        flags: u8,
        times: u8,
    },
    /// A header whose extra field, well formed or not, swallows so many bytes of what follows.
    Swallow {
        len: u16,
        formed: bool,
        framed: bool,
    },
    /// A header with a name that does not end.
    Endless {
        len: u16,
        comment: bool,
    },
    /// A bomb, whole or not.
    Bomb {
        whole: bool,
    },
    /// Two members that hold the same text.
    Twins {
        kind: u8,
    },
    Junk(Vec<u8>),
}

fn part() -> impl Strategy<Value = Part> {
    let kind = || (0u8..5, 1u8..9);
    prop_oneof![
        8 => (kind(), any::<bool>()).prop_map(|((kind, lines), open)| Part::Good { kind, lines, open }),
        2 => (kind(), any::<Index>(), 0u8..8)
            .prop_map(|((kind, lines), at, bit)| Part::Flipped { kind, lines, at, bit }),
        4 => (kind(), any::<Index>(), 0u8..8)
            .prop_map(|((kind, lines), at, bit)| Part::Header { kind, lines, at, bit }),
        2 => (kind(), any::<Index>()).prop_map(|((kind, lines), at)| Part::Cut { kind, lines, at }),
        2 => (kind(), any::<u16>()).prop_map(|((kind, lines), length)| Part::Length { kind, lines, length }),
        1 => (kind(), 0u8..8, any::<u8>())
            .prop_map(|((kind, lines), at, byte)| Part::Trailer { kind, lines, at, byte }),
        2 => (0u8..32, 1u8..60).prop_map(|(flags, times)| Part::Bare { flags, times }),
        3 => (0u16..3_000, any::<bool>(), any::<bool>())
            .prop_map(|(len, formed, framed)| Part::Swallow { len, formed, framed }),
        1 => (0u16..2_000, any::<bool>()).prop_map(|(len, comment)| Part::Endless { len, comment }),
        1 => any::<bool>().prop_map(|whole| Part::Bomb { whole }),
        1 => (0u8..5).prop_map(|kind| Part::Twins { kind }),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Part::Junk),
    ]
}

/// Writes lines that stand nowhere else.
struct Maker {
    next: u32,
}

impl Maker {
    fn member(&mut self, kind: u8, lines: u8, open: bool) -> Vec<u8> {
        let mut text = String::new();
        for _ in 0..lines {
            self.next += 1;
            text += &format!(
                "{{\"trade_id\":\"t{}\",\"pnl\":{}}}\n",
                self.next,
                self.next.wrapping_mul(2_654_435_761) % 9_973
            );
        }
        if open {
            text.pop();
        }
        let text = text.as_bytes();
        match kind {
            0 => encode_member(text, None, 6),
            1 => encode_plain_member(text),
            2 => {
                let us = i64::from(self.next) * 1_000_000;
                encode_member(text, Some(Seal { rows: u32::from(lines), first_us: us, last_us: us }), 6)
            }
            3 => foreign(text, None),
            _ => foreign(text, Some(b"trade_outcomes.jsonl")),
        }
    }

    fn bytes(&mut self, part: &Part) -> Vec<u8> {
        match part {
            Part::Good { kind, lines, open } => self.member(*kind, *lines, *open),
            Part::Flipped { kind, lines, at, bit } => {
                let mut member = self.member(*kind, *lines, false);
                let at = at.index(member.len());
                member[at] ^= 1 << bit;
                member
            }
            Part::Header { kind, lines, at, bit } => {
                let mut member = self.member(*kind, *lines, false);
                member[at.index(48)] ^= 1 << bit;
                member
            }
            Part::Cut { kind, lines, at } => {
                let mut member = self.member(*kind, *lines, false);
                member.truncate(at.index(member.len()));
                member
            }
            Part::Length { kind, lines, length } => {
                let mut member = self.member(*kind, *lines, false);
                member[16..18].copy_from_slice(&length.to_le_bytes());
                member
            }
            Part::Trailer { kind, lines, at, byte } => {
                let mut member = self.member(*kind, *lines, false);
                let at = member.len() - 1 - usize::from(*at);
                member[at] = *byte;
                member
            }
            Part::Bare { flags, times } => {
                [0x1f, 0x8b, 8, *flags, 0, 0, 0, 0, 0, 0xff].repeat((*times).into())
            }
            Part::Swallow { len, formed, framed } => swallow(*len, *formed, *framed),
            Part::Endless { len, comment } => {
                let head = [0x1f, 0x8b, 8, if *comment { 16 } else { 8 }, 1, 1, 1, 1, 0, 0xff];
                [&head[..], &vec![b'n'; usize::from(*len)]].concat()
            }
            Part::Bomb { whole } => {
                let mut bomb = bomb(2);
                let last = bomb.len() - 5;
                bomb[last] ^= u8::from(!whole);
                bomb
            }
            Part::Twins { kind } => {
                let twin = self.member(*kind, 1, false);
                let mut first = twin.clone();
                // The first says that it is as long as both.
                first[16..18].copy_from_slice(&(2 * twin.len() as u16 - 1).to_le_bytes());
                if *kind == 0 || *kind == 2 { [first, twin].concat() } else { [twin.clone(), twin].concat() }
            }
            Part::Junk(bytes) => bytes.clone(),
        }
    }
}

/// The header of a member whose extra field has `len` bytes, which are those of whatever follows.
fn swallow(len: u16, formed: bool, framed: bool) -> Vec<u8> {
    let mut head = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff];
    let own = if framed { 6 } else { 0 } + if formed { 4 } else { 0 };
    head.extend((len + own).to_le_bytes());
    if framed {
        head.extend(*b"BC\x02\x00\xff\xff");
    }
    if formed {
        head.extend(*b"XY");
        head.extend(len.to_le_bytes());
    }
    head
}

fn log_of(parts: &[Part]) -> Vec<u8> {
    let mut maker = Maker { next: 0 };
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(maker.bytes(part));
    }
    bytes
}

/// A store with such a log.
pub(crate) fn store(bytes: &[u8]) -> (tempfile::TempDir, Layout) {
    let home = tempfile::tempdir().unwrap();
    let layout = Layout::new(home.path());
    std::fs::create_dir_all(layout.hidden()).unwrap();
    std::fs::write(layout.log(Log::Outcomes), bytes).unwrap();
    (home, layout)
}

pub(crate) fn event_us(line: &[u8]) -> i64 {
    let text = String::from_utf8_lossy(line);
    let id = text.split(":\"t").nth(1).and_then(|rest| rest.split('"').next());
    id.and_then(|id| id.parse::<i64>().ok()).unwrap_or(0) * 1_000_000
}

fn repaired(layout: &Layout) {
    let lock = lock_store(&RealDisk, layout, LockTimeout(Duration::ZERO), &mut || ()).unwrap();
    repair(&RealDisk, layout, Log::Outcomes, &lock, 1, |line| {
        let event_us = event_us(&line);
        Verdict::Keep(Row { line: [&line[..], b"\n"].concat(), event_us })
    })
    .unwrap();
}

/// What a plain reader finds and this one does not.
fn missing(bytes: &[u8], lines: &[Vec<u8>]) -> Vec<String> {
    let read: BTreeSet<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    let found = plainly_read(bytes);
    found
        .iter()
        .filter(|line| !read.contains(&line[..]))
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect()
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (_home, layout) = store(bytes);
    let path = layout.log(Log::Outcomes);
    if bytes.len() > 1 && !bytes.starts_with(&[0x1f, 0x8b]) && plainly_read(bytes).is_empty() {
        // Another kind of file, which is an error of its own.
        return Ok(());
    }
    let (lines, report) = read(&path, ScanOptions::default());
    prop_assert_eq!(missing(bytes, &lines), Vec::<String>::new());
    prop_assert!(
        report.search_work <= 2_200 * bytes.len() as u64 + (4 << 20),
        "{} for {}",
        report.search_work,
        bytes.len()
    );
    repaired(&layout);
    let (lines, report) = read(&path, ScanOptions::default());
    prop_assert_eq!(missing(bytes, &lines), Vec::<String>::new());
    prop_assert!(report.damage.is_empty());
    Ok(())
}

/// Logs of hostile parts, and large ones, that are tried.
const LOGS: u32 = 300;
const LARGE_LOGS: u32 = 6;

#[test]
fn the_manual_says_how_many_logs_are_tried() {
    crate::common::cases::tried("hostile log", (LOGS + LARGE_LOGS) as usize, false);
}

#[test]
fn a_file_without_a_member_that_does_not_begin_like_gzip_is_another_kind() {
    // A first member cut after a byte, and one whose first byte is damaged.
    let mut damaged = encode_member(b"{\"trade_id\":\"t1\",\"pnl\":1}\n", None, 6);
    damaged[0] ^= 1;
    let (_home, layout) = store(&[&[0x1f], &damaged[..]].concat());
    let path = layout.log(Log::Outcomes);
    let found = scan(&RealDisk, &path, ScanOptions::default(), |_: Chunk<'_>| (), |_, ()| ());
    assert!(matches!(found, Err(StoreError::NotGzip { .. })), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: LOGS, ..ProptestConfig::default() })]

    #[test]
    fn every_whole_member_is_read_and_survives_repair(parts in proptest::collection::vec(part(), 1..40)) {
        check(&log_of(&parts))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: LARGE_LOGS, max_shrink_iters: 60, ..ProptestConfig::default() })]

    /// So many that they are unpacked on all cores.
    #[test]
    fn every_whole_member_of_a_large_log_is_read(
        parts in proptest::collection::vec(part(), 200..400), good in 0usize..3,
    ) {
        let calm = |lines: u8| Part::Good { kind: lines % 5, lines: lines % 9 + 1, open: false };
        let spread = parts.into_iter().enumerate().flat_map(|(n, part)| {
            std::iter::once(part).chain((0..good * 6).map(move |m| calm((n + m) as u8)))
        });
        check(&log_of(&spread.collect::<Vec<_>>()))?;
    }
}

#[test]
fn looking_for_the_next_member_costs_a_multiple_of_the_file() {
    let good = encode_member(b"{\"trade_id\":\"t1\"}\n", None, 6);
    let stored = |n: usize| {
        // A header, and a stored block up to the end of which the next one's header stands.
        let mut part = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0];
        part.extend((n as u16).to_le_bytes());
        part.extend((!(n as u16)).to_le_bytes());
        part
    };
    let bare = |flags: u8| [0x1f, 0x8b, 8, flags, 1, 1, 1, 1, 1, 0xff].repeat(100_000);
    let cases: [(&str, Vec<u8>, u64); 8] = [
        ("bare headers", bare(0), 1),
        ("bare headers with a name", bare(8), 1),
        ("bare headers with a comment", bare(24), 1),
        ("bare headers with an extra field", bare(4), 40),
        ("bare headers with a checksum", bare(2), 1),
        ("stored blocks within stored blocks", stored(15).repeat(50_000), 4_200),
        (
            "members whose size is wrong",
            {
                let mut bad = good.clone();
                *bad.last_mut().unwrap() ^= 1;
                bad.repeat(10_000)
            },
            8,
        ),
        (
            "broken bombs",
            {
                let mut bad = bomb(16);
                *bad.last_mut().unwrap() ^= 1;
                bad.repeat(8)
            },
            1_100,
        ),
    ];
    crate::common::cases::tried("no member", cases.len(), false);
    for (what, hostile, per_byte) in cases {
        let bytes = [&hostile[..], &good].concat();
        let (_home, layout) = store(&bytes);
        let (lines, report) = read(&layout.log(Log::Outcomes), ScanOptions::default());
        assert_eq!(lines, [b"{\"trade_id\":\"t1\"}"], "behind {what}");
        let most = per_byte * bytes.len() as u64 + (64 << 20) * u64::from(per_byte > 4_096);
        assert!(report.search_work <= most, "{what}: {} a byte", report.search_work / bytes.len() as u64);
        repaired(&layout);
        assert!(read(&layout.log(Log::Outcomes), ScanOptions::default()).1.damage.is_empty());
    }
}
