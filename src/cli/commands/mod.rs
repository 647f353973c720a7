//! One file per command: parse, call the use case, render, nothing else.

mod analyze;
mod brain_adjust;
mod calendar;
mod demo;
mod doctor;
mod experiment;
mod export;
mod generate;
mod guard;
mod heat;
mod import;
mod portfolio;
mod post_market;
mod reconcile;
mod record;
mod record_fill;
mod record_news;
mod recording;
mod replay;
mod report;
mod rescue;
mod retrain;
mod schedule;
mod score;
mod size;
mod watch;
mod what_if;

use std::io::{Read, Write};

use clap::CommandFactory;

use super::Environment;
use super::args::{Cli, Command};
use super::config::{Config, ConfigSources, all_known, read_settings, resolve};
use super::desks::desks;
use super::error::CliError;
use super::exit_code::ExitStatus;
use super::invocation::{Invocation, context_of, mention_spool};
use super::lenient::{never_fails, never_fails_by_file, resolve_what_can_be};
use super::notes::{LogPrefix, Notes};
use super::notify::{deliver, tell};
use super::options::Format;
use super::output_file::OutputFile;
use super::panics::caught;
use super::progress::Bar;
use super::roots::{are_several, file_path, first_root};
use crate::store::start_threads;

pub(in crate::cli) use analyze::AnalyzeArgs;
pub(in crate::cli) use brain_adjust::BrainAdjustArgs;
pub(in crate::cli) use calendar::CalendarArgs;
pub(in crate::cli) use demo::DemoArgs;
pub(in crate::cli) use doctor::DoctorArgs;
pub(in crate::cli) use experiment::ExperimentArgs;
pub(in crate::cli) use export::ExportArgs;
pub(in crate::cli) use generate::{CompletionsArgs, GenerateArgs};
pub(in crate::cli) use guard::GuardArgs;
pub(in crate::cli) use heat::HeatArgs;
pub(in crate::cli) use import::{ImportArgs, VoidArgs};
pub(in crate::cli) use portfolio::PortfolioArgs;
pub(in crate::cli) use post_market::PostMarketArgs;
pub(in crate::cli) use reconcile::ReconcileArgs;
pub(in crate::cli) use record::{RecordExitArgs, RecordSignalArgs, TrackMissedArgs};
pub(in crate::cli) use record_fill::RecordFillArgs;
pub(in crate::cli) use record_news::RecordNewsArgs;
pub(in crate::cli) use replay::ReplayArgs;
pub(in crate::cli) use report::ReportArgs;
pub(in crate::cli) use retrain::RetrainArgs;
pub(in crate::cli) use schedule::ScheduleArgs;
pub(in crate::cli) use score::ScoreArgs;
pub(in crate::cli) use size::SizeArgs;
pub(in crate::cli) use what_if::WhatIfArgs;

/// Their names.
const ENGINE_COMMANDS: [&str; 8] =
    ["record-exit", "record-fill", "record-news", "record-signal", "track-missed", "score", "guard", "heat"];

/// The commands that an engine calls.
fn is_engines(command: &Command) -> bool {
    matches!(
        command,
        Command::RecordExit(_)
            | Command::RecordFill(_)
            | Command::RecordNews(_)
            | Command::RecordSignal(_)
            | Command::TrackMissed(_)
            | Command::Score(_)
            | Command::Guard(_)
            | Command::Heat(_)
    )
}

