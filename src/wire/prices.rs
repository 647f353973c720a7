//! Bars and ticks from CSV or JSON Lines, one at a time, whatever the columns are called.

use std::io::{self, BufRead};

use super::import::{ColumnMap, FieldNames, MapError};
use super::input::{Fields, TimeForm, WireError, parse_object};
use crate::domain::{Refusal, Timestamp};

const FIELDS: FieldNames = &[
    ("symbol", &["ticker", "instrument", "pair"]),
    ("timestamp", &["time", "datetime", "date", "ts"]),
    ("high", &["h"]),
    ("low", &["l"]),
    ("close", &["c", "price", "last"]),
];

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

/// How the columns of a price file are called.
#[derive(Clone, Debug)]
pub struct PriceColumns(ColumnMap);

/// Reads mappings of the form `column=field` onto symbol, timestamp, high, low and close.
///
/// # Errors
/// [`MapError`].
pub fn price_columns(pairs: &[String]) -> Result<PriceColumns, MapError> {
    ColumnMap::of(pairs, FIELDS).map(PriceColumns)
}

impl Default for PriceColumns {
    fn default() -> Self {
        Self(ColumnMap::of(&[], FIELDS).unwrap_or_default())
    }
}

/// Reads prices one after the other; of symbols that are not `wanted` nothing but the symbol is looked at.
///
/// # Errors
/// [`MapError`] when a column that was named, or one that is needed, is not there; the outer error is that
/// of the input.
pub fn read_prices(
    mut input: impl BufRead,
    columns: &PriceColumns,
    times: TimeForm,
    wanted: impl Fn(&str) -> bool,
    mut sink: impl FnMut(Result<Price<'_>, BadPrice>),
) -> io::Result<Result<(), MapError>> {
    let start = input.fill_buf()?;
    let first = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start().first();
    if first == Some(&b'{') {
        read_lines(input, times, wanted, sink)?;
        return Ok(Ok(()));
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let headings: Vec<String> = match reader.headers() {
        Ok(headers) => headers.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(_) => Vec::new(),
    };
    let fields = match columns.0.resolve(&headings) {
        Ok(fields) => fields,
        Err(error) => return Ok(Err(error)),
    };
    let place = |name: &str| fields.iter().position(|field| field == name);
    let need = |name: &str| {
        let has = headings.join(", ");
        place(name).ok_or_else(|| MapError::NoSuchColumn { column: name.to_owned(), has })
    };
    let (symbol, timestamp, close) = match (need("symbol"), need("timestamp"), need("close")) {
        (Ok(symbol), Ok(timestamp), Ok(close)) => (symbol, timestamp, close),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => return Ok(Err(error)),
    };
    let (high, low) = (place("high"), place("low"));
    let mut row = csv::ByteRecord::new();
    let mut line = 1;
    loop {
        line += 1;
        match reader.read_byte_record(&mut row) {
            Ok(false) => return Ok(Ok(())),
            Ok(true) => {}
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => return Err(error),
                other => {
                    sink(Err(BadPrice { line, why: format!("{other:?}") }));
                    continue;
                }
            },
        }
        line = row.position().map_or(line, csv::Position::line);
        let cell = |at: usize| row.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).map(str::trim);
        let Some(name) = cell(symbol).filter(|name| !name.is_empty()) else {
            sink(Err(BadPrice { line, why: "no symbol".into() }));
            continue;
        };
        if !wanted(name) {
            continue;
        }
        let read = || -> Result<Price<'_>, WireError> {
            let text = cell(timestamp).unwrap_or_default();
            let at = match times {
                TimeForm::Strict => Timestamp::parse(text),
                TimeForm::Local(zone) => Timestamp::parse_in(text, zone),
            };
            let at = at.map_err(|why| Refusal::BadTime { field: "timestamp", text: text.to_owned(), why })?;
            let price = |at: Option<usize>| {
                at.and_then(&cell)
                    .and_then(|text| text.parse::<f64>().ok())
                    .filter(|p| *p > 0.0 && p.is_finite())
            };
            let close = price(Some(close)).ok_or(Refusal::WrongKind {
                field: "close",
                found: "something else",
                wanted: "a price above 0",
            })?;
            Ok(Price { symbol: name, at, high: price(high), low: price(low), close })
        };
        sink(read().map_err(|why| BadPrice { line, why: why.to_string() }));
    }
}

