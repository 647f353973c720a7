//! What trading itself costs: slippage, fees, and what they turn from win to loss.

use super::by_session::{MeanBySession, MeanSums};
use super::excursions::{DetailGroup, GroupSums, Grouped};
use crate::domain::{Market, Outcome, TradeDetail};
use crate::stats::{Undefined, quantile, sorted};

/// The results of a set of trades, before costs or after them, in the account's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Σ of all results.
    pub pnl: f64,
    /// Trades that won.
    pub wins: u64,
    /// Σ of the results of those that won, 0 or above.
    pub won: f64,
    /// Σ of the results of those that lost, 0 or below.
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
    /// Their results before costs.
    pub gross: Sums,
    /// Their results after costs.
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

/// What is looked at of a trade.
#[derive(Clone, Copy, Debug)]
struct Seen {
    session: i32,
    pnl: f64,
    outcome: Outcome,
    costs: Option<f64>,
    position: Option<f64>,
    gross_frac: f64,
    /// What the result before costs counts as, where they are on record.
    before_costs: Outcome,
    entry: Option<f64>,
    exit: Option<(f64, bool)>,
}

impl Seen {
    fn of(trade: &TradeDetail, market: &Market) -> Self {
        let gross_frac = trade.gross_frac();
        let before_costs = trade.gross().map_or(trade.outcome, |before| market.outcome(before, gross_frac));
        Self {
            session: trade.session,
            pnl: trade.pnl,
            outcome: trade.outcome,
            costs: trade.costs,
            position: trade.position,
            gross_frac,
            before_costs,
            entry: trade.entry_slippage(),
            exit: trade.exit_slippage(),
        }
    }
}

/// Entry and exit against their levels: those of [`Seen`].
type Slippage = (Option<f64>, Option<(f64, bool)>);

/// The trades whose position is known: where its thirds end is known after the last, and they can be a million.
#[derive(Clone, Debug, Default)]
struct SizedTrades {
    trades: Vec<SizedTrade>,
    /// Of those that have one of them.
    slippage: Vec<Slippage>,
}

/// What is held of one of them: that of [`Seen`] in half of the room.
#[derive(Clone, Copy, Debug)]
struct SizedTrade {
    position: f64,
    pnl: f64,
    gross_frac: f64,
    /// 0 where they are not on record.
    costs: f64,
    session: i32,
    outcome: Outcome,
    before_costs: Outcome,
    has_costs: bool,
    has_slippage: bool,
}

impl SizedTrades {
    fn add(&mut self, seen: &Seen) {
        let Some(position) = seen.position else { return };
        let has_slippage = seen.entry.is_some() || seen.exit.is_some();
        self.slippage.extend(has_slippage.then_some((seen.entry, seen.exit)));
        self.trades.push(SizedTrade {
            position,
            pnl: seen.pnl,
            gross_frac: seen.gross_frac,
            costs: seen.costs.unwrap_or_default(),
            session: seen.session,
            outcome: seen.outcome,
            before_costs: seen.before_costs,
            has_costs: seen.costs.is_some(),
            has_slippage,
        });
    }

    /// Each with its position, in the order in which they came.
    fn each(&self) -> impl Iterator<Item = (f64, Seen)> {
        let mut slippage = self.slippage.iter();
        self.trades.iter().map(move |held| {
            let of_trade = if held.has_slippage { slippage.next() } else { None };
            let (entry, exit) = of_trade.copied().unwrap_or_default();
            let seen = Seen {
                session: held.session,
                pnl: held.pnl,
                outcome: held.outcome,
                costs: held.has_costs.then_some(held.costs),
                position: Some(held.position),
                gross_frac: held.gross_frac,
                before_costs: held.before_costs,
                entry,
                exit,
            };
            (held.position, seen)
        })
    }
}

