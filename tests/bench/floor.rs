//! The floor of reading a trade log on all cores: `cargo bench --bench floor -- ROOT`.
//!
//! Prints the median seconds of five reads that unpack the log and find its lines, and of five that take every
//! line apart as well; what `analyze` takes beyond them is adding up and writing. Prints the rows, too, so that
//! nothing is left out by the compiler.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, reads the clock, and may stop where it stands"
)]

use std::path::Path;
use std::time::Instant;

use dtlearn::store::{Chunk, Layout, Log, RealDisk, ScanOptions, scan};
use dtlearn::wire::StoredOutcome;

fn unpacked(chunk: Chunk<'_>) -> u64 {
    chunk.lines().count() as u64
}

fn taken_apart(chunk: Chunk<'_>) -> u64 {
    let mut stored = StoredOutcome::default();
    chunk.lines().filter(|line| stored.read(line).is_ok()).count() as u64
}

fn median(path: &Path, map: fn(Chunk<'_>) -> u64) -> (f64, u64) {
    let mut rows = 0;
    let mut seconds: Vec<f64> = (0..5)
        .map(|_| {
            rows = 0;
            let begin = Instant::now();
            scan(&RealDisk, path, ScanOptions::default(), map, |_, found| rows += found).unwrap();
            begin.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    (seconds[2], rows)
}

fn main() {
    let Some(root) = std::env::args().skip(1).find(|word| word != "--bench") else {
        println!("cargo bench --bench floor -- ROOT");
        return;
    };
    let path = Layout::new(root).log(Log::Outcomes);
    for (name, map) in
        [("unpacking", unpacked as fn(Chunk<'_>) -> u64), ("unpacking and taking apart", taken_apart)]
    {
        let (seconds, rows) = median(&path, map);
        println!("{name}: {seconds:.3} s, {rows} rows");
    }
}
