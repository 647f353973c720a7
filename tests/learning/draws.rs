//! Random draws from a fixed seed, and rates with the limit that is held against them.

use std::io::Write;

/// `SplitMix64` (Steele, Lea and Flood 2014).
pub(crate) struct Draws(u64);

impl Draws {
    /// The draws of one scenario.
    pub(crate) fn new(scenario: u64) -> Self {
        let mut draws = Self(scenario.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x5eed);
        draws.bits();
        draws
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 up to, not including, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// True with this chance.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }
}

/// The chance behind log-odds.
pub(crate) fn chance(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// How often something happened in how many scenarios.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) hits: usize,
    pub(crate) of: usize,
}

impl Rate {
    /// Counts the scenarios in which `happens`, and prints the rate under a name.
    pub(crate) fn of(name: &str, scenarios: usize, mut happens: impl FnMut(u64) -> bool) -> Self {
        let hits = (0..scenarios as u64).filter(|scenario| happens(*scenario)).count();
        let rate = Self { hits, of: scenarios };
        say(&format!("{name}: {:.1} % ({hits} of {scenarios})", 100.0 * rate.share()));
        rate
    }

    pub(crate) fn share(self) -> f64 {
        self.hits as f64 / self.of as f64
    }

    /// Whether it is at most `limit`, give or take twice the error of that many scenarios.
    pub(crate) fn is_at_most(self, limit: f64) -> bool {
        self.share() <= limit + 2.0 * (limit * (1.0 - limit) / self.of as f64).sqrt()
    }
}

/// Prints a line past the capture of the test harness.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "[rate] {line}");
}

/// The middle of some numbers; of an even number the upper one.
pub(crate) fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
