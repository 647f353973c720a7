//! Results in R, and how far trades ran for and against: do entries find something, do exits keep it?

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::by_session::MeanBySession;
use super::group::hour_of;
use super::legs::Legs;
use crate::domain::{Market, Outcome, TimeOfDay, TradeDetail};
use crate::stats::{quantile, sorted};

/// The figures of a set of trades.
#[derive(Clone, Debug, PartialEq)]
pub struct ExcursionFigures {
    /// Trades.
    pub trades: u64,
    /// Mean net result, a fraction of the position.
    pub expectancy_frac: MeanBySession,
    /// Mean result in R, of trades whose stop at entry is on record.
    pub expectancy_r: MeanBySession,
    /// Mean MFE and mean MAE in R.
    pub mfe_r: MeanBySession,
    /// Below 0.
    pub mae_r: MeanBySession,
    /// Mean MFE as a fraction of the position.
    pub mfe_frac: MeanBySession,
    /// Mean MAE, likewise, 0 or below.
    pub mae_frac: MeanBySession,
    /// Mean MFE over mean |MAE|: above 1, trades run further for the position than against it (Faith 2007, *Way of the
    /// Turtle*, chapter 4, the e-ratio; there in units of ATR).
    pub edge_ratio: MeanBySession,
    /// Σ gross result / Σ MFE: what exits kept of the best that was there (Sweeney 1997, *Maximum Adverse Excursion*).
    pub exit_efficiency: MeanBySession,
    /// Mean of MFE less gross result, a fraction of the position, 0 or above.
    pub give_back_frac: MeanBySession,
    /// Share of the trades that were up by 1 R or more and closed below zero; of trades that were up so far.
    pub round_trips: MeanBySession,
}

impl ExcursionFigures {
    fn new(trades: &[&TradeDetail]) -> Self {
        let each = || trades.iter().copied();
        let mean = |value: &dyn Fn(&TradeDetail) -> Option<f64>| {
            MeanBySession::new(each(), |trade| value(trade).map(|value| (value, 1.0)))
        };
        let ratio = |pair: &dyn Fn(&TradeDetail) -> Option<(f64, f64)>| MeanBySession::new(each(), pair);
        // An exit beyond the best price that was recorded is an excursion too.
        let gross = |trade: &TradeDetail| {
            let kept = trade.gross_frac();
            trade.excursions().map(|(_, mfe)| (kept, mfe.max(kept)))
        };
        Self {
            trades: trades.len() as u64,
            expectancy_frac: mean(&|trade| Some(trade.pnl_frac)),
            expectancy_r: mean(&TradeDetail::r),
            mfe_r: mean(&|trade| Some(trade.excursions()?.1 / trade.risk_frac()?)),
            mae_r: mean(&|trade| Some(trade.excursions()?.0 / trade.risk_frac()?)),
            mfe_frac: mean(&|trade| Some(trade.excursions()?.1)),
            mae_frac: mean(&|trade| Some(trade.excursions()?.0)),
            edge_ratio: ratio(&|trade| trade.excursions().map(|(mae, mfe)| (mfe, -mae))),
            exit_efficiency: ratio(&gross),
            give_back_frac: mean(&|trade| gross(trade).map(|(kept, best)| best - kept)),
            round_trips: mean(&|trade| {
                let best = trade.excursions()?.1 / trade.risk_frac()?;
                (best >= 1.0).then_some(if trade.outcome == Outcome::Loss { 1.0 } else { 0.0 })
            }),
        }
    }
}

/// A band of R with the trades in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RBand {
    /// Lower bound in halves of an R; none for the lowest band.
    pub from_halves: Option<i32>,
    /// Trades.
    pub n: u64,
}

/// How results in R are spread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RDistribution {
    /// Trades whose risk at entry is known.
    pub n: u64,
    /// The 5 %, 25 %, 50 %, 75 % and 95 % points.
    pub points: Option<[f64; 5]>,
    /// Bands of half an R from −3 to 5; what lies beyond is in the first and the last.
    pub bands: Vec<RBand>,
    /// Mean of the winners and of the losers.
    pub mean_win: Option<f64>,
    /// Below 0.
    pub mean_loss: Option<f64>,
}

/// The shares of [`RDistribution::points`].
pub const R_POINTS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

const BAND_FIRST: i32 = -6;
const BAND_LAST: i32 = 10;

