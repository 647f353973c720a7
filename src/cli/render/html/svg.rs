//! Charts of cells, dots and bands as SVG, each part with its words as a title that a browser shows under the pointer.

use maud::{Markup, html};

use super::super::safe;
use super::super::table::shortened;
use super::axis::{WIDTH, named_ticks, padded};
use crate::domain::{Date, weekday_name};
use crate::report::{CalendarCell, Dot, EquityPoint, HeatRow, HistogramBar, Scale, ScatterPoint};

// The colours of the light page; the page's style turns them where it is dark.
const INK: &str = "#1F2328";
const FAINT: &str = "#D0D7DE";
const LINE: &str = "#0969DA";
const GAIN: &str = "#1A7F37";
const LOSS: &str = "#CF222E";

/// Size of letters, to be read where a chart is as wide as a telephone.
const LETTERS: &str = "15";
const SMALL: &str = "12";

/// The colour of a gain or a loss.
fn tone(value: f64) -> &'static str {
    if value < 0.0 { LOSS } else { GAIN }
}

/// A place in the picture, to a tenth.
fn at(value: f64) -> String {
    format!("{value:.1}")
}

/// From numbers to places.
#[derive(Clone, Copy)]
struct Axis {
    from: (f64, f64),
    to: (f64, f64),
}

impl Axis {
    fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let width = self.from.1 - self.from.0;
        let share = if width > 0.0 { (value - self.from.0) / width } else { 0.5 };
        self.to.0 + share.clamp(0.0, 1.0) * (self.to.1 - self.to.0)
    }
}

fn letters(x: f64, y: f64, anchor: &str, size: &str, text: &str) -> Markup {
    html! { text x=(at(x)) y=(at(y)) text-anchor=(anchor) font-size=(size) font-family="sans-serif" fill=(INK) { (text) } }
}

fn line(x: (f64, f64), y: (f64, f64), colour: &str) -> Markup {
    html! { line x1=(at(x.0)) x2=(at(x.1)) y1=(at(y.0)) y2=(at(y.1)) stroke=(colour) {} }
}

/// Lines across with their numbers at the left.
fn levels(axis: Axis, range: (f64, f64), most: usize, scale: Scale, left: f64) -> Markup {
    html! {
        @for (value, name) in named_ticks(range, most, scale) {
            (line((left, f64::from(WIDTH) - 8.0), (axis.place(value), axis.place(value)), FAINT))
            (letters(left - 6.0, axis.place(value) + 5.0, "end", SMALL, &super::grouped(&name)))
        }
    }
}

/// The first and the last date below an axis.
fn ends(first: Date, last: Date, left: f64, y: f64) -> Markup {
    html! {
        (letters(left, y, "start", SMALL, &first.to_string()))
        @if first != last { (letters(f64::from(WIDTH) - 8.0, y, "end", SMALL, &last.to_string())) }
    }
}

fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (index, (x, y)) in points.enumerate() {
        text.push_str(&format!("{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" }));
    }
    text
}

/// Room for the numbers at the left.
const LEFT: f64 = 66.0;

