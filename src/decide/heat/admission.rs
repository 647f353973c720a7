//! How large the next trade may be: never more than it wants to be, and which limit says so.

use super::book::{HeatLimits, HeatPosition, of_sector};
use crate::stats::Symmetric;

/// A limit of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeatCap {
    /// What is lost where every stop is hit.
    Gross,
    /// What is at risk with correlations.
    Correlated,
    /// The sector of the trade.
    Sector,
    /// The expected shortfall of a session.
    Shortfall,
}

impl HeatCap {
    /// The word in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gross => "gross",
            Self::Correlated => "correlated",
            Self::Sector => "sector",
            Self::Shortfall => "shortfall",
        }
    }

    /// Its words in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gross => "gross-heat",
            Self::Correlated => "correlated-heat",
            Self::Sector => "sector-heat",
            Self::Shortfall => "shortfall",
        }
    }
}

/// How much of a trade has room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Admission {
    /// By what its size is multiplied, from 0 to 1.
    pub multiplier: f64,
    /// The limit that binds; none where all of it has room.
    pub cap: Option<HeatCap>,
}

/// The largest m in [0, 1] with `(h + m·e)ᵀ C (h + m·e) ≤ cap²`, where `e` is the heat of the new trade alone: with
/// a = e², b = e·(Ch), c = hᵀCh − cap² it is (−b + √(b² − ac))/a, and 0 where the book is above its limit already, unless
/// the trade lowers it: where no size of it brings the book below the limit, as much of it as lowers it most.
fn room(held: &[f64], between: &Symmetric, new: f64, cap: f64) -> f64 {
    let last = held.len() - 1;
    let product = between.times(held);
    let (a, b) = (new * new, new * product[last]);
    let c = product.iter().zip(held).map(|(x, y)| x * y).sum::<f64>() - cap * cap;
    if a == 0.0 {
        return 1.0;
    }
    let inside = b * b - a * c;
    if c > 0.0 && b >= 0.0 {
        return 0.0;
    }
    if inside < 0.0 {
        return (-b / a).clamp(0.0, 1.0);
    }
    // The same as (−b + √…)/a without a difference of nearly equal numbers.
    let root = inside.sqrt();
    let most = if b > 0.0 { -c / (b + root) } else { (root - b) / a };
    most.clamp(0.0, 1.0)
}

