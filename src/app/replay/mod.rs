//! `replay`: the loop walked through history, session by session, with only what was known by then; the same engine
//! with its knobs left alone, moved by the rules, and moved under strict evidence, each with and without the model.

mod entries;
mod guarded;
mod history;
mod life_trades;
mod models_in_use;
mod past;
mod scenario;
mod sifted;
mod sized;
mod state;
mod taught;

use std::collections::BTreeSet;

use chrono::Datelike;
use rayon::prelude::*;

use super::{Context, Reading};
use crate::domain::{Date, KnobName};
use crate::learn::FitError;
use crate::metrics::{Measure, Metric};
use crate::report::{plural, replay_sentences};
use crate::simulate::{Cycle, DayTotals, ReplayFacts, ScenarioFacts, compare};
use crate::store::{Durability, StoreError, read_state, replace_json};
use crate::wire::LastReplay;

use history::History;
use past::Policy;
use scenario::{AtClose, Scenario};
use taught::Taught;

/// What to replay.
#[derive(Clone, Debug, Default)]
pub struct ReplayRequest {
    /// The first trading date; without it that of the first record.
    pub from: Option<Date>,
    /// The last one; without it that of the last record.
    pub to: Option<Date>,
    /// The engine's cycle.
    pub cycle: Cycle,
    /// What the engine really ran on, where the record does not say it.
    pub in_force: Vec<(KnobName, f64)>,
    /// Without the scenarios that train models.
    pub without_model: bool,
    /// Begin again, whatever an earlier run left behind.
    pub restart: bool,
}

/// The answer, and how its sources read.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What was found.
    pub facts: ReplayFacts,
    /// How the trades read.
    pub reading: Reading,
    /// What else to know.
    pub warnings: Vec<String>,
}

/// What the last replay said; `None` when there was none by then, or its file cannot be read, which a new replay
/// repairs.
pub fn last_replay(context: &Context<'_>) -> Option<LastReplay> {
    let text = read_state(context.disk, &context.layout.last_replay()).ok()??;
    let last: LastReplay = serde_json::from_slice(&text).ok()?;
    let by_then = |as_of| crate::domain::Timestamp::parse(&last.timestamp).is_ok_and(|at| at <= as_of);
    context.as_of.is_none_or(by_then).then_some(last)
}

/// Replays.
///
/// # Errors
/// [`StoreError`] when a log or the brain file cannot be read.
pub fn replay(context: &Context<'_>, request: &ReplayRequest) -> Result<Replayed, StoreError> {
    let mut history = History::read(context, request)?;
    let mut progression = state::Progression::new(context, history.fingerprint);
    let walked = walk(context, request, &mut history, &mut progression)?;
    history.entries.read_rest()?;
    let facts = facts(context, &history, &walked);
    let mut warnings = walked.warnings();
    if history.unreadable > 0 {
        warnings.push(format!(
            "{} left out of the replay, not readable: run `dtlearn doctor`",
            plural(history.unreadable, "line")
        ));
    }
    if let Some(error) = &progression.trouble {
        warnings.push(format!("a replay that is stopped would begin again: {error}"));
    }
    if context.as_of.is_none() && !history.sessions.is_empty() {
        // The answer is there all the same where it cannot be kept, as in a store that nobody may write.
        match write_last(context, &facts) {
            Ok(()) => progression.done(),
            Err(error) => warnings.push(format!("the result is not kept for reports: {error}")),
        }
    }
    Ok(Replayed { facts, reading: history.reading, warnings })
}

/// The scenarios at the end of the walk.
struct Walked {
    scenarios: Vec<Scenario>,
    /// Models trained.
    trained: u64,
    /// Sessions that an earlier run had done.
    resumed: Option<usize>,
    /// Closes at which nothing could be trained, and why.
    untrained: Vec<(Date, FitError)>,
}

