//! The page: one file that needs nothing else. No script; the browser is told to allow nothing but this style.

mod axis;
mod draw;
mod svg;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::number::{decimals, human, tone};
use super::{reasons, safe};
use crate::domain::{Date, Timestamp};
use crate::report::{Cell, CellKind, Chart, Column, Grid, Section, Tile, View};

const STYLE: &str = include_str!("style.css");

/// SHA-256 of the style, as a content security policy names it; a test computes it anew.
const STYLE_HASH: &str = "sha256-76IrrWd1Y7OEEOIRk7qmTiPPtpmgQKpidjTZfk0Croc=";

/// What stands around the sections.
pub(in crate::cli) struct Page<'a> {
    /// The sections in their order.
    pub sections: &'a [Section],
    /// The moment that the page tells of.
    pub now: Timestamp,
    /// The date of the session that runs then, or was the last.
    pub session: Date,
    /// Where the figures come from.
    pub store: String,
    /// Seconds after which a browser loads the page anew.
    pub refresh_s: Option<u32>,
}

/// The whole page.
pub(in crate::cli) fn page(page: &Page<'_>) -> String {
    let policy = format!("default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'");
    let date = page.session;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content={ "dtlearn " (env!("CARGO_PKG_VERSION")) };
                meta name="referrer" content="no-referrer";
                @if let Some(seconds) = page.refresh_s { meta http-equiv="refresh" content=(seconds); }
                title { "dtlearn " (date) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Trading day " (date) }
                    p class="said" { "As of " (page.now) " from " (safe(&page.store)) }
                    nav aria-label="Sections" {
                        ul { @for section in page.sections { li { a href={ "#" (section.id) } { (short(&section.heading)) } } } }
                    }
                }
                main { @for section in page.sections { (of_section(section)) } }
                footer { p { "Written by dtlearn " (env!("CARGO_PKG_VERSION")) ". How each figure is defined: dtlearn-metrics(7)." } }
            }
        }
    }
    .into_string()
}

/// Lines of what needs attention that are seen at once.
const ATTENTION: usize = 3;

/// A heading without the span of time behind it.
fn short(heading: &str) -> &str {
    heading.split(',').next().unwrap_or(heading)
}

fn attention(lines: &[String]) -> Markup {
    let list =
        |lines: &[String]| html! { ul class="attention" { @for line in lines { li { (safe(line)) } } } };
    let (first, rest) = lines.split_at(lines.len().min(ATTENTION));
    html! {
        @if !first.is_empty() { (list(first)) }
        @if !rest.is_empty() { details { summary { (rest.len()) " more" } (list(rest)) } }
    }
}

fn tiles(tiles: &[Tile]) -> Markup {
    let tone = |tile: &Tile| match tile.tone {
        Some(true) => "value gain",
        Some(false) => "value loss",
        None => "value",
    };
    html! {
        ul class="tiles" {
            @for tile in tiles {
                li {
                    a href={ "#" (tile.section) } { (safe(&tile.heading)) }
                    span class=(tone(tile)) { (grouped(&safe(&tile.value))) }
                    span class="small" { (grouped(&safe(&tile.small))) }
                }
            }
        }
    }
}

/// Rows of a table that is seen at once; a longer one is opened by a click.
const SEEN_ROWS: usize = 24;

fn tables(grids: &[Grid], section: &str) -> Markup {
    html! {
        @for grid in grids {
            @if grid.rows.len() > SEEN_ROWS {
                details {
                    summary { (safe(grid.title.as_deref().unwrap_or(section))) ", " (grid.rows.len()) " rows" }
                    (table(grid, section))
                }
            } @else { (table(grid, section)) }
        }
    }
}

/// A section without a picture or a table is one line.
fn is_quiet(section: &Section) -> bool {
    let View { lead, lines, grids, .. } = &section.view;
    section.charts.is_empty()
        && section.tiles.is_empty()
        && lines.is_empty()
        && grids.iter().all(|grid| grid.rows.is_empty())
        && lead.len() <= 1
}

