//! Whether it is time for a retrain.

use super::{NEEDED_ROWS, RetrainRequest};
use crate::app::Context;
use crate::app::training::STRETCH_SESSIONS;
use crate::decide::{HELD_OUT_ROWS, Trigger, sessions_since};
use crate::domain::{Calendar, Date};
use crate::files::retrain_files::attempts;
use crate::learn::Dataset;
use crate::store::StoreError;
use crate::wire::Attempt;

/// Why there is nothing to do, if so.
pub(super) fn skipped(
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

/// Sessions after a refusal before the next try, as many as one fit is judged on at most; a gate that is tried every
/// evening is tried on the same rows.
const RETRY_SESSIONS: u64 = STRETCH_SESSIONS as u64;

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
pub(super) fn tried_today(context: &Context<'_>) -> Result<bool, StoreError> {
    let today = context.session_date().to_string();
    Ok(attempts(context)?.0.iter().any(|attempt| {
        attempt.date == today && !matches!(attempt.status.as_str(), "rolled_back" | "retired")
    }))
}
