//! Whether the day's work was done: fresh trades, a post-market run, a model that is not too old.

use super::Context;
use super::day_report::last_runs;
use super::examination::Examination;
use crate::decide::RETRAIN_AGE_DAYS;
use crate::domain::Date;
use crate::files::retrain_files::in_use_since;
use crate::learn::ModelFile;
use crate::report::plural;
use crate::store::Log;

/// Sessions without a trade after which the data are stale.
const STALE_SESSIONS: usize = 5;

/// Adds what is not fresh to the findings; `last` is the trading date of the last trade, `model` the one in use.
pub(super) fn examine_freshness(
    context: &Context<'_>,
    last: Option<Date>,
    model: Option<&ModelFile>,
    examined: &mut Examination,
) {
    let (now, calendar) = (context.seen_from(), context.market().calendar());
    let log = context.layout.log(Log::Outcomes);
    if let Some(last) = last {
        let missed = calendar.sessions_since(last, now);
        if missed >= STALE_SESSIONS {
            let what = format!(
                "no trade for {}, the last one on {last}: is the engine recording?",
                plural(missed as u64, "session")
            );
            examined.warn(&log, &what, None);
        }
    }
    let (last_run, ahead) = last_runs(context);
    if let Some(date) = ahead {
        let what = format!(
            "a post-market run of {date}, which is still to come: the clock was ahead then, or is behind now"
        );
        examined.warn(&context.layout.file("reports"), &what, None);
    }
    if let Some(date) = last_run {
        let missed = calendar.sessions_since(date, now);
        if missed > 0 {
            let what = format!(
                "no post-market run for {}, the last one for {date}",
                plural(missed as u64, "session")
            );
            examined.warn(&context.layout.file("reports"), &what, Some("dtlearn post-market"));
        }
    }
    if let Some(model) = model
        && let Ok(Some(since)) = in_use_since(context, model)
    {
        let days = context.days_since(since);
        if days >= RETRAIN_AGE_DAYS {
            let what = format!("the model in use was deployed {} ago", plural(days as u64, "day"));
            examined.warn(&context.layout.model(&model.version), &what, Some("dtlearn retrain"));
        }
    }
}
