//! The other half of a pattern: what a model does with its rows, and what following it would have brought.

use std::ops::Range;

use rayon::prelude::*;

use crate::learn::dataset::Example;
use crate::metrics::DifferenceVerdict;
use crate::stats::evidence::{ENOUGH, LabelTest, SessionValues};
use crate::stats::{Clustered, Undefined};

use super::pattern::{LEAST_ROWS, LEAST_SESSIONS};

/// A value of rows of which something holds, against that of the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Half {
    /// Rows of which it holds.
    pub n: u64,
    /// The others.
    pub others: u64,
    /// Sessions that hold both.
    pub sessions: u64,
    /// Whether the difference is that within sessions; that of whole sessions otherwise.
    pub is_within: bool,
    /// Mean of the rows of which it holds.
    pub mean: f64,
    /// Mean of the others.
    pub mean_others: f64,
    /// The difference within sessions with its 95 % interval by session; where hardly any session holds both, that of
    /// whole sessions.
    pub difference: Result<(f64, (f64, f64)), Undefined>,
    /// The e-value against no difference, as far as it was asked for, with what was tried beside it paid.
    pub e: Option<f64>,
    /// What is said.
    pub verdict: DifferenceVerdict,
}

/// Both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OtherHalf {
    /// The probability that the model in use gives the rows; none without a model that knows them.
    pub scored: Option<Half>,
    /// The result after costs of the own trades, a fraction of the position; none where all or none of them match.
    pub followed: Option<Half>,
}

/// A value with whether the pattern holds of its row.
type Valued = (f64, bool);

/// By session: sum and number of the rows of which it holds, and of the others.
fn cell(session: &[Valued]) -> [f64; 4] {
    session.iter().fold([0.0; 4], |mut cell, (value, holds)| {
        let at = if *holds { 0 } else { 2 };
        cell[at] += value;
        cell[at + 1] += 1.0;
        cell
    })
}

/// The difference of means within sessions, a session counting by n·m/(n + m) of its n rows and m others.
fn difference(cells: &[[f64; 4]], between: bool) -> Result<(f64, (f64, f64)), Undefined> {
    let found = if between {
        Clustered::contrast(cells)?
    } else {
        let shared = cells.iter().filter(|cell| cell[1] > 0.0 && cell[3] > 0.0);
        Clustered::of(shared.map(|[sum, n, others, m]| {
            let weight = n * m / (n + m);
            (weight * (sum / n - others / m), weight)
        }))?
    };
    Ok((found.value, found.interval()))
}

/// Sessions of values in the order of time; none where all are on one side.
fn compare(sessions: &[Vec<Valued>]) -> Option<Half> {
    let cells: Vec<[f64; 4]> = sessions.iter().map(|session| cell(session)).collect();
    let sum = |at: usize| cells.iter().map(|cell| cell[at]).sum::<f64>();
    let (n, others) = (sum(1), sum(3));
    if n == 0.0 || others == 0.0 {
        return None;
    }
    let of = |has: &dyn Fn(&[f64; 4]) -> bool| cells.iter().filter(|cell| has(cell)).count() as u64;
    let shared = of(&|cell| cell[1] > 0.0 && cell[3] > 0.0);
    let between = shared < LEAST_SESSIONS;
    let alone = of(&|cell| cell[3] == 0.0).min(of(&|cell| cell[1] == 0.0));
    let enough = n.min(others) >= LEAST_ROWS as f64 && (!between || alone >= LEAST_SESSIONS);
    Some(Half {
        n: n as u64,
        others: others as u64,
        sessions: shared,
        is_within: !between,
        mean: sum(0) / n,
        mean_others: sum(2) / others,
        difference: difference(&cells, between),
        e: None,
        verdict: if enough { DifferenceVerdict::Unclear } else { DifferenceVerdict::TooFew },
    })
}

fn by_session(rows: impl Iterator<Item = (i64, Valued)>) -> Vec<Vec<Valued>> {
    let rows: Vec<(i64, Valued)> = rows.collect();
    let sessions = rows.chunk_by(|a, b| a.0 == b.0);
    sessions.map(|session| session.iter().map(|(_, valued)| *valued).collect()).collect()
}

/// What a model that gives rows in the order of time these probabilities does with those of which `holds` is true. A
/// model is no chance: higher or lower is said where the interval by session says so.
pub fn scored(examples: &[&Example], given: &[Option<f64>], holds: &[Option<bool>]) -> Option<Half> {
    let rows = examples.iter().zip(given).zip(holds);
    let known = rows.filter_map(|((example, given), holds)| Some((example.session, ((*given)?, (*holds)?))));
    let mut half = compare(&by_session(known))?;
    if let (DifferenceVerdict::Unclear, Ok((difference, (low, high)))) = (half.verdict, half.difference)
        && (low > 0.0 || high < 0.0)
    {
        half.verdict = DifferenceVerdict::of_clear(difference);
    }
    Some(half)
}

/// The results of the own trades by session, of which it is asked again and again what following a pattern would have
/// brought. What takes the time is the same for all patterns and done once.
pub struct OwnTrades {
    sessions: Vec<(Vec<f64>, SessionValues)>,
}

