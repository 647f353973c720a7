//! An experiment: which arms are compared, by what, and to which arm a signal or a session belongs.
//!
//! The arm is a pure function of the experiment's name and the unit's own name, so that every process on every machine
//! gives the same one and nothing has to be asked or kept.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::{Calendar, Date, KnobName, Timestamp};

/// The most arms of an experiment.
pub const MAX_ARMS: usize = 6;

/// The smallest share of an arm.
pub const MIN_SHARE: f64 = 0.05;

/// What an arm is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExperimentUnit {
    /// Each signal by itself.
    Signal,
    /// A whole session: the arms take turns within a block of as many sessions as there are arms.
    Session,
    /// Each symbol anew in each session: every arm has its part of the symbols, and a coin swaps the parts.
    SymbolSession,
    /// Nothing is drawn: the first arm is traded, the second one priced like a missed signal.
    Shadow,
}

impl ExperimentUnit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Signal, Self::Session, Self::SymbolSession, Self::Shadow];

    /// The word in records and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Session => "session",
            Self::SymbolSession => "symbol-session",
            Self::Shadow => "shadow",
        }
    }

    /// The unit of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    /// Whether results count by the signal; else they are summed over a session.
    pub const fn is_by_signal(self) -> bool {
        matches!(self, Self::Signal | Self::Shadow)
    }
}

/// The result by which arms are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExperimentMetric {
    /// Net result as a fraction: of the position by signal, of the capital by session.
    NetPct,
    /// Net result in the account's currency.
    NetUsd,
    /// Net result in units of what the stop risked.
    R,
}

impl ExperimentMetric {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NetPct, Self::NetUsd, Self::R];

    /// The word in records and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetPct => "net_pct",
            Self::NetUsd => "net_usd",
            Self::R => "r",
        }
    }

    /// The metric of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == text)
    }
}

/// One of the things that are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// Its share of the units, 0 to 1; the shares add up to 1.
    pub share: f64,
    /// The knobs that it runs on in place of those in force.
    pub knobs: Vec<(KnobName, f64)>,
}

/// What decides which arm a unit belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The experiment's name.
    pub name: String,
    /// The arms; the first is what the others are compared with.
    pub arms: Vec<Arm>,
    /// What arms are drawn for.
    pub unit: ExperimentUnit,
    /// The date of its first session.
    pub starts: Date,
    /// Where parts of the symbols are swapped between the arms: those that were known, in an order in which as many
    /// neighbours as there are arms have a place in each part. None where each is drawn by itself.
    pub symbols: Option<Vec<String>>,
}

/// What a record says of the experiment that its signal takes part in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArmTag {
    /// The experiment.
    pub experiment: Option<String>,
    /// The arm.
    pub variant: Option<String>,
    /// The arm's share, 0 to 1.
    pub variant_share: Option<f64>,
}

/// An experiment as it was frozen, before its first session.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Who belongs to which arm.
    pub assignment: Assignment,
    /// By what the arms are compared.
    pub metric: ExperimentMetric,
    /// The smallest difference that matters, in the unit of the metric.
    pub min_effect: f64,
    /// The standard deviation of a session's difference, from the sessions before the plan.
    pub scale: f64,
    /// What a session's difference is cut to, above 0.
    pub clip: f64,
    /// The account's capital, in its currency, over which results by session are taken.
    pub capital: f64,
    /// Sessions that it takes when it is looked at all the time, and when it is looked at once at the end.
    pub needed: (u64, u64),
    /// No session after so many counts.
    pub max_sessions: u64,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// The hash of all of this; every answer repeats it.
    pub hash: String,
}

impl Experiment {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.assignment.name
    }

    /// Its arms; the first is what the others are compared with.
    pub fn arms(&self) -> &[Arm] {
        &self.assignment.arms
    }

    /// The other arms, each of which is compared with the first.
    pub fn comparisons(&self) -> usize {
        self.assignment.arms.len().saturating_sub(1)
    }

    /// The knobs that any arm sets.
    pub fn knobs(&self) -> impl Iterator<Item = KnobName> {
        self.arms().iter().flat_map(|arm| arm.knobs.iter().map(|(knob, _)| *knob))
    }
}

impl Assignment {
    /// The arm of a signal, by its id. In the shadow all signals are the first arm's.
    pub fn of_signal(&self, signal_id: &str) -> usize {
        if self.unit == ExperimentUnit::Shadow { 0 } else { self.by_share(signal_id) }
    }

