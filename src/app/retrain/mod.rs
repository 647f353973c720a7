//! `retrain`: is it time, train, judge on later sessions, and deploy what passes the gate.

mod by_itself;
mod due;
mod write_down;

use chrono::Datelike;

use self::by_itself::{InUse, by_itself, go_back, judge_in_use};
use self::due::skipped;
use self::write_down::{Made, Seen, write_down};
use super::ensemble::engine_models;
use super::training::{Fitted, RETRAIN_DAYS, Trained, date, fit_challenger};
use super::{Context, windows};
use crate::decide::{Baseline, DeployGate, GateMode, Trigger, gate, triggers};
use crate::domain::{Date, KnobName, Timestamp, Window};
use crate::files::brain;
use crate::files::models::{is_retired, judged, live, pointer};
use crate::files::retrain_files::{baseline, in_use_since, last_retrain, shown_skill, skill_ledger};
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{Dataset, ModelFile};
use crate::metrics::{Performance, Windows};
use crate::report::{RetrainData, RetrainStatus, plural};
use crate::store::StoreError;
use crate::wire::{ScoredSession, SkillLedger};

/// Labelled rows that it takes.
pub(super) const NEEDED_ROWS: usize = 50;

/// Why nothing is done where another run was faster.
const MEANWHILE: &str = "another run trained a model meanwhile, and its result counts";

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
    /// How it ended, and on what that rests.
    pub data: RetrainData,
    /// What else to know.
    pub warnings: Vec<String>,
}

impl Retrained {
    /// Whether the answer is no: not time, too few rows, or refused.
    pub const fn is_no(&self) -> bool {
        matches!(self.data.status, RetrainStatus::Skipped | RetrainStatus::Rejected)
    }
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
    let mut warnings = Vec::new();
    let mut challenger_stays = false;
    if context.as_of.is_none() && !request.dry_run {
        match judge_in_use(context, request.check, &mut warnings)? {
            InUse::Goes(compared, consequence) => {
                return by_itself(context, (data, warnings), &compared, consequence);
            }
            InUse::Stays { challenger_stays: stays } => challenger_stays = stays,
        }
    }
    let seen = Seen { in_use: pointer(context).ok().flatten(), force: request.force };
    let champion = live(context);
    let week = week(context)?;
    data.triggers = what_calls_for_it(context, request, champion.as_ref().ok(), &week, &mut warnings);
    let dataset = rows_to_learn_from(context, request.days, &mut data, &mut warnings)?;
    if let Some(why) = skipped(context, request, &data.triggers, &dataset)? {
        return Ok(skip(data, why, warnings));
    }
    if request.check {
        data.status = RetrainStatus::Due;
        return Ok(Retrained { data, warnings });
    }
    let champion = judged_champion(context, champion, &mut warnings);
    context.progress.begin("training", None);
    let fitted = fit_challenger(&dataset);
    context.progress.end();
    let Some(fitted) = fitted? else {
        let why = format!(
            "{}, 3 needed: one to train on, one as a gap, one to judge on",
            plural(data.sessions, "session")
        );
        return Ok(skip(data, why, warnings));
    };
    let ledger = ledger_with(context, &fitted, &dataset, &mut warnings)?;
    let skill = shown_skill(ledger.sessions.iter().map(|session| &session.said));
    data.skill = Some(skill);
    let threshold = brain::knobs_or_defaults(context)[KnobName::MinConfidence].effective;
    let trained = fitted.judge(context.now, &dataset, champion.as_ref(), threshold, skill);
    state_the_verdict(&mut data, &trained, gate(&trained.facts, request.gate));
    if !read_only {
        // Nobody is in shadow of nothing; and what a leak gave away it would give away in shadow too.
        let can_challenge = data.has_champion && !challenger_stays && trained.facts.suspects.is_empty();
        let refitted = match data.status {
            RetrainStatus::Rejected if !can_challenge => None,
            _ => Some(fitted.refit(&trained.file, &dataset)?),
        };
        let made = Made {
            judged: &trained.file,
            refitted: refitted.as_ref(),
            dataset: &dataset,
            ledger: &ledger,
            engine_models: &engine_models(&dataset),
        };
        write_down(context, &made, &week, &seen, &mut data, &mut warnings)?;
    }
    Ok(Retrained { data, warnings })
}

/// The model in use as it was judged, which never saw the rows that the new one is judged on.
fn judged_champion(
    context: &Context<'_>,
    champion: Result<Option<ModelFile>, StoreError>,
    warnings: &mut Vec<String>,
) -> Option<ModelFile> {
    let champion = champion.unwrap_or_else(|error| {
        warnings.push(format!("the model in use cannot be read; the new one is judged without it: {error}"));
        None
    });
    champion.map(|file| judged(context, &file.version).unwrap_or(file))
}

