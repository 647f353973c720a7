//! The own record, session by session, as size is learned from it.

use super::base::{BASE_WINDOW, BaseFacts, BaseSize, GAP_FACTOR, TooFew, base_size};
use super::multipliers::{ContextPolicy, ContextSizes, PolicyPoint, SizedTrade};
use crate::domain::Outcome;

/// Sessions from whose trades it is decided, once and for all, which number tells the contexts.
const KEY_SESSIONS: usize = 60;

/// A closed trade, as the record has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SizeRow {
    /// The session, in days from the common era.
    pub day: i32,
    /// The net result in the account's currency.
    pub pnl: f64,
    /// The same as a fraction of the position.
    pub result: f64,
    /// What that counts as.
    pub outcome: Outcome,
    /// The engine's score of its signal, 0 to 10.
    pub score: Option<f64>,
    /// The probability it was entered with.
    pub confidence: Option<f64>,
}

/// Which number tells the contexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeKey {
    /// The engine's score.
    Score,
    /// The model's probability at entry.
    Confidence,
}

impl SizeKey {
    /// Its name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Confidence => "confidence",
        }
    }

    /// The key of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Score, Self::Confidence].into_iter().find(|key| key.as_str() == name)
    }

    /// The one that more of the first sessions' trades have; none where no trade has any.
    fn of(first: &[SizeRow]) -> Option<Self> {
        let scores = first.iter().filter(|row| row.score.is_some()).count();
        let probabilities = first.iter().filter(|row| row.confidence.is_some()).count();
        match (scores, probabilities) {
            (0, 0) => None,
            (scores, probabilities) if scores >= probabilities => Some(Self::Score),
            _ => Some(Self::Confidence),
        }
    }

    /// Which of the two it is, as far as it is a number.
    pub fn among(self, score: Option<f64>, confidence: Option<f64>) -> Option<f64> {
        let key = match self {
            Self::Score => score,
            Self::Confidence => confidence,
        };
        key.filter(|value| value.is_finite())
    }
}

/// The record walked through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SizeHistory {
    /// The key of the contexts.
    pub key: Option<SizeKey>,
    /// The session of each point, in days from the common era.
    pub days: Vec<i32>,
    /// What each session left behind.
    pub points: Vec<PolicyPoint>,
    /// The policy after the last one.
    pub policy: ContextPolicy,
    /// The account after the last one.
    pub equity: f64,
    /// Trades that were won.
    pub wins: u64,
    /// Trades that were lost.
    pub losses: u64,
    /// Of each session with a trade the sum of its results as fractions, and its trades.
    sessions: Vec<(f64, u64)>,
    /// What the shadow gives after each of them.
    shadow: Vec<ContextSizes>,
    /// The account at the start.
    capital: f64,
    /// The trades of the first sessions, as long as the key rests on them.
    first: Vec<SizeRow>,
}

impl SizeHistory {
    /// Walks through rows that are in the order of their sessions, of an account that begins with `capital`.
    pub fn of(rows: &[SizeRow], capital: f64) -> Self {
        let mut history = Self::new(capital);
        rows.chunk_by(|a, b| a.day == b.day).for_each(|session| history.push(session));
        history
    }

    /// No session yet, of an account that begins with `capital`.
    pub fn new(capital: f64) -> Self {
        Self { equity: capital, capital, policy: ContextPolicy::of_account(capital), ..Self::default() }
    }

    /// Walks on through a session; where its trades make the other number the key, through all of them once more.
    pub fn push(&mut self, session: &[SizeRow]) {
        if self.days.len() < KEY_SESSIONS {
            self.first.extend_from_slice(session);
            let (key, first) = (SizeKey::of(&self.first), std::mem::take(&mut self.first));
            if key != self.key {
                *self = Self { key, ..Self::new(self.capital) };
                first.chunk_by(|a, b| a.day == b.day).for_each(|session| self.walk(session));
            } else {
                self.walk(session);
            }
            self.first = if self.days.len() < KEY_SESSIONS { first } else { Vec::new() };
        } else {
            self.walk(session);
        }
    }

    /// The number by which the context of a trade goes.
    pub fn key_of(&self, score: Option<f64>, confidence: Option<f64>) -> Option<f64> {
        self.key?.among(score, confidence)
    }

