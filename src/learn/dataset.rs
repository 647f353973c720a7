//! Labelled rows: what was known at entry, and whether it was worth it after costs.

mod numbers;

use std::collections::{BTreeMap, HashMap};

use chrono::Datelike;
use smol_str::SmolStr;

use crate::domain::{Calendar, Market, Timestamp};
use crate::stats::sort_in_place;
use crate::wire::{EntryFeatures, Resolution, WORD_KEYS, is_of_news};
use numbers::{NameLists, Numbers};

/// A net result above this, as a fraction of the position, is a good outcome…
const GOOD_ABOVE: f64 = 0.001;

/// …and with the target reached, one above this.
const GOOD_WITH_TARGET_ABOVE: f64 = -0.002;

/// Costs of a round trip where a record has no fees, besides its own `spread_bps`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Costs {
    /// Commission, in hundredths of a percent of the position.
    pub commission_bps: f64,
    /// Slippage, likewise.
    pub slippage_bps: f64,
}

impl Costs {
    /// All that a round trip costs beside a record's own spread, in hundredths of a percent of the position.
    pub fn with_spread(self, spread_bps: Option<f64>) -> f64 {
        spread_bps.map_or(0.0, |bps| bps.max(0.0)) + self.commission_bps + self.slippage_bps
    }
}

/// Where a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A closed trade.
    Trade,
    /// A missed signal that was priced.
    Missed,
    /// A recorded signal that was priced.
    Pick,
}

/// A labelled row.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Identifies it; breaks ties of time.
    pub id: SmolStr,
    /// When it was, or could have been, entered.
    pub at: Timestamp,
    /// The trading date, as days since the common era began.
    pub session: i64,
    /// Whether it was worth it.
    pub label: bool,
    /// Result after costs, a fraction of the position.
    pub net_frac: f64,
    /// Where it comes from.
    pub source: Source,
    numbers: Numbers,
    words: [Option<u16>; WORD_KEYS.len()],
    symbol: Option<u16>,
}

/// Labelled rows with the names of what is in them.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The rows, in order of time once [`Dataset::sort`] was called.
    pub examples: Vec<Example>,
    /// Features that say how the trade came out, and how often each was refused.
    pub refused: BTreeMap<String, u64>,
    names: Names,
    name_lists: NameLists,
    words: Names,
    market: Market,
}

/// Names and the small numbers that stand for them.
#[derive(Clone, Debug, Default)]
struct Names {
    list: Vec<String>,
    known: HashMap<String, u16>,
    /// The place behind the last one: records name things in one order.
    next: usize,
}

impl Names {
    fn number(&mut self, name: &str) -> Option<u16> {
        let is_next = self.list.get(self.next).is_some_and(|known| known == name);
        let known = if is_next { u16::try_from(self.next).ok() } else { self.known.get(name).copied() };
        let number = match known {
            Some(number) => number,
            None => {
                let number = u16::try_from(self.list.len()).ok()?;
                self.list.push(name.to_owned());
                self.known.insert(name.to_owned(), number);
                number
            }
        };
        self.next = usize::from(number) + 1;
        Some(number)
    }
}

/// What time and date say by the calendar of a symbol: hour of its wall clock, weekday of the trading date from
/// Monday 0, whole minutes since the open and to the close, 1 on the day before a holiday.
pub(super) fn time_numbers(calendar: &Calendar, at: Timestamp) -> Vec<(&'static str, f64)> {
    let date = calendar.trading_date(at);
    let mut numbers = vec![
        ("hour", (at.local(calendar.zone()).1 / 3_600_000_000) as f64),
        ("weekday", f64::from(date.weekday().num_days_from_monday())),
    ];
    if let Some(session) = calendar.session(date) {
        numbers.push(("minutes_since_open", session.minutes_since_open(at).floor()));
        numbers.push(("minutes_to_close", session.minutes_to_close(at).ceil()));
    }
    numbers.push(("day_before_holiday", f64::from(u8::from(calendar.is_before_holiday(date)))));
    numbers
}

/// Whether a result was worth it.
pub fn is_good(net_frac: f64, hit_target: bool) -> bool {
    net_frac > GOOD_ABOVE || (hit_target && net_frac > GOOD_WITH_TARGET_ABOVE)
}

