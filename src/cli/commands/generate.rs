//! `completions`, and the hidden `generate`: what is made from the same text as `--help`.

use clap::{Args, Command};

use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;

/// Whose.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn completions bash > ~/.local/share/bash-completion/completions/dtlearn\n  dtlearn completions zsh > ~/.zfunc/_dtlearn\n  dtlearn completions fish > ~/.config/fish/completions/dtlearn.fish\n\n", include_str!("../exit_status.txt")))]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// Which page.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The page of this command; without it that of the tool
    pub(in crate::cli) command: Option<String>,
}
use crate::cli::invocation::Invocation;

pub(super) fn completions(
    args: &CompletionsArgs,
    mut tool: Command,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    let mut made = Vec::new();
    clap_complete::generate(args.shell, &mut tool, "dtlearn", &mut made);
    call.out.write_all(&made)?;
    Ok(ExitStatus::Done)
}

/// A manual page of section 1: of the tool, or of one command.
pub(super) fn manual(
    args: &GenerateArgs,
    mut tool: Command,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
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
