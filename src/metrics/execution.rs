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

/// The trades whose position is known: where its thirds end is known after the last, and they can be a million. What is held of
/// one is what [`Seen`] says in less than half of the room: in columns, and sessions by how many follow on one another.
#[derive(Clone, Debug, Default)]
struct SizedTrades {
    positions: Vec<f64>,
    pnl: Vec<f64>,
    gross_frac: Vec<f64>,
    kinds: Vec<Kind>,
    /// Of those that have them on record.
    costs: Vec<f64>,
    /// Of those that have one of them.
    slippage: Vec<Slippage>,
    sessions: Vec<(i32, usize)>,
}

/// What a trade counts as, after costs and before them, and what is on record of it.
#[derive(Clone, Copy, Debug)]
struct Kind(u8);

impl Kind {
    const OUTCOMES: [Outcome; 3] = [Outcome::Win, Outcome::Loss, Outcome::Scratch];

    fn new(outcomes: [Outcome; 2], flags: [bool; 2]) -> Self {
        let of =
            |outcome| Self::OUTCOMES.iter().position(|known| *known == outcome).unwrap_or_default() as u8;
        let [after, before] = outcomes.map(of);
        let [costs, slippage] = flags.map(u8::from);
        Self(after | before << 2 | costs << 4 | slippage << 5)
    }

    fn outcomes(self) -> [Outcome; 2] {
        [self.0, self.0 >> 2].map(|place| Self::OUTCOMES[usize::from(place & 3) % Self::OUTCOMES.len()])
    }

    /// Whether costs and slippage are on record.
    fn flags(self) -> [bool; 2] {
        [self.0 >> 4 & 1 == 1, self.0 >> 5 & 1 == 1]
    }
}

impl SizedTrades {
    fn add(&mut self, seen: &Seen) {
        let Some(position) = seen.position else { return };
        let has_slippage = seen.entry.is_some() || seen.exit.is_some();
        self.slippage.extend(has_slippage.then_some((seen.entry, seen.exit)));
        self.positions.push(position);
        self.pnl.push(seen.pnl);
        self.gross_frac.push(seen.gross_frac);
        self.costs.extend(seen.costs);
        self.kinds.push(Kind::new([seen.outcome, seen.before_costs], [seen.costs.is_some(), has_slippage]));
        match self.sessions.last_mut() {
            Some((session, trades)) if *session == seen.session => *trades += 1,
            _ => self.sessions.push((seen.session, 1)),
        }
    }

    /// Each with its position, in the order in which they came.
    fn each(&self) -> impl Iterator<Item = (f64, Seen)> {
        let (mut slippage, mut costs) = (self.slippage.iter(), self.costs.iter());
        let sessions =
            self.sessions.iter().flat_map(|(session, trades)| std::iter::repeat_n(*session, *trades));
        let results = self.pnl.iter().zip(&self.gross_frac);
        let trades = self.positions.iter().zip(results).zip(&self.kinds).zip(sessions);
        trades.map(move |(((position, (pnl, gross_frac)), kind), session)| {
            let ([outcome, before_costs], [has_costs, has_slippage]) = (kind.outcomes(), kind.flags());
            let costs = if has_costs { costs.next().copied() } else { None };
            let of_trade = if has_slippage { slippage.next() } else { None };
            let (entry, exit) = of_trade.copied().unwrap_or_default();
            let (pnl, gross_frac) = (*pnl, *gross_frac);
            let position = *position;
            let seen = Seen {
                session,
                pnl,
                outcome,
                costs,
                position: Some(position),
                gross_frac,
                before_costs,
                entry,
                exit,
            };
            (position, seen)
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
    let positions = sorted(sized.positions.iter().copied());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_of_a_trade_is_what_was_seen_of_it() {
        let mut held = SizedTrades::default();
        let mut wanted = Vec::new();
        for at in 0..200 {
            let of = |every: i32| at % every == 0;
            let seen = Seen {
                session: 730_000 + at / 7,
                pnl: f64::from(at),
                outcome: Kind::OUTCOMES[at as usize % 3],
                costs: of(2).then_some(f64::from(-at)),
                position: (!of(5)).then_some(f64::from(at) + 0.5),
                gross_frac: f64::from(at) / 9.0,
                before_costs: Kind::OUTCOMES[at as usize / 3 % 3],
                entry: of(3).then_some(0.25),
                exit: of(4).then_some((f64::from(at), of(8))),
            };
            held.add(&seen);
            wanted.extend(seen.position.map(|position| format!("{:?}", (position, seen))));
        }
        let found: Vec<String> = held.each().map(|held| format!("{held:?}")).collect();
        assert_eq!(found, wanted);
    }
}
