//! Bars and ticks from files of separated values or JSON, one at a time, whatever their columns are called.

use std::borrow::Cow;
use std::io::{self, BufRead, Read as _};

use super::import::{FormatError, Piece, Splitter, Table, json_objects, split_row, unwrap_json};
use super::input::{
    Conventions, Field, Fields, Kind, MapError, Names, Raw, TimeRules, WireError, parse_object,
};
use crate::domain::{Refusal, Timestamp};

/// The most of a file that wraps its bars in one object, in bytes.
const MAX_WRAPPED_BYTES: u64 = 1 << 30;

/// A bar or a tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price<'a> {
    /// What was traded.
    pub symbol: &'a str,
    /// The stamp of the bar or tick.
    pub at: Timestamp,
    /// The highest price, where the file has it.
    pub high: Option<f64>,
    /// The lowest price, where the file has it.
    pub low: Option<f64>,
    /// The closing price, or the tick.
    pub close: f64,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPrice {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
}

/// How the columns of price files are called, and how their times are read.
#[derive(Clone, Debug)]
pub struct PriceRules {
    names: Names,
    conventions: Conventions,
    /// The symbol of every row, of files that have no column for it.
    symbol: Option<String>,
}

impl PriceRules {
    /// With mappings of the form `column=field` onto symbol, timestamp, high, low and close.
    ///
    /// # Errors
    /// [`MapError`].
    pub fn parse(maps: &[String], times: TimeRules) -> Result<Self, MapError> {
        let names = Names::parse(Kind::Bar, maps, &[])?;
        Ok(Self { names, conventions: Conventions::with_times(times), symbol: None })
    }

    /// For files whose every row is of one symbol.
    #[must_use]
    pub fn of_symbol(self, symbol: Option<String>) -> Self {
        Self { symbol, ..self }
    }
}

impl Default for PriceRules {
    fn default() -> Self {
        Self { names: Names::of(Kind::Bar), conventions: Conventions::default(), symbol: None }
    }
}

/// Reads prices one after the other; of symbols that are not `wanted` nothing but the symbol is looked at.
///
/// # Errors
/// [`FormatError`] when the file holds no prices, or a column that is needed is not there; the outer error is that
/// of the input.
pub fn read_prices(
    mut input: impl BufRead,
    rules: &PriceRules,
    wanted: impl Fn(&str) -> bool,
    mut sink: impl FnMut(Result<Price<'_>, BadPrice>),
) -> io::Result<Result<(), FormatError>> {
    let start = input.fill_buf()?;
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if text.first().is_none_or(|first| !b"{[".contains(first)) {
        return read_table(input, rules, &wanted, &mut sink);
    }
    // An object that is no bar wraps them: it has to be read whole.
    let mut first = Piece::default();
    let is_bar = json_objects(Box::new(start)).next(&mut first)?
        && parse_object(first.text.as_bytes()).is_ok_and(|map| {
            let fields = Fields::of_object(map, &rules.names, &rules.conventions);
            fields.has(Field::Symbol) || fields.has(Field::Timestamp)
        });
    let whole;
    let objects: Box<dyn BufRead + '_> = if is_bar || text.starts_with(b"[") {
        Box::new(input)
    } else {
        let mut text = Vec::new();
        input.take(MAX_WRAPPED_BYTES).read_to_end(&mut text)?;
        whole = match unwrap_json(&text, Kind::Bar, None) {
            Ok(lines) => lines.unwrap_or(text),
            Err(error) => return Ok(Err(error)),
        };
        Box::new(&whole[..])
    };
    read_objects(json_objects(objects), rules, &wanted, &mut sink)?;
    Ok(Ok(()))
}

