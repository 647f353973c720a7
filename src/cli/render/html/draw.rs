//! Charts as SVG, drawn by plotters. The colours are those of the light page; the page's style turns them where
//! it is dark, by the colour's name.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{WIDE, WIDTH, named_ticks, padded, tick};
use super::numbers::people;
use super::paint::hover;
use super::{course, svg};
use crate::domain::{Date, Timestamp};
use crate::report::{Chart, CurvePoint, Reliability, Scale, Shape, Step};

const HEIGHT: u32 = 210;
/// Points of a curve up to which each is seen by itself.
const SINGLE: usize = 24;
/// Of a small history.
const LOW: u32 = 110;
const MARGIN: u32 = 6;
/// Room for the numbers at the left.
const NUMBERS: u32 = 44;
/// Room for a digit.
const LETTER: u32 = 7;
const BELOW: u32 = 22;

const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
const FAINT: RGBColor = RGBColor(0xd0, 0xd7, 0xde);
const LINE: RGBColor = RGBColor(0x09, 0x69, 0xda);
const GAIN: RGBColor = RGBColor(0x1a, 0x7f, 0x37);
const LOSS: RGBColor = RGBColor(0xcf, 0x22, 0x2e);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Plot<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Words under the pointer: from where to where across, and what they are.
type Words = Vec<((f64, f64), String)>;

/// The width of a chart in its own units.
pub(super) fn width(chart: &Chart) -> u32 {
    if matches!(chart.shape, Shape::Equity { .. }) { WIDE } else { WIDTH }
}

/// What is made of cells and dots, with words under the pointer.
fn of_parts(chart: &Chart) -> Option<(String, u32)> {
    let (picture, height) = match &chart.shape {
        Shape::Equity { points, capital } => course::equity(points, *capital),
        Shape::Calendar(cells) => course::calendar(cells),
        Shape::Fan { start, course } => course::fan(*start, course),
        Shape::Verdicts(points) => course::verdicts(points),
        Shape::Dots { dots, reach } => svg::dots(dots, *reach, chart.scale),
        Shape::Histogram(bars) => svg::histogram(bars),
        Shape::Heat { columns, rows } => svg::heat(columns, rows),
        Shape::Scatter { points, names } => svg::scatter(points, *names),
        _ => return None,
    };
    Some((picture.into_string(), height))
}

/// The inside of an `svg` element and its height; `None` when there is nothing to draw.
pub(super) fn draw(chart: &Chart) -> Option<(String, u32)> {
    if let Some(drawn) = of_parts(chart) {
        return Some(drawn);
    }
    let height = if matches!(chart.shape, Shape::Steps { .. }) { LOW } else { HEIGHT };
    let mut text = String::new();
    let words = {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        let done = match &chart.shape {
            Shape::Reliability(points) => reliability(&area, points),
            Shape::Steps { points, until, dates, range, default } => {
                steps(&area, points, *until, *dates, (*range, *default))
            }
            Shape::Course { points, dates, line } => course_of(&area, points, *dates, (*line, chart.scale)),
            Shape::Curve { points, now } => curve(&area, points, *now, chart.scale),
            _ => Ok(Words::new()),
        };
        let words = done.ok()?;
        area.present().ok()?;
        words
    };
    let inside = text.split_once('>')?.1.rsplit_once("</svg>")?.0.to_owned();
    let over: String = words
        .iter()
        .map(|(x, words)| hover(*x, (0.0, f64::from(height)), &people(words)).into_string())
        .collect();
    Some((inside + &over, height))
}

/// Strips that meet halfway between the places; of places that lie too close for the pointer the last counts.
fn strips(places: impl IntoIterator<Item = (f64, String)>, (left, right): (f64, f64)) -> Words {
    let mut kept: Vec<(f64, String)> = Vec::new();
    for (x, words) in places {
        match kept.last_mut() {
            Some(last) if x - last.0 < 3.0 => last.1 = words,
            _ => kept.push((x, words)),
        }
    }
    let edges: Vec<f64> = kept.windows(2).map(|pair| (pair[0].0 + pair[1].0) / 2.0).collect();
    let from = |at: usize| if at == 0 { left } else { edges[at - 1] };
    let until = |at: usize| edges.get(at).copied().unwrap_or(right);
    kept.iter().enumerate().map(|(at, (_, words))| ((from(at), until(at)), words.clone())).collect()
}

/// The number with its unit, as words say it.
fn value_words(value: f64, scale: Scale) -> String {
    match scale {
        Scale::Share => format!("{:.2} %", value * 100.0),
        Scale::Money => format!("{value:+.2}"),
        Scale::Number => format!("{value:.2}"),
    }
}