/// Symbol, stamp, high, low, close.
type OwnedPrice = (String, Timestamp, Option<f64>, Option<f64>, f64);

fn read_lines(
    mut input: impl BufRead,
    times: TimeForm,
    wanted: impl Fn(&str) -> bool,
    mut sink: impl FnMut(Result<Price<'_>, BadPrice>),
) -> io::Result<()> {
    let mut text = Vec::new();
    let mut line = 0;
    loop {
        text.clear();
        line += 1;
        if input.read_until(b'\n', &mut text)? == 0 {
            return Ok(());
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let read = || -> Result<OwnedPrice, WireError> {
            let mut fields = Fields::new(parse_object(&text)?, times);
            let symbol = fields.text(&["symbol", "ticker"])?;
            let at = fields.time(&["timestamp", "time"])?;
            let (high, low) = (fields.optional_positive(&["high"]), fields.optional_positive(&["low"]));
            let close = crate::domain::positive("close", fields.number(&["close", "price"])?)?;
            Ok((symbol, at, high, low, close))
        };
        match read() {
            Ok((symbol, at, high, low, close)) if wanted(&symbol) => {
                sink(Ok(Price { symbol: &symbol, at, high, low, close }));
            }
            Ok(_) => {}
            Err(why) => sink(Err(BadPrice { line, why: why.to_string() })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, pairs: &[&str]) -> Vec<Result<(String, f64), String>> {
        let pairs: Vec<String> = pairs.iter().map(|p| (*p).to_owned()).collect();
        let columns = price_columns(&pairs).unwrap();
        let mut found = Vec::new();
        read_prices(
            text.as_bytes(),
            &columns,
            TimeForm::Strict,
            |symbol| symbol != "C",
            |row| {
                found.push(
                    row.map(|p| (p.symbol.to_owned(), p.close))
                        .map_err(|bad| format!("{}: {}", bad.line, bad.why)),
                );
            },
        )
        .unwrap()
        .unwrap();
        found
    }

    #[test]
    fn columns_are_found_and_bad_rows_are_named() {
        let text = "Ticker,Time,Last\nA,2019-02-11T14:30:00Z,5\nB,yesterday,5\nC,nonsense,x\nA,2019-02-11T14:31:00Z,-1\n";
        let rows = read(text, &[]);
        assert_eq!(rows[0], Ok(("A".into(), 5.0)));
        assert_eq!(
            rows[1],
            Err("3: timestamp \"yesterday\" is not a time: write it like 2026-03-02T21:05:00Z".into())
        );
        assert_eq!(rows[2], Err("5: close is something else, it must be a price above 0".into()));
        assert_eq!(rows.len(), 3);
        let lines =
            "{\"symbol\":\"A\",\"timestamp\":\"2019-02-11T14:30:00Z\",\"close\":7}\n{\"symbol\":\"A\"}\n";
        assert_eq!(read(lines, &[]), [Ok(("A".into(), 7.0)), Err("2: no timestamp".into())]);
    }

    #[test]
    fn a_missing_column_is_named() {
        let columns = price_columns(&[]).unwrap();
        let none = |_: Result<Price<'_>, BadPrice>| {};
        let error =
            read_prices(&b"a,b\n"[..], &columns, TimeForm::Strict, |_| true, none).unwrap().unwrap_err();
        assert_eq!(error.to_string(), "there is no column \"symbol\" in the file; it has: a, b");
    }
}
