//! A file that a stream follows: what it says, read again when another one stands in its place.

use std::path::{Path, PathBuf};

use super::Context;
use crate::store::{Stat, StoreError};

/// What a file says, and what stood in its place when it was read.
#[derive(Debug)]
pub(super) struct FollowedFile<T> {
    /// What it says; the default where it cannot be read.
    pub found: T,
    /// Why it cannot be read.
    pub trouble: Option<String>,
    path: PathBuf,
    seen: Option<Stat>,
    read: fn(&Context<'_>) -> Result<T, StoreError>,
}

impl<T: Default> FollowedFile<T> {
    pub(super) fn new(
        context: &Context<'_>,
        path: PathBuf,
        read: fn(&Context<'_>) -> Result<T, StoreError>,
    ) -> Self {
        // Looked at first: what is written meanwhile is then noticed with the next signal.
        let seen = stat_of(context, &path);
        let (found, trouble) = match read(context) {
            Ok(found) => (found, None),
            Err(error) => (T::default(), Some(error.to_string())),
        };
        Self { found, trouble, path, seen, read }
    }

    /// Reads it again where another one stands in its place; whether that was so.
    pub(super) fn refresh(&mut self, context: &Context<'_>) -> bool {
        let is_new = stat_of(context, &self.path) != self.seen;
        if is_new {
            *self = Self::new(context, std::mem::take(&mut self.path), self.read);
        }
        is_new
    }
}

/// What stands at a place; none for a moment of the past, which does not change.
pub(super) fn stat_of(context: &Context<'_>, path: &Path) -> Option<Stat> {
    context.disk.stat(path).ok().flatten().filter(|_| context.as_of.is_none())
}
