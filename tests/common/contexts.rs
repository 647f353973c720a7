//! What a use case works with, over a disk of a test.

use dtlearn::app::{Context, Settings, Silent};
use dtlearn::domain::Timestamp;
use dtlearn::store::{Disk, Layout, SpoolFolders};

/// A store below `root` at a moment, with the settings as shipped; the user's folder for records that cannot be stored
/// lies below `state`.
pub fn context_of<'d>(disk: &'d dyn Disk, root: &str, now: Timestamp, state: Option<&str>) -> Context<'d> {
    let layout = Layout::new(root);
    Context {
        disk,
        spool: SpoolFolders::new(disk, &layout, None, state.map(Into::into), None),
        layout,
        now,
        as_of: None,
        session: None,
        desks: Vec::new(),
        settings: Settings::default(),
        progress: &Silent,
    }
}
