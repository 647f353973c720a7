//! The rates that the program's words and moves stand on, measured over simulated scenarios with a known truth.
//!
//! Every rate is printed with the number of scenarios behind it, `cargo test --test learning`; dtlearn-evidence(7)
//! quotes them. Slow, so a target of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod draws;
mod evidence;
mod knobs;
#[path = "../common/memory_disk.rs"]
mod memory_disk;
mod models;
mod sectors;
