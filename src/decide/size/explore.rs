//! Sizes drawn by chance, for whoever wants to know whether size moves the price: opt-in.

use xxhash_rust::xxh3::xxh3_64;

/// What a size is multiplied by when it is drawn: the smaller, the usual, the larger.
pub const DRAWN: [f64; 3] = [0.8, 1.0, 1.25];

/// A multiplier, and the chance with which it was drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnSize {
    /// The multiplier.
    pub multiplier: f64,
    /// Its chance, 0 to 1.
    pub propensity: f64,
}

/// The size of a signal where the share `explore` of signals gets another one than 1.00: half of them the smaller, half the
/// larger. A hash of the id, so that every process and every platform says the same.
pub fn drawn_size(signal_id: &str, explore: f64) -> DrawnSize {
    let half = 0.5 * explore;
    let unit = (xxh3_64(format!("size\u{1f}{signal_id}").as_bytes()) >> 11) as f64 / (1u64 << 53) as f64;
    let (multiplier, propensity) = if unit < half {
        (DRAWN[0], half)
    } else if unit < 1.0 - half {
        // 0.2 of 0.8, and not its last digit but one.
        (DRAWN[1], ((1.0 - explore) * 1e12).round() / 1e12)
    } else {
        (DRAWN[2], half)
    };
    DrawnSize { multiplier, propensity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LEAST_PROPENSITY;

    #[test]
    fn every_process_draws_the_same_and_shares_are_kept() {
        let mut counts = [0u32; 3];
        for n in 0..10_000 {
            let drawn = drawn_size(&format!("s{n}"), 0.2);
            let at = DRAWN.iter().position(|m| *m == drawn.multiplier).unwrap();
            assert_eq!(drawn.propensity, [0.1, 0.8, 0.1][at]);
            counts[at] += 1;
        }
        // Three standard errors of 10 % of 10,000 are 90.
        assert!(counts[0].abs_diff(1_000) <= 90 && counts[2].abs_diff(1_000) <= 90, "{counts:?}");
        assert_eq!(drawn_size("s1", 0.0), DrawnSize { multiplier: 1.0, propensity: 1.0 });
        let golden: Vec<f64> = (0..12).map(|n| drawn_size(&format!("g{n}"), 0.5).multiplier).collect();
        assert_eq!(golden, GOLDEN);
    }

    /// The least share that the settings take draws sizes that a record may carry.
    #[test]
    fn the_least_share_has_a_chance_that_is_read_back() {
        let half = 0.5 * (2.0 * LEAST_PROPENSITY);
        assert!((0..1_000).all(|n| drawn_size(&format!("s{n}"), 2.0 * LEAST_PROPENSITY).propensity >= half));
        assert_eq!(half, LEAST_PROPENSITY);
    }

    /// What the ids g0 to g11 draw at a share of one half: recorded trades rest on it.
    const GOLDEN: [f64; 12] = [1.25, 1.0, 1.25, 1.25, 1.0, 0.8, 1.25, 1.25, 0.8, 1.25, 1.0, 1.0];
}
