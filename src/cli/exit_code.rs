//! The exit status, which is part of the public interface: the only place of its numbers.

use crate::store::{StoreError, StoreErrorKind};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything was done; spooled and duplicate records count as done.
    Done,
    /// Nothing was done.
    Failed,
    /// The command line or the configuration makes no sense.
    Usage,
    /// A part was done.
    Part,
    /// The answer is no, and the command was asked to say so with --exit-code.
    No,
    /// There is no store.
    NoStore,
    /// Another process holds the lock.
    Locked,
    /// Something in the store is damaged.
    Damaged,
    /// A file was written by a newer version.
    Newer,
    /// Nothing can be written: a full disk, or a folder that may not be written to.
    CannotWrite,
    /// The program itself failed.
    Panicked,
}

impl ExitStatus {
    /// Every status.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Part,
        Self::No,
        Self::NoStore,
        Self::Locked,
        Self::Damaged,
        Self::Newer,
        Self::CannotWrite,
        Self::Panicked,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Part => 3,
            Self::No => 4,
            Self::NoStore => 10,
            Self::Locked => 11,
            Self::Damaged => 12,
            Self::Newer => 13,
            Self::CannotWrite => 14,
            Self::Panicked => 70,
        }
    }

    /// How a command ends that the store failed.
    pub(super) fn of_store(error: &StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::NoStore => Self::NoStore,
            StoreErrorKind::CannotRead => Self::Failed,
            StoreErrorKind::Locked => Self::Locked,
            StoreErrorKind::Corrupt => Self::Damaged,
            StoreErrorKind::Newer => Self::Newer,
            StoreErrorKind::DiskFull | StoreErrorKind::CannotWrite => Self::CannotWrite,
        }
    }
}

/// The table that every `--help` ends with.
pub(super) const EXIT_STATUS: &str = include_str!("exit_status.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_as_documented() {
        for status in ExitStatus::ALL {
            assert!(EXIT_STATUS.contains(&format!("\n  {:>2}  ", status.code())), "{status:?}");
        }
    }
}
