//! Pictures of groups and trades as SVG, each part with its words as a title that a browser shows under the pointer.

use maud::{Markup, html};

use super::super::safe;
use super::axis::{WIDTH, named_ticks, padded};
use super::numbers::{apart, people};
use super::paint::{
    Axis, FAINT, GAIN, INK, LETTERS, LINE, LOSS, SMALL, at, fitted, letters, levels, line, numbers_below,
    room, tone,
};
use crate::report::{Dot, HeatRow, HistogramBar, Scale, ScatterPoint};

/// Room for names beside their intervals; longer ones stand above.
const NAMES: f64 = 150.0;

/// A name with its n, which is never cut off.
fn name(dot: &Dot) -> String {
    let n = dot.n.map_or_else(String::new, |n| format!(" (n {})", apart(&n.to_string())));
    format!("{}{n}", fitted(&safe(&dot.label), f64::from(WIDTH) - 8.0 - room(&n)))
}

/// Values with their intervals on one axis, and a line at zero.
pub(super) fn dots(dots: &[Dot], reach: Option<(f64, f64)>, scale: Scale) -> (Markup, u32) {
    let ends = |dot: &Dot| dot.interval.unwrap_or((dot.value, dot.value));
    let all = dots.iter().flat_map(|dot| [ends(dot).0, ends(dot).1, dot.value]);
    let range = reach.unwrap_or_else(|| padded(all.chain([0.0])));
    let named: Vec<(String, &Dot)> = dots.iter().map(|dot| (name(dot), dot)).collect();
    let longest = named.iter().map(|(name, _)| room(name)).fold(0.0, f64::max);
    let is_above = longest > NAMES;
    // The height of a row, and where in it the dot is.
    let (left, row, middle) = if is_above { (12.0, 36.0, 25.0) } else { (longest + 10.0, 21.0, 10.5) };
    let right = f64::from(WIDTH) - 10.0;
    let across = Axis::new(range, (left, right));
    let bottom = 6.0 + dots.len() as f64 * row;
    let zero = across.place(0.0);
    let picture = html! {
        // Names that stand above are not crossed.
        @for index in 0..(if is_above { dots.len() } else { 1 }) {
            @let y = if is_above { (6.0 + index as f64 * row + 17.0, 6.0 + (index + 1) as f64 * row) } else { (3.0, bottom) };
            @for (value, _) in named_ticks(range, 4, scale) { (line((across.place(value), across.place(value)), y, FAINT)) }
            (line((zero, zero), y, INK))
        }
        (numbers_below(across, range, 4, scale, (bottom + 15.0, f64::from(WIDTH) - 1.0)))
        @for (index, (name, dot)) in named.iter().enumerate() {
            @let top = 6.0 + index as f64 * row;
            @let y = top + middle;
            @let colour = match dot.tone { Some(true) => GAIN, Some(false) => LOSS, None => LINE };
            g {
                title { (safe(&dot.label)) ": " (people(&safe(&dot.words))) }
                rect class="h" y=(at(top)) width=(WIDTH) height=(at(row)) {}
                @if is_above { (letters(2.0, top + 13.0, "start", SMALL, name)) }
                @else { (letters(longest, y + 4.5, "end", SMALL, name)) }
                @if let Some((low, high)) = dot.interval {
                    line x1=(at(across.place(low))) x2=(at(across.place(high))) y1=(at(y)) y2=(at(y)) stroke=(colour) stroke-width="3" stroke-opacity="0.55" {}
                }
                circle cx=(at(across.place(dot.value))) cy=(at(y)) r="4.5" fill=(colour) {}
            }
        }
    };
    (picture, bottom as u32 + 20)
}

/// Counts by band.
pub(super) fn histogram(bars: &[HistogramBar]) -> (Markup, u32) {
    let most = bars.iter().map(|bar| bar.n).max().unwrap_or(1).max(1) as f64;
    let right = f64::from(WIDTH) - 8.0;
    let step = (right - 44.0) / bars.len().max(1) as f64;
    let up = Axis::new((0.0, most), (200.0, 10.0));
    let every = bars.len().div_ceil(6).max(1);
    let picture = html! {
        (levels(up, (0.0, most), 4, Scale::Number, (44.0, right)))
        @for (index, bar) in bars.iter().enumerate() {
            @let x = 44.0 + index as f64 * step;
            rect x=(at(x + 1.0)) y=(at(up.place(bar.n as f64))) width=(at((step - 2.0).max(1.0))) height=(at(200.0 - up.place(bar.n as f64)))
                fill=(if bar.is_loss { LOSS } else { GAIN }) { title { (people(&bar.words)) } }
            @if index % every == 0 { (letters(x, 216.0, "middle", SMALL, &bar.from)) }
        }
        (line((44.0, right), (200.0, 200.0), INK))
    };
    (picture, 222)
}

