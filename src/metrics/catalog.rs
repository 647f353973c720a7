//! Every metric by name: the one list from which files, tables, payloads and the manual take them.

/// In what a metric is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole number.
    Count,
    /// A share in `[0, 1]`, or a result as a fraction of the position; printed as percent.
    Fraction,
    /// The account's currency.
    Money,
    /// A pure number.
    Ratio,
    /// Minutes.
    Minutes,
}

macro_rules! catalog {
    ($($variant:ident, $name:literal, $heading:literal, $unit:ident, $in_groups:literal;)+) => {
        /// A metric over a set of closed trades. Definitions and sources: dtlearn-metrics(7).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is documented where it is computed and in dtlearn-metrics(7)")]
        pub enum Metric { $($variant),+ }

        impl Metric {
            /// Every metric, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its key in files and payloads.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Its heading in a table.
            pub const fn heading(self) -> &'static str {
                match self { $(Self::$variant => $heading),+ }
            }

            /// In what it is measured.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit),+ }
            }

            /// Whether it is given for groups too, not only for a whole window.
            pub const fn in_groups(self) -> bool {
                match self { $(Self::$variant => $in_groups),+ }
            }
        }
    };
}

catalog! {
    TotalTrades, "total_trades", "Trades", Count, true;
    Wins, "wins", "Wins", Count, true;
    Losses, "losses", "Losses", Count, true;
    Scratches, "scratches", "Scratches", Count, true;
    WinRate, "win_rate", "Win rate", Fraction, true;
    WinRateLow, "win_rate_low", "  95 % from", Fraction, true;
    WinRateHigh, "win_rate_high", "  95 % to", Fraction, true;
    Accuracy, "accuracy", "Accuracy", Fraction, true;
    TotalPnl, "total_pnl", "Net P&L", Money, true;
    ExpectancyUsd, "expectancy_usd", "Expectancy", Money, true;
    ExpectancyPct, "expectancy_pct", "Expectancy %", Fraction, true;
    ProfitFactor, "profit_factor", "Profit factor", Ratio, true;
    AvgWin, "avg_win", "Average win", Fraction, true;
    AvgLoss, "avg_loss", "Average loss", Fraction, true;
    PayoffRatio, "payoff_ratio", "Payoff ratio", Ratio, true;
    SharpeRatio, "sharpe_ratio", "Sharpe ratio", Ratio, false;
    SortinoRatio, "sortino_ratio", "Sortino ratio", Ratio, false;
    Psr, "psr", "Prob. Sharpe > 0", Fraction, false;
    Sqn, "sqn", "SQN", Ratio, true;
    DrawdownUsd, "drawdown_usd", "Drawdown", Money, false;
    DrawdownPct, "drawdown_pct", "Drawdown %", Fraction, false;
    DrawdownNowUsd, "drawdown_now_usd", "Below the peak now", Money, false;
    DrawdownNowPct, "drawdown_now_pct", "Below the peak now %", Fraction, false;
    RecoveryFactor, "recovery_factor", "Recovery factor", Ratio, false;
    ConsecutiveWins, "consecutive_wins", "Wins in a row now", Count, false;
    ConsecutiveLosses, "consecutive_losses", "Losses in a row now", Count, false;
    MaxConsecutiveWins, "max_consecutive_wins", "Most wins in a row", Count, false;
    MaxConsecutiveLosses, "max_consecutive_losses", "Most losses in a row", Count, false;
    AvgHoldMinutes, "avg_hold_minutes", "Average hold", Minutes, true;
    MedianHoldMinutes, "median_hold_minutes", "Median hold", Minutes, false;
    AvgWinHoldTime, "avg_win_hold_time", "Average hold, wins", Minutes, true;
    AvgLossHoldTime, "avg_loss_hold_time", "Average hold, losses", Minutes, true;
    AvgConfidence, "avg_confidence", "Average confidence", Fraction, true;
    ConfidenceCalibration, "confidence_calibration", "Calibration", Ratio, true;
    Brier, "brier", "Brier score", Ratio, true;
    Ece, "ece", "Calibration error", Ratio, false;
    ExposurePct, "exposure_pct", "Exposure", Fraction, false;
    MaxConcurrent, "max_concurrent", "Most open at once", Count, false;
    Sessions, "sessions", "Trading days", Count, false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<&str> = Metric::ALL.iter().map(|m| m.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Metric::ALL.len());
    }
}
