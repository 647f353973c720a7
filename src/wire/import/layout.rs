//! What the columns of a file stand for.

use std::borrow::Cow;

use super::error::FormatError;
use super::rows::ColumnUse;
use crate::wire::input::{Field, Found, Likeness, MapError, Meaning, Names, Rank, says_sum};

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A field.
    Field(Meaning),
    /// Worked out anew.
    Derived,
    /// Kept under `extra`; with what its name looks like.
    Aside(Option<Likeness>),
    /// Kept under `extra`, because the user says so.
    Ignored,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    pub what: Use,
    /// Whether a row has something else than nothing and zero in it.
    is_said: bool,
}

impl Column {
    /// The field that it stands for.
    pub(super) fn field(&self) -> Option<Field> {
        match self.what {
            Use::Field(meaning) => Some(meaning.field),
            _ => None,
        }
    }

    pub(super) fn is_time(&self) -> bool {
        self.field().is_some_and(Field::is_time)
    }
}

/// The columns of a file.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub columns: Vec<Column>,
}

impl Layout {
    /// Every heading for itself.
    pub(super) fn plain(headings: &[String], names: &Names) -> Self {
        let column = |name: &String| {
            let what = match names.find(name) {
                Found::Field(meaning) => Use::Field(meaning),
                Found::Derived => Use::Derived,
                Found::Unknown(likeness) => Use::Aside(likeness),
                Found::Ignored => Use::Ignored,
            };
            Column { name: name.clone(), what, is_said: false }
        };
        Self { columns: headings.iter().map(column).collect() }
    }

    /// One column for each field, but for costs, which add up, and times, which two may make.
    ///
    /// # Errors
    /// [`MapError::TwoColumns`], [`MapError::NoSuchColumn`].
    pub(super) fn of(headings: &[String], names: &Names) -> Result<Self, MapError> {
        let mut layout = Self::plain(headings, names);
        layout.has_what_was_mapped(names)?;
        layout.part_twins();
        for field in Field::ALL {
            let of_field: Vec<usize> =
                (0..layout.columns.len()).filter(|at| layout.columns[*at].field() == Some(*field)).collect();
            let rank = |layout: &Self, at: usize| match layout.columns[at].what {
                Use::Field(meaning) => meaning.rank,
                _ => Rank::Loose,
            };
            let Some(best) = of_field.iter().map(|at| rank(&layout, *at)).max() else { continue };
            let (taken, weaker): (Vec<usize>, Vec<usize>) =
                of_field.into_iter().partition(|at| rank(&layout, *at) == best);
            let mut aside = weaker;
            if taken.len() > 1 {
                let is_sum = |at: &usize| says_sum(&layout.columns[*at].name);
                let may_be_many =
                    (field.adds_up() && !taken.iter().any(is_sum)) || (field.is_time() && taken.len() == 2);
                if !may_be_many && (best == Rank::Loose || !field.is_decisive()) {
                    aside.extend(&taken[1..]);
                } else if !may_be_many {
                    let name = |at: usize| layout.columns[at].name.clone();
                    let (one, other) = (name(taken[0]), name(taken[1]));
                    return Err(MapError::TwoColumns { one, other, field: field.as_str() });
                }
            }
            for at in aside {
                layout.columns[at].what = Use::Aside(None);
            }
        }
        Ok(layout)
    }

    /// `Time … Price … Time … Price`: of two columns with one name the first is the entry's.
    fn part_twins(&mut self) {
        for (exit, entry) in [(Field::ExitPrice, Field::EntryPrice), (Field::ExitTime, Field::EntryTime)] {
            if self.has_field(entry) {
                continue;
            }
            let twins: Vec<usize> =
                (0..self.columns.len()).filter(|at| self.columns[*at].field() == Some(exit)).collect();
            if let [first, second] = twins[..]
                && self.columns[first].name == self.columns[second].name
            {
                let meaning = Meaning { field: entry, rank: Rank::Certain, name: entry.as_str() };
                self.columns[first].what = Use::Field(meaning);
            }
        }
    }

    /// Ignores the columns whose names are such.
    pub(super) fn ignore(&mut self, is_such: impl Fn(&str) -> bool) {
        for column in self.columns.iter_mut().filter(|column| is_such(&column.name)) {
            column.what = Use::Ignored;
        }
    }

    fn has_field(&self, field: Field) -> bool {
        self.columns.iter().any(|column| column.field() == Some(field))
    }

