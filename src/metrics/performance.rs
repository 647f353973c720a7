//! The finished figures of a set of trades.

use super::brier::{NEEDED, brier};
use super::calibration::confidence_calibration;
use super::catalog::Metric;
use super::daily::Daily;
use super::equity_path::EquityPath;
use super::expectancy::mean;
use super::exposure::session_minutes_between;
use super::group::{Dimension, GROUP_KEYS_MAX};
use super::group_totals::GroupTotals;
use super::open_intervals::Held;
use super::payoff::payoff_ratio;
use super::profit_factor::profit_factor;
use super::psr::psr;
use super::sharpe::sharpe_ratio;
use super::sortino::sortino_ratio;
use super::sqn::sqn;
use super::win_rate::win_rate;
use super::window_totals::WindowTotals;
use crate::domain::{Calendar, Market};
use crate::stats::Undefined;

/// A metric's value, or why it has none.
pub type MetricResult = Result<f64, Undefined>;

/// Days below which a ratio of the daily series is flagged.
const FEW_DAYS: u64 = 20;

/// The figures of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    values: Vec<MetricResult>,
    groups: Vec<(Dimension, Vec<GroupPerformance>)>,
    daily: Daily,
    days: u64,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPerformance {
    /// The group's name.
    pub key: String,
    tally: GroupTotals,
}

impl GroupPerformance {
    /// A metric of the group; those that are not given for groups have no trades to rest on.
    pub fn get(&self, metric: Metric) -> MetricResult {
        of_tally(&self.tally, metric).unwrap_or(Err(Undefined::NoTrades))
    }

    /// How many trades are in it.
    pub fn trades(&self) -> u64 {
        self.tally.counts.total()
    }
}

impl Performance {
    /// Finishes the figures of a book and the track of the same trades, by the market's calendar.
    pub fn of(totals: &WindowTotals, track: &EquityPath, market: &Market) -> Self {
        let calendar = market.calendar();
        let series = totals.daily.series(calendar);
        let days = series.as_ref().map_or(0, |series| series.len() as u64);
        let held = track.holding.held(calendar);
        let values = Metric::ALL
            .iter()
            .map(|metric| {
                let whole = || of_whole(totals, track, calendar, &series, held, *metric);
                let value = of_tally(&totals.all, *metric).unwrap_or_else(whole);
                // Without trades nothing else is missing.
                if totals.trades() == 0 { value.or(Err(Undefined::NoTrades)) } else { value }
            })
            .collect();
        let groups = Dimension::ALL.into_iter().zip(&totals.groups).map(|(dimension, groups)| {
            let group =
                |(key, tally): (&str, &GroupTotals)| GroupPerformance { key: key.to_owned(), tally: *tally };
            (dimension, groups.sorted().into_iter().map(group).collect())
        });
        Self { values, groups: groups.collect(), daily: totals.daily.clone(), days }
    }

    /// A metric of the window.
    pub fn get(&self, metric: Metric) -> MetricResult {
        self.values[metric as usize]
    }

    /// How many trades the window holds.
    pub fn trades(&self) -> u64 {
        self.get(Metric::TotalTrades).map_or(0, |n| n as u64)
    }

    /// The groups of a grouping, by name.
    pub fn groups(&self, dimension: Dimension) -> &[GroupPerformance] {
        self.groups.iter().find(|(of, _)| *of == dimension).map_or(&[], |(_, groups)| groups)
    }

    /// Groupings with more keys than are kept apart.
    pub fn crowded(&self) -> impl Iterator<Item = Dimension> {
        let full = self.groups.iter().filter(|(_, groups)| groups.len() > GROUP_KEYS_MAX);
        full.map(|(dimension, _)| *dimension)
    }

    /// Results by trading day.
    pub fn daily(&self) -> &Daily {
        &self.daily
    }

    /// Whether the metric rests on so few days that it says little.
    pub fn is_low_sample(&self, metric: Metric) -> bool {
        let of_days = matches!(metric, Metric::SharpeRatio | Metric::SortinoRatio | Metric::Psr);
        of_days && self.days < FEW_DAYS && self.get(metric).is_ok()
    }
}