    /// The arm of a symbol in a session.
    ///
    /// A known symbol has a fixed place among the parts, and so has an unknown one, by its hash; which arm has which part
    /// is drawn for each session. So each session has every arm on as many of the known symbols, and without an effect
    /// swapping the parts of two arms only turns the sign of their difference.
    pub fn of_symbol(&self, symbol: &str, session: Date) -> usize {
        let Some(symbols) = &self.symbols else { return self.by_share(&cell_key(symbol, session)) };
        let arms = self.arms.len();
        let drawn = || (draw(&[&self.name, "place", symbol]) * arms as f64).floor() as usize;
        let place = symbols.iter().position(|known| known == symbol).unwrap_or_else(drawn);
        self.order("parts", &session.to_string())[place % arms]
    }

    /// The order in which symbols with so many trades each have their places: the busiest first, and within each group of
    /// as many as there are arms as the hash draws it.
    pub fn in_parts(&self, trades: &BTreeMap<&str, u64>) -> Vec<String> {
        let mut symbols: Vec<(&str, u64)> = trades.iter().map(|(symbol, count)| (*symbol, *count)).collect();
        symbols.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let groups = symbols.chunks(self.arms.len()).enumerate();
        let drawn = groups.flat_map(|(number, group)| {
            let order = self.order("group", &number.to_string());
            order.into_iter().filter_map(|at| group.get(at)).map(|(symbol, _)| (*symbol).to_owned())
        });
        drawn.collect()
    }

    /// The arm of a session; `None` before the first one, and on a date without a session.
    ///
    /// From the first session on as many sessions as there are arms make a block, within which each arm has one, in an
    /// order drawn by the hash.
    pub fn of_session(&self, session: Date, calendar: &Calendar) -> Option<usize> {
        if session < self.starts || !calendar.is_session(session) {
            return None;
        }
        let before = calendar.sessions(self.starts, session).count() - 1;
        self.order_of_block(before / self.arms.len()).get(before % self.arms.len()).copied()
    }

    /// The arms of the sessions of a block, in their order; blocks are numbered from 0.
    pub fn order_of_block(&self, block: usize) -> Vec<usize> {
        self.order("block", &block.to_string())
    }

    /// The arms in an order drawn by the hash of what is named.
    fn order(&self, what: &str, which: &str) -> Vec<usize> {
        let mut left: Vec<usize> = (0..self.arms.len()).collect();
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let words = [self.name.as_str(), what, which, &order.len().to_string()];
            let drawn = (draw(&words) * left.len() as f64).floor() as usize;
            order.push(left.remove(drawn.min(left.len() - 1)));
        }
        order
    }

    /// The chance that a unit of an arm counts when that arm is compared with the first one, 0 to 1: of the larger arm
    /// only as much counts as the smaller one has, so that a fair coin decides the sign of every difference.
    pub fn kept_share(&self, arm: usize, other: usize) -> f64 {
        let (own, other) = (self.arms[arm].share, self.arms[other].share);
        if own > other { other / own } else { 1.0 }
    }

    /// Whether a unit counts when its arm is compared with another one; see [`Self::kept_share`].
    pub fn is_kept(&self, key: &str, arm: usize, other: usize) -> bool {
        let share = self.kept_share(arm, other);
        share >= 1.0 || draw(&[&self.name, "kept", key]) < share
    }

    /// The place of an arm by its name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.arms.iter().position(|arm| arm.name == name)
    }

    fn by_share(&self, key: &str) -> usize {
        let drawn = draw(&[&self.name, key]);
        let mut sum = 0.0;
        for (at, arm) in self.arms.iter().enumerate() {
            sum += arm.share;
            if drawn < sum {
                return at;
            }
        }
        self.arms.len() - 1
    }
}

/// The name under which a symbol in a session is drawn.
pub fn cell_key(symbol: &str, session: Date) -> String {
    format!("{symbol}\u{1f}{session}")
}

