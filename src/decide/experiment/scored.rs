//! What each session says: one difference between an arm and the first one, by what was assigned and whatever was
//! traded.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    Assignment, Calendar, Date, Experiment, ExperimentMetric, ExperimentUnit, RiskCheck, cell_key,
};

/// What a trade brought.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TradeResult {
    /// Net result in the account's currency.
    pub pnl: f64,
    /// The size of the position in the account's currency, 0 or above.
    pub notional: f64,
    /// Net result in units of what its stop risked; none without a stop.
    pub r: Option<f64>,
}

/// What a signal of the arm that is not traded would have brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shadow {
    /// It waits for prices.
    Pending,
    /// A fraction of the position, costs taken off.
    Priced(f64),
    /// There will be no prices.
    Unresolvable,
}

/// A signal with what became of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The id of the signal.
    pub id: String,
    /// What was to be traded.
    pub symbol: String,
    /// The date of its session.
    pub session: Date,
    /// The arm that its records name.
    pub arm: Option<String>,
    /// Whether the trade names a signal, or there is a signal without a trade.
    pub is_signal: bool,
    /// What its trade brought, all exits together; none where it was not traded.
    pub trade: Option<TradeResult>,
    /// What it would have brought, of a signal of an arm that is not traded.
    pub shadow: Option<Shadow>,
    /// Why it was not traded.
    pub refused: Option<RiskCheck>,
}

/// A session's difference between an arm and the first one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredSession {
    /// Its date; of a block of sessions the last one.
    pub session: Date,
    /// The arm's result less the first arm's, in the unit of the metric.
    pub difference: f64,
}

/// What an arm did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArmTotals {
    /// Signals, cells or sessions that were assigned to it.
    pub units: u64,
    /// Sessions in which it had one.
    pub sessions: u64,
    /// Positions that were taken; of an arm in the shadow, that would have been.
    pub traded: u64,
    /// Those of them that won.
    pub wins: u64,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// The results that are compared, added up.
    pub sum: f64,
}

/// Everything that the sessions say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// For each arm but the first, its differences in the order of sessions.
    pub differences: Vec<Vec<ScoredSession>>,
    /// What each arm did.
    pub arms: Vec<ArmTotals>,
    /// Sessions that count.
    pub sessions: u64,
    /// Signals that name no arm, and are left out.
    pub without_arm: u64,
    /// Records that name another arm than the one assigned; they count where they were assigned.
    pub in_other_arm: u64,
    /// Trades without a stop, which have no result in units of risk and count 0.
    pub without_risk: u64,
    /// Sessions that wait for prices of the arm in the shadow.
    pub waiting: u64,
    /// Signals of the arm in the shadow for which there will be no prices; they count 0.
    pub unresolvable: u64,
    /// Signals of an arm that were refused because places, orders or capital were taken.
    pub crowded_out: u64,
}

impl Observation {
    /// Its result under a metric; 0 where it was not traded.
    fn result(&self, metric: ExperimentMetric, capital: Option<f64>) -> f64 {
        let Some(trade) = &self.trade else { return 0.0 };
        match (metric, capital) {
            (ExperimentMetric::NetUsd, _) => trade.pnl,
            (ExperimentMetric::NetPct, Some(capital)) => trade.pnl / capital,
            (ExperimentMetric::NetPct, None) if trade.notional > 0.0 => trade.pnl / trade.notional,
            (ExperimentMetric::NetPct, None) => 0.0,
            (ExperimentMetric::R, _) => trade.r.unwrap_or(0.0),
        }
    }

    fn is_crowded_out(&self) -> bool {
        let shared = [
            RiskCheck::Positions,
            RiskCheck::Orders,
            RiskCheck::Size,
            RiskCheck::AlreadyOpen,
            RiskCheck::Gap,
        ];
        self.trade.is_none() && self.refused.is_some_and(|check| shared.contains(&check))
    }
}

