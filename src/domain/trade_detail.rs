//! A closed trade with what it risked, how far it ran and what it cost.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Outcome, Side, Timestamp, says_stop, says_target};

/// The loss at the stop as a fraction of the position: what was risked at entry. Of an inverse contract, whose result
/// is 1/entry − 1/exit, it is |1 − entry/stop|. None for a stop that is no price or not on the losing side of the
/// entry: one that was trailed into profit says nothing of what was risked.
pub fn risk_frac(side: Side, entry: f64, stop: f64, inverse: bool) -> Option<f64> {
    let risk = side.sign() * if inverse { entry / stop - 1.0 } else { (entry - stop) / entry.abs() };
    (risk > 0.0 && risk.is_finite()).then_some(risk)
}

/// A closed trade as the views of risk, execution and behaviour look at it. Fractions are of the position.
#[derive(Clone, Debug, PartialEq)]
pub struct TradeDetail {
    /// The desk whose it is, where several are read together.
    pub desk: Option<Arc<str>>,
    /// What was traded.
    pub symbol: SmolStr,
    /// Setup, or [`UNKNOWN`](super::UNKNOWN).
    pub setup: SmolStr,
    /// Sector, or [`UNKNOWN`](super::UNKNOWN).
    pub sector: SmolStr,
    /// Why it was closed, or [`UNKNOWN`](super::UNKNOWN).
    pub exit_reason: SmolStr,
    /// Direction of the position.
    pub side: Side,
    /// When it was entered.
    pub entry_time: Option<Timestamp>,
    /// When it was closed.
    pub exit_time: Timestamp,
    /// The account's trading date of the exit, as days since the common era began.
    pub session: i32,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// What that counts as: see [`Market::outcome`](super::Market::outcome).
    pub outcome: Outcome,
    /// The position at entry in the account's currency.
    pub position: Option<f64>,
    /// Fees less rebates and funding in the account's currency; none where the record has no fees.
    pub costs: Option<f64>,
    /// Average price of the entry, in the currency of the record.
    pub entry_price: Option<f64>,
    /// Average price of the exit, in the currency of the record.
    pub exit_price: Option<f64>,
    /// The price at which the signal was given.
    pub signal_price: Option<f64>,
    /// The stop at entry: the signal's, else the trade's.
    pub stop_price: Option<f64>,
    /// The target at entry: the signal's, else the trade's.
    pub target_price: Option<f64>,
    /// What the engine says of stop and target.
    pub flags: (Option<bool>, Option<bool>),
    /// Best excursion, a fraction of the position, 0 or above.
    pub mfe_frac: Option<f64>,
    /// Worst excursion, a fraction of the position, 0 or below.
    pub mae_frac: Option<f64>,
    /// Whether the contract is inverse: quoted in one currency, settled in the other.
    pub inverse: bool,
    /// The signal behind it.
    pub signal_id: Option<SmolStr>,
    /// The position that it closed, or a part of it.
    pub position_id: SmolStr,
    /// Which exit of that position it is, from 1 on.
    pub leg: u32,
}

impl TradeDetail {
    /// Result before costs in the account's currency; none where costs are not on record.
    pub fn gross(&self) -> Option<f64> {
        self.costs.map(|costs| self.pnl + costs)
    }

    /// Result before costs as a fraction of the position; without costs on record the net result.
    pub fn gross_frac(&self) -> f64 {
        let costs = self.costs.zip(self.position).filter(|(_, position)| *position > 0.0);
        self.pnl_frac + costs.map_or(0.0, |(costs, position)| costs / position)
    }

    /// The loss at the stop as a fraction of the position: [`risk_frac`].
    pub fn risk_frac(&self) -> Option<f64> {
        risk_frac(self.side, self.entry_price?, self.stop_price?, self.inverse)
    }

    /// R: net result over the risk at entry (Tharp 2006, *Trade Your Way to Financial Freedom*, 2nd edition, chapter
    /// 7).
    pub fn r(&self) -> Option<f64> {
        Some(self.pnl_frac / self.risk_frac()?)
    }

    /// MAE and MFE, where both are on record and possible.
    pub fn excursions(&self) -> Option<(f64, f64)> {
        self.mae_frac.zip(self.mfe_frac).filter(|(mae, mfe)| *mae <= 0.0 && *mfe >= 0.0)
    }

    /// What the entry cost against the signal's price, a fraction of it: above 0 where the fill was worse.
    pub fn entry_slippage(&self) -> Option<f64> {
        let (signal, fill) = (self.signal_price?, self.entry_price?);
        (signal > 0.0).then(|| self.side.sign() * (fill - signal) / signal)
    }

    /// What the exit cost against the level that closed it, a fraction of it: above 0 where the fill was worse. None
    /// where neither stop nor target closed it.
    pub fn exit_slippage(&self) -> Option<(f64, bool)> {
        let fill = self.exit_price?;
        let (level, at_stop) = if says_stop(self.flags.0, &self.exit_reason) {
            (self.stop_price?, true)
        } else if says_target(self.flags.1, &self.exit_reason) {
            (self.target_price?, false)
        } else {
            return None;
        };
        (level > 0.0).then(|| (self.side.sign() * (level - fill) / level, at_stop))
    }
}

#[cfg(test)]
impl TradeDetail {
    /// A closed position of 1,000 of which no more is known than its result.
    pub(crate) fn of_result(exit_time: Timestamp, pnl_frac: f64) -> Self {
        use chrono::Datelike;
        let unknown: SmolStr = super::UNKNOWN.into();
        Self {
            desk: None,
            symbol: "A".into(),
            setup: unknown.clone(),
            sector: unknown.clone(),
            exit_reason: unknown,
            side: Side::Long,
            entry_time: None,
            exit_time,
            session: super::Market::default().trading_date(exit_time).num_days_from_ce(),
            pnl: pnl_frac * 1000.0,
            pnl_frac,
            outcome: Outcome::of(pnl_frac),
            position: Some(1000.0),
            costs: None,
            entry_price: None,
            exit_price: None,
            signal_price: None,
            stop_price: None,
            target_price: None,
            flags: (None, None),
            mfe_frac: None,
            mae_frac: None,
            inverse: false,
            signal_id: None,
            position_id: "t1".into(),
            leg: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_in_profit_risks_nothing_that_is_known() {
        assert_eq!(risk_frac(Side::Long, 100.0, 98.0, false), Some(0.02));
        assert_eq!(risk_frac(Side::Short, 100.0, 102.0, false), Some(0.02));
        assert_eq!(risk_frac(Side::Long, 100.0, 101.0, false), None);
        assert_eq!(risk_frac(Side::Short, 100.0, 100.0, false), None);
        assert_eq!(risk_frac(Side::Long, 100.0, 0.0, true), None);
        // 1/100 − 1/80 over 1/100 is −0.25.
        assert_eq!(risk_frac(Side::Long, 100.0, 80.0, true), Some(0.25));
    }
}
