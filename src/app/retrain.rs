//! `retrain`: is it time, train, judge on later sessions, and deploy what passes the gate.

use super::model_comparison::{Consequence, ModelComparison, watch};
use super::training::{date, fit_challenger, verify};
use super::{Context, windows};
use crate::decide::{Baseline, DeployGate, GateMode, HELD_OUT_ROWS, Trigger, gate, sessions_since, triggers};
use crate::domain::{Calendar, Date, KnobName, Timestamp, Window};
use crate::files::brain;
use crate::files::models::{
    FALLBACK, Pointer, is_retired, judged, live, load, point_to, pointer, save, save_judged,
};
use crate::files::retrain_files::{
    attempts, baseline, last_retrain, note_attempt, note_deployed, shown_skill, skill_ledger,
    write_skill_ledger,
};
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{Dataset, ModelFile};
use crate::metrics::{Performance, Windows};
use crate::report::{RetrainData, RetrainStatus, View, plural, retrain_view};
use crate::stats::evidence::SkillSession;
use crate::store::StoreError;
use crate::wire::{Attempt, ScoredSession, SkillLedger};

/// Labelled rows that it takes.
pub(super) const NEEDED_ROWS: usize = 50;

/// Days of rows that it learns from, unless it is told otherwise.
pub const RETRAIN_DAYS: u16 = 30;

/// How to retrain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrainRequest {
    /// Days of rows.
    pub days: u16,
    /// Whatever the triggers and the last attempt say.
    pub force: bool,
    /// Only say whether it is time.
    pub check: bool,
    /// Train and judge, and write nothing.
    pub dry_run: bool,
    /// Which questions the gate asks.
    pub gate: GateMode,
}

