//! `fills.jsonl.gz` and what its fills leave open: books folded up to a position of the log, kept in its checkpoint.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Context;
use crate::domain::{Book, BookKey, Books, Fill, Instruments, Lot, Netting, OpenPosition, Timestamp};
use crate::store::{Checkpoint, IdRing, Log, Position, ScanOptions, ScanReport, StoreError, scan};
use crate::wire::{fill_content, fill_identity, fill_line, read_stored_fill};

/// Books as the checkpoint keeps them: a fill is the line that it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FoldedBooks {
    /// By which settings they are netted, as [`way_of`] has it.
    way: u8,
    books: Vec<FoldedBook>,
    late: Vec<[String; 4]>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct FoldedBook {
    key: [String; 4],
    lots: Vec<FoldedLot>,
    exits: u32,
    opened_by: Option<String>,
    stop_price: Option<f64>,
    target_price: Option<f64>,
    last: Option<(i64, Option<u64>)>,
    last_ids: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct FoldedLot {
    fill: String,
    qty: f64,
    price: f64,
    fees: f64,
}

fn folded_key(key: &BookKey) -> [String; 4] {
    [key.account.clone(), key.strategy.clone(), key.symbol.clone(), key.position.clone()]
}

/// In the same order in every run.
fn in_order(ids: &HashSet<SmolStr>) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(SmolStr::to_string).collect();
    ids.sort_unstable();
    ids
}

fn unfolded_key([account, strategy, symbol, position]: [String; 4]) -> BookKey {
    BookKey { account, strategy, symbol, position }
}

fn line(fill: &Fill) -> String {
    String::from_utf8(fill_line(fill)).unwrap_or_default()
}

fn fill_of(line: &str, instruments: &Instruments) -> Option<Arc<Fill>> {
    Some(Arc::new(read_stored_fill(line.as_bytes()).ok()?.netted_under(instruments)))
}

/// How fills are netted, and whether symbols that differ in case alone are one.
fn way_of(netting: Netting, instruments: &Instruments) -> u8 {
    u8::from(netting == Netting::Fifo) + 2 * u8::from(instruments.fold_case)
}

impl FoldedBooks {
    fn of(books: &Books, instruments: &Instruments) -> Self {
        let book = |(key, book): (&BookKey, &Book)| FoldedBook {
            key: folded_key(key),
            lots: book
                .lots
                .iter()
                .map(|lot| FoldedLot {
                    fill: line(&lot.fill),
                    qty: lot.qty,
                    price: lot.price,
                    fees: lot.fees,
                })
                .collect(),
            exits: book.exits,
            opened_by: book.opened_by.as_deref().filter(|_| !book.lots.is_empty()).map(line),
            stop_price: book.stop_price,
            target_price: book.target_price,
            last: book.last.map(|(time, number)| (time.micros(), number)),
            last_ids: in_order(&book.last_ids),
        };
        Self {
            way: way_of(books.netting, instruments),
            books: books.in_order().into_iter().map(book).collect(),
            late: books.late.iter().map(folded_key).collect(),
        }
    }

    /// The books; `None` when a line in them cannot be read, or they are netted otherwise than is wanted.
    fn unfolded(self, netting: Netting, instruments: &Instruments) -> Option<Books> {
        if self.way != way_of(netting, instruments) {
            return None;
        }
        let mut books = HashMap::new();
        for folded in self.books {
            let lot = |lot: FoldedLot| {
                Some(Lot {
                    fill: fill_of(&lot.fill, instruments)?,
                    qty: lot.qty,
                    price: lot.price,
                    fees: lot.fees,
                })
            };
            let opened_by = match folded.opened_by {
                Some(line) => Some(fill_of(&line, instruments)?),
                None => None,
            };
            let book = Book {
                lots: folded.lots.into_iter().map(lot).collect::<Option<_>>()?,
                exits: folded.exits,
                opened_by,
                stop_price: folded.stop_price,
                target_price: folded.target_price,
                last: folded.last.map(|(us, number)| (Timestamp::from_micros(us), number)),
                last_ids: folded.last_ids.into_iter().map(SmolStr::from).collect(),
            };
            books.insert(unfolded_key(folded.key), book);
        }
        let late = self.late.into_iter().map(unfolded_key).collect();
        Some(Books { netting, books, late, unopened: 0 })
    }
}

