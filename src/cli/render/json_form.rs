//! JSON and JSON Lines.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::escape::is_treacherous;
use crate::domain::Timestamp;
use crate::report::{Grid, View};

/// One object: schema, moment, payload.
pub(super) fn write_object(view: &View, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let mut whole = Map::new();
    whole.insert("schema".into(), format!("dtlearn.{}/2", view.name).into());
    whole.insert("generated_at".into(), now.to_string().into());
    // A file that is an answer as well has a version of its own under that key.
    for (key, value) in view.payload.iter().filter(|(key, _)| *key != "schema") {
        whole.insert(key.clone(), value.clone());
    }
    writeln!(out, "{}", harmless_json(serde_json::to_string_pretty(&whole)?))
}

/// One object a row.
pub(super) fn write_lines(grid: &Grid, out: &mut dyn Write) -> io::Result<()> {
    for row in &grid.rows {
        let cells = grid.columns.iter().zip(row).map(|(column, cell)| (column.key.clone(), cell.json()));
        writeln!(out, "{}", harmless_json(serde_json::to_string(&Json::Object(cells.collect()))?))?;
    }
    Ok(())
}

/// The same JSON with every character that could deceive a terminal written as an escape: `\u202e`. Outside of
/// strings JSON has none, so that the text can be treated as a whole.
pub(in crate::cli) fn harmless_json(json: String) -> String {
    escaped(&json, |c| c != '\n' && is_treacherous(c)).unwrap_or(json)
}

/// The same of a line that any program may have written, with blanks of any kind between its tokens; none where
/// nothing needs it.
pub(in crate::cli) fn harmless_line(line: &[u8]) -> Option<String> {
    let json = if line.is_ascii() { None } else { std::str::from_utf8(line).ok() };
    escaped(json?, |c| !c.is_ascii() && is_treacherous(c))
}

fn escaped(json: &str, treacherous: impl Fn(char) -> bool) -> Option<String> {
    if !json.contains(&treacherous) {
        return None;
    }
    let mut out = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        if treacherous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_escaped_and_means_the_same() {
        let value = serde_json::json!({"A\u{202e}": "x\u{1b}\u{e0001}\u{7f}\n東"});
        let text = harmless_json(serde_json::to_string_pretty(&value).unwrap());
        assert!(
            text.contains("A\\u202e") && text.contains("\\udb40\\udc01") && text.contains("\\u007f"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), value);
        // A tab between tokens is no part of a text.
        let line = "{\t\"A\":\"\u{202e}é\"}";
        let shown = harmless_line(line.as_bytes()).unwrap();
        assert_eq!(shown, "{\t\"A\":\"\\u202eé\"}");
        assert!(harmless_line("{\"A\":\"é東\"}".as_bytes()).is_none() && harmless_line(b"{}").is_none());
    }
}
