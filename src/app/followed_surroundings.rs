//! What was known beside signals that are scored: read when the first one asks, and again when records came.

use std::sync::{Arc, Mutex, PoisonError};

use super::Context;
use super::followed_file::stat_of;
use crate::domain::Date;
use crate::files::news_log::NewsRead;
use crate::files::surroundings::{Wanted, follow_surroundings};
use crate::learn::{ReadyModel, Surroundings};
use crate::store::{Log, Stat};
use crate::wire::EntryFeatures;

/// Days before an old signal that are read along, so that a file of old signals is not read for anew each day.
const READ_ALONG: i64 = 60;

/// What was read, and how far back it serves.
#[derive(Clone, Debug)]
struct Held {
    /// The first session whose signals it serves.
    first: Date,
    found: Arc<Surroundings>,
    /// How far the news were read.
    news: Option<NewsRead>,
}

impl Held {
    /// Adds the news that came since; whether that could be done.
    fn read_on(&mut self, context: &Context<'_>) -> bool {
        let (Some(read), Some(news)) = (&mut self.news, &mut Arc::make_mut(&mut self.found).news) else {
            return false;
        };
        read.read_on(context, news).unwrap_or(false)
    }
}

/// What models want to know beside signals.
#[derive(Debug)]
pub(super) struct FollowedSurroundings {
    wanted: Wanted,
    seen: [Option<Stat>; 2],
    held: Mutex<Option<Held>>,
}

/// What stands where it is read from.
fn seen(context: &Context<'_>, wanted: Wanted) -> [Option<Stat>; 2] {
    let of = |wanted: bool, log| wanted.then(|| stat_of(context, &context.layout.log(log))).flatten();
    [of(wanted.sectors, Log::Outcomes), of(wanted.news, Log::News)]
}

impl FollowedSurroundings {
    /// Nothing is read before a signal asks for it, and nothing at all for models that did not learn from it.
    pub(super) fn new(context: &Context<'_>, models: [Option<&ReadyModel>; 2]) -> Self {
        let wanted = models.into_iter().flatten().map(Wanted::of).fold(Wanted::default(), Wanted::and);
        Self { wanted, seen: seen(context, wanted), held: Mutex::new(None) }
    }

    /// Forgets what was read when trades came since, or the logs are others; news that came are read behind those that are
    /// known.
    pub(super) fn refresh(&mut self, context: &Context<'_>) {
        if self.wanted.any() {
            let seen = seen(context, self.wanted);
            if seen == self.seen {
                return;
            }
            let same_trades = seen[0] == self.seen[0];
            self.seen = seen;
            let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
            if !(same_trades && held.as_mut().is_some_and(|held| held.read_on(context))) {
                *held = None;
            }
        }
    }

    /// Adds to a signal what was known beside it. What cannot be read is missing, and said.
    pub(super) fn complete(
        &self,
        context: &Context<'_>,
        known: &mut EntryFeatures,
        warnings: &mut Vec<String>,
    ) {
        let Some(at) = known.at.filter(|_| self.wanted.any()) else { return };
        match self.serving(context, context.market().trading_date(at)) {
            Ok(around) => around.complete(context.market(), known),
            Err(why) => warnings.push(format!("how sectors did and what the news said is missing: {why}")),
        }
    }

    fn serving(&self, context: &Context<'_>, session: Date) -> Result<Arc<Surroundings>, String> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.as_ref().filter(|held| held.first <= session) {
            return Ok(Arc::clone(&held.found));
        }
        let along =
            if held.is_some() { chrono::Duration::days(READ_ALONG) } else { chrono::Duration::zero() };
        let first = session.checked_sub_signed(along).unwrap_or(session);
        // What could not be read is asked for again by the next signal.
        let read = follow_surroundings(context, first, self.wanted);
        let (found, news) = read.map_err(|error| error.to_string())?;
        let found = Arc::new(found);
        *held = Some(Held { first, found: Arc::clone(&found), news });
        Ok(found)
    }
}
