//! The loss of a day and its fall from the best that it was: what the daily stop and the drawdown rule compare.

/// Where the net result of a session stands, and the best that it was, 0 at the open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DayCourse {
    net: f64,
    best: f64,
}

impl DayCourse {
    /// Goes on with the result of an exit, in the account's currency.
    pub(super) fn add(&mut self, pnl: f64) {
        self.net += pnl;
        self.best = self.best.max(self.net);
    }

    /// The loss of the day with what is open, as a fraction of the equity at the open; below 0 after a gain.
    pub(super) fn day_loss(self, open_pnl: f64, equity: f64) -> f64 {
        -(self.net + open_pnl) / equity
    }

    /// How far the result with what is open lies below its best, as a fraction of the equity at the open.
    pub(super) fn drawdown(self, open_pnl: f64, equity: f64) -> f64 {
        (self.best - self.net - open_pnl) / equity
    }
}
