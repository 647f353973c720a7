//! The heat of the open book: what is lost if every stop is hit, and what that means together.

use std::collections::BTreeMap;

use crate::domain::Side;
use crate::stats::Symmetric;

/// An open position.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatPosition {
    /// What is held.
    pub symbol: String,
    /// In which direction.
    pub side: Side,
    /// Its sector; none where it is not known.
    pub sector: Option<String>,
    /// What is lost if its stop is hit, with the gap that is allowed for, in the account's currency.
    pub at_risk: f64,
    /// Whether it has a stop; else it is taken to be as far away as the knob says.
    pub has_stop: bool,
}

impl HeatPosition {
    /// Its heat, negative of a short position.
    pub fn signed(&self) -> f64 {
        self.side.sign() * self.at_risk
    }
}

/// The limits, as fractions of the equity, and what a stop may slip by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatLimits {
    /// Of all stops together.
    pub gross_frac: f64,
    /// Of the heat with its correlations.
    pub correlated_frac: f64,
    /// Of a sector with its correlations.
    pub sector_frac: f64,
    /// Of the expected shortfall of a session.
    pub shortfall_frac: f64,
    /// By how much more than the distance of a stop is lost.
    pub gap_frac: f64,
}

impl Default for HeatLimits {
    fn default() -> Self {
        Self {
            gross_frac: 0.02,
            correlated_frac: 0.01,
            sector_frac: 0.0075,
            shortfall_frac: 0.01,
            gap_frac: 0.1,
        }
    }
}

/// What the book risks, in the account's currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// What is lost where every stop is hit.
    pub gross: f64,
    /// Long ones less short ones.
    pub net: f64,
    /// What is at risk with the correlations `C` of the symbols: `√(hᵀCh)`, at most the gross heat.
    pub correlated: f64,
    /// How many independent bets of equal size it is: `H² / (hᵀCh)`; none of an empty book, or of one that hedges itself
    /// away.
    pub effective_bets: Option<f64>,
    /// By sector: gross, and with correlations.
    pub sectors: BTreeMap<String, (f64, f64)>,
}

/// The heat of positions between which prices correlate like `between`.
pub fn heat(positions: &[HeatPosition], between: &Symmetric) -> Heat {
    let signed: Vec<f64> = positions.iter().map(HeatPosition::signed).collect();
    // A sum of nothing is −0, which nobody has at risk.
    let gross = positions.iter().map(|position| position.at_risk).sum::<f64>() + 0.0;
    let square = between.quadratic(&signed).max(0.0) + 0.0;
    let mut sectors = BTreeMap::new();
    for sector in positions.iter().filter_map(|position| position.sector.as_ref()) {
        sectors.entry(sector.clone()).or_insert_with(|| {
            let own = of_sector(positions, sector);
            (own.iter().map(|heat| heat.abs()).sum(), between.quadratic(&own).max(0.0).sqrt())
        });
    }
    Heat {
        gross,
        net: signed.iter().sum::<f64>() + 0.0,
        correlated: square.sqrt(),
        effective_bets: Some(gross * gross / square)
            .filter(|bets| bets.is_finite() && square > 1e-12 * gross * gross),
        sectors,
    }
}

/// The heat of the positions of a sector, zero for the others.
pub(super) fn of_sector(positions: &[HeatPosition], sector: &str) -> Vec<f64> {
    let own = |position: &HeatPosition| position.sector.as_deref() == Some(sector);
    positions.iter().map(|position| if own(position) { position.signed() } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(count: usize) -> Vec<HeatPosition> {
        let position = |n: usize| HeatPosition {
            symbol: format!("S{n}"),
            side: Side::Long,
            sector: None,
            at_risk: 20.0,
            has_stop: true,
        };
        (0..count).map(position).collect()
    }

    #[test]
    fn heat_and_bets_are_those_of_the_hand_calculation() {
        // Three positions of 1,000 with a stop 2 % away on 10,000: .60 %.
        let alone = Symmetric::from_fn(3, |row, column| f64::from(u8::from(row == column)));
        let three = heat(&positions(3), &alone);
        assert!((three.gross / 10_000.0 - 0.006).abs() < 1e-15);
        assert!((three.effective_bets.unwrap() - 3.0).abs() < 1e-12);
        // k equal positions are k / (1 + (k − 1)·ρ) bets.
        for (rho, bets) in [(0.1, 4.0), (0.3, 2.4), (0.5, 12.0 / 7.0)] {
            let equal = Symmetric::from_fn(6, |row, column| if row == column { 1.0 } else { rho });
            assert!((heat(&positions(6), &equal).effective_bets.unwrap() - bets).abs() < 1e-9);
        }
        // Deviations of 1 % and 2 %, correlation .5, weights ⅔ and ⅓: 1.1547 %, each half of it.
        let pair = Symmetric::from_fn(2, |row, column| if row == column { 1.0 } else { 0.5 });
        let risks = [0.01 * 2.0 / 3.0, 0.02 / 3.0];
        assert!((pair.quadratic(&risks).sqrt() - 0.011_547).abs() < 1e-6);
        let shares: Vec<f64> = pair.times(&risks).iter().zip(risks).map(|(a, b)| a * b).collect();
        assert!((shares[0] - shares[1]).abs() < 1e-18);
        // A short position against a long one in the same symbol.
        let mut hedged = positions(2);
        (hedged[1].symbol, hedged[1].side) = ("S0".into(), Side::Short);
        let same = Symmetric::from_fn(2, |_, _| 1.0);
        let hedged = heat(&hedged, &same);
        assert_eq!(
            (hedged.gross, hedged.net, hedged.correlated, hedged.effective_bets),
            (40.0, 0.0, 0.0, None)
        );
    }
}
