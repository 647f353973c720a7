//! `notify` of the settings: a program that hears of what happened. It gets a JSON object on stdin and ten seconds;
//! whatever becomes of it, the command that it was told of ends as it would have without it.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clap::Args;
use rustix::process::{Pid, Signal, kill_process_group};
use toml::Table;

use super::Environment;
use super::error::{CliError, SettingsPage};
use super::exit_code::ExitStatus;
use super::render::harmless_json;
use super::rulebook_file::text_of;
use crate::domain::Timestamp;
use crate::report::Notice;
use crate::store::Layout;

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The longest pause between two looks at whether it has ended.
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// The most that one pause counts for, however long the clock says that it was.
const PASSED_MAX: Duration = Duration::from_secs(1);

/// The most that is handed over at once.
const NOTICES_MAX_BYTES: u64 = 1 << 20;

/// What an engine's command starts so that the engine waits for nobody: hands each line of stdin to a program, and
/// ends it when its time is over.
#[derive(Debug, Args)]
pub struct NotifyArgs {
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<String>,
}

/// What the file says of it: the program and its arguments, nothing where it says nothing.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn notify_command(shown: &str, file: &Table) -> Result<Vec<String>, CliError> {
    let Some(value) = file.get("notify") else { return Ok(Vec::new()) };
    let words = value.as_array().and_then(|list| {
        list.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
    });
    let is_named = |words: &Vec<String>| words.first().is_none_or(|program| !program.trim().is_empty());
    words.filter(is_named).ok_or_else(|| {
        let example = r#"a list of words, the program first: ["/usr/local/bin/tell", "desk"]"#;
        CliError::Config(
            SettingsPage::Operator,
            format!("{shown}: notify: {:?} is not {example}", text_of(value)),
        )
    })
}

/// Tells of what happened, where the settings name a program. An engine does not wait for it. What went wrong is a
/// sentence for each notice that was not taken.
pub(super) fn tell(
    around: &Environment<'_>,
    command: &[String],
    (layout, now): (&Layout, Timestamp),
    notices: &[Notice],
    is_engines: bool,
) -> Vec<String> {
    let (Some(program), false) = (command.first(), notices.is_empty()) else { return Vec::new() };
    let root = layout.root();
    let root = around.disk.canonical(root).unwrap_or_else(|_| around.absolute(root)).display().to_string();
    let texts = notices.iter().map(|notice| harmless_json(notice.json(now, &root).to_string()));
    let unheard = |word: &str, why: String| format!("nobody may have heard of {word}: {program} {why}");
    if is_engines {
        let lines: String = texts.map(|text| text + "\n").collect();
        let why = hand_over(around, command, lines.as_bytes()).err();
        return why.into_iter().map(|why| unheard(notices[0].event.as_str(), why)).collect();
    }
    let told = |(notice, text): (&Notice, String)| {
        let why = run_within_limit(around, command, text.into_bytes()).err()?;
        Some(unheard(notice.event.as_str(), why))
    };
    notices.iter().zip(texts).filter_map(told).collect()
}

/// A program with nothing but a pipe to its stdin, in a group of its own: an interrupt at the terminal is not for it.
fn start(program: &mut Command) -> Result<Child, String> {
    let quiet = program.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.process_group(0).spawn().map_err(|error| format!("cannot be started: {error}"))
}

/// Leaves notices, one a line, to a process of this program, which waits in the place of the engine.
fn hand_over(around: &Environment<'_>, command: &[String], notices: &[u8]) -> Result<(), String> {
    let mut child = start(Command::new(&around.program).args(["notify", "--"]).args(command))?;
    let written = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(notices));
    // A stream goes on after it has ended. Without a thread it stays in the table of processes until the stream ends.
    let _ = std::thread::Builder::new().spawn(move || child.wait());
    written.map_err(|error| format!("was not reached: {error}"))
}

/// That process: each line of stdin to the program, one after another.
pub(super) fn deliver(around: &Environment<'_>, args: &NotifyArgs, stdin: &mut dyn Read) -> ExitStatus {
    let mut notices = Vec::new();
    if stdin.take(NOTICES_MAX_BYTES).read_to_end(&mut notices).is_err() {
        return ExitStatus::Failed;
    }
    let lines = notices.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let failed = lines.filter(|line| run_within_limit(around, &args.command, line.to_vec()).is_err()).count();
    if failed == 0 { ExitStatus::Done } else { ExitStatus::Part }
}

