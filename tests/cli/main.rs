//! The program as people, engines and other programs meet it: a file for each command, and for what several share.

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

mod brain_adjust;
mod brain_file;
mod break_even;
mod calendar;
mod challenger;
mod client;
mod completions;
mod currencies;
mod demo;
mod desks;
mod desks_joined;
mod engines;
mod ensemble;
mod entering;
mod every_answer;
mod every_command;
mod every_error;
mod every_world;
mod experiment_records;
mod experiments;
mod export;
#[cfg(feature = "parquet")]
mod export_parquet;
mod fill_imports;
mod fills;
mod generate;
mod guard;
mod heat;
mod help;
mod import;
mod import_again;
mod intake;
mod markets;
mod missed_costs;
mod missed_signals;
mod news;
mod news_refused;
mod notify;
mod output;
mod post_market;
mod prometheus;
mod reconcile;
mod record;
mod replay;
mod report;
mod report_groups;
mod report_health;
mod report_looks;
mod report_page;
mod report_patterns;
mod report_trades;
mod report_watch;
mod report_where;
mod report_where_else;
mod retrain;
mod schedule;
mod score;
mod settings;
mod size;
mod surroundings;
mod what_if;
