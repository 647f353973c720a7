//! `completions` and `generate`: texts for shells, manual pages, and the client for an engine.

use std::path::Path;

use clap::{Args, Command};

use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;
use crate::cli::manual::{command_page, completion, share_files};
use crate::cli::output_file::{named, outside_of_store, replace_output};
use crate::cli::render::safe;
use crate::cli::schema_files::SCHEMAS;
use crate::domain::nearest;
use crate::report::plural;

/// Whose.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn completions bash > ~/.local/share/bash-completion/completions/dtlearn\n  dtlearn completions zsh > ~/.zfunc/_dtlearn\n  dtlearn completions fish > ~/.config/fish/completions/dtlearn.fish\n\n", include_str!("../exit_status.txt")))]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// Which text, and where to.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn generate man ~/.local/share\n  dtlearn generate client python > dtlearn_client.py\n  dtlearn generate schema report.metrics > metrics.schema.json\n\n", include_str!("../exit_status.txt")))]
pub struct GenerateArgs {
    /// `man`, `client`, `schema`, or the command whose manual page is wanted
    #[arg(value_name = "WHAT")]
    pub(in crate::cli) what: Option<String>,
    /// Of `man` the folder, such as ~/.local/share or /usr/local/share; of `client` the language: python; of `schema` its
    /// name, without which all names are listed
    #[arg(value_name = "OF")]
    pub(in crate::cli) of: Option<String>,
}

/// A module of Python's standard library alone.
const PYTHON_CLIENT: &str = include_str!("../dtlearn_client.py");

pub(super) fn completions(
    args: &CompletionsArgs,
    tool: Command,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    call.out.write_all(&completion(tool, args.shell))?;
    Ok(ExitStatus::Done)
}

/// A text for another program, a manual page of section 1, or all pages and completions into a folder.
pub(super) fn run(
    args: &GenerateArgs,
    tool: Command,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    match (args.what.as_deref(), args.of.as_deref()) {
        (Some("client"), Some("python")) => {
            call.out.write_all(PYTHON_CLIENT.as_bytes())?;
            Ok(ExitStatus::Done)
        }
        (Some("client"), language) => {
            let asked = language
                .map_or("no language is named".to_owned(), |name| format!("there is no client for {name}"));
            Err(CliError::Usage(asked, Some("dtlearn generate client python".into())))
        }
        (Some("schema"), None) => {
            SCHEMAS.iter().try_for_each(|(name, _)| writeln!(call.out, "{name}"))?;
            Ok(ExitStatus::Done)
        }
        (Some("schema"), Some(name)) => {
            let unknown = || {
                let nearest = nearest(name, SCHEMAS.iter().map(|(name, _)| *name));
                let hint = nearest.map_or("dtlearn generate schema".into(), |known| {
                    format!("did you mean {known}? `dtlearn generate schema` lists them")
                });
                CliError::Usage(format!("there is no schema {name:?}"), Some(hint))
            };
            let (_, text) = SCHEMAS.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
            call.out.write_all(text.as_bytes())?;
            Ok(ExitStatus::Done)
        }
        (Some("man"), Some(folder)) => install(Path::new(folder), &tool, call),
        (Some("man"), None) => {
            let hint = "dtlearn generate man ~/.local/share".into();
            Err(CliError::Usage("which folder shall the pages go to?".into(), Some(hint)))
        }
        (name, _) => {
            let unknown = || {
                let name = name.unwrap_or_default();
                let hint = "`man`, `client`, `schema`, or a command, whose page it prints".into();
                CliError::Usage(format!("there is no command {name:?}"), Some(hint))
            };
            call.out.write_all(&command_page(tool, name).ok_or_else(unknown)?)?;
            Ok(ExitStatus::Done)
        }
    }
}

/// Writes every page and completion below a folder, each whole or not at all.
fn install(folder: &Path, tool: &Command, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let files = share_files(tool);
    for file in &files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        let named = |error| CliError::Output(named(parent, error));
        outside_of_store(call.around, &call.config.stores, &path)?;
        call.context.disk.create_user_folder(parent).map_err(named)?;
        replace_output(call.around, &call.config.stores, &path, &file.bytes)?;
    }
    let pages = files.iter().filter(|file| file.path.starts_with("man/")).count() as u64;
    let text = format!(
        "{}: {} below man/, completions for bash, zsh and fish beside it",
        folder.display(),
        plural(pages, "manual page")
    );
    writeln!(call.out, "{}", safe(&text))?;
    Ok(ExitStatus::Done)
}