    fn walk(&mut self, session: &[SizeRow]) {
        let Some(first) = session.first() else { return };
        let key = |row: &SizeRow| self.key_of(row.score, row.confidence);
        let trades: Vec<SizedTrade> =
            session.iter().map(|row| SizedTrade { result: row.result, key: key(row) }).collect();
        self.equity += session.iter().map(|row| row.pnl).sum::<f64>();
        // An account of which nothing is left has no drawdown beyond all of it.
        let point = self.policy.push(&trades, self.equity.max(0.0));
        self.points.push(point);
        self.days.push(first.day);
        self.sessions.push((session.iter().map(|row| row.result).sum(), session.len() as u64));
        self.shadow.push(self.policy.shadow_sizes());
        let count = |of: fn(&SizeRow) -> bool| session.iter().filter(|row| of(row)).count() as u64;
        self.wins += count(|row| row.outcome == Outcome::Win);
        self.losses += count(|row| row.outcome == Outcome::Loss);
    }

    /// What the shadow gave on a day, in days from the common era, by the sessions before it.
    pub fn shadow_on(&self, day: i32) -> ContextSizes {
        let before = self.days.partition_point(|over| *over < day);
        before.checked_sub(1).map_or_else(ContextSizes::default, |last| self.shadow[last])
    }

    /// The base size that the last sessions support, for a knob in force at `in_force` with a range, and stops that are
    /// `stop_frac` away.
    ///
    /// # Errors
    /// [`TooFew`].
    pub fn base(&self, in_force: f64, range: (f64, f64), stop_frac: f64) -> Result<BaseSize, TooFew> {
        let last = &self.sessions[self.sessions.len().saturating_sub(BASE_WINDOW)..];
        let results: Vec<f64> = last.iter().map(|(result, _)| *result).collect();
        let most = last.iter().map(|(_, trades)| *trades).max().unwrap_or(0);
        base_size(&BaseFacts {
            results: &results,
            trades: last.iter().map(|(_, trades)| trades).sum(),
            worst: most as f64 * stop_frac * GAP_FACTOR,
            equity: self.equity.max(1e-9),
            in_force,
            range,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Rng;

    /// Sessions of ten trades by a seed, half of which have a score.
    fn rows(sessions: i32) -> Vec<SizeRow> {
        let mut rng = Rng::new(7, 1);
        let mut unit = || rng.below(1_000_001) as f64 / 1e6;
        (0..sessions * 10)
            .map(|n| {
                let result = 0.02 * (unit() - 0.45);
                SizeRow {
                    day: 700_000 + n / 10,
                    pnl: 1_000.0 * result,
                    result,
                    outcome: Outcome::of(result),
                    score: (n % 2 == 0).then(|| 10.0 * unit()),
                    confidence: Some(unit()),
                }
            })
            .collect()
    }

    #[test]
    fn what_is_said_before_a_session_rests_on_earlier_ones() {
        let rows = rows(90);
        let whole = SizeHistory::of(&rows, 10_000.0);
        assert_eq!((whole.key, whole.points.len()), (Some(SizeKey::Confidence), 90));
        let part = SizeHistory::of(&rows[..700], 10_000.0);
        assert_eq!(part.points, whole.points[..70]);
        let days = 700_000..700_070;
        days.for_each(|day| assert_eq!(part.shadow_on(day), whole.shadow_on(day)));
        assert_eq!(whole.shadow_on(700_070), part.policy.shadow_sizes());
        assert_eq!((whole.shadow_on(700_000), whole.shadow_on(0)), <(ContextSizes, ContextSizes)>::default());
        let base = whole.base(1_000.0, (500.0, 2_000.0), 0.02).unwrap();
        assert_eq!((base.sessions, base.trades), (90, 900));
        // Ten stops 2 % away, each passed by three times as much.
        assert!((base.tail.worst - 0.6).abs() < 1e-12);
        assert_eq!(
            SizeHistory::of(&[], 5.0).base(1.0, (1.0, 2.0), 0.02),
            Err(TooFew { sessions: 0, trades: 0 })
        );
    }
}
