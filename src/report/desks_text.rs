//! What every view of several stores says of them: which are in it, and which are not.

use serde_json::json;

use super::grid::View;
use super::text::plural;

/// How many desks are named in a sentence; the payload has all.
const NAMED: usize = 8;

/// Which of several desks an answer is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesksTold {
    /// The names of those that are in it.
    pub read: Vec<String>,
    /// The names of those that could not be read, and why.
    pub missing: Vec<(String, String)>,
}

impl DesksTold {
    /// An answer of one desk that could be read is that desk's own, and says nothing of it.
    fn is_of_one(&self) -> bool {
        self.read.len() < 2 && self.missing.is_empty()
    }

    /// Which desks are in it and which are not, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        if self.is_of_one() {
            return Vec::new();
        }
        let names: Vec<&str> = self.read.iter().map(String::as_str).collect();
        let mut said = vec![match names.as_slice() {
            [only] => format!("Only {only} could be read."),
            _ => format!("{} together: {}.", plural(names.len() as u64, "desk"), some_of(&names)),
        }];
        if !self.missing.is_empty() {
            let reasons: Vec<String> =
                self.missing.iter().map(|(name, why)| format!("{name} ({why})")).collect();
            let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
            let could_not = if self.missing.len() == 1 { "it could not" } else { "they could not" };
            let count = plural(self.missing.len() as u64, "desk");
            let reasons = some_of(&reasons);
            said.push(format!("Not in it, because {could_not} be read: {count}: {reasons}."));
        }
        said
    }

    /// Says it on a view, in words and as programs read it.
    pub(super) fn tell(&self, view: &mut View) {
        if self.is_of_one() {
            return;
        }
        view.lead.extend(self.sentences());
        let missing: serde_json::Map<_, _> =
            self.missing.iter().map(|(name, why)| (name.clone(), json!(why))).collect();
        view.payload.insert("desks".into(), json!({ "read": self.read, "not_read": missing }));
    }
}

/// The first of many names.
fn some_of(names: &[&str]) -> String {
    match names.get(..NAMED) {
        Some(first) if names.len() > NAMED => {
            format!("{} and {} more", first.join(", "), names.len() - NAMED)
        }
        _ => names.join(", "),
    }
}
