//! What the signals that were not traded would have brought, whole and by group.

use std::collections::BTreeMap;

use super::catalog::win_rate::{WinRate, win_rate};
use super::mean_interval::mean_interval;
use super::{ExactSum, Undefined};
use crate::domain::{Market, MissedSignal, Outcome, TimeOfDay, UNKNOWN};

/// A way of grouping missed signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named after what it groups by")]
pub enum MissedDimension {
    Reason,
    Symbol,
    Confidence,
    Regime,
    TimeOfDay,
    Desk,
}

impl MissedDimension {
    /// Every way in which the signals of one store are grouped, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Reason, Self::Symbol, Self::Confidence, Self::Regime, Self::TimeOfDay];

    /// The key in files and payloads.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Reason => "by_reason",
            Self::Symbol => "by_symbol",
            Self::Confidence => "by_confidence",
            Self::Regime => "by_regime",
            Self::TimeOfDay => "by_time_of_day",
            Self::Desk => "by_desk",
        }
    }

    /// The heading in a table.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Reason => "Reason",
            Self::Symbol => "Symbol",
            Self::Confidence => "Confidence",
            Self::Regime => "Regime",
            Self::TimeOfDay => "Time of day",
            Self::Desk => "Desk",
        }
    }

    /// The group of a signal; none where its record does not say it.
    fn of(self, signal: &MissedSignal, market: &Market) -> Option<String> {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        Some(match self {
            Self::Desk => return None,
            Self::Reason => known(&signal.reason_not_traded),
            Self::Symbol => signal.symbol.clone(),
            Self::Confidence => (((signal.confidence * 10.0) as u32).min(9) * 10).to_string(),
            Self::Regime => known(&signal.regime),
            Self::TimeOfDay => {
                let calendar = market.of_symbol(&signal.symbol);
                TimeOfDay::of(calendar, Some(signal.timestamp)).as_str().to_owned()
            }
        })
    }
}

/// Sums over resolved signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissedGroupTotals {
    /// Resolved signals.
    pub n: u64,
    /// Those whose hypothetical result after costs is above zero, and above the break-even band: as trades are counted.
    pub wins: u64,
    /// Those whose hypothetical result is below zero and below the band.
    pub losses: u64,
    sum: ExactSum,
    squares: ExactSum,
    to_close: ExactSum,
    usd: ExactSum,
}

impl MissedGroupTotals {
    fn add(&mut self, result: f64, held_to_close: f64, outcome: Outcome) {
        self.to_close.add(held_to_close);
        self.n += 1;
        self.wins += u64::from(outcome == Outcome::Win);
        self.losses += u64::from(outcome == Outcome::Loss);
        self.sum.add(result);
        self.squares.add(result * result);
    }

    /// The share that would have won, with its interval.
    ///
    /// # Errors
    /// [`Undefined::NoTrades`].
    pub fn win_rate(&self) -> Result<WinRate, Undefined> {
        win_rate(self.wins, self.n)
    }

    /// The sum of results, as fractions of a position.
    ///
    /// # Errors
    /// [`Undefined::Overflow`].
    pub fn total(&self) -> Result<f64, Undefined> {
        self.sum.value()
    }

    fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.wins += other.wins;
        self.losses += other.losses;
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
        self.to_close.merge(other.to_close);
        self.usd.merge(other.usd);
    }

    /// What its results come to at a position size, in the account's currency.
    fn value_at(&mut self, size_usd: f64) {
        self.usd = ExactSum::default();
        self.sum.value().iter().for_each(|total| self.usd.add(total * size_usd));
    }

    /// The sum of results in the account's currency, each at the position size of its desk.
    ///
    /// # Errors
    /// [`Undefined::Overflow`].
    pub fn total_usd(&self) -> Result<f64, Undefined> {
        self.sum.value().and_then(|_| self.usd.value())
    }

    /// The mean result after costs, a fraction.
    ///
    /// # Errors
    /// [`Undefined::NoTrades`].
    pub fn mean(&self) -> Result<f64, Undefined> {
        super::catalog::expectancy::mean(self.sum, self.n, Undefined::NoTrades)
    }

    /// The mean result with every position held to the close unless stop or target closed it, a fraction.
    ///
    /// # Errors
    /// [`Undefined::NoTrades`].
    pub fn mean_to_close(&self) -> Result<f64, Undefined> {
        super::catalog::expectancy::mean(self.to_close, self.n, Undefined::NoTrades)
    }

    /// The mean result after costs with its 95 % interval, fractions.
    ///
    /// # Errors
    /// [`Undefined::TooFewSignals`] below 5.
    pub fn mean_interval(&self) -> Result<(f64, f64, f64), Undefined> {
        mean_interval(self.sum, self.squares, self.n)
    }
}

