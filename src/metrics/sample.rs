//! The trades that a decision rests on, with an interval beside every figure.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::catalog::Metric;
use super::catalog::psr::sharpe_interval;
use super::catalog::win_rate::win_rate;
use super::equity_path::EquityPath;
use super::exit_order::Exit;
use super::group_totals::{GroupTotals, Terms};
use super::performance::Performance;
use super::window_totals::WindowTotals;
use crate::domain::{Market, Timestamp, TradeFacts};
use crate::stats::Clustered;
use crate::stats::MetricResult;
use crate::stats::Undefined;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A metric of the catalog.
    Of(Metric),
    /// Closed trades a trading day, from the first to the last day with a trade.
    TradesPerDay,
}

impl Measure {
    /// Its key in files and payloads.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Of(metric) => metric.name(),
            Self::TradesPerDay => "trades_per_day",
        }
    }
}

/// A figure, how sure it is, and on how much it rests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The figure in the unit of its measure, or why there is none.
    pub value: MetricResult,
    /// Its 95 % interval in the same unit, or why there is none.
    pub interval: Result<(f64, f64), Undefined>,
    /// Trades that have a part in it; of a ratio of the daily series its days.
    pub n: u64,
}

/// Trades, added in the order of their exits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    totals: WindowTotals,
    track: EquityPath,
    days: BTreeMap<i32, GroupTotals>,
    /// The newest exit, microseconds since 1970.
    last_us: Option<i64>,
    /// Not kept with it: see [`Sample::dated_by`].
    #[serde(skip)]
    market: Market,
}

impl Sample {
    /// The same where it was kept, dated by the market's calendar again.
    pub fn dated_by(self, market: &Market) -> Self {
        Self { market: market.clone(), ..self }
    }

    /// An empty sample of an account that began with `capital`, dated by the market's calendar.
    pub fn new(capital: f64, market: &Market) -> Self {
        Self {
            totals: WindowTotals::default(),
            track: EquityPath::new(capital),
            days: BTreeMap::new(),
            last_us: None,
            market: market.clone(),
        }
    }

    /// Adds the next trade in the order of exits.
    pub fn push(&mut self, trade: &TradeFacts<'_>) {
        self.totals.add(&self.market, trade);
        self.track.push(&self.market, &Exit::of(trade, &self.market));
        let date = self.market.trading_date(trade.exit_time);
        self.days.entry(date.num_days_from_ce()).or_default().add(&Terms::of(trade, &self.market));
        self.last_us = self.last_us.max(Some(trade.exit_time.micros()));
    }

    /// How many trades are in it.
    pub fn trades(&self) -> u64 {
        self.totals.trades()
    }

    /// The newest exit.
    pub fn last_exit(&self) -> Option<Timestamp> {
        self.last_us.map(Timestamp::from_micros)
    }

    /// The figures of all of it.
    pub fn performance(&self) -> Performance {
        Performance::of(&self.totals, &self.track, &self.market)
    }

    /// A mean of the trades with the variance that its days show: `pick` gives sum and count of a day.
    fn by_day(&self, pick: impl Fn(&GroupTotals) -> (MetricResult, f64)) -> Result<Clustered, Undefined> {
        let days: Result<Vec<(f64, f64)>, Undefined> = self
            .days
            .values()
            .map(|day| {
                let (sum, count) = pick(day);
                Ok((sum?, count))
            })
            .collect();
        Clustered::of(days?)
    }

    /// Mean result as a fraction of the position, by day.
    ///
    /// # Errors
    /// [`Undefined`] below two days.
    pub fn expectancy(&self) -> Result<Clustered, Undefined> {
        self.by_day(|day| (day.net_frac().value(), day.counts.total() as f64))
    }

    /// Share of trades that won, by day.
    ///
    /// # Errors
    /// [`Undefined`] below two days.
    pub fn win_share(&self) -> Result<Clustered, Undefined> {
        self.by_day(|day| (Ok(day.counts.wins as f64), day.counts.total() as f64))
    }

    /// The win rate with the wider of Wilson's interval and the one by day: trades that share a day's shock are
    /// fewer than they look.
    pub fn wider_win_rate(&self, performance: &Performance) -> Evidence {
        let wilson = self.evidence(performance, Measure::Of(Metric::WinRate));
        let wider = |(low, high): (f64, f64), (other_low, other_high): (f64, f64)| {
            (low.min(other_low).max(0.0), high.max(other_high).min(1.0))
        };
        let by_day = self.win_share().map(|found| found.interval());
        let interval = wilson.interval.and_then(|wilson| Ok(wider(wilson, by_day?)));
        Evidence { interval, ..wilson }
    }

