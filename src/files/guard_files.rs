//! `guard.json`, `guard_log.jsonl`, and the guard's part of the brain file.

use super::Context;
use super::brain::Brain;
use crate::decide::{
    GuardAction, GuardState, Lock, LockScope, LockSource, Per, Release, judge, reduced_knobs,
};
use crate::domain::{KnobName, PerKnob, Timestamp};
use crate::store::{Durability, StoreError, append_lines, read_state, replace_json};
use crate::wire::{GuardEvent, GuardFile, GuardRuleLine, LockLine, guard_events, guard_events_of};

/// What a session's lines of the log say.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionEvents {
    /// The lines.
    pub events: Vec<GuardEvent>,
    /// Releases by hand.
    pub releases: Vec<Release>,
    /// Locks that open positions made, which the exits do not say.
    pub handed_over: Vec<Lock>,
}

impl SessionEvents {
    /// Reads them.
    ///
    /// # Errors
    /// [`StoreError`] when the file is there and cannot be read.
    pub(crate) fn read(context: &Context<'_>, session: &str) -> Result<Self, StoreError> {
        let text = read_state(context.disk, &context.layout.guard_log())?.unwrap_or_default();
        let (events, _) = guard_events_of(&text, session);
        let by_then = |event: &GuardEvent| {
            let at = Timestamp::parse(&event.timestamp).ok()?;
            context.as_of.is_none_or(|as_of| at <= as_of).then_some(at)
        };
        let release = |event: &GuardEvent| {
            let at = by_then(event).filter(|_| event.event == "release")?;
            Some(Release { at, rule: event.rule.clone() })
        };
        let releases: Vec<Release> = events.iter().filter_map(release).collect();
        let lock = |event: &GuardEvent| {
            by_then(event)?;
            // Silence is over as soon as something is recorded.
            let line = event.lock.as_ref().filter(|line| line.source == LockSource::Open.as_str())?;
            let mut lock = lock_of(line)?;
            let freed = |release: &&Release| {
                lock.at <= release.at && release.rule.as_ref().is_none_or(|rule| *rule == lock.rule)
            };
            lock.released = releases.iter().filter(freed).map(|release| release.at).min();
            Some(lock)
        };
        let handed_over = events.iter().filter_map(lock).collect();
        Ok(Self { events, releases, handed_over })
    }

    /// Whether a lock is on record.
    pub(crate) fn has(&self, lock: &Lock) -> bool {
        let line = lock_line(lock);
        let same = |known: &LockLine| {
            (&known.rule, &known.per, &known.group, &known.at)
                == (&line.rule, &line.per, &line.group, &line.at)
        };
        self.events.iter().filter_map(|event| event.lock.as_ref()).any(same)
    }
}

/// Every line of the log that can be read, up to the moment seen from.
///
/// # Errors
/// [`StoreError`] when the file is there and cannot be read.
pub(crate) fn read_events(context: &Context<'_>) -> Result<Vec<GuardEvent>, StoreError> {
    let text = read_state(context.disk, &context.layout.guard_log())?.unwrap_or_default();
    let mut events = guard_events(&text);
    events.retain(|event| {
        let at = Timestamp::parse(&event.timestamp);
        at.is_ok_and(|at| at <= context.seen_from())
    });
    Ok(events)
}

/// Adds lines to the log. Call it under the lock.
///
/// # Errors
/// [`StoreError`]; the file is then as it was.
pub(crate) fn append_events(context: &Context<'_>, events: &[GuardEvent]) -> Result<(), StoreError> {
    let path = context.layout.guard_log();
    let lines: Result<Vec<Vec<u8>>, _> = events.iter().map(serde_json::to_vec).collect();
    let lines = lines.map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    append_lines(context.disk, &path, &lines)
}

/// A lock as files have it.
pub(crate) fn lock_line(lock: &Lock) -> LockLine {
    LockLine {
        rule: lock.rule.clone(),
        action: lock.action.as_str().into(),
        per: lock.scope.per.as_str().into(),
        group: lock.scope.group.clone(),
        at: lock.at.to_string(),
        until: lock.until.to_string(),
        released: lock.released.map(|at| at.to_string()),
        value: lock.value,
        limit: lock.limit,
        source: lock.source.as_str().into(),
    }
}

