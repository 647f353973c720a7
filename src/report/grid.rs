//! Answers without a form yet: the same grid becomes a table, CSV or JSON Lines.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::late::Late;
use super::text::NO_TRADES_YET;
use crate::domain::Timestamp;
use crate::metrics::{MetricResult, Undefined, Unit};
use crate::store::StoreError;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text, of whatever origin: it is made safe where it is shown.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A gain or loss in the account's currency, shown with its sign.
    Money(f64),
    /// An amount of the account's currency that is neither.
    Amount(f64),
    /// A share in `[0, 1]`, shown as percent.
    Share(f64),
    /// A gain or loss as a fraction, shown as percent with its sign.
    Change(f64),
    /// A difference of two shares, shown in percentage points with its sign.
    Points(f64),
    /// A pure number.
    Ratio(f64),
    /// A number as it is: a price, a knob.
    Exact(f64),
    /// The value of a knob, shown as people would write it.
    Setting(f64),
    /// A score of a model, shown with four places.
    Score(f64),
    /// A probability of chance, which may be very small.
    Chance(f64),
    /// Minutes.
    Minutes(f64),
    /// A moment.
    Time(Timestamp),
    /// A metric without a value, and why.
    Undefined(Undefined),
    /// Not known.
    Absent,
}

impl Cell {
    /// A metric's value in its unit.
    pub fn metric(value: MetricResult, unit: Unit, signed: bool) -> Self {
        match (value, unit) {
            (Err(why), _) => Self::Undefined(why),
            (Ok(v), Unit::Count) => Self::Count(v as u64),
            (Ok(v), Unit::Money) if signed => Self::Money(v),
            (Ok(v), Unit::Money) => Self::Amount(v),
            (Ok(v), Unit::Fraction) if signed => Self::Change(v),
            (Ok(v), Unit::Fraction) => Self::Share(v),
            (Ok(v), Unit::Ratio) => Self::Ratio(v),
            (Ok(v), Unit::Minutes) => Self::Minutes(v),
        }
    }

    /// Text that may be absent.
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Absent, |text| Self::Text(text.to_owned()))
    }

    /// A score of a model, with four places.
    pub(super) fn four_places(value: Option<f64>) -> Self {
        value.map_or(Self::Absent, |value| Self::Score((value * 1e4).round() / 1e4))
    }

    /// The value as JSON: fractions stay fractions, undefined is null.
    pub fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::Count(n) => Json::from(*n),
            Self::Money(v)
            | Self::Amount(v)
            | Self::Share(v)
            | Self::Change(v)
            | Self::Points(v)
            | Self::Ratio(v)
            | Self::Exact(v)
            | Self::Setting(v)
            | Self::Score(v)
            | Self::Chance(v)
            | Self::Minutes(v) => Json::from(*v),
            Self::Time(moment) => Json::from(moment.to_string()),
            Self::Undefined(_) | Self::Absent => Json::Null,
        }
    }
}

/// Whether a column holds words or numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// To the left, may be shortened.
    Text,
    /// To the left, never shortened: dates and times.
    Fixed,
    /// To the right, never broken or shortened.
    Number,
}

/// A column of a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its key in machine formats.
    pub key: String,
    /// Its heading in a table.
    pub heading: String,
    /// What it holds.
    pub kind: CellKind,
    /// When a terminal is too narrow, columns of the highest rank go first; rank 0 never does.
    pub rank: u8,
}

impl Column {
    /// A column of words.
    pub fn text(key: &str, heading: &str, rank: u8) -> Self {
        Self { key: key.into(), heading: heading.into(), kind: CellKind::Text, rank }
    }

    /// A column of dates or times.
    pub fn fixed(key: &str, heading: &str, rank: u8) -> Self {
        Self { key: key.into(), heading: heading.into(), kind: CellKind::Fixed, rank }
    }

