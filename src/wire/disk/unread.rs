//! A record that waits in the spool as it came.

use serde::{Deserialize, Serialize};

use crate::wire::Piece;

/// A record as it came, with the call that it came with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadRecord {
    /// When it came.
    pub at: String,
    /// The command that took it.
    pub command: String,
    /// Its line in the input, from 1.
    pub line: u64,
    /// The record.
    pub unread: String,
}

impl UnreadRecord {
    /// A record of an input.
    pub fn new(at: &str, command: &str, piece: &Piece) -> Self {
        Self { at: at.to_owned(), command: command.to_owned(), line: piece.line, unread: piece.text.clone() }
    }

    /// The line that a file of the spool holds.
    pub fn to_line(&self) -> Vec<u8> {
        super::json_line(self)
    }

    /// The record of such a line; none where it is another one.
    pub fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}
