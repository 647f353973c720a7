//! Reports that MetaTrader saves as a page: of version 5 the deals, of version 4 the closed transactions of a statement.
//! A report has several tables in one, each with a line of headings of its own.

use serde_json::Value;

use super::error::FormatError;
use super::metatrader::{DEALS, ORDERS};
use super::{Statement, StatementRows, matched};
use crate::wire::input::{JsonObject, folded};

/// The columns of the deals in their order, which is one in all languages of the terminal; older versions have no fee.
const COLUMNS: [&str; 14] = [
    "Time",
    "Deal",
    "Symbol",
    "Type",
    "Direction",
    "Volume",
    "Price",
    "Order",
    "Commission",
    FEE,
    "Swap",
    "Profit",
    "Balance",
    "Comment",
];

const FEE: &str = "Fee";

/// The first seven of them, folded, in the languages other than English in which they are known. What stands in the rows is
/// English in all of them.
const LANGUAGES: [[&str; 7]; 2] = [
    ["zeit", "trade", "symbol", "typ", "richtung", "volumen", "preis"],
    ["время", "сделка", "символ", "тип", "направление", "объем", "цена"],
];

/// A page that a terminal saved.
pub(super) const STATEMENTS: &[Statement] =
    &[Statement { begins: is_report, rows: StatementRows::Whole(rows) }];

/// Whether a page is such a report, by what the terminal writes into its head.
pub(super) fn is_report(head: &str) -> bool {
    let head = head.to_lowercase();
    head.contains("<html")
        && ["client terminal", "metaquotes", "metatrader"].iter().any(|by| head.contains(by))
}

/// What is said of a report without rows.
pub(super) fn without_rows() -> FormatError {
    FormatError::other(
        format!(
            "a MetaTrader report without deals under the headings that are looked for: {} (version 5), or {} (version 4)",
            DEALS.join(", "),
            ORDERS.join(", ")
        ),
        "version 5 is read in German and Russian too; of another language, set the terminal to English (View > Languages) and save the report again",
    )
}

/// The rows of the tables that are read, under their headings.
fn rows(page: &str) -> String {
    let mut out = String::new();
    let mut headings: Option<Vec<String>> = None;
    for row in parts(page, "tr") {
        let cells = cells(row.1);
        if let Some(found) = headings_in(&cells) {
            headings = Some(found);
            continue;
        }
        let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
        if filled == 1 && !cells[0].is_empty() {
            // The name of the next table. What stands further right belongs to the row above: its comment, or the number of
            // the program that traded.
            headings = None;
        }
        let Some(headings) = headings.as_ref().filter(|_| filled > 2) else { continue };
        let record: JsonObject = headings
            .iter()
            .zip(&cells)
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, cell)| {
                let value = if cell.is_empty() { Value::Null } else { Value::String(without_blanks(cell)) };
                (name.clone(), value)
            })
            .collect();
        // A line of sums has no number of its own.
        if ["Deal", "Ticket"].iter().any(|key| record.get(*key).is_some_and(Value::is_string)) {
            out.push_str(&Value::Object(record).to_string());
            out.push('\n');
        }
    }
    out
}

/// The English headings of a table that is read, where the cells are its headings.
fn headings_in(cells: &[String]) -> Option<Vec<String>> {
    let names: Vec<String> = cells.iter().map(|cell| folded(cell)).collect();
    if [DEALS, ORDERS].iter().any(|wanted| matched(&names, wanted) == wanted.len()) {
        return Some(told_apart(cells.to_vec()));
    }
    // A word of a language may have changed from one version to another.
    let known = |words: &[&str; 7]| names.iter().zip(words).filter(|(name, word)| name == *word).count();
    let is_known = LANGUAGES.iter().any(|words| known(words) + 1 >= words.len());
    let without_fee = COLUMNS.len() - 1;
    match names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1) {
        count if !is_known || !(without_fee..=COLUMNS.len()).contains(&count) => None,
        count => {
            let columns = COLUMNS.iter().filter(|name| count > without_fee || **name != FEE);
            Some(columns.map(|name| (*name).to_owned()).collect())
        }
    }
}

/// Two columns of a statement are both named `Price`: that of the entry, then that of the exit.
pub(super) fn told_apart(headings: Vec<String>) -> Vec<String> {
    if headings.iter().filter(|name| *name == "Price").count() < 2 {
        return headings;
    }
    let mut names = ["Open Price", "Close Price"].into_iter();
    let mut told = |name: String| if name == "Price" { names.next().unwrap_or("").to_owned() } else { name };
    headings.into_iter().map(&mut told).collect()
}

