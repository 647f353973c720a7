//! How bad the bad sessions are, as `size` has it, over many simulated records whose truth is known.

use dtlearn::decide::{SIZE_TAIL, base_size, tail_backtest};
use dtlearn::stats::evidence::ShortfallTest;

use crate::draws::{Draws, Rate, say};
use crate::size::{WORLDS, facts, lives, normal, sessions};

/// The mean loss of the worst tenth of sessions without an edge.
fn true_tail(trade: fn(&mut Draws) -> f64) -> f64 {
    let mut losses: Vec<f64> =
        sessions(&mut Draws::new(8_888_888), 100_000, 0.0, trade).into_iter().map(|r| -r).collect();
    losses.sort_by(f64::total_cmp);
    losses[90_000..].iter().sum::<f64>() / 10_000.0
}

#[test]
fn the_worst_tenth_is_seldom_worse_than_its_bound() {
    for (name, trade) in WORLDS {
        let truth = true_tail(trade);
        for n in [60, 120, 250] {
            let lives = lives(400);
            let bounds: Vec<f64> = (0..lives as u64)
                .map(|life| {
                    let results = sessions(&mut Draws::new(life), n, 0.0, trade);
                    base_size(&facts(&results)).unwrap().tail.walked
                })
                .collect();
            let exceeded = Rate { hits: bounds.iter().filter(|bound| **bound < truth).count(), of: lives };
            say(&format!(
                "worst tenth above its bound, {name}, {n} sessions: {:.1} % ({} of {lives}), the bound is {:.2} times it",
                100.0 * exceeded.share(),
                exceeded.hits,
                bounds.iter().sum::<f64>() / lives as f64 / truth
            ));
            assert!(exceeded.is_at_most(0.10), "{name} {n}: {exceeded:?}");
        }
    }
}

#[test]
fn a_worst_tenth_that_is_too_low_is_found_out() {
    // z and r of a standard normal: where the worst tenth begins, and its mean.
    let (begin, mean) = (1.281_551_6, 1.754_983_3);
    let held = |understated: f64| {
        move |life: u64| {
            let mut draws = Draws::new(life);
            let mut test = ShortfallTest::new(SIZE_TAIL);
            let share = 1.0 - understated;
            (0..250).any(|_| {
                test.push(draws.normal(), share * begin, share * mean);
                test.is_too_low()
            })
        }
    };
    let right = Rate::of("worst tenth called too low within 250 sessions, where it is not", 400, held(0.0));
    let wrong = Rate::of("worst tenth that is 30 % too low called so within 250 sessions", 400, held(0.3));
    assert!(right.is_at_most(0.05) && wrong.share() >= 0.80, "{right:?} {wrong:?}");
    // What the sessions before said, as `size` holds it against each.
    for (name, trade) in WORLDS {
        let found = Rate::of(
            &format!("worst tenth of the sessions before called too low, {name}"),
            lives(100),
            |life| tail_backtest(&sessions(&mut Draws::new(life), 250, 0.0, trade), 60).is_too_low(),
        );
        assert!(found.is_at_most(0.05), "{name}: {found:?}");
    }
    for (times, least) in [(2.0, 0.5), (3.0, 0.8)] {
        let name = format!(
            "worst tenth of the sessions before called too low where sessions are {times} times as wild after 120"
        );
        let wilder = Rate::of(&name, lives(100), |life| {
            let mut results = sessions(&mut Draws::new(life), 250, 0.0, normal);
            results[120..].iter_mut().for_each(|r| *r *= times);
            tail_backtest(&results, 60).is_too_low()
        });
        assert!(wilder.share() >= least, "{wilder:?}");
    }
}
