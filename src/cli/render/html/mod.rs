//! The page: one file that needs nothing else. No script; the browser is told to allow nothing but this style.

mod draw;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::number::{decimals, human, tone};
use super::{reasons, safe};
use crate::domain::{Date, Timestamp};
use crate::report::{Cell, CellKind, Chart, Column, Grid, Section, View};

const STYLE: &str = include_str!("style.css");

/// SHA-256 of the style, as a content security policy names it; a test computes it anew.
const STYLE_HASH: &str = "sha256-2fDbsJpZIMtojS16qrv3DgP3PcVqG4GinFmyrnyP8sY=";

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
                        ul { @for section in page.sections { li { a href={ "#" (section.id) } { (section.heading) } } } }
                    }
                }
                main { @for section in page.sections { (of_section(section)) } }
                footer { p { "Written by dtlearn " (env!("CARGO_PKG_VERSION")) ". How each figure is defined: dtlearn-metrics(7)." } }
            }
        }
    }
    .into_string()
}

fn of_section(section: &Section) -> Markup {
    let View { lead, lines, grids, notes, .. } = &section.view;
    html! {
        section aria-labelledby=(section.id) {
            h2 id=(section.id) { (section.heading) }
            @for line in lead { p class="lead" { (lead_line(line)) } }
            @if !lines.is_empty() {
                ul class="attention" { @for line in lines { li { (safe(line)) } } }
            }
            @if !section.charts.is_empty() {
                div class="charts" {
                    @for (at, chart) in section.charts.iter().enumerate() {
                        (figure(chart, &format!("{}-{at}", section.id)))
                    }
                }
            }
            @for grid in grids { (table(grid, &section.heading)) }
            @if !notes.is_empty() {
                div class="notes" { @for note in notes { p { (safe(note)) } } }
            }
        }
    }
}

/// A line whose first word is a label is shown with it.
fn lead_line(line: &str) -> Markup {
    match line.split_once("  ").filter(|(label, _)| !label.is_empty() && !label.contains(' ')) {
        Some((label, rest)) => html! { b { (safe(label)) } " " (safe(rest.trim_start())) },
        None => html! { (safe(line.trim_start())) },
    }
}

fn figure(chart: &Chart, id: &str) -> Markup {
    let drawn = draw::draw(chart);
    html! {
        figure {
            @if let Some((inside, height)) = drawn {
                svg viewBox={ "0 0 " (draw::WIDTH) " " (height) } role="img" aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-text" } {
                    (PreEscaped(inside))
                }
            }
            figcaption {
                b id={ (id) "-title" } { (safe(&chart.title)) }
                span id={ (id) "-text" } { (safe(&chart.text)) }
            }
        }
    }
}

const fn class(kind: CellKind) -> &'static str {
    match kind {
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
                thead { tr { @for column in &grid.columns { th scope="col" class=(class(column.kind)) { (safe(&heading(column))) } } } }
                tbody {
                    @for row in &grid.rows {
                        tr {
                            @for (at, (column, value)) in grid.columns.iter().zip(row).enumerate() {
                                (cell(at == 0, column.kind, value, decimals))
                            }
                        }
                    }
                }
            }
        }
        @if let Some(why) = why { p class="notes" { (why) } }
    }
}

fn cell(first: bool, kind: CellKind, value: &Cell, decimals: usize) -> Markup {
    let text = human(value, decimals);
    let text = text.trim();
    let tone = match tone(value, decimals) {
        Some(true) => " gain",
        Some(false) => " loss",
        None => "",
    };
    html! {
        @if first { th scope="row" { (text) } }
        @else { td class={ (class(kind)) (tone) } { (text) } }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_names_this_style() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert_eq!(STYLE_HASH, format!("sha256-{hash}"));
    }
}
