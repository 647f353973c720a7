//! Whether a trade gained or lost, and how good it was.

/// Whether a trade gained, lost or did neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// P&L above zero.
    Win,
    /// P&L below zero.
    Loss,
    /// P&L exactly zero, or within the break-even band.
    #[default]
    Scratch,
}

impl Outcome {
    /// The outcome of a net result.
    pub fn of(pnl: f64) -> Self {
        if pnl > 0.0 {
            Self::Win
        } else if pnl < 0.0 {
            Self::Loss
        } else {
            Self::Scratch
        }
    }

    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Win => "WIN",
            Self::Loss => "LOSS",
            Self::Scratch => "SCRATCH",
        }
    }
}

/// How good a trade was, by its net result as a fraction of the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// 3 % or more.
    Great,
    /// 1 % or more.
    Good,
    /// −1 % or more.
    Mediocre,
    /// Below −1 %.
    Bad,
}

impl Quality {
    /// The quality of a net result.
    pub fn of(pnl_frac: f64) -> Self {
        if pnl_frac >= 0.03 {
            Self::Great
        } else if pnl_frac >= 0.01 {
            Self::Good
        } else if pnl_frac >= -0.01 {
            Self::Mediocre
        } else {
            Self::Bad
        }
    }

    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Great => "great",
            Self::Good => "good",
            Self::Mediocre => "mediocre",
            Self::Bad => "bad",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_begins_where_it_should() {
        for (result, word) in
            [(0.03, "great"), (0.0299, "good"), (0.01, "good"), (-0.01, "mediocre"), (-0.0101, "bad")]
        {
            assert_eq!(Quality::of(result).as_str(), word);
        }
    }
}
