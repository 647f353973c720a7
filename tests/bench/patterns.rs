//! How often patterns are named on noise, and how long mining takes: `cargo bench --bench patterns`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a bench prints, and may stop where it stands"
)]

#[path = "../common/mod.rs"]
mod common;

use std::time::Instant;

use common::planted;
use dtlearn::learn::{Dataset, Example, mine};

/// Times that outcomes are dealt anew.
const SHUFFLES: u64 = 200;

fn named(dataset: &Dataset, examples: &[Example]) -> bool {
    let rows: Vec<&Example> = examples.iter().collect();
    mine(dataset, &rows, &[]).patterns.iter().any(|pattern| pattern.is_clear())
}

fn main() {
    let large = planted::dataset("planted/10000");
    for (name, dataset) in [
        ("real days", &planted::dataset("real")),
        ("planted, 1,000 rows", &planted::dataset("planted/1000")),
        ("planted, 10,000 rows", &large),
    ] {
        let count = (0..SHUFFLES).filter(|seed| named(dataset, &planted::shuffled(dataset, *seed))).count();
        println!("{name}: {count} of {SHUFFLES} shuffles within days name an edge or a leak");
    }
    // Ten times as many rows: the same ones in sessions of their own, with their outcomes dealt anew but once.
    let mut many = large.examples.clone();
    for copy in 1..10 {
        many.extend(planted::shuffled(&large, copy).into_iter().map(|mut example| {
            example.session += 1_000 * copy as i64;
            example
        }));
    }
    for (name, examples) in [("10,000", &large.examples), ("100,000", &many)] {
        let rows: Vec<&Example> = examples.iter().collect();
        let begin = Instant::now();
        let mined = mine(&large, &rows, &[]);
        println!(
            "{name} rows: {} patterns tried, {} named, in {:.2} s",
            mined.tried,
            mined.patterns.len(),
            begin.elapsed().as_secs_f64()
        );
    }
}
