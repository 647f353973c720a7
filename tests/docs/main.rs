//! The sources and the documentation against each other.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::type_complexity,
    unreachable_pub,
    reason = "a test may stop where it stands, say what it skips, and use a part of what tests share"
)]

#[path = "../common/mod.rs"]
mod common;

mod circles;
mod experiments;
mod faults;
mod fields;
mod layering;
mod manual;
mod pages;
mod readme;
mod registries;