/// Equity above, the fall from its peak below, on one axis of time.
pub(super) fn equity(points: &[EquityPoint], capital: f64) -> (Markup, u32) {
    let right = f64::from(WIDTH) - 8.0;
    let across = Axis::new((0.0, points.len().saturating_sub(1).max(1) as f64), (LEFT, right));
    let range = padded(points.iter().map(|point| point.equity).chain([capital]));
    let up = Axis::new(range, (186.0, 8.0));
    let deepest = points.iter().map(|point| point.fall).fold(0.0, f64::max).max(0.001);
    let down = Axis::new((0.0, deepest), (200.0, 280.0));
    let course = |value: &dyn Fn(&EquityPoint) -> f64| -> Vec<(f64, f64)> {
        points.iter().enumerate().map(|(index, point)| (across.place(index as f64), value(point))).collect()
    };
    let equity = course(&|point| up.place(point.equity));
    let falls = course(&|point| down.place(point.fall));
    let closed = |course: &[(f64, f64)], floor: f64| {
        let begin = course.first().map_or(LEFT, |first| first.0);
        let end = course.last().map_or(LEFT, |last| last.0);
        path([(begin, floor)].into_iter().chain(course.iter().copied()).chain([(end, floor)]))
    };
    let width = (right - LEFT) / points.len().max(1) as f64;
    let picture = html! {
        (levels(up, range, 4, Scale::Money, LEFT))
        path d=(closed(&equity, up.place(capital))) fill=(LINE) fill-opacity="0.15" {}
        path d=(path(equity.iter().copied())) fill="none" stroke=(LINE) stroke-width="2" {}
        (line((LEFT, right), (up.place(capital), up.place(capital)), INK))
        path d=(closed(&falls, 200.0)) fill=(LOSS) fill-opacity="0.25" {}
        path d=(path(falls.iter().copied())) fill="none" stroke=(LOSS) stroke-width="1.5" {}
        (line((LEFT, right), (200.0, 200.0), INK))
        (letters(LEFT - 6.0, 284.0, "end", SMALL, &format!("-{:.1} %", deepest * 100.0)))
        @for (index, point) in points.iter().enumerate() {
            rect x=(at(across.place(index as f64) - width / 2.0)) y="8" width=(at(width)) height="272" fill="#000" fill-opacity="0" {
                title { (point.date) ": " (super::grouped(&format!("{:.2}", point.equity))) ", " (format!("{:.1} % below the peak", point.fall * 100.0)) }
            }
        }
        @if let (Some(first), Some(last)) = (points.first(), points.last()) { (ends(first.date, last.date, LEFT, 298.0)) }
    };
    (picture, 304)
}

/// Weeks of a calendar at most: the newest.
const WEEKS: i64 = 53;

/// A cell for each session, a column for each week.
pub(super) fn calendar(cells: &[CalendarCell]) -> (Markup, u32) {
    use chrono::Datelike;
    let week = |date: Date| (i64::from(date.num_days_from_ce()) - 1).div_euclid(7);
    let last_week = cells.last().map_or(0, |cell| week(cell.date));
    let first_week = cells.first().map_or(0, |cell| week(cell.date)).max(last_week - WEEKS + 1);
    let shown: Vec<&CalendarCell> = cells.iter().filter(|cell| week(cell.date) >= first_week).collect();
    let days =
        shown.iter().map(|cell| cell.date.weekday().num_days_from_monday() + 1).max().unwrap_or(5).max(5);
    let weeks = (last_week - first_week + 1).max(1) as f64;
    let size = ((f64::from(WIDTH) - 50.0) / weeks).min(78.0);
    // A few weeks have room for the results themselves.
    let (height, has_room) = (size.min(28.0), size >= 50.0);
    let mut sizes: Vec<f64> = shown.iter().map(|cell| cell.value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    // One outlier does not make all others pale.
    let full = sizes.get(sizes.len().saturating_sub(1) * 9 / 10).copied().unwrap_or(1.0).max(1e-12);
    // A number is to be read on its colour.
    let shades = if has_room { ["0.15", "0.28", "0.42", "0.55"] } else { ["0.25", "0.5", "0.75", "1"] };
    let shade = |value: f64| shades[((value.abs() / full * 4.0) as usize).min(3)];
    let x = |date: Date| 42.0 + (week(date) - first_week) as f64 * size;
    let y = |date: Date| 22.0 + f64::from(date.weekday().num_days_from_monday()) * height;
    let mut month = None;
    let mut months: Vec<(f64, String)> = Vec::new();
    for cell in &shown {
        let place = x(cell.date);
        let free = months.last().is_none_or(|(last, _)| place - last >= 34.0);
        if month != Some((cell.date.year(), cell.date.month())) && free {
            month = Some((cell.date.year(), cell.date.month()));
            months.push((place, cell.date.format("%b").to_string()));
        }
    }
    let picture = html! {
        @for (place, name) in &months { (letters(*place, 14.0, "start", SMALL, name)) }
        @for day in 0..days {
            (letters(36.0, 22.0 + f64::from(day) * height + height / 2.0 + 4.0, "end", if height < 12.0 { "9" } else { SMALL },
                ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][day.min(6) as usize]))
        }
        @for cell in &shown {
            rect x=(at(x(cell.date))) y=(at(y(cell.date))) width=(at(size - 2.0)) height=(at(height - 2.0)) rx="2"
                fill=(if cell.n == 0 { FAINT } else { tone(cell.value) }) fill-opacity=(if cell.n == 0 { "0.5" } else { shade(cell.value) }) {
                title {
                    (cell.date) " " (weekday_name(cell.date)) ": " (super::grouped(&format!("{:+.2}", cell.value)))
                    " in " (cell.n) (if cell.n == 1 { " trade" } else { " trades" })
                }
            }
            @if has_room {
                (letters(x(cell.date) + size / 2.0 - 1.0, y(cell.date) + height / 2.0 + 3.0, "middle", SMALL, &super::grouped(&format!("{:+.2}", cell.value))))
            }
        }
    };
    (picture, (26.0 + f64::from(days) * height) as u32)
}

