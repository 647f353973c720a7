//! Sector trends: how often noise is named, and a rotation that is there.

use dtlearn::stats::{Clustered, clear_differences};

use crate::draws::{Draws, Rate};

/// Sectors of a store.
const SECTORS: usize = 11;

/// Which sectors are named in a store of 5 newer and 16 older sessions with 10 trades a sector, one of them moved; the
/// newer sessions are so many times as wild as the older ones.
fn named(scenario: u64, moved: f64, shared: f64, wild: f64) -> Vec<usize> {
    let mut draws = Draws::new(scenario);
    let mut sessions = vec![Vec::new(); SECTORS];
    for session in 0..21 {
        let day = shared * draws.normal();
        for (at, sector) in sessions.iter_mut().enumerate() {
            let wild = if session >= 16 { wild } else { 1.0 };
            let shift = if session >= 16 && at == 0 { moved } else { 0.0 };
            let sum: f64 = (0..10).map(|_| 0.8 * wild * draws.normal() + day + shift).sum();
            sector.push((sum, 10.0));
        }
    }
    let pairs: Vec<(Clustered, Clustered)> = sessions
        .iter()
        .map(|of| {
            let side = |days: &[(f64, f64)]| Clustered::of(days.iter().copied()).unwrap();
            (side(&of[16..]), side(&of[..16]))
        })
        .collect();
    clear_differences(&pairs, 0.05)
}

#[test]
fn sectors_of_noise_are_not_named() {
    for (name, shared, wild) in [
        ("11 sectors of noise", 0.0, 1.0),
        ("11 sectors of noise, days share a shock", 0.4, 1.0),
        ("11 sectors of noise, the newer week half as wild", 0.0, 0.5),
        ("11 sectors of noise, the newer week half as wild again", 0.0, 1.5),
    ] {
        let rate =
            Rate::of(&format!("{name}: any is named"), 1000, |s| !named(s, 0.0, shared, wild).is_empty());
        assert!(rate.is_at_most(0.05), "{rate:?}");
    }
    for (moved, least) in [(0.6, 0.6), (0.8, 0.8)] {
        let seen = Rate::of(&format!("one of 11 sectors moved by {moved:.2} % a trade: named"), 500, |s| {
            named(s, moved, 0.0, 1.0).contains(&0)
        });
        assert!(seen.share() >= least, "{seen:?}");
    }
}
