//! The blend of the engine's models: used where together they know more than the best alone, and hardly ever where not.

use dtlearn::learn::{Rng, blend, sigmoid};
use dtlearn::stats::evidence::ENOUGH;

use crate::common::statistics::at_most;

/// Stores of three models: log-odds of what each says, and of a win.
const SESSIONS: usize = 24;

/// Rows of a session.
const ROWS: usize = 30;

/// A normal number, near enough.
fn normal(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0
}

/// Whether the blend would be used: the e-value against the best single one reaches 20. `world` makes of two things that
/// decide, and of noise, what three models say and the log-odds of a win.
fn is_used(seed: u64, count: usize, world: impl Fn(f64, f64, &mut Rng) -> ([f64; 3], f64)) -> bool {
    let mut rng = Rng::new(seed, 93);
    let (mut rows, mut labels, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
    for session in 0..count {
        // All of a session move together.
        let shock = 0.4 * normal(&mut rng);
        for _ in 0..ROWS {
            let (a, b) = (0.8 * normal(&mut rng), 0.8 * normal(&mut rng));
            let (said, win) = world(a, b, &mut rng);
            rows.push(said.map(sigmoid).to_vec());
            labels.push((rng.below(1_000_000) as f64) < 1e6 * sigmoid(win + shock));
            sessions.push(session as i64);
        }
    }
    blend(&rows, &labels, &sessions).unwrap().evidence >= ENOUGH
}

#[test]
fn on_noise_no_blend_is_used() {
    let runs = 200;
    let used = |world: &dyn Fn(f64, f64, &mut Rng) -> ([f64; 3], f64)| {
        (0..runs).filter(|seed| is_used(*seed, SESSIONS, |a, b, rng| world(a, b, rng))).count() as u64
    };
    let nothing = used(&|a, b, rng| ([a, b, normal(rng)], 0.0));
    let one_knows = used(&|a, b, rng| ([a + b, normal(rng), normal(rng)], a + b));
    println!("three that know nothing: a blend in {nothing} of {runs}; one that knows all: {one_knows}");
    assert!(nothing <= at_most(runs, 0.05), "{nothing} of {runs}");
    assert!(one_knows <= at_most(runs, 0.05), "{one_knows} of {runs}");
}

/// Two models that know half each: in a month's rows it shows in a tenth of histories what the best of them misses, in sixty
/// sessions in nine of ten.
#[test]
fn two_that_know_half_each_are_used_together_in_time() {
    let runs = 50;
    let found = [SESSIONS, 60].map(|count| {
        let used = |seed: &u64| is_used(*seed, count, |a, b, rng| ([a, b, normal(rng)], a + b));
        let found = (0..runs).filter(used).count();
        println!("two that know half each, {count} sessions of {ROWS} rows: a blend in {found} of {runs}");
        found
    });
    assert!(found.is_sorted() && found[1] >= 40, "{found:?} of {runs}");
}
