//! Sums that do not depend on the order of their terms.

use serde::{Deserialize, Serialize};

use super::Undefined;

/// Terms are kept to multiples of 2⁻⁸⁰, about 8·10⁻²⁵.
const SCALE_BITS: i32 = 80;

/// A sum of numbers as one wide integer: each term is rounded once, to 2⁻⁸⁰, and then added without any
/// error, so that any order and any partition give the same bits. Holds sums up to 1.4·10¹⁴.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExactSum {
    scaled: i128,
    overflowed: bool,
}

impl ExactSum {
    /// Adds a term, to the nearest 2⁻⁸⁰; one that is not finite, or beyond 1.4·10¹⁴, makes the sum overflow.
    pub fn add(&mut self, term: f64) {
        self.add_scaled(scaled(term));
    }

    /// Adds another sum exactly, in whatever order.
    pub fn merge(&mut self, other: Self) {
        self.overflowed |= other.overflowed;
        self.add_scaled(Some(other.scaled));
    }

    fn add_scaled(&mut self, term: Option<i128>) {
        match term.and_then(|term| self.scaled.checked_add(term)) {
            Some(sum) => self.scaled = sum,
            None => self.overflowed = true,
        }
    }

    /// The sum, rounded once.
    ///
    /// # Errors
    /// [`Undefined::Overflow`] beyond 1.4·10¹⁴.
    pub fn value(self) -> Result<f64, Undefined> {
        if self.overflowed {
            return Err(Undefined::Overflow);
        }
        Ok(self.scaled as f64 * (-f64::from(SCALE_BITS)).exp2())
    }

    /// Whether the sum is less than another, exactly.
    pub fn is_below(self, other: Self) -> bool {
        self.scaled < other.scaled
    }

    /// This sum less another, exactly.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        match self.scaled.checked_sub(other.scaled) {
            Some(scaled) => Self { scaled, overflowed: self.overflowed || other.overflowed },
            None => Self { scaled: 0, overflowed: true },
        }
    }

    /// The sum of one term, as by [`add`](Self::add).
    pub fn of(term: f64) -> Self {
        let mut sum = Self::default();
        sum.add(term);
        sum
    }
}

/// The term as a multiple of 2⁻⁸⁰.
fn scaled(term: f64) -> Option<i128> {
    let scaled = term * f64::from(SCALE_BITS).exp2();
    // 2^127 is the first magnitude that does not fit. Not for what is no number either.
    if scaled.abs() < 1.7e38 { Some(rounded(scaled)) } else { None }
}

/// The nearest whole number, of two the even one. Nearly always the number is whole already and its bits have
/// but to be shifted, which costs less than rounding and converting any number.
fn rounded(number: f64) -> i128 {
    let bits = number.to_bits();
    let shift = (bits >> 52 & 0x7ff) as i32 - 1_075;
    if !(0..=74).contains(&shift) {
        return number.round_ties_even() as i128;
    }
    let size = i128::from(bits & ((1 << 52) - 1) | 1 << 52) << shift;
    if number < 0.0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_and_partition_do_not_matter(terms in proptest::collection::vec(-1e9f64..1e9, 0..60), cut in 0usize..60) {
            let sum = |terms: &[f64]| {
                let mut sum = ExactSum::default();
                for term in terms {
                    sum.add(*term);
                }
                sum
            };
            let mut sorted = terms.clone();
            sorted.sort_by(f64::total_cmp);
            let cut = cut.min(terms.len());
            let mut parts = sum(&terms[cut..]);
            parts.merge(sum(&terms[..cut]));
            prop_assert_eq!(sum(&terms), sum(&sorted));
            prop_assert_eq!(sum(&terms), parts);
        }

        #[test]
        fn shifts_as_it_rounds(number in proptest::num::f64::NORMAL) {
            let number = if number.abs() < 1.7e38 { number } else { number % 1.7e38 };
            prop_assert_eq!(rounded(number), number.round_ties_even() as i128);
            let whole = number.signum() * (2.0 + number.abs().sqrt() * 1e8 % 1.6e38);
            prop_assert_eq!(rounded(whole), whole.round_ties_even() as i128);
        }

        #[test]
        fn a_single_term_comes_back(term in -1e12f64..1e12) {
            prop_assert!((ExactSum::of(term).value().unwrap() - term).abs() <= 1e-24);
        }
    }

    #[test]
    fn ten_cents_ten_times_are_a_dollar() {
        let mut sum = ExactSum::default();
        (0..10).for_each(|_| sum.add(0.1));
        assert_eq!(sum.value(), Ok(1.0));
    }

    #[test]
    fn too_much_is_said_not_wrapped() {
        let mut sum = ExactSum::of(1e14);
        (0..10).for_each(|_| sum.add(1e14));
        assert_eq!(sum.value(), Err(Undefined::Overflow));
    }
}
