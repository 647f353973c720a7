//! How a log begins, without reading it.

use std::io::{BufRead, BufReader};
use std::path::Path;

use super::unpack::gunzip;
use crate::store::file_system::Disk;

/// What is read of the file.
const BEGINNING: usize = 64 << 10;

/// The first line of a log, where it stands whole within the first 64 KiB; none otherwise.
pub fn first_line(disk: &dyn Disk, path: &Path) -> Option<Vec<u8>> {
    let mut bytes = vec![0; BEGINNING];
    let got = disk.open(path).ok()?.read_at(&mut bytes, 0).ok()?;
    let mut line = Vec::new();
    BufReader::new(gunzip(bytes.get(..got)?)).read_until(b'\n', &mut line).ok()?;
    (line.pop() == Some(b'\n')).then_some(line)
}
