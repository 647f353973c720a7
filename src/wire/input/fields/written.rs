//! Whether a record is one that this program wrote, as its own export has them.

use std::sync::LazyLock;

use serde_json::Value;

use super::Fields;
use crate::wire::input::raw::Conventions;
use crate::wire::input::vocabulary::Field;

/// How this program writes.
static OWN: LazyLock<Conventions> = LazyLock::new(Conventions::default);

/// What a record says of having been written by this program.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    has_schema: bool,
    has_time: bool,
    left_over: Vec<String>,
}

impl Fields<'_> {
    /// Notes a value that is worked out anew.
    pub fn note_derived(&mut self, name: &str, value: Value) {
        match (name, value) {
            (_, Value::Null) => {}
            ("schema", _) => self.written.has_schema = true,
            ("_ts", _) => self.written.has_time = true,
            ("left_over", value) => self.written.left_over = names_in(value),
            _ => {}
        }
    }

    /// Whether the record is a closed trade as this program stores it: its result is in the account's currency, whatever
    /// that of its prices. Ask before fields are taken.
    pub fn is_own(&self) -> bool {
        self.written.has_schema
            && self.written.has_time
            && [Field::Pnl, Field::PnlPct].into_iter().all(|field| self.has(field))
    }

    /// Reads the record as this program writes it, whatever others of the same input look like: the side is the position's,
    /// costs are above zero and off the result.
    pub fn read_as_own(&mut self) {
        self.conventions = &OWN;
        self.left_over.append(&mut self.written.left_over);
    }
}

/// The texts of a list, which a cell has as JSON.
fn names_in(value: Value) -> Vec<String> {
    let list = match value {
        Value::String(cell) => serde_json::from_str(&cell).unwrap_or_default(),
        other => other,
    };
    let Value::Array(list) = list else { return Vec::new() };
    list.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