/// The names of columns, aslant where they are too long to stand beside each other, and the room above the cells.
fn column_names(columns: &[String], left: f64, step: f64) -> (Markup, f64) {
    let longest = columns.iter().map(|name| room(name)).fold(0.0, f64::max);
    let is_aslant = longest > step - 2.0;
    let above = if is_aslant { longest * 0.72 + 14.0 } else { 22.0 };
    let names = html! {
        @for (index, name) in columns.iter().enumerate() {
            @let x = left + (index as f64 + 0.5) * step;
            @if is_aslant {
                g transform={ "rotate(-45 " (at(x)) " " (at(above - 4.0)) ")" } { (letters(x, above - 4.0, "start", SMALL, name)) }
            } @else { (letters(x, 15.0, "middle", SMALL, name)) }
        }
    };
    (names, above)
}

/// Rows and columns of cells, each coloured by its value.
pub(super) fn heat(columns: &[String], rows: &[HeatRow]) -> (Markup, u32) {
    let left = rows.iter().map(|row| room(&row.name)).fold(20.0, f64::max) + 10.0;
    // The last of the aslant names reaches beyond its column.
    let right = f64::from(WIDTH) - 2.0;
    let beyond = |step: f64| {
        let longest = columns.iter().map(|name| room(name)).fold(0.0, f64::max);
        if longest > step - 2.0 { (longest * 0.72 - step / 2.0).max(0.0) } else { 0.0 }
    };
    let count = columns.len().max(1) as f64;
    let step = (right - left - beyond((right - left) / count)) / count;
    let values = rows.iter().flat_map(|row| row.cells.iter().flatten().map(|cell| cell.value.abs()));
    let full = values.fold(0.0, f64::max).max(1e-12);
    let height = if columns.len() > 8 { 22.0 } else { 28.0 };
    let (names, above) = column_names(columns, left, step);
    let picture = html! {
        (names)
        @for (down, row) in rows.iter().enumerate() {
            @let y = above + down as f64 * height;
            (letters(left - 6.0, y + height / 2.0 + 4.0, "end", SMALL, &row.name))
            @for (index, cell) in row.cells.iter().enumerate() {
                @if let Some(cell) = cell {
                    @let x = left + index as f64 * step;
                    g {
                        title { (people(&cell.words)) }
                        rect x=(at(x)) y=(at(y)) width=(at(step - 2.0)) height=(at(height - 2.0)) rx="3"
                            fill=(tone(cell.value)) fill-opacity=(format!("{:.2}", 0.08 + 0.5 * cell.value.abs() / full)) {}
                        @if step > room(&cell.short) + 4.0 { (letters(x + step / 2.0 - 1.0, y + height / 2.0 + 3.5, "middle", SMALL, &cell.short)) }
                    }
                }
            }
        }
    };
    (picture, (above + 4.0 + rows.len() as f64 * height) as u32)
}

/// Points of losses and gains.
pub(super) fn scatter(points: &[ScatterPoint], names: (&str, &str)) -> (Markup, u32) {
    let x_range = padded(points.iter().map(|point| point.x).chain([0.0]));
    let y_range = padded(points.iter().map(|point| point.y).chain([0.0]));
    let (left, right) = (52.0, f64::from(WIDTH) - 10.0);
    let across = Axis::new(x_range, (left, right));
    let up = Axis::new(y_range, (204.0, 10.0));
    let picture = html! {
        (levels(up, y_range, 5, Scale::Share, (left, right)))
        (numbers_below(across, x_range, 4, Scale::Share, (220.0, right)))
        (line((left, right), (up.place(0.0), up.place(0.0)), INK))
        (line((across.place(0.0), across.place(0.0)), (8.0, 206.0), INK))
        @for point in points {
            circle cx=(at(across.place(point.x))) cy=(at(up.place(point.y))) r="3" fill=(if point.is_gain { GAIN } else { LOSS }) fill-opacity="0.5" {
                title { (people(&safe(&point.words))) }
            }
        }
        (letters(right, 236.0, "end", LETTERS, names.0))
        (letters(left + 6.0, 20.0, "start", LETTERS, names.1))
    };
    (picture, 242)
}
