//! JSON records: a line each, in an array, or inside of an object that wraps them.

use std::io::BufRead;

use serde_json::Value;

use super::error::FormatError;
use super::objects::{JsonLines, Objects, Unfolded, lines};
use super::rewriter::Rewriter;
use super::rows::{ColumnUse, Piece, Row, RowReader, Splitter};
use super::{ImportFormat, ImportNames, format_of};
use crate::wire::input::{
    Conventions, Field, Fields, Found, JsonObject, Kind, MapError, Names, Rank, WireError, meaning_of,
    parse_object,
};

/// The longest record that is read, in bytes: more than on the engine's way in, since engines put their orders
/// beside a trade.
const MAX_BYTES: usize = 1 << 20;

/// A file of JSON records.
pub(super) struct JsonReader {
    names: Names,
    /// The names as they are once a format has rewritten the record.
    plain: Names,
    is_lines: bool,
    rewriter: Option<Rewriter>,
    kind: Kind,
    /// Keys in the order in which they came, and whether they are left over.
    keys: Vec<(String, bool)>,
}

impl JsonReader {
    /// Looks at the beginning of a file.
    pub(super) fn open(
        head: &[u8],
        names: &ImportNames,
        wanted: Option<&'static dyn ImportFormat>,
    ) -> Result<Self, FormatError> {
        let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        let is_lines = first_line.starts_with(b"{") && parse_object(first_line).is_ok();
        let mut first = Piece::default();
        let mut objects = Objects::new(Box::new(head));
        let record = objects.next(&mut first).ok().and_then(|_| parse_object(first.text.as_bytes()).ok());
        let record = record.unwrap_or_default();
        let keys: Vec<&str> = record.keys().map(String::as_str).collect();
        let format = wanted.or_else(|| format_of(&keys));
        let kind = format.map_or_else(|| kind_of(&keys), ImportFormat::kind);
        let names = names.of(kind)?;
        let plain = if format.is_some() { names.without_maps(&keys) } else { names.clone() };
        let rewriter = format.map(Rewriter::of);
        Ok(Self { names: names.clone(), plain, is_lines, rewriter, kind, keys: Vec::new() })
    }

    /// A record, and what of it the user ignores, which no format sees.
    fn parted(&self, piece: &Piece) -> Result<(JsonObject, JsonObject), WireError> {
        if piece.text.len() > MAX_BYTES {
            return Err(WireError::TooLong(piece.text.len()));
        }
        let object = parse_object(piece.text.as_bytes())?;
        if self.rewriter.is_none() {
            return Ok((object, JsonObject::new()));
        }
        let is_ignored = |key: &str| matches!(self.names.find(key), Found::Ignored);
        let (ignored, object) = object.into_iter().partition(|(key, _)| is_ignored(key));
        Ok((object, ignored))
    }

    /// A record in the words of the vocabulary.
    fn rewritten(&self, object: JsonObject) -> JsonObject {
        match &self.rewriter {
            Some(rewriter) => rewriter.rewrite(object, &self.names),
            None => object,
        }
    }
}

impl RowReader for JsonReader {
    fn format(&self) -> &'static str {
        self.rewriter.as_ref().map_or("json", |rewriter| rewriter.format.name())
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn costs_are_negative(&self) -> Option<bool> {
        self.rewriter.as_ref().and_then(Rewriter::costs_are_negative)
    }

