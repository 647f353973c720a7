//! What a trade brought: from prices, quantity and costs, or as the account says it.

use super::{ContractTerms, Refusal, Side};

/// The largest result of one trade that is believed, in the account's currency.
pub const MAX_ABS_PNL: f64 = 1e12;

/// The largest result of one trade that is believed, as a fraction of the position.
pub const MAX_ABS_PNL_FRAC: f64 = 1e6;

/// A result as the input states it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatedResult {
    /// Net result, in the currency of the record.
    pub pnl: f64,
    /// Half a unit of its last digit: by so much it may have been rounded.
    pub half_unit: f64,
    /// Of a record of this program, its fraction of the position: the result is then the account's, to the last digit.
    pub kept_frac: Option<f64>,
}

/// A price: finite, and not below zero unless the instrument allows it. Zero is one: an option expires there.
pub(super) fn price(field: &'static str, value: f64, terms: &ContractTerms) -> Result<f64, Refusal> {
    if !value.is_finite() {
        return Err(Refusal::NotFinite { field });
    }
    if value < 0.0 && !terms.negative_prices {
        return Err(Refusal::NegativePrice { field, value });
    }
    // A negative zero would be written as one.
    Ok(value + 0.0)
}

/// A result below this part of the position is none: it is the rounding of floats.
const ZERO_FRAC: f64 = 0.5e-9;

/// A stated result may differ from the derived one by this part of the position before it is disputed.
const ROUNDING_FRAC: f64 = 1e-6;

/// What a trade brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct NetResult {
    /// In the account's currency.
    pub(super) pnl: f64,
    /// As a fraction of the position.
    pub(super) frac: f64,
    /// What was derived, where the stated result took its place.
    pub(super) computed: Option<f64>,
}

/// Position and result before costs of so many units (quantity times contract size), in the currency of the prices:
/// `|entry| · units` and `sign · (exit − entry) · units`; of an inverse contract, whose units are of the quote currency,
/// `units / |entry|` and `sign · units · (1/entry − 1/exit)`.
pub fn position_and_gross(side: Side, (entry, exit): (f64, f64), units: f64, is_inverse: bool) -> (f64, f64) {
    if is_inverse {
        (units / entry.abs(), side.sign() * units * (1.0 / entry - 1.0 / exit))
    } else {
        (entry.abs() * units, side.sign() * (exit - entry) * units)
    }
}

/// Fees less rebates less funding received; what is absent is 0.
pub fn costs(fees: Option<f64>, rebate: Option<f64>, funding: Option<f64>) -> f64 {
    fees.unwrap_or(0.0) - rebate.unwrap_or(0.0) - funding.unwrap_or(0.0)
}

/// What a result is made of.
pub(super) struct ResultParts<'a> {
    pub side: Side,
    pub entry: f64,
    pub exit: f64,
    pub qty: f64,
    /// Fees less rebates less funding received.
    pub costs: f64,
    pub terms: &'a ContractTerms,
    pub fx_rate: Option<f64>,
    pub stated: Option<StatedResult>,
}

impl NetResult {
    pub(super) fn of(parts: &ResultParts<'_>) -> Result<Self, Refusal> {
        let ResultParts { side, entry, exit, costs, .. } = *parts;
        let units = parts.qty * parts.terms.multiplier.unwrap_or(1.0);
        let (position, gross) = position_and_gross(side, (entry, exit), units, parts.terms.inverse);
        // Against an infinite position every result would be none.
        if !position.is_finite() {
            return Err(Refusal::NotFinite { field: "entry_price * qty" });
        }
        let computed = gross - costs;
        let rate = parts.fx_rate.unwrap_or(1.0);
        let rounding = |half_unit: f64| half_unit.max(ROUNDING_FRAC * position);
        let kept = parts.stated.and_then(|stated| Some((stated.pnl, stated.kept_frac?)));
        let stated = match kept {
            Some((pnl, _)) => {
                parts.stated.map(|stated| StatedResult { pnl: pnl / rate, half_unit: 0.0, ..stated })
            }
            None => parts.stated,
        };
        let disputed = stated.filter(|stated| (stated.pnl - computed).abs() > rounding(stated.half_unit));
        let mut pnl = disputed.map_or(computed, |stated| stated.pnl);
        if pnl.abs() <= ZERO_FRAC * position {
            pnl = 0.0;
        }
        // The fraction of the position rests on its size: a contract size that nobody said is told by the result.
        let factor = disputed.map_or(1.0, |stated| {
            contract_size(stated.pnl + costs, gross, rounding(stated.half_unit)).unwrap_or(1.0)
        });
        let (frac, pnl) = match kept {
            // What was worked out once is not rounded again.
            Some((pnl, frac)) if is_of_position(pnl / rate, frac * position) => (frac, pnl),
            Some((kept, _)) => (pnl / (position * factor), kept),
            None => (pnl / (position * factor), pnl * rate),
        };
        // Written so that NaN is refused as well.
        if !(pnl.abs() <= MAX_ABS_PNL && frac.abs() <= MAX_ABS_PNL_FRAC) {
            return Err(Refusal::Implausible { pnl, frac });
        }
        Ok(Self { pnl, frac, computed: disputed.map(|_| computed * rate) })
    }
}

