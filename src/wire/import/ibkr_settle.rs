//! What the rows of one of Interactive Brokers' files say of each other: which of them say the same once more, which are
//! taken back, and how many units a contract stands for.

use std::collections::HashMap;

use serde_json::Value;

use super::ibkr::PASSED_OVER;
use crate::wire::input::{Commas, JsonObject, commas_of, folded, read_number};

/// Names that are looked up here, in whatever form the file writes them.
const KNOWN: [&str; 19] = [
    "accountid",
    "clientaccountid",
    "symbol",
    "quantity",
    "tradeprice",
    "tprice",
    "price",
    "buysell",
    "code",
    "notescodes",
    "transactiontype",
    "levelofdetail",
    "tradeid",
    "origtradeid",
    "datetime",
    "multiplier",
    "proceeds",
    "notionalvalue",
    "trademoney",
];

const PRICES: [&str; 3] = ["tradeprice", "tprice", "price"];

const VALUES: [&str; 3] = ["proceeds", "notionalvalue", "trademoney"];

/// A name in the form in which it is looked up; any other as it is.
pub(super) fn known(name: &str) -> String {
    let plain = folded(name);
    if is_known(&plain) { plain } else { name.to_owned() }
}

/// Whether a name is looked up here.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

fn said<'r>(record: &'r JsonObject, names: &[&str]) -> &'r str {
    let mut found = names.iter().filter_map(|name| record.get(*name).and_then(Value::as_str));
    found.find(|text| !text.is_empty()).unwrap_or_default()
}

/// A number, in which commas are what they are in the file.
pub(super) fn said_number(record: &JsonObject, names: &[&str], commas: Commas) -> Option<f64> {
    read_number(said(record, names), commas).ok()?.map(|number| number.value)
}

/// Whether a number of a row says by itself that commas are such.
fn has_commas(record: &JsonObject, commas: Commas) -> bool {
    let mut numbers = VALUES.iter().chain(&PRICES).chain(&["quantity"]);
    numbers.any(|name| commas_of(said(record, &[name])) == commas)
}

/// What commas are in a file: the program parts thousands with them, a spreadsheet that saved it may have decimal ones.
fn commas_in(rows: &[Option<JsonObject>]) -> Commas {
    let says = |commas| rows.iter().flatten().any(|record| has_commas(record, commas));
    if says(Commas::Decimal) && !says(Commas::Thousands) { Commas::Decimal } else { Commas::Thousands }
}

/// Marks the rows that do not count, and gives each its multiplier, where `sizes` by symbol or the rows say it.
pub(super) fn settle(rows: &mut [Option<JsonObject>], sizes: HashMap<String, f64>) {
    let commas = commas_in(rows);
    pass_over_orders(rows);
    take_back(rows, commas);
    say_sizes(rows, sizes, commas);
}

/// Rows of a file, one by one, as far as they could say anything of each other.
#[derive(Default)]
pub(super) struct Alone {
    has_executions: bool,
    has_orders: bool,
}

impl Alone {
    /// Whether a row and those before it can be read without the others: settled together, each would stay as it is.
    pub(super) fn and(&mut self, record: &JsonObject) -> bool {
        self.has_executions |= is_of_level(record, EXECUTION);
        self.has_orders |= is_of_level(record, ORDER);
        let says_size = !said(record, &["multiplier"]).is_empty()
            || (!has_commas(record, Commas::Decimal) && size_by_value(record, Commas::Thousands).is_none());
        !(self.has_executions && self.has_orders) && says_size && !takes_back(record)
    }
}

/// Has a row passed over, with what it is.
pub(super) fn mark(row: &mut Option<JsonObject>, why: &str) {
    if let Some(record) = row {
        record.insert(PASSED_OVER.to_owned(), why.into());
    }
}

const EXECUTION: &str = "execution";
const ORDER: &str = "order";

fn is_of_level(record: &JsonObject, level: &str) -> bool {
    said(record, &["levelofdetail"]).eq_ignore_ascii_case(level)
}

/// Where the executions are there, their orders say the same once more.
fn pass_over_orders(rows: &mut [Option<JsonObject>]) {
    let is_of =
        |row: &Option<JsonObject>, level| row.as_ref().is_some_and(|record| is_of_level(record, level));
    if rows.iter().any(|row| is_of(row, EXECUTION)) {
        rows.iter_mut().filter(|row| is_of(row, ORDER)).for_each(|row| mark(row, ORDER));
    }
}