/// What [`ExecutionFigures`] are made of, added up trade by trade.
#[derive(Clone, Debug, Default)]
struct FigureSums {
    trades: u64,
    with_costs: u64,
    gross: Sums,
    net: Sums,
    costs: f64,
    turned: u64,
    turned_gross: f64,
    cost_frac: MeanSums,
    gross_frac: MeanSums,
    /// Entry, exit at a stop, exit at a target.
    slippage: [MeanSums; 3],
}

impl FigureSums {
    fn add(&mut self, trade: &Seen) {
        let session = trade.session;
        self.trades += 1;
        if let Some(cost) = trade.costs {
            let before = trade.pnl + cost;
            self.with_costs += 1;
            self.costs += cost;
            self.gross.add(before, trade.before_costs);
            self.net.add(trade.pnl, trade.outcome);
            if trade.before_costs == Outcome::Win && trade.outcome == Outcome::Loss {
                self.turned += 1;
                self.turned_gross += before;
            }
        }
        let of_position = trade.costs.zip(trade.position.filter(|position| *position > 0.0));
        self.cost_frac.add_value(session, of_position.map(|(costs, position)| costs / position));
        self.gross_frac.add_value(session, trade.costs.map(|_| trade.gross_frac));
        let at_level = |stop: bool| trade.exit.filter(|(_, at)| *at == stop).map(|(cost, _)| cost);
        let slippage = [trade.entry, at_level(true), at_level(false)];
        self.slippage.iter_mut().zip(slippage).for_each(|(mean, value)| mean.add_value(session, value));
    }

    fn finish(&self) -> ExecutionFigures {
        let [entry_slippage, stop_slippage, target_slippage] = self.slippage.each_ref().map(MeanSums::finish);
        ExecutionFigures {
            trades: self.trades,
            with_costs: self.with_costs,
            gross: self.gross,
            net: self.net,
            costs: self.costs,
            turned: self.turned,
            turned_gross: self.turned_gross,
            cost_frac: self.cost_frac.finish(),
            gross_frac: self.gross_frac.finish(),
            entry_slippage,
            stop_slippage,
            target_slippage,
        }
    }
}

/// What the costs of trading are made of, added up trade by trade.
#[derive(Clone, Debug)]
pub struct ExecutionSums {
    all: FigureSums,
    groups: GroupSums<FigureSums>,
    sized: SizedTrades,
}

impl Default for ExecutionSums {
    fn default() -> Self {
        let by = [DetailGroup::Hour, DetailGroup::Symbol, DetailGroup::Side, DetailGroup::Setup];
        Self { all: FigureSums::default(), groups: GroupSums::new(&by), sized: SizedTrades::default() }
    }
}

impl ExecutionSums {
    /// Adds a trade; they come in the order of their exits.
    pub fn add(&mut self, trade: &TradeDetail, market: &Market) {
        let seen = Seen::of(trade, market);
        self.all.add(&seen);
        self.groups.add(trade, market, |sums| sums.add(&seen));
        self.sized.add(&seen);
    }

    /// The figures.
    pub fn finish(self) -> Execution {
        Execution {
            all: self.all.finish(),
            groups: self.groups.finish(FigureSums::finish),
            sizes: sizes(&self.sized),
        }
    }
}

fn sizes(sized: &SizedTrades) -> Vec<SizeThird> {
    let positions = sorted(sized.trades.iter().map(|trade| trade.position));
    let cut = |share| quantile(&positions, share).unwrap_or_default();
    let cuts = [cut(1.0 / 3.0), cut(2.0 / 3.0), cut(1.0)];
    // Thirds of one size say nothing.
    if cuts[0] <= 0.0 || cuts[2] < 1.05 * cuts[0] {
        return Vec::new();
    }
    let mut low = f64::NEG_INFINITY;
    let third = |up_to: f64| {
        let mut sums = FigureSums::default();
        let inside = sized.each().filter(|(size, _)| *size > low && *size <= up_to);
        inside.for_each(|(_, trade)| sums.add(&trade));
        low = up_to;
        SizeThird { up_to, figures: sums.finish() }
    };
    cuts.map(third).into()
}