/// The log of fills up to a position.
pub(crate) struct FillBooks {
    /// Where the log was read to.
    pub position: Position,
    /// The last ids before that.
    pub ids: IdRing,
    /// The books.
    pub books: Books,
    /// Lines that could not be read.
    pub unreadable_rows: u64,
}

impl FillBooks {
    /// What the checkpoint says, where it fits; else nothing is known yet.
    pub(crate) fn load(context: &Context<'_>) -> Self {
        let netting = context.settings.intake.netting;
        let log = context.layout.log(Log::Fills);
        let loaded =
            Checkpoint::<FoldedBooks>::load(context.disk, &context.layout.checkpoint(Log::Fills), &log).ok();
        let known = loaded.and_then(|checkpoint| {
            Some(Self {
                position: checkpoint.position,
                ids: checkpoint.ids,
                books: checkpoint.folded.unfolded(netting, &context.settings.instruments)?,
                unreadable_rows: checkpoint.unreadable_rows,
            })
        });
        known.unwrap_or_else(|| Self {
            position: Position::default(),
            ids: IdRing::default(),
            books: Books::new(netting),
            unreadable_rows: 0,
        })
    }

    /// Whether nothing was read yet.
    pub(crate) fn is_from_start(&self) -> bool {
        self.position == Position::default()
    }

    /// Reads on to the end of the log, and hands out each fill with the books.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub(crate) fn read_on(
        &mut self,
        context: &Context<'_>,
        mut each: impl FnMut(&mut Books, Arc<Fill>),
    ) -> Result<ScanReport, StoreError> {
        let options = ScanOptions { from: self.position, after_us: None };
        let Self { ids, books, unreadable_rows, .. } = self;
        let parsed = |chunk: crate::store::Chunk<'_>| parsed(chunk, &context.settings.instruments);
        // Ids are made of those alone that are remembered.
        let mut last = VecDeque::new();
        let report = scan(context.disk, &context.layout.log(Log::Fills), options, parsed, |_, fills| {
            for fill in fills {
                match fill {
                    Some(fill) => {
                        if last.len() == IdRing::ROOM {
                            last.pop_front();
                        }
                        last.push_back(Arc::clone(&fill));
                        each(books, fill);
                    }
                    None => *unreadable_rows += 1,
                }
            }
        })?;
        last.iter().for_each(|fill| ids.push(&fill_identity(fill), fill_content(fill)));
        self.position = report.end;
        Ok(report)
    }

    /// Writes the checkpoint. Call it under the lock.
    ///
    /// # Errors
    /// [`StoreError::Write`]; nothing is lost by it but time.
    pub(crate) fn save(&self, context: &Context<'_>) -> Result<(), StoreError> {
        let checkpoint = Checkpoint {
            position: self.position,
            ids: self.ids.clone(),
            damaged_bytes: 0,
            unreadable_rows: self.unreadable_rows,
            analysis: None,
            folded: FoldedBooks::of(&self.books, &context.settings.instruments),
        };
        checkpoint.save(context.disk, &context.layout.checkpoint(Log::Fills))
    }
}

fn parsed(chunk: crate::store::Chunk<'_>, instruments: &Instruments) -> Vec<Option<Arc<Fill>>> {
    let fill = |line| Some(Arc::new(read_stored_fill(line).ok()?.netted_under(instruments)));
    chunk.lines().map(fill).collect()
}

