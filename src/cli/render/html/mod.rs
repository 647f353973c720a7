//! The page: one file that needs nothing else. No script; the browser is told to allow nothing but this style.

mod axis;
mod course;
mod draw;
mod numbers;
mod paint;
mod svg;
mod table;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use numbers::{moment, people};

use super::safe;
use crate::domain::{Date, Timestamp};
use crate::report::{Chart, Grid, Section, Tile, View};

const STYLE: &str = include_str!("style.css");

/// SHA-256 of the style, as a content security policy names it; a test computes it anew.
const STYLE_HASH: &str = "sha256-EjsGosNOB6S39tFmAk1+S9VLaSd0wkpa98wSZDSA0L0=";

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
                    p class="said" { "As of " (moment(&page.now.to_string()).unwrap_or_else(|| page.now.to_string())) " from " (safe(&page.store)) }
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
    let list = |lines: &[String]| html! { ul class="attention" { @for line in lines { li { (people(&safe(line))) } } } };
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
                    span class=(tone(tile)) { (people(&safe(&tile.value))) }
                    span class="small" { (people(&safe(&tile.small))) }
                }
            }
        }
    }
}

/// A section without a picture is one line, and its tables are unfolded below it.
fn is_quiet(section: &Section) -> bool {
    let View { lead, lines, grids, .. } = &section.view;
    let has_tables = grids.iter().any(|grid| !grid.rows.is_empty());
    let are_folded = !section.opens || !has_tables;
    section.charts.is_empty()
        && section.tiles.is_empty()
        && lines.is_empty()
        && are_folded
        && if has_tables { lead.len() == 1 } else { lead.len() <= 1 }
}

/// Sentences of a section that are seen at once, and of one that stands beside another.
const SENTENCES: usize = 5;
const FEW_SENTENCES: usize = 3;

/// Columns of pictures on a wide screen: what they leave of a row is the words'.
const COLUMNS: usize = 3;

fn words(lead: &[String], charts: usize) -> Markup {
    let seen = if charts == 1 { FEW_SENTENCES } else { SENTENCES };
    let (first, rest) = lead.split_at(lead.len().min(seen));
    let said = |lines: &[String]| html! { @for line in lines { p class="lead" { (lead_line(line)) } } };
    html! {
        div class={ "words span-" (COLUMNS - charts % COLUMNS) } {
            (said(first))
            @if !rest.is_empty() { details { summary { (rest.len()) " more" } (said(rest)) } }
        }
    }
}

/// Notes that are seen without a click where no table is folded.
const SEEN_NOTES: usize = 1;

fn details_of(section: &Section) -> Markup {
    let View { grids, notes, .. } = &section.view;
    let heading = short(&section.heading);
    let noted = |notes: &[String]| html! { @if !notes.is_empty() { div class="notes" { @for note in notes { p { (people(&safe(note))) } } } } };
    let (shown, folded): (&[Grid], &[Grid]) = if section.opens { (grids, &[]) } else { (&[], grids) };
    let are_folded = !folded.is_empty() || notes.len() > SEEN_NOTES;
    let what = match (folded.is_empty(), notes.is_empty()) {
        (true, _) => "Notes",
        (false, true) => "Tables",
        (false, false) => "Tables and notes",
    };
    html! {
        (table::tables(shown, &section.heading))
        @if are_folded {
            details { summary { (what) ": " (heading) } (table::tables(folded, &section.heading)) (noted(notes)) }
        } @else { (noted(notes)) }
    }
}

/// Pictures of a section that a telephone shows without a click.
const PICTURES: usize = 2;

fn of_section(section: &Section) -> Markup {
    let View { lead, lines, grids, notes, .. } = &section.view;
    if is_quiet(section) {
        let said = lead.first().cloned().or_else(|| grids.first().map(|grid| grid.empty.clone()));
        let has_tables = grids.iter().any(|grid| !grid.rows.is_empty());
        return html! {
            section class="quiet" aria-labelledby=(section.id) {
                h2 id=(section.id) { (section.heading) }
                p { (lead_line(&said.or_else(|| notes.first().cloned()).unwrap_or_default())) }
                @if has_tables { (details_of(section)) }
            }
        };
    }
    let is_first = !section.tiles.is_empty();
    // A section with little to see leaves half of a wide screen to the next one, as long as nothing is unfolded.
    let has_words = section.charts.len() == 1 || section.charts.is_empty() && lead.len() > 2;
    let is_half = !is_first && !section.opens && has_words;
    let pictures = section.charts.iter().enumerate();
    let mut pictures = pictures.map(|(at, chart)| figure(chart, &format!("{}-{at}", section.id)));
    html! {
        section class=[is_half.then_some("half")] aria-labelledby=(section.id) {
            h2 id=(section.id) { (section.heading) }
            (attention(lines))
            @if is_first { @for line in lead { p class="said" { (lead_line(line)) } } }
            @if is_first || !section.charts.is_empty() || !lead.is_empty() {
                div class=(if is_first { "first" } else { "cards" }) {
                    @if is_first { (tiles(&section.tiles)) } @else if !lead.is_empty() { (words(lead, section.charts.len())) }
                    @for picture in pictures.by_ref().take(PICTURES) { (picture) }
                    @if section.charts.len() > PICTURES {
                        // Open wherever there is room for columns: see the style.
                        details class="more" { summary { (section.charts.len() - PICTURES) " more pictures" } @for picture in pictures { (picture) } }
                    }
                }
            }
            (details_of(section))
        }
    }
}

/// A line whose first word is a label is shown with it.
fn lead_line(line: &str) -> Markup {
    match line.split_once("  ").filter(|(label, _)| !label.is_empty() && !label.contains(' ')) {
        Some((label, rest)) => html! { b { (safe(label)) } " " (people(&safe(rest.trim_start()))) },
        None => html! { (people(&safe(line.trim_start()))) },
    }
}

fn figure(chart: &Chart, id: &str) -> Markup {
    let drawn = draw::draw(chart);
    html! {
        figure {
            @if let Some((inside, height)) = drawn {
                svg class=[(draw::width(chart) > axis::WIDTH).then_some("large")] viewBox={ "0 0 " (draw::width(chart)) " " (height) } role="img" aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-text" } {
                    (PreEscaped(inside))
                }
            }
            figcaption {
                b id={ (id) "-title" } { (safe(&chart.title)) }
                span id={ (id) "-text" } { (people(&safe(&chart.text))) }
            }
        }
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
