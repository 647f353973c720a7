//! Settings: flag before environment before file before default.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Environment;
use super::error::{CliError, SettingsPage};
use super::guard_file::{guard_rules, heat_limits};
use super::intake_file::intake;
use super::market_file::{Calendars, MarketSource, calendars};
use super::metrics_file::scratch_frac;
use super::notify::notify_command;
use super::options::{Color, Format, GlobalArgs};
use super::output_file::format_of;
use super::roots::{file_path, first_root};
use super::rulebook_file::{TABLES, did_you_mean, model_settings, rulebook, text_of};
use super::settings::SETTINGS;
use super::size_file::size_settings;
use crate::app::{Desk, Settings};
use crate::domain::{Timestamp, nearest};
use crate::store::{Layout, read_state};

/// Everything that was decided before a command runs.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub layout: Layout,
    /// Every store that the command is about, and the one with the settings: none of them takes an answer.
    pub stores: Vec<Layout>,
    /// The stores that are read together; one, or none, where a command is about one.
    pub desks: Vec<Desk>,
    pub settings: Settings,
    /// The calendars that the file describes, used or not.
    pub calendars: Calendars,
    pub now: Timestamp,
    pub as_of: Option<Timestamp>,
    pub format: Format,
    /// Whether a flag or the name of the output file says it.
    pub format_given: bool,
    pub output: Option<PathBuf>,
    pub color: bool,
    /// Whether tables are written in ASCII.
    pub ascii: bool,
    pub width: Option<usize>,
    pub spool: Option<PathBuf>,
    pub user_state: Option<PathBuf>,
    /// The program that hears of what happened, with its arguments; none for nobody.
    pub notify: Vec<String>,
}

impl Environment<'_> {
    /// A path from the root of the file system, where the working folder is known.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        let tidy = |path: &Path| path.components().collect::<PathBuf>();
        match self.var_path("PWD") {
            Some(folder) if path.is_relative() => {
                let inside = path.components().filter(|part| !matches!(part, std::path::Component::CurDir));
                tidy(&folder.join(inside.collect::<PathBuf>()))
            }
            _ => tidy(path),
        }
    }

    /// An environment variable that is set and not empty.
    pub(super) fn var(&self, name: &str) -> Option<String> {
        let value = (self.vars)(name)?.to_string_lossy().into_owned();
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn var_path(&self, name: &str) -> Option<PathBuf> {
        (self.vars)(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }
}

/// `1`, `true`, `yes` and `on` in any case.
pub(super) fn is_yes(text: &str) -> bool {
    ["1", "true", "yes", "on"].iter().any(|yes| text.trim().eq_ignore_ascii_case(yes))
}

/// A setting's value from the environment or the file, with the place that it comes from.
struct Found {
    text: String,
    place: String,
}

impl Found {
    fn wrong(&self, wanted: &str) -> CliError {
        CliError::of_settings(format!("{}: {:?} is not {wanted}", self.place, self.text))
    }

    fn number(&self, wanted: &str, fits: fn(f64) -> bool) -> Result<f64, CliError> {
        self.text
            .trim()
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite() && fits(*n))
            .ok_or_else(|| self.wrong(wanted))
    }
}

/// The file's settings as texts, all of them known ones.
pub(super) fn read_file(
    around: &Environment<'_>,
    path: &Path,
    must_exist: bool,
) -> Result<toml::Table, CliError> {
    let table = read_table(around, path, must_exist)?;
    all_known(path, &table).map(|()| table)
}

/// What stands in a file of settings.
pub(super) fn read_table(
    around: &Environment<'_>,
    path: &Path,
    must_exist: bool,
) -> Result<toml::Table, CliError> {
    let shown = path.display();
    let bytes = match read_state(around.disk, path)? {
        Some(bytes) => bytes,
        None if must_exist => return Err(CliError::of_settings(format!("{shown}: there is no such file"))),
        None => return Ok(toml::Table::new()),
    };
    let text =
        String::from_utf8(bytes).map_err(|_| CliError::of_settings(format!("{shown}: is not UTF-8")))?;
    text.parse().map_err(|error: toml::de::Error| {
        let ends = text.match_indices('\n').map(|(at, _)| at);
        let line = error.span().map_or(1, |span| ends.take_while(|at| *at < span.start).count() + 1);
        CliError::of_settings(format!("{shown}:{line}: {}", error.message()))
    })
}

/// The first key of a file that is no setting.
pub(super) fn unknown_key(table: &toml::Table) -> Option<&str> {
    let is_known = |key: &str| {
        SETTINGS.iter().any(|setting| setting.key == key) || TABLES.iter().any(|(table, _)| *table == key)
    };
    table.keys().map(String::as_str).find(|key| !is_known(key))
}

/// Refuses a key that is no setting.
pub(super) fn all_known(path: &Path, table: &toml::Table) -> Result<(), CliError> {
    let Some(key) = unknown_key(table) else { return Ok(()) };
    let known = || SETTINGS.iter().map(|setting| setting.key).chain(TABLES.map(|(table, _)| table));
    let why = format!("{}: there is no setting {key:?}{}", path.display(), did_you_mean(key, known()));
    let meant = nearest(key, known());
    let table = TABLES.iter().find(|(table, _)| meant == Some(*table));
    Err(CliError::Config(table.map_or(SettingsPage::Operator, |(_, page)| *page), why))
}