fn across(plot: &Plot<'_, '_>, x: f64) -> f64 {
    f64::from(plot.backend_coord(&(x, 0.0)).0)
}

/// Plotters' unit for letters that are as large as those of the other pictures.
const LETTERS: f64 = 15.0;

fn label(anchor: (HPos, VPos)) -> TextStyle<'static> {
    ("sans-serif", LETTERS).into_font().color(&INK).pos(Pos::new(anchor.0, anchor.1))
}

/// Axes with numbers at the left and lines across.
fn plot<'a, 'b>(area: &'b Area<'a>, x: (f64, f64), y: (f64, f64), scale: Scale) -> Drawn<Plot<'a, 'b>> {
    let most = if area.dim_in_pixel().1 < HEIGHT { 3 } else { 5 };
    let ticks = named_ticks(y, most, scale);
    let widest = ticks.iter().map(|(_, name)| name.len() as u32).max().unwrap_or(0);
    let plot = ChartBuilder::on(area)
        .margin(MARGIN)
        .x_label_area_size(BELOW)
        .y_label_area_size(NUMBERS.max(widest * LETTER + 10))
        .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
    for (value, name) in ticks {
        let (left, at) = plot.backend_coord(&(x.0, value));
        let (right, _) = plot.backend_coord(&(x.1, value));
        area.draw(&PathElement::new(vec![(left, at), (right, at)], FAINT))?;
        area.draw(&Text::new(name, (left - 6, at), label((HPos::Right, VPos::Center))))?;
    }
    Ok(plot)
}

/// A word below the axis.
fn below(area: &Area<'_>, plot: &Plot<'_, '_>, x: f64, low: f64, text: &str) -> Drawn {
    let (across, down) = plot.backend_coord(&(x, low));
    let edge = WIDTH as i32 - MARGIN as i32;
    let (anchor, across) = if across > edge - 30 { (HPos::Right, edge) } else { (HPos::Center, across) };
    Ok(area.draw(&Text::new(text.to_owned(), (across, down + 7), label((anchor, VPos::Top))))?)
}

fn reliability(area: &Area<'_>, points: &[Reliability]) -> Drawn<Words> {
    let mut plot = plot(area, (0.0, 1.0), (0.0, 1.0), Scale::Share)?;
    plot.draw_series([PathElement::new(vec![(0.0, 0.0), (1.0, 1.0)], FAINT.stroke_width(2))])?;
    plot.draw_series(LineSeries::new(
        points.iter().map(|p| (p.predicted, p.observed)),
        LINE.stroke_width(2),
    ))?;
    let most = points.iter().map(|p| p.n).max().unwrap_or(1).max(1) as f64;
    let dots = points.iter().map(|p| {
        let size = 3.0 + 6.0 * (p.n as f64 / most).sqrt();
        Circle::new((p.predicted, p.observed), size as i32, LINE.filled())
    });
    plot.draw_series(dots)?;
    for value in [0.0, 0.25, 0.5, 0.75, 1.0] {
        below(area, &plot, value, 0.0, &tick(value, 0.25, Scale::Share))?;
    }
    let mut places: Vec<(f64, String)> = points
        .iter()
        .map(|p| {
            let words = format!(
                "said {:.1} %, came true {:.1} %, n {}",
                p.predicted * 100.0,
                p.observed * 100.0,
                p.n
            );
            (across(&plot, p.predicted), words)
        })
        .collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(strips(places, (across(&plot, 0.0), across(&plot, 1.0))))
}

fn steps(
    area: &Area<'_>,
    points: &[Step],
    until: Timestamp,
    dates: (Date, Date),
    (range, default): ((f64, f64), f64),
) -> Drawn<Words> {
    let at = |moment: Timestamp| moment.micros() as f64 / 86_400e6;
    let Some(first) = points.first() else { return Ok(Words::new()) };
    let end = at(until).max(points.last().map_or(0.0, |last| at(last.at)));
    let start = at(first.at) - ((end - at(first.at)) * 0.06).max(0.5);
    let y = padded([range.0, range.1].into_iter());
    let mut plot = plot(area, (start, end), y, Scale::Number)?;
    plot.draw_series([PathElement::new(vec![(start, default), (end, default)], FAINT.stroke_width(3))])?;
    let mut line = vec![(start, default)];
    for step in points {
        let before = line.last().map_or(default, |last| last.1);
        line.push((at(step.at), before));
        line.push((at(step.at), step.value));
    }
    line.push((end, line.last().map_or(default, |last| last.1)));
    plot.draw_series(LineSeries::new(line, LINE.stroke_width(2)))?;
    below(area, &plot, at(first.at), y.0, &dates.0.to_string())?;
    if dates.0 != dates.1 {
        below(area, &plot, end, y.0, &dates.1.to_string())?;
    }
    let places = points.iter().map(|step| (across(&plot, at(step.at)), step.words.clone()));
    Ok(strips(places, (across(&plot, start), across(&plot, end))))
}

