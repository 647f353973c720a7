//! Trades that are shown as they are stored, newest first: where each stands is held, and its line is read once more when it
//! is written. They can be many, and a line takes fifty times the memory.

use std::collections::{BinaryHeap, HashMap};

use smol_str::SmolStr;

use super::read_log::ReadLog;
use super::record_filter::TradeFilter;
use super::trades_in_window::{Asked, fold_rows};
use super::{Context, Reading};
use crate::domain::{Timestamp, Window};
use crate::store::StoreError;
use crate::wire::{StoredOutcome, parse_object};

/// Trades whose lines are held at once, where the log is about in the order of exits.
const HELD: usize = 8_192;

/// The trades of one log.
pub(crate) struct ListedLog {
    read: ReadLog,
    /// Whose log it is, where there are several.
    pub desk: Option<String>,
    /// Exit and row of each trade, in the order of exits.
    rows: Vec<(Timestamp, u64)>,
    /// The newest exit of each symbol and how many trades came before it, where a symbol was asked for.
    symbols: HashMap<SmolStr, (Timestamp, u64)>,
}

/// A trade that may be shown.
struct Found {
    exit: Timestamp,
    /// Its symbol, where one was asked for.
    symbol: Option<SmolStr>,
    is_shown: bool,
}

/// What is found of the trades of a log.
#[derive(Default)]
struct Rows {
    came: u64,
    rows: Vec<(Timestamp, u64)>,
    symbols: HashMap<SmolStr, (Timestamp, u64)>,
}

impl Rows {
    fn add(&mut self, found: Found, row: u64) {
        if let Some(symbol) = found.symbol {
            self.symbols.insert(symbol, (found.exit, self.came));
        }
        self.came += 1;
        self.rows.extend(found.is_shown.then_some((found.exit, row)));
    }
}

impl ListedLog {
    /// The trades of a window, of a symbol where one is asked for, that the filter takes.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read at all.
    pub(crate) fn read(
        context: &Context<'_>,
        window: Window,
        symbol: Option<&str>,
        filter: Option<&TradeFilter>,
    ) -> Result<(Self, Reading), StoreError> {
        let found = |stored: &StoredOutcome<'_>, line: &[u8]| -> Result<Found, String> {
            let facts = stored.facts();
            let nothing = Found { exit: facts.exit_time, symbol: None, is_shown: false };
            if filter.is_some_and(|filter| !filter.takes(stored, line)) {
                return Ok(nothing);
            }
            parse_object(line).map_err(|why| why.to_string())?;
            Ok(Found {
                symbol: symbol.map(|_| facts.symbol.into()),
                is_shown: symbol.is_none_or(|symbol| symbol == facts.symbol),
                ..nothing
            })
        };
        let asked = Asked::of_window(context, window);
        let (found, reading, read) = fold_rows(context, &asked, found, Rows::default, Rows::add)?;
        Ok((Self { read, desk: None, rows: found.rows, symbols: found.symbols }, reading))
    }
}

/// A stored line, with the desk whose it is where there are several.
pub(crate) type ListedLine<'l> = (Vec<u8>, Option<&'l str>);

/// The trades of one store or of several.
#[derive(Default)]
pub(crate) struct TradeList {
    logs: Vec<ListedLog>,
}

impl TradeList {
    pub(crate) const fn new(logs: Vec<ListedLog>) -> Self {
        Self { logs }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.logs.iter().map(|log| log.rows.len() as u64).sum()
    }

    /// The symbols that were traded, the newest first.
    pub(crate) fn symbols(&self) -> Vec<String> {
        let mut newest: HashMap<&SmolStr, (Timestamp, usize, u64)> = HashMap::new();
        for (number, log) in self.logs.iter().enumerate() {
            for (symbol, (exit, came)) in &log.symbols {
                let known = newest.entry(symbol).or_insert((*exit, number, *came));
                *known = (*known).max((*exit, number, *came));
            }
        }
        let mut symbols: Vec<_> = newest.into_iter().collect();
        symbols.sort_unstable_by_key(|(_, when)| std::cmp::Reverse(*when));
        symbols.into_iter().map(|(symbol, _)| symbol.to_string()).collect()
    }

    /// Log and row of each trade, the newest first; of one moment those of the last store, and those recorded last.
    fn newest(&self) -> impl Iterator<Item = (usize, u64)> {
        let next = |log: usize, left: usize| {
            let at = left.checked_sub(1)?;
            Some((self.logs[log].rows[at].0, log, at))
        };
        let each = self.logs.iter().enumerate();
        let mut waiting: BinaryHeap<_> = each.filter_map(|(log, of)| next(log, of.rows.len())).collect();
        std::iter::from_fn(move || {
            let (_, log, at) = waiting.pop()?;
            waiting.extend(next(log, at));
            Some((log, self.logs[log].rows[at].1))
        })
    }

    /// How many lines are held at once.
    fn held(&self) -> usize {
        let of_log = |log: &ListedLog| log.read.held(&log.rows, |(_, row)| *row, HELD);
        self.logs.iter().map(of_log).max().unwrap_or(HELD)
    }

    /// The lines of the newest trades, at most so many. An error ends them.
    pub(crate) fn lines(&self, most: usize) -> impl Iterator<Item = Result<ListedLine<'_>, StoreError>> {
        let held = if most > HELD { self.held() } else { HELD };
        let mut newest = self.newest().take(most);
        let mut is_over = false;
        let slices = std::iter::from_fn(move || {
            let slice: Vec<(usize, u64)> = newest.by_ref().take(held).collect();
            if slice.is_empty() || is_over {
                return None;
            }
            let lines = self.lines_of(&slice);
            is_over = lines.is_err();
            Some(lines)
        });
        slices.flat_map(|lines| match lines {
            Ok(lines) => lines.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }

    fn lines_of(&self, slice: &[(usize, u64)]) -> Result<Vec<ListedLine<'_>>, StoreError> {
        let mut order: Vec<usize> = (0..slice.len()).collect();
        order.sort_unstable_by_key(|place| slice[*place]);
        let mut lines = vec![Vec::new(); slice.len()];
        for of_log in order.chunk_by(|a, b| slice[*a].0 == slice[*b].0) {
            let wanted: Vec<(u64, usize)> = of_log.iter().map(|place| (slice[*place].1, *place)).collect();
            self.logs[slice[of_log[0]].0].read.fetch(&wanted, &mut lines)?;
        }
        let named = |(line, (log, _)): (Vec<u8>, &(usize, u64))| (line, self.logs[*log].desk.as_deref());
        Ok(lines.into_iter().zip(slice).map(named).collect())
    }
}