/// Letters of a name.
const NAME_COLUMNS: usize = 24;

/// Height of a row with a name.
const ROW: f64 = 25.0;

/// Values with their intervals on one axis, and a line at zero.
pub(super) fn dots(dots: &[Dot], scale: Scale) -> (Markup, u32) {
    let all = dots.iter().flat_map(|dot| {
        let (low, high) = dot.interval.unwrap_or((dot.value, dot.value));
        [low, high, dot.value]
    });
    let range = padded(all.chain([0.0]));
    let names = 190.0;
    let across = Axis::new(range, (names + 6.0, f64::from(WIDTH) - 10.0));
    let bottom = 6.0 + dots.len() as f64 * ROW;
    let zero = across.place(0.0);
    let picture = html! {
        @for (value, name) in named_ticks(range, 4, scale) {
            (line((across.place(value), across.place(value)), (4.0, bottom), FAINT))
            (letters(across.place(value), bottom + 16.0, "middle", SMALL, &name))
        }
        (line((zero, zero), (2.0, bottom), INK))
        @for (index, dot) in dots.iter().enumerate() {
            @let y = 6.0 + (index as f64 + 0.5) * ROW;
            @let colour = if dot.is_clear { tone(dot.value) } else { LINE };
            g {
                title { (safe(&dot.label)) ": " (safe(&dot.words)) }
                rect x="0" y=(at(y - ROW / 2.0)) width=(WIDTH) height=(ROW) fill="#000" fill-opacity="0" {}
                (letters(names, y + 5.0, "end", LETTERS, &shortened(&safe(&dot.label), NAME_COLUMNS)))
                @if let Some((low, high)) = dot.interval {
                    line x1=(at(across.place(low))) x2=(at(across.place(high))) y1=(at(y)) y2=(at(y)) stroke=(colour) stroke-width="3" stroke-opacity="0.55" {}
                }
                circle cx=(at(across.place(dot.value))) cy=(at(y)) r="5" fill=(colour) {}
            }
        }
    };
    (picture, bottom as u32 + 22)
}

/// Counts by band.
pub(super) fn histogram(bars: &[HistogramBar]) -> (Markup, u32) {
    let most = bars.iter().map(|bar| bar.n).max().unwrap_or(1).max(1) as f64;
    let right = f64::from(WIDTH) - 8.0;
    let step = (right - 44.0) / bars.len().max(1) as f64;
    let up = Axis::new((0.0, most), (200.0, 10.0));
    let every = bars.len().div_ceil(6).max(1);
    let picture = html! {
        @for (value, name) in named_ticks((0.0, most), 4, Scale::Number) {
            (line((44.0, right), (up.place(value), up.place(value)), FAINT))
            (letters(38.0, up.place(value) + 5.0, "end", SMALL, &name))
        }
        @for (index, bar) in bars.iter().enumerate() {
            @let x = 44.0 + index as f64 * step;
            rect x=(at(x + 1.0)) y=(at(up.place(bar.n as f64))) width=(at((step - 2.0).max(1.0))) height=(at(200.0 - up.place(bar.n as f64)))
                fill=(if bar.is_loss { LOSS } else { GAIN }) { title { (bar.words) } }
            @if index % every == 0 { (letters(x, 216.0, "middle", SMALL, &bar.from)) }
        }
        (line((44.0, right), (200.0, 200.0), INK))
    };
    (picture, 224)
}

