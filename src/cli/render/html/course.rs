//! Pictures along a course of days as SVG, each part with its words as a title that a browser shows under the pointer.

use maud::{Markup, html};

use super::super::safe;
use super::axis::{WIDE, WIDTH, padded};
use super::numbers::people;
use super::paint::{
    Axis, FAINT, GAIN, INK, LINE, LOSS, SMALL, at, ends, hover, letters, levels, line, path, room, tone,
};
use crate::domain::{Date, WEEKDAYS, weekday_name};
use crate::report::{CalendarCell, EquityPoint, Scale, Verdict};

/// Room for the numbers at the left.
const LEFT: f64 = 66.0;

/// Equity above, the fall from its peak below, on one axis of time.
pub(super) fn equity(points: &[EquityPoint], capital: f64) -> (Markup, u32) {
    let right = f64::from(WIDE) - 8.0;
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
        (levels(up, range, 4, Scale::Money, (LEFT, right)))
        path d=(closed(&equity, up.place(capital))) fill=(LINE) fill-opacity="0.15" {}
        path d=(path(equity.iter().copied())) fill="none" stroke=(LINE) stroke-width="2" {}
        (line((LEFT, right), (up.place(capital), up.place(capital)), INK))
        path d=(closed(&falls, 200.0)) fill=(LOSS) fill-opacity="0.25" {}
        path d=(path(falls.iter().copied())) fill="none" stroke=(LOSS) stroke-width="1.5" {}
        (line((LEFT, right), (200.0, 200.0), INK))
        (letters(LEFT - 6.0, 284.0, "end", SMALL, &format!("-{:.1} %", deepest * 100.0)))
        @for (index, point) in points.iter().enumerate() {
            @let middle = across.place(index as f64);
            @let words = format!("{}: {:.2}, {:.1} % below the peak", point.date, point.equity, point.fall * 100.0);
            (hover((middle - width / 2.0, middle + width / 2.0), (8.0, 280.0), &people(&words)))
        }
        @if let (Some(first), Some(last)) = (points.first(), points.last()) { (ends(first.date, last.date, (LEFT, right), 298.0)) }
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
    let (height, has_room) = (size.clamp(13.0, 28.0), size >= 50.0);
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
            (letters(36.0, 22.0 + f64::from(day) * height + height / 2.0 + 4.0, "end", SMALL,
                WEEKDAYS[day.min(6) as usize]))
        }
        @for cell in &shown {
            rect x=(at(x(cell.date))) y=(at(y(cell.date))) width=(at(size - 2.0)) height=(at(height - 2.0)) rx="2"
                fill=(if cell.n == 0 { FAINT } else { tone(cell.value) }) fill-opacity=(if cell.n == 0 { "0.5" } else { shade(cell.value) }) {
                title {
                    (cell.date) " " (weekday_name(cell.date)) ": " (people(&format!("{:+.2}", cell.value)))
                    " in " (cell.n) (if cell.n == 1 { " trade" } else { " trades" })
                }
            }
            @if has_room {
                (letters(x(cell.date) + size / 2.0 - 1.0, y(cell.date) + height / 2.0 + 3.0, "middle", SMALL, &people(&format!("{:+.2}", cell.value))))
            }
        }
    };
    (picture, (26.0 + f64::from(days) * height) as u32)
}

/// Bands of paths from today on.
pub(super) fn fan(start: f64, course: &[[f64; 5]]) -> (Markup, u32) {
    let range = padded(course.iter().flatten().copied().chain([start]));
    let right = f64::from(WIDTH) - 10.0;
    let across = Axis::new((0.0, course.len().max(1) as f64), (LEFT, right));
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
        (levels(up, range, 4, Scale::Money, (LEFT, right)))
        path d=(band(0, 4)) fill=(LINE) fill-opacity="0.15" {}
        path d=(band(1, 3)) fill=(LINE) fill-opacity="0.25" {
            title { "after " (course.len()) " sessions half of the paths lie between " (people(&format!("{:.2}", end[1]))) " and " (people(&format!("{:.2}", end[3]))) }
        }
        path d=(path(edge(2).map(place))) fill="none" stroke=(LINE) stroke-width="2" {}
        (line((LEFT, right), (up.place(start), up.place(start)), INK))
        (letters(LEFT, 224.0, "start", SMALL, "today"))
        (letters(right, 224.0, "end", SMALL, &format!("{} sessions", course.len())))
    };
    (picture, 230)
}

/// A row for each verdict, a dot for each time that it was given.
pub(super) fn verdicts(points: &[Verdict]) -> (Markup, u32) {
    use chrono::Datelike;
    let mut names: Vec<&str> = Vec::new();
    for point in points {
        if !names.contains(&point.word.as_str()) {
            names.push(&point.word);
        }
    }
    let left = names.iter().map(|name| room(name)).fold(0.0, f64::max) + 14.0;
    let right = f64::from(WIDTH) - 10.0;
    let day = |date: Date| f64::from(date.num_days_from_ce());
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return (html! {}, 0) };
    let across = Axis::new((day(first.date), day(last.date)), (left + 6.0, right - 6.0));
    let y = |word: &str| 18.0 + names.iter().position(|name| *name == word).unwrap_or(0) as f64 * 30.0;
    let bottom = 8.0 + names.len() as f64 * 30.0;
    let picture = html! {
        @for name in &names {
            (line((left, right), (y(name), y(name)), FAINT))
            (letters(left - 6.0, y(name) + 4.0, "end", SMALL, &safe(name)))
        }
        @for point in points {
            circle cx=(at(across.place(day(point.date)))) cy=(at(y(&point.word))) r="6" fill-opacity="0.75"
                fill=(match point.tone { Some(true) => GAIN, Some(false) => LOSS, None => LINE }) { title { (people(&safe(&point.words))) } }
        }
        (ends(first.date, last.date, (left, right), bottom + 10.0))
    };
    (picture, bottom as u32 + 18)
}