/// A number from 0 to below 1 by the hash of words.
fn draw(words: &[&str]) -> f64 {
    // 53 bits, as many as a number holds exactly.
    (xxh3_64(words.join("\u{1f}").as_bytes()) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(unit: ExperimentUnit, shares: &[f64]) -> Assignment {
        let arm = |(at, share): (usize, &f64)| Arm {
            name: ["A", "B", "C"][at].into(),
            share: *share,
            knobs: vec![],
        };
        Assignment {
            name: "tight-stops".into(),
            arms: shares.iter().enumerate().map(arm).collect(),
            unit,
            starts: Date::from_ymd_opt(2026, 3, 2).unwrap(),
            symbols: None,
        }
    }

    #[test]
    fn every_arm_has_its_part_of_the_symbols_in_every_session() {
        let names: Vec<String> = (0..12).map(|at| format!("S{at:02}")).collect();
        let trades: BTreeMap<&str, u64> =
            names.iter().zip(0..).map(|(name, count)| (name.as_str(), count)).collect();
        for arms in [2, 3] {
            let mut drawn = of(ExperimentUnit::SymbolSession, &vec![1.0 / arms as f64; arms]);
            let symbols = drawn.in_parts(&trades);
            // The busiest are neighbours.
            assert!(
                symbols[..arms].contains(&"S11".to_owned()) && symbols[..arms].contains(&"S10".to_owned())
            );
            drawn.symbols = Some(symbols);
            let mut of_first = 0;
            for day in 0..400 {
                let session = drawn.starts + chrono::Days::new(day);
                let mut counts = vec![0; arms];
                names.iter().for_each(|name| counts[drawn.of_symbol(name, session)] += 1);
                assert_eq!(counts, vec![12 / arms; arms]);
                of_first += usize::from(drawn.of_symbol("S00", session) == 0);
                // One that was not known has a place as well.
                assert!(drawn.of_symbol("NEW", session) < arms);
            }
            assert!((of_first as f64 / 400.0 - 1.0 / arms as f64).abs() < 0.07, "{of_first}");
        }
    }

    #[test]
    fn the_arm_is_the_same_everywhere() {
        let halves = of(ExperimentUnit::Signal, &[0.5, 0.5]);
        let arms: String =
            (0..16).map(|at| "AB".as_bytes()[halves.of_signal(&format!("s{at}"))] as char).collect();
        assert_eq!(arms, "ABBAABABABABAABB");
        let thirds = of(ExperimentUnit::Signal, &[1.0 / 3.0; 3]);
        let arms: String =
            (0..16).map(|at| "ABC".as_bytes()[thirds.of_signal(&format!("s{at}"))] as char).collect();
        assert_eq!(arms, "ACCAABACACACAABB");
    }

    #[test]
    fn shares_are_kept() {
        for shares in [&[0.5, 0.5][..], &[0.8, 0.2], &[0.5, 0.3, 0.2]] {
            let drawn = of(ExperimentUnit::Signal, shares);
            let mut counts = [0.0; 3];
            (0..10_000).for_each(|at| counts[drawn.of_signal(&format!("id-{at}"))] += 1.0);
            for (count, share) in counts.iter().zip(shares) {
                assert!((count / 1e4 - share).abs() < 0.015, "{counts:?}");
            }
            // Of the larger arm as much counts as the smaller one has.
            let last = shares.len() - 1;
            let kept = |arm: usize, other: usize| {
                let key = |at: i32| format!("id-{at}");
                (0..10_000)
                    .filter(|at| drawn.of_signal(&key(*at)) == arm && drawn.is_kept(&key(*at), arm, other))
                    .count()
            };
            let (first, other) = (kept(0, last) as f64, kept(last, 0) as f64);
            assert!((first / other - 1.0).abs() < 0.08, "{first} {other}");
        }
    }

    #[test]
    fn every_arm_has_one_session_of_a_block() {
        let calendar = Calendar::xnys();
        for shares in [&[0.5, 0.5][..], &[1.0 / 3.0; 3]] {
            let drawn = of(ExperimentUnit::Session, shares);
            let last = Date::from_ymd_opt(2027, 3, 2).unwrap();
            let arms: Vec<usize> = calendar
                .sessions(drawn.starts, last)
                .map(|date| drawn.of_session(date, &calendar).unwrap())
                .collect();
            let mut first = 0;
            let blocks = arms.chunks_exact(shares.len());
            let count = blocks.len();
            for block in blocks {
                let mut sorted = block.to_vec();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..shares.len()).collect::<Vec<_>>());
                first += usize::from(block[0] == 0);
            }
            let share = first as f64 / count as f64;
            assert!((share - 1.0 / shares.len() as f64).abs() < 0.13, "{share}");
            assert_eq!(drawn.of_session(Date::from_ymd_opt(2026, 2, 27).unwrap(), &calendar), None);
            assert_eq!(drawn.of_session(Date::from_ymd_opt(2026, 3, 7).unwrap(), &calendar), None);
        }
    }
}