/// What of a trade has room beside the positions held; `between` are the correlations of those and, last, the trade.
/// `shortfall` is the room that the expected shortfall leaves, where it is known.
pub fn admit(
    held: &[HeatPosition],
    new: &HeatPosition,
    between: &Symmetric,
    limits: &HeatLimits,
    (equity, shortfall): (f64, Option<f64>),
) -> Admission {
    let mut all: Vec<HeatPosition> = held.to_vec();
    all.push(HeatPosition { at_risk: 0.0, ..new.clone() });
    let signed: Vec<f64> = all.iter().map(HeatPosition::signed).collect();
    let gross: f64 = all.iter().map(|position| position.at_risk).sum();
    let left = (limits.gross_frac * equity - gross).max(0.0);
    let of_gross = if new.at_risk > 0.0 { (left / new.at_risk).min(1.0) } else { 1.0 };
    let correlated = room(&signed, between, new.signed(), limits.correlated_frac * equity);
    let sector = new.sector.as_ref().map_or(1.0, |sector| {
        room(&of_sector(&all, sector), between, new.signed(), limits.sector_frac * equity)
    });
    let caps = [
        (of_gross, HeatCap::Gross),
        (correlated, HeatCap::Correlated),
        (sector, HeatCap::Sector),
        (shortfall.unwrap_or(1.0).clamp(0.0, 1.0), HeatCap::Shortfall),
    ];
    let binding = caps.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).filter(|cap| cap.0 < 1.0);
    Admission {
        multiplier: binding.map_or(1.0, |(multiplier, _)| multiplier),
        cap: binding.map(|(_, cap)| cap),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Side;

    fn position(n: usize, heat: f64) -> HeatPosition {
        let side = if heat < 0.0 { Side::Short } else { Side::Long };
        HeatPosition { symbol: format!("S{n}"), side, sector: None, at_risk: heat.abs(), has_stop: true }
    }

    proptest! {
        #[test]
        fn the_multiplier_is_that_of_a_grid(
            heats in proptest::collection::vec(-60.0f64..60.0, 1..6), new in -60.0f64..60.0, rho in 0.0f64..0.9,
        ) {
            // A trade that risks nothing has room in any book.
            prop_assume!(new.abs() > 0.01);
            let held: Vec<HeatPosition> = heats.iter().enumerate().map(|(n, heat)| position(n, *heat)).collect();
            let trade = position(99, new);
            let between =
                Symmetric::from_fn(heats.len() + 1, |row, column| if row == column { 1.0 } else { rho });
            let limits = HeatLimits { gross_frac: 1.0, sector_frac: 1.0, ..HeatLimits::default() };
            let found = admit(&held, &trade, &between, &limits, (10_000.0, None)).multiplier;
            let heat = |m: f64| {
                let all: Vec<f64> = heats.iter().copied().chain([m * new]).collect();
                between.quadratic(&all).max(0.0).sqrt()
            };
            let fits = |m: f64| heat(m) <= 100.0 + 1e-9;
            prop_assert!((0.0..=1.0).contains(&found));
            if found > 0.0 {
                // What lowers the heat is let in, however hot the book is.
                prop_assert!(fits(found - 1e-9) || heat(found) <= heat(0.0) + 1e-9);
            }
            // Nothing larger fits, for as long as the book with the trade fits at all.
            if (0..=1000).any(|step| fits(f64::from(step) / 1000.0)) && heat(0.0) <= 100.0 {
                prop_assert!(found >= 1.0 || !fits(found + 1e-6));
            }
            // A hedge never finds less room than no hedge would.
            if heat(1.0) <= heat(0.0) && heat(1.0) <= 100.0 {
                prop_assert!(found >= 1.0 - 1e-12, "{found}");
            }
        }
    }

    #[test]
    fn a_hedge_that_is_not_enough_is_let_in_as_far_as_it_lowers_the_heat() {
        // Two of 200, correlations of .5: above 100 whatever is sold of the third. (Ch)₃ = 200, so 200·60 against 60²: all of it.
        let held = [position(0, 200.0), position(1, 200.0)];
        let between = Symmetric::from_fn(3, |row, column| if row == column { 1.0 } else { 0.5 });
        let limits = HeatLimits { gross_frac: 1.0, ..HeatLimits::default() };
        let asked =
            |new: f64| admit(&held, &position(2, new), &between, &limits, (10_000.0, None)).multiplier;
        assert_eq!((asked(-60.0), asked(60.0)), (1.0, 0.0));
        // Of 400 half lowers it most.
        assert!((asked(-400.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_limit_that_binds_is_named() {
        let held = [position(0, 60.0), position(1, 60.0)];
        let between = Symmetric::from_fn(3, |row, column| if row == column { 1.0 } else { 0.3 });
        let limits = HeatLimits::default();
        let asked = |new: f64| admit(&held, &position(2, new), &between, &limits, (10_000.0, None));
        // hᵀCh = 9,360; a = 3,600, b = 2,160, c = −640: m = 480/3,600.
        let long = asked(60.0);
        assert_eq!(long.cap, Some(HeatCap::Correlated));
        assert!((long.multiplier - 480.0 / 3_600.0).abs() < 1e-12, "{long:?}");
        assert_eq!(asked(-60.0), Admission { multiplier: 1.0, cap: None });
        let limits = HeatLimits { gross_frac: 0.015, ..limits };
        let short = admit(&held, &position(2, -60.0), &between, &limits, (10_000.0, None));
        assert_eq!(short, Admission { multiplier: 0.5, cap: Some(HeatCap::Gross) });
    }
}
