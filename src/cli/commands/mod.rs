//! One file per command: parse, call the use case, render, nothing else.

mod analyze;
mod brain_adjust;
mod calendar;
mod demo;
mod doctor;
mod export;
mod generate;
mod import;
mod post_market;
mod record;
mod replay;
mod report;
mod retrain;
mod schedule;
mod score;
mod watch;
mod what_if;

use std::io::{Read, Write};
use std::path::Path;

use clap::Parser;

use super::Environment;
use super::args::{Cli, Command, Format};
use super::config::{Config, ConfigSources, never_fails, never_fails_by_file, resolve};
use super::error::CliError;
use super::exit_code::ExitStatus;
use super::notes::{LogPrefix, Notes};
use super::progress::Bar;
use super::render::render;
use crate::app::{Context, Reading};
use crate::report::View;
use crate::store::{DamageKind, Layout, SpoolFolders, StoreError, spool_count};

pub(in crate::cli) use analyze::AnalyzeArgs;
pub(in crate::cli) use brain_adjust::BrainAdjustArgs;
pub(in crate::cli) use calendar::CalendarArgs;
pub(in crate::cli) use demo::DemoArgs;
pub(in crate::cli) use doctor::DoctorArgs;
pub(in crate::cli) use export::ExportArgs;
pub(in crate::cli) use generate::{CompletionsArgs, GenerateArgs};
pub(in crate::cli) use import::ImportArgs;
pub(in crate::cli) use post_market::PostMarketArgs;
pub(in crate::cli) use record::{RecordExitArgs, RecordSignalArgs, TrackMissedArgs};
pub(in crate::cli) use replay::ReplayArgs;
pub(in crate::cli) use report::ReportArgs;
pub(in crate::cli) use retrain::RetrainArgs;
pub(in crate::cli) use schedule::ScheduleArgs;
pub(in crate::cli) use score::ScoreArgs;
pub(in crate::cli) use what_if::WhatIfArgs;

/// Everything that a command may touch.
struct Invocation<'a, 'd> {
    around: &'a Environment<'d>,
    config: &'a Config,
    context: Context<'a>,
    stdin: &'a mut dyn Read,
    out: &'a mut dyn Write,
    notes: &'a mut Notes<'a>,
}

/// The commands that an engine calls.
fn is_engines(command: &Command) -> bool {
    matches!(
        command,
        Command::RecordExit(_) | Command::RecordSignal(_) | Command::TrackMissed(_) | Command::Score(_)
    )
}

/// Who speaks beside the answer of a command.
fn prefix(command: &Command) -> LogPrefix {
    match command {
        Command::RecordExit(_) | Command::RecordSignal(_) | Command::Analyze(_) | Command::Import(_) => {
            LogPrefix::TradeAnalyzer
        }
        Command::TrackMissed(_) => LogPrefix::MissedOpp,
        Command::BrainAdjust(_) => LogPrefix::DtBrain,
        Command::Retrain(_) => LogPrefix::AutoRetrain,
        Command::PostMarket(_) => LogPrefix::PostMarket,
        _ => LogPrefix::Plain,
    }
}

