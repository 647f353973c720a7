//! A value for each knob, found by the knob's name.

use std::ops::{Index, IndexMut};

use super::knob::KnobName;

/// A value of each knob, in the order of [`KnobName::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerKnob<T>([T; KnobName::COUNT]);

impl<T> PerKnob<T> {
    /// From values in the order of [`KnobName::ALL`].
    pub const fn new(values: [T; KnobName::COUNT]) -> Self {
        Self(values)
    }

    /// What `value` gives for each knob.
    pub fn from_fn(value: impl FnMut(KnobName) -> T) -> Self {
        Self(KnobName::ALL.map(value))
    }

    /// What `of` makes of each value.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> PerKnob<U> {
        PerKnob(self.0.map(of))
    }

    /// The values, in the order of [`KnobName::ALL`].
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The values, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }

    /// The values as an array, in the order of [`KnobName::ALL`].
    pub const fn as_array(&self) -> &[T; KnobName::COUNT] {
        &self.0
    }
}

impl<T> Index<KnobName> for PerKnob<T> {
    type Output = T;

    fn index(&self, name: KnobName) -> &T {
        &self.0[name as usize]
    }
}

impl<T> IndexMut<KnobName> for PerKnob<T> {
    fn index_mut(&mut self, name: KnobName) -> &mut T {
        &mut self.0[name as usize]
    }
}

impl<T> IntoIterator for PerKnob<T> {
    type Item = T;
    type IntoIter = std::array::IntoIter<T, { KnobName::COUNT }>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a PerKnob<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