fn read_objects(
    mut objects: Box<dyn Splitter + '_>,
    rules: &PriceRules,
    wanted: &dyn Fn(&str) -> bool,
    sink: &mut dyn FnMut(Result<Price<'_>, BadPrice>),
) -> io::Result<()> {
    let mut piece = Piece::default();
    while objects.next(&mut piece)? {
        let read = || -> Result<Option<(String, Bar)>, WireError> {
            let map = parse_object(piece.text.as_bytes())?;
            let mut fields = Fields::of_object(map, &rules.names, &rules.conventions);
            let symbol = match &rules.symbol {
                Some(symbol) => symbol.clone(),
                None => fields.text(Field::Symbol)?,
            };
            if wanted(&symbol) { bar_of(fields).map(|bar| Some((symbol, bar))) } else { Ok(None) }
        };
        match read() {
            Ok(Some((symbol, bar))) => sink(Ok(bar.of(&symbol))),
            Ok(None) => {}
            Err(why) => sink(Err(BadPrice { line: piece.line, why: why.to_string() })),
        }
    }
    Ok(())
}

/// A bar without its symbol.
struct Bar {
    at: Timestamp,
    high: Option<f64>,
    low: Option<f64>,
    close: f64,
}

impl Bar {
    fn of<'s>(&self, symbol: &'s str) -> Price<'s> {
        Price { symbol, at: self.at, high: self.high, low: self.low, close: self.close }
    }
}

fn bar_of(mut fields: Fields<'_>) -> Result<Bar, WireError> {
    let at = fields.time(Field::Timestamp)?.at;
    let price = |fields: &mut Fields<'_>, field: Field| -> Result<Option<f64>, WireError> {
        let price = fields.amount(field)?.map(|price| price.value);
        Ok(price.map(|price| crate::domain::positive(field.as_str(), price)).transpose()?)
    };
    let (high, low) = (price(&mut fields, Field::High)?, price(&mut fields, Field::Low)?);
    let close = price(&mut fields, Field::Close)?.ok_or(Refusal::Missing { field: "close" })?;
    if let (Some(high), Some(low)) = (high, low)
        && low > high
    {
        return Err(WireError::Row(format!("the low {low} is above the high {high}")));
    }
    Ok(Bar { at, high, low, close })
}

fn read_table(
    mut input: impl BufRead,
    rules: &PriceRules,
    wanted: &dyn Fn(&str) -> bool,
    sink: &mut dyn FnMut(Result<Price<'_>, BadPrice>),
) -> io::Result<Result<(), FormatError>> {
    let head = input.fill_buf()?.to_vec();
    if is_yfinance(&head) {
        return Ok(Err(FormatError::Other {
            what: "a yfinance download with headings in several lines".into(),
            hint:
                "write it by rows: data.stack(level=\"Ticker\", future_stack=True).reset_index().to_csv(FILE)"
                    .into(),
        }));
    }
    let needed = [Field::Symbol, Field::Timestamp, Field::Close];
    let needed = &needed[usize::from(rules.symbol.is_some())..];
    let table = match Table::open(&head, &rules.names, needed) {
        Ok(table) => table,
        Err(error) => return Ok(Err(error)),
    };
    let symbol_at = table.place(Field::Symbol).filter(|_| rules.symbol.is_none());
    let mut rows = table.rows(Box::new(input));
    let mut piece = Piece::default();
    while rows.next(&mut piece)? {
        let mut cells: Vec<Cow<'_, str>> = Vec::new();
        let is_whole = split_row(&piece.text, table.delimiter(), &mut cells);
        let symbol = match (&rules.symbol, symbol_at) {
            (Some(symbol), _) => symbol.clone(),
            (None, at) => at.and_then(|at| cells.get(at)).map(Cow::as_ref).unwrap_or_default().to_owned(),
        };
        if is_whole && !symbol.is_empty() && !wanted(&symbol) {
            continue;
        }
        let read = || -> Result<Bar, WireError> {
            if symbol.is_empty() {
                return Err(Refusal::Missing { field: "symbol" }.into());
            }
            let mut fields = Fields::new(&rules.conventions);
            for (at, cell) in cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                if let Some((meaning, name)) = table.meaning(at) {
                    fields.put(meaning, Cow::Borrowed(name), Raw::Text(cell));
                }
            }
            bar_of(fields)
        };
        match read() {
            Ok(bar) => sink(Ok(bar.of(&symbol))),
            Err(why) => sink(Err(BadPrice { line: piece.line, why: why.to_string() })),
        }
    }
    Ok(Ok(()))
}