/// Who speaks beside the answer of a command.
fn prefix(command: &Command) -> LogPrefix {
    match command {
        Command::RecordExit(_) | Command::RecordFill(_) | Command::Analyze(_) => LogPrefix::TradeAnalyzer,
        Command::RecordNews(_) => LogPrefix::RecordNews,
        Command::RecordSignal(_) => LogPrefix::RecordSignal,
        Command::Import(_) => LogPrefix::Import,
        Command::Void(_) => LogPrefix::Void,
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
    if let [_, only] = around.args.as_slice()
        && (only == "--version" || only == "-V")
    {
        let _ = writeln!(out, "dtlearn {}", env!("CARGO_PKG_VERSION"));
        return ExitStatus::Done;
    }
    let cli = match Cli::read(&around.args) {
        Ok(cli) => cli,
        Err(error) => return unparsed(around, &error, out, err),
    };
    if let Command::Notify(args) = &cli.command {
        return deliver(around, args, stdin);
    }
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
    let file =
        caught(|| read_settings(around, &cli.global)).unwrap_or_else(|what| Err(CliError::of_settings(what)));
    let never_fail = is_engines(&cli.command)
        && (cli.global.never_fail || never_fails(around) || file.as_ref().is_ok_and(never_fails_by_file));
    let mut notes = Notes::new(err, prefix(&cli.command));
    notes.width = around.stderr_width();
    notes.quiet = cli.global.quiet;
    notes.verbose = cli.global.verbose;
    if !is_engines(&cli.command) {
        start_threads();
    }
    let mut stdin = rescue::Kept::new(stdin, rescue::is_recording(&cli.command));
    let done = caught(|| {
        let resolved = resolved(around, cli, file, &mut notes)?;
        with_output(around, cli, &resolved, &mut stdin, out, &mut notes)
    });
    let status = match done {
        Ok(status) => status,
        Err(what) => rescue::after_panic(around, cli, &mut stdin, out, &mut notes, &what),
    };
    let status = status.unwrap_or_else(|error| {
        if error.is_closed_pipe() {
            return ExitStatus::Done;
        }
        let mut notes = Notes::new(err, prefix(&cli.command));
        notes.width = around.stderr_width();
        notes.failure(&error);
        rescue::after_failure(around, cli, &mut stdin, out, &mut notes, (&error, never_fail));
        error.status()
    });
    // A no that was asked for is an answer, not a failure.
    if never_fail && status != ExitStatus::No { ExitStatus::Done } else { status }
}

/// The configuration; of an engine's command whatever of it makes sense.
fn resolved(
    around: &Environment<'_>,
    cli: &Cli,
    file: Result<toml::Table, CliError>,
    notes: &mut Notes<'_>,
) -> Result<Config, CliError> {
    let resolved = file.and_then(|file| {
        all_known(&file_path(around, &cli.global).0, &file)?;
        let config = resolve(around, &cli.global, ConfigSources::All(&file))?;
        if is_engines(&cli.command) {
            return one_store(around, cli).map(|()| config);
        }
        with_desks(around, cli, &file, config)
    });
    resolved.or_else(|error| {
        // A mistake in a setting must not cost a trade, nor make it another one; nor may it widen a limit that somebody set.
        let decides =
            !is_engines(&cli.command) || matches!(&cli.command, Command::Guard(_) | Command::Heat(_));
        if decides || matches!(error, CliError::Usage(..)) {
            return Err(error);
        }
        let lenient = resolve_what_can_be(around, &cli.global, &error)?;
        lenient.faults.iter().for_each(|fault| notes.warning(fault));
        Ok(lenient.config)
    })
}

/// Refuses several stores for a command that is about one.
fn one_store(around: &Environment<'_>, cli: &Cli) -> Result<(), CliError> {
    if !are_several(around, &cli.global) {
        return Ok(());
    }
    let why = "this command is about one store, and several were named";
    let first = first_root(around, &cli.global);
    let hint = format!(
        "name one of them, such as --root {}; `analyze` and most views of `report` join several",
        first.display()
    );
    Err(CliError::Usage(why.into(), Some(hint)))
}

/// The configuration with the stores that are joined; the settings are those of the first of them that can be read, and
/// the capital is added up by whoever has read them.
fn with_desks(
    around: &Environment<'_>,
    cli: &Cli,
    file: &toml::Table,
    config: Config,
) -> Result<Config, CliError> {
    let joins = match &cli.command {
        Command::Analyze(_) | Command::Report(_) => true,
        Command::Export(args) => args.parquet.is_some(),
        _ => false,
    };
    if !joins {
        return one_store(around, cli).map(|()| config);
    }
    let desks = desks(around, &cli.global, file, &config)?;
    let first = desks.iter().find_map(|desk| desk.settings.as_ref().ok());
    let settings = first.unwrap_or(&config.settings).clone();
    let layout = desks.first().map_or_else(|| config.layout.clone(), |desk| desk.layout.clone());
    let mut stores = config.stores;
    stores.extend(desks.iter().map(|desk| desk.layout.clone()));
    Ok(Config { settings, layout, stores, desks, ..config })
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
        let named = around.args.iter().any(|arg| ENGINE_COMMANDS.iter().any(|name| arg == name));
        return if named && never_fails(around) { ExitStatus::Done } else { ExitStatus::Usage };
    }
    let _ = write!(out, "{text}");
    ExitStatus::Done
}

