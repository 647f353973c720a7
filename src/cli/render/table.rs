//! Tables for a terminal: numbers to the right and never broken, columns left out by rank when it is narrow.

use std::borrow::Cow;
use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::number::{decimals, human, tone};
use super::wrap::wrapped;
use crate::report::{CellKind, Column, Grid, View};

/// Text columns are shortened down to this before a column is left out…
const SHORT_TEXT: usize = 24;

/// …and down to this when none is left to leave out.
const SHORTEST_TEXT: usize = 14;

/// Where nobody knows the width, text is shortened to this all the same.
const LONGEST_TEXT: usize = 60;

/// Between columns.
const GAP: usize = 2;

/// Columns that hold sentences: what is cut of them is what one wanted to know.
const SENTENCES: [&str; 2] = ["reason", "why"];

/// Before a sentence below its row.
const INSET: &str = "    ";

/// Writes lead, tables and notes.
pub(super) fn write(view: &View, width: Option<usize>, color: bool, out: &mut dyn Write) -> io::Result<()> {
    for line in &view.lead {
        writeln!(out, "{}", wrapped(&super::safe(line), width))?;
    }
    for line in &view.lines {
        writeln!(out, "{}", super::safe(line))?;
    }
    for grid in &view.grids {
        writeln!(out)?;
        write_grid(grid, width, color, out)?;
    }
    if !view.notes.is_empty() {
        writeln!(out)?;
    }
    for note in &view.notes {
        writeln!(out, "{}", wrapped(&super::safe(note), width))?;
    }
    Ok(())
}

/// A heading may be a name from a record.
fn heading(column: &Column) -> Cow<'_, str> {
    super::safe(&column.heading)
}

fn write_grid(grid: &Grid, width: Option<usize>, color: bool, out: &mut dyn Write) -> io::Result<()> {
    if let Some(title) = &grid.title {
        writeln!(out, "{}", wrapped(&super::safe(title), width))?;
    }
    if grid.rows.is_empty() {
        return writeln!(out, "{}", wrapped(&grid.empty, width));
    }
    let decimals = decimals(grid.rows.iter().flatten());
    let texts: Vec<Vec<String>> =
        grid.rows.iter().map(|row| row.iter().map(|cell| human(cell, decimals)).collect()).collect();
    let natural: Vec<usize> = (0..grid.columns.len())
        .map(|at| {
            let cells = texts.iter().filter_map(|row| row.get(at)).map(|text| text.width());
            cells.chain([heading(&grid.columns[at]).width()]).max().unwrap_or(0)
        })
        .collect();
    let below = sentence_below(grid, &natural, width);
    let Some((kept, limits)) = fit(grid, &natural, below, width) else {
        return write_blocks(grid, &texts, width, out);
    };
    let table = made(grid, (&kept, &limits), &texts, decimals, color);
    // The first line is the heading's.
    for (line, row) in table.lines().zip(std::iter::once(None).chain(texts.iter().map(Some))) {
        writeln!(out, "{}", line.trim_end())?;
        let sentence = row.zip(below).map(|(row, at)| row[at].as_str()).filter(|text| *text != "–");
        if let Some(sentence) = sentence {
            let room = width.map(|width| width.saturating_sub(INSET.len()));
            for line in wrapped(sentence, room).lines() {
                writeln!(out, "{INSET}{line}")?;
            }
        }
    }
    let told: Vec<usize> = kept.iter().copied().chain(below).collect();
    footnotes(grid, &told, width, out)
}

