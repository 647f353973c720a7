//! Arguments, configuration, rendering, progress. The only part that knows of a terminal.

mod args;
mod commands;
mod config;
mod error;
mod exit_code;
mod notes;
mod progress;
mod render;
mod rulebook_file;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;

pub use args::{Cli, Command};
pub use config::SETTINGS;
pub use exit_code::ExitStatus;

use crate::domain::Timestamp;
use crate::store::Disk;

/// What the program finds around it; built once in `main`, made up in tests.
pub struct Surroundings<'a> {
    /// The command line, program name first.
    pub args: Vec<OsString>,
    /// The environment.
    pub vars: BTreeMap<OsString, OsString>,
    /// The real time.
    pub clock: Timestamp,
    /// The system's folder for temporary files.
    pub temporary: PathBuf,
    /// Whether somebody types.
    pub stdin_is_terminal: bool,
    /// Whether somebody reads.
    pub stdout_is_terminal: bool,
    /// Whether somebody reads what is said beside the answer.
    pub stderr_is_terminal: bool,
    /// Columns of the terminal, where there is one.
    pub terminal_width: Option<u16>,
    /// The file system.
    pub disk: &'a dyn Disk,
}

/// Runs the program and returns its exit status.
pub fn run(around: &Surroundings<'_>, stdin: &mut dyn Read, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    commands::run(around, stdin, out, err).code()
}