/// Which places settings are taken from.
#[derive(Clone, Copy, Debug)]
pub(super) enum ConfigSources<'a> {
    /// Flags, environment and what stands in the file.
    All(&'a toml::Table),
    /// The same without some settings, by their keys: for an engine's call, which is worth more than a mistake in one.
    Without(&'a toml::Table, &'a [String]),
}

/// What stands in the file of settings, known or not; nothing when there is none and none was named.
pub(super) fn read_settings(around: &Environment<'_>, args: &GlobalArgs) -> Result<toml::Table, CliError> {
    let (path, must_exist) = file_path(around, args);
    read_table(around, &path, must_exist)
}

/// What flags, environment and file say, each asked in this order.
struct Sources<'a> {
    around: &'a Environment<'a>,
    args: &'a GlobalArgs,
    /// The file of settings, as errors name it.
    path: PathBuf,
    file: &'a toml::Table,
    /// Settings that do not count, wherever they stand.
    without: &'a [String],
    /// Whether an engine calls that goes on whatever a setting says.
    is_lenient: bool,
}

impl Sources<'_> {
    /// A setting's value from the environment or the file.
    fn found(&self, key: &str) -> Option<Found> {
        if self.without.iter().any(|without| without == key) {
            return None;
        }
        let variable = SETTINGS.iter().find(|setting| setting.key == key)?.variable;
        let from_env = self.around.var(variable).map(|text| Found { text, place: variable.into() });
        from_env.or_else(|| {
            let text = text_of(self.file.get(key)?);
            Some(Found { text, place: format!("{}: {key}", self.path.display()) })
        })
    }

    /// A setting's value, where a flag of its own goes before.
    fn found_or(&self, value: Option<f64>, flag: &str, key: &str) -> Option<Found> {
        value.map(|value| Found { text: value.to_string(), place: flag.into() }).or_else(|| self.found(key))
    }

    /// A setting that is one of the words of `wanted`, in small letters.
    fn choice(&self, key: &str, wanted: &str) -> Result<Option<String>, CliError> {
        let Some(found) = self.found(key) else { return Ok(None) };
        let word = found.text.trim().to_ascii_lowercase();
        if wanted.split(", ").any(|known| known == word) { Ok(Some(word)) } else { Err(found.wrong(wanted)) }
    }

    fn settings(&self) -> Result<Settings, CliError> {
        let shown = self.path.display().to_string();
        let (instruments, intake) = intake(&shown, self.file)?;
        let (retrain_daily, expires_sessions) = model_settings(&shown, self.file)?;
        let mut settings = Settings {
            rulebook: rulebook(&shown, self.file)?,
            guard: guard_rules(&shown, self.file)?,
            heat: heat_limits(&shown, self.file)?,
            size: size_settings(&shown, self.file)?,
            retrain_daily,
            expires_sessions: expires_sessions.unwrap_or(Settings::default().expires_sessions),
            instruments,
            intake,
            ..Settings::default()
        };
        if let Some(found) = self.found_or(self.args.capital, "--capital", "capital_usd") {
            settings.capital = found.number("an amount from 1 to 1e15", |v| (1.0..=1e15).contains(&v))?;
        }
        if let Some(currency) = self.args.currency.clone().or_else(|| Some(self.found("currency")?.text)) {
            settings.currency = currency.trim().to_owned();
        }
        if let Some(found) = self.found("min_missed_confidence") {
            settings.min_missed_confidence =
                found.number("a confidence from 0 to 1", |v| (0.0..=1.0).contains(&v))?;
        }
        if let Some(found) = self.found("missed_hold_minutes") {
            let minutes =
                found.number("a number of minutes from 1 to 10000", |v| (1.0..=1e4).contains(&v))?;
            settings.missed_hold_minutes = Some(minutes);
        }
        for (key, cost) in
            [("commission_bps", &mut settings.commission_bps), ("slippage_bps", &mut settings.slippage_bps)]
        {
            if let Some(found) = self.found(key) {
                let wanted = "a number of hundredths of a percent from 0 to 1000";
                *cost = Some(found.number(wanted, |v| (0.0..=1e3).contains(&v))?);
            }
        }
        if let Some(found) = self.found_or(self.args.lock_wait, "--lock-wait", "lock_wait_s") {
            let seconds =
                found.number("a number of seconds from 0 to 86400", |v| (0.0..=86_400.0).contains(&v))?;
            settings.lock_wait = Duration::from_secs_f64(seconds);
        }
        Ok(settings)
    }

    /// The present, and the moment that is looked back from.
    fn moments(&self) -> Result<(Timestamp, Option<Timestamp>), CliError> {
        let given = |text: &str, flag: &str| {
            Timestamp::parse(text)
                .map_err(|why| CliError::Usage(format!("{flag}: {text:?} is not a time: {why}"), None))
        };
        let now = match (&self.args.now, self.around.var("DTLEARN_NOW")) {
            (Some(text), _) => given(text, "--now")?,
            // What the engine did is worth more than a moment that was set for a test.
            (None, Some(text)) if self.is_lenient => Timestamp::parse(&text).unwrap_or(self.around.clock),
            (None, Some(text)) => Timestamp::parse(&text).map_err(|why| {
                let why = format!("DTLEARN_NOW: {text:?} is not a time: {why}");
                CliError::Config(SettingsPage::Command, why)
            })?,
            (None, None) => self.around.clock,
        };
        let as_of = self.args.as_of.as_deref().map(|text| given(text, "--as-of")).transpose()?;
        Ok((now, as_of))
    }

    /// The form of the answer, and whether a flag or the name of the output file says it.
    fn format(&self) -> Result<(Format, bool), CliError> {
        let by_name = match &self.args.output {
            Some(path) => format_of(path, self.args.format.is_some())?,
            None => None,
        };
        if let Some(format) = self.args.format.or(by_name) {
            return Ok((format, true));
        }
        let format = match self.choice("format", "table, json, jsonl, csv")?.as_deref() {
            Some("json") => Format::Json,
            Some("jsonl") => Format::Jsonl,
            Some("csv") => Format::Csv,
            _ => Format::Table,
        };
        Ok((format, false))
    }

    fn color(&self) -> Result<bool, CliError> {
        let color = match self.args.color {
            Some(color) => color,
            None => match self.choice("color", "auto, always, never")?.as_deref() {
                Some("always") => Color::Always,
                Some("never") => Color::Never,
                _ => Color::Auto,
            },
        };
        let around = self.around;
        let is_dumb = around.var("TERM").as_deref() == Some("dumb");
        Ok(match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => self.on_terminal() && around.var("NO_COLOR").is_none() && !is_dumb,
        })
    }

    /// Whether the answer goes to a terminal.
    fn on_terminal(&self) -> bool {
        self.around.stdout_is_terminal && self.args.output.is_none()
    }

    /// Columns to fit a table into; none for as many as it takes.
    fn width(&self) -> Option<usize> {
        let columns = self.around.var("COLUMNS").and_then(|text| text.parse::<usize>().ok());
        let seen = self.on_terminal().then_some(self.around.terminal_width).flatten().map(usize::from);
        // Zero columns means that nobody knows.
        if self.args.wide { None } else { columns.or(seen).filter(|columns| *columns > 0) }
    }
}