    fn split<'i>(&self, input: Box<dyn BufRead + 'i>) -> Box<dyn Splitter + 'i> {
        let rows: Box<dyn Splitter + 'i> =
            if self.is_lines { Box::new(JsonLines::new(input)) } else { Box::new(Objects::new(input)) };
        match self.rewriter.as_ref().and_then(|rewriter| rewriter.format.holds()) {
            Some(key) => Box::new(Unfolded::new(rows, key)),
            None => rows,
        }
    }

    fn learn(&mut self, piece: &Piece) {
        let Ok((object, ignored)) = self.parted(piece) else { return };
        let conventions = Conventions::default();
        let known = self.keys.len();
        for key in object.keys().chain(ignored.keys()) {
            if !self.keys.iter().any(|(known, _)| known == key) && known < 4_096 {
                self.keys.push((key.clone(), false));
            }
        }
        if let Some(rewriter) = &mut self.rewriter {
            let rewritten = rewriter.rewrite(object.clone(), &self.names);
            rewritten.keys().for_each(|key| self.plain.learn(key));
            return rewriter.learn(object, &self.names);
        }
        object.keys().for_each(|key| self.plain.learn(key));
        if self.keys.iter().all(|(_, is_left)| *is_left) {
            return;
        }
        let left = Fields::of_object(object, &self.plain, &conventions).finish().left_over;
        for (key, is_left) in &mut self.keys {
            *is_left |= left.contains(key);
        }
    }

    fn end_learning(&mut self) {
        self.rewriter.iter_mut().for_each(Rewriter::end_learning);
    }

    fn row<'a>(&'a self, piece: &'a Piece, conventions: &'a Conventions) -> Result<Row<'a>, WireError> {
        let (object, ignored) = self.parted(piece)?;
        let mut fields = Fields::of_object(self.rewritten(object), &self.plain, conventions);
        ignored.into_iter().for_each(|(key, value)| fields.put_aside(&key, value));
        Ok(Row::Record(fields))
    }

    fn columns(&self) -> Vec<ColumnUse> {
        if let Some(rewriter) = &self.rewriter {
            let names = self.keys.iter().map(|(key, _)| (&**key, self.names.ignores(key)));
            return rewriter.columns(names, (&self.names, &self.plain));
        }
        let of = |(key, is_left): &(String, bool)| {
            let (field, note) = match self.plain.find(key) {
                Found::Field(meaning) => (Some(meaning.field.as_str()), ""),
                Found::Derived => (None, "worked out anew"),
                Found::Ignored => (None, "ignored"),
                Found::Unknown(_) if *is_left => (None, "looks like money"),
                Found::Unknown(_) => (None, "kept under extra"),
            };
            ColumnUse { name: key.clone(), field, note }
        };
        self.keys.iter().map(of).collect()
    }

    fn is_newest_first(&self) -> bool {
        self.rewriter.as_ref().is_some_and(|rewriter| rewriter.format.is_newest_first())
    }

    fn left_over(&self) -> Vec<String> {
        if self.rewriter.is_some() {
            return Vec::new();
        }
        self.keys.iter().filter(|(_, is_left)| *is_left).map(|(key, _)| key.clone()).collect()
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    fn has_what_was_mapped(&self) -> Result<(), MapError> {
        let has = || self.keys.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ");
        for (name, _) in self.names.mapped() {
            // A format of its own has seen them under their fields already.
            if self.rewriter.is_none()
                && !self.keys.iter().any(|(key, _)| key == name)
                && !self.keys.is_empty()
            {
                return Err(MapError::NoSuchColumn { column: name.to_owned(), has: has() });
            }
        }
        Ok(())
    }
}

/// What records with these keys are: executions where they have one price, a side and a quantity, and nothing that a
/// closed trade has.
fn kind_of(keys: &[&str]) -> Kind {
    let is_certain = |field: Field| {
        keys.iter().any(|key| {
            meaning_of(key, Kind::Exit)
                .is_some_and(|meaning| meaning.field == field && meaning.rank > Rank::Loose)
        })
    };
    let is_trade = [Field::EntryPrice, Field::EntryTime, Field::Pnl].into_iter().any(is_certain)
        || keys.iter().any(|key| matches!(*key, "exit_price" | "trade_id"));
    let has =
        |field: Field| keys.iter().any(|key| meaning_of(key, Kind::Fill).is_some_and(|m| m.field == field));
    let is_fill = [Field::Price, Field::Side, Field::Qty, Field::Timestamp].into_iter().all(has);
    if is_fill && !is_trade { Kind::Fill } else { Kind::Exit }
}

