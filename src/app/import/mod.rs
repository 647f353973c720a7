//! `import`: closed trades from other programs' files, in sealed blocks, each once.
//!
//! A file is read twice: first to see how it is written and what its names mean, then for good. Nothing is written
//! before all files were looked at, and the lock is never held while a file is read.

mod agreement;
mod id_table;
mod known;
mod read;
mod reading;
mod refused;
mod source;
mod survey;
mod take;

use std::io;
use std::path::{Path, PathBuf};

use super::Context;
use super::record::{IntakeRules, Keep, exit_rules, save_outcomes};
use crate::files::growing_log::GrowingLog;
use crate::report::{FileReport, Imported};
use crate::store::{Log, StoreError, system_words};
use crate::wire::{
    Commas, ExitRules, FormatError, ImportFormat, ImportNames, Kind, MapError, Names, ResultChoice, TimeRules,
};

pub(in crate::app) use read::read_trades;
use source::parts_of;
use survey::Plan;
use take::Sink;

/// How to read the files.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// `column=field`.
    pub maps: Vec<String>,
    /// Names to leave out of account.
    pub ignored: Vec<String>,
    /// Of a freqtrade result, only this strategy.
    pub strategy: Option<String>,
    /// The symbol of rows that have none.
    pub symbol: Option<String>,
    /// The quantity of rows that have none.
    pub default_qty: Option<f64>,
    /// Which result counts where the stated one differs.
    pub result: ResultChoice,
    /// How times are read.
    pub times: TimeRules,
    /// What a comma in a number is, where the user says so.
    pub commas: Option<Commas>,
    /// Say what would be done, and write nothing.
    pub is_dry_run: bool,
    /// The format, where the user says it.
    pub format: Option<&'static dyn ImportFormat>,
    /// Store the new reading of records that are there with another content.
    pub is_replacing: bool,
}

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened or read.
    #[error("{}: cannot be read: {}", path.display(), system_words(source))]
    Input {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is of no kind that is understood, or its columns do not fit.
    #[error("{}: {source}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: FormatError,
    },
    /// Columns or keys look like money and are no field: nothing was written.
    #[error("{}: {}, nothing was imported: {}", path.display(), if names.len() == 1 { "a column looks like money or a quantity but is not mapped" } else { "columns look like money or quantities but are not mapped" }, names.join(", "))]
    LeftOver {
        /// The file.
        path: PathBuf,
        /// The names.
        names: Vec<String>,
        /// What became of all names.
        report: Box<FileReport>,
    },
    /// Every row was refused, for one reason.
    #[error("{}: {}: {why} (line {line})", path.display(), refused_rows(*rows, *is_whole))]
    AllRefused {
        /// The file.
        path: PathBuf,
        /// How many rows it has, as far as it was read.
        rows: u64,
        /// Whether it was read to its end.
        is_whole: bool,
        /// The line of the first.
        line: u64,
        /// Why the first was.
        why: String,
    },
    /// A mapping that cannot be.
    #[error("{0}")]
    Map(#[from] MapError),
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

fn refused_rows(rows: u64, is_whole: bool) -> String {
    match (rows, is_whole) {
        (1, true) => "the only row was refused".into(),
        (_, true) => format!("all {rows} rows were refused"),
        (_, false) => format!("the first {rows} rows were refused"),
    }
}

/// Brings in the trades of `files`. A trade that is in the log already is passed over, so that an import
/// can be repeated.
///
/// # Errors
/// [`ImportError`]; what was read before it is stored. Refused trades are no error.
pub fn import(
    context: &Context<'_>,
    files: &[PathBuf],
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    let names = names_of_files(context, options)?;
    let (plans, passed_over) = plans(context, files, &names, options)?;
    let rules = IntakeRules::from(ExitRules {
        result: options.result,
        default_qty: options.default_qty,
        symbol: options.symbol.clone(),
        ..exit_rules(context)
    });
    let (fills, trades): (Vec<&Plan>, Vec<&Plan>) =
        plans.iter().partition(|plan| plan.reader.kind() == Kind::Fill);
    let mut outcome = Ok(());
    let (mut imported, mut batch, mut growing) = (Imported::default(), None, None);
    for (log, plans) in [(Log::Outcomes, trades), (Log::Fills, fills)] {
        let mut sink = Sink::new(context, options, &rules, files, log, batch);
        for plan in plans {
            if outcome.is_ok() {
                outcome = sink.file(plan);
            }
        }
        let done = sink.finish()?;
        imported.absorb(done.imported);
        batch = done.batch;
        growing = growing.or(done.growing);
    }
    imported.recorded.warnings.extend(passed_over);
    let is_changed = imported.recorded.stored + imported.replaced > 0;
    if is_changed && !options.is_dry_run {
        let lock = context.lock()?;
        save_outcomes(context, GrowingLog::whole(growing, context)?, Keep::Always)?;
        drop(lock);
    }
    outcome.map(|()| imported)
}

/// What the names of files mean, under what the command and the settings say.
fn names_of_files(context: &Context<'_>, options: &ImportOptions) -> Result<ImportNames, MapError> {
    let intake = &context.settings.intake;
    let maps = [&options.maps[..], &intake.maps].concat();
    let names = Names::parse(Kind::Exit, &options.maps, &options.ignored);
    // What the settings say counts where the file has such names, and is no error where it has not.
    let names = if maps.len() == options.maps.len() && intake.ignored.is_empty() {
        names
    } else {
        names.and_then(|names| names.with_settings(&intake.maps, &intake.ignored))
    };
    ImportNames::parse(names, Names::parse(Kind::Fill, &options.maps, &options.ignored))
}

/// How each file will be read. Of a folder the files are read that hold trades; the others are named.
fn plans(
    context: &Context<'_>,
    files: &[PathBuf],
    names: &ImportNames,
    options: &ImportOptions,
) -> Result<(Vec<Plan>, Vec<String>), ImportError> {
    let (mut plans, mut passed_over) = (Vec::new(), Vec::new());
    let of_file = |path: &Path| -> Result<Vec<Plan>, ImportError> {
        let parts = parts_of(context, path, options)?;
        parts.into_iter().map(|part| Plan::of(context, part, names, options)).collect()
    };
    for path in files {
        let is_folder = context.disk.stat(path).ok().flatten().is_some_and(|stat| !stat.is_file);
        let Ok(mut entries) =
            context.disk.list(path).map_err(drop).and_then(|found| is_folder.then_some(found).ok_or(()))
        else {
            plans.extend(of_file(path)?);
            continue;
        };
        entries.retain(|entry| entry.stat.is_file && !entry.name.starts_with('.'));
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        for entry in entries {
            match of_file(&path.join(&entry.name)) {
                Ok(found) => plans.extend(found),
                Err(error @ ImportError::Form { .. }) => passed_over.push(format!("passed over: {error}")),
                Err(error) => return Err(error),
            }
        }
    }
    Ok((plans, passed_over))
}

impl Imported {
    /// Adds what became of other rows.
    fn absorb(&mut self, other: Self) {
        let (sum, more) = (&mut self.recorded, other.recorded);
        for (sum, more) in [
            (&mut sum.stored, more.stored),
            (&mut sum.already_there, more.already_there),
            (&mut sum.legs, more.legs),
            (&mut sum.disputed, more.disputed),
            (&mut sum.defaulted, more.defaulted),
            (&mut sum.open, more.open),
            (&mut sum.drained, more.drained),
            (&mut sum.trades, more.trades),
            (&mut sum.trades_replaced, more.trades_replaced),
            (&mut sum.trades_withdrawn, more.trades_withdrawn),
            (&mut sum.open_positions, more.open_positions),
            (&mut self.replaced, other.replaced),
        ] {
            *sum += more;
        }
        sum.is_of_fills |= more.is_of_fills;
        sum.unconfirmed |= more.unconfirmed;
        sum.conflicts.extend(more.conflicts);
        sum.refused.extend(more.refused);
        sum.warnings.extend(more.warnings);
        sum.left_over.extend(more.left_over);
        sum.rejected_in = more.rejected_in.or(sum.rejected_in.take());
        for (word, count) in more.events {
            *sum.events.entry(word).or_default() += count;
        }
        self.replaced_ids.extend(other.replaced_ids);
        self.files.extend(other.files);
        self.causes.extend(other.causes);
        self.batch = other.batch.or(self.batch.take());
    }
}

/// The path of a part, as it is said.
fn shown(path: &Path, inside: Option<&str>) -> PathBuf {
    match inside {
        None => path.to_owned(),
        Some(name) => PathBuf::from(format!("{}:{name}", path.display())),
    }
}
