//! `completions` and `generate`: texts for shells, manual pages, and the client for an engine.

use clap::{Args, Command};

use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;

/// Whose.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn completions bash > ~/.local/share/bash-completion/completions/dtlearn\n  dtlearn completions zsh > ~/.zfunc/_dtlearn\n  dtlearn completions fish > ~/.config/fish/completions/dtlearn.fish\n\n", include_str!("../exit_status.txt")))]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// Which module.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn generate client python > dtlearn_client.py\n\n", include_str!("../exit_status.txt")))]
pub struct GenerateArgs {
    /// `client`, or the command whose manual page is wanted
    #[arg(value_name = "WHAT")]
    pub(in crate::cli) what: Option<String>,
    /// The language of the client: python
    #[arg(value_name = "LANGUAGE")]
    pub(in crate::cli) language: Option<String>,
}

/// A module of Python's standard library alone.
const PYTHON_CLIENT: &str = include_str!("../dtlearn_client.py");

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

/// A client for an engine, or a manual page of section 1.
pub(super) fn run(
    args: &GenerateArgs,
    tool: Command,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    match (args.what.as_deref(), args.language.as_deref()) {
        (Some("client"), Some("python")) => {
            call.out.write_all(PYTHON_CLIENT.as_bytes())?;
            Ok(ExitStatus::Done)
        }
        (Some("client"), language) => {
            let asked = language
                .map_or("no language is named".to_owned(), |name| format!("there is no client for {name}"));
            Err(CliError::Usage(asked, Some("dtlearn generate client python".into())))
        }
        _ => manual(args, tool, call),
    }
}

/// A manual page: of the tool, or of one command.
fn manual(
    args: &GenerateArgs,
    mut tool: Command,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    tool.build();
    let command = match &args.what {
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
