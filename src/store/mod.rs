//! Files that survive: append-only logs of gzip members, atomically replaced state files, the lock, the
//! spool. Nothing here computes anything from a record but its place.

mod batches;
mod disk;
mod error;
mod file_system;
mod free_path;
mod layout;
mod lock;
mod log;
mod state;
mod threads;

pub use batches::{BatchFile, BatchHeader, read_batch, read_readings, row_hash};
pub use disk::RealDisk;
pub use error::{StoreError, StoreErrorKind, system_words};
pub use file_system::{Dir, DirAccess, Disk, DiskFile, Entry, LockGuard, Stat};
pub use free_path::free_path;
pub use layout::{Layout, Log};
pub use lock::{LockTimeout, StoreLock, lock_store};
pub use log::append::{Appended, Packed, Packing, Row, Writer};
pub use log::checkpoint::{Checkpoint, CheckpointMiss, IdRing};
pub use log::chunk::{Block, Chunk};
pub use log::first_line::first_line;
pub use log::line_kind::LineKind;
pub use log::member::{MAX_MEMBER_TEXT, Seal, encode_member, encode_plain_member};
pub use log::position::Position;
pub use log::prev::{LateAppend, hidden_files, late_appends};
pub use log::repair::{Repaired, Verdict, repair};
pub use log::rewrite_lines::rewrite_lines;
pub use log::scan::{Damage, DamageKind, OpenLog, ScanOptions, ScanReport, scan};
pub use log::seal::{Sealed, seal};
pub use log::unpack::gunzip;
pub use state::framed::{FrameError, decode_framed, encode_framed};
pub use state::rejected::{Rejected, keep_rejected, rejected_reason};
pub use state::spool::{
    ForeignSpool, SpoolFolders, Spooled, foreign_spools, spool_count, spool_record, spooled_everywhere,
    spooled_records,
};
pub use state::state_file::{
    Durability, append_lines, read_state, replace_json, replace_state, replace_user_file,
};
pub use threads::{Underway, free_on_threads, limit_threads, start_threads};
