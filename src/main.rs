//! The `dtlearn` program: reads clock, environment and streams, and hands them on.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dtlearn::cli::{ClockAndTerminal, Environment, run};
use dtlearn::domain::Timestamp;
use dtlearn::store::RealDisk;

#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
fn look() -> ClockAndTerminal {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    ClockAndTerminal {
        clock: Timestamp::from_micros(since_1970.map_or(0, |since| since.as_micros() as i64)),
        terminal: rustix::termios::tcgetwinsize(std::io::stdout())
            // An answer that goes into a file leaves the terminal to what is said beside it.
            .or_else(|_| rustix::termios::tcgetwinsize(std::io::stderr()))
            .ok()
            .map(|size| (size.ws_col, size.ws_row)),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn wait(time: Duration) -> ClockAndTerminal {
    std::thread::sleep(time);
    look()
}

/// Makes a file that may not grow any further an error of its write, as a full disk is: unasked, the system would end the
/// process for it, also where only what it says goes into that file.
fn outlive_size_limit() {
    if rustix::process::getrlimit(rustix::process::Resource::Fsize).current.is_some() {
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
    }
}

fn main() -> ExitCode {
    outlive_size_limit();
    let stdout = std::io::stdout();
    let ClockAndTerminal { clock, terminal } = look();
    let surroundings = Environment {
        args: std::env::args_os().collect(),
        program: std::env::current_exe().unwrap_or_else(|_| "dtlearn".into()),
        vars: Rc::new(variable),
        clock,
        temporary: std::env::temp_dir(),
        stdin_is_terminal: std::io::stdin().is_terminal(),
        stdout_is_terminal: stdout.is_terminal(),
        stderr_is_terminal: std::io::stderr().is_terminal(),
        terminal_width: terminal.map(|size| size.0),
        terminal_height: terminal.map(|size| size.1),
        wait: &wait,
        disk: &RealDisk,
    };
    let mut out = std::io::BufWriter::with_capacity(64 << 10, stdout.lock());
    let mut err = std::io::stderr();
    let code = run(&surroundings, &mut std::io::stdin().lock(), &mut out, &mut err);
    // A reader that has seen enough is no failure.
    let _ = out.flush();
    ExitCode::from(code)
}