/// The lock that a file has; none where it makes no sense.
fn lock_of(line: &LockLine) -> Option<Lock> {
    let moment = |text: &String| Timestamp::parse(text).ok();
    let action = [GuardAction::Reduce, GuardAction::Halt].into_iter().find(|a| a.as_str() == line.action)?;
    let per = Per::ALL.into_iter().find(|per| per.as_str() == line.per)?;
    Some(Lock {
        rule: line.rule.clone(),
        action,
        scope: LockScope { per, group: line.group.clone() },
        at: moment(&line.at)?,
        until: moment(&line.until)?,
        released: line.released.as_ref().and_then(moment),
        value: line.value,
        limit: line.limit,
        source: LockSource::ALL.into_iter().find(|source| source.as_str() == line.source)?,
    })
}

/// What the files say of a state.
pub(crate) fn guard_file(
    context: &Context<'_>,
    (state, why): (&GuardState, Option<String>),
    session: &str,
    base: Option<&PerKnob<f64>>,
) -> GuardFile {
    let now = context.seen_from();
    let holding: Vec<&Lock> = state.holding(now).collect();
    let rule = |reading: &crate::decide::RuleReading| GuardRuleLine {
        rule: reading.rule.clone(),
        group: reading.scope.group.clone(),
        value: reading.value,
        limit: reading.limit.as_ref().ok().copied(),
        no_limit: reading.limit.as_ref().err().cloned(),
        fired: holding.iter().any(|lock| lock.rule == reading.rule),
    };
    GuardFile {
        schema: "dtlearn.guard/1".into(),
        state: state.word.as_str().into(),
        since: state.since.map(|at| at.to_string()),
        until: state.until.map(|at| at.to_string()),
        why,
        session: session.into(),
        as_of: now.to_string(),
        expires_at: holding.iter().map(|lock| lock.until).max().map(|at| at.to_string()),
        knobs: base.map(|base| lowered(context, state, base)).unwrap_or_default(),
        locks: holding.iter().map(|lock| lock_line(lock)).collect(),
        rules: state.readings.iter().map(rule).collect(),
    }
}

/// The knobs that a state lowers.
fn lowered(
    context: &Context<'_>,
    state: &GuardState,
    base: &PerKnob<f64>,
) -> serde_json::Map<String, serde_json::Value> {
    let settings = &context.settings;
    let reduced = reduced_knobs(&settings.rulebook.knobs, base, state.word, &settings.guard.reducing);
    let changed = KnobName::ALL.into_iter().filter(|name| reduced[*name] != base[*name]);
    changed.map(|name| (name.as_str().to_owned(), reduced[name].into())).collect()
}

/// Replaces `guard.json`. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn write_guard(context: &Context<'_>, file: &GuardFile) -> Result<(), StoreError> {
    replace_json(context.disk, &context.layout.guard(), file, Durability::Cache)
}

/// `guard.json` as it is; none where there is none or it cannot be read: it is made again.
pub(crate) fn read_guard(context: &Context<'_>) -> Option<GuardFile> {
    serde_json::from_slice(&read_state(context.disk, &context.layout.guard()).ok()??).ok()
}

/// The locks that the brain file has from the guard, as they hold at a moment; none where they have expired.
pub(crate) fn overlay(brain: &Brain, now: Timestamp) -> GuardState {
    let read = || -> Option<GuardFile> { serde_json::from_slice(brain.text.get("guard")?.as_bytes()).ok() };
    let file = read().unwrap_or_default();
    judge(file.locks.iter().filter_map(lock_of).collect(), Vec::new(), now)
}

/// Puts the guard's part into the brain file, or takes it out where nothing holds. Whether anything changed.
///
/// # Errors
/// [`StoreError`] when the brain file cannot be read or written, or somebody else changed it meanwhile.
pub(crate) fn write_overlay(context: &Context<'_>, file: &GuardFile) -> Result<bool, StoreError> {
    let mut brain = Brain::read(context)?;
    let before =
        brain.text.get("guard").and_then(|text| serde_json::from_slice::<GuardFile>(text.as_bytes()).ok());
    if file.locks.is_empty() {
        if brain.text.get("guard").is_none() {
            return Ok(false);
        }
        brain.text.remove("guard");
    } else {
        let told = GuardFile { rules: Vec::new(), ..file.clone() };
        let same = |before: &GuardFile| {
            (&before.state, &before.locks, &before.knobs) == (&told.state, &told.locks, &told.knobs)
        };
        if before.as_ref().is_some_and(same) {
            return Ok(false);
        }
        let told = serde_json::to_value(&told).unwrap_or_default();
        brain.text.set("guard", &told);
    }
    brain.replace(context).map(|()| true)
}
