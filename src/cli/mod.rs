//! Arguments, configuration, rendering, progress. The only part that knows of a terminal.

mod args;
mod commands;
mod config;
mod desks;
mod error;
mod exit_code;
mod guard_file;
mod intake_file;
mod invocation;
mod lenient;
mod manual;
mod market_file;
mod metrics_file;
mod notes;
mod notify;
mod options;
mod output_file;
mod panics;
mod progress;
mod render;
mod report_registry;
mod roots;
mod rulebook_file;
mod schema_files;
mod settings;
mod size_file;

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

pub use args::{Cli, Command};
pub use exit_code::ExitStatus;
pub use settings::SETTINGS;

use crate::domain::Timestamp;
use crate::store::{Disk, limit_threads};

/// The value of the environment variable of a name, where it is set.
pub type Variables = Rc<dyn Fn(&str) -> Option<OsString>>;

/// What the program finds around it; built once in `main`, made up in tests.
#[derive(Clone)]
pub struct Environment<'a> {
    /// The command line, program name first.
    pub args: Vec<OsString>,
    /// This program's own file, to start it again.
    pub program: PathBuf,
    /// The environment. Few variables are asked for, so that an engine does not pay for a copy of all of its own.
    pub vars: Variables,
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
    /// Lines of the terminal, where there is one.
    pub terminal_height: Option<u16>,
    /// Waits, and looks at the clock and the terminal again.
    pub wait: &'a dyn Fn(Duration) -> ClockAndTerminal,
    /// The file system.
    pub disk: &'a dyn Disk,
}

/// What changes while a program waits.
#[derive(Clone, Copy, Debug)]
pub struct ClockAndTerminal {
    /// The real time.
    pub clock: Timestamp,
    /// Columns and lines of the terminal, where there is one.
    pub terminal: Option<(u16, u16)>,
}

impl Environment<'_> {
    /// Columns of the terminal on which somebody reads what is said beside the answer.
    fn stderr_width(&self) -> Option<usize> {
        self.terminal_width.filter(|width| self.stderr_is_terminal && *width > 0).map(usize::from)
    }

    /// Waits, and takes the time and the size of the terminal anew.
    fn look_again(&mut self, after: Duration) {
        let sight = (self.wait)(after);
        self.clock = sight.clock;
        (self.terminal_width, self.terminal_height) = sight.terminal.unzip();
    }
}

/// Runs the program and returns its exit status.
pub fn run(around: &Environment<'_>, stdin: &mut dyn Read, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    // The threads that unpack and learn are begun when the first of them is needed.
    if let Some(most) = around.var("RAYON_NUM_THREADS").and_then(|text| text.parse().ok()) {
        limit_threads(most);
    }
    commands::run(around, stdin, out, err).code()
}