    /// A column of numbers.
    pub fn number(key: &str, heading: &str, rank: u8) -> Self {
        Self { key: key.into(), heading: heading.into(), kind: CellKind::Number, rank }
    }
}

/// Rows and columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// What it shows; none for the only grid of an answer.
    pub title: Option<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// What to say when there are no rows.
    pub empty: String,
}

impl Grid {
    /// The same without a column: a drawing has no place where programs read.
    pub fn without(mut self, key: &str) -> Self {
        if let Some(at) = self.columns.iter().position(|column| column.key == key) {
            self.columns.remove(at);
            self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
        self
    }
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Its name in the schema, such as `report.metrics`.
    pub name: &'static str,
    /// The answer in a line or two.
    pub lead: Vec<String>,
    /// Lines to search and to copy from: never broken, however narrow the terminal.
    pub lines: Vec<String>,
    /// The details.
    pub grids: Vec<Grid>,
    /// What to know about the figures.
    pub notes: Vec<String>,
    /// What JSON gives.
    pub payload: serde_json::Map<String, Json>,
    /// `NAME=value` pairs that a shell or an engine reads; only few answers have any.
    pub assignments: Vec<(String, String)>,
    /// What CSV and JSON Lines give: one flat grid.
    pub records: Grid,
    /// What of the payload is made only when it is written.
    pub late: Vec<Late>,
    /// What a program that watches desks reads; only few answers have any.
    pub gauges: Vec<Gauge>,
}

impl View {
    /// Says first that it is only of the records of which an expression holds.
    pub fn where_(&mut self, filter: &str, note: Option<String>) {
        // There may be trades, of which this does not hold.
        for line in self.lead.iter_mut().filter(|line| *line == NO_TRADES_YET) {
            *line = "No trade matches: `dtlearn report metrics` shows all.".into();
        }
        self.lead.insert(0, format!("Where {filter}"));
        self.notes.extend(note);
        self.payload.insert("where".into(), filter.into());
    }

    /// The columns that CSV and JSON Lines give: of records that are made late one for each of their keys, in the order in which they come.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub fn columns(&self) -> Result<Cow<'_, [Column]>, StoreError> {
        let Some(late) = self.late.iter().find(|late| late.is_rows) else {
            return Ok(Cow::Borrowed(&self.records.columns));
        };
        let mut keys: Vec<String> = Vec::new();
        for record in late.objects() {
            for key in record?.keys() {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
        }
        Ok(keys.iter().map(|key| Column::text(key, key, 0)).collect())
    }

    /// The rows that CSV and JSON Lines give, with these columns; an error is that of stored records which cannot be read.
    pub fn rows<'v>(
        &'v self,
        columns: &'v [Column],
    ) -> impl Iterator<Item = Result<Cow<'v, [Cell]>, StoreError>> {
        let of_grid = self.records.rows.iter().map(|row| Ok(Cow::Borrowed(row.as_slice())));
        let late = self.late.iter().filter(|late| late.is_rows).flat_map(Late::objects);
        let of_record = |record: serde_json::Map<String, Json>| -> Vec<Cell> {
            let cell = |column: &Column| match record.get(&column.key) {
                None | Some(Json::Null) => Cell::Absent,
                Some(Json::String(text)) => Cell::Text(text.clone()),
                Some(Json::Number(number)) => number.as_f64().map_or(Cell::Absent, Cell::Ratio),
                Some(other) => Cell::Text(other.to_string()),
            };
            columns.iter().map(cell).collect()
        };
        of_grid.chain(late.map(move |record| Ok(Cow::Owned(of_record(record?)))))
    }
}

/// A figure that can be watched: one name and unit, with a value for each set of labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Its name, of small letters, digits and underscores, which ends in the unit.
    pub name: String,
    /// What it is, in a sentence.
    pub help: String,
    /// Its values: labels with their texts, and the value.
    pub samples: Vec<(Vec<(&'static str, String)>, f64)>,
}