/// What the sessions from the first on up to `last` say, where those observations alone count that name an arm unless
/// `all` do. Observations may come in any order.
pub fn score_sessions(
    experiment: &Experiment,
    observations: &[Observation],
    (last, all): (Date, bool),
    calendar: &Calendar,
) -> Scored {
    let mut by_session: BTreeMap<Date, Vec<&Observation>> = BTreeMap::new();
    let inside = |found: &&Observation| (experiment.assignment.starts..=last).contains(&found.session);
    for found in observations.iter().filter(inside) {
        by_session.entry(found.session).or_default().push(found);
    }
    by_session.values_mut().for_each(|found| found.sort_by(|a, b| a.id.cmp(&b.id)));
    let arms = experiment.arms().len();
    let mut scorer = Scorer {
        experiment,
        calendar,
        all,
        scored: Scored {
            differences: vec![Vec::new(); arms.saturating_sub(1)],
            arms: vec![ArmTotals::default(); arms],
            ..Scored::default()
        },
    };
    match experiment.assignment.unit {
        ExperimentUnit::Signal => scorer.signals(&by_session),
        ExperimentUnit::SymbolSession => scorer.cells(&by_session),
        ExperimentUnit::Session => scorer.blocks(&by_session, last),
        ExperimentUnit::Shadow => scorer.shadow(&by_session),
    }
    scorer.scored
}

struct Scorer<'e> {
    experiment: &'e Experiment,
    calendar: &'e Calendar,
    all: bool,
    scored: Scored,
}

type BySession<'o> = BTreeMap<Date, Vec<&'o Observation>>;

