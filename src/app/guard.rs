//! `guard`: may the engine enter, and with which knobs? After each exit, or when it is asked.

use super::Context;
use crate::decide::{
    Entry, GuardDay, GuardState, GuardWord, Lock, Observed, handed_over_locks, judge, merged,
    readings_with_open, reduced_knobs, session_locks,
};
use crate::domain::{PerKnob, Session, Timestamp};
use crate::files::brain::{brain_warning, knobs_or_defaults};
use crate::files::guard_day::{KnownDay, known_day};
use crate::files::guard_files::{
    SessionEvents, append_events, guard_file, lock_line, read_guard, write_guard, write_overlay,
};
use crate::report::{Notice, guard_why};
use crate::store::{LockTimeout, Log, StoreError, StoreLock, lock_store};
use crate::wire::{GUARD_SCHEMA, GuardEvent, GuardFile, LockLine};

/// What the guard is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuardRequest {
    /// What the engine says of its open positions.
    pub observed: Observed,
    /// Equity at the open of the session, in the account's currency, where the engine knows better.
    pub equity: Option<f64>,
    /// What the engine would like to enter.
    pub entry: Option<Entry>,
}

/// The answer of the guard.
#[derive(Clone, Debug)]
pub struct Guarded {
    /// Locks, and how far every rule is from its limit.
    pub state: GuardState,
    /// The session; none on a day without one.
    pub session: Option<Session>,
    /// Its exits.
    pub day: GuardDay,
    /// The moment of the answer.
    pub now: Timestamp,
    /// What was handed over.
    pub observed: Observed,
    /// The knobs without the guard.
    pub base: PerKnob<f64>,
    /// The knobs with it.
    pub knobs: PerKnob<f64>,
    /// What was asked about, with the lock that refuses it.
    pub entry: Option<(Entry, Option<Lock>)>,
    /// What else to know.
    pub warnings: Vec<String>,
    /// Locks that began with this answer.
    pub notices: Vec<Notice>,
}

/// The state of the session at hand, not yet kept.
struct Evaluated {
    known: KnownDay,
    session: Option<Session>,
    events: SessionEvents,
    state: GuardState,
}

/// Works out the state from the session's exits, releases, and what is open.
fn evaluate(context: &Context<'_>, request: &GuardRequest) -> Result<Evaluated, StoreError> {
    let now = context.seen_from();
    let calendar = context.market().calendar();
    let date = calendar.trading_date(now);
    let mut known = known_day(context, date)?;
    let session = calendar.session(date);
    // After its end a session locks nothing; on a day without one there is nothing to lock.
    let Some(session) = session.filter(|session| now < session.close) else {
        let (events, state) = (SessionEvents::default(), GuardState::default());
        return Ok(Evaluated { known, session, events, state });
    };
    if let Some(equity) = request.equity {
        known.day.equity = equity;
        // What the engine says of one moment is not for the cache.
        known.behind = 0;
    }
    let events = SessionEvents::read(context, &date.to_string())?;
    let rules = &context.settings.guard.rules;
    let (locks, mut readings) = session_locks(rules, &known.day, &session, &events.releases, now);
    // Only where something is open it matters when anything was recorded.
    let last_record = request.observed.open_positions.and_then(|_| last_record(context, now));
    let observed = Observed { last_record, ..request.observed };
    let open = handed_over_locks(rules, &known.day, &session, &observed, now);
    readings_with_open(&mut readings, rules, &known.day, &observed, now);
    let before = merged(locks, events.handed_over.iter().cloned());
    let state = judge(merged(before, open), readings, now);
    Ok(Evaluated { known, session: Some(session), events, state })
}

/// The state of the session at hand by its exits and what is on record, and its exits; writes nothing.
///
/// # Errors
/// [`StoreError`] when the logs cannot be read.
pub(super) fn guard_now(context: &Context<'_>) -> Result<(GuardState, GuardDay), StoreError> {
    let evaluated = evaluate(context, &GuardRequest::default())?;
    Ok((evaluated.state, evaluated.known.day))
}

