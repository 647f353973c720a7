//! Seconds of one fit and of a whole training, AUC and Brier score on the planted picks:
//! `cargo bench --bench learner`, beside `tests/bench/learner_peers.py` for the peers. Picks that it made in the folder
//! DTLEARN_BENCH_PLANTED are fitted too.

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
use dtlearn::learn::{Crosses, Params, Rows, auc, brier, fit, train};

fn main() {
    let mut folders =
        vec![("1000".to_owned(), "planted/1000".to_owned()), ("10000".into(), "planted/10000".into())];
    let made = std::env::var("DTLEARN_BENCH_PLANTED").ok().and_then(|made| std::fs::read_dir(made).ok());
    for entry in made.into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        folders.push((entry.file_name().display().to_string(), entry.path().display().to_string()));
    }
    for (size, folder) in folders {
        let (past, later) = planted::halves(&folder);
        let wide = Crosses::signed(&past.table, past.side).widen(&past.table);
        // As a retrain of so many rows fits its trees.
        let params = &Params::candidates(past.labels.len())[3];
        let mut fastest = f64::INFINITY;
        for _ in 0..5 {
            let begin = Instant::now();
            std::hint::black_box(fit(&wide, &past.labels, None, params, 1).unwrap());
            fastest = fastest.min(begin.elapsed().as_secs_f64());
        }
        let rows = Rows {
            table: &past.table,
            labels: &past.labels,
            weights: None,
            sessions: &past.sessions,
            side: past.side,
            encoded: &[],
        };
        let begin = Instant::now();
        let model = train(&rows, &Params::candidates(past.labels.len()), 1).unwrap().model;
        let whole = begin.elapsed().as_secs_f64();
        let given: Vec<f64> = (0..later.table.rows).map(|row| model.predict(&later.table.row(row))).collect();
        println!(
            "{size:>7}  dtlearn, {} threads         fit {fastest:7.3} s  AUC {:.4}  Brier {:.4}  whole training with walk-forward {whole:.2} s",
            rayon::current_num_threads(),
            auc(&given, &later.labels).unwrap(),
            brier(&given, &later.labels).unwrap(),
        );
    }
}
