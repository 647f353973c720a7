//! A set of the checks that refuse a signal.

use crate::domain::RiskCheck;

/// A check's bit among [`RiskChecks`].
const fn bit(check: RiskCheck) -> u16 {
    1 << check as u8
}

/// A set of gates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RiskChecks(u16);

impl RiskChecks {
    pub(super) fn add(&mut self, gate: RiskCheck) {
        self.0 |= bit(gate);
    }

    pub(super) fn only(gate: RiskCheck) -> Self {
        Self(bit(gate))
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The one that is asked first.
    pub(super) fn first(self) -> Option<RiskCheck> {
        RiskCheck::ASKED.into_iter().find(|gate| self.0 & bit(*gate) != 0)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = RiskCheck> {
        RiskCheck::ASKED.into_iter().filter(move |gate| self.0 & bit(*gate) != 0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}
