//! `replay`: the loop walked through history, session by session, with only what was known by then; the same engine
//! with its knobs left alone, moved by the rules, and moved under strict evidence, each with and without the model.

mod history;
mod life;
mod state;

use std::collections::BTreeMap;

use chrono::Datelike;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::training::{Fitted, fit_challenger};
use super::{Desk, Reading};
use crate::domain::{Date, KnobName};
use crate::learn::{Dataset, FitError};
use crate::metrics::{Measure, Metric, Sample};
use crate::report::{ReplayLife, ReplaySheet, View, replay_sentences, replay_view};
use crate::simulate::{Cycle, DayTotals, compare};
use crate::store::{Durability, StoreError, lock_store, read_state, replace_state};

use history::History;
use life::{AtClose, Life, Policy};

/// What to replay.
#[derive(Clone, Debug, Default)]
pub struct ReplayRequest {
    /// The first New York date; without it that of the first record.
    pub from: Option<Date>,
    /// The last one; without it that of the last record.
    pub to: Option<Date>,
    /// The engine's cycle.
    pub cycle: Cycle,
    /// What the engine really ran on, where the record does not say it.
    pub in_force: Vec<(KnobName, f64)>,
    /// Without the lives that train models.
    pub without_model: bool,
    /// Begin anew, whatever an earlier run left behind.
    pub restart: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The answer.
    pub view: View,
    /// How the trades read.
    pub reading: Reading,
    /// What else to know.
    pub warnings: Vec<String>,
}

/// What the last replay said: `last_replay.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastReplay {
    /// Version of the form.
    pub schema: String,
    /// When it was run, UTC.
    pub timestamp: String,
    /// On which New York date.
    pub date: String,
    /// The first session.
    pub from: String,
    /// The last session.
    pub to: String,
    /// Sessions.
    pub sessions: u64,
    /// Whether the rules' knobs did better, worse, or it is unclear.
    pub verdict: String,
    /// What follows, in a sentence.
    pub sentence: String,
}

impl LastReplay {
    /// `2026-03-02, 2026-01-05 to 2026-02-27`: when it was run, and of which sessions.
    pub fn when(&self) -> String {
        format!("{}, {} to {}", self.date, self.from, self.to)
    }
}

/// What the last replay said; `None` when there was none by then, or its file cannot be read, which a new replay
/// mends.
pub fn last_replay(desk: &Desk<'_>) -> Option<LastReplay> {
    let text = read_state(desk.disk, &desk.layout.last_replay()).ok()??;
    let last: LastReplay = serde_json::from_slice(&text).ok()?;
    let by_then = |as_of| crate::domain::Timestamp::parse(&last.timestamp).is_ok_and(|at| at <= as_of);
    desk.as_of.is_none_or(by_then).then_some(last)
}

/// Replays.
///
/// # Errors
/// [`StoreError`] when a log or the brain file cannot be read.
pub fn replay(desk: &Desk<'_>, request: &ReplayRequest) -> Result<Replayed, StoreError> {
    let history = History::read(desk, request)?;
    let rulebook = &desk.settings.rulebook;
    let fresh = || -> Vec<Life> {
        let filters: &[bool] = if request.without_model { &[false] } else { &[false, true] };
        let lives = filters.iter().flat_map(|filter| Policy::ALL.map(|policy| (policy, *filter)));
        lives.map(|(policy, filter)| Life::new(policy, filter, rulebook)).collect()
    };
    let mut progression = state::Progression::new(desk, history.fingerprint);
    let saved = if request.restart { None } else { progression.find() };
    let resumed = saved.as_ref().map(|(sessions, ..)| *sessions);
    let (begin, mut trained, mut lives) = saved.unwrap_or_else(|| (0, 0, fresh()));
    let mut untrained: Vec<(Date, FitError)> = Vec::new();
    desk.progress.begin("replaying", Some(history.sessions.len() as u64));
    desk.progress.advance(begin as u64);
    for (at, session) in history.sessions.iter().enumerate().skip(begin) {
        let capital = desk.settings.capital;
        let closes: Vec<AtClose> = lives
            .par_iter_mut()
            .map(|life| {
                life.trade(&history, session, rulebook);
                life.look_back(&history, session, (rulebook, capital))
            })
            .collect();
        // What can be learned is the same in every life: a pick that was not traded is priced at the close.
        let fitted: Option<(Fitted, Dataset)> = if closes.iter().any(|close| close.wants_model) {
            let rows = history.rows_known(session.close);
            let fitted = if Life::is_enough(&rows) { fit_challenger(&rows) } else { Ok(None) };
            // As at a real close: what cannot be learned stops nothing else.
            let fitted = fitted.unwrap_or_else(|error| {
                untrained.push((session.date, error));
                None
            });
            trained += u64::from(fitted.is_some());
            fitted.map(|fitted| (fitted, rows))
        } else {
            None
        };
        lives
            .par_iter_mut()
            .zip(&closes)
            .for_each(|(life, close)| life.decide(session, close, fitted.as_ref(), rulebook));
        desk.progress.advance(1);
        progression.save(at + 1, trained, &lives);
    }
    desk.progress.end();
    let sheet = sheet(desk, request, &history, &lives, trained);
    let mut warnings = Vec::new();
    if let Some(sessions) = resumed {
        warnings.push(format!("went on after {sessions} sessions of an earlier run (--restart begins anew)"));
    }
    if history.unreadable > 0 {
        warnings.push(format!(
            "{} lines could not be read and are not replayed: run `dtlearn doctor`",
            history.unreadable
        ));
    }
    if let Some((date, error)) = untrained.first() {
        let count = untrained.len();
        warnings.push(format!("nothing was learned at {count} closes, first on {date}: {error}"));
    }
    if let Some(error) = &progression.trouble {
        warnings.push(format!("a run that is stopped would begin anew: {error}"));
    }
    if desk.as_of.is_none() && !history.sessions.is_empty() {
        // The answer is there all the same where it cannot be kept, as in a store that nobody may write.
        match write_last(desk, &sheet) {
            Ok(()) => progression.done(),
            Err(error) => warnings.push(format!("what follows is not kept for reports: {error}")),
        }
    }
    Ok(Replayed { view: replay_view(&sheet), reading: history.reading, warnings })
}

