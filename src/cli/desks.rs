//! The desks of a command that joins several stores: one for each `--root`, or those of `[desks]`, each with its own
//! settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Environment;
use super::config::{Config, ConfigSources, read_file, resolve};
use super::error::{CliError, SettingsPage};
use super::options::GlobalArgs;
use super::roots::{expanded, file_path, given};
use super::rulebook_file::text_of;
use crate::app::Desk;
use crate::store::{Layout, StoreError};

/// The desks of a command that can join several: one for each root, each with its own settings.
///
/// # Errors
/// [`CliError::Usage`] where a pattern matches nothing or two stores have one name; [`CliError::Config`] where `[desks]`
/// makes no sense.
pub(super) fn desks(
    around: &Environment<'_>,
    args: &GlobalArgs,
    file: &toml::Table,
    config: &Config,
) -> Result<Vec<Desk>, CliError> {
    let named = named(around, args, file)?;
    let mut roots: Vec<(String, PathBuf)> = Vec::new();
    let is_given = !given(around, args).is_empty();
    for root in given(around, args) {
        check_given(around, args)?;
        for root in expanded(around, &root)? {
            let place = around.absolute(&root);
            let known = named.iter().find(|(_, path)| around.absolute(path) == place);
            let name = known.map_or_else(|| Layout::new(&place).desk_name(), |(name, _)| name.clone());
            roots.push((name, root));
        }
    }
    if roots.is_empty() {
        roots = named.into_iter().collect();
    }
    if let [] | [_] = roots.as_slice() {
        // The settings of a store that was named are those of the command already.
        let settings = match roots.first().filter(|_| !is_given) {
            Some((_, root)) => settings_of(around, args, file, root)?,
            None => config.settings.clone(),
        };
        let layout = roots.first().map_or_else(|| config.layout.clone(), |(_, root)| Layout::new(root));
        let named = roots.into_iter().next().map(|(name, _)| name);
        let name = named.unwrap_or_else(|| Layout::new(around.absolute(layout.root())).desk_name());
        return Ok(vec![Desk { name, layout, settings: Ok(settings) }]);
    }
    check_distinct(around, &roots)?;
    let desk = |(name, root): (String, PathBuf)| {
        let learning = Layout::new(&root).learning();
        let is_there =
            around.disk.stat(&learning).map_err(|source| StoreError::Read { path: learning.clone(), source });
        let store = is_there.and_then(|found| found.ok_or(StoreError::NoStore { path: learning }));
        let settings = match store {
            Ok(_) => settings_of(around, args, file, &root).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        Desk { name, layout: Layout::new(root), settings }
    };
    // In the order of names: how the roots were named must not change a figure.
    roots.sort();
    Ok(roots.into_iter().map(desk).collect())
}

/// A desk's own settings, where its store has a file of them; else those of the file that somebody named, with --config
/// or the environment; else the defaults.
fn settings_of(
    around: &Environment<'_>,
    args: &GlobalArgs,
    file: &toml::Table,
    root: &Path,
) -> Result<crate::app::Settings, CliError> {
    let path = Layout::new(root).config();
    let own = read_file(around, &path, false)?;
    let args = GlobalArgs { root: vec![root.to_owned()], ..args.clone() };
    if own.is_empty() && file_path(around, &args).1 {
        return Ok(resolve(around, &args, ConfigSources::All(file))?.settings);
    }
    let args = GlobalArgs { config: Some(path), ..args };
    Ok(resolve(around, &args, ConfigSources::All(&own))?.settings)
}

/// The names of `[desks]` and where their stores lie, from the folder of the settings.
fn named(
    around: &Environment<'_>,
    args: &GlobalArgs,
    file: &toml::Table,
) -> Result<BTreeMap<String, PathBuf>, CliError> {
    let Some(table) = file.get("desks") else { return Ok(BTreeMap::new()) };
    let (path, _) = file_path(around, args);
    let wrong = |what: String| CliError::Config(SettingsPage::Cluster, format!("{}: {what}", path.display()));
    let table = table.as_table().ok_or_else(|| wrong("desks is no table: write [desks]".into()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let place = |(name, value): (&String, &toml::Value)| match value {
        toml::Value::String(root) if !root.is_empty() => Ok((name.clone(), folder.join(root))),
        other => Err(wrong(format!("desks.{name}: {:?} is not the folder of a store", text_of(other)))),
    };
    table.iter().map(place).collect()
}

/// Every `--root` must have been taken: before and behind the name of the command only the latter are.
fn check_given(around: &Environment<'_>, args: &GlobalArgs) -> Result<(), CliError> {
    let typed = around.args.iter().take_while(|arg| *arg != "--");
    let typed = typed.filter(|arg| *arg == "--root" || arg.to_string_lossy().starts_with("--root=")).count();
    if typed > args.root.len() && !args.root.is_empty() {
        let why = "some --root stand before the command and some behind it";
        let hint = "write all of them before it, or all behind it";
        return Err(CliError::Usage(why.into(), Some(hint.into())));
    }
    Ok(())
}

/// Two stores of one name could not be told apart, and one store named twice would count twice.
fn check_distinct(around: &Environment<'_>, roots: &[(String, PathBuf)]) -> Result<(), CliError> {
    let mut places = BTreeMap::new();
    let mut names = BTreeMap::new();
    for (name, root) in roots {
        let shown = root.display();
        let place = around.disk.canonical(root).unwrap_or_else(|_| around.absolute(root));
        if let Some(other) = places.insert(place, shown.to_string()) {
            return Err(CliError::Usage(
                format!("{other} and {shown} are the same store"),
                Some("name it once".into()),
            ));
        }
        if let Some(other) = names.insert(name.as_str(), shown.to_string()) {
            let why = format!("{other} and {shown} are both called {name}");
            let hint = format!(
                "give them names in dtlearn.toml: [desks] and below it NAME = {shown:?}",
                shown = shown.to_string()
            );
            return Err(CliError::Usage(why, Some(hint)));
        }
    }
    Ok(())
}