pub(super) fn run(
    around: &Environment<'_>,
    stdin: &mut dyn Read,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitStatus {
    let cli = match Cli::try_parse_from(&around.args) {
        Ok(cli) => cli,
        Err(error) => return unparsed(around, &error, out, err),
    };
    match watch::wanted(&cli) {
        None => once(around, &cli, stdin, out, err),
        Some(every) => {
            let round = |around: &Environment<'_>,
                         stdin: &mut dyn Read,
                         out: &mut dyn Write,
                         err: &mut dyn Write| once(around, &cli, stdin, out, err);
            watch::watch(around, every, &round, out, err)
        }
    }
}

/// Runs a command that could be parsed.
fn once(
    around: &Environment<'_>,
    cli: &Cli,
    stdin: &mut dyn Read,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitStatus {
    let never_fail = is_engines(&cli.command)
        && (cli.global.never_fail || never_fails(around) || never_fails_by_file(around, &cli.global));
    let mut notes = Notes::new(err, prefix(&cli.command));
    notes.quiet = cli.global.quiet;
    notes.verbose = cli.global.verbose;
    let resolved = resolve(around, &cli.global, ConfigSources::All).or_else(|error| {
        // A mistake in a setting must not cost a trade.
        if !is_engines(&cli.command) || matches!(error, CliError::Usage(..)) {
            return Err(error);
        }
        notes.warning(&format!("{error}; recording with the defaults"));
        resolve(around, &cli.global, ConfigSources::FlagsOnly)
    });
    let status = match resolved {
        Ok(config) => with_output(around, cli, &config, stdin, out, &mut notes),
        Err(error) => Err(error),
    };
    let status = status.unwrap_or_else(|error| {
        if error.is_closed_pipe() {
            return ExitStatus::Done;
        }
        Notes::new(err, prefix(&cli.command)).failure(&error);
        error.status()
    });
    if never_fail { ExitStatus::Done } else { status }
}

/// Help and version are answers; anything else is a mistake on the command line.
fn unparsed(
    around: &Environment<'_>,
    error: &clap::Error,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> ExitStatus {
    let text = error.render();
    if error.use_stderr() {
        // When nobody listens there is nobody to tell.
        let _ = write!(err, "{text}");
        let named = around.args.iter().any(|arg| {
            ["record-exit", "record-signal", "track-missed", "score"].iter().any(|name| arg == name)
        });
        return if named && never_fails(around) { ExitStatus::Done } else { ExitStatus::Usage };
    }
    let _ = write!(out, "{text}");
    ExitStatus::Done
}

/// Opens the file of `--output`, if any, and runs the command.
fn with_output(
    around: &Environment<'_>,
    cli: &Cli,
    config: &Config,
    stdin: &mut dyn Read,
    out: &mut dyn Write,
    notes: &mut Notes<'_>,
) -> Result<ExitStatus, CliError> {
    let of_brain = matches!(&cli.command, Command::Report(args) if args.is_of_brain());
    if config.format == Format::Env && !of_brain {
        let why = "only `report brain` can be written as NAME=value lines";
        return Err(CliError::Usage(why.into(), Some("dtlearn report brain --format env".into())));
    }
    if config.format == Format::Ics && !matches!(&cli.command, Command::Calendar(_)) {
        let why = "only `calendar` can be written as iCalendar";
        return Err(CliError::Usage(why.into(), Some("dtlearn calendar --format ics".into())));
    }
    let disk = around.disk;
    let spool = SpoolFolders::new(
        disk,
        &config.layout,
        config.spool.clone(),
        config.user_state.clone(),
        Some(around.temporary.clone()),
    );
    let bar = Bar::new(around.stderr_is_terminal && !notes.quiet);
    let context = Context {
        disk,
        layout: config.layout.clone(),
        spool,
        now: config.now,
        as_of: config.as_of,
        session: None,
        settings: config.settings.clone(),
        progress: &bar,
    };
    let mut file =
        config.output.as_deref().map(|path| OutputFile { around, layout: &config.layout, path, inner: None });
    let out: &mut dyn Write = match &mut file {
        Some(file) => file,
        None => out,
    };
    let mut told = Vec::new();
    let status = {
        let mut inner = Notes::new(&mut told, notes.prefix());
        (inner.quiet, inner.verbose) = (notes.quiet, notes.verbose);
        let mut call = Invocation { around, config, context, stdin, out: &mut *out, notes: &mut inner };
        let done = match &cli.command {
            Command::RecordExit(args) => record::exit(args, &mut call),
            Command::RecordSignal(args) => record::signal(args, &mut call),
            Command::TrackMissed(args) => record::missed(args, &mut call),
            Command::Analyze(args) => analyze::run(args, &mut call),
            Command::Report(args) => report::run(args, &mut call),
            Command::BrainAdjust(args) => brain_adjust::run(args, &mut call),
            Command::PostMarket(args) => post_market::run(args, &mut call),
            Command::Calendar(args) => calendar::run(args, &mut call),
            Command::Schedule(args) => schedule::run(args, &mut call),
            Command::Retrain(args) => retrain::run(args, &mut call),
            Command::Score(args) => score::run(args, &mut call),
            Command::Replay(args) => replay::run(args, &mut call),
            Command::WhatIf(args) => what_if::run(args, &mut call),
            Command::Import(args) => import::run(args, &mut call),
            Command::Export(args) => export::run(args, &mut call),
            Command::Doctor(args) => doctor::run(args, &mut call),
            Command::Completions(args) => generate::completions(args, &mut call),
            Command::Generate(args) => generate::manual(args, &mut call),
            Command::Demo(args) => demo::run(args, &mut call),
        };
        let silent = matches!(
            cli.command,
            Command::Doctor(_)
                | Command::Calendar(_)
                | Command::Schedule(_)
                | Command::Completions(_)
                | Command::Generate(_)
        );
        if done.is_ok() && !is_engines(&cli.command) && !silent {
            mention_spool(&mut call);
        }
        done
    };
    notes.raw(&told);
    out.flush()?;
    status
}

/// The file of `--output`, which is opened with the first byte of an answer: a command that fails before it
/// has one leaves the file as it was.
struct OutputFile<'a> {
    around: &'a Environment<'a>,
    layout: &'a Layout,
    path: &'a Path,
    inner: Option<std::io::BufWriter<Box<dyn Write + Send>>>,
}

/// Refuses a file of the store as the place of an answer, under whatever name it is meant.
fn outside_of_store(around: &Environment<'_>, layout: &Layout, path: &Path) -> std::io::Result<()> {
    let refused = || {
        let why = "is a file of the store: name another one for the answer";
        Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, format!("{}: {why}", path.display())))
    };
    let inodes = |folder: &Path| -> Vec<u64> {
        let entries = around.disk.list(folder).unwrap_or_default();
        entries.iter().filter(|entry| entry.stat.is_file).map(|entry| entry.stat.inode).collect()
    };
    let inode = |path: &Path| around.disk.stat(path).ok().flatten().map(|stat| stat.inode);
    let target = inode(path);
    // The dot makes a folder of what may be a link to one.
    let parent = inode(&path.parent().unwrap_or(Path::new("")).join("."));
    let brain = layout.brain();
    let folders = [Some(layout.learning()), Some(layout.hidden()), brain.parent().map(Path::to_owned)];
    for folder in folders.into_iter().flatten() {
        let is_inside = parent.is_some() && parent == inode(&folder.join("."));
        if is_inside || target.is_some_and(|inode| inodes(&folder).contains(&inode)) {
            return refused();
        }
    }
    Ok(())
}

