//! Files: damage, faults, other writers, and the form of everything that is stored.

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

mod busy_database;
mod cached;
mod commands;
mod correction_faults;
mod costs_read;
mod damage;
mod doctor;
mod faults;
mod fills_meanwhile;
mod guard_faults;
mod headers;
mod heat_cache;
mod hidden_folder;
mod hostile;
mod hostile_prices;
mod late_exits;
mod limits;
mod news_faults;
mod packing;
mod panics;
mod parts;
mod plain_reader;
mod processes;
mod python;
mod random_operations;
mod recent_news;
mod spool;
mod stored_forms;
