//! What an engine's trades come to: what one makes after costs, what the costs are, and which group carries the result.

use std::collections::BTreeMap;

use super::Clustered;
use crate::domain::Date;
use crate::stats::{benjamini_hochberg, two_sided};

/// Trades and sessions that a group needs to be judged.
const NEEDED: (u64, u64) = (30, 5);

/// Of the groups that are named on results without any difference, at most this share of reports has one.
const FALSE_SHARE: f64 = 0.05;

/// Groups that are kept at most; what comes later is not judged.
const GROUPS_MAX: usize = 2_000;

/// Sums of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    frac: f64,
    trades: f64,
}

/// What the trades of a group come to.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupResult {
    /// Such as `setup orb, first two hours`.
    pub name: String,
    /// Trades.
    pub n: u64,
    /// Mean result of a trade after costs, a fraction of its position.
    pub mean: f64,
    /// Its 95 % interval by session.
    pub interval: (f64, f64),
}

/// A trade as it is added.
#[derive(Clone, Debug)]
pub struct EngineTrade<'a> {
    /// Its session.
    pub date: Date,
    /// Net result in the account's currency.
    pub net: f64,
    /// Net result as a fraction of the position.
    pub frac: f64,
    /// Fees in the account's currency, where they are on record.
    pub fees: Option<f64>,
    /// The groups that it is in.
    pub groups: &'a [String],
}

/// A running total of trades.
#[derive(Clone, Debug, Default)]
pub struct EngineResults {
    /// Trades.
    pub n: u64,
    /// Net result in the account's currency.
    pub net: f64,
    /// Recorded fees, in the account's currency.
    pub fees: f64,
    /// Trades without fees on record.
    pub without_fees: u64,
    sessions: BTreeMap<Date, Sums>,
    groups: BTreeMap<String, BTreeMap<Date, Sums>>,
}

impl EngineResults {
    /// Adds a trade.
    pub fn add(&mut self, trade: &EngineTrade<'_>) {
        self.n += 1;
        self.net += trade.net;
        self.fees += trade.fees.unwrap_or(0.0);
        self.without_fees += u64::from(trade.fees.is_none());
        let add = |sums: &mut Sums| {
            sums.frac += trade.frac;
            sums.trades += 1.0;
        };
        add(self.sessions.entry(trade.date).or_default());
        for name in trade.groups {
            if self.groups.len() < GROUPS_MAX || self.groups.contains_key(name) {
                add(self.groups.entry(name.clone()).or_default().entry(trade.date).or_default());
            }
        }
    }

    /// The result before recorded fees, in the account's currency.
    pub fn gross(&self) -> f64 {
        self.net + self.fees
    }

    /// The mean result of a trade after costs with its 95 % interval by session, fractions of the position; none below
    /// two sessions.
    pub fn expectancy(&self) -> Option<(f64, (f64, f64))> {
        let found = Clustered::of(self.sessions.values().map(|day| (day.frac, day.trades))).ok()?;
        Some((found.value, found.interval()))
    }

    /// Groups whose mean result differs clearly from zero, the losing ones and the winning ones, each with the one that
    /// makes the largest sum first. All groups are judged together (Benjamini and Hochberg 1995).
    pub fn clear_groups(&self) -> (Vec<GroupResult>, Vec<GroupResult>) {
        let mut judged: Vec<(GroupResult, f64)> = Vec::new();
        for (name, days) in &self.groups {
            let n = days.values().map(|day| day.trades).sum::<f64>() as u64;
            let Ok(found) = Clustered::of(days.values().map(|day| (day.frac, day.trades))) else { continue };
            // What nearly all trades are in is no group.
            if n < NEEDED.0 || found.days < NEEDED.1 || n * 10 > self.n * 9 || found.variance <= 0.0 {
                continue;
            }
            let p = two_sided(found.value / found.variance.sqrt(), found.days as f64 - 1.0);
            let group = GroupResult { name: name.clone(), n, mean: found.value, interval: found.interval() };
            judged.push((group, p));
        }
        let p: Vec<f64> = judged.iter().map(|(_, p)| *p).collect();
        let named = benjamini_hochberg(&p, FALSE_SHARE);
        let (mut losing, mut winning): (Vec<GroupResult>, Vec<GroupResult>) =
            named.into_iter().map(|at| judged[at].0.clone()).partition(|group| group.mean < 0.0);
        let sum = |group: &GroupResult| (group.mean * group.n as f64).abs();
        for groups in [&mut losing, &mut winning] {
            groups.sort_by(|a, b| sum(b).total_cmp(&sum(a)).then_with(|| a.name.cmp(&b.name)));
        }
        (losing, winning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loses_what_it_costs_and_which_group_carries_it() {
        let mut results = EngineResults::default();
        for day in 0..40u64 {
            let date = Date::from_num_days_from_ce_opt(739_000 + day as i32).unwrap();
            for n in 0..20u64 {
                let bad = n < 8;
                let noise = ((day * 7 + n * 13) % 11) as f64 / 11.0 - 0.5;
                let frac = if bad { -0.004 } else { 0.0004 } + 0.002 * noise;
                let groups = [format!("regime {}", if bad { "volatile" } else { "trend" })];
                results.add(&EngineTrade {
                    date,
                    net: 1000.0 * frac,
                    frac,
                    fees: Some(0.5),
                    groups: &groups,
                });
            }
        }
        let (mean, (low, high)) = results.expectancy().unwrap();
        assert!(mean < 0.0 && low < mean && high < 0.0);
        assert_eq!((results.n, results.fees, results.without_fees), (800, 400.0, 0));
        assert!((results.gross() - results.net - 400.0).abs() < 1e-9);
        let (losing, winning) = results.clear_groups();
        assert_eq!((losing[0].name.as_str(), losing[0].n), ("regime volatile", 320));
        assert!(losing[0].interval.1 < 0.0);
        assert!(winning.iter().all(|group| group.name == "regime trend"));
    }
}