fn course_of(
    area: &Area<'_>,
    points: &[(Timestamp, f64)],
    dates: (Date, Date),
    (line, scale): (f64, Scale),
) -> Drawn<Words> {
    let at = |moment: Timestamp| moment.micros() as f64 / 86_400e6;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(Words::new()) };
    let (start, end) = (at(first.0), at(last.0).max(at(first.0) + 1e-3));
    let y = padded(points.iter().map(|point| point.1).chain([0.0, line]));
    let mut plot = plot(area, (start, end), y, scale)?;
    plot.draw_series([PathElement::new(vec![(start, line), (end, line)], LOSS.stroke_width(2))])?;
    // What it was between two of them is not told: each stands by itself on the axis.
    let stems = points.iter().flat_map(|(moment, value)| {
        let across = at(*moment);
        [(across, 0.0), (across, *value), (across, 0.0)]
    });
    plot.draw_series([PathElement::new(stems.collect::<Vec<_>>(), LINE.stroke_width(1))])?;
    below(area, &plot, start, y.0, &dates.0.to_string())?;
    if dates.0 != dates.1 {
        below(area, &plot, end, y.0, &dates.1.to_string())?;
    }
    let words = |moment: &Timestamp, value: f64| format!("{moment}: {}", value_words(value, scale));
    let places = points.iter().map(|(moment, value)| (across(&plot, at(*moment)), words(moment, *value)));
    Ok(strips(places, (across(&plot, start), across(&plot, end))))
}

fn curve(area: &Area<'_>, points: &[CurvePoint], now: Option<f64>, scale: Scale) -> Drawn<Words> {
    let bands = points.iter().filter_map(|p| p.band).flat_map(|(low, high)| [low, high]);
    let y = padded(points.iter().map(|p| p.y).chain(bands).chain([0.0]));
    let x = padded(points.iter().map(|p| p.x).chain(now));
    let mut plot = plot(area, x, y, scale)?;
    // A band is only between neighbours that both have an interval; each interval by itself is a line.
    for pair in points.windows(2) {
        if let (Some(one), Some(other)) = (pair[0].band, pair[1].band) {
            let around =
                vec![(pair[0].x, one.0), (pair[1].x, other.0), (pair[1].x, other.1), (pair[0].x, one.1)];
            plot.draw_series([Polygon::new(around, LINE.mix(0.18))])?;
        }
    }
    plot.draw_series([PathElement::new(vec![(x.0, 0.0), (x.1, 0.0)], INK)])?;
    if points.len() <= SINGLE {
        let bars = points.iter().filter_map(|p| Some((p.x, p.band?)));
        plot.draw_series(bars.map(|(x, band)| {
            PathElement::new(vec![(x, band.0), (x, band.1)], LINE.mix(0.55).stroke_width(2))
        }))?;
        plot.draw_series(points.iter().map(|p| Circle::new((p.x, p.y), 3, LINE.filled())))?;
    }
    plot.draw_series(LineSeries::new(points.iter().map(|p| (p.x, p.y)), LINE.stroke_width(2)))?;
    if let Some(now) = now {
        plot.draw_series([PathElement::new(vec![(now, y.0), (now, y.1)], GAIN.stroke_width(2))])?;
    }
    for (value, name) in named_ticks(x, 4, Scale::Number) {
        below(area, &plot, value, y.0, &name)?;
    }
    let words = |p: &CurvePoint| {
        let band = p.band.map_or_else(String::new, |(low, high)| {
            format!(" ({} to {})", value_words(low, scale), value_words(high, scale))
        });
        format!("{}: {}{band}", p.x, value_words(p.y, scale))
    };
    let places = points.iter().map(|p| (across(&plot, p.x), words(p)));
    Ok(strips(places, (across(&plot, x.0), across(&plot, x.1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_under_the_pointer_leave_no_gap() {
        let places = [(10.0, "a".to_owned()), (11.0, "b".to_owned()), (50.0, "c".to_owned())];
        let expected = [((0.0, 30.0), "b".to_owned()), ((30.0, 100.0), "c".to_owned())];
        assert_eq!(strips(places, (0.0, 100.0)), expected);
        assert_eq!(strips([], (0.0, 100.0)), []);
    }
}
