//! The figures of several stores together: read at once, or put together from parts.

use std::path::PathBuf;

use crate::files::desks::desks_read;
use crate::files::{Context, DesksError, Part, PartError, Reading, merge_parts};
use crate::metrics::Windows;
use crate::report::{View, analysis_view, tell_desks};

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
pub fn analysis_of(context: &Context<'_>, made: &MadePart) -> View {
    let MadePart { part, windows, .. } = made;
    let mut view = analysis_view(&part.figures(context, windows), &part.read());
    let names: Vec<&str> = part.totals().desks().map(|(name, _)| name).collect();
    tell_desks(&mut view, &names, &part.missing().collect::<Vec<_>>());
    view
}

/// Says on a view of several desks which of them are in it.
///
/// # Errors
/// [`DesksError::None`] where none of them could be read.
pub(super) fn tell_desks_read(
    context: &Context<'_>,
    view: &mut View,
    reading: &Reading,
) -> Result<(), DesksError> {
    let read: Vec<&str> = desks_read(context, reading).map(|desk| &*desk.name).collect();
    if let ([], Some((_, why))) = (read.as_slice(), reading.missing.first()) {
        return Err(DesksError::None(why.clone()));
    }
    let missing: Vec<(&str, &str)> = reading.missing.iter().map(|(name, why)| (&**name, &**why)).collect();
    tell_desks(view, &read, &missing);
    Ok(())
}