/// The records of an engine's input: one a line, in an array, or spread over lines. Nothing between them is lost.
pub fn records_of(input: &[u8]) -> Vec<Piece> {
    let text = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).trim_ascii_start();
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_spread = text.starts_with(b"[") || (text.starts_with(b"{") && parse_object(first_line).is_err());
    let mut splitter: Box<dyn Splitter + '_> = if is_spread && is_whole(text) {
        Box::new(Objects::new(Box::new(input)))
    } else {
        Box::new(JsonLines::new(Box::new(input)))
    };
    let (mut pieces, mut piece) = (Vec::new(), Piece::default());
    while splitter.next(&mut piece).unwrap_or(false) {
        pieces.push(piece.clone());
    }
    pieces
}

/// Whether the first object of a text ends somewhere: one that does not would take all lines behind it along.
fn is_whole(text: &[u8]) -> bool {
    let mut first = Piece::default();
    Objects::new(Box::new(text)).next(&mut first).unwrap_or(false)
        && parse_object(first.text.as_bytes()).is_ok()
}

/// The records inside of a JSON object that wraps them, one a line; `None` when the text is records already. Of a
/// freqtrade result with several strategies, those of `only`.
///
/// # Errors
/// [`FormatError`] when it holds no records, or several lists of them.
pub fn unwrap_json(text: &[u8], kind: Kind, only: Option<&str>) -> Result<Option<Vec<u8>>, FormatError> {
    let mut objects = Objects::new(Box::new(text));
    let mut first = Piece::default();
    let found = objects.next(&mut first).unwrap_or(false);
    if !found || first.text.len() >= super::rows::MAX_ROW_BYTES {
        return wrapped(text, kind, only);
    }
    let Ok(object) = parse_object(first.text.as_bytes()) else { return Ok(None) };
    if is_record(&object, kind) || objects.next(&mut Piece::default()).unwrap_or(true) {
        return Ok(None);
    }
    wrapped(text, kind, only)
}

fn wrapped(text: &[u8], kind: Kind, only: Option<&str>) -> Result<Option<Vec<u8>>, FormatError> {
    let whole = parse_object(text)?;
    if let Some(strategies @ Value::Object(_)) = whole.get("strategy") {
        return super::freqtrade::strategies(strategies, only).map(Some);
    }
    let mut lists = Vec::new();
    find_lists(&Value::Object(whole.clone()), kind, "", 0, &mut lists);
    match lists.len() {
        0 => Err(not_records(&whole)),
        // Bars of several symbols are one list.
        1 => Ok(Some(lines(lists.iter().flat_map(|list| &list.records)))),
        _ if kind == Kind::Bar => Ok(Some(lines(lists.iter().flat_map(|list| &list.records)))),
        _ => {
            let paths = lists.iter().map(|list| list.path.as_str()).collect::<Vec<_>>().join(", ");
            Err(FormatError::other(
                format!("a JSON object with several lists of trades: {paths}"),
                "write the one that counts into a file of its own",
            ))
        }
    }
}

struct List {
    path: String,
    records: Vec<JsonObject>,
}

/// Lists of records in a value, with what stands beside them and says something of all.
fn find_lists(value: &Value, kind: Kind, path: &str, depth: usize, lists: &mut Vec<List>) {
    let Value::Object(map) = value else { return };
    let beside = ["stake_currency", "strategy_name", "currency"].map(|key| (key, map.get(key).cloned()));
    for (key, inside) in map {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match inside {
            Value::Array(items) => {
                let mut records: Vec<JsonObject> =
                    items.iter().filter_map(|item| item.as_object().cloned()).collect();
                let is_one = |record: &JsonObject| {
                    is_record(record, kind) || (kind == Kind::Bar && is_bar_without_symbol(record))
                };
                if !records.first().is_some_and(is_one) {
                    continue;
                }
                for record in &mut records {
                    for (name, said) in &beside {
                        if let Some(said) = said {
                            record.entry(*name).or_insert(said.clone());
                        }
                    }
                    if kind == Kind::Bar && !is_record(record, kind) {
                        record.insert("symbol".into(), key.clone().into());
                    }
                }
                lists.push(List { path, records });
            }
            Value::Object(_) if depth < 5 => find_lists(inside, kind, &path, depth + 1, lists),
            _ => {}
        }
    }
}

