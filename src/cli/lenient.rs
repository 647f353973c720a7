//! Settings of which a part makes no sense, for the calls of an engine, which must not fail: what makes sense counts, what
//! does not is named and falls to its default, and records that rest on it wait until it is mended. Never fails, never
//! computes with another setting than was meant.

use std::path::Path;

use toml::{Table, Value};

use super::Environment;
use super::config::{Config, ConfigSources, is_yes, read_settings, resolve, unknown_key};
use super::error::CliError;
use super::options::GlobalArgs;
use super::roots::file_path;
use super::rulebook_file::TABLES;
use super::settings::SETTINGS;
use crate::app::Doubts;
use crate::domain::nearest;
use crate::store::Log;

/// So many mistakes are named one by one; of more, nothing of the file counts.
const MANY: usize = 16;

/// A setting that makes no sense.
struct Fault {
    /// Its key, from the top; empty for the whole file.
    key: Vec<String>,
    /// What is wrong with it.
    why: String,
}

/// What counts of the settings, with a sentence for each that does not.
pub(super) struct Lenient {
    pub(super) config: Config,
    pub(super) faults: Vec<String>,
}

/// The settings as far as they make sense, after `first` was wrong with all of them.
///
/// # Errors
/// What is wrong with the flags.
pub(super) fn resolve_what_can_be(
    around: &Environment<'_>,
    args: &GlobalArgs,
    first: &CliError,
) -> Result<Lenient, CliError> {
    let (mut config, faults) = without_faults(around, args)?;
    let mut sentences: Vec<String> = faults.iter().map(|fault| format!("{}; ignored", fault.why)).collect();
    if sentences.is_empty() {
        sentences.push(format!("{first}; ignored"));
    }
    config.settings.doubts = doubts(&faults);
    if config.settings.doubts.of_figures && config.settings.doubts.of(Log::Outcomes).is_none() {
        sentences.push("figures over the trades are not written until that is fixed".into());
    }
    // A limit must not become wider by a mistake.
    let is_of_guard = |fault: &Fault| touches(fault, &["guard", "capital_usd", "metrics"]);
    if config.settings.guard.enabled && faults.iter().any(is_of_guard) {
        config.settings.guard.enabled = false;
        sentences.push("the guard is not asked until that is fixed".into());
    }
    Ok(Lenient { config, faults: sentences })
}

/// What is left of the settings without those that make no sense, found one by one.
fn without_faults(around: &Environment<'_>, args: &GlobalArgs) -> Result<(Config, Vec<Fault>), CliError> {
    let (path, _) = file_path(around, args);
    let mut faults = Vec::new();
    let mut file = read_settings(around, args).unwrap_or_else(|error| {
        faults.push(Fault { key: Vec::new(), why: error.to_string() });
        Table::new()
    });
    without_unknown(&path, &mut file, &mut faults);
    let (mut without, mut is_given_up) = (Vec::new(), false);
    loop {
        let wrong = match resolve(around, args, ConfigSources::Without(&file, &without)) {
            Ok(config) => return Ok((config, faults)),
            Err(CliError::Config(_, why)) => why,
            Err(error) => return Err(error),
        };
        if faults.len() >= MANY && !is_given_up {
            // An engine does not wait until each of very many mistakes is found.
            let keys = SETTINGS.iter().map(|setting| setting.key.to_owned());
            (file, without, is_given_up) = (Table::new(), keys.filter(|key| key != "spool").collect(), true);
            faults.push(Fault { key: Vec::new(), why: wrong });
            continue;
        }
        match culprit(around, args, (&file, &without), &wrong) {
            Some(Place::Key(key)) => {
                remove(&mut file, &key);
                faults.push(Fault { key, why: wrong });
            }
            Some(Place::Variable(key)) => {
                without.push(key.to_owned());
                faults.push(Fault { key: key.split('.').map(str::to_owned).collect(), why: wrong });
            }
            // A flag says it.
            None => return Err(CliError::Usage(wrong, None)),
        }
    }
}

