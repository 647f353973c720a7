//! The executions of Interactive Brokers' files as records on their lines: of a Flex query as CSV and XML, and of an
//! activity statement.

use std::collections::HashMap;
use std::io::{self, BufRead};

use serde_json::Value;

use super::cells::split_cells;
use super::headings::DELIMITERS;
use super::ibkr::IBKR;
use super::ibkr_settle::{Alone, FirstLook, Settled, is_known, known, mark, said_number, settle};
use super::rows::MAX_ROW_BYTES;
use super::{Statement, StatementRows, bare, in_lines, matched};
use crate::wire::bounded::read_line_within;
use crate::wire::input::{Commas, JsonObject, folded};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement {
        begins: |head| head.contains("Statement,Header,Field Name"),
        rows: StatementRows::Whole(activity),
    },
    Statement { begins: |head| head.contains("<FlexQueryResponse"), rows: StatementRows::Whole(flex_xml) },
    Statement {
        begins: |head| head.lines().any(|line| headings_of(bare(line)).is_some()),
        rows: StatementRows::OneByOne,
    },
];

/// `Trades,Data,Order,…` under the last `Trades,Header,…` before it; the size of contracts stands in a section below.
fn activity(text: &str) -> String {
    let mut headings: HashMap<String, Vec<String>> = HashMap::new();
    let (mut rows, mut sizes) = (Vec::new(), HashMap::new());
    let (mut cells, mut order) = (Vec::new(), None);
    for line in text.lines().map(bare) {
        rows.push(None);
        let is_of_use =
            ["Trades,", "Financial Instrument Information,"].iter().any(|name| line.starts_with(name));
        if !is_of_use || !split_cells(line, b',', &mut cells) || cells.len() < 4 {
            continue;
        }
        if cells[1] == "Header" {
            let names = cells[2..].iter().map(|cell| known(cell)).collect();
            headings.insert(cells[0].to_string(), names);
            continue;
        }
        let names = headings.get(&*cells[0]).map_or(&[][..], Vec::as_slice);
        let record: JsonObject = names
            .iter()
            .zip(&cells[2..])
            .map(|(name, cell)| (name.clone(), Value::String(cell.to_string())))
            .collect();
        if cells[0] != "Trades" {
            let symbols = record.get("symbol").and_then(Value::as_str).unwrap_or_default().split(',');
            if let Some(size) = said_number(&record, &["multiplier"], Commas::Thousands) {
                sizes.extend(symbols.map(|symbol| (symbol.trim().to_owned(), size)));
            }
        } else if cells[1] == "Data" && matches!(&*cells[2], "Order" | "Trade") {
            rows.pop();
            rows.push(Some(record));
            // Executions stand below their order, where they are shown.
            if cells[2] == "Order" {
                order = Some(rows.len() - 1);
            } else if let Some(order) = order.take().and_then(|at: usize| rows[at].as_mut()) {
                mark(order, "order");
            }
        }
    }
    settle(&mut rows, sizes);
    in_lines(rows.into_iter())
}

/// The attributes of each `<Trade …/>`, or of each confirmation; of a query without executions those of each `<Order …/>`.
fn flex_xml(text: &str) -> String {
    let begins = ["<Trade ", "<TradeConfirm ", "<Order "];
    let begin = begins.into_iter().find(|begin| text.contains(begin)).unwrap_or("<Trade ");
    let text = text.replace(begin, &format!("\n{begin}"));
    let mut rows: Vec<Option<JsonObject>> = text.lines().map(|line| attributes(line, begin)).collect();
    settle(&mut rows, HashMap::new());
    in_lines(rows.into_iter())
}

fn attributes(line: &str, begin: &str) -> Option<JsonObject> {
    let (inside, _) = line.trim_start().strip_prefix(begin)?.split_once('>')?;
    let mut record = JsonObject::new();
    let mut rest = inside;
    while let Some((name, behind)) = rest.split_once("=\"") {
        let (value, next) = behind.split_once('"')?;
        let value =
            value.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        if !value.is_empty() {
            record.insert(known(name.trim()), value.into());
        }
        rest = next;
    }
    (!record.is_empty()).then_some(record)
}

