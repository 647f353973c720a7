//! Rows of numbers held by column.

use crate::learn::error::FitError;

/// The most columns a table may have to be learned from, derived ones included.
pub(crate) const COLUMNS_MAX: usize = 4096;

/// A table of numbers by column; NaN stands for a missing value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns, each with one value per row.
    pub columns: Vec<Vec<f64>>,
    /// How many rows every column has.
    pub rows: usize,
}

impl Table {
    /// A table of these columns, or an error if one is not as long as the first.
    pub fn new(columns: Vec<Vec<f64>>) -> Result<Self, FitError> {
        let rows = columns.first().map_or(0, Vec::len);
        let table = Self { columns, rows };
        table.check()?;
        Ok(table)
    }

    /// Whether there are few enough columns and all have as many values as there are rows.
    pub fn check(&self) -> Result<(), FitError> {
        if self.columns.len() > COLUMNS_MAX {
            return Err(FitError::Columns { got: self.columns.len(), max: COLUMNS_MAX });
        }
        match self.columns.iter().find(|column| column.len() != self.rows) {
            Some(column) => Err(FitError::Length { what: "column", got: column.len(), rows: self.rows }),
            None => Ok(()),
        }
    }

    /// The values of one row in column order.
    pub fn row(&self, row: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column.get(row).copied().unwrap_or(f64::NAN)).collect()
    }

    /// The table of these rows, in this order; an index past the end gives a row without values.
    pub fn select(&self, rows: &[usize]) -> Self {
        let take = |column: &Vec<f64>| {
            rows.iter().map(|&row| column.get(row).copied().unwrap_or(f64::NAN)).collect()
        };
        Self { columns: self.columns.iter().map(take).collect(), rows: rows.len() }
    }
}
