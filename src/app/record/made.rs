//! Trades of fills that are in their log already: which of them the fills still close, and which come out otherwise.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::candidate::Candidate;
use crate::domain::BookKey;
use crate::files::Context;
use crate::store::{Chunk, Log, ScanOptions, StoreError, scan};
use crate::wire::{FillMade, fill_made};

/// Trades of fills that are in the log.
pub(super) struct Made {
    there: HashMap<Box<str>, There>,
    /// New readings of trades that are there.
    changed: HashMap<String, Vec<u8>>,
    /// Each book once.
    books: BTreeSet<Arc<BookKey>>,
}

struct There {
    book: Arc<BookKey>,
    content: u64,
    is_seen: bool,
}

impl Made {
    /// The trades of the log that are wanted.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub(super) fn read(
        context: &Context<'_>,
        is_wanted: impl Fn(&FillMade) -> bool + Sync,
    ) -> Result<Self, StoreError> {
        // Fills are netted by the symbol as it is written now.
        let written = |(id, mut made, content): (String, FillMade, u64)| {
            made.book.symbol = context.settings.instruments.written(made.book.symbol).into_owned();
            (id, made, content)
        };
        let read = |chunk: Chunk<'_>| -> Vec<(String, FillMade, u64)> {
            chunk.lines().filter_map(fill_made).map(written).filter(|(_, made, _)| is_wanted(made)).collect()
        };
        let mut made = Self { there: HashMap::new(), changed: HashMap::new(), books: BTreeSet::new() };
        let path = context.layout.log(Log::Outcomes);
        scan(context.disk, &path, ScanOptions::default(), read, |_, found| {
            for (id, of, content) in found {
                made.note(id, &of.book, content, false);
            }
        })?;
        Ok(made)
    }

    fn note(&mut self, id: String, book: &BookKey, content: u64, is_seen: bool) {
        let book = self.books.get(book).map(Arc::clone).unwrap_or_else(|| {
            let book = Arc::new(book.clone());
            self.books.insert(Arc::clone(&book));
            book
        });
        self.there.insert(id.into(), There { book, content, is_seen });
    }

    /// Notes a trade that is in the log from here on.
    pub(super) fn written(&mut self, trade: &Candidate) {
        if let Some(book) = &trade.book {
            self.note(trade.id.clone(), book, trade.content, true);
        }
    }

    /// Whether a trade is not there yet; one that is there otherwise is noted.
    pub(super) fn is_new(&mut self, trade: &Candidate) -> bool {
        let Some(there) = self.there.get_mut(trade.id.as_str()) else { return true };
        there.is_seen = true;
        if there.content == trade.content {
            self.changed.remove(&trade.id);
        } else {
            self.changed.insert(trade.id.clone(), trade.row.line.clone());
        }
        false
    }

    /// Forgets what was said of the trades of some books: they are netted anew.
    pub(super) fn forget_seen(&mut self, is_of: impl Fn(&BookKey) -> bool) {
        for (id, there) in self.there.iter_mut().filter(|(_, there)| is_of(&there.book)) {
            there.is_seen = false;
            self.changed.remove(&**id);
        }
    }

    /// What has to change in the log, by id: another line, or none where no fill closes the trade any more and it may
    /// be withdrawn.
    pub(super) fn changes(self, may_withdraw: impl Fn(&BookKey) -> bool) -> HashMap<String, Option<Vec<u8>>> {
        let gone = self.there.into_iter().filter(|(_, there)| !there.is_seen && may_withdraw(&there.book));
        let mut changes: HashMap<String, Option<Vec<u8>>> = gone.map(|(id, _)| (id.into(), None)).collect();
        changes.extend(self.changed.into_iter().map(|(id, line)| (id, Some(line))));
        changes
    }
}