/// After how many minutes positions are left that no level closes (none for at the close), and how many of them.
pub type HoldCounts = BTreeMap<Option<u64>, u64>;

/// Everything about a set of missed signals.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MissedTotals {
    /// All signals, whatever their state.
    pub total: u64,
    /// Those that wait for prices.
    pub pending: u64,
    /// Those for which no prices came.
    pub unresolvable: u64,
    /// The resolved ones.
    pub all: MissedGroupTotals,
    /// How the resolved ones are left.
    pub holds: HoldCounts,
    /// Resolved signals of which no costs are known.
    pub without_costs: u64,
    costs: ExactSum,
    /// The smallest and the largest position size at which they are valued, in the account's currency.
    pub sizes_usd: Option<(f64, f64)>,
    groups: BTreeMap<MissedDimension, BTreeMap<String, MissedGroupTotals>>,
    /// Only some of the signals are in it: those that a filter took.
    pub is_part: bool,
}

impl MissedTotals {
    /// Adds a signal that was resolved with `result` under its policy and so much where it was held to the close,
    /// fractions before costs; `hold_minutes` is when the policy leaves a position that no level closes, `costs` what a round
    /// trip costs, a fraction, where that is known.
    pub fn add_resolved(
        &mut self,
        market: &Market,
        signal: &MissedSignal,
        (result, held_to_close): (f64, f64),
        hold_minutes: Option<f64>,
        costs: Option<f64>,
    ) {
        let paid = costs.unwrap_or(0.0);
        let (result, held_to_close) = (result - paid, held_to_close - paid);
        let outcome = market.outcome(result, result);
        self.total += 1;
        self.costs.add(paid);
        self.without_costs += u64::from(costs.is_none());
        self.all.add(result, held_to_close, outcome);
        *self.holds.entry(hold_minutes.map(|minutes| minutes.round() as u64)).or_default() += 1;
        for dimension in MissedDimension::ALL {
            let groups = self.groups.entry(dimension).or_default();
            if let Some(name) = dimension.of(signal, market) {
                groups.entry(name).or_default().add(result, held_to_close, outcome);
            }
        }
    }

    /// What a round trip costs those of which costs are known, in the mean, a fraction; none where there are none.
    pub fn mean_costs(&self) -> Option<f64> {
        let with = self.all.n - self.without_costs;
        self.costs.value().ok().filter(|_| with > 0).map(|costs| costs / with as f64)
    }

    /// Values the signals of one store at its position size.
    pub fn value_at(&mut self, size_usd: f64) {
        self.sizes_usd = Some((size_usd, size_usd));
        self.all.value_at(size_usd);
        self.groups.values_mut().flat_map(BTreeMap::values_mut).for_each(|group| group.value_at(size_usd));
    }

    /// These signals as those of one of several desks.
    #[must_use]
    pub fn of_desk(mut self, name: &str) -> Self {
        if self.all.n > 0 {
            self.groups.insert(MissedDimension::Desk, [(name.to_owned(), self.all)].into());
        }
        self
    }

    /// Adds the signals of other desks.
    pub fn merge(&mut self, other: Self) {
        self.is_part |= other.is_part;
        self.total += other.total;
        self.pending += other.pending;
        self.unresolvable += other.unresolvable;
        self.without_costs += other.without_costs;
        self.costs.merge(other.costs);
        self.all.merge(&other.all);
        for (minutes, n) in other.holds {
            *self.holds.entry(minutes).or_default() += n;
        }
        for (dimension, groups) in other.groups {
            let mine = self.groups.entry(dimension).or_default();
            groups.iter().for_each(|(name, group)| mine.entry(name.clone()).or_default().merge(group));
        }
        self.sizes_usd = match (self.sizes_usd, other.sizes_usd) {
            (Some(mine), Some(theirs)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
            (mine, theirs) => mine.or(theirs),
        };
    }

    /// Whether they are of several desks.
    pub fn is_of_desks(&self) -> bool {
        self.groups.contains_key(&MissedDimension::Desk)
    }

    /// The groupings that are told, in the order of reports.
    pub fn dimensions(&self) -> impl Iterator<Item = MissedDimension> {
        MissedDimension::ALL.into_iter().chain(self.is_of_desks().then_some(MissedDimension::Desk))
    }

    /// The groups of a grouping, by name.
    pub fn groups(&self, dimension: MissedDimension) -> impl Iterator<Item = (&String, &MissedGroupTotals)> {
        self.groups.get(&dimension).into_iter().flatten()
    }
}
