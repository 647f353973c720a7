//! The learner, the rates at which words are said and knobs are moved over many simulated histories, and faults while a
//! model is trained or a replay kept. Slow, and
//! therefore apart: `cargo test --test learning`.

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

mod asked;
mod demo_year;
mod draws;
mod effects;
mod ensemble;
mod evidence;
mod experiment_worlds;
mod experiments;
mod gates;
mod groups;
mod guard;
mod heat;
mod knobs;
mod learner;
mod models;
mod news;
mod other_half;
mod patterns;
mod planted;
mod questions;
mod replay;
mod replay_faults;
mod replay_news;
mod sectors;
mod size;
mod size_tail;
mod state_faults;
mod verdicts;
mod what_if;
mod worlds;
