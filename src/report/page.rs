//! The page: every view of an operator's day under one heading each, with charts beside the tables.

use super::adjust_view::reason;
use super::brain_view::BrainData;
use super::chart::{Chart, Reliability, Scale, Shape, Step, Verdict};
use super::grid::View;
use super::text::plural;
use crate::domain::{Calendar, Timestamp};
use crate::learn::Validation;
use crate::metrics::{Dimension, Metric, Performance};
use crate::wire::{Adjustment, Attempt};

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
    /// Whether its tables are seen without a click.
    pub opens: bool,
}

/// The history of each knob that ever moved.
pub(super) fn knob_charts(data: &BrainData, until: Timestamp, calendar: &Calendar) -> Vec<Chart> {
    let chart = |line: &super::KnobLine| {
        let name = line.knob.name.as_str();
        let of = data.changes.iter().filter(|change| change.knob == name && change.symbol.is_none());
        let step = |change: &Adjustment| {
            let value = change.new?;
            let words = format!("{}: {value}, {}", change.date, reason(change));
            Some(Step { at: Timestamp::parse(&change.timestamp).ok()?, value, words })
        };
        let of: Vec<&Adjustment> = of.collect();
        let points: Vec<Step> = of.iter().filter_map(|change| step(change)).collect();
        let (first, last) = (points.first()?.at, of.last()?);
        Some(Chart {
            title: name.into(),
            text: format!(
                "{}, by default {}, from {} to {}; {}, last on {}: {}.",
                line.effective,
                line.knob.default,
                line.knob.low,
                line.knob.high,
                plural(points.len() as u64, "change"),
                last.date,
                reason(last)
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

/// What became of each attempt to retrain.
pub(super) fn retrain_chart(attempts: &[Attempt]) -> Option<Chart> {
    let verdict = |attempt: &Attempt| {
        Some(Verdict {
            date: attempt.date.parse().ok()?,
            word: attempt.status.replace('_', " "),
            words: format!("{} {}: {}", attempt.date, attempt.status.replace('_', " "), attempt.reason),
            tone: match attempt.status.as_str() {
                "deployed" => Some(true),
                "failed" => Some(false),
                _ => None,
            },
        })
    };
    let verdicts: Vec<Verdict> = attempts.iter().filter_map(verdict).collect();
    let deployed = attempts.iter().filter(|attempt| attempt.status == "deployed").count();
    (verdicts.len() > 1).then(|| Chart {
        title: "What became of each retrain".into(),
        text: format!("{deployed} of {} deployed.", plural(attempts.len() as u64, "attempt")),
        scale: Scale::Number,
        shape: Shape::Verdicts(verdicts),
    })
}