/// Whether a row takes back an execution: by its side, its codes, or its kind.
fn takes_back(record: &JsonObject) -> bool {
    let mut codes = said(record, &["code", "notescodes"]).split([';', ',']);
    said(record, &["buysell"]).contains("(Ca.)")
        || codes.any(|code| code.trim() == "Ca")
        || said(record, &["transactiontype"]).to_lowercase().contains("cancel")
}

/// Account, symbol, size and price of an execution, by which one that is taken back is known.
type Key<'r> = (&'r str, &'r str, u64, u64);

fn key_of(record: &JsonObject, commas: Commas) -> Option<Key<'_>> {
    let (qty, price) = (said_number(record, &["quantity"], commas)?, said_number(record, &PRICES, commas)?);
    let account = said(record, &["clientaccountid", "accountid"]);
    Some((account, said(record, &["symbol"]), qty.abs().to_bits(), price.to_bits()))
}

/// Of each row that takes an execution back, both are passed over. One whose execution is not there stays.
fn take_back(rows: &mut [Option<JsonObject>], commas: Commas) {
    let is_marked = |record: &JsonObject| record.contains_key(PASSED_OVER);
    let counted = || rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.as_ref()?)));
    let cancels: Vec<usize> =
        counted().filter(|(_, record)| takes_back(record) && !is_marked(record)).map(|(at, _)| at).collect();
    if cancels.is_empty() {
        return;
    }
    let mut executions: HashMap<Key<'_>, Vec<(usize, &JsonObject)>> = HashMap::new();
    for (at, record) in counted().filter(|(_, record)| !takes_back(record) && !is_marked(record)) {
        if let Some(key) = key_of(record, commas) {
            executions.entry(key).or_default().push((at, record));
        }
    }
    let mut gone = Vec::new();
    for at in cancels {
        let Some(cancel) = rows[at].as_ref() else { continue };
        let Some(alike) = key_of(cancel, commas).and_then(|key| executions.get_mut(&key)) else { continue };
        let fits = alike.iter().enumerate().filter(|(_, (_, one))| is_other_side(one, cancel, commas));
        let best =
            fits.max_by_key(|(_, (row, one))| (likeness(one, cancel), *row < at)).map(|(place, _)| place);
        if let Some(place) = best {
            let (execution, _) = alike.swap_remove(place);
            gone.extend([(at, "cancellation"), (execution, "cancelled execution")]);
        }
    }
    gone.into_iter().for_each(|(at, why)| mark(&mut rows[at], why));
}

/// Whether an execution is the one that a row could take back: by its side, else by the signs of both.
fn is_other_side(execution: &JsonObject, cancel: &JsonObject, commas: Commas) -> bool {
    let side = said(execution, &["buysell"]);
    match said(cancel, &["buysell"]).split_once(" (") {
        Some((of_cancel, _)) if !side.is_empty() => side.eq_ignore_ascii_case(of_cancel),
        _ => {
            let qty = |record| said_number(record, &["quantity"], commas);
            qty(execution) == qty(cancel).map(|qty| -qty)
        }
    }
}

/// How much says that it is this execution which is taken back.
fn likeness(execution: &JsonObject, cancel: &JsonObject) -> u8 {
    let id = said(execution, &["tradeid"]);
    let names_it =
        !id.is_empty() && [said(cancel, &["origtradeid"]), said(cancel, &["tradeid"])].contains(&id);
    2 * u8::from(names_it) + u8::from(said(execution, &["datetime"]) == said(cancel, &["datetime"]))
}

/// The units that a contract stands for, as its value says, where they are more than one and whole.
fn size_by_value(record: &JsonObject, commas: Commas) -> Option<f64> {
    let number = |names: &[&str]| said_number(record, names, commas);
    let value = number(&VALUES)?;
    let unit = (number(&["quantity"])? * number(&PRICES)?).abs();
    let (ratio, whole) = (value.abs() / unit, (value.abs() / unit).round());
    (whole > 1.0 && whole < 1e7 && (ratio - whole).abs() <= 1e-3 * whole).then_some(whole)
}

fn say_sizes(rows: &mut [Option<JsonObject>], mut sizes: HashMap<String, f64>, commas: Commas) {
    for record in rows.iter().flatten() {
        let symbol = said(record, &["symbol"]);
        if said(record, &["multiplier"]).is_empty()
            && !sizes.contains_key(symbol)
            && let Some(size) = size_by_value(record, commas)
        {
            sizes.insert(symbol.to_owned(), size);
        }
    }
    for record in rows.iter_mut().flatten() {
        let size = sizes.get(said(record, &["symbol"]));
        if let Some(size) = size.filter(|_| said(record, &["multiplier"]).is_empty()) {
            record.insert("multiplier".to_owned(), size.to_string().into());
        }
    }
}