impl OwnTrades {
    /// Trades in the order of time, and for each pattern that will be asked about whether it holds of each of them.
    pub fn new(trades: &[&Example], asked: &[Vec<bool>]) -> Self {
        let mut first = 0;
        let sessions = trades.chunk_by(|a, b| a.session == b.session).map(|session| {
            let rows = first..first + session.len();
            first = rows.end;
            (session, rows)
        });
        let sessions: Vec<(&[&Example], Range<usize>)> = sessions.collect();
        let values = |(session, rows): &(&[&Example], Range<usize>)| {
            let results: Vec<f64> = session.iter().map(|trade| trade.net_frac).collect();
            let values = SessionValues::new(&results, asked.iter().map(|holds| &holds[rows.clone()]));
            (results, values)
        };
        Self { sessions: sessions.par_iter().map(values).collect() }
    }

    /// What the trades of which `holds` is true brought against the others of the same sessions. `tried` is how many
    /// patterns were looked at to find this one, 1 for a question that was asked: the e-value is divided by it, so that any
    /// of them has a verdict by chance in at most one of twenty.
    pub fn followed(&self, holds: &[bool], tried: u64) -> Option<Half> {
        let mut rest = holds;
        let mut test = LabelTest::default();
        let mut sessions: Vec<Vec<Valued>> = Vec::with_capacity(self.sessions.len());
        for (results, values) in &self.sessions {
            let (labels, later) = rest.split_at_checked(results.len())?;
            rest = later;
            sessions.push(results.iter().copied().zip(labels.iter().copied()).collect());
            test.push_labels(values, labels);
        }
        let mut half = compare(&sessions)?;
        let e = test.e() / tried.max(1) as f64;
        half.e = Some(e);
        if let (DifferenceVerdict::Unclear, Ok((difference, _))) = (half.verdict, half.difference)
            // The test weighs sessions otherwise than the difference does: where they point apart, neither is clear.
            && e >= ENOUGH
            && test.speaks_for_higher() == Some(difference > 0.0)
        {
            half.verdict = DifferenceVerdict::of_clear(difference);
        }
        Some(half)
    }
}

/// As [`OwnTrades::followed`], of one question that need not hold or fail of every trade.
pub fn followed(trades: &[&Example], holds: &[Option<bool>], tried: u64) -> Option<Half> {
    let rows = trades.iter().zip(holds);
    let (known, holds): (Vec<&Example>, Vec<bool>) =
        rows.filter_map(|(trade, holds)| Some((*trade, (*holds)?))).unzip();
    let asked = [holds];
    OwnTrades::new(&known, &asked).followed(&asked[0], tried)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_that_within_sessions() {
        // A good session with many rows of it must not look like an edge.
        let sessions =
            [vec![(1.0, true), (1.0, true), (1.0, false)], vec![(0.0, true), (0.0, false), (0.0, false)]];
        let cells: Vec<[f64; 4]> = sessions.iter().map(|session| cell(session)).collect();
        assert_eq!(cells[0], [2.0, 2.0, 1.0, 1.0]);
        let (within, interval) = difference(&[cells[0], cells[1], [0.5, 1.0, 0.0, 1.0]], false).unwrap();
        // Weights 2/3, 2/3 and 1/2: (0 + 0 + 1/4) / (11/6).
        assert!((within - 0.25 / (11.0 / 6.0)).abs() < 1e-12 && interval.0 < within, "{within}");
        let (between, _) = difference(&cells, true).unwrap();
        assert!((between - (2.0 / 3.0 - 1.0 / 3.0)).abs() < 1e-12, "{between}");
    }

    #[test]
    fn a_word_needs_the_test_and_the_difference_to_point_one_way() {
        use crate::learn::dataset::{Costs, Dataset, Source};
        use crate::wire::{EntryFeatures, Resolution};
        let verdict = |outlier: f64| {
            let mut dataset = Dataset::new(&crate::domain::Market::default());
            let mut holds = Vec::new();
            let begin = crate::domain::Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
            for day in 0..60 {
                for row in 0..8_i32 {
                    let is_one = row < 4;
                    // One day, in which it lost more than on all the others together it won.
                    let won = if is_one && day == 30 { outlier } else { f64::from(u8::from(is_one)) };
                    let known = EntryFeatures { at: Some(begin.plus_days(day)), ..EntryFeatures::default() };
                    let draft = dataset.draft(&known);
                    let result_frac = won + f64::from(row % 4) * 0.1;
                    let resolved = Resolution { result_frac, costs_known: true, hit_target: false };
                    dataset.push(format!("{day:02}{row}"), draft, &resolved, Source::Trade, Costs::default());
                    holds.push(Some(is_one));
                }
            }
            let rows: Vec<&Example> = dataset.examples.iter().collect();
            let half = followed(&rows, &holds, 1).unwrap();
            (half.verdict, half.e.unwrap() >= ENOUGH, half.difference.unwrap().0 > 0.0)
        };
        assert_eq!(verdict(1.0), (DifferenceVerdict::Higher, true, true));
        assert_eq!(verdict(-200.0), (DifferenceVerdict::Unclear, true, false));
    }

    #[test]
    fn all_or_none_is_nothing_to_compare() {
        assert!(compare(&[vec![(1.0, true)]]).is_none());
        assert!(compare(&[vec![(1.0, false), (2.0, false)]]).is_none());
        let half = compare(&[vec![(1.0, false), (2.0, true)]]).unwrap();
        assert_eq!((half.n, half.others, half.verdict), (1, 1, DifferenceVerdict::TooFew));
        assert!(half.difference.is_err());
    }
}
