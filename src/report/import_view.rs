//! `import`: what became of the files and of their trades; and which forms are read.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::recorded_view::{Recorded, recorded_sentence, told_view};
use crate::wire::{ColumnUse, FORMATS, Kind, VOCABULARY};

/// What was found in a file, and what became of its names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileReport {
    /// The file; of an archive, with the name inside.
    pub path: PathBuf,
    /// Whose form it has.
    pub format: &'static str,
    /// Whether its rows are executions.
    pub is_of_fills: bool,
    /// Its rows.
    pub rows: u64,
    /// What became of each name.
    pub columns: Vec<ColumnUse>,
    /// How it is written, a sentence each.
    pub notes: Vec<String>,
    /// Rows without anything in them, and sums below the rows, passed over.
    pub passed_over: u64,
}

/// What became of the files.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// What became of their trades.
    pub recorded: Recorded,
    /// Records that took the place of earlier readings; of a dry run, that would.
    pub replaced: u64,
    /// The ids of the first of them.
    pub replaced_ids: Vec<String>,
    /// What was found in each file.
    pub files: Vec<FileReport>,
    /// The name under which the import can be taken back; none where nothing was stored.
    pub batch: Option<String>,
    /// What explains the disputed results, a sentence each.
    pub causes: Vec<String>,
}

/// Builds the view of an import, or of what one would have done.
pub fn import_view(imported: &Imported, is_dry_run: bool) -> View {
    let is_all_fills = imported.files.iter().all(|file| file.is_of_fills) && !imported.files.is_empty();
    let noun = if is_all_fills { "fill" } else { "trade" };
    let mut said = recorded_sentence(noun, &imported.recorded);
    if imported.replaced > 0 {
        said.push_str(&format!(", {} replaced", imported.replaced));
    }
    if is_dry_run {
        said = format!("nothing was written; an import would have {said}");
    }
    let mut view = told_view("import", said, &imported.recorded);
    let columns = |report: &FileReport| -> Vec<Json> {
        let of =
            |column: &ColumnUse| json!({"name": column.name, "field": column.field, "note": column.note});
        report.columns.iter().map(of).collect()
    };
    let files: Vec<Json> = imported
        .files
        .iter()
        .map(|report| {
            json!({
                "path": report.path.display().to_string(),
                "format": report.format,
                "rows": report.rows,
                "passed_over": report.passed_over,
                "notes": report.notes,
                "columns": columns(report),
            })
        })
        .collect();
    for (key, value) in [
        ("replaced", imported.replaced.into()),
        ("replaced_ids", imported.replaced_ids.clone().into()),
        ("batch", imported.batch.clone().into()),
        ("dry_run", is_dry_run.into()),
        ("causes", imported.causes.clone().into()),
        ("files", files.into()),
    ] {
        view.payload.insert(key.into(), value);
    }
    view
}

/// The formats and the vocabulary.
pub fn formats_view() -> View {
    let mut view = View {
        name: "import",
        lead: vec!["Files are read by the names of their columns or keys.".into()],
        ..View::default()
    };
    let plain = [
        ("csv", "values parted by commas, semicolons, tabs or bars, with headings"),
        ("json", "JSON Lines, arrays, and objects that wrap a list of trades"),
    ];
    let formats = FORMATS.iter().map(|format| (format.name(), format.about())).chain(plain);
    let formats: Vec<Vec<Cell>> =
        formats.map(|(name, about)| vec![Cell::Text(name.into()), Cell::Text(about.into())]).collect();
    view.grids.push(Grid {
        title: Some("Formats".into()),
        columns: vec![Column::text("format", "Format", 0), Column::text("about", "What is read", 0)],
        rows: formats,
        empty: String::new(),
    });
    let words = VOCABULARY.iter().filter(|word| word.of.contains(&Kind::Exit));
    let rows: Vec<Vec<Cell>> = words
        .map(|word| {
            let names = word.names.iter().chain(word.loose).copied().collect::<Vec<_>>().join(", ");
            vec![Cell::Text(word.field.as_str().into()), Cell::Text(names), Cell::Text(word.meaning.into())]
        })
        .collect();
    view.payload.insert("fields".into(), rows.len().into());
    let grid = Grid {
        title: Some("Fields".into()),
        columns: vec![
            Column::text("field", "Field", 0),
            Column::text("names", "Other names", 1),
            Column::text("meaning", "Meaning", 2),
        ],
        rows,
        empty: String::new(),
    };
    view.records = grid.clone();
    view.grids.push(grid);
    view
}
