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