impl Scorer<'_> {
    fn assignment(&self) -> &Assignment {
        &self.experiment.assignment
    }

    fn is_full(&self) -> bool {
        self.scored.sessions >= self.experiment.max_sessions
    }

    /// The mean over the signals of a session of ±Y/share, where Y is 0 for a signal that was not traded.
    fn signals(&mut self, by_session: &BySession<'_>) {
        for (session, found) in by_session {
            if self.is_full() {
                return;
            }
            let mut units: Vec<(String, usize, f64)> = Vec::new();
            for seen in found {
                let counts = self.all || (seen.is_signal && seen.arm.is_some());
                if !counts {
                    self.scored.without_arm += 1;
                    continue;
                }
                let arm = self.assignment().of_signal(&seen.id);
                self.note_arm(arm, seen);
                units.push((seen.id.clone(), arm, seen.result(self.experiment.metric, None)));
                self.note_trade(arm, seen);
            }
            if !units.is_empty() {
                self.push(*session, &units, units.len() as f64);
            }
        }
    }

    /// The sum over the symbols of a session of ±Y/share, where Y is what the symbol brought in it.
    fn cells(&mut self, by_session: &BySession<'_>) {
        for (session, found) in by_session {
            if self.is_full() {
                return;
            }
            let mut cells: BTreeMap<&str, f64> = BTreeMap::new();
            for seen in found {
                let arm = self.assignment().of_symbol(&seen.symbol, *session);
                self.note_arm(arm, seen);
                self.note_trade(arm, seen);
                *cells.entry(&seen.symbol).or_default() += self.of_session(seen);
            }
            let unit = |(symbol, result): (&str, f64)| {
                (cell_key(symbol, *session), self.assignment().of_symbol(symbol, *session), result)
            };
            let units: Vec<(String, usize, f64)> = cells.into_iter().map(unit).collect();
            self.push(*session, &units, 1.0);
        }
    }

    /// Of each block of sessions, the arm's session less the first arm's.
    fn blocks(&mut self, by_session: &BySession<'_>, last: Date) {
        let arms = self.experiment.arms().len();
        let sessions: Vec<Date> = self.calendar.sessions(self.assignment().starts, last).collect();
        for (number, block) in sessions.chunks_exact(arms).enumerate() {
            // A block of which nothing is recorded was not traded at all.
            if self.is_full() || !block.iter().any(|session| by_session.contains_key(session)) {
                continue;
            }
            let mut results = vec![0.0; arms];
            for (session, arm) in block.iter().zip(self.assignment().order_of_block(number)) {
                for seen in by_session.get(session).into_iter().flatten() {
                    self.note_arm(arm, seen);
                    self.note_trade(arm, seen);
                    results[arm] += self.of_session(seen);
                }
                let totals = &mut self.scored.arms[arm];
                totals.units += 1;
                totals.sessions += 1;
                totals.sum += results[arm];
            }
            self.scored.sessions += arms as u64;
            let session = block[arms - 1];
            for (differences, result) in self.scored.differences.iter_mut().zip(&results[1..]) {
                differences.push(ScoredSession { session, difference: result - results[0] });
            }
        }
    }

    /// The mean over the signals of a session of what the arm in the shadow would have brought less what was traded.
    fn shadow(&mut self, by_session: &BySession<'_>) {
        for (session, found) in by_session {
            if self.is_full() {
                return;
            }
            if found.iter().any(|seen| seen.shadow == Some(Shadow::Pending)) {
                self.scored.waiting += 1;
                continue;
            }
            let (mut traded, mut shadow) = (0.0, 0.0);
            for seen in found {
                traded += seen.result(self.experiment.metric, None);
                self.note_trade(0, seen);
                self.scored.unresolvable += u64::from(seen.shadow == Some(Shadow::Unresolvable));
                if let Some(Shadow::Priced(result)) = seen.shadow {
                    shadow += result;
                    self.scored.arms[1].traded += 1;
                    self.scored.arms[1].wins += u64::from(result > 0.0);
                }
            }
            self.scored.sessions += 1;
            // The same signal has mostly a record of either arm, under an id of its own.
            let of_shadow = found.iter().filter(|seen| seen.shadow.is_some()).count();
            let of_first = found.iter().filter(|seen| seen.shadow.is_none() || seen.trade.is_some()).count();
            let signals = of_first.max(of_shadow);
            for (totals, sum) in self.scored.arms.iter_mut().zip([traded, shadow]) {
                totals.units += signals as u64;
                totals.sessions += 1;
                totals.sum += sum;
            }
            let difference = (shadow - traded) / signals as f64;
            self.scored.differences[0].push(ScoredSession { session: *session, difference });
        }
    }

    /// What an observation adds to the result of its session.
    fn of_session(&self, seen: &Observation) -> f64 {
        seen.result(self.experiment.metric, Some(self.experiment.capital))
    }

    fn note_arm(&mut self, arm: usize, seen: &Observation) {
        let named = seen.arm.as_deref();
        self.scored.in_other_arm +=
            u64::from(named.is_some_and(|named| named != self.experiment.arms()[arm].name));
        self.scored.crowded_out += u64::from(seen.is_crowded_out());
    }

    fn note_trade(&mut self, arm: usize, seen: &Observation) {
        let Some(trade) = &seen.trade else { return };
        let by_risk = self.experiment.metric == ExperimentMetric::R;
        self.scored.without_risk += u64::from(by_risk && trade.r.is_none());
        let totals = &mut self.scored.arms[arm];
        totals.traded += 1;
        totals.wins += u64::from(trade.pnl > 0.0);
        totals.pnl += trade.pnl;
    }

    /// A session of units with their arm and result: Σ ±Y/share over `divisor`, of each arm against the first, where of
    /// the larger of two arms only as much counts as the smaller has.
    fn push(&mut self, session: Date, units: &[(String, usize, f64)], divisor: f64) {
        self.scored.sessions += 1;
        let present: BTreeSet<usize> = units.iter().map(|(_, arm, _)| *arm).collect();
        for arm in present {
            self.scored.arms[arm].sessions += 1;
        }
        for (_, arm, result) in units {
            self.scored.arms[*arm].units += 1;
            self.scored.arms[*arm].sum += result;
        }
        for other in 1..self.experiment.arms().len() {
            let assignment = &self.experiment.assignment;
            let share = assignment.arms[0].share.min(assignment.arms[other].share);
            let signed = |(key, arm, result): &(String, usize, f64)| match *arm {
                0 if assignment.is_kept(key, 0, other) => -result / share,
                arm if arm == other && assignment.is_kept(key, other, 0) => result / share,
                _ => 0.0,
            };
            let difference = units.iter().map(signed).sum::<f64>() / divisor;
            self.scored.differences[other - 1].push(ScoredSession { session, difference });
        }
    }
}