/// Metrics that need nothing but sums; `None` for the others.
fn of_tally(tally: &GroupTotals, metric: Metric) -> Option<MetricResult> {
    let counts = tally.counts;
    let trades = counts.total();
    let rate = || win_rate(counts.wins, trades);
    let avg_win = || mean(tally.won_frac, counts.wins, Undefined::NoWins);
    let avg_loss = || mean(tally.lost_frac, counts.losses, Undefined::NoLosingTrades);
    let avg_confidence = || mean(tally.confidence, tally.confident, Undefined::NoConfidence);
    Some(match metric {
        Metric::TotalTrades => Ok(trades as f64),
        Metric::Wins => Ok(counts.wins as f64),
        Metric::Losses => Ok(counts.losses as f64),
        Metric::Scratches => Ok(counts.scratches as f64),
        Metric::WinRate | Metric::Accuracy => rate().map(|r| r.point),
        Metric::WinRateLow => rate().map(|r| r.low),
        Metric::WinRateHigh => rate().map(|r| r.high),
        Metric::TotalPnl => tally.net().value(),
        Metric::ExpectancyUsd => mean(tally.net(), trades, Undefined::NoTrades),
        Metric::ExpectancyPct => mean(tally.net_frac(), trades, Undefined::NoTrades),
        Metric::ProfitFactor => match (tally.won.value(), tally.lost.value()) {
            (Ok(won), Ok(lost)) => profit_factor(won, lost, trades),
            _ => Err(Undefined::Overflow),
        },
        Metric::AvgWin => avg_win(),
        Metric::AvgLoss => avg_loss(),
        Metric::PayoffRatio => payoff_ratio(avg_win(), avg_loss()),
        Metric::Sqn => sqn(tally.net_frac(), tally.squares, trades),
        Metric::AvgHoldMinutes => tally.hold.average(),
        Metric::AvgWinHoldTime => tally.hold.average_win(counts.wins),
        Metric::AvgLossHoldTime => tally.hold.average_loss(counts.losses),
        Metric::AvgConfidence => avg_confidence(),
        Metric::ConfidenceCalibration => confidence_calibration(rate().map(|r| r.point), avg_confidence()),
        Metric::Brier => brier(tally.brier, tally.confident),
        _ => return None,
    })
}

/// Metrics that need the order of exits, or every value.
fn of_whole(
    totals: &WindowTotals,
    track: &EquityPath,
    calendar: &Calendar,
    series: &Result<Vec<f64>, Undefined>,
    held: Result<Held, Undefined>,
    metric: Metric,
) -> MetricResult {
    let trades = totals.trades();
    let year = f64::from(calendar.sessions_per_year());
    let daily = |of: &dyn Fn(&[f64]) -> MetricResult| match (trades, series) {
        (0, _) => Err(Undefined::NoTrades),
        (_, Ok(series)) => of(series),
        (_, Err(why)) => Err(*why),
    };
    match metric {
        Metric::SharpeRatio => daily(&|series| sharpe_ratio(series, year)),
        Metric::SortinoRatio => daily(&|series| sortino_ratio(series, year)),
        Metric::Psr => daily(&psr),
        Metric::Sessions => daily(&|series| Ok(series.len() as f64)).or(Ok(0.0)),
        Metric::DrawdownUsd => track.drawdown.usd(trades),
        Metric::DrawdownPct => track.drawdown.share(trades),
        Metric::RecoveryFactor => track.drawdown.recovery_factor(totals.all.net().value(), trades),
        Metric::ConsecutiveWins => Ok(track.streak.wins as f64),
        Metric::ConsecutiveLosses => Ok(track.streak.losses as f64),
        Metric::MaxConsecutiveWins => Ok(track.streak.max_wins as f64),
        Metric::MaxConsecutiveLosses => Ok(track.streak.max_losses as f64),
        Metric::MedianHoldMinutes => totals.hold.median(),
        Metric::Ece => {
            // Without any confidence the reason is that, not a number of trades.
            let none = Undefined::TooFewConfidences { need: NEEDED, have: 0 };
            totals.confidence.ece().map_err(|why| if why == none { Undefined::NoConfidence } else { why })
        }
        Metric::ExposurePct => exposure(totals, calendar, held),
        Metric::MaxConcurrent => held.map(|held| held.most_at_once as f64),
        _ => Err(Undefined::NoTrades),
    }
}

/// Session time with an open position, as a share of the sessions from the first to the last day.
fn exposure(totals: &WindowTotals, calendar: &Calendar, held: Result<Held, Undefined>) -> MetricResult {
    let exposed_us = held?.exposed_us;
    let (first, last) = totals.daily.span().ok_or(Undefined::NoTrades)?;
    let minutes = session_minutes_between(calendar, first, last);
    if minutes == 0.0 {
        return Err(Undefined::TooFewDays { need: 1, have: 0 });
    }
    // Of a position that was entered before the first of these days, earlier sessions count above the line only.
    Ok((exposed_us as f64 / 60e6 / minutes).min(1.0))
}
