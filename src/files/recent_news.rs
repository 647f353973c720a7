//! The news that signals of today and yesterday may know. From a cache as long as it fits, with what the log has behind it; else read anew,
//! to the same answers: a log of news holds years, and a score waits for one day of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Context;
use super::news_log::{NewsRead, read_news};
use crate::domain::Timestamp;
use crate::learn::News;
use crate::store::{
    Durability, LockTimeout, StoreError, decode_framed, encode_framed, lock_store, read_state, replace_state,
};

const MAGIC: &[u8; 4] = b"DTNW";

/// Raised whenever the meaning of the cached bytes changes.
const VERSION: u32 = 2;

/// Days before today whose signals are served too: a file of yesterday's is scored in the morning.
const DAYS_BEFORE: i64 = 1;

/// Rows that the log may be ahead of the cache: reading them again costs less than writing it each time.
const AHEAD_OF_CACHE: u64 = 64;

/// A log of fewer rows is as quickly read as its cache.
const WORTH_ROWS: u64 = 512;

/// The cache.
#[derive(Serialize, Deserialize)]
struct Kept {
    read: NewsRead,
    news: News,
}

/// The news that records from `begin` on may know; none where there is no log of news, and for records of days before
/// yesterday, for which nothing is kept.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(super) fn recent_news(
    context: &Context<'_>,
    begin: Timestamp,
) -> Result<Option<(News, NewsRead)>, StoreError> {
    let market = context.market();
    let today = market.calendar().bounds(market.trading_date(context.seen_from())).0;
    let oldest = today.plus_days(-DAYS_BEFORE);
    if begin < oldest || context.as_of.is_some() {
        return Ok(None);
    }
    let since = oldest.plus_days(-1);
    if let Some(Kept { read, news }) = from_cache(context, since) {
        return Ok(Some((news.with(&context.settings.instruments), read)));
    }
    let Some((news, read)) = read_news(context, oldest)? else { return Ok(None) };
    if read.end.rows < WORTH_ROWS {
        return Ok(Some((news, read)));
    }
    let kept = Kept { read, news };
    keep(context, &kept);
    Ok(Some((kept.news, kept.read)))
}

/// From the cache and what the log has behind it; none where it does not fit.
fn from_cache(context: &Context<'_>, since: Timestamp) -> Option<Kept> {
    let bytes = read_state(context.disk, &context.layout.recent_news()).ok()??;
    let mut kept: Kept = decode_framed(MAGIC, VERSION, &bytes).ok()?;
    let rows = kept.read.end.rows;
    // One of a day to come, for which the clock went back, has not all of today.
    if kept.read.since() > since || !kept.read.read_on(context, &mut kept.news).ok()? {
        return None;
    }
    let is_of_before = kept.read.since() < since;
    if is_of_before {
        kept.read.forget(since, &mut kept.news);
    }
    if is_of_before || kept.read.end.rows.saturating_sub(rows) > AHEAD_OF_CACHE {
        keep(context, &kept);
    }
    Some(kept)
}

/// Whether the cache, where it fits, says what the log says; `None` where there is none that fits.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(crate) fn cached_news_are_right(context: &Context<'_>) -> Result<Option<bool>, StoreError> {
    let Ok(Some(bytes)) = read_state(context.disk, &context.layout.recent_news()) else { return Ok(None) };
    let Ok(mut kept) = decode_framed::<Kept>(MAGIC, VERSION, &bytes) else { return Ok(None) };
    if !kept.read.read_on(context, &mut kept.news)? {
        return Ok(None);
    }
    let since = kept.read.since();
    let anew = read_news(context, since.plus_days(1))?;
    Ok(Some(anew.is_some_and(|(news, _)| news.agrees(&kept.news, since))))
}

/// Writes the cache where nobody else is at work: a score does not wait for it, and the next one writes it.
fn keep(context: &Context<'_>, kept: &Kept) {
    let path = context.layout.recent_news();
    let Ok(bytes) = encode_framed(MAGIC, VERSION, kept, &path) else { return };
    let patience = LockTimeout(Duration::ZERO);
    if let Ok(_lock) = lock_store(context.disk, &context.layout, patience, &mut || {}) {
        let _ = replace_state(context.disk, &path, &bytes, Durability::Cache);
    }
}
