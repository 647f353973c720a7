//! `performance_metrics.json`: written for other programs, never read back.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value as Json};

use super::Context;
use super::PerformanceJson;
use crate::metrics::{Dimension, Performance, RunningTotals};
use crate::store::{Durability, Position, StoreError, replace_state};

/// What the file says, but for the windows.
#[derive(Serialize)]
struct Content<'a> {
    schema: &'static str,
    updated_at: String,
    position: Place,
    capital_usd: f64,
    currency: &'a str,
    calendar: &'a str,
    sessions_per_year: u32,
    /// Trades that came too late to be counted before the next analysis.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    #[serde(flatten)]
    figures: PerformanceJson<'a>,
}

#[derive(Serialize)]
struct Place {
    bytes: u64,
    rows: u64,
}

fn content<'a>(
    context: &'a Context<'_>,
    performance: &'a Performance,
    left_out: u64,
    position: Position,
) -> Content<'a> {
    Content {
        schema: "dtlearn.performance/1",
        updated_at: context.now.to_string(),
        position: Place { bytes: position.len, rows: position.rows },
        capital_usd: context.settings.capital,
        currency: &context.settings.currency,
        calendar: context.market().calendar().name(),
        sessions_per_year: context.market().calendar().sessions_per_year(),
        left_out: (left_out > 0).then_some(left_out),
        figures: PerformanceJson(performance),
    }
}

/// Keys of the file that say when and of what it was made, not what the figures are.
const CIRCUMSTANCES: [&str; 4] = ["updated_at", "windows", "position", "schema"];

/// Whether a file that was read says what the ledger says.
pub(crate) fn agrees(context: &Context<'_>, ledger: &RunningTotals, found: &Map<String, Json>) -> bool {
    let fresh = serde_json::to_value(content(
        context,
        &ledger.performance(context.market()),
        ledger.left_out(),
        Position::default(),
    ));
    let Ok(Json::Object(fresh)) = fresh else { return false };
    fresh.iter().all(|(key, value)| CIRCUMSTANCES.contains(&key.as_str()) || found.get(key) == Some(value))
}

/// How many trades a file that was read says that it leaves out, since they came too late for it.
pub(crate) fn left_out(found: &Map<String, Json>) -> Option<u64> {
    found.get("left_out")?.as_u64()
}

/// JSON as it stands under a key of the file.
pub(crate) fn windows_text(windows: &Map<String, Json>) -> Option<String> {
    Some(serde_json::to_string_pretty(windows).ok()?.replace('\n', "\n  "))
}

/// Replaces the file by the figures of the ledger, which rest on the log up to `position`. `windows` is
/// what the last analysis said of the windows, from [`windows_text`]. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn write(
    context: &Context<'_>,
    ledger: &RunningTotals,
    position: Position,
    windows: Option<&str>,
) -> Result<(), StoreError> {
    let path = context.layout.performance();
    let performance = ledger.performance(context.market());
    let windows = windows.unwrap_or("null");
    // A group takes some 900 bytes, a day 160: the text does not grow by steps.
    let groups: usize = Dimension::ALL.iter().map(|dimension| performance.groups(*dimension).len()).sum();
    let days = performance.daily().days().count();
    let mut text = Vec::with_capacity(8_192 + 1_000 * groups + 180 * days + windows.len());
    content(context, &performance, ledger.left_out(), position)
        .serialize(&mut Serializer::with_formatter(&mut text, Indented::default()))
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    // The windows go in as they were written: every exit would else read them only to write them again.
    text.truncate(text.len() - "\n}".len());
    text.extend(b",\n  \"windows\": ");
    text.extend(windows.as_bytes());
    text.extend(b"\n}\n");
    replace_state(context.disk, &path, &text, Durability::Cache)
}

/// Writes JSON as serde_json's own pretty form does, a line's beginning in one piece: a file has thousands of lines.
#[derive(Default)]
struct Indented {
    depth: usize,
    /// Whether the innermost object or list has something in it.
    is_filled: bool,
}

/// The end of a line and the deepest beginning of the next.
const LINE: &[u8] = b",\n                                ";

impl Indented {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.is_filled = false;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.is_filled {
            self.line(out, true)?;
        }
        self.is_filled = true;
        out.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W, is_first: bool) -> io::Result<()> {
        let to = (2 + 2 * self.depth).min(LINE.len());
        out.write_all(&LINE[usize::from(is_first)..to])
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.line(out, is_first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.line(out, is_first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.is_filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<f64>().prop_map(Json::from),
            "[a-z\"]{0,3}".prop_map(Json::from)
        ];
        leaf.prop_recursive(5, 40, 4, |inner| {
            let object = proptest::collection::btree_map("[a-z]{0,3}", inner.clone(), 0..4);
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Json::from),
                object.prop_map(|object| Json::Object(object.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn is_the_pretty_form(value in json()) {
            let mut text = Vec::new();
            value.serialize(&mut Serializer::with_formatter(&mut text, Indented::default())).unwrap();
            prop_assert_eq!(String::from_utf8(text).unwrap(), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
