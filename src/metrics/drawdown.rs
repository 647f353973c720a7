//! The largest fall of the account from a peak.

use serde::{Deserialize, Serialize};

use super::{ExactSum, Undefined};

/// The equity curve's worst fall so far, fed in exit order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Drawdown {
    running: ExactSum,
    peak: ExactSum,
    worst: ExactSum,
    /// The deepest fall since the peak; only a deeper one can be a larger share of it.
    deepest: ExactSum,
    worst_share: f64,
    capital: f64,
    ruined: bool,
}

impl Drawdown {
    /// Starts with `capital` in the account's currency; it counts as the first peak.
    pub(super) fn new(capital: f64) -> Self {
        let zero = ExactSum::default();
        let ruined = capital <= 0.0;
        Self { running: zero, peak: zero, worst: zero, deepest: zero, worst_share: 0.0, capital, ruined }
    }

    pub(super) fn push(&mut self, pnl: f64) {
        self.push_sum(ExactSum::of(pnl));
    }

    /// Adds the result of several trades as one step.
    pub(super) fn push_sum(&mut self, pnl: ExactSum) {
        self.running.merge(pnl);
        self.rise_to(self.running);
        self.fall_to(self.running);
    }

    /// Adds a stretch of the path at once, to the same figures as result by result.
    pub(super) fn append(&mut self, stretch: &Stretch) {
        let at = |point: ExactSum| {
            let mut at = self.running;
            at.merge(point);
            at
        };
        let points: Vec<_> = stretch.peaks.iter().map(|(peak, low)| (at(*peak), at(*low))).collect();
        self.running = at(stretch.total);
        for (peak, low) in points {
            self.rise_to(peak);
            self.fall_to(low);
        }
    }

    fn rise_to(&mut self, point: ExactSum) {
        if self.peak.is_below(point) {
            self.peak = point;
            self.deepest = ExactSum::default();
        }
    }

    fn fall_to(&mut self, point: ExactSum) {
        let fall = self.peak.minus(point);
        if !self.deepest.is_below(fall) {
            return;
        }
        self.deepest = fall;
        if self.worst.is_below(fall) {
            self.worst = fall;
        }
        if let (Ok(peak), Ok(fall)) = (self.peak.value(), fall.value()) {
            let top = self.capital + peak;
            if top > 0.0 {
                self.worst_share = self.worst_share.max(fall / top);
            } else {
                self.ruined = true;
            }
        }
    }

    /// The largest (peak − equity), in the account's currency, 0 or above.
    ///
    /// # Errors
    /// [`Undefined::NoTrades`], [`Undefined::Overflow`].
    pub(super) fn usd(&self, trades: u64) -> Result<f64, Undefined> {
        if trades == 0 { Err(Undefined::NoTrades) } else { self.worst.value() }
    }

    /// The largest (peak − equity) / peak, a fraction; above 1 when more than everything was lost.
    ///
    /// # Errors
    /// [`Undefined::NoTrades`], [`Undefined::NoCapital`].
    pub(super) fn share(&self, trades: u64) -> Result<f64, Undefined> {
        match trades {
            0 => Err(Undefined::NoTrades),
            _ if self.ruined => Err(Undefined::NoCapital),
            _ => Ok(self.worst_share),
        }
    }

    /// How far equity lies below its running peak now, in the account's currency, 0 or above.
    ///
    /// # Errors
    /// [`Undefined::NoTrades`], [`Undefined::Overflow`].
    pub(super) fn now_usd(&self, trades: u64) -> Result<f64, Undefined> {
        if trades == 0 { Err(Undefined::NoTrades) } else { self.peak.minus(self.running).value() }
    }

    /// The same as a share of the peak, a fraction; above 1 when more than everything is lost.
    ///
    /// # Errors
    /// [`Undefined::NoTrades`], [`Undefined::NoCapital`], [`Undefined::Overflow`].
    pub(super) fn now_share(&self, trades: u64) -> Result<f64, Undefined> {
        let top = self.capital + self.peak.value()?;
        match trades {
            0 => Err(Undefined::NoTrades),
            _ if self.ruined || top <= 0.0 => Err(Undefined::NoCapital),
            _ => Ok(self.now_usd(trades)? / top),
        }
    }

    /// Net P&L / drawdown, both in the account's currency.
    ///
    /// # Errors
    /// [`Undefined::NoDrawdown`] when equity never fell.
    pub(super) fn recovery_factor(&self, net: Result<f64, Undefined>, trades: u64) -> Result<f64, Undefined> {
        let fall = self.usd(trades)?;
        if fall == 0.0 { Err(Undefined::NoDrawdown) } else { Ok(net? / fall) }
    }
}

