//! The page: every view of an operator's day under one heading each, with charts beside the tables.

use super::brain_view::BrainData;
use super::chart::{Chart, Reliability, Scale, Shape};
use super::grid::View;
use super::text::{gain, plural};
use crate::domain::{Calendar, Timestamp};
use crate::learn::Validation;
use crate::metrics::{Dimension, Metric, Performance};

/// A part of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// The part of an address that leads to it: lower-case letters and dashes.
    pub id: &'static str,
    /// What is seen first of it.
    pub tiles: Vec<super::Tile>,
    /// Its charts.
    pub charts: Vec<Chart>,
    /// Its text and tables.
    pub view: View,
}

/// The most days of a chart; the oldest are left out.
const DAYS: usize = 500;

/// Daily results of the days that are told of.
pub(super) fn day_chart(performance: &Performance, currency: &str) -> Option<Chart> {
    let mut daily: Vec<_> =
        performance.daily().days().filter_map(|(date, day)| Some((date, day.pnl.value().ok()?))).collect();
    let skipped = daily.len().saturating_sub(DAYS);
    daily = daily.split_off(skipped);
    let best = daily.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let worst = daily.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let won = daily.iter().filter(|(_, result)| *result > 0.0).count();
    let days = plural(daily.len() as u64, "trading day");
    let days = if skipped > 0 { format!("the last {days}") } else { days };
    Some(Chart {
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
    })
}

/// The history of each knob that ever moved.
pub(super) fn knob_charts(data: &BrainData, until: Timestamp, calendar: &Calendar) -> Vec<Chart> {
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
pub(super) fn reliability_chart(validation: &Validation) -> Option<Chart> {
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
pub(super) fn confidence_chart(performance: &Performance) -> Option<Chart> {
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
