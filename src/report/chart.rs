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

/// The account at a close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EquityPoint {
    /// The trading day.
    pub date: Date,
    /// Capital and all results up to its close.
    pub equity: f64,
    /// How far that lies below the highest close before, a fraction of it.
    pub fall: f64,
}

/// A session of a calendar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalendarCell {
    /// Its date.
    pub date: Date,
    /// Its result.
    pub value: f64,
    /// Trades.
    pub n: u64,
}

/// A value with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// What it stands for.
    pub label: String,
    /// What it rests on: trades or signals.
    pub n: Option<u64>,
    /// Where the dot is.
    pub value: f64,
    /// The interval around it.
    pub interval: Option<(f64, f64)>,
    /// The same in words.
    pub words: String,
    /// Whether it is clearly good (`Some(true)`) or bad: it is coloured then.
    pub tone: Option<bool>,
}

/// A decision on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The day.
    pub date: Date,
    /// What was decided.
    pub word: String,
    /// The same with its reason.
    pub words: String,
    /// Whether it brought something new (`Some(true)`), went wrong, or neither.
    pub tone: Option<bool>,
}

/// A change of a value that stays until the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The value from then on.
    pub value: f64,
    /// The same in words, with what moved it.
    pub words: String,
}

/// A bar of a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramBar {
    /// Where it begins.
    pub from: String,
    /// How many are in it.
    pub n: u64,
    /// Whether it is of losses.
    pub is_loss: bool,
    /// The same in words.
    pub words: String,
}

/// A cell that is coloured by its value.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatCell {
    /// The value.
    pub value: f64,
    /// As it stands in the cell.
    pub short: String,
    /// The same in words.
    pub words: String,
}

/// A row of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatRow {
    /// Its name.
    pub name: String,
    /// A cell for each column that has one.
    pub cells: Vec<Option<HeatCell>>,
}

/// A trade in a cloud of points.
#[derive(Clone, Debug, PartialEq)]
pub struct ScatterPoint {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// Whether it won.
    pub is_gain: bool,
    /// The same in words.
    pub words: String,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Equity at each close, and below it on the same axis of time how far that is below the peak.
    Equity {
        /// In order of time.
        points: Vec<EquityPoint>,
        /// Where the account began.
        capital: f64,
    },
    /// A cell for each session.
    Calendar(Vec<CalendarCell>),
    /// Values with their intervals on one axis.
    Dots {
        /// From top to bottom.
        dots: Vec<Dot>,
        /// The ends of the axis, where pictures beside each other share it.
        reach: Option<(f64, f64)>,
    },
    /// Counts by band.
    Histogram(Vec<HistogramBar>),
    /// Rows and columns of cells.
    Heat {
        /// The names of the columns.
        columns: Vec<String>,
        /// The rows.
        rows: Vec<HeatRow>,
    },
    /// A cloud of points.
    Scatter {
        /// The points.
        points: Vec<ScatterPoint>,
        /// What runs across and what runs up.
        names: (&'static str, &'static str),
    },
    /// Bands of paths from today on, at the 5, 25, 50, 75 and 95 % points.
    Fan {
        /// Equity today.
        start: f64,
        /// After each session.
        course: Vec<[f64; 5]>,
    },
    /// Decisions over time, a row for each kind; in order of time.
    Verdicts(Vec<Verdict>),
    /// Predicted against observed, with the diagonal.
    Reliability(Vec<Reliability>),
    /// A value that stays until the next change, within a range and beside its default.
    Steps {
        /// The changes, in order of time.
        points: Vec<Step>,
        /// The last moment that is drawn.
        until: Timestamp,
        /// The trading dates of the first change and of the last moment.
        dates: (Date, Date),
        /// The lowest and the highest value that it may have.
        range: (f64, f64),
        /// Where it started from.
        default: f64,
    },
    /// A value at each of some moments, from 0 up, and a line that it is held below.
    Course {
        /// Moments and their values.
        points: Vec<(Timestamp, f64)>,
        /// The trading dates of the first and the last of them.
        dates: (Date, Date),
        /// The line.
        line: f64,
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

impl Chart {
    /// Rows of a chart that has a row for each name; 0 of any other.
    pub fn rows(&self) -> usize {
        if let Shape::Dots { dots, .. } = &self.shape { dots.len() } else { 0 }
    }
}
