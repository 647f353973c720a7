//! What becomes of an engine's record when the program itself fails: it is spooled, and the command ends as promised.

use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{record, record_fill, record_news, recording};
use crate::app::{RecordError, Recorded, Refused, keep_refused, keep_whole, rescue};
use crate::cli::Environment;
use crate::cli::args::{Cli, Command};
use crate::cli::config::{Config, ConfigSources, all_known, read_settings, resolve};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, context_of};
use crate::cli::lenient::resolve_what_can_be;
use crate::cli::notes::Notes;
use crate::cli::options::GlobalArgs;
use crate::cli::panics::caught;
use crate::cli::progress::Bar;
use crate::cli::roots::{expanded, file_path, given};
use crate::domain::Timestamp;
use crate::report::recorded_json;
use crate::store::{Layout, Log};

/// Standard input, of which a recording command's part is kept until it is done.
pub(super) struct Kept<'a> {
    inner: &'a mut dyn Read,
    kept: Vec<u8>,
    keeps: bool,
}

impl<'a> Kept<'a> {
    pub(super) fn new(inner: &'a mut dyn Read, keeps: bool) -> Self {
        Self { inner, kept: Vec::new(), keeps }
    }

    /// What was read of it, and the rest.
    fn all(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.kept);
        self.keeps = false;
        let room = recording::MAX_INPUT_BYTES.saturating_sub(bytes.len() as u64);
        // What cannot be read is not there to be kept.
        let _ = self.inner.take(room).read_to_end(&mut bytes);
        bytes
    }
}

impl Read for Kept<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        if self.keeps {
            self.kept.extend_from_slice(&into[..count]);
        }
        Ok(count)
    }
}

/// Whether a command records what an engine did.
pub(super) fn is_recording(command: &Command) -> bool {
    matches!(
        command,
        Command::RecordExit(_)
            | Command::RecordFill(_)
            | Command::RecordNews(_)
            | Command::RecordSignal(_)
            | Command::TrackMissed(_)
    )
}

/// Whether it takes record after record for as long as they come.
fn is_streaming(command: &Command) -> bool {
    match command {
        Command::RecordExit(args) => args.stream,
        Command::RecordFill(args) => args.stream,
        Command::RecordNews(args) => args.stream,
        Command::RecordSignal(args) => args.stream,
        Command::TrackMissed(args) => args.stream,
        _ => false,
    }
}

/// Says what failed, and keeps the records of a recording command.
pub(super) fn after_panic(
    around: &Environment<'_>,
    cli: &Cli,
    stdin: &mut Kept<'_>,
    out: &mut dyn Write,
    notes: &mut Notes<'_>,
    what: &str,
) -> Result<ExitStatus, CliError> {
    let failed = format!("the program itself failed, {what}");
    notes.error(&failed);
    notes.hint("no file is half written; please report the line above as a mistake of dtlearn");
    if !is_recording(&cli.command) {
        return Ok(ExitStatus::Panicked);
    }
    let kept = caught(|| keep(around, cli, stdin, out, notes, &failed));
    kept.unwrap_or(Ok(ExitStatus::Panicked))
}

/// What a recording command was to record.
struct Rescued<'a> {
    log: Log,
    command: &'static str,
    noun: &'static str,
    /// The record that the flags describe.
    by_hand: Option<Vec<u8>>,
    file: &'a Option<PathBuf>,
    reason: Option<&'a str>,
}

impl<'a> Rescued<'a> {
    /// None of a command that records nothing.
    fn of(command: &'a Command, now: Timestamp) -> Option<Self> {
        Some(match command {
            Command::RecordSignal(args) => Self {
                log: Log::Signals,
                command: "record-signal",
                noun: "signal",
                by_hand: record::signal_by_hand(args, now),
                file: &args.file,
                reason: None,
            },
            Command::TrackMissed(args) => Self {
                log: Log::Missed,
                command: "track-missed",
                noun: "missed signal",
                by_hand: record::missed_by_hand(args, now),
                file: &args.file,
                reason: args.reason.as_deref(),
            },
            Command::RecordFill(args) => Self {
                log: Log::Fills,
                command: "record-fill",
                noun: "fill",
                by_hand: record_fill::by_flags(args, now),
                file: &args.file,
                reason: None,
            },
            Command::RecordNews(args) => Self {
                log: Log::News,
                command: "record-news",
                noun: "news item",
                by_hand: record_news::by_flags(args, now),
                file: &args.file,
                reason: None,
            },
            Command::RecordExit(args) => Self {
                log: Log::Outcomes,
                command: "record-exit",
                noun: "trade",
                by_hand: record::exit_by_hand(args, now),
                file: &args.file,
                reason: None,
            },
            _ => return None,
        })
    }
}

/// Keeps what came for a recording command that failed, where nobody would send it again.
pub(super) fn after_failure(
    around: &Environment<'_>,
    cli: &Cli,
    stdin: &mut Kept<'_>,
    out: &mut dyn Write,
    notes: &mut Notes<'_>,
    (error, never_fails): (&CliError, bool),
) {
    let done = caught(|| refuse_stream(around, cli, stdin, out, error)).map_err(CliError::of_settings);
    if let Err(what) = done.and_then(|done| done) {
        notes.error(&what.to_string());
    }
    if never_fails && let Err(what) = caught(|| after_refusal(around, cli, stdin, notes, error)) {
        notes.error(&what);
    }
}