    /// A figure of the sample's own `performance`, with its interval: Wilson's for the win rate, that of the Sharpe ratio's standard error, by
    /// days for means and ratios; a drawdown or a run of wins is what happened and has none.
    pub fn evidence(&self, performance: &Performance, measure: Measure) -> Evidence {
        let all = &self.totals.all;
        let trades = self.trades();
        let by_day =
            |pick: fn(&GroupTotals) -> (MetricResult, f64)| self.by_day(pick).map(|found| found.interval());
        let (interval, n) = match measure {
            Measure::Of(Metric::WinRate | Metric::Accuracy) => {
                (win_rate(all.counts.wins, trades).map(|rate| (rate.low, rate.high)), trades)
            }
            Measure::Of(Metric::AvgLoss) => {
                (by_day(|day| (day.lost_frac.value(), day.counts.losses as f64)), all.counts.losses)
            }
            Measure::Of(Metric::AvgWin) => {
                (by_day(|day| (day.won_frac.value(), day.counts.wins as f64)), all.counts.wins)
            }
            Measure::Of(Metric::AvgConfidence) => {
                (by_day(|day| (day.confidence.value(), day.confident as f64)), all.confident)
            }
            Measure::Of(Metric::AvgWinHoldTime) => {
                let pick = |day: &GroupTotals| (Ok(day.hold.wins().1), day.hold.wins().0);
                (by_day(pick), all.hold.wins().0 as u64)
            }
            Measure::Of(Metric::ExpectancyPct) => (self.expectancy().map(|found| found.interval()), trades),
            Measure::Of(Metric::ProfitFactor) => {
                let pick = |day: &GroupTotals| (day.won.value(), day.lost.value().map_or(0.0, |lost| -lost));
                (by_day(pick), trades)
            }
            Measure::Of(Metric::SharpeRatio) => {
                let calendar = self.market.calendar();
                let year = f64::from(calendar.sessions_per_year());
                let series = self.totals.daily.series(calendar);
                let days = series.as_ref().map_or(0, |series| series.len() as u64);
                (series.and_then(|series| sharpe_interval(&series, year)), days)
            }
            Measure::Of(Metric::Psr) => {
                let series = self.totals.daily.series(self.market.calendar());
                let days = series.map_or(0, |series| series.len() as u64);
                (Err(Undefined::NoEstimate), days)
            }
            Measure::TradesPerDay => {
                let days = performance.get(Metric::Sessions).unwrap_or(0.0);
                let traded = self.days.values().map(|day| (day.counts.total() as f64, 1.0));
                let idle = (days as usize).saturating_sub(self.days.len());
                let all = traded.chain(std::iter::repeat_n((0.0, 1.0), idle));
                (Clustered::of(all).map(|found| found.interval()), trades)
            }
            Measure::Of(_) => (Err(Undefined::NoEstimate), trades),
        };
        let interval = interval.map(|(low, high)| possible(measure, (low, high)));
        Evidence { value: trades_value(performance, measure), interval, n }
    }
}

/// An interval cut to what the measure can be: a straight line through few days may end where no value is.
fn possible(measure: Measure, (low, high): (f64, f64)) -> (f64, f64) {
    let (least, most) = match measure {
        Measure::Of(Metric::AvgLoss) => (f64::NEG_INFINITY, 0.0),
        Measure::Of(Metric::AvgConfidence) => (0.0, 1.0),
        Measure::Of(Metric::AvgWin | Metric::AvgWinHoldTime | Metric::ProfitFactor)
        | Measure::TradesPerDay => (0.0, f64::INFINITY),
        _ => return (low, high),
    };
    (low.clamp(least, most), high.clamp(least, most))
}

