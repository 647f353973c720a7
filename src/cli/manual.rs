//! The manual and the completions as files: what a package installs, and what `generate man DIR` puts into a folder.

use clap::Command;
use clap_complete::Shell;

macro_rules! page {
    ($name:literal) => {
        ($name, include_str!(concat!("../../man/", $name)))
    };
}
/// The pages that are written by hand: the name of the file, and its text.
const PAGES: &[(&str, &str)] = &[
    page!("dtlearn-brain.5"),
    page!("dtlearn-changes.7"),
    page!("dtlearn-cluster.7"),
    page!("dtlearn-evidence.7"),
    page!("dtlearn-experiments.7"),
    page!("dtlearn-fields.7"),
    page!("dtlearn-filter.7"),
    page!("dtlearn-guard.7"),
    page!("dtlearn-heat.7"),
    page!("dtlearn-size.7"),
    page!("dtlearn-import.7"),
    page!("dtlearn-integrator.7"),
    page!("dtlearn-market.5"),
    page!("dtlearn-metrics.7"),
    page!("dtlearn-model.7"),
    page!("dtlearn-operator.7"),
    page!("dtlearn-patterns.7"),
    page!("dtlearn-performance.7"),
    page!("dtlearn-store.5"),
    page!("dtlearn-timers.7"),
    page!("dtlearn-troubleshooting.7"),
    page!("dtlearn-whatif.7"),
];

/// A file below the folder of data that programs share, `/usr/share` or `~/.local/share`.
pub(super) struct ShareFile {
    /// Its place there.
    pub path: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
}

/// A manual page of section 1: of the tool, or of one command; none where there is no such command.
pub(super) fn command_page(mut tool: Command, name: Option<&str>) -> Option<Vec<u8>> {
    tool.build();
    let command = match name {
        None => tool,
        // Building gave it the name of its page, dtlearn-NAME.
        Some(name) => tool.get_subcommands().find(|command| command.get_name() == name)?.clone(),
    };
    let mut made = Vec::new();
    let page = clap_mangen::Man::new(command).source("dtlearn").manual("dtlearn commands");
    page.render(&mut made).ok()?;
    Some(made)
}

/// The completions of a shell.
pub(super) fn completion(mut tool: Command, shell: Shell) -> Vec<u8> {
    let mut made = Vec::new();
    clap_complete::generate(shell, &mut tool, "dtlearn", &mut made);
    made
}

/// Every page and the completions of the three shells, each where man and the shell look for it.
pub(super) fn share_files(tool: &Command) -> Vec<ShareFile> {
    let seen = |command: &&Command| !command.is_hide_set();
    let names = tool.get_subcommands().filter(seen).map(|command| Some(command.get_name()));
    let mut files = Vec::new();
    for name in std::iter::once(None).chain(names) {
        let file = name.map_or("dtlearn.1".to_owned(), |name| format!("dtlearn-{name}.1"));
        let bytes = command_page(tool.clone(), name);
        files.extend(bytes.map(|bytes| ShareFile { path: format!("man/man1/{file}"), bytes }));
    }
    for (name, text) in PAGES {
        let section = name.rsplit('.').next().unwrap_or_default();
        files.push(ShareFile { path: format!("man/man{section}/{name}"), bytes: text.as_bytes().to_vec() });
    }
    for (shell, path) in [
        (Shell::Bash, "bash-completion/completions/dtlearn"),
        (Shell::Zsh, "zsh/site-functions/_dtlearn"),
        (Shell::Fish, "fish/vendor_completions.d/dtlearn.fish"),
    ] {
        files.push(ShareFile { path: path.into(), bytes: completion(tool.clone(), shell) });
    }
    files
}
