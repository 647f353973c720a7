//! Whether a stored line says of its result what its own prices say.

use super::stored::{Derived, StoredOutcome};

impl StoredOutcome<'_> {
    /// What contradicts itself in the line: its result and its prices, its result and its fraction. A result that
    /// is known to differ from the prices is none.
    pub fn contradiction(&self) -> Option<String> {
        let Derived { side: Some(side), pnl, pnl_frac, .. } = self.derived else { return None };
        let (computed, position) = self.derived_result(side).filter(|(_, position)| *position > 0.0)?;
        let near = |one: f64, other: f64, scale: f64| (one - other).abs() <= 1e-5 * scale;
        if self.pnl_disputed == Some(true) {
            return (pnl * pnl_frac < 0.0).then(|| format!("pnl is {pnl} and pnl_pct is {pnl_frac}"));
        }
        if near(pnl_frac, 100.0 * pnl / position, 100.0) && !near(pnl_frac, pnl / position, 1.0) {
            return Some(format!(
                "pnl_pct is {pnl_frac}, a percentage: as a fraction it is {}",
                pnl / position
            ));
        }
        if !near(pnl_frac, pnl / position, 1.0) {
            return Some(format!("pnl is {pnl} and pnl_pct {pnl_frac}, of a position of {position}"));
        }
        if near(pnl, -computed, position) && !near(pnl, computed, position) {
            return Some(format!("pnl is {pnl}, prices give {computed}: the side is the other one"));
        }
        (!near(pnl, computed, position))
            .then(|| format!("pnl is {pnl}, prices, quantity and costs give {computed}"))
    }
}