/// What was known, with small numbers in the place of names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    at: Option<Timestamp>,
    numbers: Numbers,
    words: [Option<u16>; WORD_KEYS.len()],
    symbol: Option<u16>,
    has_features: bool,
    /// The latest moment that its own features say news to be of, and which of the numbers are of news then. Few have any.
    news: Option<Box<(Timestamp, Vec<u16>)>>,
}

impl Draft {
    /// Whether a record's `features` are in it.
    pub fn has_features(&self) -> bool {
        self.has_features
    }

    /// Adds what this does not know and `signal`, from which the position came, does; the signal's time counts, and what
    /// it says of news that came after that goes.
    pub fn complete_with(&mut self, signal: &Self) {
        self.at = signal.at.or(self.at);
        if let Some(news) = self.news.take_if(|news| self.at.is_some_and(|at| news.0 > at)) {
            self.numbers.leave_out(&news.1);
        }
        self.has_features |= signal.has_features;
        self.numbers.complete_with(&signal.numbers);
        for (mine, theirs) in self.words.iter_mut().zip(signal.words) {
            *mine = mine.or(theirs);
        }
        self.symbol = self.symbol.or(signal.symbol);
    }
}

impl Dataset {
    /// No rows yet, of a market whose calendars say what their times mean.
    pub fn new(market: &Market) -> Self {
        Self {
            examples: Vec::new(),
            refused: BTreeMap::new(),
            names: Names::default(),
            name_lists: NameLists::default(),
            words: Names::default(),
            market: market.clone(),
        }
    }

    /// By which calendars the times of its rows are told.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// Takes in what was known; names are kept once for all rows.
    pub fn draft(&mut self, known: &EntryFeatures) -> Draft {
        for name in &known.refused {
            *self.refused.entry(name.clone()).or_default() += 1;
        }
        let mut draft = Draft { at: known.at, has_features: known.has_features, ..Draft::default() };
        let named =
            known.numbers.iter().filter_map(|(name, number)| Some((self.names.number(name)?, *number)));
        draft.numbers = self.name_lists.numbers(named);
        if let Some(told) = known.news_at {
            let of_news = draft.numbers.iter().map(|(name, _)| name);
            let is_one = |name: &u16| is_of_news(&self.names.list[usize::from(*name)]);
            draft.news = Some(Box::new((told, of_news.filter(is_one).collect())));
        }
        for (slot, word) in draft.words.iter_mut().zip(&known.words) {
            *slot = word.as_ref().and_then(|word| self.words.number(word));
        }
        draft.symbol = known.symbol.as_ref().and_then(|symbol| self.words.number(symbol));
        draft
    }

    /// Takes in the rows of another one, under the same names.
    pub fn merge(&mut self, other: Self) {
        let own = |theirs: &Names, mine: &mut Names| -> Vec<Option<u16>> {
            theirs.list.iter().map(|name| mine.number(name)).collect()
        };
        let names = own(&other.names, &mut self.names);
        let words = own(&other.words, &mut self.words);
        let of = |list: &[Option<u16>], at: u16| list.get(usize::from(at)).copied().flatten();
        for mut example in other.examples {
            let numbers = example.numbers.iter();
            let numbers = numbers.filter_map(|(name, number)| Some((of(&names, name)?, number)));
            example.numbers = self.name_lists.numbers(numbers);
            example.words = example.words.map(|word| of(&words, word?));
            example.symbol = example.symbol.and_then(|symbol| of(&words, symbol));
            self.examples.push(example);
        }
        for (name, count) in other.refused {
            *self.refused.entry(name).or_default() += count;
        }
    }

    /// The result after costs: recorded fees are in it already, else the spread, commission and slippage.
    fn net_of_costs(&self, draft: &Draft, resolved: &Resolution, costs: Costs) -> f64 {
        if resolved.costs_known {
            return resolved.result_frac;
        }
        let spread = self.names.known.get("spread_bps").and_then(|spread| draft.numbers.get(*spread));
        resolved.result_frac - costs.with_spread(spread) / 1e4
    }

    /// Adds a row; one without a time cannot be put in order and is left out.
    pub fn push(
        &mut self,
        id: impl Into<SmolStr>,
        draft: Draft,
        resolved: &Resolution,
        source: Source,
        costs: Costs,
    ) {
        let before = self.examples.len();
        self.push_without_time(id, draft, resolved, source, costs);
        self.add_time(before);
    }

