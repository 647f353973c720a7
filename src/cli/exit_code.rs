//! The exit status, which is part of the public interface.

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
    /// The program itself failed.
    Panicked,
    /// A failure with a code of its own, from the store.
    Store(u8),
}

impl ExitStatus {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Part => 3,
            Self::No => 4,
            Self::Panicked => 70,
            Self::Store(code) => code,
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
        let all = [
            ExitStatus::Done,
            ExitStatus::Failed,
            ExitStatus::Usage,
            ExitStatus::Part,
            ExitStatus::No,
            ExitStatus::Panicked,
            ExitStatus::Store(12),
        ];
        for status in all {
            assert!(EXIT_STATUS.contains(&format!("\n  {:>2}  ", status.code())), "{status:?}");
        }
    }
}
