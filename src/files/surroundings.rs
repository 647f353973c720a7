//! Reads what was known beside records, as features of them.

use std::collections::HashSet;
use std::path::Path;

use super::Context;
use super::trades_in_window::each_trade;
use crate::domain::{Date, NewsItem, Timestamp, Window};
use crate::learn::{NEWS_FEATURES, News, ReadyModel, SECTOR_REL, Surroundings};
use crate::store::{Log, Position, ScanOptions, StoreError, first_line, scan};
use crate::wire::{moment_of_news, read_stored_news};

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
    Ok(follow_surroundings(context, first, wanted)?.0)
}

/// As [`read_surroundings`], with how far the news were read.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn follow_surroundings(
    context: &Context<'_>,
    first: Date,
    wanted: Wanted,
) -> Result<(Surroundings, Option<NewsRead>), StoreError> {
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
    let mut read = None;
    if wanted.news
        && let Some(found) = read_news(context, context.market().calendar().bounds(first).0)?
    {
        around.news = Some(found.0);
        read = Some(found.1);
    }
    Ok((around, read))
}

/// How far the log of news was read, so that reading goes on from there.
#[derive(Clone, Debug)]
pub(crate) struct NewsRead {
    /// Items of this moment or before it are passed over.
    since: Timestamp,
    /// Of the items that were taken; each is taken once.
    ids: HashSet<String>,
    end: Position,
}

/// Items, each with when it was written.
type Written = Vec<(NewsItem, Option<Timestamp>)>;

/// What a line tells: when its item was published and, where that is late enough, the item.
type Told = (Timestamp, Option<(String, NewsItem, Option<Timestamp>)>);

impl NewsRead {
    /// Adds to `news` what came behind the place up to which the log was read. Whether it did: another log may stand there.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read at all.
    pub(crate) fn read_on(&mut self, context: &Context<'_>, news: &mut News) -> Result<bool, StoreError> {
        let path = context.layout.log(Log::News);
        if self.end.len == 0 || !self.end.fits(context.disk, &path) {
            return Ok(false);
        }
        let options = ScanOptions { from: self.end, after_us: None };
        let (_, items) = self.read(context, &path, options)?;
        news.extend(items);
        Ok(true)
    }

    /// The first moment of an item and the items that are late enough, each with when it was written.
    fn read(
        &mut self,
        context: &Context<'_>,
        path: &Path,
        options: ScanOptions,
    ) -> Result<(Option<Timestamp>, Written), StoreError> {
        let since = self.since;
        let look = |line: &[u8]| -> Option<Told> {
            let at = moment_of_news(line)?;
            if at <= since && context.as_of.is_none() {
                return Some((at, None));
            }
            let (item, written) = read_stored_news(line).ok()?;
            is_known(context, written).then(|| (at, (at > since).then(|| (item.id(), item, written))))
        };
        let (mut first, mut items) = (None::<Timestamp>, Vec::new());
        let ids = &mut self.ids;
        let report = scan(
            context.disk,
            path,
            options,
            |chunk| chunk.lines().filter_map(look).collect::<Vec<_>>(),
            |_, found| {
                for (at, told) in found {
                    first = Some(first.map_or(at, |first| first.min(at)));
                    items.extend(
                        told.filter(|(id, ..)| ids.insert(id.clone())).map(|(_, item, at)| (item, at)),
                    );
                }
            },
        )?;
        self.end = report.end;
        Ok((first, items))
    }
}

/// Whether a line that was written then is there at the moment seen from.
fn is_known(context: &Context<'_>, written: Option<Timestamp>) -> bool {
    context.as_of.is_none_or(|as_of| written.is_none_or(|written| written <= as_of))
}

/// The news that records from a moment on may know, each item once; none where there is no log of news. What is of a moment
/// to come is among them: it counts for signals that come after it.
fn read_news(context: &Context<'_>, begin: Timestamp) -> Result<Option<(News, NewsRead)>, StoreError> {
    let path = context.layout.log(Log::News);
    if context.disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?.is_none() {
        return Ok(None);
    }
    let since = begin.plus_days(-1);
    // Where the log's first line is a day old at the first of these moments, its first item is too, and that is all that
    // is asked of it. Else it may stand anywhere, and the log is read as a whole.
    let line = first_line(context.disk, &path).and_then(|line| read_stored_news(&line).ok());
    let first = line.filter(|(_, written)| is_known(context, *written)).map(|(item, _)| item.timestamp);
    let is_old = first.is_some_and(|first| first <= since);
    let options = ScanOptions { after_us: is_old.then_some(since.micros()), ..ScanOptions::default() };
    let mut read = NewsRead { since, ids: HashSet::new(), end: Position::default() };
    let (least, items) = read.read(context, &path, options)?;
    let mut news = News::new(first.filter(|_| is_old).or(least), &context.settings.instruments);
    news.extend(items);
    Ok(Some((news, read)))
}
