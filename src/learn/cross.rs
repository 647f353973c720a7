//! Columns derived from two: a column seen from the side of a trade.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::learn::damage::Damaged;
use crate::learn::table::{COLUMNS_MAX, Table};

/// A column that is turned round where another one says so: a momentum is good for a long trade and bad
/// for a short one, and neither side nor momentum tells anything alone, so a greedy tree does not find it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cross {
    /// The column that is turned.
    pub column: u32,
    /// The column that decides: above one half the value stays, else it changes its sign.
    pub by: u32,
    /// What is taken from the value first: its median over the rows learned from.
    pub centre: f64,
}

/// Derived columns, which stand after the columns of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crosses {
    /// How many columns a row has without the derived ones.
    pub columns: u32,
    /// The derived columns.
    pub crosses: Vec<Cross>,
}

impl Crosses {
    /// Every other column of the table turned by column `by`; no derived column if there is no such one.
    pub fn signed(table: &Table, by: Option<usize>) -> Self {
        let columns = table.columns.len();
        let cross = |(by, column): (usize, usize)| Cross {
            column: column as u32,
            by: by as u32,
            centre: median(&table.columns[column]),
        };
        let turned = by.filter(|&by| by < columns && 2 * columns <= COLUMNS_MAX);
        let pairs = turned.into_iter().flat_map(|by| (0..columns).map(move |column| (by, column)));
        let crosses = pairs.filter(|(by, column)| by != column).map(cross).collect();
        Self { columns: columns as u32, crosses }
    }

    /// The table with the derived columns.
    pub fn widen(&self, table: &Table) -> Table {
        let columns = (0..self.width()).map(|column| self.column(table, column).into_owned());
        Table { columns: columns.collect(), rows: table.rows }
    }

    /// One column of the widened table; all missing where there is none.
    pub(crate) fn column<'a>(&self, table: &'a Table, column: usize) -> Cow<'a, [f64]> {
        let own = |at: usize| table.columns.get(at).map(Vec::as_slice);
        let derived = column.checked_sub(self.columns as usize).and_then(|at| self.crosses.get(at));
        let values = match derived {
            None => own(column).map(Cow::Borrowed),
            Some(cross) => own(cross.column as usize).zip(own(cross.by as usize)).map(|(values, by)| {
                values.iter().zip(by).map(|(&value, &by)| cross.value(value, by)).collect()
            }),
        };
        values.unwrap_or_else(|| Cow::Owned(vec![f64::NAN; table.rows]))
    }

    /// A row with the derived values.
    pub fn widen_row(&self, row: &[f64]) -> Vec<f64> {
        let of = |column: u32| row.get(column as usize).copied().unwrap_or(f64::NAN);
        let own = (0..self.columns).map(of);
        own.chain(self.crosses.iter().map(|cross| cross.value(of(cross.column), of(cross.by)))).collect()
    }

    /// Sums given for all columns, those of derived ones added to the column that is turned.
    pub fn narrow(&self, wide: &[f64]) -> Vec<f64> {
        let own = (self.columns as usize).min(wide.len());
        let mut sums = wide[..own].to_vec();
        for (cross, value) in self.crosses.iter().zip(&wide[own..]) {
            if let Some(sum) = sums.get_mut(cross.column as usize) {
                *sum += value;
            }
        }
        sums
    }

    /// The column of the table that one of the widened table is, or is made of.
    pub(crate) fn source(&self, column: usize) -> Option<usize> {
        match column.checked_sub(self.columns as usize) {
            None => Some(column),
            Some(derived) => self.crosses.get(derived).map(|cross| cross.column as usize),
        }
    }

    /// How many columns there are with the derived ones.
    pub fn width(&self) -> usize {
        self.columns as usize + self.crosses.len()
    }

    /// Whether every derived column, read from outside, is made of columns that exist.
    pub fn check(&self, columns: usize) -> Result<(), Damaged> {
        let exist = |cross: &Cross| cross.column < self.columns && cross.by < self.columns;
        if self.columns as usize != columns || !self.crosses.iter().all(exist) {
            Err(Damaged::Column)
        } else if self.width() > COLUMNS_MAX {
            Err(Damaged::Shape)
        } else if self.crosses.iter().all(|cross| cross.centre.is_finite()) {
            Ok(())
        } else {
            Err(Damaged::Number)
        }
    }
}

impl Cross {
    fn value(&self, value: f64, by: f64) -> f64 {
        let centred = value - self.centre;
        match by.partial_cmp(&0.5) {
            Some(std::cmp::Ordering::Greater) => centred,
            Some(_) => -centred,
            None => f64::NAN,
        }
    }
}

/// The lower median of the finite values, 0 without any.
fn median(values: &[f64]) -> f64 {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let middle = finite.len().saturating_sub(1) / 2;
    if finite.is_empty() { 0.0 } else { *finite.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_turn_with_the_side() {
        let table = Table::new(vec![vec![1.0, 2.0, 5.0, f64::NAN], vec![1.0, 0.0, 0.0, 1.0]]).unwrap();
        let crosses = Crosses::signed(&table, Some(1));
        assert_eq!(crosses.crosses, [Cross { column: 0, by: 1, centre: 2.0 }]);
        let wide = crosses.widen(&table);
        assert_eq!(wide.columns[2][..3], [-1.0, -0.0, -3.0]);
        assert!(wide.columns[2][3].is_nan());
        for row in 0..4 {
            let (a, b) = (wide.row(row), crosses.widen_row(&table.row(row)));
            assert!(a.iter().zip(&b).all(|(a, b)| a.to_bits() == b.to_bits()), "{a:?} {b:?}");
        }
        assert_eq!(crosses.narrow(&[1.0, 2.0, 4.0]), [5.0, 2.0]);
        assert!(crosses.check(2).is_ok() && crosses.check(3).is_err());
    }

    #[test]
    fn no_side_gives_no_derived_column() {
        let table = Table::new(vec![vec![1.0]]).unwrap();
        assert_eq!(Crosses::signed(&table, None).width(), 1);
        assert_eq!(Crosses::signed(&table, Some(7)).width(), 1);
    }
}