/// The value of a measure in finished figures.
pub fn trades_value(performance: &Performance, measure: Measure) -> MetricResult {
    match measure {
        Measure::Of(metric) => performance.get(metric),
        Measure::TradesPerDay => match (performance.trades(), performance.get(Metric::Sessions)) {
            (0, _) => Err(Undefined::NoTrades),
            (trades, Ok(days)) if days > 0.0 => Ok(trades as f64 / days),
            _ => Err(Undefined::TooFewDays { need: 1, have: 0 }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Side, UNKNOWN};

    fn trade<'a>(exit: &str, pnl: f64, pnl_frac: f64, confidence: f64) -> TradeFacts<'a> {
        let exit_time = Timestamp::parse(exit).unwrap();
        TradeFacts {
            trade_id: "t",
            symbol: "A",
            side: Side::Long,
            entry_time: Some(Timestamp::from_micros(exit_time.micros() - 30 * 60_000_000)),
            exit_time,
            pnl,
            pnl_frac,
            confidence: Some(confidence),
            regime: UNKNOWN,
            sector: UNKNOWN,
            setup: UNKNOWN,
            exit_reason: UNKNOWN,
            strategy: UNKNOWN,
            variant: UNKNOWN,
            timeframe: UNKNOWN,
            content: 0,
            is_further_leg: false,
        }
    }

    /// Friday: +10, −20; Tuesday, after a holiday: +30, −10, −10.
    fn two_days() -> Sample {
        let mut sample = Sample::new(10_000.0, &Market::default());
        for (exit, pnl, confidence) in [
            ("2019-02-15T15:00:00Z", 10.0, 0.6),
            ("2019-02-15T16:00:00Z", -20.0, 0.6),
            ("2019-02-19T15:00:00Z", 30.0, 0.8),
            ("2019-02-19T16:00:00Z", -10.0, 0.8),
            ("2019-02-19T17:00:00Z", -10.0, 0.8),
        ] {
            sample.push(&trade(exit, pnl, pnl / 1000.0, confidence));
        }
        sample
    }

    fn close(found: Evidence, value: f64, half: f64, n: u64) {
        let (low, high) = found.interval.unwrap();
        assert!((found.value.unwrap() - value).abs() < 1e-12, "{found:?}");
        assert!(
            (high - value - half).abs() <= 1e-6 * half && (value - low - half).abs() <= 1e-6 * half,
            "{found:?}"
        );
        assert_eq!(found.n, n);
    }

    #[test]
    fn figures_have_the_intervals_that_a_hand_gives_them() {
        let sample = two_days();
        let figures = sample.performance();
        let t = 12.706_205;
        // Losses: −20 in one day, −10 −10 in the other: mean −40/3; residuals −20/3 and +20/3; variance
        // 2 · 2 · (20/3)² / 3² .
        let variance = 2.0 * 2.0 * (20.0f64 / 3.0).powi(2) / 9.0;
        // Ends beyond what a figure can be are cut: no mean loss is above zero, no ratio or count below.
        let interval = |measure| sample.evidence(&figures, measure).interval.unwrap();
        let half = t * variance.sqrt() / 1000.0;
        let (low, high) = interval(Measure::Of(Metric::AvgLoss));
        assert!((low - (-0.04 / 3.0 - half)).abs() < 1e-9 && high == 0.0, "{low} {high}");
        // Profit factor 40 / 40; residuals 10 − 20 and 30 − 20; variance 2 · 200 / 1600.
        let (low, high) = interval(Measure::Of(Metric::ProfitFactor));
        assert!(low == 0.0 && (high - (1.0 + t * 0.5)).abs() < 1e-6, "{low} {high}");
        // Confidence (1.2 + 2.4) / 5; residuals −0.24 and +0.24; variance 2 · 2 · 0.24² / 25: ±1.22.
        assert_eq!(interval(Measure::Of(Metric::AvgConfidence)), (0.0, 1.0));
        // Two and three trades on two neighbouring trading days; the weekend is none.
        let (low, high) = interval(Measure::TradesPerDay);
        assert!(low == 0.0 && (high - (2.5 + t * 0.5)).abs() < 1e-6, "{low} {high}");
        let rate = sample.evidence(&figures, Measure::Of(Metric::WinRate));
        let wilson = win_rate(2, 5).unwrap();
        assert_eq!(rate.interval, Ok((wilson.low, wilson.high)));
        // Held alike on all days: sure of it.
        close(sample.evidence(&figures, Measure::Of(Metric::AvgWinHoldTime)), 30.0, 0.0, 2);
        assert_eq!(
            sample.evidence(&figures, Measure::Of(Metric::DrawdownPct)).interval,
            Err(Undefined::NoEstimate)
        );
        let few = sample.evidence(&figures, Measure::Of(Metric::SharpeRatio)).interval;
        assert_eq!(few, Err(Undefined::TooFewDays { need: 10, have: 2 }));
        assert_eq!(sample.last_exit().unwrap().to_string(), "2019-02-19T17:00:00Z");
    }

    #[test]
    fn an_empty_sample_has_no_figures() {
        let sample = Sample::new(10_000.0, &Market::default());
        let figures = sample.performance();
        for measure in [Measure::Of(Metric::WinRate), Measure::Of(Metric::AvgLoss), Measure::TradesPerDay] {
            let found = sample.evidence(&figures, measure);
            assert!(found.value.is_err() && found.interval.is_err() && found.n == 0, "{measure:?}");
        }
    }
}
