//! The executions of Interactive Brokers' files as records on their lines: of a Flex query as CSV and XML, and of an
//! activity statement.

use std::collections::HashMap;

use serde_json::Value;

use super::cells::split_cells;
use super::csv::DELIMITERS;
use super::ibkr::IBKR;
use super::ibkr_settle::{known, mark, said_number, settle};
use super::{Statement, bare, in_lines, matched};
use crate::wire::input::{JsonObject, folded};

pub(super) const STATEMENTS: &[Statement] = &[
    Statement { begins: |head| head.contains("Statement,Header,Field Name"), unwrap: activity },
    Statement { begins: |head| head.contains("<FlexQueryResponse"), unwrap: flex_xml },
    Statement { begins: |head| head.lines().any(|line| headings_of(bare(line)).is_some()), unwrap: flex_csv },
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
            if let Some(size) = said_number(&record, &["multiplier"]) {
                sizes.extend(symbols.map(|symbol| (symbol.trim().to_owned(), size)));
            }
        } else if cells[1] == "Data" && matches!(&*cells[2], "Order" | "Trade") {
            rows.pop();
            rows.push(Some(record));
            // Executions stand below their order, where they are shown.
            if cells[2] == "Order" {
                order = Some(rows.len() - 1);
            } else if let Some(at) = order.take() {
                mark(&mut rows[at], "order");
            }
        }
    }
    settle(&mut rows, sizes);
    in_lines(rows.into_iter())
}

/// The attributes of each `<Trade …/>`; of a query without executions those of each `<Order …/>`.
fn flex_xml(text: &str) -> String {
    let begin = if text.contains("<Trade ") { "<Trade " } else { "<Order " };
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

/// The rows below each line of headings, which a query of several accounts repeats. Other tables in the file are passed over.
fn flex_csv(text: &str) -> String {
    let mut table: Option<(u8, Vec<String>)> = None;
    let row = |line: &str| {
        let first = line.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty())?;
        // Another table may stand below.
        let begins = |name: &str| name.eq_ignore_ascii_case(first);
        if begins("HEADER") || begins("ClientAccountID") || table.is_none() {
            table = headings_of(line);
            return None;
        }
        let (delimiter, headings) = table.as_ref()?;
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
    };
    let mut rows: Vec<Option<JsonObject>> = text.lines().map(bare).map(row).collect();
    settle(&mut rows, HashMap::new());
    in_lines(rows.into_iter())
}
