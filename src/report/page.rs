//! The page: every view of an operator's day under one heading each, with charts beside the tables.

use super::FiguresByWindow;
use super::brain_view::BrainData;
use super::chart::{Bar, Chart, Reliability, Scale, Shape};
use super::grid::View;
use super::metrics_view::ordered;
use super::text::{amount, gain, plural};
use crate::domain::{Calendar, Timestamp, Window};
use crate::learn::Validation;
use crate::metrics::{
    Dimension, ExactSum, GroupPerformance, Metric, MissedDimension, MissedTotals, Performance,
};

/// A part of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// The part of an address that leads to it: lower-case letters and dashes.
    pub id: &'static str,
    /// Its charts.
    pub charts: Vec<Chart>,
    /// Its text and tables.
    pub view: View,
}

/// The most bars of a chart by name; the table has all.
const BARS: usize = 12;

/// The most days of a chart; the oldest are left out.
const DAYS: usize = 500;

/// Equity, drawdown and daily results of the days that are told of.
pub fn history_charts(performance: &Performance, capital: f64, currency: &str) -> Vec<Chart> {
    let mut running = ExactSum::default();
    let (mut equity, mut fall, mut daily) = (Vec::new(), Vec::new(), Vec::new());
    let mut peak = capital;
    for (date, day) in performance.daily().days() {
        running.merge(day.pnl);
        let (Ok(result), Ok(total)) = (day.pnl.value(), running.value()) else { continue };
        let now = capital + total;
        peak = peak.max(now);
        equity.push((date, now));
        fall.push((date, if peak > 0.0 { (now - peak) / peak } else { 0.0 }));
        daily.push((date, result));
    }
    if equity.is_empty() {
        return Vec::new();
    }
    // Only what is drawn is told of.
    let skipped = equity.len().saturating_sub(DAYS);
    let from = if skipped > 0 { equity[skipped - 1].1 } else { capital };
    let (equity, fall, daily) =
        (equity.split_off(skipped), fall.split_off(skipped), daily.split_off(skipped));
    let days = plural(equity.len() as u64, "trading day");
    let days = if skipped > 0 { format!("the last {days}") } else { days };
    let until = equity.last().map_or(from, |last| last.1);
    let deepest = fall.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
    let best = daily.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
    let worst = daily.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
    let won = daily.iter().filter(|(_, result)| *result > 0.0).count();
    let fallen = if deepest.1 < 0.0 {
        format!("the deepest fall from a peak was {:.2} %, on {}", -deepest.1 * 100.0, deepest.0)
    } else {
        "no day closed below an earlier one".into()
    };
    vec![
        Chart {
            title: format!("Equity at the close ({currency})"),
            text: format!("From {} to {} {currency} over {days}.", amount(from), amount(until)),
            scale: Scale::Money,
            shape: Shape::Days { points: equity, floor: from },
        },
        Chart {
            title: "Drawdown at the close".into(),
            text: format!("Over {days}, {fallen}. Falls within a day are not drawn; the tables count them."),
            scale: Scale::Share,
            shape: Shape::Days { points: fall, floor: 0.0 },
        },
        Chart {
            title: format!("Result of each day ({currency})"),
            text: format!(
                "{won} of {days} ended above zero; the best was {} on {}, the worst {} on {}.",
                gain(best.1),
                best.0,
                gain(worst.1),
                worst.0
            ),
            scale: Scale::Money,
            shape: Shape::DayBars(daily),
        },
    ]
}

/// The results of the groups of a grouping: times of day in their order, the others by size.
pub fn group_chart(performance: &Performance, dimension: Dimension, currency: &str) -> Option<Chart> {
    let bar = |group: &GroupPerformance| {
        let value = group.get(Metric::TotalPnl).ok()?;
        Some(Bar { label: format!("{} (n {})", group.key, group.trades()), value })
    };
    let mut bars: Vec<Bar> = ordered(performance, dimension).into_iter().filter_map(bar).collect();
    if bars.len() < 2 {
        return None;
    }
    let all = bars.len();
    let mut text = told(&bars, currency);
    if dimension != Dimension::TimeOfDay {
        bars.sort_by(by_size);
        bars.truncate(BARS);
        text.push_str(&format!(" The largest {} of {all}.", bars.len()));
    }
    let of = dimension.heading().to_lowercase();
    Some(Chart {
        title: format!("Net result by {of} ({currency})"),
        text,
        scale: Scale::Money,
        shape: Shape::Bars(bars),
    })
}

fn by_size(a: &Bar, b: &Bar) -> std::cmp::Ordering {
    b.value.abs().total_cmp(&a.value.abs()).then_with(|| a.label.cmp(&b.label))
}

