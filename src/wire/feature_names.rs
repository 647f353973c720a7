//! What the names of features say, looked up once for all records of a stretch.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use smol_str::SmolStr;

use super::feature_key::feature_key;
use super::input::{is_of_news, may_be_news};
use super::outcome_derived::is_outcome_derived;

/// Names that are remembered at most: a record may have any.
const MOST: usize = 1_000;

/// What the name of a feature says.
#[derive(Clone, Debug)]
pub(super) struct FeatureName {
    /// The name as it stands in records.
    name: SmolStr,
    /// Its one form: [`feature_key`].
    pub key: SmolStr,
    /// A number by which different keys differ, nearly always.
    pub mark: u64,
    /// It says how the trade came out.
    pub says_outcome: bool,
    /// It says what the news said.
    pub is_of_news: bool,
    /// It may say when an item of news came.
    pub may_be_news: bool,
}

impl FeatureName {
    fn new(name: &str) -> Self {
        let key = feature_key(name);
        Self {
            name: name.into(),
            says_outcome: is_outcome_derived(&key),
            is_of_news: is_of_news(&key),
            may_be_news: may_be_news(name),
            mark: BuildHasherDefault::<DefaultHasher>::default().hash_one(&key),
            key: key.into(),
        }
    }
}

/// The names of features that records had, which are the same in nearly all of them and in the same order.
#[derive(Clone, Debug, Default)]
pub struct FeatureNames {
    known: Vec<FeatureName>,
    /// The place behind the one that was asked for last.
    next: usize,
}

impl FeatureNames {
    /// What a name says.
    pub(super) fn of(&mut self, name: &str) -> &FeatureName {
        let is_next = self.known.get(self.next).is_some_and(|known| known.name == name);
        let at =
            if is_next { Some(self.next) } else { self.known.iter().position(|known| known.name == name) };
        let at = at.unwrap_or_else(|| {
            if self.known.len() >= MOST {
                self.known.clear();
            }
            self.known.push(FeatureName::new(name));
            self.known.len() - 1
        });
        self.next = at + 1;
        &self.known[at]
    }
}
