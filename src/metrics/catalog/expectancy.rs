//! What a trade brings on average.

use crate::stats::{ExactSum, Undefined};

/// Returns the mean of `count` results whose sum is `sum`, in the unit of the sum.
///
/// # Errors
/// `none` when there are no results, [`Undefined::Overflow`].
pub(in crate::metrics) fn mean(sum: ExactSum, count: u64, none: Undefined) -> Result<f64, Undefined> {
    if count == 0 { Err(none) } else { Ok(sum.value()? / count as f64) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_mean_lies_between_the_extremes(values in proptest::collection::vec(-1e6f64..1e6, 1..50)) {
            let mut sum = ExactSum::default();
            values.iter().for_each(|v| sum.add(*v));
            let mean = mean(sum, values.len() as u64, Undefined::NoTrades).unwrap();
            let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
            prop_assert!(low - 1e-9 <= mean && mean <= high + 1e-9);
        }
    }

    #[test]
    fn nothing_has_no_mean() {
        assert_eq!(mean(ExactSum::default(), 0, Undefined::NoWins), Err(Undefined::NoWins));
    }
}
