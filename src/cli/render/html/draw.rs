//! Charts as SVG, drawn by plotters. The colours are those of the light page; the page's style turns them where
//! it is dark, by the colour's name.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{WIDTH, named_ticks, padded, tick};
use super::svg;
use crate::domain::{Date, Timestamp};
use crate::report::{Chart, CurvePoint, Reliability, Scale, Shape};

const HEIGHT: u32 = 240;
const MARGIN: u32 = 10;
/// Room for the numbers at the left.
const NUMBERS: u32 = 60;
/// Room for a digit.
const LETTER: u32 = 8;
const BELOW: u32 = 26;

const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
const FAINT: RGBColor = RGBColor(0xd0, 0xd7, 0xde);
const LINE: RGBColor = RGBColor(0x09, 0x69, 0xda);
const GAIN: RGBColor = RGBColor(0x1a, 0x7f, 0x37);
const LOSS: RGBColor = RGBColor(0xcf, 0x22, 0x2e);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Plot<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What is made of cells and dots, with words under the pointer.
fn of_parts(chart: &Chart) -> Option<(String, u32)> {
    let (picture, height) = match &chart.shape {
        Shape::Equity { points, capital } => svg::equity(points, *capital),
        Shape::Calendar(cells) => svg::calendar(cells),
        Shape::Dots(dots) => svg::dots(dots, chart.scale),
        Shape::Histogram(bars) => svg::histogram(bars),
        Shape::Heat { columns, rows } => svg::heat(columns, rows),
        Shape::Scatter { points, names } => svg::scatter(points, *names),
        Shape::Fan { start, course } => svg::fan(*start, course),
        _ => return None,
    };
    Some((picture.into_string(), height))
}

/// The inside of an `svg` element and its height; `None` when there is nothing to draw.
pub(super) fn draw(chart: &Chart) -> Option<(String, u32)> {
    if let Some(drawn) = of_parts(chart) {
        return Some(drawn);
    }
    let height = HEIGHT;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        let done = match &chart.shape {
            Shape::DayBars(points) => day_bars(&area, points, chart.scale),
            Shape::Reliability(points) => reliability(&area, points),
            Shape::Steps { points, until, dates, range, default } => {
                steps(&area, points, *until, *dates, (*range, *default))
            }
            Shape::Course { points, dates, line } => course(&area, points, *dates, (*line, chart.scale)),
            Shape::Curve { points, now } => curve(&area, points, *now, chart.scale),
            _ => Ok(()),
        };
        done.ok()?;
        area.present().ok()?;
    }
    let inside = text.split_once('>')?.1.rsplit_once("</svg>")?.0.to_owned();
    Some((inside, height))
}

/// Large enough to be read where the chart is as wide as a telephone.
const LETTERS: f64 = 16.0;

fn label(anchor: (HPos, VPos)) -> TextStyle<'static> {
    ("sans-serif", LETTERS).into_font().color(&INK).pos(Pos::new(anchor.0, anchor.1))
}

