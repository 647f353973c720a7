//! `dtlearn` closes the learning loop of an intraday trading engine over plain files.
//!
//! Data flows one way: [`store`] → [`wire`] → [`domain`] → [`metrics`] → [`app`] → [`report`] → [`cli`].
//! Each folder may name only the ones above it in that chain of responsibility (tested in
//! `tests/layering.rs`); the clock, the environment and the terminal are touched in `main.rs` and [`cli`]
//! alone.

pub mod app;
pub mod cli;
pub mod decide;
pub mod domain;
pub mod files;
pub mod learn;
pub mod metrics;
pub mod report;
pub mod simulate;
pub mod stats;
pub mod store;
pub mod wire;
