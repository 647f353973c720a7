//! The options that belong to some views of `report` only, and of how many stores a view can be.

/// An option that belongs to some views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOption {
    /// `--days`.
    Days,
    /// `--by` and `--windows`.
    By,
    /// `--symbol`.
    Symbol,
    /// `--where`.
    Where,
    /// `--against`.
    Against,
    /// `--goal`.
    Goal,
    /// `--ask`.
    Ask,
    /// A date.
    Date,
    /// The name of an experiment.
    Name,
    /// `--effects`.
    Effects,
    /// `--ensemble`.
    Ensemble,
    /// `--since-last`.
    SinceLast,
    /// `--save`.
    Save,
    /// `--html`.
    Html,
}

/// Of how many stores a view can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stores {
    /// One.
    One,
    /// One, or several together.
    Several,
}
