//! Every metric by name: the one list from which files, tables, payloads and the manual take them. A row holds the
//! metric's name, its heading, its unit and the function that computes it.

mod brier;
mod calibration;
pub(super) mod ece;
pub(super) mod expectancy;
mod exposure;
mod payoff;
mod profit_factor;
pub(super) mod psr;
pub(super) mod sharpe;
mod sortino;
mod sqn;
pub(super) mod win_rate;

use brier::{NEEDED, brier};
use calibration::confidence_calibration;
use expectancy::mean;
use exposure::exposure;
use payoff::payoff_ratio;
use profit_factor::profit_factor;
use psr::psr;
use sharpe::sharpe_ratio;
use sortino::sortino_ratio;
use sqn::sqn;
use win_rate::{WinRate, win_rate};

use super::equity_path::PathFigures;
use super::group_totals::GroupTotals;
use super::window_totals::WindowTotals;
use crate::domain::Calendar;
use crate::stats::{MetricResult, Undefined};

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

/// What a metric of a whole window may look at.
pub(super) struct Whole<'a> {
    pub totals: &'a WindowTotals,
    pub path: &'a PathFigures,
    /// By which days are told.
    pub calendar: &'a Calendar,
}

/// From what a metric is computed, and how.
pub(super) enum Formula {
    /// From sums that groups have too.
    Sums(fn(&GroupTotals) -> MetricResult),
    /// From the daily series and the sessions of a year.
    Daily(fn(&[f64], f64) -> MetricResult),
    /// From the order of the exits, or from every value.
    Whole(fn(&Whole<'_>) -> MetricResult),
}

macro_rules! catalog {
    ($($variant:ident, $name:literal, $heading:literal, $unit:ident, $source:ident($formula:expr);)+) => {
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

            /// How it is computed.
            pub(super) fn formula(self) -> Formula {
                match self { $(Self::$variant => Formula::$source($formula)),+ }
            }

            /// Whether it is given for groups too, not only for a whole window.
            pub fn in_groups(self) -> bool {
                matches!(self.formula(), Formula::Sums(_))
            }
        }
    };
}

catalog! {
    TotalTrades, "total_trades", "Trades", Count, Sums(|of| Ok(of.counts.total() as f64));
    Wins, "wins", "Wins", Count, Sums(|of| Ok(of.counts.wins as f64));
    Losses, "losses", "Losses", Count, Sums(|of| Ok(of.counts.losses as f64));
    Scratches, "scratches", "Scratches", Count, Sums(|of| Ok(of.counts.scratches as f64));
    WinRate, "win_rate", "Win rate", Fraction, Sums(|of| rate(of).map(|rate| rate.point));
    WinRateLow, "win_rate_low", "  95 % from", Fraction, Sums(|of| rate(of).map(|rate| rate.low));
    WinRateHigh, "win_rate_high", "  95 % to", Fraction, Sums(|of| rate(of).map(|rate| rate.high));
    Accuracy, "accuracy", "Accuracy", Fraction, Sums(|of| rate(of).map(|rate| rate.point));
    TotalPnl, "total_pnl", "Net P&L", Money, Sums(|of| of.net().value());
    ExpectancyUsd, "expectancy_usd", "Expectancy", Money, Sums(|of| mean(of.net(), of.counts.total(), Undefined::NoTrades));
    ExpectancyPct, "expectancy_pct", "Expectancy %", Fraction, Sums(|of| mean(of.net_frac(), of.counts.total(), Undefined::NoTrades));
    ProfitFactor, "profit_factor", "Profit factor", Ratio, Sums(won_over_lost);
    AvgWin, "avg_win", "Average win", Fraction, Sums(average_win);
    AvgLoss, "avg_loss", "Average loss", Fraction, Sums(average_loss);
    PayoffRatio, "payoff_ratio", "Payoff ratio", Ratio, Sums(|of| payoff_ratio(average_win(of), average_loss(of)));
    SharpeRatio, "sharpe_ratio", "Sharpe ratio", Ratio, Daily(sharpe_ratio);
    SortinoRatio, "sortino_ratio", "Sortino ratio", Ratio, Daily(sortino_ratio);
    Psr, "psr", "Prob. Sharpe > 0", Fraction, Daily(|series, _| psr(series));
    Sqn, "sqn", "SQN", Ratio, Sums(|of| sqn(of.net_frac(), of.squares, of.counts.total()));
    DrawdownUsd, "drawdown_usd", "Drawdown", Money, Whole(|of| of.path.drawdown.usd(of.totals.trades()));
    DrawdownPct, "drawdown_pct", "Drawdown %", Fraction, Whole(|of| of.path.drawdown.share(of.totals.trades()));
    DrawdownNowUsd, "drawdown_now_usd", "Below the peak now", Money, Whole(|of| of.path.drawdown.now_usd(of.totals.trades()));
    DrawdownNowPct, "drawdown_now_pct", "Below the peak now %", Fraction, Whole(|of| of.path.drawdown.now_share(of.totals.trades()));
    RecoveryFactor, "recovery_factor", "Recovery factor", Ratio, Whole(recovery);
    ConsecutiveWins, "consecutive_wins", "Wins in a row now", Count, Whole(|of| Ok(of.path.streak.wins as f64));
    ConsecutiveLosses, "consecutive_losses", "Losses in a row now", Count, Whole(|of| Ok(of.path.streak.losses as f64));
    MaxConsecutiveWins, "max_consecutive_wins", "Most wins in a row", Count, Whole(|of| Ok(of.path.streak.max_wins as f64));
    MaxConsecutiveLosses, "max_consecutive_losses", "Most losses in a row", Count, Whole(|of| Ok(of.path.streak.max_losses as f64));
    AvgHoldMinutes, "avg_hold_minutes", "Average hold", Minutes, Sums(|of| of.hold.average());
    MedianHoldMinutes, "median_hold_minutes", "Median hold", Minutes, Whole(|of| of.totals.hold.median());
    AvgWinHoldTime, "avg_win_hold_time", "Average hold, wins", Minutes, Sums(|of| of.hold.average_win(of.counts.wins));
    AvgLossHoldTime, "avg_loss_hold_time", "Average hold, losses", Minutes, Sums(|of| of.hold.average_loss(of.counts.losses));
    AvgConfidence, "avg_confidence", "Average confidence", Fraction, Sums(average_confidence);
    ConfidenceCalibration, "confidence_calibration", "Calibration", Ratio, Sums(|of| confidence_calibration(rate(of).map(|rate| rate.point), average_confidence(of)));
    Brier, "brier", "Brier score", Ratio, Sums(|of| brier(of.brier, of.confident));
    Ece, "ece", "Calibration error", Ratio, Whole(calibration_error);
    ExposurePct, "exposure_pct", "Exposure", Fraction, Whole(|of| exposure(of.totals, of.calendar, of.path.held));
    MaxConcurrent, "max_concurrent", "Most open at once", Count, Whole(|of| of.path.held.map(|held| held.most_at_once as f64));
    Sessions, "sessions", "Trading days", Count, Whole(|of| Ok(of.totals.daily.series(of.calendar).map_or(0.0, |series| series.len() as f64)));
}

fn rate(of: &GroupTotals) -> Result<WinRate, Undefined> {
    win_rate(of.counts.wins, of.counts.total())
}

fn average_win(of: &GroupTotals) -> MetricResult {
    mean(of.won_frac, of.counts.wins, Undefined::NoWins)
}

fn average_loss(of: &GroupTotals) -> MetricResult {
    mean(of.lost_frac, of.counts.losses, Undefined::NoLosingTrades)
}

fn average_confidence(of: &GroupTotals) -> MetricResult {
    mean(of.confidence, of.confident, Undefined::NoConfidence)
}

fn won_over_lost(of: &GroupTotals) -> MetricResult {
    match (of.won.value(), of.lost.value()) {
        (Ok(won), Ok(lost)) => profit_factor(won, lost, of.counts.total()),
        _ => Err(Undefined::Overflow),
    }
}

fn recovery(of: &Whole<'_>) -> MetricResult {
    of.path.drawdown.recovery_factor(of.totals.all.net().value(), of.totals.trades())
}

fn calibration_error(of: &Whole<'_>) -> MetricResult {
    // Without any confidence the reason is that, not a number of trades.
    let none = Undefined::TooFewConfidences { need: NEEDED, have: 0 };
    of.totals.confidence.ece().map_err(|why| if why == none { Undefined::NoConfidence } else { why })
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
