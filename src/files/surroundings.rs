//! Reads what was known beside records, as features of them.

use std::collections::HashSet;

use super::Context;
use super::trades_in_window::each_trade;
use crate::domain::{Date, Timestamp, Window};
use crate::learn::{NEWS_FEATURES, News, ReadyModel, SECTOR_REL, Surroundings};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::read_stored_news;

/// Which of it is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// How sectors did.
    pub sectors: bool,
    /// What the news said.
    pub news: bool,
}

impl Wanted {
    /// All that there is.
    pub(crate) const ALL: Self = Self { sectors: true, news: true };

    /// What a model learned from.
    pub(crate) fn of(model: &ReadyModel) -> Self {
        let news = NEWS_FEATURES.iter().any(|name| model.knows(name));
        Self { sectors: model.knows(SECTOR_REL), news }
    }

    /// Whether anything is.
    pub(crate) const fn any(self) -> bool {
        self.sectors || self.news
    }
}

/// What was known beside records of the sessions from `first` on.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn read_surroundings(
    context: &Context<'_>,
    first: Date,
    wanted: Wanted,
) -> Result<Surroundings, StoreError> {
    let mut around = Surroundings::default();
    if wanted.sectors
        && let Some(since) = Surroundings::first_of(context.market(), first)
    {
        let begin = context.market().calendar().bounds(since).0;
        let days = (context.seen_from().micros() - begin.micros()).max(0) / 86_400_000_000 + 1;
        let window = u16::try_from(days).map_or(Window::All, Window::Days);
        let (trades, _) = each_trade(context, window, |stored, _| {
            let facts = stored.facts();
            Ok((facts.exit_time, facts.sector.to_owned(), facts.pnl_frac))
        })?;
        for (exit, sector, net_frac) in trades {
            // From one place on, whatever the moment of reading.
            let session = context.market().trading_date(exit);
            if session >= since {
                around.sectors.push(session, &sector, net_frac);
            }
        }
    }
    if wanted.news {
        around.news = read_news(context, context.market().calendar().bounds(first).0)?;
    }
    Ok(around)
}

/// The news that records from a moment on may know, each item once; none where there is no log of news.
fn read_news(context: &Context<'_>, begin: Timestamp) -> Result<Option<News>, StoreError> {
    let path = context.layout.log(Log::News);
    if context.disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?.is_none() {
        return Ok(None);
    }
    let (since, now) = (begin.plus_days(-1), context.seen_from());
    let options = ScanOptions { after_us: Some(since.micros()), ..ScanOptions::default() };
    let seen = |line: &[u8]| {
        let (item, written) = read_stored_news(line).ok()?;
        let is_known = context.as_of.is_none_or(|as_of| written.is_none_or(|written| written <= as_of));
        (is_known && item.timestamp > since && item.timestamp <= now).then(|| (item.id(), item))
    };
    let (mut ids, mut items) = (HashSet::new(), Vec::new());
    scan(
        context.disk,
        &path,
        options,
        |chunk| chunk.lines().filter_map(seen).collect::<Vec<_>>(),
        |_, found| items.extend(found.into_iter().filter(|(id, _)| ids.insert(id.clone()))),
    )?;
    Ok(Some(News::new(items.into_iter().map(|(_, item)| item), &context.settings.instruments)))
}