/// Thousands are parted by blanks in a number.
pub(super) fn without_blanks(cell: &str) -> String {
    let is_number = cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b' '));
    let is_date = cell.matches('.').count() > 1;
    if is_number && !is_date { cell.replace(' ', "") } else { cell.to_owned() }
}

/// What stands between the tags of a name: their attributes and what is inside, up to the next of them.
pub(super) fn parts<'p>(page: &'p str, tag: &str) -> Vec<(&'p str, &'p str)> {
    let mut found = Vec::new();
    let mut starts = starts_of(page, tag).peekable();
    while let Some(at) = starts.next() {
        let end = starts.peek().copied().unwrap_or(page.len());
        found.extend(page.get(at..end).and_then(|part| part.split_once('>')));
    }
    found
}

/// Where tags of a name begin, behind the name.
fn starts_of(page: &str, tag: &str) -> impl Iterator<Item = usize> {
    page.match_indices('<').filter_map(move |(at, _)| {
        let name = page.get(at + 1..at + 1 + tag.len())?;
        let behind = page.get(at + 1 + tag.len()..)?.chars().next()?;
        let is_it = name.eq_ignore_ascii_case(tag) && (behind == '>' || behind.is_whitespace());
        is_it.then_some(at + 1 + tag.len())
    })
}

/// The texts of a row's cells; one that goes over several columns is followed by empty ones.
pub(super) fn cells(row: &str) -> Vec<String> {
    let is_end = |at: &usize| row.get(at + 2..at + 4).is_some_and(|name| name.eq_ignore_ascii_case("tr"));
    let end = row.match_indices("</").map(|(at, _)| at).find(is_end);
    let (row, _) = row.split_at(end.unwrap_or(row.len()));
    let mut cells = Vec::new();
    let heads = starts_of(row, "th").next().is_some();
    for (attributes, inside) in parts(row, if heads { "th" } else { "td" }) {
        let attributes = attributes.to_lowercase();
        if attributes.contains("hidden") {
            continue;
        }
        cells.push(text_of(inside));
        let span = attributes.split_once("colspan=").map_or("", |(_, span)| span.trim_start_matches('"'));
        let span: String = span.chars().take_while(char::is_ascii_digit).take(2).collect();
        cells.extend((1..span.parse().unwrap_or(1)).map(|_| String::new()));
    }
    cells
}

/// A text without its tags.
fn text_of(inside: &str) -> String {
    let mut text = String::new();
    let mut rest = inside;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, behind)| behind);
    }
    text.push_str(rest);
    for (name, sign) in
        [("&nbsp;", " "), ("&#160;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
    {
        text = text.replace(name, sign);
    }
    text.replace('\u{a0}', " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_ends_where_it_says_so_and_a_comment_ends_no_table() {
        let page = "<TR><TD>Time</TD><TD>Deal</TD><TD>Symbol</TD><TD>Type</TD><TD>Direction</TD><TD>Volume</TD>\
            <TD>Price</TD></TR><TR><TD></TD><TD>my comment</TD></TR>\
            <TR><TD>2026.03.02</TD><TD>7</TD><TD>EURUSD</TD><TD>buy</TD><TD>in</TD><TD>1</TD><TD>1.5</TD></TR>9";
        let record: JsonObject = serde_json::from_str(&rows(page)).unwrap();
        assert_eq!((&record["Deal"], &record["Price"]), (&"7".into(), &"1.5".into()));
    }

    proptest! {
        #[test]
        fn no_page_panics_and_what_is_read_is_a_record(
            parts in prop::collection::vec(prop::sample::select(vec![
                "<tr>", "<TD colspan=99>", "<td class=\"hidden\">", "</tr", "<th", ">", "&nbsp;", "Deal", "é€", "<", "1 000.50",
                "<td><b>Time</b></td><td>Deal</td><td>Symbol</td><td>Type</td><td>Direction</td><td>Volume</td><td>Price</td>",
            ]), 0..40),
        ) {
            for line in rows(&parts.concat()).lines() {
                prop_assert!(serde_json::from_str::<JsonObject>(line).is_ok(), "{line}");
            }
        }
    }
}