/// The headings of a table of trades, and what parts them.
fn headings_of(line: &str) -> Option<(u8, Vec<String>)> {
    let mut cells = Vec::new();
    for delimiter in DELIMITERS {
        if line.bytes().any(|byte| byte == delimiter) && split_cells(line, delimiter, &mut cells) {
            let names: Vec<String> = cells.iter().map(|cell| folded(cell)).collect();
            let of_query = IBKR.signatures.iter().take(2);
            if of_query.into_iter().any(|signature| matched(&names, signature) == signature.len()) {
                return Some((delimiter, cells.iter().map(|cell| known(cell)).collect()));
            }
        }
    }
    None
}

/// Lines around the rows of a query, by their first cell.
const FRAME: [&str; 6] = ["BOF", "BOA", "BOS", "EOS", "EOA", "EOF"];

/// Whether a query as CSV is a plain table, each row of which can be read without the others: one line of headings, and no row
/// that says the same as another, takes it back, or says of another how many units its contract stands for. Such a file is
/// not settled.
fn rows_stand_alone(input: &mut dyn BufRead) -> io::Result<bool> {
    let mut table: Option<(u8, Vec<String>)> = None;
    let (mut alone, mut bytes) = (Alone::default(), Vec::new());
    loop {
        bytes.clear();
        if !read_line_within(input, b'\n', MAX_ROW_BYTES + 1, &mut bytes)? {
            return Ok(table.is_some());
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = bare(line.trim_end_matches('\n'));
        let Some((delimiter, headings)) = &table else {
            table = headings_of(line).filter(|(_, headings)| headings[0] != "HEADER");
            if table.is_none() {
                return Ok(false);
            }
            continue;
        };
        if line.trim().is_empty() {
            continue;
        }
        let mut cells = Vec::new();
        let is_whole = split_cells(line, *delimiter, &mut cells);
        let is_row = is_whole && cells.len() == headings.len() && !FRAME.contains(&&*cells[0]);
        let named = headings.iter().zip(&cells).filter(|(name, cell)| is_known(name) && !cell.is_empty());
        let record = named.map(|(name, cell)| (name.clone(), Value::String(cell.to_string()))).collect();
        if !is_row || known(&cells[0]) == headings[0] || !alone.and(&record) {
            return Ok(false);
        }
    }
}

/// The rows of a query as CSV, one line after the other: those below each line of headings, which a query of several accounts
/// repeats. Other tables in the file are passed over.
#[derive(Default)]
struct FlexTable {
    table: Option<(u8, Vec<String>)>,
}

impl FlexTable {
    /// The record of a line; none where it is no row.
    fn row(&mut self, line: &str) -> Option<JsonObject> {
        let first = line.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty())?;
        // Another table may stand below.
        let begins = |name: &str| name.eq_ignore_ascii_case(first);
        if begins("HEADER") || begins("ClientAccountID") || self.table.is_none() {
            self.table = headings_of(line);
            return None;
        }
        let (delimiter, headings) = self.table.as_ref()?;
        // Where a row begins with its symbol, that may be the same word.
        if FRAME.contains(&first) && headings.first().is_none_or(|name| name != "symbol") {
            return None;
        }
        let mut cells = Vec::new();
        let is_whole = split_cells(line, *delimiter, &mut cells);
        if cells.iter().all(|cell| cell.is_empty())
            || cells.iter().zip(headings).all(|(cell, name)| known(cell) == *name)
        {
            return None;
        }
        if !is_whole || cells.len() != headings.len() {
            return Some(
                [("a row that does not fit its headings".to_owned(), line.into())].into_iter().collect(),
            );
        }
        // With line descriptors the first two cells say of which table a line is.
        let described = if headings.first().is_some_and(|name| name == "HEADER") { 2 } else { 0 };
        let pairs = headings.iter().zip(&cells).skip(described);
        let said = pairs.filter(|(name, cell)| !cell.is_empty() && !name.is_empty());
        Some(said.map(|(name, cell)| (name.clone(), Value::String(cell.to_string()))).collect())
    }
}