/// Takes out keys that are no settings. What one is meant for is told by its likeness.
fn without_unknown(path: &Path, file: &mut Table, faults: &mut Vec<Fault>) {
    while let Some(key) = unknown_key(file).map(str::to_owned) {
        let why =
            super::config::all_known(path, file).map_or_else(|error| error.to_string(), |()| key.clone());
        let known = SETTINGS.iter().map(|setting| setting.key).chain(TABLES.map(|(table, _)| table));
        let meant = nearest(&key, known).map_or_else(|| key.clone(), str::to_owned);
        file.remove(&key);
        faults.push(Fault { key: vec![meant], why });
    }
}

/// Where a setting stands.
enum Place {
    Key(Vec<String>),
    Variable(&'static str),
}

/// The setting whose mistake is told: without it, it is not told any more. Those that the words name are looked at first,
/// and a value before the table that it is in.
fn culprit(
    around: &Environment<'_>,
    args: &GlobalArgs,
    (file, without): (&Table, &[String]),
    wrong: &str,
) -> Option<Place> {
    let still =
        |file: &Table, without: &[String]| match resolve(around, args, ConfigSources::Without(file, without))
        {
            Err(CliError::Config(_, why)) => why == wrong,
            _ => false,
        };
    let set = SETTINGS.iter().filter(|setting| around.var(setting.variable).is_some());
    let mut named = set.filter(|setting| wrong.starts_with(setting.variable));
    let by_variable = named.find(|setting| {
        let without = [without, &[setting.key.to_owned()]].concat();
        !still(file, &without)
    });
    if let Some(setting) = by_variable {
        return Some(Place::Variable(setting.key));
    }
    let mut places = Vec::new();
    places_in(file, &mut Vec::new(), &mut places);
    let is_named = |key: &Vec<String>| key.last().is_some_and(|last| wrong.contains(last.as_str()));
    places.sort_by_key(|key| !is_named(key));
    let is_it = |key: &Vec<String>| {
        let mut file = file.clone();
        remove(&mut file, key);
        !still(&file, without)
    };
    places.into_iter().find(is_it).map(Place::Key)
}

/// All keys, those in a table before its own.
fn places_in(table: &Table, above: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    for (key, value) in table {
        above.push(key.clone());
        if let Value::Table(inner) = value {
            places_in(inner, above, places);
        }
        places.push(above.clone());
        above.pop();
    }
}

fn remove(table: &mut Table, key: &[String]) {
    match key {
        [] => {}
        [last] => drop(table.remove(last)),
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(first) {
                remove(inner, rest);
            }
        }
    }
}

/// Whether a mistake is in one of these settings, or may be in any.
fn touches(fault: &Fault, keys: &[&str]) -> bool {
    fault.key.first().is_none_or(|first| keys.contains(&first.as_str()))
}

/// What a stored record rests on, by its log.
fn rests_on(log: Log) -> &'static [&'static str] {
    match log {
        Log::Outcomes | Log::Fills => &["currency", "instruments", "intake", "market"],
        Log::Signals | Log::News => &["instruments"],
        Log::Missed => &["instruments", "knobs", "min_missed_confidence"],
    }
}

fn doubts(faults: &[Fault]) -> Doubts {
    let of_log = |log: Log| {
        let is_in_doubt = faults.iter().any(|fault| touches(fault, rests_on(log)));
        is_in_doubt.then(|| (log, "settings that it rests on are in doubt".to_owned()))
    };
    Doubts {
        logs: Log::ALL.into_iter().filter_map(of_log).collect(),
        of_figures: faults.iter().any(|fault| touches(fault, &["capital_usd", "market", "metrics"])),
    }
}

/// Whether the engine must not see a failure, decided before anything can fail. What stands in the file is for
/// [`never_fails_by_file`].
pub(super) fn never_fails(around: &Environment<'_>) -> bool {
    let flagged = around.args.iter().any(|arg| arg == "--never-fail");
    flagged || around.var("DTLEARN_NEVER_FAIL").is_some_and(|text| is_yes(&text))
}

/// Whether the file of settings says so.
pub(super) fn never_fails_by_file(file: &toml::Table) -> bool {
    file.get("never_fail").and_then(toml::Value::as_bool).unwrap_or(false)
}