/// Fills from a moment on, as they stand in the log.
fn fills_of(
    context: &Context<'_>,
    from_us: i64,
    is_wanted: impl Fn(&Fill) -> bool + Sync,
) -> Result<Vec<Arc<Fill>>, StoreError> {
    let instruments = &context.settings.instruments;
    let read = |chunk: crate::store::Chunk<'_>| -> Vec<Arc<Fill>> {
        parsed(chunk, instruments).into_iter().flatten().filter(|fill| is_wanted(fill)).collect()
    };
    let mut fills = Vec::new();
    let log = context.layout.log(Log::Fills);
    // Blocks that end before are not unpacked.
    let options = ScanOptions { after_us: Some(from_us.saturating_sub(1)), ..ScanOptions::default() };
    scan(context.disk, &log, options, read, |_, found| fills.extend(found))?;
    Ok(fills)
}

/// Fills that are held at once when they are put in order.
const HELD: usize = 65_536;

/// Hands out all fills of some books, so many at a time that memory does not follow the length of the log: none of
/// a later call belongs before one of an earlier one.
///
/// # Errors
/// [`StoreError`] when the log cannot be read, or what `each` says.
pub(crate) fn for_fills_in_order(
    context: &Context<'_>,
    is_of: impl Fn(&BookKey) -> bool + Sync,
    mut each: impl FnMut(Vec<Arc<Fill>>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut times = Vec::new();
    let instruments = &context.settings.instruments;
    let of = |chunk: crate::store::Chunk<'_>| -> Vec<Timestamp> {
        parsed(chunk, instruments)
            .into_iter()
            .flatten()
            .filter(|fill| is_of(&fill.book()))
            .map(|fill| fill.time)
            .collect()
    };
    let log = context.layout.log(Log::Fills);
    scan(context.disk, &log, ScanOptions::default(), of, |_, found| times.extend(found))?;
    times.sort_unstable();
    let mut from = 0;
    while from < times.len() {
        let mut end = (from + HELD).min(times.len());
        // Those of one moment stay together.
        end += times[end..].iter().take_while(|time| **time == times[end - 1]).count();
        let span = times[from]..=times[end - 1];
        let is_wanted = |fill: &Fill| span.contains(&fill.time) && is_of(&fill.book());
        each(fills_of(context, span.start().micros(), is_wanted)?)?;
        from = end;
    }
    Ok(())
}

/// What is open by the fills that were recorded.
#[derive(Clone, Debug, Default)]
pub struct OpenBook {
    /// The open positions, by account, strategy and symbol.
    pub positions: Vec<OpenPosition>,
    /// Fills behind them all.
    pub fills: u64,
    /// Lines of the log that could not be read.
    pub unreadable_rows: u64,
    /// How the log read.
    pub scan: ScanReport,
}

/// The positions that are open at the moment seen from. Takes no lock and writes nothing.
///
/// # Errors
/// [`StoreError`] when the log of fills cannot be read.
pub fn open_positions(context: &Context<'_>) -> Result<OpenBook, StoreError> {
    if let Some(as_of) = context.as_of {
        let fills = fills_of(context, i64::MIN, |fill| fill.time <= as_of)?;
        let mut books = Books::new(context.settings.intake.netting);
        let count = fills.len() as u64;
        books.net_anew(fills, drop);
        return Ok(OpenBook { positions: books.open_positions(), fills: count, ..OpenBook::default() });
    }
    let mut known = FillBooks::load(context);
    let scan = known.read_on(context, |books, fill| {
        books.take(&fill);
    })?;
    let late: BTreeSet<BookKey> = known.books.late.clone();
    if !late.is_empty() {
        known.books.begin_anew(|key| late.contains(key));
        for_fills_in_order(
            context,
            |book| late.contains(book),
            |fills| {
                known.books.take_in_order(fills, drop);
                Ok(())
            },
        )?;
    }
    Ok(OpenBook {
        positions: known.books.open_positions(),
        fills: known.position.rows,
        unreadable_rows: known.unreadable_rows,
        scan,
    })
}