/// When anything was recorded last: an exit, a signal, a missed signal. None where the clock of the files says nothing.
fn last_record(context: &Context<'_>, now: Timestamp) -> Option<Timestamp> {
    let written = |log: Log| context.disk.stat(&context.layout.log(log)).ok().flatten();
    // News mostly come from another program than the engine: they say nothing of whether it is alive.
    let of_engine = Log::ALL.into_iter().filter(|log| *log != Log::News);
    let last = of_engine.filter_map(written).map(|stat| stat.modified_us).max()?;
    Some(Timestamp::from_micros(last)).filter(|last| *last <= now)
}

/// Rows that the log may be ahead of the guard's cache: reading them again costs less than writing it each time.
const AHEAD_OF_CACHE: u64 = 8;

/// What was written of an answer.
pub(super) struct Kept {
    pub file: GuardFile,
    /// What somebody should hear of the locks that are new: they are on record, and told of once.
    pub notices: Vec<Notice>,
    /// What else could not be written; the next call completes it.
    pub trouble: Option<StoreError>,
}

/// Writes what is new: locks to the log, the guard's part of the brain file, `guard.json`. Each step alone may be
/// missing after a kill; the next call completes it.
///
/// # Errors
/// [`StoreError`] when the locks cannot be put on record.
fn keep(context: &Context<'_>, evaluated: &Evaluated) -> Result<Kept, StoreError> {
    let date = evaluated.known.day.date.to_string();
    let new: Vec<LockLine> =
        evaluated.state.locks.iter().filter(|lock| !evaluated.events.has(lock)).map(lock_line).collect();
    let event = |lock: &LockLine| GuardEvent {
        timestamp: context.now.to_string(),
        session: date.clone(),
        event: "lock".into(),
        lock: Some(lock.clone()),
        schema: GUARD_SCHEMA,
        ..GuardEvent::default()
    };
    append_events(context, &new.iter().map(event).collect::<Vec<_>>())?;
    let was_quiet = read_guard(context).is_none_or(|before| before.locks.is_empty());
    let is_quiet = evaluated.state.holding(context.now).next().is_none();
    let why = guard_why(&evaluated.state, &evaluated.known.day, context.now, &context.settings.currency);
    let base = (!is_quiet).then(|| base_knobs(context));
    let word = evaluated.state.word.as_str();
    let notices = new.into_iter().map(|lock| Notice::lock(lock, &date, word, why.as_deref())).collect();
    let file = guard_file(context, (&evaluated.state, why), &date, base.as_ref());
    let write = || -> Result<(), StoreError> {
        let overlaid = if is_quiet && was_quiet { Ok(false) } else { write_overlay(context, &file) };
        // As long as `guard.json` has the lock, the next call takes it out of the brain file.
        if overlaid.is_ok() || !is_quiet {
            write_guard(context, &file)?;
        }
        if evaluated.known.behind > AHEAD_OF_CACHE {
            evaluated.known.keep(context)?;
        }
        overlaid.map(|_| ())
    };
    let trouble = write().err();
    Ok(Kept { file, notices, trouble })
}

/// The knobs without the guard; of a brain file that cannot be read, the defaults.
fn base_knobs(context: &Context<'_>) -> PerKnob<f64> {
    knobs_or_defaults(context).map(|knob| knob.effective)
}

/// After a record, under its lock: what the engine should know of the guard now. A failure of it is a sentence; the
/// record is safe.
pub(super) fn after_record(
    context: &Context<'_>,
    _lock: &StoreLock,
    open_pnl: Option<f64>,
) -> Result<Kept, String> {
    let observed = Observed { open_pnl, ..Observed::default() };
    let request = GuardRequest { observed, ..GuardRequest::default() };
    let done = evaluate(context, &request).and_then(|evaluated| keep(context, &evaluated));
    done.map_err(|error| format!("recorded, but the guard could not look at it: {error}"))
}

