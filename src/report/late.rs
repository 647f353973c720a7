//! Objects of an answer that are made when they are written: held, they would take many times the memory of what they are
//! made of.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::store::StoreError;

/// An object.
pub type Object = Map<String, Json>;

/// What makes objects one by one, the same each time that it is asked. An error ends them.
pub trait Objects: Send + Sync {
    /// The objects.
    fn each(&self) -> Box<dyn Iterator<Item = Result<Object, StoreError>> + '_>;
}

/// Objects under a key of the payload.
#[derive(Clone)]
pub struct Late {
    /// The key of the object that holds them; none where that is the payload itself.
    pub within: Option<&'static str>,
    /// The key.
    pub key: &'static str,
    /// Whether CSV and JSON Lines give them, a row each.
    pub is_rows: bool,
    objects: Arc<dyn Objects>,
}

impl Late {
    /// What these make, under a key of the payload.
    pub fn new(key: &'static str, is_rows: bool, objects: Arc<dyn Objects>) -> Self {
        Self { within: None, key, is_rows, objects }
    }

    /// The same under a key of an object of the payload.
    pub fn within(object: &'static str, key: &'static str, objects: Arc<dyn Objects>) -> Self {
        Self { within: Some(object), ..Self::new(key, false, objects) }
    }

    /// The objects one by one. An error ends them.
    pub fn objects(&self) -> impl Iterator<Item = Result<Object, StoreError>> {
        self.objects.each()
    }
}

impl PartialEq for Late {
    fn eq(&self, other: &Self) -> bool {
        (self.within, self.key) == (other.within, other.key) && Arc::ptr_eq(&self.objects, &other.objects)
    }
}

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Late").field("key", &self.key).finish_non_exhaustive()
    }
}