/// What a stretch of the equity curve does to any curve that it continues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stretch {
    total: ExactSum,
    /// Peaks above all before, the beginning being the first, and the lowest point between each and the next,
    /// from the beginning on. A fall that is no deeper than one from a lower peak is left out: it can be
    /// neither the largest, nor the largest share.
    peaks: Vec<(ExactSum, ExactSum)>,
}

impl Default for Stretch {
    fn default() -> Self {
        let zero = ExactSum::default();
        Self { total: zero, peaks: vec![(zero, zero)] }
    }
}

impl Stretch {
    pub(super) fn push(&mut self, pnl: f64) {
        self.total.add(pnl);
        let total = self.total;
        let fall = |(peak, low): &(ExactSum, ExactSum)| peak.minus(*low);
        match self.peaks.as_mut_slice() {
            [.., last] if !last.0.is_below(total) => {
                if total.is_below(last.1) {
                    last.1 = total;
                }
            }
            [.., before, last] if !fall(before).is_below(fall(last)) => *last = (total, total),
            _ => self.peaks.push((total, total)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(results: &[f64]) -> Drawdown {
        let mut drawdown = Drawdown::new(10_000.0);
        results.iter().for_each(|r| drawdown.push(*r));
        drawdown
    }

    #[test]
    fn known_values() {
        let ten = of(&[120.0, -80.0, 45.0, 0.0, -60.0, 200.0, -30.0, 15.0, -95.0, 60.0]);
        assert_eq!(ten.usd(10), Ok(110.0));
        assert!((ten.share(10).unwrap() - 0.010_757_9).abs() < 5e-8);
        let three = of(&[-100.0, 50.0, 50.0]);
        assert_eq!(three.share(3), Ok(0.01));
        assert_eq!(three.recovery_factor(Ok(0.0), 3), Ok(0.0));
        assert_eq!(of(&[1.0]).recovery_factor(Ok(1.0), 1), Err(Undefined::NoDrawdown));
        assert_eq!(of(&[]).usd(0), Err(Undefined::NoTrades));
        // Of nothing there is no share, not even of an account that was lost to the cent.
        let mut nothing = Drawdown::new(0.0);
        nothing.push(-5.0);
        assert_eq!((nothing.usd(1), nothing.share(1)), (Ok(5.0), Err(Undefined::NoCapital)));
        // Peak 10,225 after the sixth, 10,175 at the end.
        assert_eq!(ten.now_usd(10), Ok(50.0));
        assert!((ten.now_share(10).unwrap() - 50.0 / 10_225.0).abs() < 1e-12);
        assert_eq!((three.now_usd(3), three.now_share(3)), (Ok(0.0), Ok(0.0)));
        // .9 % of the account lost on each of 20 days: not 4.6 % every day, but all of it.
        let mut equity = 10_000.0;
        let falling: Vec<f64> = (0..20)
            .map(|_| {
                let loss = -0.009 * equity;
                equity += loss;
                loss
            })
            .collect();
        assert!((of(&falling).now_share(20).unwrap() - (1.0 - 0.991f64.powi(20))).abs() < 1e-12);
        assert_eq!(of(&[]).now_share(0), Err(Undefined::NoTrades));
    }

    proptest! {
        #[test]
        fn stretches_add_up_to_the_whole(results in proptest::collection::vec(-500i32..500, 0..60), cuts in proptest::collection::vec(0usize..60, 0..4)) {
            let results: Vec<f64> = results.into_iter().map(|cents| f64::from(cents) / 7.0).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(results.len())).collect();
            cuts.extend([0, results.len()]);
            cuts.sort_unstable();
            let mut put_together = Drawdown::new(1_000.0);
            for part in cuts.windows(2) {
                let mut stretch = Stretch::default();
                results[part[0]..part[1]].iter().for_each(|r| stretch.push(*r));
                put_together.append(&stretch);
            }
            prop_assert_eq!(put_together, { let mut whole = Drawdown::new(1_000.0); results.iter().for_each(|r| whole.push(*r)); whole });
        }

        #[test]
        fn equals_the_plain_scan(results in proptest::collection::vec(-500f64..500.0, 1..60)) {
            let (mut equity, mut peak, mut worst, mut share) = (10_000.0f64, 10_000.0f64, 0.0f64, 0.0f64);
            for result in &results {
                equity += result;
                peak = peak.max(equity);
                worst = worst.max(peak - equity);
                share = share.max((peak - equity) / peak);
            }
            let ours = of(&results);
            prop_assert!((ours.usd(1).unwrap() - worst).abs() < 1e-6);
            prop_assert!((ours.share(1).unwrap() - share).abs() < 1e-9);
        }
    }
}