/// Headings of yfinance: prices, tickers and dates in three lines.
fn is_yfinance(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n');
    let starts = |line: Option<&[u8]>, word: &[u8]| line.is_some_and(|line| line.starts_with(word));
    starts(lines.next(), b"Price,") && starts(lines.next(), b"Ticker,")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, maps: &[&str]) -> Vec<Result<(String, f64), String>> {
        let maps: Vec<String> = maps.iter().map(|p| (*p).to_owned()).collect();
        let new_york = TimeRules { zone: Some(chrono_tz::America::New_York), order: None };
        let rules = PriceRules::parse(&maps, new_york).unwrap();
        let mut found = Vec::new();
        let take = |row: Result<Price<'_>, BadPrice>| {
            let price = row.map(|p| (p.symbol.to_owned(), p.high.unwrap_or(p.close)));
            found.push(price.map_err(|bad| format!("{}: {}", bad.line, bad.why)));
        };
        read_prices(text.as_bytes(), &rules, |symbol| symbol != "C", take).unwrap().unwrap();
        found
    }

    #[test]
    fn columns_are_found_and_bad_rows_are_named() {
        let text = "Ticker,Time,Last\nA,2019-02-11T14:30:00Z,5\nB,yesterday,5\nC,nonsense,x\nA,2019-02-11T14:31:00Z,-1\n";
        let rows = read(text, &[]);
        assert_eq!(rows[0], Ok(("A".into(), 5.0)));
        assert_eq!(
            rows[1],
            Err("3: time \"yesterday\" is not a time: write it like 2026-03-02T21:05:00Z".into())
        );
        assert_eq!(rows[2], Err("5: close is -1, it must be above 0".into()));
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn files_of_one_symbol_need_no_column_for_it() {
        let rules = PriceRules::default().of_symbol(Some("A".into()));
        for text in [
            "Date,Open,High,Low,Close\n2019-02-11T14:30:00Z,5,6,4,5\n",
            "{\"t\":\"2019-02-11T14:30:00Z\",\"h\":6,\"l\":4,\"c\":5}\n",
            // What the file calls it does not count then.
            "ticker,time,high,close\nX,2019-02-11T14:30:00Z,6,5\n",
        ] {
            let mut found = Vec::new();
            let take = |row: Result<Price<'_>, BadPrice>| {
                let price = row.unwrap();
                found.push((price.symbol.to_owned(), price.high));
            };
            read_prices(text.as_bytes(), &rules, |symbol| symbol == "A", take).unwrap().unwrap();
            assert_eq!(found, [("A".to_owned(), Some(6.0))], "{text}");
        }
    }

    #[test]
    fn highs_and_lows_are_read_or_the_row_is_refused() {
        for text in [
            "symbol,t,o,h,l,c\nA,2019-02-11T14:30:00Z,5,\"1,170.00\",4,5\n",
            "{\"S\":\"A\",\"t\":\"2019-02-11T14:30:00Z\",\"h\":1170,\"l\":4,\"c\":5}\n",
            "{\"symbol\":\"A\",\"time\":1549895400000,\"h\":1170,\"l\":4,\"price\":5}\n",
            "[{\"symbol\":\"A\",\"time\":\"2019-02-11T14:30:00Z\",\"h\":1170,\"price\":5}]",
            "{\"bars\":{\"A\":[{\"t\":\"2019-02-11T14:30:00Z\",\"h\":1170,\"l\":4,\"c\":5}]},\"next\":null}",
            "Symbol;Date;Time;High;Close\nA;2019-02-11;09:30:00;1170,0;5\n",
        ] {
            assert_eq!(read(text, &[]), [Ok(("A".into(), 1170.0))], "{text}");
        }
        let rows =
            read("symbol,time,high,close\nA,2019-02-11T14:30:00Z,n/k,5\nA,2019-02-11T14:30:00Z,,5\n", &[]);
        assert_eq!(rows, [Err("2: high \"n/k\" is not a number".into()), Ok(("A".into(), 5.0))]);
        assert_eq!(
            read("ticker,close,window_start\nA,5,1549895400000000000\n", &[]),
            [Ok(("A".into(), 5.0))]
        );
    }

    #[test]
    fn a_missing_column_is_named() {
        let none = |_: Result<Price<'_>, BadPrice>| {};
        let error =
            read_prices(&b"date,close\n"[..], &PriceRules::default(), |_| true, none).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "there is no column for symbol; the file has: date, close");
    }
}
