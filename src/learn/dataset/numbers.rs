//! The numbers of rows: the values of each row by itself, and their names once for all rows that have the same ones.

use std::collections::HashSet;
use std::sync::Arc;

/// Numbers that a row gets beside those of its record: what time and date say, and how its sector did.
const ADDED: usize = 6;

/// A row's numbers, each name once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Numbers {
    names: Arc<[u16]>,
    values: Vec<f64>,
}

impl Numbers {
    pub(super) fn get(&self, name: u16) -> Option<f64> {
        self.place(name).map(|at| self.values[at])
    }

    pub(super) fn has(&self, name: u16) -> bool {
        self.place(name).is_some()
    }

    fn place(&self, name: u16) -> Option<usize> {
        self.names.iter().position(|known| *known == name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, f64)> {
        self.names.iter().copied().zip(self.values.iter().copied())
    }

    /// Adds those whose names it has not.
    pub(super) fn complete_with(&mut self, other: &Self) {
        let added: Vec<(u16, f64)> = other.iter().filter(|(name, _)| !self.has(*name)).collect();
        if !added.is_empty() {
            self.names = self.names.iter().copied().chain(added.iter().map(|(name, _)| *name)).collect();
            self.values.extend(added.iter().map(|(_, value)| *value));
        }
    }

    /// Leaves out those of these names.
    pub(super) fn leave_out(&mut self, names: &[u16]) {
        let (kept, values): (Vec<u16>, Vec<f64>) =
            self.iter().filter(|(name, _)| !names.contains(name)).unzip();
        *self = Self { names: kept.into(), values };
    }

    /// For each of some rows the number of a name; NaN where a row has none.
    pub(super) fn column<'n>(rows: impl Iterator<Item = Option<&'n Self>>, name: Option<u16>) -> Vec<f64> {
        // Rows that have the same names have the number at the same place.
        let mut last: Option<(&Arc<[u16]>, Option<usize>)> = None;
        let value = |row: Option<&'n Self>| {
            let row = row?;
            let at = match last {
                Some((names, at)) if Arc::ptr_eq(names, &row.names) => at,
                _ => {
                    let at = row.place(name?);
                    last = Some((&row.names, at));
                    at
                }
            };
            Some(row.values[at?])
        };
        rows.map(value).map(|value| value.unwrap_or(f64::NAN)).collect()
    }
}

/// The lists of names that rows have.
#[derive(Clone, Debug, Default)]
pub(super) struct NameLists {
    known: HashSet<Arc<[u16]>>,
    /// The list that is put together.
    list: Vec<u16>,
}

impl NameLists {
    /// Numbers with their names.
    pub(super) fn numbers(&mut self, numbers: impl Iterator<Item = (u16, f64)>) -> Numbers {
        let mut values = Vec::with_capacity(numbers.size_hint().1.unwrap_or_default() + ADDED);
        self.list.clear();
        for (name, value) in numbers {
            self.list.push(name);
            values.push(value);
        }
        Numbers { names: self.known_list(), values }
    }

    /// Adds numbers of other names.
    pub(super) fn add(&mut self, numbers: &mut Numbers, added: impl Iterator<Item = (u16, f64)>) {
        self.list.clear();
        self.list.extend(numbers.names.iter());
        for (name, value) in added.filter(|(name, _)| !numbers.names.contains(name)) {
            self.list.push(name);
            if numbers.values.len() == numbers.values.capacity() {
                numbers.values.reserve_exact(ADDED);
            }
            numbers.values.push(value);
        }
        numbers.names = self.known_list();
    }

    fn known_list(&mut self) -> Arc<[u16]> {
        if let Some(known) = self.known.get(self.list.as_slice()) {
            return Arc::clone(known);
        }
        let list: Arc<[u16]> = self.list.as_slice().into();
        self.known.insert(Arc::clone(&list));
        list
    }
}
