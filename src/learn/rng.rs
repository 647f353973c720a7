//! A small seeded generator, so that a fit depends on nothing but its input.

/// The seed of every bootstrap.
pub const BOOTSTRAP_SEED: u64 = 20_190_211;

/// Resamples of a bootstrap whose interval is shown.
pub const RESAMPLES: usize = 2000;

/// `SplitMix64` (Steele, Lea and Flood 2014): one 64-bit state, every seed is good.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator for a seed and the number of a stream: streams of one seed are unrelated.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut outer = Self(stream);
        let salt = outer.bits();
        let mut inner = Self(seed ^ salt);
        inner.bits();
        inner
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 up to, not including, `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The upper half of the product: its bias is below 2^-32 for any table that fits in memory.
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    /// `count` different numbers below `end`, ascending; all of them when `count` is not less than `end`.
    pub fn sample(&mut self, end: usize, count: usize) -> Vec<u32> {
        if count >= end {
            return (0..end as u32).collect();
        }
        // Selection sampling (Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S).
        let mut chosen = vec![0; count];
        let mut found = 0;
        for at in 0..end {
            // Written in any case and kept by the count: a jump that follows chance is foreseen wrongly.
            if let Some(place) = chosen.get_mut(found) {
                *place = at as u32;
            }
            found += usize::from(self.below(end - at) < count - found);
        }
        chosen
    }
}