impl Walked {
    fn warnings(&self) -> Vec<String> {
        let resumed = self.resumed.map(|sessions| {
            let sessions = plural(sessions as u64, "session");
            format!("resumed after {sessions} of an earlier run (--restart begins again)")
        });
        let untrained = self.untrained.first().map(|(date, error)| {
            let closes = plural(self.untrained.len() as u64, "close");
            format!("no model was trained at {closes}, first on {date}: {error}")
        });
        resumed.into_iter().chain(untrained).collect()
    }
}

/// The scenarios at the beginning, or where an earlier run of the same replay left them: after how many sessions, and with how
/// many models trained.
fn begun(
    context: &Context<'_>,
    request: &ReplayRequest,
    progression: &state::Progression<'_>,
) -> (Option<usize>, u64, Vec<Scenario>) {
    let filters: &[bool] = if request.without_model { &[false] } else { &[false, true] };
    let scenarios = filters.iter().flat_map(|filter| Policy::ALL.map(|policy| (policy, *filter)));
    let beside = [Policy::Guarded, Policy::Sized].map(|policy| (policy, false));
    let account = (context.settings.capital, context.market());
    let fresh = |scenario| Scenario::new(scenario, &context.settings.rulebook, account);
    let mut scenarios: Vec<Scenario> = scenarios.chain(beside).map(fresh).collect();
    let saved = if request.restart { None } else { progression.find() };
    let Some((sessions, trained, saved)) = saved else { return (None, 0, scenarios) };
    let kept = scenarios.iter_mut().filter(|scenario| !scenario.is_walked_again());
    for (scenario, saved) in kept.zip(saved) {
        *scenario = saved.dated_by(context.market());
    }
    (Some(sessions), trained, scenarios)
}

/// Takes every scenario through every session.
fn walk(
    context: &Context<'_>,
    request: &ReplayRequest,
    history: &mut History,
    progression: &mut state::Progression<'_>,
) -> Result<Walked, StoreError> {
    let rulebook = &context.settings.rulebook;
    let (resumed, mut trained, mut scenarios) = begun(context, request, progression);
    let begin = resumed.unwrap_or(0);
    let mut untrained: Vec<(Date, FitError)> = Vec::new();
    context.progress.begin("replaying", Some(history.sessions.len() as u64));
    context.progress.advance(begin as u64);
    for at in 0..history.sessions.len() {
        history.load(at)?;
        let (history, session) = (&*history, &history.sessions[at]);
        let capital = context.settings.capital;
        let is_at_work = |scenario: &&mut Scenario| at >= begin || scenario.is_walked_again();
        let mut at_work: Vec<&mut Scenario> = scenarios.iter_mut().filter(is_at_work).collect();
        let closes: Vec<AtClose> = at_work
            .par_iter_mut()
            .map(|scenario| {
                scenario.trade(history, session, (rulebook, &context.settings.guard, capital));
                scenario.look_back(history, session, (rulebook, capital))
            })
            .collect();
        let wanting = at_work.iter().zip(&closes).filter(|(_, close)| close.wants_model);
        let scored_until = wanting.map(|(scenario, _)| scenario.scored_until()).min();
        let taught = scored_until.map_or(Ok(None), |until| Taught::at(history, session, until));
        // As at a real close: what cannot be learned stops nothing else.
        let taught = taught.unwrap_or_else(|error| {
            untrained.push((session.date, error));
            None
        });
        trained += u64::from(taught.is_some());
        at_work
            .par_iter_mut()
            .zip(&closes)
            .for_each(|(scenario, close)| scenario.decide(session, close, taught.as_ref(), rulebook));
        if at >= begin {
            context.progress.advance(1);
            progression.save(at + 1, trained, &scenarios);
        }
    }
    context.progress.end();
    Ok(Walked { scenarios, trained, resumed, untrained })
}

