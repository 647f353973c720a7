//! Data in, decision with its reasons out. Pure.

mod suggest;

pub use suggest::{Direction, Suggestion, suggestions};
