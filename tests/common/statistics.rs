//! Chance for tests: draws, and rates that are held against many simulated histories.

use dtlearn::learn::Rng;

/// About normal, with variance one.
pub fn normal(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0
}

/// The most of `of` that a rate gives but once in a hundred.
pub fn at_most(of: u64, rate: f64) -> u64 {
    // From none upwards: the chance of each count, and what is left above it.
    let (mut chance, mut above) = ((1.0 - rate).powi(of as i32), 1.0);
    for count in 0..of {
        above -= chance;
        if above < 0.01 {
            return count;
        }
        chance *= (of - count) as f64 / (count + 1) as f64 * rate / (1.0 - rate);
    }
    of
}

/// Asserts that something which should happen at `rate`, or less often, does so over `of` histories.
pub fn assert_rarely(what: &str, of: u64, rate: f64, happens: impl Fn(u64) -> bool) {
    let count = (0..of).filter(|seed| happens(*seed)).count() as u64;
    let most = at_most(of, rate);
    assert!(count <= most, "{what}: {count} of {of}, at {rate} at most {most}");
}

#[test]
fn the_bound_is_that_of_a_table() {
    // P(X ≥ 19) is 0.0063 and P(X ≥ 18) 0.0125 for 200 draws at one in twenty.
    assert_eq!(at_most(200, 0.05), 18);
    // P(X ≥ 4) is 0.0012 and P(X ≥ 3) 0.0115 for 10 draws at one in twenty.
    assert_eq!(at_most(10, 0.05), 3);
    assert_eq!(at_most(5, 0.9999), 5);
}
