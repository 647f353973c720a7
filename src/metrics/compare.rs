//! Two groups of trades, or of missed signals, against each other.

use std::collections::BTreeMap;

use chrono::Datelike;

use crate::domain::{Market, Outcome, TradeDetail};
use crate::stats::evidence::{ENOUGH, LabelTest};
use crate::stats::{Clustered, Undefined, e_benjamini_hochberg};

/// Records that a side needs for a word.
const LEAST_RECORDS: u64 = 30;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Share of trades that won.
    WinRate,
    /// Mean net result, a fraction of the position.
    ExpectancyPct,
    /// Mean net result in the account's currency.
    ExpectancyUsd,
    /// Mean net result over the risk at entry.
    ExpectancyR,
    /// Mean costs, a fraction of the position.
    Costs,
    /// Mean of the entry against the signal's price, a fraction, above 0 where the fill was worse.
    EntrySlippage,
    /// The same of the exit against the stop that closed it.
    StopSlippage,
    /// The same against the target.
    TargetSlippage,
    /// Mean best excursion over the risk at entry.
    MfeR,
    /// Mean worst excursion over the risk at entry, 0 or below.
    MaeR,
    /// Mean of the best excursion less the result before costs, a fraction of the position.
    GiveBack,
}

impl Compared {
    /// What results are compared by, in the order of reports.
    pub const ALL: [Self; 4] = [Self::WinRate, Self::ExpectancyPct, Self::ExpectancyUsd, Self::ExpectancyR];

    /// What fills and costs are compared by.
    pub const OF_EXECUTION: [Self; 5] =
        [Self::Costs, Self::EntrySlippage, Self::StopSlippage, Self::TargetSlippage, Self::ExpectancyPct];

    /// What excursions are compared by.
    pub const OF_EXCURSIONS: [Self; 4] = [Self::ExpectancyR, Self::MfeR, Self::MaeR, Self::GiveBack];

    /// Its key in payloads.
    pub const fn key(self) -> &'static str {
        match self {
            Self::WinRate => "win_rate",
            Self::ExpectancyPct => "expectancy_pct",
            Self::ExpectancyUsd => "expectancy_usd",
            Self::ExpectancyR => "expectancy_r",
            Self::Costs => "cost_pct",
            Self::EntrySlippage => "entry_slippage_pct",
            Self::StopSlippage => "stop_slippage_pct",
            Self::TargetSlippage => "target_slippage_pct",
            Self::MfeR => "mfe_r",
            Self::MaeR => "mae_r",
            Self::GiveBack => "give_back_pct",
        }
    }

    /// Its value of a trade; none where the trade has none.
    pub fn of(self, trade: &TradeDetail) -> Option<f64> {
        match self {
            Self::WinRate => Some(if trade.outcome == Outcome::Win { 1.0 } else { 0.0 }),
            Self::ExpectancyPct => Some(trade.pnl_frac),
            Self::ExpectancyUsd => Some(trade.pnl),
            Self::ExpectancyR => trade.r(),
            Self::Costs => {
                let (costs, position) = trade.costs.zip(trade.position)?;
                (position > 0.0).then(|| costs / position)
            }
            Self::EntrySlippage => trade.entry_slippage(),
            Self::StopSlippage => trade.exit_slippage().filter(|(_, at_stop)| *at_stop).map(|found| found.0),
            Self::TargetSlippage => trade.exit_slippage().filter(|(_, stop)| !*stop).map(|found| found.0),
            Self::MfeR => Some(trade.excursions()?.1 / trade.risk_frac()?),
            Self::MaeR => Some(trade.excursions()?.0 / trade.risk_frac()?),
            Self::GiveBack => trade.excursions().map(|(_, mfe)| (mfe - trade.gross_frac()).max(0.0)),
        }
    }
}

/// What is said of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceVerdict {
    /// The first group is clearly higher.
    Higher,
    /// The first group is clearly lower.
    Lower,
    /// Enough records, and no clear difference.
    Unclear,
    /// Too few records or sessions.
    TooFew,
}

impl DifferenceVerdict {
    /// The verdict on a clear difference.
    pub(crate) fn of_clear(difference: f64) -> Self {
        if difference > 0.0 { Self::Higher } else { Self::Lower }
    }

    /// The word for it in tables and payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Unclear => "unclear",
            Self::TooFew => "too few",
        }
    }
}