/// Answers the engine, and keeps the answer where it can be kept within 200 ms.
///
/// # Errors
/// [`StoreError`] when the log of trades, the record of locks or the brain file cannot be read.
pub fn guard(context: &Context<'_>, request: &GuardRequest) -> Result<Guarded, StoreError> {
    // A folder that was mistyped must not look like a quiet day.
    let mut warnings: Vec<String> = context.no_store_warning().into_iter().collect();
    let is_there = warnings.is_empty();
    let lock = if context.as_of.is_none() && is_there {
        let locked = lock_store(context.disk, &context.layout, LockTimeout::ENGINE, &mut || {});
        locked.map_err(|error| warnings.push(format!("the answer is not kept: {error}"))).ok()
    } else {
        None
    };
    let evaluated = evaluate(context, request)?;
    let mut notices = Vec::new();
    if lock.is_some() {
        // The answer is right whether or not it can be kept.
        let trouble = match keep(context, &evaluated) {
            Ok(kept) => {
                notices = kept.notices;
                kept.trouble
            }
            Err(error) => Some(error),
        };
        warnings.extend(trouble.map(|error| format!("the answer is not kept: {error}")));
    }
    drop(lock);
    Ok(answered(context, request, evaluated, warnings, notices))
}

fn answered(
    context: &Context<'_>,
    request: &GuardRequest,
    evaluated: Evaluated,
    mut warnings: Vec<String>,
    notices: Vec<Notice>,
) -> Guarded {
    let (settings, now) = (&context.settings, context.seen_from());
    warnings.extend(brain_warning(context));
    let base = base_knobs(context);
    let state = evaluated.state;
    let knobs = reduced_knobs(&settings.rulebook.knobs, &base, state.word, &settings.guard.reducing);
    let entry = request.entry.clone().map(|entry| {
        let refused = state.refuses(&entry, now).cloned();
        (entry, refused)
    });
    let (session, day, observed) = (evaluated.session, evaluated.known.day, request.observed);
    Guarded { state, session, day, now, observed, base, knobs, entry, warnings, notices }
}

impl Guarded {
    /// Whether the engine may enter: what it asked about, or anything at all.
    pub fn may_enter(&self) -> bool {
        match &self.entry {
            Some((_, refused)) => refused.is_none(),
            None => self.state.word != GuardWord::Halted,
        }
    }
}

/// Locks that were released: that is on record, whatever else could be written.
#[derive(Debug)]
pub struct Released {
    /// What was released.
    pub locks: Vec<Lock>,
    /// What the guard says without it.
    pub answer: Guarded,
    /// Why the engine does not know of it yet, where the files that it reads could not be written.
    pub trouble: Option<StoreError>,
}

/// Why locks could not be released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Nothing is locked.
    #[error("nothing to release: {0}")]
    Nothing(String),
    /// The store cannot be read or written.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Ends the locks that hold, of one rule or of all. What passes a limit afterwards locks again.
///
/// # Errors
/// [`ReleaseError`].
pub fn release_guard(context: &Context<'_>, why: &str, rule: Option<&str>) -> Result<Released, ReleaseError> {
    let lock = context.lock()?;
    let before = evaluate(context, &GuardRequest::default())?;
    let of_rule = |lock: &&Lock| rule.is_none_or(|rule| lock.rule == rule);
    let released: Vec<Lock> = before.state.holding(context.now).filter(of_rule).cloned().collect();
    if released.is_empty() {
        let of = rule.map_or_else(|| "no lock holds".to_owned(), |rule| format!("no lock of {rule} holds"));
        return Err(ReleaseError::Nothing(of));
    }
    let event = GuardEvent {
        timestamp: context.now.to_string(),
        session: before.known.day.date.to_string(),
        event: "release".into(),
        rule: rule.map(str::to_owned),
        why: Some(why.to_owned()),
        schema: GUARD_SCHEMA,
        ..GuardEvent::default()
    };
    append_events(context, &[event])?;
    let evaluated = evaluate(context, &GuardRequest::default())?;
    let Kept { notices, trouble, .. } = keep(context, &evaluated)?;
    drop(lock);
    let answer = answered(context, &GuardRequest::default(), evaluated, Vec::new(), notices);
    Ok(Released { locks: released, answer, trouble })
}
