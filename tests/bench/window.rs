//! Milliseconds for the figures of one week: `cargo bench --bench window -- ROOT`, on a store that
//! `tests/bench/outcomes.rs` made. Reads the log and nothing else, whether there is a checkpoint or not.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and may stop where it stands"
)]

use std::time::Instant;

use dtlearn::app::{Context, Settings, Silent, windows};
use dtlearn::domain::{Timestamp, Window};
use dtlearn::metrics::Windows;
use dtlearn::store::{Layout, RealDisk, SpoolFolders};

fn main() {
    let Some(root) = std::env::args().skip(1).find(|word| word != "--bench") else {
        println!("cargo bench --bench window -- ROOT");
        return;
    };
    let now = Timestamp::parse("2026-03-02T21:05:00Z").unwrap();
    let context = Context {
        disk: &RealDisk,
        layout: Layout::new(root),
        spool: SpoolFolders::default(),
        now,
        as_of: None,
        session: None,
        desks: Vec::new(),
        settings: Settings::default(),
        progress: &Silent,
    };
    let mut runs: Vec<(f64, u64)> = (0..21)
        .map(|_| {
            let begin = Instant::now();
            let (figures, _) =
                windows(&context, &Windows::new([Window::Days(7)], now, context.market())).unwrap();
            (begin.elapsed().as_secs_f64() * 1e3, figures[0].1.trades())
        })
        .collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("7 days, {} trades: median {:.1} ms, fastest {:.1} ms", runs[10].1, runs[10].0, runs[0].0);
}