/// A form that the command's answer cannot have is a mistake on the command line.
fn check_form(command: &Command, format: Format) -> Result<(), CliError> {
    let has_assignments = match command {
        Command::Report(args) => args.has_assignments(),
        Command::Experiment(args) => args.is_of_arm(),
        Command::Size(args) => args.has_assignments(),
        Command::Guard(_) | Command::Heat(_) => true,
        _ => false,
    };
    if format == Format::Env && !has_assignments {
        let why = "only `experiment arm`, `guard`, `heat`, `size`, `report brain` and `report sizing` can be written as NAME=value lines";
        return Err(CliError::Usage(why.into(), Some("dtlearn report brain --format env".into())));
    }
    if format == Format::Ics && !matches!(command, Command::Calendar(_)) {
        let why = "only `calendar` can be written as iCalendar";
        return Err(CliError::Usage(why.into(), Some("dtlearn calendar --format ics".into())));
    }
    let has_gauges = matches!(command, Command::Report(args) if args.is_of_metrics());
    if format == Format::Prometheus && !has_gauges {
        let why = "only `report metrics` can be written for Prometheus";
        let hint = "dtlearn report metrics --format prometheus -o dtlearn.prom";
        return Err(CliError::Usage(why.into(), Some(hint.into())));
    }
    Ok(())
}

fn run_command(command: &Command, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    match command {
        Command::RecordExit(args) => record::exit(args, call),
        Command::RecordFill(args) => record_fill::run(args, call),
        Command::RecordNews(args) => record_news::run(args, call),
        Command::RecordSignal(args) => record::signal(args, call),
        Command::TrackMissed(args) => record::missed(args, call),
        Command::Analyze(args) => analyze::run(args, call),
        Command::Report(args) => report::run(args, call),
        Command::BrainAdjust(args) => brain_adjust::run(args, call),
        Command::PostMarket(args) => post_market::run(args, call),
        Command::Calendar(args) => calendar::run(args, call),
        Command::Schedule(args) => schedule::run(args, call),
        Command::Retrain(args) => retrain::run(args, call),
        Command::Score(args) => score::run(args, call),
        Command::Guard(args) => guard::run(args, call),
        Command::Heat(args) => heat::run(args, call),
        Command::Portfolio(args) => portfolio::run(args, call),
        Command::Size(args) => size::run(args, call),
        Command::Replay(args) => replay::run(args, call),
        Command::WhatIf(args) => what_if::run(args, call),
        Command::Import(args) => import::run(args, call),
        Command::Void(args) => import::run_void(args, call),
        Command::Experiment(args) => experiment::run(args, call),
        Command::Reconcile(args) => reconcile::run(args, call),
        Command::Export(args) => export::run(args, call),
        Command::Doctor(args) => doctor::run(args, call),
        Command::Completions(args) => generate::completions(args, Cli::command(), call),
        Command::Generate(args) => generate::run(args, Cli::command(), call),
        Command::Demo(args) => demo::run(args, call),
        // It needs no settings, and was run before they were read.
        Command::Notify(_) => Ok(ExitStatus::Done),
    }
}

/// Whether an answer goes without the word that records wait in the spool: it is not about the store, it says so
/// itself, or it stores them.
fn is_silent_on_spool(command: &Command) -> bool {
    is_engines(command)
        || matches!(
            command,
            Command::Doctor(_)
                | Command::Calendar(_)
                | Command::Schedule(_)
                | Command::Completions(_)
                | Command::Generate(_)
        )
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
    check_form(&cli.command, config.format)?;
    let bar = Bar::new(around.stderr_is_terminal && !notes.quiet);
    let context = context_of(around, config, &bar);
    let mut file = config.output.as_deref().map(|path| OutputFile::new(around, &config.stores, path));
    if config.format == Format::Prometheus {
        file = file.map(OutputFile::whole);
    }
    let out: &mut dyn Write = match &mut file {
        Some(file) => file,
        None => out,
    };
    let mut said = Vec::new();
    let (status, notices) = {
        let mut inner = Notes::new(&mut said, notes.prefix());
        (inner.quiet, inner.verbose, inner.width) = (notes.quiet, notes.verbose, notes.width);
        let notices = Vec::new();
        let mut call =
            Invocation { around, config, context, stdin, out: &mut *out, notes: &mut inner, notices };
        let done = run_command(&cli.command, &mut call);
        if done.is_ok() && !is_silent_on_spool(&cli.command) {
            mention_spool(&mut call);
        }
        (done, call.notices)
    };
    notes.raw(&said);
    let flushed = out.flush();
    let at = (&config.layout, config.now);
    notes.warnings(tell(around, &config.notify, at, &notices, is_engines(&cli.command)));
    match flushed {
        Ok(()) => status,
        // The status of a recording command speaks of the record alone.
        Err(error) if status.is_ok() && rescue::is_recording(&cli.command) => {
            notes.warning(&format!("the answer cannot be written: {error}"));
            status
        }
        Err(error) => status.and(Err(error.into())),
    }
}
