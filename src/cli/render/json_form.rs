//! JSON and JSON Lines.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use crate::domain::Timestamp;
use crate::report::{Grid, View};

/// One object: schema, moment, payload.
pub(super) fn write_object(view: &View, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let mut whole = Map::new();
    whole.insert("schema".into(), format!("dtlearn.{}/1", view.name).into());
    whole.insert("generated_at".into(), now.to_string().into());
    for (key, value) in &view.payload {
        whole.insert(key.clone(), value.clone());
    }
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

/// One object a row.
pub(super) fn write_lines(grid: &Grid, out: &mut dyn Write) -> io::Result<()> {
    for row in &grid.rows {
        let cells = grid.columns.iter().zip(row).map(|(column, cell)| (column.key.clone(), cell.json()));
        serde_json::to_writer(&mut *out, &Json::Object(cells.collect()))?;
        writeln!(out)?;
    }
    Ok(())
}