/// What every session said of skill so far, with those that were scored now.
fn ledger_with(
    context: &Context<'_>,
    fitted: &Fitted,
    dataset: &Dataset,
    warnings: &mut Vec<String>,
) -> Result<SkillLedger, RetrainError> {
    let mut ledger = skill_ledger(context).unwrap_or_else(|error| {
        warnings.push(format!("what earlier sessions said of skill is counted anew: {error}"));
        SkillLedger::default()
    });
    let dates = ledger.sessions.iter().map(|session| &session.date).chain(&ledger.after);
    let last = dates.filter_map(|date| date.parse::<Date>().ok()).max();
    // Each session counts once.
    let scored = fitted.scored(dataset, last.map_or(i64::MIN, |date| date.num_days_from_ce().into()))?;
    let scored_at = context.now.to_string();
    ledger.sessions.extend(scored.into_iter().map(|(session, said)| ScoredSession {
        date: date(session),
        scored_at: scored_at.clone(),
        said,
    }));
    Ok(ledger)
}

fn skip(mut data: RetrainData, reason: String, warnings: Vec<String>) -> Retrained {
    data.status = RetrainStatus::Skipped;
    data.reason = reason;
    Retrained { data, warnings }
}

/// The triggers that fired. `champion` is `None` where the model in use cannot be read.
fn what_calls_for_it(
    context: &Context<'_>,
    request: &RetrainRequest,
    champion: Option<&Option<ModelFile>>,
    week: &Performance,
    warnings: &mut Vec<String>,
) -> Vec<Trigger> {
    let deployed =
        champion.and_then(Option::as_ref).and_then(|file| in_use_since(context, file).ok().flatten());
    // A model that cannot be read, or is gone, was deployed all the same.
    let last = || last_retrain(context).filter(|_| context.as_of.is_none());
    let deployed = deployed.or_else(|| Timestamp::parse(&last()?.timestamp).ok());
    let days = deployed.map(|then| context.days_since(then) as f64);
    let baseline = baseline(context).unwrap_or_else(|error| {
        warnings.push(format!("results cannot be compared with those at the last retrain: {error}"));
        Baseline::default()
    });
    let mut fired = triggers(week, &baseline, days, request.force);
    if context.settings.retrain_daily {
        fired.push(Trigger { name: "daily", why: "the settings ask for one at every close".into() });
    }
    if is_retired(context) {
        let why = "the last model was retired and none is in use".into();
        fired.push(Trigger { name: "retired", why });
    }
    fired
}

/// The labelled rows of the last `days`; what is left out of them is a warning each.
fn rows_to_learn_from(
    context: &Context<'_>,
    days: u16,
    data: &mut RetrainData,
    warnings: &mut Vec<String>,
) -> Result<Dataset, StoreError> {
    let (dataset, rows) = labelled_rows(context, days, RowsFor::Learning)?;
    data.rows = dataset.examples.len() as u64;
    data.sessions = dataset.sessions().len() as u64;
    let left_out = [
        (rows.unreadable, "line", "cannot be read"),
        (
            rows.without_features,
            "trade",
            if rows.without_features == 1 { "has no features" } else { "have no features" },
        ),
    ];
    for (count, what, why) in left_out.into_iter().filter(|(count, ..)| *count > 0) {
        let is = if count == 1 { "is" } else { "are" };
        warnings.push(format!("{} {why} and {is} left out of training", plural(count, what)));
    }
    for (name, count) in &dataset.refused {
        let records = plural(*count, "record");
        warnings.push(format!("feature {name} reveals the outcome: left out of {records}"));
    }
    Ok(dataset)
}

/// What the new model is, and what the gate says of it.
fn state_the_verdict(data: &mut RetrainData, trained: &Trained, verdict: DeployGate) {
    let facts = &trained.facts;
    data.accuracy_old = facts.reference_accuracy();
    data.accuracy_new = facts.accuracy();
    data.has_champion = facts.has_champion;
    data.accuracy_train = facts.train_accuracy;
    describe(data, &trained.file);
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
}

/// What a model is.
fn describe(data: &mut RetrainData, file: &ModelFile) {
    data.base_rate = file.training.base_rate;
    data.version = Some(file.version.clone());
    data.validation = Some(file.validation.clone());
    data.training = Some(file.training.clone());
    data.importances = file.ranked_importances();
}

fn week(context: &Context<'_>) -> Result<Performance, StoreError> {
    let (mut figures, _) =
        windows(context, &Windows::new([Window::Days(7)], context.seen_from(), context.market()))?;
    Ok(figures.remove(0).1)
}

/// Puts the model before the one in use back into use.
///
/// # Errors
/// [`RetrainError::NoPrevious`]; [`StoreError`] when it cannot be read or the file not written.
pub fn roll_model_back(context: &Context<'_>) -> Result<Retrained, RetrainError> {
    let mut data = RetrainData { reason: "rolled back with --rollback".into(), ..RetrainData::default() };
    go_back(context, &mut data)?;
    Ok(Retrained { data, warnings: Vec::new() })
}
