//! The `dtlearn` program: reads clock, environment and streams once, and hands them on.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use dtlearn::cli::{Surroundings, run};
use dtlearn::domain::Timestamp;
use dtlearn::store::RealDisk;

#[expect(clippy::disallowed_methods, reason = "this is where the clock and the environment are read")]
fn main() -> ExitCode {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let clock = Timestamp::from_micros(since_1970.map_or(0, |since| since.as_micros() as i64));
    let stdout = std::io::stdout();
    let surroundings = Surroundings {
        args: std::env::args_os().collect(),
        vars: std::env::vars_os().collect(),
        clock,
        temporary: std::env::temp_dir(),
        stdin_is_terminal: std::io::stdin().is_terminal(),
        stdout_is_terminal: stdout.is_terminal(),
        stderr_is_terminal: std::io::stderr().is_terminal(),
        terminal_width: rustix::termios::tcgetwinsize(&stdout).ok().map(|size| size.ws_col),
        disk: &RealDisk,
    };
    let mut out = std::io::BufWriter::with_capacity(64 << 10, stdout.lock());
    let mut err = std::io::stderr();
    let code = run(&surroundings, &mut std::io::stdin().lock(), &mut out, &mut err);
    // A reader that has seen enough is no failure.
    let _ = out.flush();
    ExitCode::from(code)
}
