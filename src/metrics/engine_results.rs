//! What an engine's trades come to: what one makes after costs, what the costs are, and which group carries the result.

use std::collections::BTreeMap;

use super::Clustered;
use crate::domain::{Date, Outcome};
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
    /// Of the results as fractions.
    squares: f64,
    won: f64,
    trades: f64,
}

impl Sums {
    fn less(self, other: Self) -> Self {
        Self {
            frac: self.frac - other.frac,
            squares: self.squares - other.squares,
            won: self.won - other.won,
            trades: self.trades - other.trades,
        }
    }

    fn of(sessions: impl Iterator<Item = Self>) -> Self {
        sessions.fold(Self::default(), |sum, day| Self {
            frac: sum.frac + day.frac,
            squares: sum.squares + day.squares,
            won: sum.won + day.won,
            trades: sum.trades + day.trades,
        })
    }
}

/// What a difference between a group and the rest is looked for in.
type Measure = fn(&Sums) -> f64;

/// What the trades of a group come to.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupResult {
    /// Such as `setup orb, first two hours`.
    pub name: String,
    /// Trades.
    pub n: u64,
    /// Mean result of a trade after costs, a fraction of its position.
    pub mean: f64,
    /// The 95 % interval of that mean by session, in the same unit.
    pub interval: (f64, f64),
    /// The mean less that of all other trades.
    pub difference: f64,
    /// The share of its trades that won, and that of all other trades, where that is the clearer of the two differences.
    pub won: Option<(f64, f64)>,
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
    /// What that counts as.
    pub outcome: Outcome,
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
    /// Trades that have no fees on record: `fees` is too low by theirs.
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
            sums.squares += trade.frac * trade.frac;
            sums.won += f64::from(u8::from(trade.outcome == Outcome::Win));
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

    /// Groups of which a trade makes clearly less than the rest or wins clearly less often, and those of which one makes more
    /// or wins more often, each with the one that carries most first. All groups are judged together (Benjamini and Hochberg
    /// 1995).
    pub fn clear_groups(&self) -> (Vec<GroupResult>, Vec<GroupResult>) {
        let judged: Vec<(GroupResult, f64)> =
            self.groups.iter().filter_map(|(name, days)| self.against_the_rest(name, days)).collect();
        let p: Vec<f64> = judged.iter().map(|(_, p)| *p).collect();
        let named = benjamini_hochberg(&p, FALSE_SHARE);
        let (mut worse, mut better): (Vec<GroupResult>, Vec<GroupResult>) =
            named.into_iter().map(|at| judged[at].0.clone()).partition(|group| group.difference < 0.0);
        let carried = |group: &GroupResult| (group.difference * group.n as f64).abs();
        for groups in [&mut worse, &mut better] {
            groups.sort_by(|a, b| carried(b).total_cmp(&carried(a)).then_with(|| a.name.cmp(&b.name)));
        }
        (worse, better)
    }

    /// A group beside all other trades, and the probability of such a difference by chance: of the mean result and of the
    /// share of wins the smaller one, twice, as two were looked at.
    fn against_the_rest(&self, name: &str, days: &BTreeMap<Date, Sums>) -> Option<(GroupResult, f64)> {
        let cells: Vec<(Sums, Sums)> = self
            .sessions
            .iter()
            .map(|(date, all)| {
                let own = days.get(date).copied().unwrap_or_default();
                (own, all.less(own))
            })
            .collect();
        let (own, rest) =
            (Sums::of(cells.iter().map(|cell| cell.0)), Sums::of(cells.iter().map(|cell| cell.1)));
        let (n, sessions) = (own.trades as u64, days.len() as u64);
        if n < NEEDED.0 || sessions < NEEDED.1 || (rest.trades as u64) < NEEDED.0 {
            return None;
        }
        let (difference, p_mean) =
            ratio_difference(&cells, (own, rest), (|sums| sums.frac, |sums| sums.squares));
        // A win squared is a win.
        let (_, p_won) = ratio_difference(&cells, (own, rest), (|sums| sums.won, |sums| sums.won));
        let interval = Clustered::of(days.values().map(|day| (day.frac, day.trades))).ok()?.interval();
        let shares = (own.won / own.trades, rest.won / rest.trades);
        // What wins less often and makes more is neither worse nor better.
        let is_of_wins = p_won < p_mean && (shares.0 - shares.1) * difference > 0.0;
        let p = 2.0 * if is_of_wins { p_won } else { p_mean };
        let (mean, won) = (own.frac / own.trades, is_of_wins.then_some(shares));
        Some((GroupResult { name: name.to_owned(), n, mean, interval, difference, won }, p.min(1.0)))
    }
}

