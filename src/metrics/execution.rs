//! What trading itself costs: slippage, fees, and what they turn from win to loss.

use super::by_session::MeanBySession;
use super::excursions::{DetailGroup, Grouped};
use crate::domain::{Market, Outcome, TradeDetail};
use crate::stats::{Undefined, quantile, sorted};

/// Before or after costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Result in the account's currency.
    pub pnl: f64,
    /// Trades that won.
    pub wins: u64,
    /// Σ of their results.
    pub won: f64,
    /// Σ of the results of those that lost.
    pub lost: f64,
}

impl Sums {
    fn add(&mut self, pnl: f64, outcome: Outcome) {
        self.pnl += pnl;
        match outcome {
            Outcome::Win => (self.wins, self.won) = (self.wins + 1, self.won + pnl),
            Outcome::Loss => self.lost += pnl,
            Outcome::Scratch => {}
        }
    }

    /// Σ won over |Σ lost|.
    ///
    /// # Errors
    /// [`Undefined::NoLosses`] without a loss.
    pub fn profit_factor(&self) -> Result<f64, Undefined> {
        if self.lost < 0.0 { Ok(self.won / -self.lost) } else { Err(Undefined::NoLosses) }
    }
}

/// What trading cost a set of trades.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionFigures {
    /// Trades.
    pub trades: u64,
    /// Trades whose costs are on record: gross and net are of these.
    pub with_costs: u64,
    /// Before costs.
    pub gross: Sums,
    /// After costs.
    pub net: Sums,
    /// Fees less rebates and funding, in the account's currency.
    pub costs: f64,
    /// Trades that won before costs and lost after.
    pub turned: u64,
    /// What those trades earned before costs.
    pub turned_gross: f64,
    /// Costs as a fraction of the position.
    pub cost_frac: MeanBySession,
    /// Mean result before costs as a fraction of the position: what a round trip may cost before nothing is left.
    pub gross_frac: MeanBySession,
    /// Entry against the signal's price, a fraction, above 0 where the fill was worse.
    pub entry_slippage: MeanBySession,
    /// Exit against the stop that closed it, likewise.
    pub stop_slippage: MeanBySession,
    /// Exit against the target that closed it, likewise.
    pub target_slippage: MeanBySession,
}

impl ExecutionFigures {
    fn new(trades: &[&TradeDetail], market: &Market) -> Self {
        let (mut gross, mut net) = (Sums::default(), Sums::default());
        let (mut with_costs, mut costs, mut turned, mut turned_gross) = (0, 0.0, 0, 0.0);
        for trade in trades {
            let Some((before, cost)) = trade.gross().zip(trade.costs) else { continue };
            with_costs += 1;
            costs += cost;
            let before_costs = market.outcome(before, trade.gross_frac());
            gross.add(before, before_costs);
            net.add(trade.pnl, trade.outcome);
            if before_costs == Outcome::Win && trade.outcome == Outcome::Loss {
                turned += 1;
                turned_gross += before;
            }
        }
        let mean = |value: &dyn Fn(&TradeDetail) -> Option<f64>| {
            MeanBySession::new(trades.iter().copied(), |trade| value(trade).map(|value| (value, 1.0)))
        };
        let at_level = |stop: bool| {
            move |trade: &TradeDetail| {
                trade.exit_slippage().filter(|(_, at)| *at == stop).map(|(cost, _)| cost)
            }
        };
        Self {
            trades: trades.len() as u64,
            with_costs,
            gross,
            net,
            costs,
            turned,
            turned_gross,
            cost_frac: mean(&|trade| Some(trade.costs? / trade.position.filter(|position| *position > 0.0)?)),
            gross_frac: mean(&|trade| trade.costs.map(|_| trade.gross_frac())),
            entry_slippage: mean(&TradeDetail::entry_slippage),
            stop_slippage: mean(&at_level(true)),
            target_slippage: mean(&at_level(false)),
        }
    }

    /// Costs over the result before them.
    ///
    /// # Errors
    /// [`Undefined::NoGross`] where there was none to take them from.
    pub fn cost_share(&self) -> Result<f64, Undefined> {
        if self.gross.pnl > 0.0 { Ok(self.costs / self.gross.pnl) } else { Err(Undefined::NoGross) }
    }
}

/// A third of the trades by the size of their position.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeThird {
    /// Largest position of the third, in the account's currency.
    pub up_to: f64,
    /// Its figures.
    pub figures: ExecutionFigures,
}

/// What trading cost, in all and by group.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// Of all trades.
    pub all: ExecutionFigures,
    /// Of each group.
    pub groups: Grouped<ExecutionFigures>,
    /// By size of the position, the smallest third first; empty where positions hardly differ.
    pub sizes: Vec<SizeThird>,
}

/// What trading cost.
pub fn execution(trades: &[TradeDetail], market: &Market) -> Execution {
    let by = [DetailGroup::Hour, DetailGroup::Symbol, DetailGroup::Side, DetailGroup::Setup];
    let groups = by.map(|group| {
        let split = group.split(trades, market).into_iter();
        (group, split.map(|(name, trades)| (name, ExecutionFigures::new(&trades, market))).collect())
    });
    let all: Vec<&TradeDetail> = trades.iter().collect();
    Execution {
        all: ExecutionFigures::new(&all, market),
        groups: groups.into(),
        sizes: sizes(trades, market),
    }
}

fn sizes(trades: &[TradeDetail], market: &Market) -> Vec<SizeThird> {
    let positions = sorted(trades.iter().filter_map(|trade| trade.position));
    let cut = |share| quantile(&positions, share).unwrap_or_default();
    let cuts = [cut(1.0 / 3.0), cut(2.0 / 3.0), cut(1.0)];
    // Thirds of one size say nothing.
    if cuts[0] <= 0.0 || cuts[2] < 1.05 * cuts[0] {
        return Vec::new();
    }
    let mut low = f64::NEG_INFINITY;
    let third = |up_to: f64| {
        let inside = |trade: &&TradeDetail| trade.position.is_some_and(|size| size > low && size <= up_to);
        let chosen: Vec<&TradeDetail> = trades.iter().filter(inside).collect();
        low = up_to;
        SizeThird { up_to, figures: ExecutionFigures::new(&chosen, market) }
    };
    cuts.map(third).into()
}
