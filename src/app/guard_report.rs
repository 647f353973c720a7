//! `report guard`: the locks of each session, and how often each rule locks where nothing is wrong.

use super::Context;
use crate::decide::{GuardDay, PastSession, Release, RuleRate, resampled_rates, session_locks};
use crate::domain::Timestamp;
use crate::files::guard_day::past_days;
use crate::files::guard_files::read_events;
use crate::report::{GuardHistory, GuardedSession};
use crate::store::StoreError;
use crate::wire::GuardEvent;

/// Sessions that are drawn to tell chance from a reason…
const DRAWN: u32 = 2_000;

/// … and fewer, but so many, where they would hold more trades than this: a desk of a thousand trades a day waits no longer.
const DRAWN_AT_LEAST: u32 = 200;
const TRADES_DRAWN: u64 = 300_000;

/// The sessions of the last 90 days under the rules in force, and the releases on record.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub fn guard_history(context: &Context<'_>) -> Result<GuardHistory, StoreError> {
    let now = context.seen_from();
    let calendar = context.market().calendar();
    let rules = &context.settings.guard;
    let (today, days) = past_days(context, calendar.trading_date(now))?;
    let session = |day: GuardDay| calendar.session(day.date).map(|session| PastSession { session, day });
    let past: Vec<PastSession> = days.into_iter().filter_map(session).collect();
    let events = read_events(context)?;
    let mut sessions = Vec::new();
    for PastSession { session, day } in &past {
        let of_day = |event: &&GuardEvent| event.session == day.date.to_string();
        let release = |event: &GuardEvent| {
            let at = Timestamp::parse(&event.timestamp).ok().filter(|_| event.event == "release")?;
            Some(Release { at, rule: event.rule.clone() })
        };
        let releases: Vec<Release> = events.iter().filter(of_day).filter_map(release).collect();
        let (locks, _) = session_locks(&rules.rules, day, session, &releases, session.close.min(now));
        let handed_over = events
            .iter()
            .filter(of_day)
            .filter_map(|event| event.lock.as_ref())
            .filter(|lock| lock.source != "exits");
        sessions.push(GuardedSession {
            date: day.date,
            trades: day.exits.len() as u64,
            net: day.net(session.close),
            locks,
            handed_over: handed_over.map(|lock| lock.rule.clone()).collect(),
            released: releases.len() as u64,
        });
    }
    let trades: usize = past.iter().map(|session| session.day.exits.len()).sum();
    let of_one = (trades / past.len().max(1)).max(1) as u64;
    let drawn = u32::try_from(TRADES_DRAWN / of_one).unwrap_or(DRAWN).clamp(DRAWN_AT_LEAST, DRAWN);
    let rates: Vec<RuleRate> = resampled_rates(rules, &today, &past, drawn);
    Ok(GuardHistory {
        sessions,
        rates,
        past: today.past(),
        drawn,
        rules: rules.clone(),
        currency: context.settings.currency.clone(),
        calendar: calendar.clone(),
    })
}
