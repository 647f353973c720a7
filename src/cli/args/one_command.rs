//! Reads a command line with the arguments of the one command that it names, and with those of all where it must.

use std::ffi::OsString;

use clap::{Args, FromArgMatches, Parser};

use super::*;

/// Adds the arguments of a command to an empty one of its name.
type Augment = fn(clap::Command) -> clap::Command;

/// The arguments of each command by its name, so that a start builds those of one command only.
const ARGUMENTS: [(&str, Augment); 29] = [
    ("record-exit", RecordExitArgs::augment_args),
    ("record-fill", RecordFillArgs::augment_args),
    ("record-news", RecordNewsArgs::augment_args),
    ("record-signal", RecordSignalArgs::augment_args),
    ("track-missed", TrackMissedArgs::augment_args),
    ("analyze", AnalyzeArgs::augment_args),
    ("report", ReportArgs::augment_args),
    ("brain-adjust", BrainAdjustArgs::augment_args),
    ("post-market", PostMarketArgs::augment_args),
    ("calendar", CalendarArgs::augment_args),
    ("schedule", ScheduleArgs::augment_args),
    ("retrain", RetrainArgs::augment_args),
    ("score", ScoreArgs::augment_args),
    ("guard", GuardArgs::augment_args),
    ("heat", HeatArgs::augment_args),
    ("portfolio", PortfolioArgs::augment_args),
    ("size", SizeArgs::augment_args),
    ("what-if", WhatIfArgs::augment_args),
    ("replay", ReplayArgs::augment_args),
    ("experiment", ExperimentArgs::augment_args),
    ("import", ImportArgs::augment_args),
    ("void", VoidArgs::augment_args),
    ("reconcile", ReconcileArgs::augment_args),
    ("export", ExportArgs::augment_args),
    ("doctor", DoctorArgs::augment_args),
    ("demo", DemoArgs::augment_args),
    ("completions", CompletionsArgs::augment_args),
    ("generate", GenerateArgs::augment_args),
    ("notify", NotifyArgs::augment_args),
];

impl Cli {
    /// Reads a command line, program name first.
    ///
    /// # Errors
    /// Help and version, which are answers, and mistakes.
    pub(in crate::cli) fn read(args: &[OsString]) -> Result<Self, clap::Error> {
        match Self::of_one_command(args) {
            Some(cli) => Ok(cli),
            // Whatever is not plain is for the whole tree, which has the help and knows the other commands.
            None => Self::try_parse_from(args),
        }
    }

    /// Reads a command line that is right, with the arguments of the first command that it names: an engine
    /// starts the program at every exit, and the arguments of all commands cost more than the record.
    fn of_one_command(args: &[OsString]) -> Option<Self> {
        let named = |arg: &OsString| ARGUMENTS.iter().find(|(name, _)| arg == *name);
        let (name, augment) = args.iter().skip(1).find_map(named)?;
        let without_help = |name| clap::Command::new(name).disable_help_flag(true);
        let root = GlobalArgs::augment_args(without_help("dtlearn")).disable_help_subcommand(true);
        let matches = root.subcommand(augment(without_help(*name))).try_get_matches_from(args).ok()?;
        Self::from_arg_matches(&matches).ok()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn typed(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn every_command_has_its_arguments_in_the_table() {
        let tree = Cli::command();
        let names: Vec<&str> = tree.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, ARGUMENTS.map(|(name, _)| name));
        for (command, (name, augment)) in tree.get_subcommands().zip(ARGUMENTS) {
            let ids = |command: &clap::Command| -> Vec<clap::Id> {
                command.get_arguments().map(|arg| arg.get_id().clone()).collect()
            };
            assert_eq!(ids(&augment(clap::Command::new(name))), ids(command), "{name}");
        }
    }

    #[test]
    fn one_command_is_read_as_by_the_whole_tree() {
        let lines = [
            "dtlearn record-exit",
            "dtlearn --root here --quiet record-exit --never-fail --symbol X --side BUY --entry-price -1",
            "dtlearn --root analyze record-exit --file x.json",
            "dtlearn report trades --days 3 --format json -o trades.json --limit 0",
            "dtlearn report post-market 2026-03-02",
            "dtlearn what-if --help",
            "dtlearn help report",
            "dtlearn analyze report",
            "dtlearn report -V",
            "dtlearn report --symbol -h",
            "dtlearn analyze --prices a.csv b.csv --prices-tz America/New_York --now 2026-03-02T21:00:00Z",
            "dtlearn import a.csv -- report -h",
            "dtlearn --quiet --verbose doctor",
            "dtlearn doctor --normalize",
            "dtlearn score extra",
            "dtlearn --root report",
            "dtlearn analyse",
            "dtlearn",
        ];
        for line in lines {
            let told = |read: Result<Cli, clap::Error>| match read {
                Ok(cli) => format!("{cli:?}"),
                Err(error) => error.render().to_string(),
            };
            let args = typed(line);
            assert_eq!(told(Cli::read(&args)), told(Cli::try_parse_from(&args)), "{line}");
        }
        assert!(Cli::of_one_command(&typed("dtlearn --root here record-exit --symbol X")).is_some());
    }
}
