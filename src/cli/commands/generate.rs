//! `completions`, and the hidden `generate`: what is made from the same text as `--help`.

use clap::CommandFactory;

use super::super::args::{Cli, CompletionsArgs, GenerateArgs};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::Invocation;

pub(super) fn completions(
    args: &CompletionsArgs,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    let mut made = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dtlearn", &mut made);
    call.out.write_all(&made)?;
    Ok(ExitStatus::Done)
}

/// A manual page of section 1: of the tool, or of one command.
pub(super) fn manual(args: &GenerateArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let mut tool = Cli::command();
    tool.build();
    let command = match &args.command {
        None => tool,
        Some(name) => {
            let found = tool.get_subcommands().find(|command| command.get_name() == name);
            let unknown = || CliError::Usage(format!("there is no command {name:?}"), None);
            // Building gave it the name of its page, dtlearn-NAME.
            found.ok_or_else(unknown)?.clone()
        }
    };
    let mut made = Vec::new();
    clap_mangen::Man::new(command).source("dtlearn").manual("dtlearn commands").render(&mut made)?;
    call.out.write_all(&made)?;
    Ok(ExitStatus::Done)
}