    /// Whether all of these fields have a column.
    ///
    /// # Errors
    /// [`FormatError::NoColumn`].
    pub(super) fn has(&self, needed: &[Field]) -> Result<(), FormatError> {
        match needed.iter().find(|field| !self.has_field(**field)) {
            None => Ok(()),
            Some(field) => {
                Err(FormatError::NoColumn { field: field.as_str(), has: self.headings(), nearest: None })
            }
        }
    }

    /// Whether a closed trade can be made of the columns.
    ///
    /// # Errors
    /// [`FormatError::NoColumn`].
    pub(super) fn has_what_a_trade_needs(&self, has_symbol: bool) -> Result<(), FormatError> {
        let bought = [Field::BuyPrice, Field::SellPrice, Field::BuyTime, Field::SellTime];
        let is_bought = bought.into_iter().all(|field| self.has_field(field));
        let needed: &[Field] =
            if is_bought { &[] } else { &[Field::EntryPrice, Field::ExitPrice, Field::ExitTime] };
        let symbol: &[Field] = if has_symbol { &[] } else { &[Field::Symbol] };
        self.has(symbol)?;
        self.has(needed)
    }

    /// Whether an execution can be made of the columns. Without a side the sign of the quantity says it.
    ///
    /// # Errors
    /// [`FormatError::NoColumn`].
    pub(super) fn has_what_a_fill_needs(&self, has_symbol: bool) -> Result<(), FormatError> {
        let symbol: &[Field] = if has_symbol { &[] } else { &[Field::Symbol] };
        self.has(symbol)?;
        self.has(&[Field::Qty, Field::Price, Field::Timestamp, Field::Side])
    }

    fn headings(&self) -> String {
        let names: Vec<&str> =
            self.columns.iter().map(|column| column.name.as_str()).filter(|name| !name.is_empty()).collect();
        names.join(", ")
    }

    /// Whether every name that the user mapped is there.
    ///
    /// # Errors
    /// [`MapError::NoSuchColumn`].
    pub(super) fn has_what_was_mapped(&self, names: &Names) -> Result<(), MapError> {
        for (name, field) in names.mapped() {
            let is_it = |column: &Column| {
                matches!(column.what, Use::Field(Meaning { field: of, rank: Rank::Mapped, .. }) if of == field)
                    && crate::wire::input::folded(&column.name) == crate::wire::input::folded(name)
            };
            if !self.columns.iter().any(is_it) {
                return Err(MapError::NoSuchColumn { column: name.to_owned(), has: self.headings() });
            }
        }
        Ok(())
    }

    /// Remembers which columns say something.
    pub(super) fn learn(&mut self, cells: &[Cow<'_, str>]) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.is_said |=
                !cell.is_empty() && !cell.bytes().all(|b| matches!(b, b'0' | b'.' | b',' | b'$'));
        }
    }

    /// Whether nothing more can be learned.
    pub(super) fn is_all_said(&self) -> bool {
        self.columns.iter().all(|column| column.is_said || !matches!(column.what, Use::Aside(Some(_))))
    }

    /// Names that look like money and say something.
    pub(super) fn left_over(&self) -> Vec<String> {
        let has_qty = self.has_field(Field::Qty);
        let is_left = |column: &&Column| {
            column.is_said && matches!(column.what, Use::Aside(Some(likeness)) if matters(likeness, has_qty))
        };
        self.columns.iter().filter(is_left).map(|column| column.name.clone()).collect()
    }

    /// What became of each column.
    pub(super) fn uses(&self) -> Vec<ColumnUse> {
        let left_over = self.left_over();
        let fees = self.columns.iter().filter(|column| column.field() == Some(Field::Fees)).count();
        let of = |column: &Column| {
            let note = match column.what {
                Use::Field(meaning) if meaning.field == Field::Fees && fees > 1 => "added up",
                Use::Field(_) => "",
                Use::Derived => "worked out anew",
                Use::Ignored => "ignored",
                Use::Aside(_) if left_over.contains(&column.name) => "looks like money",
                Use::Aside(_) => "kept under extra",
            };
            ColumnUse { name: column.name.clone(), field: column.field().map(Field::as_str), note }
        };
        self.columns.iter().filter(|column| !column.name.is_empty()).map(of).collect()
    }
}

/// Whether a likeness stands for something, given that a quantity is there or not.
pub(super) fn matters(likeness: Likeness, has_qty: bool) -> bool {
    likeness == Likeness::Money || !has_qty
}