/// Axes with numbers at the left and lines across.
fn plot<'a, 'b>(area: &'b Area<'a>, x: (f64, f64), y: (f64, f64), scale: Scale) -> Drawn<Plot<'a, 'b>> {
    let ticks = named_ticks(y, 5, scale);
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

/// At most five dates below the axis, the first and the last among them.
fn dates(area: &Area<'_>, plot: &Plot<'_, '_>, days: &[Date], low: f64) -> Drawn {
    let last = days.len().saturating_sub(1);
    let shown = last.clamp(1, 4);
    let mut before = None;
    for part in 0..=shown {
        let at = last * part / shown;
        if before == Some(at) || days.is_empty() {
            continue;
        }
        before = Some(at);
        let form = if days[0].format("%Y").to_string() == days[last].format("%Y").to_string() {
            "%m-%d"
        } else {
            "%y-%m-%d"
        };
        below(area, plot, at as f64, low, &days[at].format(form).to_string())?;
    }
    Ok(())
}

fn day_bars(area: &Area<'_>, points: &[(Date, f64)], scale: Scale) -> Drawn {
    let y = padded(points.iter().map(|p| p.1).chain([0.0]));
    let last = points.len().max(1) as f64 - 1.0;
    let mut plot = plot(area, (-0.6, last + 0.6), y, scale)?;
    let bars = points.iter().enumerate().map(|(at, (_, value))| {
        let at = at as f64;
        let tone = if *value < 0.0 { LOSS } else { GAIN };
        Rectangle::new([(at - 0.38, 0.0), (at + 0.38, *value)], tone.filled())
    });
    plot.draw_series(bars)?;
    plot.draw_series([PathElement::new(vec![(-0.6, 0.0), (last + 0.6, 0.0)], INK)])?;
    let names: Vec<Date> = points.iter().map(|p| p.0).collect();
    dates(area, &plot, &names, y.0)
}

fn reliability(area: &Area<'_>, points: &[Reliability]) -> Drawn {
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
    Ok(())
}

fn steps(
    area: &Area<'_>,
    points: &[(Timestamp, f64)],
    until: Timestamp,
    dates: (Date, Date),
    (range, default): ((f64, f64), f64),
) -> Drawn {
    let at = |moment: Timestamp| moment.micros() as f64 / 86_400e6;
    let Some(first) = points.first() else { return Ok(()) };
    let end = at(until).max(points.last().map_or(0.0, |last| at(last.0)));
    let start = at(first.0) - ((end - at(first.0)) * 0.06).max(0.5);
    let y = padded([range.0, range.1].into_iter());
    let mut plot = plot(area, (start, end), y, Scale::Number)?;
    plot.draw_series([PathElement::new(vec![(start, default), (end, default)], FAINT.stroke_width(3))])?;
    let mut line = vec![(start, default)];
    for (moment, value) in points {
        let before = line.last().map_or(default, |last| last.1);
        line.push((at(*moment), before));
        line.push((at(*moment), *value));
    }
    line.push((end, line.last().map_or(default, |last| last.1)));
    plot.draw_series(LineSeries::new(line, LINE.stroke_width(2)))?;
    below(area, &plot, at(first.0), y.0, &dates.0.to_string())?;
    if dates.0 != dates.1 {
        below(area, &plot, end, y.0, &dates.1.to_string())?;
    }
    Ok(())
}

fn course(
    area: &Area<'_>,
    points: &[(Timestamp, f64)],
    dates: (Date, Date),
    (line, scale): (f64, Scale),
) -> Drawn {
    let at = |moment: Timestamp| moment.micros() as f64 / 86_400e6;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
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
    Ok(())
}

fn curve(area: &Area<'_>, points: &[CurvePoint], now: Option<f64>, scale: Scale) -> Drawn {
    let bands = points.iter().filter_map(|p| p.band).flat_map(|(low, high)| [low, high]);
    let y = padded(points.iter().map(|p| p.y).chain(bands).chain([0.0]));
    let x = padded(points.iter().map(|p| p.x).chain(now));
    let mut plot = plot(area, x, y, scale)?;
    let lower = points.iter().filter_map(|p| Some((p.x, p.band?.0)));
    let upper = points.iter().rev().filter_map(|p| Some((p.x, p.band?.1)));
    let around: Vec<(f64, f64)> = lower.chain(upper).collect();
    if around.len() > 2 {
        plot.draw_series([Polygon::new(around, LINE.mix(0.18))])?;
    }
    plot.draw_series([PathElement::new(vec![(x.0, 0.0), (x.1, 0.0)], INK)])?;
    plot.draw_series(LineSeries::new(points.iter().map(|p| (p.x, p.y)), LINE.stroke_width(2)))?;
    if let Some(now) = now {
        plot.draw_series([PathElement::new(vec![(now, y.0), (now, y.1)], GAIN.stroke_width(2))])?;
    }
    for (value, name) in named_ticks(x, 5, Scale::Number) {
        below(area, &plot, value, y.0, &name)?;
    }
    Ok(())
}