impl RetrainRequest {
    /// As the day's work asks for it: when something calls for it, from the usual days.
    pub const fn when_due() -> Self {
        Self { days: RETRAIN_DAYS, force: false, check: false, dry_run: false, gate: GateMode::Plain }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Retrained {
    /// The answer.
    pub view: View,
    /// What else to know.
    pub warnings: Vec<String>,
    /// Whether the answer is no: not time, too few rows, or refused.
    pub is_no: bool,
}

/// Why there was no retrain.
#[derive(Debug, thiserror::Error)]
pub enum RetrainError {
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The rows cannot be learned from.
    #[error("cannot train on these rows: {0}")]
    Fit(#[from] crate::learn::FitError),
    /// There is no older model.
    #[error("there is no earlier model to roll back to")]
    NoPrevious,
}

/// Retrains.
///
/// # Errors
/// [`RetrainError`]; the model in use is then as it was.
pub fn retrain(context: &Context<'_>, request: &RetrainRequest) -> Result<Retrained, RetrainError> {
    let read_only = request.check || request.dry_run || context.as_of.is_some();
    let mut data = RetrainData { read_only, check: request.check, ..RetrainData::default() };
    if !read_only
        && let Some(compared) = watch(context)?
        && let Some(consequence) = compared.consequence()
    {
        return by_itself(context, data, &compared, consequence);
    }
    let mut warnings = Vec::new();
    let in_use = pointer(context).ok().flatten();
    let champion = live(context);
    let deployed = champion.as_ref().ok().and_then(Option::as_ref).map(|file| file.created_at.clone());
    // A model that cannot be read, or is gone, was deployed all the same.
    let deployed = deployed
        .or_else(|| last_retrain(context).filter(|_| context.as_of.is_none()).map(|last| last.timestamp));
    let deployed = deployed.and_then(|text| Timestamp::parse(&text).ok());
    let days = deployed.map(|then| context.days_since(then) as f64);
    let week = week(context)?;
    let baseline = baseline(context).unwrap_or_else(|error| {
        warnings.push(format!("results cannot be compared with those at the last retrain: {error}"));
        Baseline::default()
    });
    data.triggers = triggers(&week, &baseline, days, request.force);
    if context.settings.retrain_daily {
        data.triggers.push(Trigger { name: "daily", why: "the settings ask for one at every close".into() });
    }
    if is_retired(context) {
        let why = "the last model was retired and none is in use".into();
        data.triggers.push(Trigger { name: "retired", why });
    }
    let (dataset, rows) = labelled_rows(context, request.days, RowsFor::Learning)?;
    data.rows = dataset.examples.len() as u64;
    data.sessions = dataset.sessions().len() as u64;
    if rows.unreadable > 0 {
        let lines = plural(rows.unreadable, "line");
        warnings.push(format!("{lines} left out of training: not readable, see `dtlearn doctor`"));
    }
    if rows.without_features > 0 {
        let trades = plural(rows.without_features, "trade");
        warnings.push(format!("{trades} without features left out of training"));
    }
    for (name, count) in &dataset.refused {
        warnings
            .push(format!("feature {name} reveals the outcome: left out of {}", plural(*count, "record")));
    }
    let skip = skipped(context, request, &data.triggers, &dataset)?;
    if let Some(why) = skip {
        data.status = RetrainStatus::Skipped;
        data.reason = why;
        return Ok(finish(data, warnings));
    }
    if request.check {
        data.status = RetrainStatus::Due;
        return Ok(finish(data, warnings));
    }
    let champion = match champion {
        Ok(champion) => champion,
        Err(error) => {
            warnings
                .push(format!("the model in use cannot be read; the new one is judged without it: {error}"));
            None
        }
    };
    let champion = champion.map(|file| judged(context, &file.version).unwrap_or(file));
    let threshold = brain::knobs_or_defaults(context)[KnobName::MinConfidence].effective;
    context.progress.begin("training", None);
    let fitted = fit_challenger(&dataset);
    context.progress.end();
    let Some(fitted) = fitted? else {
        data.status = RetrainStatus::Skipped;
        let sessions = plural(data.sessions, "session");
        data.reason = format!("{sessions}, 3 needed: one to train on, one as a gap, one to judge on");
        return Ok(finish(data, warnings));
    };
    let mut ledger = skill_ledger(context).unwrap_or_else(|error| {
        warnings.push(format!("what earlier sessions said of skill is counted anew: {error}"));
        SkillLedger::default()
    });
    add_scored(context, &mut ledger, &fitted.scored(&dataset));
    let skill = shown_skill(ledger.sessions.iter().map(|session| &session.said));
    data.skill = Some(skill);
    let trained = fitted.judge(context.now, &dataset, champion.as_ref(), threshold, skill);
    let verdict = gate(&trained.facts, request.gate);
    data.accuracy_old = trained.facts.reference_accuracy();
    data.accuracy_new = trained.facts.accuracy();
    data.has_champion = trained.facts.has_champion;
    data.base_rate = trained.file.training.base_rate;
    data.accuracy_train = trained.facts.train_accuracy;
    data.version = Some(trained.file.version.clone());
    data.validation = Some(trained.file.validation.clone());
    data.training = Some(trained.file.training.clone());
    data.importances = trained.file.ranked_importances();
    match verdict {
        DeployGate::Open => data.status = RetrainStatus::Deployed,
        DeployGate::Refused(reasons) => {
            data.status = RetrainStatus::Rejected;
            data.reason = reasons.join("; ");
        }
        DeployGate::CannotTell { why, more_rows, more_sessions } => {
            data.status = RetrainStatus::Rejected;
            (data.more_rows, data.more_sessions) = (more_rows, more_sessions);
            data.reason = format!("cannot be judged yet: {why}");
        }
    }
    if !read_only {
        let deployed = match data.status {
            RetrainStatus::Deployed => Some(fitted.refit(&trained.file, &dataset)?),
            _ => None,
        };
        let made =
            Made { judged: &trained.file, deployed: deployed.as_ref(), dataset: &dataset, ledger: &ledger };
        let seen = Seen { in_use, force: request.force };
        write_down(context, &made, &week, &seen, &mut data, &mut warnings)?;
    }
    Ok(finish(data, warnings))
}

/// Adds the sessions that were not scored before; each counts once.
fn add_scored(context: &Context<'_>, ledger: &mut SkillLedger, scored: &[(i64, SkillSession)]) {
    let last = ledger.sessions.last().map(|session| session.date.clone()).or_else(|| ledger.after.clone());
    let new = scored.iter().map(|(session, said)| (date(*session), said));
    let new = new.filter(|(date, _)| last.as_ref().is_none_or(|last| date > last));
    let scored_at = context.now.to_string();
    ledger.sessions.extend(new.map(|(date, said)| ScoredSession {
        date,
        scored_at: scored_at.clone(),
        said: *said,
    }));
}

/// What an attempt made.
struct Made<'a> {
    judged: &'a ModelFile,
    /// The same settings on all rows, where they are to be deployed.
    deployed: Option<&'a ModelFile>,
    dataset: &'a Dataset,
    ledger: &'a SkillLedger,
}

fn finish(data: RetrainData, warnings: Vec<String>) -> Retrained {
    let is_no = matches!(data.status, RetrainStatus::Skipped | RetrainStatus::Rejected);
    Retrained { view: retrain_view(&data), warnings, is_no }
}

fn week(context: &Context<'_>) -> Result<Performance, StoreError> {
    let (mut figures, _) =
        windows(context, &Windows::new([Window::Days(7)], context.seen_from(), context.market()))?;
    Ok(figures.remove(0).1)
}

/// Why there is nothing to do, if so.
fn skipped(
    context: &Context<'_>,
    request: &RetrainRequest,
    triggers: &[Trigger],
    dataset: &Dataset,
) -> Result<Option<String>, StoreError> {
    if triggers.is_empty() {
        return Ok(Some("no trigger fired".into()));
    }
    let today = context.session_date();
    let (attempts, _) = attempts(context)?;
    let own = attempts.iter().filter(|attempt| !matches!(attempt.status.as_str(), "rolled_back" | "retired"));
    let last = own.max_by(|a, b| a.date.cmp(&b.date));
    let asked = request.force || request.dry_run;
    if let Some(last) = last.filter(|_| !asked) {
        if last.date == today.to_string() {
            return Ok(Some(format!("already tried on {today} (--force to do it again)")));
        }
        if let Some(why) = spaced(context.market().calendar(), last, triggers, today)
            .filter(|_| !context.settings.retrain_daily)
        {
            return Ok(Some(why));
        }
    }
    let have = dataset.examples.len();
    if have >= NEEDED_ROWS {
        return Ok(None);
    }
    let missing = NEEDED_ROWS - have;
    let sessions = dataset.sessions().len();
    let when = if sessions == 0 {
        "record signals with their features with `dtlearn record-signal`".into()
    } else {
        let a_day = have as f64 / sessions as f64;
        let mut date = context.session_date();
        for _ in 0..(missing as f64 / a_day).ceil() as u64 {
            date = context.market().calendar().next_session(date).unwrap_or(date);
        }
        format!("at {a_day:.0} a session, reached about {date}")
    };
    Ok(Some(format!(
        "{have} labelled rows, it takes {NEEDED_ROWS} to train: {missing} more, {when}; to deploy it takes {HELD_OUT_ROWS} in the newest fifth of the sessions, and skill that sessions have shown"
    )))
}

/// Sessions after a refusal before the next try; a gate that is tried every evening is tried on the same rows.
const RETRY_SESSIONS: u64 = 5;

/// Why a refused attempt is not followed by another yet: nothing new calls for it, and it was not long ago.
fn spaced(calendar: &Calendar, last: &Attempt, triggers: &[Trigger], today: Date) -> Option<String> {
    if last.status != "rejected"
        || triggers.iter().any(|trigger| !last.triggers.iter().any(|t| t == trigger.name))
    {
        return None;
    }
    let since = sessions_since(calendar, last.date.parse().ok()?, today);
    (since < RETRY_SESSIONS).then(|| {
        format!(
            "the attempt of {} was refused: the next one is {RETRY_SESSIONS} sessions later, or when something new calls for it",
            last.date
        )
    })
}

/// Whether a model was trained on this date.
fn tried_today(context: &Context<'_>) -> Result<bool, StoreError> {
    let today = context.session_date().to_string();
    Ok(attempts(context)?.0.iter().any(|attempt| {
        attempt.date == today && !matches!(attempt.status.as_str(), "rolled_back" | "retired")
    }))
}

/// What was so before the training, which takes a while.
struct Seen {
    in_use: Option<Pointer>,
    force: bool,
}

fn attempt_of(context: &Context<'_>, data: &RetrainData) -> Attempt {
    let held_out = data.validation.as_ref().map(|validation| &validation.held_out);
    Attempt {
        timestamp: context.now.to_string(),
        date: context.session_date().to_string(),
        status: data.status.as_str().into(),
        triggers: data.triggers.iter().map(|trigger| trigger.name.to_owned()).collect(),
        version: data.version.clone(),
        rows: data.rows,
        sessions: data.sessions,
        held_out: held_out.map_or(0, |quality| quality.n),
        accuracy_new: data.accuracy_new,
        accuracy_old: data.accuracy_old,
        accuracy_train: data.training.as_ref().map(|training| training.accuracy),
        auc: held_out.and_then(|quality| quality.auc),
        log_loss: held_out.and_then(|quality| quality.log_loss),
        base_log_loss: data.validation.as_ref().and_then(|validation| validation.base_log_loss),
        reason: data.reason.clone(),
        schema: 1,
    }
}

/// Deploys what passed, and writes the attempt down either way.
fn write_down(
    context: &Context<'_>,
    made: &Made<'_>,
    week: &Performance,
    seen: &Seen,
    data: &mut RetrainData,
    warnings: &mut Vec<String>,
) -> Result<(), StoreError> {
    let _lock = context.lock()?;
    let before = pointer(context).ok().flatten();
    if before != seen.in_use || (!seen.force && tried_today(context)?) {
        // What was judged, and against what, is no longer so.
        data.status = RetrainStatus::Skipped;
        data.version = None;
        data.reason = "another run trained a model meanwhile, and its result counts".into();
        return Ok(());
    }
    // What sessions said is said once, whatever becomes of this attempt.
    write_skill_ledger(context, made.ledger)?;
    if let Some(deployed) = made.deployed {
        save(context, deployed)?;
        save_judged(context, made.judged)?;
        let version = &deployed.version;
        verify(deployed, &load(context, version)?, made.dataset, &context.layout.model(version))?;
        // The same model once more keeps the way back; a retired one is none to go back to.
        let previous = match before {
            Some(before) if before.current == *version || before.current == FALLBACK => before.previous,
            before => before.map(|before| before.current),
        };
        point_to(context, &Pointer { current: version.clone(), previous: previous.clone() })?;
        data.reason = "passed the gate".into();
        // It is in use now, whatever becomes of the notes.
        let mut note =
            |done: Result<(), StoreError>| {
                warnings.extend(done.err().map(|error| {
                    format!("the model is deployed, but the retrain log is incomplete: {error}")
                }));
            };
        note(note_deployed(context, deployed, previous, week));
        note(note_attempt(
            context,
            &attempt_of(context, data),
            Some((data.accuracy_train, data.accuracy_new)),
        ));
        return Ok(());
    }
    note_attempt(context, &attempt_of(context, data), Some((data.accuracy_train, data.accuracy_new)))
}

/// Puts the model before the one in use back into use, or none.
fn by_itself(
    context: &Context<'_>,
    mut data: RetrainData,
    compared: &ModelComparison,
    consequence: Consequence,
) -> Result<Retrained, RetrainError> {
    data.reason = compared.sentence();
    match consequence {
        Consequence::RollBack => go_back(context, &mut data)?,
        Consequence::Retire => retire(context, &mut data, &compared.pointer)?,
    }
    Ok(finish(data, Vec::new()))
}

/// Takes the model in use out of it. What sessions said of skill was said of models before this: it is counted anew.
fn retire(context: &Context<'_>, data: &mut RetrainData, pointer: &Pointer) -> Result<(), RetrainError> {
    let _lock = context.lock()?;
    let retired = pointer.current.clone();
    point_to(context, &Pointer { current: FALLBACK.into(), previous: Some(retired.clone()) })?;
    let after = Some(context.session_date().to_string());
    write_skill_ledger(context, &SkillLedger { after, ..SkillLedger::default() })?;
    data.status = RetrainStatus::Retired;
    data.version = Some(retired);
    note_attempt(context, &attempt_of(context, data), None)?;
    Ok(())
}

fn go_back(context: &Context<'_>, data: &mut RetrainData) -> Result<(), RetrainError> {
    let _lock = context.lock()?;
    let previous = pointer(context)?.and_then(|pointer| pointer.previous).ok_or(RetrainError::NoPrevious)?;
    // What cannot be loaded is not put into use.
    load(context, &previous)?;
    point_to(context, &Pointer { current: previous.clone(), previous: None })?;
    data.status = RetrainStatus::RolledBack;
    data.version = Some(previous);
    note_attempt(context, &attempt_of(context, data), None)?;
    Ok(())
}

/// Puts the model before the one in use back into use.
///
/// # Errors
/// [`RetrainError::NoPrevious`]; [`StoreError`] when it cannot be read or the file not written.
pub fn roll_model_back(context: &Context<'_>) -> Result<Retrained, RetrainError> {
    let mut data = RetrainData { reason: "rolled back with --rollback".into(), ..RetrainData::default() };
    go_back(context, &mut data)?;
    Ok(finish(data, Vec::new()))
}