fn of_section(section: &Section) -> Markup {
    let View { lead, lines, grids, notes, .. } = &section.view;
    if is_quiet(section) {
        let said = lead.first().cloned().or_else(|| grids.first().map(|grid| grid.empty.clone()));
        return html! {
            section class="quiet" aria-labelledby=(section.id) {
                h2 id=(section.id) { (section.heading) }
                p { (lead_line(&said.or_else(|| notes.first().cloned()).unwrap_or_default())) }
            }
        };
    }
    let shown = html! {
        @if !section.charts.is_empty() || !section.tiles.is_empty() {
            div class="charts" {
                @if !section.tiles.is_empty() { (tiles(&section.tiles)) }
                @for (at, chart) in section.charts.iter().enumerate() {
                    (figure(chart, &format!("{}-{at}", section.id)))
                }
            }
        }
    };
    let is_folded = (!section.charts.is_empty() || grids.len() > 2) && !grids.is_empty();
    let folded = html! {
        @if is_folded { details { summary { "Tables: " (short(&section.heading)) } (tables(grids, &section.heading)) } }
    };
    let open = html! { @if !is_folded { (tables(grids, &section.heading)) } };
    let beside = is_beside(section);
    html! {
        section class=(if beside { "beside" } else { "wide" }) aria-labelledby=(section.id) {
            h2 id=(section.id) { (section.heading) }
            div {
                (attention(lines))
                @if section.tiles.is_empty() {
                    @for line in lead { p class="lead" { (lead_line(line)) } }
                }
                @if beside { (folded) } @else { (shown) (folded) (open) }
                @if !notes.is_empty() {
                    div class="notes" { @for note in notes { p { (grouped(&safe(note))) } } }
                }
            }
            @if beside { div { (shown) (open) } }
        }
    }
}

/// Columns of a table that has room in half of a wide screen.
const NARROW: usize = 7;

/// Whether its words stand beside what they speak of: one chart, or narrow tables.
fn is_beside(section: &Section) -> bool {
    let View { lead, grids, .. } = &section.view;
    let is_narrow = |grid: &Grid| grid.columns.len() <= NARROW;
    match section.charts.len() {
        _ if !section.tiles.is_empty() || lead.is_empty() => false,
        0 => (1..=2).contains(&grids.len()) && grids.iter().all(is_narrow),
        charts => charts == 1,
    }
}

/// The text with the thousands of its numbers set apart; dates, versions, seeds and what has more than one point stay.
pub(super) fn grouped(text: &str) -> String {
    let word = |word: &str| {
        let core = word.trim_end_matches([',', ';', '.', ')', ':']);
        let number = core.trim_start_matches(['+', '-', '\u{2212}', '(']);
        let sign = core.strip_suffix(number).unwrap_or_default();
        let end = word.strip_prefix(core).unwrap_or_default();
        let (whole, rest) = number.split_once('.').map_or((number, None), |(a, b)| (a, Some(b)));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        // Four digits alone are a year or a count that needs no help.
        let is_number = digits(whole)
            && rest.is_none_or(digits)
            && (whole.len() > 4 || (whole.len() == 4 && rest.is_some()));
        if !is_number {
            return word.to_owned();
        }
        let mut apart = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                apart.push(',');
            }
            apart.push(digit);
        }
        let after = rest.map_or_else(String::new, |rest| format!(".{rest}"));
        format!("{sign}{apart}{after}{end}")
    };
    let mut before = "";
    let words = text.split(' ').map(|this| {
        // A seed is a name that someone copies.
        let shown = if before == "seed" { this.to_owned() } else { word(this) };
        before = this;
        shown
    });
    // A percent sign stays with its number.
    words.collect::<Vec<_>>().join(" ").replace(" %", "\u{a0}%")
}

