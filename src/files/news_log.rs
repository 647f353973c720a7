//! Reads the log of news: what records from a moment on may know of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Context;
use crate::domain::{NewsItem, Timestamp};
use crate::learn::News;
use crate::store::{Log, Position, ScanOptions, StoreError, first_line, scan};
use crate::wire::{moment_of_news, read_stored_news};

/// How far the log of news was read, so that reading goes on from there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewsRead {
    /// Items of this moment or before it are passed over, microseconds.
    since_us: i64,
    /// Of the items that were taken, with their moments; each is taken once.
    ids: BTreeMap<String, i64>,
    /// Up to where it was read.
    pub(super) end: Position,
}

/// Items, each with when it was written.
type Written = Vec<(NewsItem, Option<Timestamp>)>;

/// What a line tells: when its item was published and, where that is late enough, the item.
type Told = (Timestamp, Option<(String, NewsItem, Option<Timestamp>)>);

impl NewsRead {
    /// Nothing yet, of items after a moment.
    fn new(since: Timestamp) -> Self {
        Self { since_us: since.micros(), ids: BTreeMap::new(), end: Position::default() }
    }

    /// Items of this moment or before it are passed over.
    pub(super) fn since(&self) -> Timestamp {
        Timestamp::from_micros(self.since_us)
    }

    /// Forgets with `news` what is of a moment or before it, and passes it over from now on.
    pub(super) fn forget(&mut self, until: Timestamp, news: &mut News) {
        self.since_us = until.micros();
        self.ids.retain(|_, at_us| *at_us > until.micros());
        news.forget(until);
    }

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
        let (first, items) = self.read(context, &path, options)?;
        news.reach_back(first);
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
        let since = self.since();
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
                        told.filter(|(id, ..)| ids.insert(id.clone(), at.micros()).is_none())
                            .map(|(_, item, written)| (item, written)),
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
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(super) fn read_news(
    context: &Context<'_>,
    begin: Timestamp,
) -> Result<Option<(News, NewsRead)>, StoreError> {
    let path = context.layout.log(Log::News);
    if context.disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?.is_none() {
        return Ok(None);
    }
    let since = begin.plus_days(-1);
    // Where the log's first line is a day old at the first of these moments, its first item is too, and that is all that
    // is asked of it. Else it may stand anywhere, and the log is read as a whole.
    let line = first_line(context.disk, &path).and_then(|line| read_stored_news(&line).ok());
    let line = line.filter(|(_, written)| is_known(context, *written));
    let begun = line.as_ref().and_then(|(_, written)| *written);
    let first = line.map(|(item, _)| item.timestamp);
    let is_old = first.is_some_and(|first| first <= since);
    let options = ScanOptions { after_us: is_old.then_some(since.micros()), ..ScanOptions::default() };
    let mut read = NewsRead::new(since);
    let (least, items) = read.read(context, &path, options)?;
    let mut news = News::new(first.filter(|_| is_old).or(least), &context.settings.instruments).begun(begun);
    news.extend(items);
    Ok(Some((news, read)))
}
