//! Why a file cannot be imported as a whole.

use crate::wire::input::{MapError, WireError};

/// Why a file cannot be imported as a whole, in the words of who exported it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// Something else than records of trades.
    #[error("{what}")]
    Other {
        /// What it is.
        what: String,
        /// What to do.
        hint: String,
    },
    /// No line of the file has headings that are known.
    #[error("no line has headings that are known; the first line is {first:?}")]
    NoHeadings {
        /// The beginning of the first line.
        first: String,
    },
    /// A column that is needed is not there.
    #[error("there is no column for {field}; the file has: {has}")]
    NoColumn {
        /// The field.
        field: &'static str,
        /// The headings that are there.
        has: String,
        /// The format that it is most like, and what is missing of it.
        nearest: Option<String>,
    },
    /// A mapping that does not fit.
    #[error("{0}")]
    Map(#[from] MapError),
    /// The text is not what its container promises.
    #[error("{0}")]
    Wire(#[from] WireError),
}

impl FormatError {
    /// Something that no reader takes.
    pub(super) fn other(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other { what: what.into(), hint: hint.into() }
    }

    /// What to do about it where the file should hold prices.
    pub fn price_hint(&self) -> Option<String> {
        match self {
            Self::NoHeadings { .. } => {
                Some("put a line of headings on top, such as symbol,timestamp,open,high,low,close".into())
            }
            Self::NoColumn { field: "symbol", .. } => Some(
                "name the column with --map COLUMN=symbol, or the symbol of all rows with --prices-symbol"
                    .into(),
            ),
            _ => self.hint(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Other { hint, .. } => Some(hint.clone()).filter(|hint| !hint.is_empty()),
            Self::NoHeadings { .. } => Some(
                "put a line of headings on top, such as symbol,side,entry_time,exit_time,entry_price,exit_price,qty,fees"
                    .into(),
            ),
            Self::NoColumn { field, nearest: Some(nearest), .. } => {
                Some(format!("{nearest}; or name the column with --map COLUMN={field}"))
            }
            Self::NoColumn { field: "symbol", .. } => {
                Some("name the column with --map COLUMN=symbol, or say the symbol of all rows with --symbol".into())
            }
            Self::NoColumn { field, .. } => Some(format!("name the column with --map COLUMN={field}")),
            Self::Map(MapError::TwoColumns { one, other, field }) => Some(format!(
                "say which counts: --map {one:?}={field} or --map {other:?}={field}, or leave one out with --ignore"
            )),
            Self::Map(_) | Self::Wire(_) => None,
        }
    }
}
