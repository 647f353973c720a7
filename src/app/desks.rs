//! The figures of several stores together: read at once, or put together from parts.

use std::path::PathBuf;

use crate::files::desks::desks_read;
use crate::files::{Context, DesksError, Part, PartError, Reading, merge_parts};
use crate::metrics::Windows;
use crate::report::{AnalysisData, DesksTold};

/// A part, and how the stores that it was made of read.
#[derive(Clone, Debug)]
pub struct MadePart {
    /// The part.
    pub part: Part,
    /// The moment and the spans of its figures.
    windows: Windows,
    /// What could not be read of the desks; nothing where parts were put together.
    pub reading: Reading,
}

/// What the stores of the context add to every figure.
///
/// # Errors
/// [`PartError`] where none of them can be read.
pub fn part_of_desks(context: &Context<'_>) -> Result<MadePart, PartError> {
    let (part, windows, reading) = Part::of_desks(context)?;
    Ok(MadePart { part, windows, reading })
}

/// Puts parts together.
///
/// # Errors
/// [`PartError`] where a file is no part, or does not go with the others.
pub fn part_of_parts(context: &Context<'_>, paths: &[PathBuf]) -> Result<MadePart, PartError> {
    let (part, windows) = merge_parts(context, paths)?;
    Ok(MadePart { part, windows, reading: Reading::default() })
}

/// The figures of a part, as `analyze` gives them.
pub fn analysis_of(context: &Context<'_>, made: &MadePart) -> AnalysisData {
    let MadePart { part, windows, .. } = made;
    let missing = part.missing().map(|(name, why)| (name.to_owned(), why.to_owned()));
    let read = part.totals().desks().map(|(name, _)| name.to_owned());
    AnalysisData {
        figures: part.figures(context, windows),
        read: part.read(),
        desks: Some(DesksTold { read: read.collect(), missing: missing.collect() }),
        pricing: None,
    }
}

/// Which of several desks were read.
///
/// # Errors
/// [`DesksError::None`] where none of them could be.
pub(super) fn desks_told(context: &Context<'_>, reading: &Reading) -> Result<DesksTold, DesksError> {
    let read: Vec<String> = desks_read(context, reading).map(|desk| desk.name.as_str().to_owned()).collect();
    if let ([], Some((_, why))) = (read.as_slice(), reading.missing.first()) {
        return Err(DesksError::None(why.clone()));
    }
    Ok(DesksTold { read, missing: reading.missing.clone() })
}
