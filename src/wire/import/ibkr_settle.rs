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

/// Rows as they are settled: each with its number in the file.
pub(super) type Numbered<'r> = (usize, &'r JsonObject);

/// What one look at all rows finds: what commas are in them, whether there are executions, and which rows take one back.
#[derive(Default)]
pub(super) struct FirstLook {
    has_decimal_commas: bool,
    has_thousands: bool,
    has_executions: bool,
    cancels: Vec<(usize, JsonObject)>,
}

impl FirstLook {
    pub(super) fn see(&mut self, (at, record): Numbered<'_>) {
        self.has_decimal_commas |= has_commas(record, Commas::Decimal);
        self.has_thousands |= has_commas(record, Commas::Thousands);
        self.has_executions |= is_of_level(record, EXECUTION);
        if takes_back(record) && !record.contains_key(PASSED_OVER) {
            self.cancels.push((at, facts_of(record)));
        }
    }

    /// The second look: `sizes` are those that the file says by symbol.
    pub(super) fn ended(self, sizes: HashMap<String, f64>) -> SecondLook {
        // The program parts thousands with commas; a spreadsheet that saved its file may have decimal ones.
        let is_decimal = self.has_decimal_commas && !self.has_thousands;
        let commas = if is_decimal { Commas::Decimal } else { Commas::Thousands };
        let settled = Settled { has_executions: self.has_executions, gone: HashMap::new(), sizes };
        let mut look = SecondLook { commas, settled, cancels: Vec::new(), alike: HashMap::new() };
        for (at, cancel) in self.cancels {
            if !look.settled.is_order_beside(&cancel)
                && let Some(key) = key_of(&cancel, commas)
            {
                look.alike.entry(key.clone()).or_default();
                look.cancels.push((at, cancel, key));
            }
        }
        look
    }
}

/// What another look finds: the executions that could be taken back, and how many units contracts stand for.
pub(super) struct SecondLook {
    commas: Commas,
    settled: Settled,
    cancels: Vec<(usize, JsonObject, Key)>,
    alike: HashMap<Key, Vec<(usize, JsonObject)>>,
}

impl SecondLook {
    pub(super) fn see(&mut self, (at, record): Numbered<'_>) {
        let symbol = said(record, &["symbol"]);
        if said(record, &["multiplier"]).is_empty()
            && !self.settled.sizes.contains_key(symbol)
            && let Some(size) = size_by_value(record, self.commas)
        {
            self.settled.sizes.insert(symbol.to_owned(), size);
        }
        let counts =
            !takes_back(record) && !record.contains_key(PASSED_OVER) && !self.settled.is_order_beside(record);
        if counts
            && !self.cancels.is_empty()
            && let Some(alike) = key_of(record, self.commas).and_then(|key| self.alike.get_mut(&key))
        {
            alike.push((at, facts_of(record)));
        }
    }

    /// Of each row that takes an execution back, both are passed over. One whose execution is not there stays.
    pub(super) fn ended(mut self) -> Settled {
        for (at, cancel, key) in &self.cancels {
            let Some(alike) = self.alike.get_mut(key) else { continue };
            let fits = alike.iter().enumerate().filter(|(_, (_, one))| may_be(one, cancel, self.commas));
            let best = fits.max_by_key(|(_, (row, one))| (likeness(one, cancel), row < at));
            if let Some(place) = best.map(|(place, _)| place) {
                let (execution, _) = alike.swap_remove(place);
                self.settled.gone.extend([(*at, "cancellation"), (execution, "cancelled execution")]);
            }
        }
        self.settled
    }
}

/// What the rows of a file say of each other.
pub(super) struct Settled {
    has_executions: bool,
    /// Rows that do not count, by their number, with what they are.
    gone: HashMap<usize, &'static str>,
    /// Units of a contract, by symbol.
    sizes: HashMap<String, f64>,
}

impl Settled {
    /// Whether a row is an order of which the executions are there: they say the same once more.
    fn is_order_beside(&self, record: &JsonObject) -> bool {
        self.has_executions && is_of_level(record, ORDER)
    }

    /// Marks a row that does not count, and gives it the size of its contract.
    pub(super) fn apply(&self, at: usize, record: &mut JsonObject) {
        if self.is_order_beside(record) {
            mark(record, ORDER);
        }
        if let Some(why) = self.gone.get(&at) {
            mark(record, why);
        }
        let size = self.sizes.get(said(record, &["symbol"]));
        if let Some(size) = size.filter(|_| said(record, &["multiplier"]).is_empty()) {
            record.insert("multiplier".to_owned(), size.to_string().into());
        }
    }
}

/// Marks the rows that do not count, and gives each its multiplier, where `sizes` by symbol or the rows say it.
pub(super) fn settle(rows: &mut [Option<JsonObject>], sizes: HashMap<String, f64>) {
    let numbered = |rows: &[Option<JsonObject>], see: &mut dyn FnMut(Numbered<'_>)| {
        rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.as_ref()?))).for_each(see);
    };
    let mut first = FirstLook::default();
    numbered(rows, &mut |row| first.see(row));
    let mut second = first.ended(sizes);
    numbered(rows, &mut |row| second.see(row));
    let settled = second.ended();
    for (at, record) in rows.iter_mut().enumerate().filter_map(|(at, row)| Some((at, row.as_mut()?))) {
        settled.apply(at, record);
    }
}

/// What of a row is held against others.
fn facts_of(record: &JsonObject) -> JsonObject {
    let known = record.iter().filter(|(name, _)| is_known(name));
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
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
pub(super) fn mark(record: &mut JsonObject, why: &str) {
    record.insert(PASSED_OVER.to_owned(), why.into());
}

const EXECUTION: &str = "execution";
const ORDER: &str = "order";

fn is_of_level(record: &JsonObject, level: &str) -> bool {
    said(record, &["levelofdetail"]).eq_ignore_ascii_case(level)
}

/// Whether a row takes back an execution: by its side, its codes, or its kind.
fn takes_back(record: &JsonObject) -> bool {
    let mut codes = said(record, &["code", "notescodes"]).split([';', ',']);
    said(record, &["buysell"]).contains("(Ca.)")
        || codes.any(|code| code.trim() == "Ca")
        || said(record, &["transactiontype"]).to_lowercase().contains("cancel")
}

/// Account, symbol, size and price of an execution, by which one that is taken back is known.
type Key = (String, String, u64, u64);

fn key_of(record: &JsonObject, commas: Commas) -> Option<Key> {
    let (qty, price) = (said_number(record, &["quantity"], commas)?, said_number(record, &PRICES, commas)?);
    let [account, symbol] =
        [&["clientaccountid", "accountid"][..], &["symbol"]].map(|names| said(record, names).to_owned());
    Some((account, symbol, qty.abs().to_bits(), price.to_bits()))
}

/// Whether an execution is one that a row could take back: by its side, else by the signs of both, unless the row names another.
fn may_be(execution: &JsonObject, cancel: &JsonObject, commas: Commas) -> bool {
    let (side, id, named) =
        (said(execution, &["buysell"]), said(execution, &["tradeid"]), said(cancel, &["origtradeid"]));
    if !matches!(named, "" | "0") && !id.is_empty() && id != named {
        return false;
    }
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