/// Keeps the records of a recording command that was called as it cannot be, such as with several stores, among what was refused
/// in the first of the named stores that is one: an engine that never fails is told nothing but success, and would send them to
/// nobody again. A file that was named is still there.
fn after_refusal(
    around: &Environment<'_>,
    cli: &Cli,
    stdin: &mut Kept<'_>,
    notes: &mut Notes<'_>,
    error: &CliError,
) {
    if !is_recording(&cli.command) || !matches!(error, CliError::Usage(..)) {
        return;
    }
    let Ok(mut config) = settings(around, cli) else { return };
    let Some(layout) = first_store(around, cli) else { return };
    config.layout = layout;
    let Some(Rescued { command, by_hand, file: None, reason, .. }) = Rescued::of(&cli.command, config.now)
    else {
        return;
    };
    // Nobody waits here for what a person types, or for the end of a stream.
    if by_hand.is_none() && (around.stdin_is_terminal || is_streaming(&cli.command)) {
        return;
    }
    let input = by_hand.unwrap_or_else(|| stdin.all());
    if input.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    let bar = Bar::new(false);
    let kept = keep_refused(&context_of(around, &config, &bar), command, &input, reason, &error.to_string());
    match kept.rejected_in {
        Some(path) => notes.hint(&format!("what was sent is kept in {}", path.display())),
        None => kept.warnings.iter().for_each(|why| notes.warning(why)),
    }
}

/// Refuses line by line what comes on a stream that was called as it cannot be: the engine wrote before it could know. Each
/// line is answered, and kept among what was refused where there is a store for it.
fn refuse_stream(
    around: &Environment<'_>,
    cli: &Cli,
    stdin: &mut Kept<'_>,
    out: &mut dyn Write,
    error: &CliError,
) -> Result<(), CliError> {
    let is_refused = is_streaming(&cli.command) && matches!(error, CliError::Usage(..));
    if !is_refused || around.stdin_is_terminal {
        return Ok(());
    }
    stdin.keeps = false;
    let mut config = settings(around, cli).ok();
    let store = first_store(around, cli);
    let bar = Bar::new(false);
    let (mut stdin, mut line, mut number) = (BufReader::new(stdin), Vec::new(), 0u64);
    while recording::next_line(&mut stdin, &mut line)? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let why = error.to_string();
        let mut said = json!({"line": number});
        let mut recorded = Recorded::default();
        if let (Some(config), Some(store)) = (&mut config, &store) {
            config.layout = store.clone();
            let context = context_of(around, config, &bar);
            let rescued = Rescued::of(&cli.command, context.now);
            let (command, reason) = rescued.map_or(("stream", None), |of| (of.command, of.reason));
            recorded = keep_refused(&context, command, &line, reason, &why);
        }
        recorded.refused.push(Refused { line: number, why });
        if let Json::Object(said) = &mut said {
            said.extend(recorded_json(&recorded));
        }
        out.write_all(format!("{said}\n").as_bytes())?;
        out.flush()?;
    }
    Ok(())
}

/// The first of the named stores that has its folder of records: another one would become a store by what is kept in it.
fn first_store(around: &Environment<'_>, cli: &Cli) -> Option<Layout> {
    let roots =
        given(around, &cli.global).into_iter().filter_map(|root| expanded(around, &root).ok()).flatten();
    let mut stores = roots.map(Layout::new);
    stores.find(|layout| matches!(around.disk.stat(&layout.learning()), Ok(Some(_))))
}

fn keep(
    around: &Environment<'_>,
    cli: &Cli,
    stdin: &mut Kept<'_>,
    out: &mut dyn Write,
    notes: &mut Notes<'_>,
    failed: &str,
) -> Result<ExitStatus, CliError> {
    let config = settings(around, cli)?;
    let bar = Bar::new(false);
    let context = context_of(around, &config, &bar);
    let Some(Rescued { log, command, noun, by_hand, file, reason }) = Rescued::of(&cli.command, config.now)
    else {
        return Ok(ExitStatus::Panicked);
    };
    let input = match (by_hand, file) {
        (Some(input), _) => input,
        (None, Some(path)) => read_file(around, path)?,
        (None, None) => stdin.all(),
    };
    let spooled: Result<Result<Recorded, RecordError>, String> =
        caught(|| rescue(&context, log, command, &input, reason, failed));
    let recorded = match spooled {
        Ok(recorded) => recorded?,
        Err(_) => keep_whole(&context, command, &input, failed),
    };
    let mut nothing = io::empty();
    let mut told = Vec::new();
    let done = {
        let mut inner = Notes::new(&mut told, notes.prefix());
        (inner.quiet, inner.width) = (notes.quiet, notes.width);
        let (stdin, notes) = (&mut nothing, &mut inner);
        let notices = Vec::new();
        let mut call = Invocation { around, config: &config, context, stdin, out: &mut *out, notes, notices };
        recording::finish(&mut call, command, noun, &recorded)
    };
    notes.raw(&told);
    done
}

/// The settings, as far as they make sense.
fn settings(around: &Environment<'_>, cli: &Cli) -> Result<Config, CliError> {
    let all = read_settings(around, &cli.global).and_then(|file| {
        all_known(&file_path(around, &cli.global).0, &file)?;
        resolve(around, &cli.global, ConfigSources::All(&file))
    });
    all.or_else(|error| {
        let of = |args: &GlobalArgs| Ok(resolve_what_can_be(around, args, &error)?.config);
        // A flag that makes no sense must not cost what was sent.
        of(&cli.global)
            .or_else(|_: CliError| of(&GlobalArgs { capital: None, lock_wait: None, ..cli.global.clone() }))
    })
}

fn read_file(around: &Environment<'_>, path: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |source| CliError::Input { path: path.display().to_string(), source };
    let mut bytes = Vec::new();
    let file = around.disk.open_user_input(path).map_err(failed)?;
    file.take(recording::MAX_INPUT_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
