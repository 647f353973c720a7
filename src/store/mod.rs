//! Files that survive: append-only logs of gzip members, atomically replaced state files, the lock, the
//! spool. Nothing here computes anything from a record but its place.

mod append;
mod checkpoint;
mod chunk;
mod disk;
mod error;
mod flow;
mod frames;
mod gzip;
mod layout;
mod lock;
mod rejected;
mod repair;
mod rewrite;
mod rewrite_lines;
mod salvage;
mod scan;
mod seal;
mod spool;
mod state_file;

pub use append::{Appended, Packing, Row, Writer};
pub use checkpoint::{Checkpoint, CheckpointMiss, IdRing};
pub use chunk::{Block, Chunk};
pub use disk::{Disk, DiskFile, Entry, LockGuard, RealDisk, Stat};
pub use error::StoreError;
pub use gzip::{MAX_MEMBER_TEXT, Seal, encode_member, encode_plain_member, gunzip};
pub use layout::{Layout, Log};
pub use lock::{LockTimeout, StoreLock, lock_store};
pub use rejected::{Rejected, keep_rejected};
pub use repair::{Repaired, Verdict, repair};
pub use rewrite_lines::rewrite_lines;
pub use scan::{Damage, DamageKind, Position, ScanOptions, ScanReport, scan};
pub use seal::{LateAppend, LineKind, Sealed, late_appends, seal};
pub use spool::{SpoolFolders, Spooled, spool_count, spool_record, spooled_records};
pub use state_file::{Durability, append_lines, read_state, replace_state};
