//! Stored records that are shown as they are, each made an object of when it is written.

use std::sync::Arc;

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::wire::parse_object;

/// A stored record.
type Stored = Map<String, Json>;

/// A line of the log, and its desk where there are several.
type Line = (Box<[u8]>, Option<Arc<str>>);

/// Records that wait as the text that they are: they can be many, and an object takes six times the memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredRecords {
    lines: Vec<Line>,
}

impl StoredRecords {
    /// Takes lines of the log, each with its desk where there are several.
    pub fn new(lines: impl IntoIterator<Item = Line>) -> Self {
        Self { lines: lines.into_iter().collect() }
    }

    /// The records one by one; the desk is a key of each.
    pub fn objects(&self) -> impl Iterator<Item = Stored> {
        self.lines.iter().filter_map(|(line, desk)| {
            let mut object = parse_object(line).ok()?;
            if let Some(desk) = desk {
                object.insert("desk".into(), (**desk).into());
            }
            Some(object)
        })
    }
}

impl Serialize for StoredRecords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.objects())
    }
}
