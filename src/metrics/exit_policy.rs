//! How an engine leaves its positions, as its trades show it: what hypothetical trades are left by as well.

use std::collections::BTreeMap;

use crate::domain::{ExitKind, UNKNOWN};

/// Trades that a policy is read from at least; with fewer, a position is held to the close.
pub const NEEDED_EXITS: usize = 20;

/// How a set of trades was closed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExitMix {
    counts: BTreeMap<ExitKind, u64>,
    /// Minutes held by trades that neither a level nor the end of the session closed.
    held: Vec<f64>,
}

/// How long trades were held that neither a level nor the end of the session closed, in minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HoldMinutes {
    /// Half of them were held no longer.
    pub median: f64,
    /// A tenth was held no longer.
    pub tenth: f64,
    /// Nine tenths of them were held no longer.
    pub ninetieth: f64,
}

impl ExitMix {
    /// Adds a trade; `held` is its time in minutes, where its entry time is known.
    pub fn add(&mut self, kind: ExitKind, held: Option<f64>) {
        *self.counts.entry(kind).or_default() += 1;
        if let Some(held) = held.filter(|_| matches!(kind, ExitKind::Time | ExitKind::Signal)) {
            self.held.push(held);
        }
    }

    /// Trades that were added, however they were closed.
    pub fn n(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The share of trades that were closed so, in `[0, 1]`; zero without trades.
    pub fn share(&self, kind: ExitKind) -> f64 {
        self.counts.get(&kind).copied().unwrap_or(0) as f64 / self.n().max(1) as f64
    }

    /// After how many minutes a position is left that neither its stop nor its target closes; none where the engine
    /// holds those to the close, or where too few trades say.
    pub fn hold(&self) -> Option<HoldMinutes> {
        let at_close = self.counts.get(&ExitKind::Close).copied().unwrap_or(0) as usize;
        if self.held.len() < NEEDED_EXITS || at_close > self.held.len() {
            return None;
        }
        let mut held = self.held.clone();
        held.sort_by(f64::total_cmp);
        let at = |share: f64| held[((held.len() - 1) as f64 * share).round() as usize];
        Some(HoldMinutes { median: at(0.5), tenth: at(0.1), ninetieth: at(0.9) })
    }

    /// `1 % by stop, 99 % by time; else after 26 minutes (10th to 90th percentile 26 to 26), n 1798`.
    pub fn sentence(&self) -> String {
        let shares: Vec<String> = ExitKind::ALL
            .into_iter()
            .filter(|kind| self.counts.contains_key(kind))
            .map(|kind| format!("{:.0} % by {}", self.share(kind) * 100.0, kind.as_str()))
            .collect();
        let hold = match self.hold() {
            Some(HoldMinutes { median, tenth, ninetieth }) => format!(
                "without a level left after {median:.0} minutes (10th to 90th percentile {tenth:.0} to {ninetieth:.0})"
            ),
            None => "without a level held to the close".into(),
        };
        format!("{}; {hold}, n {}", shares.join(", "), self.n())
    }
}

/// How an engine leaves its positions, by setup.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExitPolicy {
    /// All trades.
    pub all: ExitMix,
    by_setup: BTreeMap<String, ExitMix>,
}

impl ExitPolicy {
    /// Adds a trade.
    pub fn add(&mut self, setup: &str, kind: ExitKind, held: Option<f64>) {
        self.all.add(kind, held);
        if setup != UNKNOWN {
            self.by_setup.entry(setup.to_owned()).or_default().add(kind, held);
        }
    }

    /// How positions of a setup are left: as its own trades were where there are enough of them, else as all were.
    pub fn of_setup(&self, setup: Option<&str>) -> &ExitMix {
        let own = setup.and_then(|setup| self.by_setup.get(setup));
        own.filter(|own| own.n() as usize >= NEEDED_EXITS).unwrap_or(&self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_exit_is_read_from_the_trades_by_setup() {
        let mut policy = ExitPolicy::default();
        for n in 0..40 {
            policy.add("orb", ExitKind::Time, Some(26.0));
            policy.add("swing", if n < 30 { ExitKind::Close } else { ExitKind::Signal }, Some(200.0));
        }
        policy.add("rare", ExitKind::Stop, Some(3.0));
        assert_eq!(policy.of_setup(Some("orb")).hold().unwrap().median, 26.0);
        assert_eq!(policy.of_setup(Some("swing")).hold(), None, "most are held to the close");
        let all = policy.of_setup(Some("rare")).hold().unwrap();
        assert_eq!((all.median, all.ninetieth), (26.0, 200.0));
        assert!((policy.all.share(ExitKind::Close) - 30.0 / 81.0).abs() < 1e-12);
        let mut few = ExitPolicy::default();
        (0..19).for_each(|_| few.add(UNKNOWN, ExitKind::Time, Some(26.0)));
        assert_eq!(few.of_setup(None).hold(), None);
        let text = policy.of_setup(Some("orb")).sentence();
        assert_eq!(
            text,
            "100 % by time; without a level left after 26 minutes (10th to 90th percentile 26 to 26), n 40"
        );
    }

    #[test]
    fn twenty_trades_say_when_a_position_is_left_and_as_many_held_to_the_close_do_not_change_it() {
        let mut policy = ExitPolicy::default();
        for n in 1..=20 {
            policy.add("orb", ExitKind::Time, Some(f64::from(n)));
            policy.add("other", ExitKind::Close, None);
        }
        // Of twenty the eleventh, the third and the eighteenth: places 9.5, 1.9 and 17.1 from 0.
        let hold = HoldMinutes { median: 11.0, tenth: 3.0, ninetieth: 18.0 };
        assert_eq!(policy.of_setup(Some("orb")).n(), 20);
        assert_eq!(policy.of_setup(None).hold(), Some(hold));
        policy.add("other", ExitKind::Close, None);
        assert_eq!(policy.of_setup(None).hold(), None, "more are held to the close");
    }
}
