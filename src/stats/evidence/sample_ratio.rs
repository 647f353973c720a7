//! Do the arms have the shares that were drawn? A test of counts that may be looked at after every unit.

/// How closely the alternative lies around the planned shares: most sensitive to shares some 0.05 away.
const CONCENTRATION: f64 = 100.0;

/// The e-value of `counts` against the planned `shares`, which add up to 1 and are above 0: the ratio of their
/// probability under shares drawn from a Dirichlet distribution around the planned ones to that under the planned ones
/// (Lindon and Malek 2022, *Advances in Neural Information Processing Systems* 35). The chance that it ever reaches
/// 1/α while the shares are kept is at most α. 1 without counts.
pub fn sample_ratio_e(counts: &[u64], shares: &[f64]) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    let of_arm = |(count, share): (&u64, &f64)| {
        let (count, prior) = (*count as f64, CONCENTRATION * share);
        libm::lgamma(prior + count) - libm::lgamma(prior) - count * share.ln()
    };
    let arms: f64 = counts.iter().zip(shares).map(of_arm).sum();
    (libm::lgamma(CONCENTRATION) - libm::lgamma(CONCENTRATION + n) + arms).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert!((sample_ratio_e(&[0, 0], &[0.5, 0.5]) - 1.0).abs() < 1e-12);
        // One unit: E = 2·(50/100) = 1, whichever arm has it.
        assert!((sample_ratio_e(&[1, 0], &[0.5, 0.5]) - 1.0).abs() < 1e-9);
        // Two of one arm: 4·(50·51)/(100·101) = 1.0099.
        assert!((sample_ratio_e(&[2, 0], &[0.5, 0.5]) - 4.0 * 50.0 * 51.0 / 10_100.0).abs() < 1e-9);
        // The mean over everything that two units can do is 1.
        let mean = [[2, 0], [1, 1], [1, 1], [0, 2]].map(|counts| sample_ratio_e(&counts, &[0.5, 0.5]));
        assert!((mean.iter().sum::<f64>() / 4.0 - 1.0).abs() < 1e-9);
        assert!(sample_ratio_e(&[600, 400], &[0.5, 0.5]) > 1_000.0);
        assert!(sample_ratio_e(&[510, 490], &[0.5, 0.5]) < 1.0);
    }
}
