//! Stored records that are shown as they are, each read and made an object of when it is written.

use super::late::{Object, Objects};
use crate::files::trade_list::TradeList;
use crate::store::StoreError;
use crate::wire::parse_object;

/// The records of a list, which can be many: none of them is held.
pub struct StoredRecords(TradeList);

impl StoredRecords {
    /// Those of a list.
    pub(crate) const fn new(list: TradeList) -> Self {
        Self(list)
    }
}

impl Objects for StoredRecords {
    /// Newest first; the desk is a key of each.
    fn each(&self) -> Box<dyn Iterator<Item = Result<Object, StoreError>> + '_> {
        let object = |line: Result<(Vec<u8>, Option<&str>), StoreError>| {
            let (line, desk) = match line {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            };
            let mut object = parse_object(&line).ok()?;
            if let Some(desk) = desk {
                object.insert("desk".into(), desk.into());
            }
            Some(Ok(object))
        };
        Box::new(self.0.lines(usize::MAX).filter_map(object))
    }
}

impl std::fmt::Debug for StoredRecords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredRecords({})", self.0.count())
    }
}