/// A line whose first word is a label is shown with it.
fn lead_line(line: &str) -> Markup {
    match line.split_once("  ").filter(|(label, _)| !label.is_empty() && !label.contains(' ')) {
        Some((label, rest)) => html! { b { (safe(label)) } " " (grouped(&safe(rest.trim_start()))) },
        None => html! { (grouped(&safe(line.trim_start()))) },
    }
}

fn figure(chart: &Chart, id: &str) -> Markup {
    let drawn = draw::draw(chart);
    html! {
        figure {
            @if let Some((inside, height)) = drawn {
                svg viewBox={ "0 0 " (axis::WIDTH) " " (height) } role="img" aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-text" } {
                    (PreEscaped(inside))
                }
            }
            figcaption {
                b id={ (id) "-title" } { (safe(&chart.title)) }
                span id={ (id) "-text" } { (grouped(&safe(&chart.text))) }
            }
        }
    }
}

fn class(column: &Column) -> &'static str {
    match column.kind {
        // What explains a row needs room.
        CellKind::Text if ["why", "reason", "what", "pattern"].contains(&column.key.as_str()) => "text why",
        CellKind::Text => "text",
        CellKind::Fixed => "fixed",
        CellKind::Number => "number",
    }
}

fn table(grid: &Grid, section: &str) -> Markup {
    let title = grid.title.as_deref().unwrap_or(section);
    if grid.rows.is_empty() {
        return html! { h3 { (safe(title)) } p { (safe(&grid.empty)) } };
    }
    let heading = |column: &Column| {
        let text = column.heading.trim();
        if text.is_empty() { column.key.replace('_', " ") } else { text.to_owned() }
    };
    let why = reasons(grid.rows.iter().flatten());
    let decimals = decimals(grid.rows.iter().flatten());
    html! {
        // A table that is wider than the screen is scrolled by itself, with the keyboard too.
        div class="scroll" role="group" tabindex="0" aria-label=(safe(title)) {
            table {
                caption { (safe(title)) }
                thead { tr { @for column in &grid.columns { th scope="col" class=(class(column)) { (safe(&heading(column))) } } } }
                tbody {
                    @for row in &grid.rows {
                        tr {
                            @for (at, (column, value)) in grid.columns.iter().zip(row).enumerate() {
                                (cell(at == 0, column, value, decimals))
                            }
                        }
                    }
                }
            }
        }
        @if let Some(why) = why { p class="notes" { (why) } }
    }
}

fn cell(first: bool, column: &Column, value: &Cell, decimals: usize) -> Markup {
    let text = human(value, decimals);
    let text = match value {
        Cell::Money(_) | Cell::Amount(_) | Cell::Count(_) => grouped(text.trim()),
        _ => text.trim().to_owned(),
    };
    let tone = match tone(value, decimals) {
        Some(true) => " gain",
        Some(false) => " loss",
        None => "",
    };
    html! {
        @if first { th scope="row" { (text) } }
        @else { td class={ (class(column)) (tone) } { (text) } }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn thousands_stand_apart_and_dates_do_not() {
        for (text, expected) in [
            ("From 10000.00 to -9857.25 USD on 2019-02-15", "From 10,000.00 to -9,857.25 USD on 2019-02-15"),
            ("(12345; 1234 trades, 1234.5)", "(12,345; 1234 trades, 1,234.5)"),
            ("20260302-1 v1.2.3 0.0012345 t000002", "20260302-1 v1.2.3 0.0012345 t000002"),
            ("+1000000.5", "+1,000,000.5"),
            ("by session, seed 20190211, 2000 of 12345", "by session, seed 20190211, 2000 of 12,345"),
        ] {
            assert_eq!(grouped(text), expected);
        }
    }

    #[test]
    fn the_policy_names_this_style() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert_eq!(STYLE_HASH, format!("sha256-{hash}"));
    }
}
