//! Commands and views as the command line knows them, so that no list of tests falls behind.

use clap::{Command, CommandFactory};
use dtlearn::cli::Cli;

/// The commands that people and engines see.
pub fn commands() -> Vec<Command> {
    let mut cli = Cli::command();
    cli.build();
    let seen = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    cli.get_subcommands().filter(seen).cloned().collect()
}

/// Their names.
pub fn names() -> Vec<String> {
    // Building gave them names of pages, dtlearn-NAME.
    commands().iter().map(|command| command.get_name().trim_start_matches("dtlearn-").to_owned()).collect()
}

/// Every view of `report`.
pub fn views() -> Vec<String> {
    let report = Cli::command();
    let report = report.find_subcommand("report").unwrap();
    let view = report.get_arguments().find(|arg| arg.get_id() == "view").unwrap();
    view.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}

/// The long flags of a command, its own and those of every command.
pub fn flags(command: &Command) -> Vec<String> {
    command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect()
}