/// A figure of two groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub what: Compared,
    /// Mean and number of records of either group; no mean without any.
    pub groups: [(Option<f64>, u64); 2],
    /// The first mean less the second, by session.
    pub difference: Result<Clustered, Undefined>,
    /// The e-value against no difference; none where there is too little to compute it of.
    pub e: Option<f64>,
    /// Whether whole sessions were compared with each other.
    pub between_sessions: bool,
    /// What is said.
    pub verdict: DifferenceVerdict,
}

/// A value of a record and the day of its session.
type Dated = (i32, f64);

/// What a missed signal would have made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MissedResult {
    /// The day of its session, as days since the common era began.
    pub session: i32,
    /// Its hypothetical result after costs, a fraction of the position.
    pub net_frac: f64,
    /// Whether that is a win, as trades count it.
    pub won: bool,
}

/// A group of trades, as far as it is compared.
#[derive(Clone, Debug)]
pub struct ComparedGroup {
    /// What is compared, with its values in the order of exits.
    values: Vec<(Compared, Vec<Dated>)>,
}

impl ComparedGroup {
    /// One without a trade, of which this is told.
    pub fn of(told: &[Compared]) -> Self {
        Self { values: told.iter().map(|what| (*what, Vec::new())).collect() }
    }

    /// Adds a trade; they come in the order of exits.
    pub fn add(&mut self, trade: &TradeDetail, market: &Market) {
        let day = market.trading_date(trade.exit_time).num_days_from_ce();
        for (what, values) in &mut self.values {
            values.extend(what.of(trade).map(|value| (day, value)));
        }
    }
}

/// Compares two groups of trades by what is told of the first. A word needs an e-value that passes among all that is compared, at
/// most one in twenty words by chance (Wang and Ramdas 2022), and 30 trades on either side.
pub fn compare(first: &ComparedGroup, second: &ComparedGroup) -> Vec<Comparison> {
    let both = first.values.iter().zip(&second.values);
    judged(both.map(|((what, first), (_, second))| one(*what, first, second)).collect())
}

/// Compares two groups of missed signals by what each would have made, judged like those of trades.
pub fn compare_missed(first: &[MissedResult], second: &[MissedResult]) -> Vec<Comparison> {
    let dated = |what: Compared, signals: &[MissedResult]| -> Vec<Dated> {
        let value = |signal: &MissedResult| match what {
            Compared::WinRate => f64::from(u8::from(signal.won)),
            _ => signal.net_frac,
        };
        signals.iter().map(|signal| (signal.session, value(signal))).collect()
    };
    let told = [Compared::WinRate, Compared::ExpectancyPct];
    judged(told.map(|what| one(what, &dated(what, first), &dated(what, second))).into())
}

/// Gives a word to what has passed among all that is compared.
fn judged(mut compared: Vec<Comparison>) -> Vec<Comparison> {
    let es: Vec<f64> = compared.iter().map(|found| found.e.unwrap_or(0.0)).collect();
    for at in e_benjamini_hochberg(&es, 1.0 / ENOUGH) {
        let found = &mut compared[at];
        if let (DifferenceVerdict::Unclear, Ok(difference)) = (found.verdict, found.difference) {
            found.verdict = DifferenceVerdict::of_clear(difference.value);
        }
    }
    compared
}

fn one(what: Compared, first: &[Dated], second: &[Dated]) -> Comparison {
    let mut sessions: BTreeMap<i32, Vec<(f64, bool)>> = BTreeMap::new();
    for (records, label) in [(first, true), (second, false)] {
        for (date, value) in records {
            sessions.entry(*date).or_default().push((*value, label));
        }
    }
    let mut test = LabelTest::default();
    sessions.values().for_each(|rows| test.push(rows));
    let cells: Vec<[f64; 4]> = sessions
        .values()
        .map(|rows| {
            rows.iter().fold([0.0; 4], |mut cell, (value, label)| {
                let at = if *label { 0 } else { 2 };
                cell[at] += value;
                cell[at + 1] += 1.0;
                cell
            })
        })
        .collect();
    let group = |at: usize| {
        let (sum, n) = cells.iter().fold((0.0, 0.0), |sum, cell| (sum.0 + cell[at], sum.1 + cell[at + 1]));
        ((n > 0.0).then(|| sum / n), n as u64)
    };
    let groups = [group(0), group(2)];
    let enough = groups.iter().all(|group| group.1 >= LEAST_RECORDS) && test.is_enough();
    Comparison {
        what,
        groups,
        difference: Clustered::contrast(&cells),
        // What has no verdict does not cost the others theirs.
        e: enough.then(|| test.e()),
        between_sessions: test.is_between_sessions(),
        verdict: if enough { DifferenceVerdict::Unclear } else { DifferenceVerdict::TooFew },
    }
}
