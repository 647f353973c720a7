//! A log put together of hostile parts, as the bytes say: every whole member that was put in is read, and looking for
//! it costs a multiple of the file.
#![no_main]

use dtlearn::store::{Chunk, Layout, Log, RealDisk, ScanOptions, Seal, encode_member, encode_plain_member, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (mut log, mut lines) = (Vec::new(), Vec::new());
    // Three bytes a part: what it is, and two numbers.
    for (number, part) in bytes.chunks_exact(3).take(500).enumerate() {
        let line = format!("{{\"trade_id\":\"t{number}\"}}");
        let text = format!("{line}\n");
        let seal = Seal { rows: 1, first_us: 0, last_us: 9 };
        let mut member = match part[0] >> 4 & 3 {
            0 => encode_member(text.as_bytes(), None, 6),
            1 => encode_member(text.as_bytes(), Some(seal), 6),
            _ => encode_plain_member(text.as_bytes()),
        };
        let at = usize::from(part[1]) % member.len();
        match part[0] & 15 {
            0..8 => lines.push(line.into_bytes()),
            8 | 9 => member[at] ^= part[2].max(1),
            10 => member.truncate(at),
            11 => member[3] |= 4,
            12 => member = [0x1f, 0x8b, 8, part[1] & 31, 0, 0, 0, 0, 0, part[2]].repeat(usize::from(part[2])),
            13 => member = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, part[1], part[2]].to_vec(),
            14 => member = bytes.to_vec(),
            _ => member = vec![part[1]; usize::from(part[2])],
        }
        log.extend(member);
    }
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    let path = Layout::new(dir.path()).log(Log::Outcomes);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, &log).unwrap();
    let mut found = Vec::new();
    let all = |chunk: Chunk<'_>| chunk.to_lines();
    let Ok(report) = scan(&RealDisk, &path, ScanOptions::default(), all, |_, lines| found.extend(lines)) else {
        // Another kind of file, in which no member begins.
        return;
    };
    assert!(lines.iter().all(|line| found.contains(line)));
    assert!(report.search_work <= 4_096 * log.len() as u64 + (64 << 20));
});
