//! What a plain reader finds in a log, by trying each of its bytes.

use std::collections::BTreeMap;
use std::io::Read;

/// The lines of every whole member, found by trying each byte of the file with zlib, as slow as that is. A header in which
/// another whole member begins is none: bare headers can take in a row of members and end, by chance, where the stream of a
/// damaged one begins.
pub(crate) fn plainly_read(bytes: &[u8]) -> Vec<Vec<u8>> {
    let whole: BTreeMap<usize, (usize, Vec<u8>)> =
        (0..bytes.len()).filter_map(|at| Some((at, member_at(&bytes[at..])?))).collect();
    let stands = |at: usize, header: usize| whole.range(at + 1..at + header).next().is_none();
    let texts = whole.iter().filter(|(at, (header, _))| stands(**at, *header)).map(|(_, (_, text))| text);
    let lines = texts.flat_map(|text| text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii));
    lines.filter(|line| !line.is_empty() && line.len() <= 1 << 20).map(<[u8]>::to_vec).collect()
}

/// The length of the header and the text of the member that these bytes begin with, if it is whole.
fn member_at(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut text = Vec::new();
    let mut reader = flate2::bufread::GzDecoder::new(bytes);
    reader.read_to_end(&mut text).ok()?;
    let header = reader.header()?;
    let extra = header.extra().map_or(0, |extra| 2 + extra.len());
    let named = [header.filename(), header.comment()].into_iter().flatten().map(|text| text.len() + 1);
    let checked = if bytes[3] & 2 != 0 { 2 } else { 0 };
    Some((10 + extra + named.sum::<usize>() + checked, text))
}