/// The difference of a ratio between a group and the rest, and the probability of such a one by chance: that of two ratios over
/// the same sessions, with the error of the linearised estimator (Cochran 1977, *Sampling Techniques*, 3rd edition, section
/// 6.4) and its degrees of freedom (Welch 1947, *Biometrika* 34(1/2), 28–35). Of a small group that won every trade that error
/// is the rest's alone; so chance must not be likelier with the error of trades that differ in nothing and know nothing of each
/// other: of the two probabilities the larger counts.
fn ratio_difference(
    cells: &[(Sums, Sums)],
    (own, rest): (Sums, Sums),
    (of, square): (Measure, Measure),
) -> (f64, f64) {
    let (value, others) = (of(&own) / own.trades, of(&rest) / rest.trades);
    let part = |day: &Sums, value: f64, all: f64| (of(day) - value * day.trades) / all;
    let of_own = |cell: &(Sums, Sums)| part(&cell.0, value, own.trades);
    let of_rest = |cell: &(Sums, Sums)| part(&cell.1, others, rest.trades);
    let squares = |of: &dyn Fn(&(Sums, Sums)) -> f64| cells.iter().map(|cell| of(cell).powi(2)).sum::<f64>();
    let groups = cells.len() as f64;
    let error = (groups / (groups - 1.0) * squares(&|cell| of_own(cell) - of_rest(cell))).sqrt();
    let all = own.trades + rest.trades;
    let mean = (of(&own) + of(&rest)) / all;
    let spread = ((square(&own) + square(&rest)) / all - mean * mean).max(0.0);
    let plain = (spread * (1.0 / own.trades + 1.0 / rest.trades)).sqrt();
    let with = |of: fn(&(Sums, Sums)) -> f64| cells.iter().filter(|cell| of(cell) > 0.0).count() as f64;
    let (sessions, other_sessions) = (with(|cell| cell.0.trades), with(|cell| cell.1.trades));
    let (a, b) = (squares(&of_own), squares(&of_rest));
    let freedom = (a + b).powi(2) / (a.powi(2) / (sessions - 1.0) + b.powi(2) / (other_sessions - 1.0));
    let difference = value - others;
    let is_known = error > 0.0 && plain > 0.0 && freedom.is_finite() && freedom > 0.0;
    let by_chance = || two_sided(difference / error, freedom).max(two_sided(difference / plain, all - 2.0));
    (difference, if is_known { by_chance() } else { 1.0 })
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
                    outcome: Outcome::of(frac),
                    fees: Some(0.5),
                    groups: &groups,
                });
            }
        }
        let (mean, (low, high)) = results.expectancy().unwrap();
        assert!(mean < 0.0 && low < mean && high < 0.0);
        assert_eq!((results.n, results.fees, results.without_fees), (800, 400.0, 0));
        assert!((results.gross() - results.net - 400.0).abs() < 1e-9);
        let (worse, better) = results.clear_groups();
        assert_eq!((worse[0].name.as_str(), worse[0].n), ("regime volatile", 320));
        assert!(worse[0].interval.1 < 0.0 && (worse[0].difference + 0.0044).abs() < 0.0005);
        assert_eq!(better.len(), 1);
        assert_eq!(better[0].name, "regime trend");
    }

    #[test]
    fn what_wins_less_often_is_worse_where_results_are_too_wild_to_say() {
        let mut results = EngineResults::default();
        for day in 0..60u64 {
            let date = Date::from_num_days_from_ce_opt(739_000 + day as i32).unwrap();
            // A regime of whole days that wins a third of its trades, and the others half; now and then a large result.
            let bad = day % 5 == 0;
            for n in 0..24u64 {
                let draw = (day * 31 + n * 17) % 30;
                let won = draw < if bad { 10 } else { 15 };
                let size = if (day * 7 + n) % 29 == 0 { 0.03 } else { 0.002 };
                let frac = if won { size } else { -size };
                let groups = [format!("regime {}", if bad { "volatile" } else { "trend" })];
                results.add(&EngineTrade {
                    date,
                    net: frac,
                    frac,
                    outcome: Outcome::of(frac),
                    fees: None,
                    groups: &groups,
                });
            }
        }
        let (worse, _) = results.clear_groups();
        assert_eq!(worse[0].name, "regime volatile", "{worse:?}");
        let (own, rest) = worse[0].won.unwrap();
        assert!((own - 1.0 / 3.0).abs() < 0.03 && (rest - 0.5).abs() < 0.03, "{own} {rest}");
    }

    /// Sessions of a group and of the rest, each with the sum of results, the sum of their squares and the trades.
    fn cells(days: &[[(f64, f64, f64); 2]]) -> (Vec<(Sums, Sums)>, (Sums, Sums)) {
        let sums = |(frac, squares, trades): (f64, f64, f64)| Sums { frac, squares, won: 0.0, trades };
        let cells: Vec<(Sums, Sums)> = days.iter().map(|[own, rest]| (sums(*own), sums(*rest))).collect();
        let of = |part: fn(&(Sums, Sums)) -> Sums| Sums::of(cells.iter().map(part));
        let both = (of(|cell| cell.0), of(|cell| cell.1));
        (cells, both)
    }

    #[test]
    fn the_likelier_of_two_ways_of_chance_counts() {
        let found = |days: &[[(f64, f64, f64); 2]]| {
            let (cells, both) = cells(days);
            ratio_difference(&cells, both, (|sums| sums.frac, |sums| sums.squares))
        };
        // 1 and 3 against 1 and 0, a trade a day: residuals −½ ½ and ¼ −¼, so an error of √(2·2·.75²) = 1.5 on .625²/.265625
        // degrees of freedom; trades that know nothing of each other vary less, by √(11/4 − 1.25²).
        let (difference, p) =
            found(&[[(1.0, 1.0, 1.0), (1.0, 1.0, 1.0)], [(3.0, 9.0, 1.0), (0.0, 0.0, 1.0)]]);
        assert_eq!((difference, p), (1.5, two_sided(1.0, 0.390_625 / 0.265_625)));
        // 1 and 3 against 0 and 1.6 go up and down together: an error of .2, and √(12.56/4 − 1.4²) = √1.18 by trades, on two
        // degrees of freedom 1 − t/√(2 + t²).
        let (difference, p) =
            found(&[[(1.0, 1.0, 1.0), (0.0, 0.0, 1.0)], [(3.0, 9.0, 1.0), (1.6, 2.56, 1.0)]]);
        let t: f64 = 1.2 / 1.18f64.sqrt();
        assert!(
            (difference - 1.2).abs() < 1e-12 && (p - (1.0 - t / (2.0 + t * t).sqrt())).abs() < 1e-9,
            "{p}"
        );
        // Where all days differ alike nothing says what chance does.
        let (_, p) = found(&[[(1.0, 1.0, 1.0), (0.0, 0.0, 1.0)], [(1.0, 1.0, 1.0), (0.0, 0.0, 1.0)]]);
        assert_eq!(p, 1.0);
    }

    #[test]
    fn thirty_trades_of_five_sessions_are_judged_and_one_less_is_not() {
        // A group of so many trades over its sessions beside a rest of so many.
        let judged = |own: usize, sessions: usize, rest: usize| {
            let mut results = EngineResults::default();
            for at in 0..own + rest {
                let groups = if at < own { vec!["setup orb".to_owned()] } else { Vec::new() };
                let frac = if at % 3 == 0 { 0.02 } else { -0.01 };
                results.add(&EngineTrade {
                    date: Date::from_num_days_from_ce_opt(739_000 + (at % sessions) as i32).unwrap(),
                    net: 1000.0 * frac,
                    frac,
                    outcome: Outcome::of(frac),
                    fees: None,
                    groups: &groups,
                });
            }
            let group = &results.groups["setup orb"];
            (results.against_the_rest("setup orb", group).map(|(found, _)| found), results.net)
        };
        let (found, net) = judged(30, 5, 30);
        // Ten of each thirty made 2 %, twenty lost 1 %: nothing, in the group and in all.
        let found = found.unwrap();
        assert!(found.n == 30 && found.mean.abs() < 1e-12 && found.difference.abs() < 1e-12, "{found:?}");
        assert!(net.abs() < 1e-9, "{net}");
        assert_eq!((judged(29, 5, 30).0, judged(30, 4, 30).0, judged(30, 5, 29).0), (None, None, None));
    }
}
