//! Whether the day's work was done: fresh trades, a post-market run, a model that is not too old.

use super::Context;
use super::day_report::last_run;
use super::doctor::Examination;
use crate::decide::RETRAIN_AGE_DAYS;
use crate::domain::{Date, Timestamp, is_weekday, next_day, session_bounds};
use crate::learn::ModelFile;
use crate::store::Log;

/// Sessions without a trade after which the data are stale.
const STALE_SESSIONS: u32 = 5;

/// Sessions that ended after a date and before a moment.
fn sessions_since(date: Date, now: Timestamp) -> u32 {
    let mut count = 0;
    let mut at = next_day(date);
    while at <= now.trading_date() && count < 1_000 {
        count += u32::from(is_weekday(at) && session_bounds(at).1 <= now);
        at = next_day(at);
    }
    count
}

/// Adds what is not fresh to the findings; `last` is the New York date of the last trade, `model` the one in use.
pub(super) fn examine_freshness(
    context: &Context<'_>,
    last: Option<Date>,
    model: Option<&ModelFile>,
    examined: &mut Examination,
) {
    let now = context.seen_from();
    let log = context.layout.log(Log::Outcomes);
    if let Some(last) = last {
        let missed = sessions_since(last, now);
        if missed >= STALE_SESSIONS {
            let what =
                format!("no trade for {missed} sessions, the last one on {last}: is the engine recording?");
            examined.warn(&log, &what, None);
        }
    }
    if let Some(date) = last_run(context) {
        let missed = sessions_since(date, now);
        if missed > 0 {
            let what = format!("no post-market run for {missed} session(s), the last one on {date}");
            examined.warn(&context.layout.file("reports"), &what, Some("dtlearn post-market"));
        }
    }
    if let Some(model) = model
        && let Ok(made) = Timestamp::parse(&model.created_at)
    {
        let days = now.days_since(made) as i64;
        if days >= RETRAIN_AGE_DAYS {
            let what = format!("the model in use is {days} days old");
            examined.warn(&context.layout.model(&model.version), &what, Some("dtlearn retrain"));
        }
    }
}