/// Reads a query as CSV line by line: `each` gets the record of each, with its number; none of a line that is no row.
fn for_lines(input: &mut dyn BufRead, mut each: impl FnMut(usize, Option<JsonObject>)) -> io::Result<()> {
    let mut lines = FlexLines::new(input);
    while let Some((at, record)) = lines.next()? {
        each(at, record);
    }
    Ok(())
}

/// The lines of a query as CSV.
struct FlexLines<I> {
    input: I,
    table: FlexTable,
    bytes: Vec<u8>,
    count: usize,
}

impl<I: BufRead> FlexLines<I> {
    fn new(input: I) -> Self {
        Self { input, table: FlexTable::default(), bytes: Vec::new(), count: 0 }
    }

    /// The number of the next line and its record; none at the end.
    fn next(&mut self) -> io::Result<Option<(usize, Option<JsonObject>)>> {
        self.bytes.clear();
        if !read_line_within(&mut self.input, b'\n', MAX_ROW_BYTES + 1, &mut self.bytes)? {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&self.bytes);
        let record = self.table.row(bare(line.trim_end_matches('\n')));
        self.count += 1;
        Ok(Some((self.count, record)))
    }
}

/// What the rows of a query as CSV say of each other, so that it is read without being held; none where each can be read without
/// the others, as a row of any table. `open` opens it, from its beginning.
///
/// # Errors
/// Those of the input.
pub fn settled_rows<'i>(
    open: impl Fn() -> io::Result<Box<dyn BufRead + 'i>>,
) -> io::Result<Option<SettledRows>> {
    if rows_stand_alone(&mut *open()?)? {
        return Ok(None);
    }
    let mut first = FirstLook::default();
    for_lines(&mut *open()?, |at, record| record.iter().for_each(|record| first.see((at, record))))?;
    let mut second = first.ended(HashMap::new());
    for_lines(&mut *open()?, |at, record| record.iter().for_each(|record| second.see((at, record))))?;
    Ok(Some(SettledRows(second.ended())))
}

/// What the rows of a query say of each other.
pub struct SettledRows(Settled);

impl SettledRows {
    /// The rows of the query as JSON Lines, on the lines on which they stand.
    pub fn read<'i>(&'i self, input: Box<dyn BufRead + 'i>) -> impl io::Read + use<'i> {
        JsonOfLines { lines: FlexLines::new(input), settled: &self.0, text: Vec::new(), at: 0 }
    }
}

struct JsonOfLines<'i> {
    lines: FlexLines<Box<dyn BufRead + 'i>>,
    settled: &'i Settled,
    text: Vec<u8>,
    at: usize,
}

impl io::Read for JsonOfLines<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        while count < into.len() {
            if self.at == self.text.len() {
                let Some((at, record)) = self.lines.next()? else { break };
                (self.at, self.text) = (0, std::mem::take(&mut self.text));
                self.text.clear();
                if let Some(mut record) = record {
                    self.settled.apply(at, &mut record);
                    serde_json::to_writer(&mut self.text, &record)?;
                }
                self.text.push(b'\n');
            }
            let copied = (self.text.len() - self.at).min(into.len() - count);
            into[count..count + copied].copy_from_slice(&self.text[self.at..self.at + copied]);
            (self.at, count) = (self.at + copied, count + copied);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_plain_table_is_read_row_by_row_and_one_whose_rows_say_something_of_each_other_is_not() {
        let head = "ClientAccountID,AssetClass,Symbol,Quantity,TradePrice,Proceeds,Buy/Sell,LevelOfDetail,Multiplier,Notes/Codes";
        let row = |last: &str| format!("U1,STK,A,10,5,-50,{last}");
        let plain = format!("{head}\n{}\n{}\n\n", row("BUY,EXECUTION,1,O"), row("SELL,EXECUTION,,C"));
        let stands = |text: &str| rows_stand_alone(&mut text.as_bytes()).unwrap();
        assert!(stands(&plain) && stands(&plain.replace("EXECUTION", "ORDER")));
        for (what, more) in [
            ("an order", row("BUY,ORDER,1,O")),
            ("a cancellation", row("SELL (Ca.),EXECUTION,1,O")),
            ("its code", row("SELL,EXECUTION,1,C;Ca")),
            ("a size that another may need", row("BUY,EXECUTION,,O").replace("-50", "-5000")),
            ("the headings once more", head.to_owned()),
            ("the end of an account", "EOA,U1,,,,,,,,".to_owned()),
            ("another table", "ClientAccountID,Amount".to_owned()),
        ] {
            assert!(!stands(&format!("{plain}{more}\n")), "{what}");
        }
        assert!(!stands("") && !stands("BOF,U1\n") && !stands("<FlexQueryResponse>\n"));
    }

