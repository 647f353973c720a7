//! Charts without a form yet: what is drawn, in which unit, and the sentence that says the same in words.

use crate::domain::{Date, Timestamp};

/// What the numbers of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The account's currency.
    Money,
    /// Fractions, shown as percent.
    Share,
    /// Plain numbers.
    Number,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// How long it is; below zero it is drawn as a loss.
    pub value: f64,
}

/// A point of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reliability {
    /// Mean predicted probability.
    pub predicted: f64,
    /// The share that came true.
    pub observed: f64,
    /// Rows.
    pub n: u64,
}

/// A point of a curve over one number, with a band where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Where.
    pub x: f64,
    /// How much.
    pub y: f64,
    /// The band around it.
    pub band: Option<(f64, f64)>,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A value at the end of each day; `floor` is where the filled area begins.
    Days {
        /// Dates and values, in order.
        points: Vec<(Date, f64)>,
        /// The value that the area is filled from.
        floor: f64,
    },
    /// A bar for each day.
    DayBars(Vec<(Date, f64)>),
    /// A bar for each name.
    Bars(Vec<Bar>),
    /// Predicted against observed, with the diagonal.
    Reliability(Vec<Reliability>),
    /// A value that stays until the next change, within a range and beside its default.
    Steps {
        /// Moments of change and the value from then on.
        points: Vec<(Timestamp, f64)>,
        /// The last moment that is drawn.
        until: Timestamp,
        /// The trading dates of the first change and of the last moment.
        dates: (Date, Date),
        /// The lowest and the highest value that it may have.
        range: (f64, f64),
        /// Where it started from.
        default: f64,
    },
    /// A curve with its band, and the value of x that is in force.
    Curve {
        /// In order of x.
        points: Vec<CurvePoint>,
        /// What is in force now.
        now: Option<f64>,
    },
}

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Its heading.
    pub title: String,
    /// What it shows, for whoever cannot see it.
    pub text: String,
    /// The unit of its values.
    pub scale: Scale,
    /// What is drawn.
    pub shape: Shape,
}
