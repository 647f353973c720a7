//! The report of MetaTrader 4's strategy tester: one table of everything that was done to the orders of one symbol, which
//! stands at the top of the page. The words of the page are those of the terminal's language, those of its rows are not.

use std::collections::BTreeMap;

use serde_json::Value;

use super::metatrader_html::{cells, parts, without_blanks};
use super::profile::{Profile, number, text};
use super::{Statement, StatementRows};
use crate::wire::input::{JsonObject, Kind};

/// A page that the tester saved.
pub(super) const STATEMENTS: &[Statement] =
    &[Statement { begins: is_report, rows: StatementRows::Whole(trades) }];

/// Whether a page is such a report: its title begins so in every language.
pub(super) fn is_report(head: &str) -> bool {
    let head = head.to_lowercase();
    head.contains("<html") && head.contains("<title>strategy tester:")
}

pub(super) const METATRADER_TESTER: Profile = Profile {
    name: "metatrader-4-tester",
    about: "MetaTrader 4: the report of the strategy tester as HTML; say the zone of its prices with --tz",
    kind: Kind::Exit,
    signatures: &[&[
        "order",
        "symbol",
        "type",
        "size",
        "opentime",
        "closetime",
        "closedby",
        "profit",
        "isopen",
    ]],
    names: &[
        ("order", ""),
        ("type", "side"),
        ("size", "qty"),
        ("opentime", "entry_time"),
        ("openprice", "entry_price"),
        ("sl", "stop_price"),
        ("tp", "target_price"),
        ("closetime", "exit_time"),
        ("closeprice", "exit_price"),
        ("closedby", "exit_reason"),
        ("profit", "pnl"),
        ("isopen", "is_open"),
    ],
    finish,
};

fn finish(record: &mut JsonObject) {
    for level in ["stop_price", "target_price"] {
        // 0 stands for none.
        if number(record, level) == Some(0.0) {
            record.shift_remove(level);
        }
    }
    if text(record, "is_open") == "false" {
        record.shift_remove("is_open");
    }
}

/// What is done to an order, in the order of the columns behind its number.
#[derive(Clone, Debug)]
struct Operation {
    time: String,
    word: String,
    order: String,
    size: String,
    price: String,
    stop: String,
    target: String,
    profit: String,
}

impl Operation {
    /// A row of the table; none where it is another row of the page.
    fn of(row: &str) -> Option<Self> {
        let cells = cells(row);
        let [number, time, word, order, size, price, stop, target, profit, _balance] = &cells[..] else {
            return None;
        };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self {
            time: time.clone(),
            word: word.to_lowercase(),
            order: order.clone(),
            size: without_blanks(size),
            price: without_blanks(price),
            stop: without_blanks(stop),
            target: without_blanks(target),
            profit: without_blanks(profit),
        })
    }

    fn is_entry(&self) -> bool {
        matches!(self.word.as_str(), "buy" | "sell")
    }

    fn lots(&self) -> f64 {
        self.size.parse().unwrap_or(0.0)
    }
}

/// Less than this part of a lot is the rounding of floats; a lot is told with two digits.
const NO_LOTS: f64 = 1e-6;

/// The orders that are open at a row of the table.
#[derive(Default)]
struct Orders {
    /// The row that opened each, by the number of the row.
    open: BTreeMap<usize, Operation>,
    /// What a part was closed of, and when: the rest goes on under another order's number.
    rests: Vec<(usize, String)>,
}

impl Orders {
    fn find(&self, order: &str) -> Option<usize> {
        self.open.iter().find(|(_, opened)| opened.order == order).map(|(row, _)| *row)
    }

    /// Opens an order. What a part was closed of at that moment goes on in it, where the page says so with a row.
    fn enter(&mut self, row: usize, mut opened: Operation) {
        let goes_on = self.rests.iter().position(|(rest, closed_at)| {
            self.open.get(rest).is_some_and(|before| {
                *closed_at == opened.time
                    && (&before.word, &before.price) == (&opened.word, &opened.price)
                    && (before.lots() - opened.lots()).abs() < NO_LOTS
            })
        });
        if let Some(at) = goes_on {
            let (rest, _) = self.rests.remove(at);
            if let Some(before) = self.open.remove(&rest) {
                opened.time = before.time;
            }
        }
        self.open.insert(row, opened);
    }