    /// As [`Dataset::push`], without what time and date say of the row: see [`Dataset::add_time`].
    pub(crate) fn push_without_time(
        &mut self,
        id: impl Into<SmolStr>,
        draft: Draft,
        resolved: &Resolution,
        source: Source,
        costs: Costs,
    ) {
        let Some(at) = draft.at else { return };
        let net_frac = self.net_of_costs(&draft, resolved, costs);
        let numbers = draft.numbers;
        self.examples.push(Example {
            id: id.into(),
            at,
            session: i64::from(self.market.trading_date(at).num_days_from_ce()),
            label: is_good(net_frac, resolved.hit_target),
            net_frac,
            source,
            numbers,
            words: draft.words,
            symbol: draft.symbol,
        });
    }

    /// Adds what time and date say of rows, from one on.
    pub(crate) fn add_time(&mut self, first: usize) {
        for row in first..self.examples.len() {
            let Example { at, symbol, .. } = self.examples[row];
            let symbol = symbol.map(|symbol| self.words.list[usize::from(symbol)].as_str());
            let calendar = self.market.of_symbol(symbol.unwrap_or_default());
            let of_time = time_numbers(calendar, at).into_iter();
            let of_time = of_time.filter_map(|(name, number)| Some((self.names.number(name)?, number)));
            self.name_lists.add(&mut self.examples[row].numbers, of_time);
        }
    }

    /// Adds a number to a row that has none of that name.
    pub(super) fn put(&mut self, row: usize, name: &str, number: f64) {
        let (Some(name), Some(example)) = (self.names.number(name), self.examples.get_mut(row)) else {
            return;
        };
        if number.is_finite() {
            self.name_lists.add(&mut example.numbers, std::iter::once((name, number)));
        }
    }

    /// Puts the rows in order of time, and of those with the same id keeps the trade before the missed signal
    /// before the recorded signal.
    pub fn sort(&mut self) {
        sort_in_place(&mut self.examples, |a, b| (&a.id, a.source).cmp(&(&b.id, b.source)));
        self.examples.dedup_by(|later, first| later.id == first.id);
        sort_in_place(&mut self.examples, |a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    }

    /// A number of a row by name.
    pub fn number(&self, example: &Example, name: &str) -> Option<f64> {
        example.numbers.get(*self.names.known.get(name)?)
    }

    /// A number of each of these rows by name; NaN where a row has none.
    pub(super) fn column(&self, name: &str, examples: &[&Example]) -> Vec<f64> {
        let of_rows = examples.iter().map(|example| Some(&example.numbers));
        Numbers::column(of_rows, self.names.known.get(name).copied())
    }

    /// A row's word by key, such as `sector`.
    pub fn word(&self, example: &Example, key: &str) -> Option<&str> {
        let at = WORD_KEYS.iter().position(|(known, _)| *known == key)?;
        example.words[at].map(|word| self.words.list[usize::from(word)].as_str())
    }

    /// What a row traded.
    pub fn symbol(&self, example: &Example) -> Option<&str> {
        example.symbol.map(|symbol| self.words.list[usize::from(symbol)].as_str())
    }

    /// Numbers by name for these rows; NaN where a row has none.
    pub fn numbers_of(&self, names: &[&str], rows: &[usize]) -> Vec<Vec<f64>> {
        let of_rows = || rows.iter().map(|row| self.examples.get(*row).map(|example| &example.numbers));
        names.iter().map(|name| Numbers::column(of_rows(), self.names.known.get(*name).copied())).collect()
    }

    /// The names of all numbers, in the order in which they first came.
    pub fn names(&self) -> &[String] {
        &self.names.list
    }

    /// All words, likewise.
    pub(super) fn words(&self) -> &[String] {
        &self.words.list
    }

    /// The sessions of the rows, each once, in order.
    pub fn sessions(&self) -> Vec<i64> {
        let mut sessions: Vec<i64> = self.examples.iter().map(|example| example.session).collect();
        sessions.sort_unstable();
        sessions.dedup();
        sessions
    }
}

impl Example {
    /// A number, by the place of its name in [`Dataset::names`].
    pub(super) fn numbers(&self) -> impl Iterator<Item = (u16, f64)> {
        self.numbers.iter()
    }

    /// What it traded, by its place in [`Dataset::words`].
    pub(super) fn symbol_word(&self) -> Option<u16> {
        self.symbol
    }

    /// A word, by its place in [`Dataset::words`], for each key of [`crate::wire::WORD_KEYS`].
    pub(super) fn words(&self) -> &[Option<u16>; WORD_KEYS.len()] {
        &self.words
    }
}

#[cfg(test)]
mod tests;