/// Rows and columns of cells, each coloured by its value.
pub(super) fn heat(columns: &[String], rows: &[HeatRow]) -> (Markup, u32) {
    let left = 60.0;
    let step = (f64::from(WIDTH) - left - 6.0) / columns.len().max(1) as f64;
    let values = rows.iter().flat_map(|row| row.cells.iter().flatten().map(|cell| cell.value.abs()));
    let full = values.fold(0.0, f64::max).max(1e-12);
    let height = 32.0;
    let picture = html! {
        @for (index, name) in columns.iter().enumerate() {
            (letters(left + (index as f64 + 0.5) * step, 16.0, "middle", SMALL, name))
        }
        @for (down, row) in rows.iter().enumerate() {
            @let y = 24.0 + down as f64 * height;
            (letters(left - 8.0, y + height / 2.0 + 4.0, "end", LETTERS, &row.name))
            @for (index, cell) in row.cells.iter().enumerate() {
                @if let Some(cell) = cell {
                    g {
                        title { (cell.words) }
                        rect x=(at(left + index as f64 * step)) y=(at(y)) width=(at(step - 2.0)) height=(at(height - 2.0)) rx="3"
                            fill=(tone(cell.value)) fill-opacity=(format!("{:.2}", 0.08 + 0.5 * cell.value.abs() / full)) {}
                        @if step > 36.0 { (letters(left + (index as f64 + 0.5) * step - 1.0, y + height / 2.0 + 4.0, "middle", SMALL, &cell.short)) }
                    }
                }
            }
        }
    };
    (picture, (28.0 + rows.len() as f64 * height) as u32)
}

/// Points of losses and gains.
pub(super) fn scatter(points: &[ScatterPoint], names: (&str, &str)) -> (Markup, u32) {
    let x_range = padded(points.iter().map(|point| point.x).chain([0.0]));
    let y_range = padded(points.iter().map(|point| point.y).chain([0.0]));
    let across = Axis::new(x_range, (LEFT, f64::from(WIDTH) - 10.0));
    let up = Axis::new(y_range, (214.0, 10.0));
    let picture = html! {
        (levels(up, y_range, 5, Scale::Share, LEFT))
        @for (value, name) in named_ticks(x_range, 4, Scale::Share) { (letters(across.place(value), 230.0, "middle", SMALL, &name)) }
        (line((LEFT, f64::from(WIDTH) - 8.0), (up.place(0.0), up.place(0.0)), INK))
        (line((across.place(0.0), across.place(0.0)), (8.0, 216.0), INK))
        @for point in points {
            circle cx=(at(across.place(point.x))) cy=(at(up.place(point.y))) r="3" fill=(if point.is_gain { GAIN } else { LOSS }) fill-opacity="0.5" {}
        }
        (letters(f64::from(WIDTH) - 10.0, 248.0, "end", SMALL, names.0))
        (letters(LEFT + 6.0, 20.0, "start", SMALL, names.1))
    };
    (picture, 254)
}

/// Bands of paths from today on.
pub(super) fn fan(start: f64, course: &[[f64; 5]]) -> (Markup, u32) {
    let range = padded(course.iter().flatten().copied().chain([start]));
    let across = Axis::new((0.0, course.len().max(1) as f64), (LEFT, f64::from(WIDTH) - 10.0));
    let up = Axis::new(range, (206.0, 10.0));
    let edge = |point: usize| {
        [(0.0, start)]
            .into_iter()
            .chain(course.iter().enumerate().map(move |(at, points)| (at as f64 + 1.0, points[point])))
    };
    let place = |(x, y): (f64, f64)| (across.place(x), up.place(y));
    let band = |low: usize, high: usize| {
        let upper: Vec<(f64, f64)> = edge(high).map(place).collect();
        let mut lower: Vec<(f64, f64)> = edge(low).map(place).collect();
        lower.reverse();
        path(upper.into_iter().chain(lower))
    };
    let end = course.last().copied().unwrap_or([start; 5]);
    let picture = html! {
        (levels(up, range, 4, Scale::Money, LEFT))
        path d=(band(0, 4)) fill=(LINE) fill-opacity="0.15" {}
        path d=(band(1, 3)) fill=(LINE) fill-opacity="0.25" {
            title { "after " (course.len()) " sessions half of the paths lie between " (super::grouped(&format!("{:.2}", end[1]))) " and " (super::grouped(&format!("{:.2}", end[3]))) }
        }
        path d=(path(edge(2).map(place))) fill="none" stroke=(LINE) stroke-width="2" {}
        (line((LEFT, f64::from(WIDTH) - 10.0), (up.place(start), up.place(start)), INK))
        (letters(LEFT, 224.0, "start", SMALL, "today"))
        (letters(f64::from(WIDTH) - 10.0, 224.0, "end", SMALL, &format!("{} sessions", course.len())))
    };
    (picture, 230)
}
