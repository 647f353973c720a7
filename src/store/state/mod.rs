//! Files that are replaced whole, the spool, and what was refused.

pub(in crate::store) mod framed;
pub(in crate::store) mod rejected;
pub(in crate::store) mod spool;
pub(in crate::store) mod state_file;
