//! Logs to damage, and what is read of them.

use std::path::Path;

use dtlearn::store::{RealDisk, ScanOptions, ScanReport, scan};

use crate::common::{Home, exit};

/// The lines of a log, and what was passed over.
pub fn read(path: &Path) -> (Vec<Vec<u8>>, ScanReport) {
    let mut lines = Vec::new();
    let all = |chunk: dtlearn::store::Chunk<'_>| chunk.to_lines();
    let report = scan(&RealDisk, path, ScanOptions::default(), all, |_, found| lines.extend(found)).unwrap();
    (lines, report)
}

/// A log, and the offset and the lines of each of its members.
pub type Written = (std::path::PathBuf, Vec<(usize, Vec<Vec<u8>>)>);

/// Writes a log of `count` members: `lines` gives what is in each, `pack` makes it of their text.
pub fn written(
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

pub fn record(home: &Home, id: &str) {
    let exit = exit(id, 1.0, "2019-02-15T19:40:00Z");
    home.dtlearn().arg("record-exit").write_stdin(exit).assert().success();
}
