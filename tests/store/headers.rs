//! Headers with flipped bits: none swallows a whole member, and no sealed block is skipped by one that does not hold.

use std::path::Path;
use std::time::Duration;

use dtlearn::store::{
    LineKind, LockTimeout, Log, RealDisk, ScanOptions, ScanReport, Seal, encode_member, encode_plain_member,
    lock_store, seal,
};

use crate::parts::{event_us, foreign, read, store};
use crate::plain_reader::plainly_read;

/// Members of engines that differ in nothing but their numbers: a header that swallows some lands where another
/// one's stream begins.
#[test]
fn a_flag_set_by_a_flipped_bit_swallows_no_record() {
    let mut members = Vec::new();
    let mut rng = 1u32;
    for n in 0..400 {
        rng = rng.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        members.push(foreign(format!("{{\"trade_id\":\"t{n}\",\"a\":{}}}\n", rng >> 12).as_bytes(), None));
    }
    let starts: Vec<usize> =
        members.iter().scan(0, |at, member| Some(std::mem::replace(at, *at + member.len()))).collect();
    let mut bytes = members.concat();
    // One that says: the extra field goes up to where the stream of the hundredth begins.
    let at = starts[3];
    let len = (starts[100] + 10 - at - 12) as u16;
    bytes[at + 3] |= 4;
    bytes[at + 10..at + 12].copy_from_slice(&len.to_le_bytes());
    let (_home, layout) = store(&bytes);
    let (lines, report) = read(&layout.log(Log::Outcomes), ScanOptions::default());
    assert_eq!(lines.len(), 399, "all but the damaged one");
    assert_eq!(report.damage.len(), 1);
    // Every flag of every member, one after the other.
    let bytes = members.concat();
    for (number, start) in starts.iter().enumerate().step_by(7) {
        for bit in 0..5 {
            let mut flipped = bytes.clone();
            flipped[start + 3] ^= 1 << bit;
            std::fs::write(layout.log(Log::Outcomes), &flipped).unwrap();
            let (lines, report) = read(&layout.log(Log::Outcomes), ScanOptions::default());
            assert!(lines.len() >= 399, "member {number} bit {bit}: {} lines", lines.len());
            assert_eq!(lines.len() == 399, !report.damage.is_empty(), "member {number} bit {bit}");
        }
    }
}

/// Sealed blocks of 50 rows, one a second: 20 of them.
fn sealed_log() -> Vec<u8> {
    let block = |number: i64| {
        let text: String = (0..50).map(|n| format!("{{\"trade_id\":\"t{}\"}}\n", number * 50 + n)).collect();
        let (first_us, last_us) = (number * 50_000_000, (number * 50 + 49) * 1_000_000);
        encode_member(text.as_bytes(), Some(Seal { rows: 50, first_us, last_us }), 6)
    };
    (0..20).flat_map(block).collect()
}

/// What a window shows, whatever blocks it read.
fn window(path: &Path, after_us: i64) -> (Vec<Vec<u8>>, ScanReport) {
    let (mut lines, report) = read(path, ScanOptions { after_us: Some(after_us), ..ScanOptions::default() });
    lines.retain(|line| event_us(line) > after_us);
    (lines, report)
}

#[test]
fn no_bit_of_a_sealed_header_is_believed_once_it_flips() {
    let bytes = sealed_log();
    let (_home, layout) = store(&bytes);
    let path = layout.log(Log::Outcomes);
    let block = bytes.len() / 20;
    let mut tried = 0;
    for after_us in [-1, 524_000_000, 775_000_000] {
        std::fs::write(&path, &bytes).unwrap();
        let (whole, report) = window(&path, after_us);
        assert!(report.skipped_rows >= (after_us / 1_000_000 / 50).max(0) as u64 * 50, "{report:?}");
        let starts: Vec<usize> = starts_of(&bytes);
        assert!(starts.len() == 20 && block > 47);
        for start in [starts[0], starts[9], starts[10], starts[15], starts[19]] {
            for bit in 0..47 * 8 {
                let mut flipped = bytes.clone();
                flipped[start + bit / 8] ^= 1 << (bit % 8);
                tried += 1;
                std::fs::write(&path, &flipped).unwrap();
                let (lines, report) = window(&path, after_us);
                let lost = whole.iter().filter(|line| !lines.contains(line)).count();
                assert!(
                    lost == 0 || (lost <= 50 && !report.damage.is_empty()),
                    "bit {bit} at {start}: {lost} rows lost"
                );
                if lost > 0 {
                    // Nobody can read it then.
                    assert!(
                        plainly_read(&flipped)
                            .iter()
                            .all(|line| event_us(line) <= after_us || lines.contains(line))
                    );
                }
            }
        }
    }
    crate::common::cases::tried("sealed header", tried, false);
}

fn starts_of(bytes: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        starts.push(at);
        at += usize::from(u16::from_le_bytes([bytes[at + 16], bytes[at + 17]])) + 1;
    }
    starts
}

/// A block as it was sealed before the checksum: version 1, with times that are wrong.
#[test]
fn a_block_without_a_checksum_is_never_skipped_and_is_sealed_anew() {
    let text = b"{\"trade_id\":\"t900\"}\n";
    let mut old = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 31, 0];
    old.extend(*b"BC\x02\x00\x00\x00DT\x15\x00\x01\x01\x00\x00\x00");
    old.extend([0; 16]);
    let plain = encode_plain_member(text);
    old.extend(&plain[10..]);
    let length = (old.len() - 1) as u16;
    old[16..18].copy_from_slice(&length.to_le_bytes());
    let (_home, layout) = store(&[old.clone(), old].concat());
    let path = layout.log(Log::Outcomes);
    assert_eq!(window(&path, 1_000_000).0.len(), 2);
    let lock = lock_store(&RealDisk, &layout, LockTimeout(Duration::ZERO), &mut || ()).unwrap();
    let sealed = seal(&RealDisk, &layout, Log::Outcomes, &lock, 1, true, |line| LineKind::At(event_us(line)));
    assert_eq!(sealed.unwrap().unwrap().rows, 2);
    assert_eq!(window(&path, 1_000_000).0.len(), 2);
    assert_eq!(window(&path, 900_000_000).1.skipped_rows, 2);
}