impl Write for OutputFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.inner.is_none() {
            outside_of_store(self.around, self.layout, self.path)?;
            let named = |error: std::io::Error| {
                std::io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
            };
            let file = self.around.disk.create_user_output(self.path).map_err(named)?;
            self.inner = Some(std::io::BufWriter::new(file));
        }
        self.inner.as_mut().map_or(Ok(0), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// Every command but the engine's says when records wait.
fn mention_spool(call: &mut Invocation<'_, '_>) {
    let waiting = spool_count(call.context.disk, &call.context.spool);
    if waiting > 0 {
        let text =
            format!("{} in the spool, not counted yet", crate::report::plural(waiting as u64, "record"));
        call.notes.warning(&text);
        call.notes.hint("run `dtlearn analyze`, or record the next trade: either brings them in");
    }
}

/// Fails when there is no store to read from.
fn need_store(call: &Invocation<'_, '_>) -> Result<(), CliError> {
    let learning = call.context.layout.learning();
    match call.context.disk.stat(&learning) {
        Ok(Some(_)) => Ok(()),
        _ => Err(StoreError::NoStore { path: learning }.into()),
    }
}

/// Says what could not be read, and turns that into a status.
fn after_reading(call: &mut Invocation<'_, '_>, path: &Path, reading: &Reading) -> ExitStatus {
    let shown = path.display();
    for damage in reading.damage() {
        let what = match damage.kind {
            DamageKind::Broken => "damaged bytes",
            DamageKind::Tail => "bytes at the end that are no whole record",
            DamageKind::LongLine => "bytes in a line too long for a record",
        };
        call.notes.warning(&format!("{shown}: {} {what} from byte {}, passed over", damage.len, damage.at));
    }
    for unreadable in &reading.unreadable {
        call.notes.warning(&format!("{shown}:{}: {}", unreadable.row, unreadable.why));
    }
    let untold = reading.unreadable_rows - reading.unreadable.len() as u64;
    if untold > 0 {
        call.notes.warning(&format!("{shown}: {untold} more lines could not be read"));
    }
    if reading.earlier_bytes > 0 {
        let text =
            format!("{shown}: {} damaged bytes in an earlier part, passed over", reading.earlier_bytes);
        call.notes.warning(&text);
    }
    if reading.repeated > 0 {
        let text = format!(
            "{} recorded more than once, counted once",
            crate::report::plural(reading.repeated, "trade")
        );
        call.notes.warning(&format!("{shown}: {text}"));
    }
    if reading.newer_rows > 0 {
        call.notes.warning(&format!(
            "{shown}: {} written by a newer dtlearn, read as far as they are known",
            reading.newer_rows
        ));
    }
    if reading.is_whole() {
        return ExitStatus::Done;
    }
    call.notes.hint("run `dtlearn doctor`: it says what can be repaired, and how");
    ExitStatus::Part
}

/// Writes a view in the form that was asked for.
fn answer(call: &mut Invocation<'_, '_>, view: &View) -> Result<(), CliError> {
    render(view, call.config, call.out).map_err(CliError::from)
}
