//! What the names of features say, looked up once for all records of a stretch.

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
    /// It says how the trade came out.
    pub says_outcome: bool,
    /// It says what the news said.
    pub is_of_news: bool,
    /// It may say when an item of news came.
    pub may_be_news: bool,
    /// Its one form is that of another name as well.
    pub shares_key: bool,
}

impl FeatureName {
    fn new(name: &str) -> Self {
        let key = feature_key(name);
        Self {
            name: name.into(),
            says_outcome: is_outcome_derived(&key),
            is_of_news: is_of_news(&key),
            may_be_news: may_be_news(name),
            shares_key: false,
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
        let at = self.place(name);
        &self.known[at]
    }

    /// Whether names are asked for in the order in which they were first: then each of them is another one.
    pub(super) fn are_in_order<'n>(&mut self, mut names: impl Iterator<Item = &'n str>) -> bool {
        let mut least = 0;
        let is_next = |name: &'n str| {
            let at = self.place(name);
            // Where all were forgotten meanwhile, places say nothing.
            let is_next = at >= least && self.known.len() < MOST;
            least = at + 1;
            is_next
        };
        names.all(is_next)
    }

    fn place(&mut self, name: &str) -> usize {
        let is_next = self.known.get(self.next).is_some_and(|known| known.name == name);
        let at =
            if is_next { Some(self.next) } else { self.known.iter().position(|known| known.name == name) };
        let at = at.unwrap_or_else(|| self.add(name));
        self.next = at + 1;
        at
    }

    fn add(&mut self, name: &str) -> usize {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        let mut added = FeatureName::new(name);
        for known in self.known.iter_mut().filter(|known| known.key == added.key) {
            (known.shares_key, added.shares_key) = (true, true);
        }
        self.known.push(added);
        self.known.len() - 1
    }
}