/// The table itself, with the columns that are kept, each as wide as it may be.
fn made(
    grid: &Grid,
    (kept, limits): (&[usize], &[usize]),
    texts: &[Vec<String>],
    decimals: usize,
    color: bool,
) -> Table {
    let shown: Vec<Vec<String>> =
        kept.iter().map(|at| column_text(texts, *at, limits[*at], grid.columns[*at].kind)).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let alignment = |at: usize| match grid.columns[at].kind {
        CellKind::Text | CellKind::Fixed => CellAlignment::Left,
        CellKind::Number => CellAlignment::Right,
    };
    table.set_header(kept.iter().map(|at| {
        let heading = shortened(&heading(&grid.columns[*at]), limits[*at]);
        Cell::new(heading).set_alignment(alignment(*at)).add_attribute(Attribute::Bold)
    }));
    for (place, row) in grid.rows.iter().enumerate() {
        table.add_row(kept.iter().zip(&shown).map(|(at, texts)| {
            let cell = Cell::new(&texts[place]).set_alignment(alignment(*at));
            match tone(&row[*at], decimals) {
                Some(true) => cell.fg(Color::Green),
                Some(false) => cell.fg(Color::Red),
                None => cell,
            }
        }));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 == kept.len() { 0 } else { GAP as u16 }));
    }
    table
}

/// The column of a sentence that has no room beside the others: it stands below its row, whole.
fn sentence_below(grid: &Grid, natural: &[usize], width: Option<usize>) -> Option<usize> {
    let total: usize = natural.iter().sum::<usize>() + GAP * natural.len().saturating_sub(1);
    let is_sentence = |column: &Column| {
        column.rank == 0 && column.kind == CellKind::Text && SENTENCES.contains(&column.key.as_str())
    };
    grid.columns
        .iter()
        .position(is_sentence)
        .filter(|at| width.is_some_and(|w| total > w) && natural[*at] > SHORT_TEXT)
}

/// The texts of a column in so much room; names that would be the same when their ends are cut are cut in the middle.
fn column_text(texts: &[Vec<String>], at: usize, limit: usize, kind: CellKind) -> Vec<String> {
    let whole = || texts.iter().map(|row| row[at].as_str());
    let cut: Vec<String> = whole().map(|text| shortened(text, limit)).collect();
    let count = |all: &mut dyn Iterator<Item = &str>| all.collect::<std::collections::BTreeSet<_>>().len();
    let differ = count(&mut cut.iter().map(String::as_str)) == count(&mut whole());
    if differ || kind == CellKind::Number {
        cut
    } else {
        whole().map(|text| without_middle(text, limit)).collect()
    }
}

/// The columns that fit, and how wide each may be, without the one that stands below; `None` when not even the most
/// important ones do.
fn fit(
    grid: &Grid,
    natural: &[usize],
    below: Option<usize>,
    width: Option<usize>,
) -> Option<(Vec<usize>, Vec<usize>)> {
    let is_text = |at: usize| grid.columns[at].kind == CellKind::Text;
    let mut limits = natural.to_vec();
    let width = width.unwrap_or(usize::MAX);
    for (at, limit) in limits.iter_mut().enumerate() {
        if is_text(at) && width < usize::MAX {
            *limit = (*limit).min(LONGEST_TEXT);
        }
    }
    let mut kept: Vec<usize> = (0..natural.len()).filter(|at| Some(*at) != below).collect();
    loop {
        let gaps = GAP * kept.len().saturating_sub(1);
        let total: usize = gaps + kept.iter().map(|at| limits[*at]).sum::<usize>();
        if total <= width {
            return Some((kept, limits));
        }
        // First the longest text gives way, then the columns of the highest rank, then text once more.
        let longest = |floor: usize| {
            let wide = kept.iter().copied().filter(|at| is_text(*at) && limits[*at] > floor);
            wide.max_by_key(|at| limits[*at]).map(|at| (at, floor))
        };
        let last = kept.iter().copied().filter(|at| grid.columns[*at].rank > 0);
        let last = last.max_by_key(|at| grid.columns[*at].rank);
        let shrink =
            longest(SHORT_TEXT).or_else(|| if last.is_none() { longest(SHORTEST_TEXT) } else { None });
        match (shrink, last) {
            (Some((at, floor)), _) => limits[at] = limits[at].saturating_sub(total - width).max(floor),
            (None, Some(at)) => {
                // Half an interval says nothing.
                let bound = |at: usize| grid.columns.get(at).map_or("", |column| column.heading.trim());
                let other = match bound(at) {
                    "to" if at > 0 && bound(at - 1) == "from" => at - 1,
                    "from" if bound(at + 1) == "to" => at + 1,
                    _ => at,
                };
                kept.retain(|column| *column != at && *column != other);
            }
            (None, None) => return None,
        }
    }
}

