//! Sizes that are only looked at: has what they would have brought beyond one size shown itself?

use crate::stats::evidence::{ENOUGH, SymmetricTest};

/// The first sessions, of which only the scale of the test is taken.
const FOR_SCALE: usize = 21;

/// The judge of one number a session, whose scale is that of the first sessions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ShadowTest {
    first: Vec<f64>,
    scale: Option<f64>,
    test: Option<SymmetricTest>,
}

impl ShadowTest {
    /// Adds what a session would have brought.
    pub(super) fn push(&mut self, beyond: f64) {
        if let Some(test) = &mut self.test {
            test.push(beyond);
            return;
        }
        self.first.push(beyond);
        if self.first.len() == FOR_SCALE {
            let squares: f64 = self.first.iter().map(|d| d * d).sum();
            self.scale = Some((squares / FOR_SCALE as f64).sqrt());
            // Where nothing was at stake in any of them, others are waited for.
            self.test = self.of_scale();
            self.first.clear();
        }
    }

    /// A test of the same scale, with no session in it yet; none before there is a scale.
    pub(super) fn of_scale(&self) -> Option<SymmetricTest> {
        self.scale.and_then(SymmetricTest::new)
    }

    /// Forgets the sessions, and keeps the scale.
    pub(super) fn begin_again(&mut self) {
        self.test = self.of_scale();
    }

    /// The sessions that are judged.
    pub(super) fn test(&self) -> Option<&SymmetricTest> {
        self.test.as_ref()
    }

    /// The evidence that the sizes make a difference; 1 before any.
    pub(super) fn e(&self) -> f64 {
        self.test.map_or(1.0, |test| test.e())
    }

    /// Whether they have shown that they pay.
    pub(super) fn pays(&self) -> bool {
        self.e() >= ENOUGH && self.test.is_some_and(|test| test.mean().is_some_and(|mean| mean > 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_to_lose_does_not_pay() {
        let after = |sessions: usize, beyond: f64| {
            let mut shadow = ShadowTest::default();
            (0..sessions).for_each(|_| shadow.push(beyond));
            (shadow.test().map(SymmetricTest::sessions), shadow.e() >= ENOUGH, shadow.pays())
        };
        // Of the first 21 only the scale is taken.
        assert_eq!((after(20, 1.0), after(21, 1.0)), ((None, false, false), (Some(0), false, false)));
        assert_eq!((after(31, 1.0), after(81, 1.0)), ((Some(10), false, false), (Some(60), true, true)));
        assert_eq!(after(81, -1.0), (Some(60), true, false));
        assert_eq!(after(99, 0.0), (None, false, false), "nothing was at stake");
    }
}
