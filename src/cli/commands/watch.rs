//! `report --watch`: the same report again and again, with the clock read anew each time.

use std::io::{Read, Write};
use std::time::Duration;

use crate::cli::Environment;
use crate::cli::args::{Cli, Command};
use crate::cli::exit_code::ExitStatus;

/// Cursor home, and everything below it cleared.
const CLEAR: &[u8] = b"\x1b[H\x1b[2J";

/// Runs the command once with what is around it, input, answer and what is said beside it.
pub(super) type Round<'a> =
    dyn Fn(&Environment<'_>, &mut dyn Read, &mut dyn Write, &mut dyn Write) -> ExitStatus + 'a;

/// How often, when it was asked for.
pub(super) fn wanted(cli: &Cli) -> Option<Duration> {
    match &cli.command {
        Command::Report(args) => args.watch.map(|seconds| Duration::from_secs(seconds.into())),
        _ => None,
    }
}

/// Shows the report until nobody reads any more. A failure of the first round ends it: it would be that of all;
/// a later one is shown and waited out.
pub(super) fn watch(
    around: &Environment<'_>,
    every: Duration,
    once: &Round<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitStatus {
    let mut around = around.clone();
    let mut first = true;
    loop {
        let mut answer = Vec::new();
        let mut told = Vec::new();
        let status = once(&around, &mut std::io::empty(), &mut answer, &mut told);
        if first && !matches!(status, ExitStatus::Done | ExitStatus::Part) {
            let _ = err.write_all(&told);
            return status;
        }
        first = false;
        if around.stdout_is_terminal {
            let rows = around.terminal_height.map_or(usize::MAX, usize::from);
            let every = format!("Every {} s, {}; Ctrl-C ends\n\n", every.as_secs(), around.clock);
            answer = [every.into_bytes(), answer, told].concat();
            answer = [CLEAR, &fitting(&answer, rows)].concat();
        } else {
            let _ = err.write_all(&told);
        }
        // Without a reader there is nothing more to do.
        if out.write_all(&answer).and_then(|()| out.flush()).is_err() {
            return ExitStatus::Done;
        }
        around.look_again(every);
    }
}

/// The first lines, as many as the terminal has room for, and how many there are besides.
fn fitting(answer: &[u8], rows: usize) -> Vec<u8> {
    let lines: Vec<&[u8]> = answer.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.len() < rows {
        return answer.to_vec();
    }
    let shown = rows.saturating_sub(2);
    let mut text = lines[..shown].concat();
    text.extend_from_slice(format!("… {} more lines without --watch", lines.len() - shown).as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_shown() {
        assert_eq!(fitting(b"a\nb\nc\n", 4), b"a\nb\nc\n");
        assert_eq!(fitting(b"a\nb\nc\nd\n", 4), "a\nb\n… 2 more lines without --watch".as_bytes());
    }
}