    /// The rows of a query that is held whole.
    fn flex_csv(text: &str) -> String {
        let mut table = FlexTable::default();
        let mut rows: Vec<Option<JsonObject>> = text.lines().map(|line| table.row(bare(line))).collect();
        settle(&mut rows, HashMap::new());
        in_lines(rows.into_iter())
    }

    /// The rows of a query that is read line by line.
    fn in_passing(text: &str) -> String {
        let open = || -> io::Result<Box<dyn BufRead>> { Ok(Box::new(io::Cursor::new(text.to_owned()))) };
        let settled = settled_rows(open).unwrap().unwrap();
        let mut json = String::new();
        // In pieces that end anywhere.
        let mut rows = io::BufReader::with_capacity(7, settled.read(open().unwrap()));
        rows.read_to_string(&mut json).unwrap();
        json
    }

    #[test]
    fn a_query_that_is_not_held_is_read_as_one_that_is() {
        let head = "ClientAccountID,AssetClass,Symbol,DateTime,Quantity,TradePrice,Proceeds,Buy/Sell,TradeID,OrigTradeID,LevelOfDetail,Multiplier";
        let row = |first: &str, rest: &str| format!("U1,{first},20260302;093500,{rest}");
        let rows = [
            row("STK,A", "10,5,-50,BUY,,,ORDER,1"),
            row("STK,A", "10,5,-50,BUY,1,,EXECUTION,1"),
            row("STK,A", "10,5,-50,BUY,2,,EXECUTION,1"),
            row("STK,A", "-10,5,50,BUY (Ca.),3,1,EXECUTION,1"),
            // It names one that is not there: the one of its size and price is another.
            row("STK,A", "-10,5,50,BUY (Ca.),4,99,EXECUTION,1"),
            row("FUT,B", "1,5,-250,BUY,5,,EXECUTION,"),
            row("FUT,B", "1,5,,BUY,6,,EXECUTION,"),
            "EOS,U1".to_owned(),
            "a line that does not fit".to_owned(),
            head.to_owned(),
            row("STK,A", "10,5,-50,BUY,7,,EXECUTION,1"),
        ];
        let text = format!("\u{feff}BOF,U1\r\n{head}\r\n{}\r\n", rows.join("\r\n"));
        let held = flex_csv(&text);
        assert_eq!(in_passing(&text), held);
        let of: Vec<Option<JsonObject>> = held.lines().map(|line| serde_json::from_str(line).ok()).collect();
        let passed_over =
            of.iter().flatten().filter_map(|row| row.get(super::super::ibkr::PASSED_OVER)?.as_str());
        assert_eq!(passed_over.collect::<Vec<_>>(), ["order", "cancelled execution", "cancellation"]);
        let sizes = of.iter().flatten().filter(|row| row.get("symbol") == Some(&"B".into()));
        assert!(sizes.into_iter().all(|row| row["multiplier"] == "50"), "{held}");
        assert!(in_passing(&text.replace("5,-250", "\"5,5\",\"-275,00\"")).contains("\"multiplier\":\"50\""));
    }
}