/// One `heading: value` a line, for terminals too narrow for a table.
fn write_blocks(
    grid: &Grid,
    texts: &[Vec<String>],
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, row) in texts.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        for (column, text) in grid.columns.iter().zip(row) {
            let label = match heading(column).trim() {
                "" => String::new(),
                heading => format!("  {heading}: "),
            };
            let room = width.map_or(usize::MAX, |width| width.saturating_sub(label.width()).max(1));
            let text = if column.kind == CellKind::Text { shortened(text, room) } else { text.clone() };
            writeln!(out, "{label}{text}")?;
        }
    }
    let all: Vec<usize> = (0..grid.columns.len()).collect();
    footnotes(grid, &all, width, out)
}

/// What was left out, and why some figures have no value.
fn footnotes(grid: &Grid, kept: &[usize], width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let shown = grid.rows.iter().flat_map(|row| kept.iter().map(|at| &row[*at]));
    let mut notes: Vec<String> = super::reasons(shown).into_iter().collect();
    let left_out: Vec<String> = (0..grid.columns.len())
        .filter(|at| !kept.contains(at))
        .map(|at| heading(&grid.columns[at]).trim().to_owned())
        .collect();
    if !left_out.is_empty() {
        notes.push(format!("left out for width: {} (--wide shows all)", left_out.join(", ")));
    }
    if notes.is_empty() { Ok(()) } else { writeln!(out, "{}", wrapped(&notes.join("; "), width)) }
}

/// The text cut to `limit` columns in its middle: both ends say what it is.
fn without_middle(text: &str, limit: usize) -> String {
    if text.width() <= limit {
        return text.to_owned();
    }
    let end = limit.saturating_sub(1) / 2;
    let mut tail: Vec<char> = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        used += c.width().unwrap_or(0);
        if used > end {
            break;
        }
        tail.push(c);
    }
    shortened(text, limit - end) + &tail.into_iter().rev().collect::<String>()
}

/// The text cut to `limit` columns, with an ellipsis where something is missing.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    if text.width() <= limit {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > limit {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Cell;

    fn drawn(grid: &Grid, width: usize) -> Vec<String> {
        let mut out = Vec::new();
        write_grid(grid, Some(width), false, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_sentence_without_room_stands_whole_below_its_row() {
        let why = "one word after another until there are too many of them for the row";
        let grid = Grid {
            columns: vec![Column::fixed("date", "Date", 0), Column::text("reason", "Why", 0)],
            rows: vec![
                vec![Cell::Text("2026-01-02".into()), Cell::Text(why.into())],
                vec![Cell::Text("2026-01-05".into()), Cell::Absent],
            ],
            ..Grid::default()
        };
        let expected = [
            "Date",
            "2026-01-02",
            "    one word after another until there",
            "    are too many of them for the row",
            "2026-01-05",
        ];
        assert_eq!(drawn(&grid, 40), expected);
        assert_eq!(drawn(&grid, 90).len(), 3);
    }

    #[test]
    fn names_that_begin_alike_are_cut_in_the_middle() {
        let long = |end: &str| Cell::Text(format!("opening_range_breakout_{end}"));
        let grid = Grid {
            columns: vec![Column::text("setup", "Setup", 0), Column::number("n", "n", 0)],
            rows: vec![vec![long("long_side"), Cell::Count(1)], vec![long("short_side"), Cell::Count(2)]],
            ..Grid::default()
        };
        // 24 letters: 12 of the beginning, the ellipsis, 11 of the end.
        assert_eq!(
            drawn(&grid, 27),
            ["Setup                     n", "opening_rang…t_long_side  1", "opening_rang…_short_side  2"]
        );
    }
}