    /// Closes an order, or a part of it: the row that opened it. An order that no row opened is the rest of one of which a
    /// part was closed.
    fn leave(&mut self, closing: &Operation) -> Option<Operation> {
        let row = self.find(&closing.order).or_else(|| {
            let is_it = |(rest, _): &&(usize, String)| {
                self.open.get(rest).is_some_and(|before| (before.lots() - closing.lots()).abs() < NO_LOTS)
            };
            self.rests.iter().find(is_it).or(self.rests.first()).map(|(rest, _)| *rest)
        })?;
        let opened = self.open.remove(&row)?;
        self.rests.retain(|(rest, _)| *rest != row);
        let left = opened.lots() - closing.lots();
        if left > NO_LOTS {
            let rest = Operation { size: format!("{left:.2}"), ..opened.clone() };
            self.open.insert(row, rest);
            self.rests.push((row, closing.time.clone()));
        }
        Some(opened)
    }
}

/// The trades of a report, as records of names of their own.
fn trades(page: &str) -> String {
    let mut symbol = String::new();
    let mut orders = Orders::default();
    let mut out = String::new();
    for (at, (_, row)) in parts(page, "tr").into_iter().enumerate() {
        if at == 0 {
            // `EURUSD (Euro vs US Dollar)` behind a word of the terminal's language.
            let name = cells(row).into_iter().filter(|cell| !cell.is_empty()).nth(1).unwrap_or_default();
            symbol = name.split_whitespace().next().unwrap_or_default().to_owned();
        }
        let Some(done) = Operation::of(row) else { continue };
        if done.is_entry() {
            orders.enter(at, done);
        } else if !done.profit.is_empty() {
            // Whatever it is called: s/l, t/p, close, close at stop. Levels that are changed and orders that wait or are
            // taken back have no profit.
            let opened = orders.leave(&done);
            push(&mut out, &symbol, opened.as_ref(), Some(&done));
        }
    }
    orders.open.values().for_each(|opened| push(&mut out, &symbol, Some(opened), None));
    out
}