/// The two ends of a bar chart in words.
fn told(bars: &[Bar], unit: &str) -> String {
    let best = bars.iter().max_by(|a, b| a.value.total_cmp(&b.value));
    let worst = bars.iter().min_by(|a, b| a.value.total_cmp(&b.value));
    best.zip(worst).map_or_else(String::new, |(best, worst)| {
        format!(
            "Best: {}, {} {unit}; worst: {}, {} {unit}.",
            best.label,
            gain(best.value),
            worst.label,
            gain(worst.value)
        )
    })
}

/// What each gate cost or saved, at a position size.
pub fn missed_chart(totals: &MissedTotals, size_usd: f64, currency: &str) -> Option<Chart> {
    let mut bars: Vec<Bar> = totals
        .groups(MissedDimension::Reason)
        .filter_map(|(reason, tally)| {
            let value = tally.total().ok()? * size_usd;
            Some(Bar { label: format!("{reason} (n {})", tally.n), value })
        })
        .collect();
    if bars.is_empty() {
        return None;
    }
    bars.sort_by(by_size);
    bars.truncate(BARS);
    Some(Chart {
        title: format!("What the signals not taken would have made ({currency})"),
        text: format!("By reason, at {size_usd} a position. {}", told(&bars, currency)),
        scale: Scale::Money,
        shape: Shape::Bars(bars),
    })
}

/// The history of each knob that ever moved.
pub fn knob_charts(data: &BrainData, until: Timestamp, calendar: &Calendar) -> Vec<Chart> {
    let chart = |line: &super::KnobLine| {
        let name = line.knob.name.as_str();
        let of = data.changes.iter().filter(|change| change.knob == name && change.symbol.is_none());
        let points: Vec<(Timestamp, f64)> =
            of.filter_map(|change| Some((Timestamp::parse(&change.timestamp).ok()?, change.new?))).collect();
        let first = points.first()?.0;
        Some(Chart {
            title: name.into(),
            text: format!(
                "{} since the default of {}; the engine gets {}, in a range from {} to {}. Drawn is the smoothed value.",
                plural(points.len() as u64, "change"),
                line.knob.default,
                line.effective,
                line.knob.low,
                line.knob.high
            ),
            scale: Scale::Number,
            shape: Shape::Steps {
                points,
                until,
                dates: (calendar.session_date(first), calendar.session_date(until)),
                range: (line.knob.low, line.knob.high),
                default: line.knob.default,
            },
        })
    };
    data.knobs.iter().filter_map(chart).collect()
}

/// Predicted against observed on the rows that were held out.
pub fn reliability_chart(validation: &Validation) -> Option<Chart> {
    let points: Vec<Reliability> = validation
        .held_out
        .bands
        .iter()
        .filter(|band| band.rows > 0)
        .map(|band| Reliability { predicted: band.predicted, observed: band.observed, n: band.rows })
        .collect();
    let widest = points
        .iter()
        .max_by(|a, b| (a.predicted - a.observed).abs().total_cmp(&(b.predicted - b.observed).abs()))?;
    Some(Chart {
        title: "Reliability, held out".into(),
        text: format!(
            "Predicted against observed frequency in {}; furthest from the diagonal: predicted {:.1} %, observed {:.1} % (n {}).",
            plural(points.len() as u64, "band"),
            widest.predicted * 100.0,
            widest.observed * 100.0,
            widest.n
        ),
        scale: Scale::Share,
        shape: Shape::Reliability(points),
    })
}

/// Confidence against what happened, by decile of confidence.
pub fn confidence_chart(performance: &Performance) -> Option<Chart> {
    let points: Vec<Reliability> = performance
        .groups(Dimension::Confidence)
        .iter()
        .filter_map(|group| {
            let predicted = group.get(Metric::AvgConfidence).ok()?;
            Some(Reliability { predicted, observed: group.get(Metric::WinRate).ok()?, n: group.trades() })
        })
        .collect();
    let n: u64 = points.iter().map(|point| point.n).sum();
    (!points.is_empty()).then(|| Chart {
        title: "Confidence against win rate".into(),
        text: format!(
            "Mean confidence and win rate in {} of confidence, n {n}. Below the diagonal the engine is overconfident.",
            plural(points.len() as u64, "decile")
        ),
        scale: Scale::Share,
        shape: Shape::Reliability(points),
    })
}

/// The window whose groups are told: the week, or everything where the week is empty.
pub fn told_window(data: &FiguresByWindow) -> Option<(&'static str, &Performance)> {
    let week = data.window(Window::Days(7)).filter(|week| week.trades() > 0);
    week.map(|week| ("7 days", week)).or_else(|| data.all().map(|all| ("all", all)))
}
