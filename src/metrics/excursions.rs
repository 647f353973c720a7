//! Results in R, and how far trades ran for and against: do entries find something, do exits keep it?

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use smol_str::SmolStr;

use super::by_session::{MeanBySession, MeanSums};
use super::group::hour_of;
use super::legs::Legs;
use crate::domain::{Market, Outcome, TimeOfDay, Timestamp, TradeDetail};
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
    /// Mean MFE in R, 0 or above.
    pub mfe_r: MeanBySession,
    /// Mean MAE in R, 0 or below.
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

/// What [`ExcursionFigures`] are made of, added up trade by trade.
#[derive(Clone, Debug, Default)]
struct FigureSums {
    trades: u64,
    /// In the order of the figures.
    means: [MeanSums; 10],
}

/// A trade's part in each of the means of [`ExcursionFigures`].
fn parts(trade: &TradeDetail) -> [Option<(f64, f64)>; 10] {
    let (risk, excursions) = (trade.risk_frac(), trade.excursions());
    let one = |value: f64| (value, 1.0);
    // An exit beyond the best price that was recorded is an excursion too.
    let kept = trade.gross_frac();
    let gross = excursions.map(|(_, mfe)| (kept, mfe.max(kept)));
    let round_trip = || {
        let best = excursions?.1 / risk?;
        (best >= 1.0).then_some(if trade.outcome == Outcome::Loss { 1.0 } else { 0.0 })
    };
    [
        Some(one(trade.pnl_frac)),
        risk.map(|risk| one(trade.pnl_frac / risk)),
        excursions.zip(risk).map(|((_, mfe), risk)| one(mfe / risk)),
        excursions.zip(risk).map(|((mae, _), risk)| one(mae / risk)),
        excursions.map(|(_, mfe)| one(mfe)),
        excursions.map(|(mae, _)| one(mae)),
        excursions.map(|(mae, mfe)| (mfe, -mae)),
        gross,
        gross.map(|(kept, best)| one(best - kept)),
        round_trip().map(one),
    ]
}

impl FigureSums {
    fn add(&mut self, session: i32, parts: &[Option<(f64, f64)>; 10]) {
        self.trades += 1;
        self.means.iter_mut().zip(parts).for_each(|(mean, part)| mean.add(session, *part));
    }