impl RDistribution {
    fn new(trades: &[TradeDetail]) -> Self {
        let values = sorted(trades.iter().filter_map(TradeDetail::r).filter(|r| r.is_finite()));
        let band = |r: f64| ((r * 2.0).floor() as i32).clamp(BAND_FIRST - 1, BAND_LAST);
        let bands = (BAND_FIRST - 1..=BAND_LAST)
            .map(|at| RBand {
                from_halves: (at >= BAND_FIRST).then_some(at),
                n: values.iter().filter(|r| band(**r) == at).count() as u64,
            })
            .collect();
        let mean = |outcome: Outcome| {
            let of = trades.iter().filter(|trade| trade.outcome == outcome);
            let chosen: Vec<f64> = of.filter_map(TradeDetail::r).filter(|r| r.is_finite()).collect();
            (!chosen.is_empty()).then(|| chosen.iter().sum::<f64>() / chosen.len() as f64)
        };
        let points = R_POINTS.map(|share| quantile(&values, share));
        Self {
            n: values.len() as u64,
            points: points.iter().all(Option::is_some).then(|| points.map(Option::unwrap_or_default)),
            bands,
            mean_win: mean(Outcome::Win),
            mean_loss: mean(Outcome::Loss),
        }
    }
}

/// By what trades are grouped in views of details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailGroup {
    /// Setup.
    Setup,
    /// Symbol.
    Symbol,
    /// Side.
    Side,
    /// Why it was closed.
    ExitReason,
    /// Part of the session of the entry.
    TimeOfDay,
    /// Hour of the entry, local to the market.
    Hour,
}

impl DetailGroup {
    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Setup => "Setup",
            Self::Symbol => "Symbol",
            Self::Side => "Side",
            Self::ExitReason => "Exit reason",
            Self::TimeOfDay => "Time of day",
            Self::Hour => "Hour",
        }
    }

    /// Its key in payloads.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Setup => "by_setup",
            Self::Symbol => "by_symbol",
            Self::Side => "by_side",
            Self::ExitReason => "by_exit_reason",
            Self::TimeOfDay => "by_time_of_day",
            Self::Hour => "by_hour",
        }
    }

    fn of<'t>(self, trade: &'t TradeDetail, market: &Market) -> Cow<'t, str> {
        match self {
            Self::Setup => Cow::Borrowed(&trade.setup),
            Self::Symbol => Cow::Borrowed(&trade.symbol),
            Self::Side => Cow::Borrowed(trade.side.as_position()),
            Self::ExitReason => Cow::Borrowed(&trade.exit_reason),
            Self::TimeOfDay => {
                Cow::Borrowed(TimeOfDay::of(market.of_symbol(&trade.symbol), trade.entry_time).as_str())
            }
            Self::Hour => Cow::Owned(hour_of(market.of_symbol(&trade.symbol), trade.entry_time)),
        }
    }

    /// The trades of each group, by name.
    pub(super) fn split<'t>(
        self,
        trades: &'t [TradeDetail],
        market: &Market,
    ) -> Vec<(String, Vec<&'t TradeDetail>)> {
        let mut groups: BTreeMap<Cow<'t, str>, Vec<&TradeDetail>> = BTreeMap::new();
        for trade in trades {
            groups.entry(self.of(trade, market)).or_default().push(trade);
        }
        groups.into_iter().map(|(name, trades)| (name.into_owned(), trades)).collect()
    }
}

/// Trades by group, each with its figures.
pub type Grouped<T> = Vec<(DetailGroup, Vec<(String, T)>)>;

/// What a window's trades say of entries and exits.
#[derive(Clone, Debug, PartialEq)]
pub struct Excursions {
    /// Of all trades.
    pub all: ExcursionFigures,
    /// How results in R are spread.
    pub distribution: RDistribution,
    /// What exits in parts brought, where positions were closed so.
    pub legs: Option<Legs>,
    /// Of each group.
    pub groups: Grouped<ExcursionFigures>,
}

/// The figures of trades and of their groups.
pub fn excursions(trades: &[TradeDetail], market: &Market) -> Excursions {
    let by = [
        DetailGroup::Setup,
        DetailGroup::Symbol,
        DetailGroup::Side,
        DetailGroup::ExitReason,
        DetailGroup::TimeOfDay,
    ];
    let groups = by.map(|group| {
        let split = group.split(trades, market).into_iter();
        (group, split.map(|(name, trades)| (name, ExcursionFigures::new(&trades))).collect())
    });
    let all: Vec<&TradeDetail> = trades.iter().collect();
    Excursions {
        all: ExcursionFigures::new(&all),
        distribution: RDistribution::new(trades),
        legs: Legs::new(trades),
        groups: groups.into(),
    }
}

#[cfg(test)]
mod tests;
