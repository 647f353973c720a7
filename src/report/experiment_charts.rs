//! E and the interval of an experiment over time: as lines of a terminal, and as charts of the page.

use super::chart::{Chart, CurvePoint, Scale, Shape};
use super::experiment_data::ExperimentData;
use super::experiment_text::{e_text, each};
use crate::decide::{Compared, PathPoint};
use crate::domain::ExperimentMetric;

/// Lines of the chart in a terminal.
const LINES: usize = 10;

/// Characters of the interval in a terminal; odd, so that zero has one in the middle.
const WIDTH: usize = 19;

/// E is drawn up to this.
const TOP_E: f64 = 100.0;

/// A line for each of some points: the session, E, and where the interval lies about zero.
pub(super) fn path_lines(compared: &Compared) -> Vec<String> {
    let path = &compared.path;
    if path.len() < 2 {
        return Vec::new();
    }
    let reach = path.iter().map(extent).fold(0.0, f64::max);
    if !(reach > 0.0 && reach.is_finite()) {
        return Vec::new();
    }
    // The last one is always among them.
    let step = path.len().div_ceil(LINES);
    let shown = path.iter().enumerate().filter(|(at, _)| (path.len() - 1 - at).is_multiple_of(step));
    let mut lines = vec![format!("{:<10}  {:>7}  difference, | is 0", "Session", "E")];
    for (_, point) in shown {
        let e = if point.e >= 1e6 { ">1e6".into() } else { e_text(point.e) };
        lines.push(format!("{}  {e:>7}  {}", point.session, bar(point, reach)));
    }
    lines
}

/// How far from zero a point reaches: to the end of its interval where it has one and that lies not too far out.
fn extent(point: &PathPoint) -> f64 {
    let mean = point.mean.abs();
    let ends = point.interval.map_or(mean, |(low, high)| low.abs().max(high.abs()));
    ends.max(mean)
}

fn bar(point: &PathPoint, reach: f64) -> String {
    let middle = WIDTH / 2;
    let place = |value: f64| {
        let at = middle as f64 + value / reach * middle as f64;
        at.round().clamp(0.0, (WIDTH - 1) as f64) as usize
    };
    let mut cells = vec![' '; WIDTH];
    let (from, to) = point.interval.map_or((0, WIDTH - 1), |(low, high)| (place(low), place(high)));
    for cell in &mut cells[from..=to] {
        *cell = if point.interval.is_some() { '─' } else { '·' };
    }
    cells[middle] = '|';
    cells[place(point.mean)] = '●';
    cells.into_iter().collect::<String>().trim_end().to_owned()
}

/// The charts of a running experiment.
pub(super) fn experiment_charts(data: &ExperimentData) -> Vec<Chart> {
    let arms = data.experiment.arms();
    let mut charts = Vec::new();
    for (arm, compared) in arms[1..].iter().zip(&data.compared).filter(|(_, found)| found.path.len() > 1) {
        let name = data.experiment.name();
        let evidence = (1u32..).zip(&compared.path);
        let evidence = evidence
            .map(|(at, point)| CurvePoint { x: at.into(), y: point.e.min(TOP_E), band: None })
            .collect();
        charts.push(Chart {
            title: format!("{name}: evidence on {}", arm.name),
            text: format!(
                "E is {} after {} differences; a verdict takes {:.0}. Drawn up to {TOP_E:.0}.",
                e_text(compared.e),
                compared.differences,
                compared.needed_e
            ),
            scale: Scale::Number,
            shape: Shape::Curve { points: evidence, now: None },
        });
        let points: Vec<CurvePoint> = compared
            .path
            .iter()
            .enumerate()
            .filter(|(_, point)| point.interval.is_some())
            .map(|(at, point)| CurvePoint { x: (at + 1) as f64, y: point.mean, band: point.interval })
            .collect();
        if points.len() > 1 {
            charts.push(Chart {
                title: format!("{name}: {} less {} {}", arm.name, arms[0].name, each(&data.experiment)),
                text: format!(
                    "The mean difference with its interval, by the number of sessions. The interval holds however often it is looked at; the verdict now: {}.",
                    compared.verdict.as_str()
                ),
                scale: if data.experiment.metric == ExperimentMetric::NetPct { Scale::Share } else { Scale::Number },
                shape: Shape::Curve { points, now: None },
            });
        }
    }
    charts
}