/// Keeps what followed, for reports to show.
fn write_last(context: &Context<'_>, facts: &ReplayFacts) -> Result<(), StoreError> {
    let path = context.layout.last_replay();
    let last = LastReplay {
        schema: "dtlearn.last-replay/2".into(),
        timestamp: context.now.to_string(),
        date: context.session_date().to_string(),
        from: facts.from.clone(),
        to: facts.to.clone(),
        sessions: facts.sessions as u64,
        verdict: facts.verdict().as_str().into(),
        sentence: replay_sentences(facts).into_iter().next().unwrap_or_default(),
    };
    let _lock = context.lock()?;
    replace_json(context.disk, &path, &last, Durability::Durable)
}

/// What each scenario made on each session, and the dates of those.
fn by_session(history: &History, scenarios: &[Scenario]) -> (Vec<i32>, Vec<Vec<DayTotals>>) {
    // A session without a record is none to compare.
    let traded = history.sessions.iter().filter(|session| !session.slots.is_empty());
    let traded = traded.map(|session| session.date.num_days_from_ce());
    // What is closed on a date without a session of its own has a day of its own in every scenario.
    let closed = scenarios.iter().flat_map(|scenario| scenario.trades.days.keys().copied());
    let dates: BTreeSet<i32> = traded.chain(closed).collect();
    let of = |scenario: &Scenario| {
        let day = |date: &i32| scenario.trades.days.get(date).copied().unwrap_or_default();
        dates.iter().map(day).collect()
    };
    let days = scenarios.iter().map(of).collect();
    (dates.into_iter().collect(), days)
}

/// The figures of the scenarios, and each compared with the first.
fn facts(context: &Context<'_>, history: &History, walked: &Walked) -> ReplayFacts {
    let capital = context.settings.capital;
    let (dates, days) = by_session(history, &walked.scenarios);
    let nothing = vec![DayTotals::default(); dates.len()];
    let compared = match days.split_first() {
        Some((first, others)) => compare(first, others),
        None => Vec::new(),
    };
    let mut compared = std::iter::once(None).chain(compared.into_iter().map(Some));
    let scenario = |(scenario, days): (&Scenario, &Vec<DayTotals>)| {
        let sample = &scenario.trades.sample;
        let performance = sample.performance();
        let alone = compare(&nothing, std::slice::from_ref(days)).into_iter().next();
        ScenarioFacts {
            policy: scenario.policy.as_str(),
            filter: scenario.filter,
            guard: scenario.is_guarded(),
            multipliers: scenario.is_sized(),
            publications: scenario.publications,
            locked: scenario.locked,
            expectancy: sample.evidence(&performance, Measure::Of(Metric::ExpectancyPct)).interval.ok(),
            pnl: alone.as_ref().and_then(|alone| alone.pnl.bounds()),
            drawdown: alone.as_ref().and_then(|alone| alone.drawdown.bounds()),
            performance,
            moves: scenario.moves.clone(),
            reversed: scenario.reversed(),
            events: scenario.events.clone(),
            vetoed: scenario.vetoed,
            without_features: scenario.without_features,
            daily: days.iter().map(|day| (day.pnl, day.trades as u64)).collect(),
            against_defaults: compared.next().flatten(),
        }
    };
    let scenarios = walked.scenarios.iter().zip(&days).map(scenario).collect();
    let date = |date: &i32| Date::from_num_days_from_ce_opt(*date).unwrap_or_default().to_string();
    let of = |session: Option<&entries::Session>| session.map(|s| s.date.to_string()).unwrap_or_default();
    ReplayFacts {
        from: of(history.sessions.first()),
        to: of(history.sessions.last()),
        sessions: dates.len(),
        records: history.records,
        mismatches: history.entries.mismatches,
        capital,
        currency: context.settings.currency.clone(),
        without_outcome: history.without_outcome,
        without_costs: history.without_costs,
        holds: history.holds.clone(),
        left_out: history.left_out.clone(),
        trained: walked.trained,
        dates: dates.iter().map(date).collect(),
        scenarios,
    }
}