/// Whether a result is a fraction's, given what that makes of the position: a contract size may lie between them.
fn is_of_position(pnl: f64, of_frac: f64) -> bool {
    (pnl - of_frac).abs() <= 1e-9 * pnl.abs() || contract_size(pnl, of_frac, 0.0).is_some()
}

/// The contract size that a stated result tells of, where it is that many times the result of the prices: sizes
/// are one of a few figures with zeros.
pub fn contract_size(stated_gross: f64, gross: f64, rounding: f64) -> Option<f64> {
    let factor = stated_gross / gross;
    if !(factor.is_finite() && factor > 1.5 && gross.abs() > rounding) {
        return None;
    }
    let scale = 10f64.powf(factor.log10().floor());
    let sizes = [1.0, 1.25, 2.0, 2.5, 4.0, 5.0, 10.0].map(|figure| figure * scale);
    let fits = |size: &&f64| (stated_gross - gross * **size).abs() <= rounding.max(1e-6 * stated_gross.abs());
    sizes.iter().find(fits).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trade::tests::closed;
    use crate::domain::{Side, Trade};

    #[test]
    fn a_position_beyond_all_numbers_is_no_scratch() {
        for (entry, exit, qty) in [(3.0, 5.0, 1e308), (1e200, 1e200, 1e200), (3.0, 3.0, f64::MAX)] {
            let refused = Trade::new(closed(Side::Long, entry, exit, qty, 0.0));
            assert!(refused.is_err(), "{entry} to {exit}, {qty} units");
        }
    }

    #[test]
    fn a_result_that_broke_even_is_a_scratch() {
        for (entry, exit, qty, fees) in [
            (100.1, 100.4, 1.0, 0.3),
            (10.1, 10.2, 10.0, 1.0),
            (33.3, 33.6, 3.0, 0.9),
            (19.99, 20.0, 200.0, 2.0),
        ] {
            let trade = Trade::new(closed(Side::Long, entry, exit, qty, fees)).unwrap();
            assert_eq!((trade.pnl(), trade.pnl_frac()), (0.0, 0.0), "{entry} {exit}");
        }
        // A thousandth of a basis point is a result.
        assert!(Trade::new(closed(Side::Long, 100.0, 100.000_01, 1.0, 0.0)).unwrap().pnl() > 0.0);
    }

    #[test]
    fn a_stated_result_is_believed_and_the_derived_one_kept() {
        let with = |pnl: f64, half_unit: f64, multiplier: Option<f64>| {
            let mut trade = closed(Side::Long, 6000.0, 6002.5, 2.0, 4.2);
            trade.stated = Some(StatedResult { pnl, half_unit, kept_frac: None });
            trade.terms.multiplier = multiplier;
            Trade::new(trade).unwrap()
        };
        let unset = with(245.8, 0.05, None);
        assert_eq!(unset.pnl(), 245.8);
        assert!((unset.pnl_computed().unwrap() - 0.8).abs() < 1e-9);
        assert!((unset.pnl_frac() - 245.8 / 600_000.0).abs() < 1e-12, "the fraction knows the multiplier");
        let set = with(245.8, 0.05, Some(50.0));
        assert_eq!(set.pnl_computed(), None);
        assert!((set.pnl() - 245.8).abs() < 1e-9);
        // A rounding is not a dispute, another cost is.
        assert_eq!(with(246.0, 0.5, Some(50.0)).pnl_computed(), None);
        assert_eq!(with(240.0, 0.5, Some(50.0)).pnl(), 240.0);
    }

    #[test]
    fn inverse_contracts_other_currencies_and_expired_options() {
        let mut inverse = closed(Side::Long, 46_791.0, 46_671.0, 10_000.0, 0.000_320_99);
        inverse.terms.inverse = true;
        let inverse = Trade::new(inverse).unwrap();
        assert!((inverse.pnl() + 0.000_870_5).abs() < 5e-8, "{}", inverse.pnl());
        let mut yen = closed(Side::Long, 91.726, 92.061, 100_000.0, 367.0);
        yen.fx_rate = Some(0.011);
        assert!((Trade::new(yen).unwrap().pnl() - 33_133.0 * 0.011).abs() < 1e-6);
        let mut expired = closed(Side::Long, 1.25, 0.0, 2.0, 1.0);
        expired.terms.multiplier = Some(100.0);
        assert!((Trade::new(expired).unwrap().pnl() + 251.0).abs() < 1e-9);
        let mut spread = closed(Side::Short, -2.0, -3.0, 1.0, 0.0);
        spread.terms.negative_prices = true;
        assert_eq!(Trade::new(spread).unwrap().pnl(), 1.0);
        let mut funded = closed(Side::Long, 100.0, 101.0, 10.0, 1.0);
        (funded.funding, funded.rebate) = (Some(-3.0), Some(0.5));
        assert_eq!(Trade::new(funded).unwrap().pnl(), 6.5);
    }
}
