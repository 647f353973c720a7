//! A signal as it stands in its line, to be scored: what is wrong in it is worked around, so that it is read key by key.

use serde_json::Value;

use super::entry_features::EntryFeatures;
use super::feature_names::FeatureNames;
use super::input::WireError;
use super::lean_json::{Lean, LeanObject};
use crate::domain::Timestamp;

/// A line that holds a signal.
#[derive(Clone, Debug)]
pub struct SignalLine<'a>(LeanObject<'a>);

impl<'a> SignalLine<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// [`WireError`] where it is no JSON object.
    pub fn parse(line: &'a [u8]) -> Result<Self, WireError> {
        LeanObject::parse(line).map(Self)
    }

    /// The value of a key, as a warning quotes it; none where it is missing or null.
    pub fn given(&self, key: &str) -> Option<Value> {
        self.0.get(key).map(Lean::to_value).filter(|value| !value.is_null())
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// The number of a key.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    /// What was known at a moment; `names` are those of the features of signals before it, which mostly have the same.
    pub fn known(&self, at: Option<Timestamp>, names: &mut FeatureNames) -> EntryFeatures {
        EntryFeatures::of_lean(&self.0, at, names)
    }
}
