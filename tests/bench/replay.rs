//! Seconds of replaying two years of a busy desk, 500 sessions of 100 picks, with and without the model, and of one
//! training: `cargo bench --bench replay`. `DTLEARN_BENCH_SESSIONS` sets another number of sessions,
//! `DTLEARN_BENCH_FEATURES` another number of features than 8.

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

use common::histories::{Spec, desk_at, everything, files, history, replayed};
use dtlearn::store::{Layout, RealDisk};

fn main() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let sessions = number("DTLEARN_BENCH_SESSIONS").unwrap_or(500);
    let count = number("DTLEARN_BENCH_FEATURES").unwrap_or(8);
    for (what, skill) in [("features that tell", 0.01), ("noise", 0.0)] {
        let picks = history(&Spec {
            seed: 1,
            sessions,
            picks: 100,
            hold_minutes: 21,
            features: count,
            mean: |confidence: f64, features: &[f64], _| {
                skill
                    * (features[0] - 0.5
                        + (features[1] - 0.5) * (features[2] - 0.5)
                        + 0.3 * (confidence - 0.45))
            },
            noise: (0.0007, 0.004),
        });
        let taken = picks.iter().filter(|pick| pick.refused.is_none()).count();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("da_brains");
        let layout = Layout::new(&root);
        std::fs::create_dir_all(layout.learning()).unwrap();
        for (log, bytes) in files(&picks) {
            std::fs::write(layout.log(log), bytes).unwrap();
        }
        let context = desk_at(&RealDisk, root.to_str().unwrap());
        println!(
            "{what}: {sessions} sessions, {:.1} trades and {:.1} missed signals each, {} threads",
            taken as f64 / sessions as f64,
            (picks.len() - taken) as f64 / sessions as f64,
            rayon::current_num_threads()
        );
        for without_model in [true, false] {
            let begin = Instant::now();
            let found = replayed(&context, &everything(without_model));
            let seconds = begin.elapsed().as_secs_f64();
            let trainings = found["trainings"].as_u64().unwrap();
            println!("  model {:<5}  {seconds:7.2} s  {trainings} trainings", !without_model);
            if !without_model {
                println!("  {}", found["sentences"]);
            }
        }
    }
}
