//! Figures against others: golden files, plain calculations, and examples worked by hand.

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

mod details;
mod golden;
mod rates;
mod what_if_checks;
mod what_if_levels;