fn has_fields(record: &JsonObject, kind: Kind, needed: &[Field]) -> bool {
    let fields: Vec<Field> = record
        .iter()
        .filter(|(_, value)| !value.is_null())
        .filter_map(|(key, _)| Some(meaning_of(key, kind)?.field))
        .collect();
    needed.iter().all(|field| fields.contains(field))
}

fn is_record(record: &JsonObject, kind: Kind) -> bool {
    let scalar = record.iter().filter(|(_, value)| !value.is_array()).count() > 1;
    let symbol_is_table = record.get("symbol").is_some_and(|symbol| {
        symbol
            .as_object()
            .is_some_and(|symbol| symbol.keys().all(|key| key.bytes().all(|b| b.is_ascii_digit())))
    });
    let is_whole = match kind {
        Kind::Bar => has_fields(record, kind, &[Field::Symbol, Field::Close]),
        _ => {
            [Field::EntryPrice, Field::ExitPrice, Field::Side, Field::ExitTime, Field::Type]
                .iter()
                .any(|field| has_fields(record, kind, &[Field::Symbol, *field]))
                || has_fields(record, kind, &[Field::EntryPrice, Field::ExitTime])
        }
    };
    scalar && is_whole && !symbol_is_table
}

fn is_bar_without_symbol(record: &JsonObject) -> bool {
    has_fields(record, Kind::Bar, &[Field::Timestamp, Field::Close])
}

fn not_records(whole: &JsonObject) -> FormatError {
    let by_columns = !whole.is_empty() && whole.values().all(|value| value.is_object() || value.is_array());
    let keys = whole.keys().take(8).cloned().collect::<Vec<_>>().join(", ");
    let is_split = whole.contains_key("columns") && whole.contains_key("data");
    if is_split || (by_columns && whole.keys().any(|key| meaning_of(key, Kind::Exit).is_some())) {
        return FormatError::other(
            "a pandas table by columns",
            "write it by rows: to_json(FILE, orient=\"records\", lines=True)",
        );
    }
    FormatError::other(
        format!("a JSON object without trades in it; its keys: {keys}"),
        "hand over the list of trades itself",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrapped(text: &str) -> Result<Option<usize>, String> {
        let lines = unwrap_json(text.as_bytes(), Kind::Exit, None).map_err(|error| error.to_string())?;
        Ok(lines.map(|lines| lines.iter().filter(|byte| **byte == b'\n').count()))
    }

    #[test]
    fn records_are_found_inside_of_what_wraps_them() {
        let trade = r#"{"symbol":"A","entry_price":1,"exit_price":2,"exit_time":"x"}"#;
        assert_eq!(unwrapped(trade), Ok(None));
        assert_eq!(unwrapped(&format!("[{trade}]")), Ok(None));
        assert_eq!(unwrapped(&format!("{{\"a\":{{\"closedTrades\":[{trade},{trade}]}}}}")), Ok(Some(2)));
        assert_eq!(
            unwrapped(&format!("{{\"a\":[{trade}],\"b\":[{trade}]}}")),
            Err("a JSON object with several lists of trades: a, b".into())
        );
        assert_eq!(
            unwrapped(r#"{"symbol":{"0":"A"},"side":{"0":"BUY"}}"#),
            Err("a pandas table by columns".into())
        );
        assert_eq!(
            unwrapped(r#"{"columns":["symbol"],"index":[0],"data":[["A"]]}"#),
            Err("a pandas table by columns".into())
        );
        assert_eq!(unwrapped(r#"{"x":1}"#), Err("a JSON object without trades in it; its keys: x".into()));
    }

    #[test]
    fn bars_by_symbol_are_bars() {
        let text = br#"{"bars":{"AAPL":[{"t":"2026-03-02T15:00:00Z","o":1,"h":2,"l":1,"c":2}]},"next":null}"#;
        let lines = unwrap_json(text, Kind::Bar, None).unwrap().unwrap();
        assert!(String::from_utf8(lines).unwrap().contains("\"symbol\":\"AAPL\""));
    }
}
