//! The program run in this process, with nobody at a terminal.

use std::collections::HashMap;
use std::ffi::OsString;
use std::rc::Rc;
use std::time::Duration;

use dtlearn::cli::{ClockAndTerminal, Environment};
use dtlearn::domain::Timestamp;
use dtlearn::store::Disk;

/// What surrounds a run with these arguments and settings, begun at `clock`.
pub fn unattended<'a>(
    args: &[&str],
    vars: &[(&str, &str)],
    clock: Timestamp,
    wait: &'a dyn Fn(Duration) -> ClockAndTerminal,
    disk: &'a dyn Disk,
) -> Environment<'a> {
    let vars: HashMap<String, OsString> =
        vars.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Environment {
        args: std::iter::once(&"dtlearn").chain(args).map(OsString::from).collect(),
        program: "dtlearn".into(),
        vars: Rc::new(move |name| vars.get(name).cloned()),
        clock,
        temporary: "/tmp".into(),
        stdin_is_terminal: false,
        stdout_is_terminal: false,
        stderr_is_terminal: false,
        terminal_width: None,
        terminal_height: None,
        wait,
        disk,
    }
}