/// Runs a program with the notice on its stdin, and ends it and what it started when its time is over.
fn run_within_limit(around: &Environment<'_>, command: &[String], notice: Vec<u8>) -> Result<(), String> {
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    let mut child = start(Command::new(program).args(args))?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that does not read must not be waited for. Without a thread it finds an empty stdin.
        let _ = std::thread::Builder::new().spawn(move || pipe.write_all(&notice));
    }
    let mut seen = (around.wait)(Duration::ZERO).clock;
    let (mut waited, mut pause) = (Duration::ZERO, Duration::from_millis(5));
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) if waited < LIMIT => {}
            Ok(None) => break,
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
        let clock = (around.wait)(pause).clock;
        let passed = Duration::from_micros((clock.micros() - seen.micros()).try_into().unwrap_or(0));
        // On a busy machine a pause takes longer than was asked for; a clock that is set ends nothing later or at once.
        waited += passed.clamp(pause, PASSED_MAX);
        seen = clock;
        pause = (2 * pause).min(PAUSE_MAX);
    }
    // What has ended meanwhile cannot be killed, and need not be. One that left its group is ended by itself.
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    let _ = child.kill();
    let _ = child.wait();
    Err(format!("was ended: it took more than {} s", LIMIT.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ClockAndTerminal;
    use crate::store::RealDisk;

    #[test]
    fn the_setting_is_a_list_of_words() {
        let read = |text: &str| notify_command("dtlearn.toml", &text.parse().unwrap());
        assert_eq!(read("notify = [\"/bin/a\", \"-x\"]").unwrap(), ["/bin/a", "-x"]);
        assert!(read("").unwrap().is_empty() && read("notify = []").unwrap().is_empty());
        for wrong in ["notify = \"/bin/a\"", "notify = [1]", "notify = [\" \"]", "notify = true"] {
            let why = read(wrong).unwrap_err().to_string();
            assert!(
                why.starts_with("dtlearn.toml: notify: ") && why.contains("is not a list of words"),
                "{why}"
            );
        }
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_with_what_it_started_and_need_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        // Ten seconds pass as fast as the processes get there; on this machine a pause takes a second, however short.
        let seconds = std::cell::Cell::new(0i64);
        let wait = |_: Duration| {
            std::thread::sleep(Duration::from_millis(3));
            seconds.set(seconds.get() + 1);
            ClockAndTerminal { clock: Timestamp::from_micros(1_000_000 * seconds.get()), terminal: None }
        };
        let around = Environment {
            args: Vec::new(),
            program: "dtlearn".into(),
            vars: std::rc::Rc::new(|_| None),
            clock: Timestamp::from_micros(0),
            temporary: "/tmp".into(),
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            terminal_width: None,
            terminal_height: None,
            wait: &wait,
            disk: &RealDisk,
        };
        let script = format!("sleep 300 & echo $! > {}; wait", pid.display());
        let run = |words: &[&str], bytes: usize| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            run_within_limit(&around, &words, vec![b'x'; bytes])
        };
        // More than a pipe holds.
        let why = run(&["/bin/sh", "-c", &script], 1 << 20).unwrap_err();
        assert_eq!(why, "was ended: it took more than 10 s");
        assert_eq!(seconds.get(), 11);
        let text = std::fs::read_to_string(&pid).unwrap();
        let pid = Pid::from_raw(text.trim().parse().unwrap()).unwrap();
        let is_gone = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
            state.map_or(true, |state| state.contains(") Z "))
        };
        assert!((0..500).any(|_| is_gone() || wait(Duration::ZERO).terminal.is_some()), "it is still there");
        assert_eq!(run(&["/bin/sh", "-c", "exit 3"], 9).unwrap_err(), "ended with exit status: 3");
        assert!(run(&["/nowhere/at-all"], 9).unwrap_err().starts_with("cannot be started: "));
        run(&["/bin/sh", "-c", "test $(wc -c) -eq 200000"], 200_000).unwrap();
    }
}
