//! Tables of the page: folded where there are pictures, a card a row where a telephone has no room for columns.

use maud::{Markup, html};

use super::super::number::{decimals, human, tone};
use super::super::{reasons, safe};
use super::numbers::{apart, moment, people, told};
use crate::report::{Cell, CellKind, Column, Grid};

/// Columns that explain a row in a sentence.
const SENTENCES: [&str; 7] = ["why", "reason", "what", "pattern", "note", "locks", "moved"];

/// Columns above which a table takes smaller letters.
const MANY: usize = 8;

fn class(column: &Column) -> &'static str {
    match column.kind {
        // What explains a row needs room.
        CellKind::Text if SENTENCES.contains(&column.key.as_str()) => "why",
        CellKind::Text => "text",
        CellKind::Fixed => "fixed",
        CellKind::Number => "number",
    }
}

pub(super) fn tables(grids: &[Grid], section: &str) -> Markup {
    html! { @for grid in grids { (table(grid, section)) } }
}

fn heading(column: &Column) -> String {
    let text = column.heading.trim();
    if text.is_empty() { column.key.replace('_', " ") } else { text.to_owned() }
}

fn table(grid: &Grid, section: &str) -> Markup {
    let title = grid.title.as_deref().unwrap_or(section);
    if grid.rows.is_empty() {
        return html! { h3 { (safe(title)) } p { (people(&safe(&grid.empty))) } };
    }
    let why = reasons(grid.rows.iter().flatten());
    let decimals = decimals(grid.rows.iter().flatten());
    // A row with a sentence becomes a card where the screen is narrow: no column is out of sight then.
    let is_told = grid.columns.iter().any(|column| class(column) == "why");
    let classes = match (is_told, grid.columns.len() > MANY) {
        (true, true) => Some("told many"),
        (true, false) => Some("told"),
        (false, true) => Some("many"),
        (false, false) => None,
    };
    html! {
        // A table that is wider than the screen is scrolled by itself, with the keyboard too.
        div class="scroll" role="group" tabindex="0" aria-label=(safe(title)) {
            table class=[classes] {
                caption { (safe(title)) }
                thead { tr { @for column in &grid.columns { th scope="col" class=(class(column)) { (safe(&heading(column))) } } } }
                tbody {
                    @for row in &grid.rows {
                        tr {
                            @for (at, (column, value)) in grid.columns.iter().zip(row).enumerate() {
                                (cell((at == 0, is_told), column, value, decimals))
                            }
                        }
                    }
                }
            }
        }
        @if let Some(why) = why { p class="notes" { (why) } }
    }
}

/// The text of a cell. A name stays as it is; a sentence is written as sentences are.
fn text(value: &Cell, decimals: usize) -> String {
    let text = human(value, decimals);
    match value {
        Cell::Money(_) | Cell::Amount(_) | Cell::Count(_) | Cell::Ratio(_) | Cell::Setting(_) => apart(&text),
        Cell::Exact(_) => told(text.trim()),
        Cell::Text(_) if text.contains(' ') => people(text.trim()),
        Cell::Text(_) | Cell::Time(_) => moment(text.trim()).unwrap_or_else(|| text.trim().to_owned()),
        _ => text.trim().to_owned(),
    }
}

fn cell((is_first, is_told): (bool, bool), column: &Column, value: &Cell, decimals: usize) -> Markup {
    let text = text(value, decimals);
    let tone = match tone(value, decimals) {
        Some(true) => " gain",
        Some(false) => " loss",
        None => "",
    };
    let label = is_told.then(|| heading(column));
    html! {
        @if is_first { th scope="row" { (text) } }
        @else { td class={ (class(column)) (tone) } data-label=[label.as_deref().map(safe)] { (text) } }
    }
}
