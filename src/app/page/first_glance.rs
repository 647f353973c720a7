//! What the tiles of the page rest on besides the figures: usual sessions, the model's skill, the guard's state.

use crate::app::Context;
use crate::app::guard::guard_now;
use crate::app::score::is_expired;
use crate::domain::Window;
use crate::files::guard_files::read_events;
use crate::files::{FiguresByWindow, models};
use crate::report::{GuardNow, ModelSkill, UsualSession, guard_why};
use crate::stats::{Clustered, quantile, sorted};

/// Sessions from which on it is said how four in five of them end, and from which on how all of them ended.
const USUAL_SESSIONS: usize = 20;
const FEW_SESSIONS: usize = 3;

/// How the sessions of so many days ended.
pub(super) fn usual_session(figures: &FiguresByWindow, days: u16) -> Option<UsualSession> {
    let sessions = figures.window(Window::Days(days))?.daily();
    let results = sorted(sessions.days().filter_map(|(_, day)| day.pnl.value().ok()));
    let are_few = results.len() < USUAL_SESSIONS;
    let (low, high) = if are_few { (0.0, 1.0) } else { (0.1, 0.9) };
    let (low, high) = quantile(&results, low).zip(quantile(&results, high))?;
    let few = are_few.then_some(results.len());
    (results.len() >= FEW_SESSIONS).then_some(UsualSession { low, high, few })
}

/// The 95 % interval of a week's result: of what its trades made in the mean, by session, as many times as they are.
pub(super) fn week(figures: &FiguresByWindow) -> Option<(f64, f64)> {
    let week = figures.window(Window::Days(7))?;
    let trades = week.trades() as f64;
    let days = week.daily().days();
    let pairs = days.filter_map(|(_, day)| Some((day.pnl.value().ok()?, day.counts.total() as f64)));
    let (low, high) = Clustered::of(pairs).ok()?.interval();
    Some((low * trades, high * trades))
}

/// How good the model in use is; what cannot be read is told elsewhere.
pub(super) fn skill(context: &Context<'_>) -> Option<ModelSkill> {
    let file = models::live(context).ok().flatten()?;
    Some(ModelSkill {
        is_expired: is_expired(context, &file),
        better: file.validation.paired,
        beats_model: file.validation.champion.is_some(),
    })
}

/// The guard's state by the exits of the session and the record, whether or not anybody asked for it.
pub(super) fn guard(context: &Context<'_>) -> Option<GuardNow> {
    let (state, day) = guard_now(context).ok()?;
    let why = guard_why(&state, &day, context.seen_from(), &context.settings.currency);
    let events = read_events(context).unwrap_or_default();
    let last = events
        .iter()
        .rev()
        .find_map(|event| Some((event.session.clone(), event.lock.as_ref()?.rule.clone())));
    let has_rules = !context.settings.guard.rules.is_empty();
    (has_rules || last.is_some()).then_some(GuardNow { word: state.word, why, last })
}