/// Notes what followed, for reports to show.
fn write_last(desk: &Desk<'_>, sheet: &ReplaySheet) -> Result<(), StoreError> {
    let path = desk.layout.last_replay();
    let last = LastReplay {
        schema: "dtlearn.last-replay/1".into(),
        timestamp: desk.now.to_string(),
        date: desk.now.trading_date().to_string(),
        from: sheet.from.clone(),
        to: sheet.to.clone(),
        sessions: sheet.sessions as u64,
        verdict: sheet.verdict().into(),
        sentence: replay_sentences(sheet).into_iter().next().unwrap_or_default(),
    };
    let mut bytes = serde_json::to_vec_pretty(&last)
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    bytes.push(b'\n');
    let _lock =
        lock_store(desk.disk, &desk.layout, desk.patience(), &mut || desk.progress.waiting_for_lock())?;
    replace_state(desk.disk, &path, &bytes, Durability::Durable)
}

/// The figures of the lives, and each beside the first.
fn sheet(
    desk: &Desk<'_>,
    request: &ReplayRequest,
    history: &History,
    lives: &[Life],
    trained: u64,
) -> ReplaySheet {
    let capital = desk.settings.capital;
    let last_close = history.sessions.last().map_or(i64::MIN, |session| session.close.micros());
    // A weekday without a record, such as a holiday, is no session to compare.
    let traded = history.sessions.iter().filter(|session| !session.slots.is_empty());
    let mut dates: BTreeMap<i32, DayTotals> =
        traded.map(|session| (session.date.num_days_from_ce(), DayTotals::default())).collect();
    let exit_date = |life: &life::Taken| life.closed().exit.trading_date().num_days_from_ce();
    // What is closed on a date without a session of its own has a day of its own in every life.
    for taken in lives.iter().flat_map(|life| &life.taken).filter(|taken| taken.exit_us <= last_close) {
        dates.entry(exit_date(taken)).or_default();
    }
    let days: Vec<Vec<DayTotals>> = lives
        .iter()
        .map(|life| {
            let mut days = dates.clone();
            for taken in by_exit(history, life, last_close) {
                if let Some(day) = days.get_mut(&exit_date(taken)) {
                    day.add(&taken.closed());
                }
            }
            days.into_values().collect()
        })
        .collect();
    let nothing = vec![DayTotals::default(); dates.len()];
    let beside = match days.split_first() {
        Some((first, others)) => compare(first, others),
        None => Vec::new(),
    };
    let mut beside = std::iter::once(None).chain(beside.into_iter().map(Some));
    let lives = lives
        .iter()
        .zip(&days)
        .map(|(life, days)| {
            let sample = sample(history, life, last_close, capital);
            let performance = sample.performance();
            let alone = compare(&nothing, std::slice::from_ref(days)).into_iter().next();
            ReplayLife {
                policy: life.policy.as_str(),
                filter: life.filter,
                expectancy: sample.evidence(&performance, Measure::Of(Metric::ExpectancyPct)).interval.ok(),
                pnl: alone.as_ref().and_then(|alone| alone.pnl.interval.clone().ok()),
                drawdown: alone.as_ref().and_then(|alone| alone.drawdown.interval.clone().ok()),
                performance,
                moves: serde_json::json!(life.moves),
                moved: life.moves.len() as u64,
                reversed: life.reversed(),
                events: serde_json::json!(life.events),
                deployed: life.count("deployed"),
                rejected: life.count("rejected"),
                rolled_back: life.count("rolled_back"),
                vetoed: life.vetoed,
                without_features: life.without_features,
                daily: days.iter().map(|day| (day.pnl, day.trades as u64)).collect(),
                beside: beside.next().flatten(),
            }
        })
        .collect();
    let date = |date: i32| Date::from_num_days_from_ce_opt(date).unwrap_or_default().to_string();
    let of = |session: Option<&history::Session>| session.map(|s| s.date.to_string()).unwrap_or_default();
    ReplaySheet {
        from: of(history.sessions.first()),
        to: of(history.sessions.last()),
        sessions: dates.len(),
        records: history.tape.slots().len(),
        mismatches: history.tape.mismatches().count(),
        capital,
        currency: desk.settings.currency.clone(),
        without_model: request.without_model,
        without_outcome: history.without_outcome,
        without_costs: history.without_costs,
        trained,
        dates: dates.keys().map(|day| date(*day)).collect(),
        lives,
    }
}

/// A life's trades in the order of their exits.
fn by_exit<'a>(history: &History, life: &'a Life, last_close: i64) -> Vec<&'a life::Taken> {
    let mut taken: Vec<&life::Taken> =
        life.taken.iter().filter(|taken| taken.exit_us <= last_close).collect();
    let id = |taken: &life::Taken| history.tape.slots()[taken.slot].record.id.as_str();
    taken.sort_by(|a, b| (a.exit_us, id(a)).cmp(&(b.exit_us, id(b))));
    taken
}

/// Those trades as a sample.
fn sample(history: &History, life: &Life, last_close: i64, capital: f64) -> Sample {
    let mut sample = Sample::new(capital);
    for taken in by_exit(history, life, last_close) {
        sample.push(&history.tape.slots()[taken.slot].facts(&taken.closed()));
    }
    sample
}