    fn finish(&self) -> ExcursionFigures {
        let [net, net_r, mfe_r, mae_r, mfe, mae, edge, kept, given, trips] =
            self.means.each_ref().map(MeanSums::finish);
        ExcursionFigures {
            trades: self.trades,
            expectancy_frac: net,
            expectancy_r: net_r,
            mfe_r,
            mae_r,
            mfe_frac: mfe,
            mae_frac: mae,
            edge_ratio: edge,
            exit_efficiency: kept,
            give_back_frac: given,
            round_trips: trips,
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
    /// Mean of the winners in R, above 0; none without one.
    pub mean_win: Option<f64>,
    /// Mean of the losers in R, below 0; none without one.
    pub mean_loss: Option<f64>,
}

/// The shares of [`RDistribution::points`].
pub const R_POINTS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

const BAND_FIRST: i32 = -6;
const BAND_LAST: i32 = 10;

/// What an [`RDistribution`] is made of.
#[derive(Clone, Debug, Default)]
struct RSums {
    values: Vec<f64>,
    /// Σ and number of the winners and of the losers.
    won: (f64, u64),
    lost: (f64, u64),
}

impl RSums {
    fn add(&mut self, trade: &TradeDetail) {
        let Some(r) = trade.r().filter(|r| r.is_finite()) else { return };
        self.values.push(r);
        match trade.outcome {
            Outcome::Win => self.won = (self.won.0 + r, self.won.1 + 1),
            Outcome::Loss => self.lost = (self.lost.0 + r, self.lost.1 + 1),
            Outcome::Scratch => {}
        }
    }

    fn finish(self) -> RDistribution {
        let values = sorted(self.values);
        let band = |r: f64| ((r * 2.0).floor() as i32).clamp(BAND_FIRST - 1, BAND_LAST);
        let bands = (BAND_FIRST - 1..=BAND_LAST)
            .map(|at| RBand {
                from_halves: (at >= BAND_FIRST).then_some(at),
                n: values.iter().filter(|r| band(**r) == at).count() as u64,
            })
            .collect();
        let mean = |(sum, n): (f64, u64)| (n > 0).then(|| sum / n as f64);
        let points = R_POINTS.map(|share| quantile(&values, share));
        RDistribution {
            n: values.len() as u64,
            points: points.iter().all(Option::is_some).then(|| points.map(Option::unwrap_or_default)),
            bands,
            mean_win: mean(self.won),
            mean_loss: mean(self.lost),
        }
    }
}

/// A trade as a point of worst and best excursion.
#[derive(Clone, Debug, PartialEq)]
pub struct ExcursionPoint {
    /// What was traded.
    pub symbol: SmolStr,
    /// When it was closed.
    pub exit_time: Timestamp,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// Worst excursion, 0 or below, a fraction of the position.
    pub mae_frac: f64,
    /// Best excursion, 0 or above, likewise.
    pub mfe_frac: f64,
    /// Whether it counts as won.
    pub won: bool,
}

impl ExcursionPoint {
    /// None where the excursions are not on record, or impossible.
    pub fn of(trade: &TradeDetail) -> Option<Self> {
        let (mae_frac, mfe_frac) = trade.excursions()?;
        let (symbol, won) = (trade.symbol.clone(), trade.outcome == Outcome::Win);
        Some(Self { symbol, exit_time: trade.exit_time, pnl_frac: trade.pnl_frac, mae_frac, mfe_frac, won })
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
}

/// Sums of each group of several groupings.
#[derive(Clone, Debug)]
pub(super) struct GroupSums<S> {
    groups: Vec<(DetailGroup, BTreeMap<String, S>)>,
}

impl<S: Default> GroupSums<S> {
    pub(super) fn new(by: &[DetailGroup]) -> Self {
        Self { groups: by.iter().map(|group| (*group, BTreeMap::new())).collect() }
    }

    /// Adds to the group of a trade in each grouping.
    pub(super) fn add(&mut self, trade: &TradeDetail, market: &Market, add: impl Fn(&mut S)) {
        for (group, sums) in &mut self.groups {
            let name = group.of(trade, market);
            match sums.get_mut(&*name) {
                Some(sums) => add(sums),
                None => add(sums.entry(name.into_owned()).or_default()),
            }
        }
    }

    pub(super) fn finish<T>(self, finish: impl Fn(&S) -> T) -> Grouped<T> {
        let of_group = |sums: BTreeMap<String, S>| {
            sums.into_iter().map(|(name, sums)| (name, finish(&sums))).collect::<Vec<_>>()
        };
        self.groups.into_iter().map(|(group, sums)| (group, of_group(sums))).collect()
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

/// What excursions are made of, added up trade by trade.
#[derive(Clone, Debug)]
pub struct ExcursionSums {
    all: FigureSums,
    distribution: RSums,
    groups: GroupSums<FigureSums>,
    /// Positions of which a further exit was seen.
    in_parts: HashSet<SmolStr>,
}

impl Default for ExcursionSums {
    fn default() -> Self {
        let by = [
            DetailGroup::Setup,
            DetailGroup::Symbol,
            DetailGroup::Side,
            DetailGroup::ExitReason,
            DetailGroup::TimeOfDay,
        ];
        Self {
            all: FigureSums::default(),
            distribution: RSums::default(),
            groups: GroupSums::new(&by),
            in_parts: HashSet::new(),
        }
    }
}

impl ExcursionSums {
    /// Adds a trade; they come in the order of their exits.
    pub fn add(&mut self, trade: &TradeDetail, market: &Market) {
        let parts = parts(trade);
        self.all.add(trade.session, &parts);
        self.distribution.add(trade);
        self.groups.add(trade, market, |sums| sums.add(trade.session, &parts));
        if trade.leg > 1 {
            self.in_parts.insert(trade.position_id.clone());
        }
    }

    /// The positions that were closed in parts, as far as the trades show: those whose trades [`Self::finish`] asks for.
    pub fn in_parts(&self) -> &HashSet<SmolStr> {
        &self.in_parts
    }

    /// The figures; `of_positions` are the trades of [`Self::in_parts`], others among them do not matter.
    pub fn finish(self, of_positions: &[TradeDetail]) -> Excursions {
        Excursions {
            all: self.all.finish(),
            distribution: self.distribution.finish(),
            legs: Legs::new(of_positions),
            groups: self.groups.finish(FigureSums::finish),
        }
    }
}

#[cfg(test)]
mod tests;
