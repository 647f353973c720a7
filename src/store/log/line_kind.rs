//! What is known of a line that is packed anew.

/// What is known of a line that is packed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Its event happened then, microseconds since 1970.
    At(i64),
    /// It cannot be read; it is kept as it is.
    Unreadable,
    /// A newer program wrote it, so it is not for this one to rewrite.
    Newer,
}
