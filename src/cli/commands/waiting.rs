//! Records that wait in the spool.

use crate::cli::invocation::{Invocation, spool_of};
use crate::report::plural;
use crate::store::{SpoolFolders, spool_count};

/// Every command but the engine's says when records wait.
pub(super) fn mention_waiting(call: &mut Invocation<'_, '_>) {
    let count = |spool: &SpoolFolders| {
        let waiting = spool_count(call.context.disk, spool);
        (waiting > 0).then(|| plural(waiting as u64, "record"))
    };
    if !call.context.is_joined() {
        if let Some(waiting) = count(&call.context.spool) {
            call.notes.warning(&format!("{waiting} in the spool, not yet counted"));
            call.notes.hint("run `dtlearn analyze`, or record the next trade; either stores them");
        }
        return;
    }
    for desk in &call.context.desks {
        if let Some(waiting) = count(&spool_of(call.around, call.config, &desk.layout)) {
            let root = desk.layout.root().display();
            call.notes.warning(&format!("{}: {waiting} in the spool, not yet counted", desk.name));
            call.notes.hint(&format!("run `dtlearn --root {root} analyze`: it stores them"));
        }
    }
}