/// Puts flags, environment and file together.
pub(super) fn resolve(
    around: &Environment<'_>,
    args: &GlobalArgs,
    places: ConfigSources<'_>,
) -> Result<Config, CliError> {
    let (path, _) = file_path(around, args);
    let (file, without, is_lenient): (_, &[String], _) = match places {
        ConfigSources::All(file) => (file, &[], false),
        ConfigSources::Without(file, keys) => (file, keys, true),
    };
    let sources = Sources { around, args, path, file, without, is_lenient };
    let mut settings = sources.settings()?;
    let calendars = market(around, &sources.path, file, without)?;
    let band = scratch_frac(&sources.path.display().to_string(), file)?;
    settings.market = calendars.market.clone().with_scratch(band);
    let (now, as_of) = sources.moments()?;
    let (format, format_given) = sources.format()?;
    let home = || around.var_path("HOME").map(|home| home.join(".local/state"));
    Ok(Config {
        stores: vec![Layout::new(first_root(around, args))],
        layout: Layout::new(first_root(around, args)),
        settings,
        calendars,
        now,
        as_of,
        format,
        format_given,
        output: args.output.clone(),
        color: sources.color()?,
        ascii: args.ascii,
        width: sources.width(),
        spool: sources.found("spool").map(|found| PathBuf::from(found.text)),
        user_state: around.var_path("XDG_STATE_HOME").or_else(home),
        notify: notify_command(&sources.path.display().to_string(), file)?,
        desks: Vec::new(),
    })
}

/// The calendars of the settings.
fn market(
    around: &Environment<'_>,
    path: &Path,
    file: &toml::Table,
    without: &[String],
) -> Result<Calendars, CliError> {
    let read = |name: &str| -> Result<String, String> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let bytes = read_state(around.disk, &folder.join(name)).map_err(|error| error.to_string())?;
        let bytes = bytes.ok_or("there is no such file")?;
        String::from_utf8(bytes).map_err(|_| "it is not UTF-8".into())
    };
    const VARIABLE: &str = "DTLEARN_CALENDAR";
    let from_env = around.var(VARIABLE).filter(|_| !without.iter().any(|key| key == "market.calendar"));
    let source = MarketSource { file, calendar: from_env.map(|name| (name, VARIABLE)), read: &read };
    calendars(&source).map_err(|why| {
        let of_file = !why.starts_with(VARIABLE);
        let why = if of_file { format!("{}: {why}", path.display()) } else { why };
        CliError::Config(SettingsPage::Market, why)
    })
}