fn push(out: &mut String, symbol: &str, opened: Option<&Operation>, closed: Option<&Operation>) {
    let cell = |of: Option<&Operation>, cell: fn(&Operation) -> &String| {
        let text = of.map(cell).filter(|text| !text.is_empty());
        text.map_or(Value::Null, |text| Value::String(text.clone()))
    };
    let record = JsonObject::from_iter([
        ("Order".to_owned(), cell(closed.or(opened), |row| &row.order)),
        ("Symbol".to_owned(), symbol.into()),
        ("Type".to_owned(), cell(opened, |row| &row.word)),
        ("Size".to_owned(), cell(closed.or(opened), |row| &row.size)),
        ("Open Time".to_owned(), cell(opened, |row| &row.time)),
        ("Open Price".to_owned(), cell(opened, |row| &row.price)),
        ("S / L".to_owned(), cell(opened, |row| &row.stop)),
        ("T / P".to_owned(), cell(opened, |row| &row.target)),
        ("Close Time".to_owned(), cell(closed, |row| &row.time)),
        ("Close Price".to_owned(), cell(closed, |row| &row.price)),
        ("Closed By".to_owned(), cell(closed, |row| &row.word)),
        ("Profit".to_owned(), cell(closed, |row| &row.profit)),
        ("Is Open".to_owned(), closed.is_none().to_string().into()),
    ]);
    out.push_str(&Value::Object(record).to_string());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is made of rows `word order size price profit`, a minute apart.
    fn read(rows: &[(&str, u32, &str, &str, &str)]) -> Vec<[String; 6]> {
        let row = |(at, (word, order, size, price, profit)): (usize, &(&str, u32, &str, &str, &str))| {
            let end = if profit.is_empty() {
                "<td colspan=2></td>".to_owned()
            } else {
                format!("<td>{profit}</td><td>1</td>")
            };
            let minute = at / 2;
            format!(
                "<tr align=right><td>{at}</td><td>2026.03.02 10:{minute:02}</td><td>{word}</td><td>{order}</td><td>{size}</td><td>{price}</td><td>0</td><td>0</td>{end}</tr>"
            )
        };
        let table: String = rows.iter().enumerate().map(row).collect();
        let page = format!("<tr><td colspan=2>Symbole</td><td colspan=4>EURUSD (Euro)</td></tr>{table}");
        let keys = ["Order", "Type", "Size", "Open Price", "Closed By", "Profit"];
        let of = |line: &str| {
            let record: JsonObject = serde_json::from_str(line).unwrap();
            assert_eq!(record["Symbol"], "EURUSD");
            keys.map(|key| record[key].as_str().unwrap_or("-").to_owned())
        };
        trades(&page).lines().map(of).collect()
    }

    #[test]
    fn an_order_is_a_trade_from_the_row_that_fills_it_to_the_one_that_closes_it() {
        let found = read(&[
            ("buy limit", 1, "0.10", "1.1", ""),
            ("buy", 1, "0.10", "1.1", ""),
            ("modify", 1, "0.10", "1.1", ""),
            ("sell stop", 2, "0.10", "1.0", ""),
            ("sell", 3, "0.20", "1.2", ""),
            ("delete", 2, "0.10", "1.0", ""),
            ("t/p", 3, "0.20", "1.1", "20.00"),
            ("close at stop", 1, "0.10", "1.2", "10.00"),
            ("sell", 4, "0.30", "1.3", ""),
        ]);
        assert_eq!(found[0], ["3", "sell", "0.20", "1.2", "t/p", "20.00"]);
        assert_eq!(found[1], ["1", "buy", "0.10", "1.1", "close at stop", "10.00"]);
        assert_eq!(found[2], ["4", "sell", "0.30", "1.3", "-", "-"], "still open");
    }

    #[test]
    fn the_rest_of_an_order_goes_on_under_another_number() {
        // With a row of its own, and without one.
        for with_row in [true, false] {
            let mut rows = vec![
                ("buy", 1, "0.30", "1.1", ""),
                ("buy", 2, "0.20", "1.5", ""),
                ("close", 1, "0.10", "1.2", "10.00"),
                ("buy", 3, "0.20", "1.1", ""),
                ("s/l", 3, "0.20", "1.0", "-20.00"),
                ("t/p", 2, "0.20", "1.6", "20.00"),
            ];
            if !with_row {
                rows.remove(3);
            }
            let found = read(&rows);
            assert_eq!(found[0], ["1", "buy", "0.10", "1.1", "close", "10.00"]);
            assert_eq!(found[1], ["3", "buy", "0.20", "1.1", "s/l", "-20.00"], "{with_row}");
            assert_eq!(found[2], ["2", "buy", "0.20", "1.5", "t/p", "20.00"], "{with_row}");
            assert_eq!(found.len(), 3, "{with_row}");
        }
    }

    proptest! {
        #[test]
        fn no_page_panics_and_what_is_read_is_a_record(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<tr>", "<td>7", "<td>", "buy", "<td>close", "<td colspan=2>", "0.1", "é€", "<td>5.00<td>1",
                "<tr><td>1<td>2026.03.02<td>sell<td>1<td>0.1<td>1<td>0<td>0<td colspan=2>",
                "<tr><td>2<td>2026.03.02<td>close<td>1<td>0.05<td>1<td>0<td>0<td>5<td>5",
            ]), 0..40),
        ) {
            for line in trades(&parts.concat()).lines() {
                prop_assert!(serde_json::from_str::<JsonObject>(line).is_ok(), "{line}");
            }
        }
    }
}
