//! `export`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value as Json;

use crate::app::{ExportError, Partition, WrittenFiles, check_desks, export, export_table};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, need_store};
use crate::cli::options::Format;
use crate::cli::options::parse_days;
use crate::cli::output_file::outside_of_store;
use crate::cli::render::{csv_cell, csv_writer, harmless_json, harmless_line};
use crate::report::plural;
use crate::store::Log;
use crate::wire::{HAS_PARQUET, JsonObject, OUTCOME_KEYS, ParquetTable, parse_object, unknown_to_extra};

/// What to write out.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn export > trades.jsonl\n  dtlearn export --days 30 -o month.csv\n  dtlearn export --parquet lake --root 'desks/*'\n\n", include_str!("../exit_status.txt")))]
pub struct ExportArgs {
    /// Days back, or `all`
    #[arg(long, value_name = "N", value_parser = parse_days, default_value = "all")]
    pub(in crate::cli) days: crate::domain::Window,
    /// Write trades, signals, missed signals and fills as Parquet into this folder, a file a session and desk; the
    /// program is built for it with --features parquet
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) parquet: Option<PathBuf>,
    /// With --parquet: whether the folders are those of dates or of desks
    #[arg(long, value_name = "BY", requires = "parquet", value_enum, default_value_t = PartitionBy::Date)]
    pub(in crate::cli) partition: PartitionBy,
}

/// What the folders of a Parquet export are named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PartitionBy {
    /// date=2026-03-02/DESK.parquet
    Date,
    /// desk=DESK/2026-03-02.parquet
    Desk,
}

/// Writes the Parquet files, and says how many rows are in them.
fn run_parquet(
    folder: &Path,
    args: &ExportArgs,
    call: &mut Invocation<'_, '_>,
) -> Result<ExitStatus, CliError> {
    if !HAS_PARQUET {
        let why = "this program was built without Parquet, whose crates take a fifth of the time to build it";
        let hint = "cargo install --path . --features parquet";
        return Err(CliError::Usage(why.into(), Some(hint.into())));
    }
    if call.context.as_of.is_some() {
        let why = "--parquet keeps what is now: it does not go with --as-of";
        return Err(CliError::Usage(why.into(), None));
    }
    if call.config.output.is_some() || call.config.format_given {
        let why = "--parquet names a folder of its own: leave --output and --format out";
        return Err(CliError::Usage(why.into(), None));
    }
    if call.context.is_joined() {
        check_desks(&call.context)?;
    } else {
        need_store(call)?;
    }
    for table in ParquetTable::ALL {
        outside_of_store(call.around, &call.config.stores, &folder.join(table.name()).join("new"))?;
    }
    let partition = match args.partition {
        PartitionBy::Date => Partition::Date,
        PartitionBy::Desk => Partition::Desk,
    };
    let (mut status, mut is_empty, mut told) = (ExitStatus::Done, true, HashSet::new());
    for table in ParquetTable::ALL {
        let mut done = export_table(&call.context, table, args.days, folder, partition)?;
        let log = call.context.layout.log(done.log);
        // A desk that cannot be read is missing in each table, and named once.
        if !done.reading.missing.is_empty() {
            status = ExitStatus::Part;
        }
        done.reading.missing.retain(|(name, _)| told.insert(name.clone()));
        if after_reading(call, &log, &done.reading) != ExitStatus::Done {
            status = ExitStatus::Part;
        }
        if let Some(said) = said_of(&folder.join(table.name()), &done.written) {
            call.notes.info(&said);
            is_empty = false;
        }
    }
    if is_empty {
        call.notes.info(&format!("{}: there is no record to write", folder.display()));
    }
    Ok(status)
}

/// What is said of the files of a table; nothing where there are none.
fn said_of(folder: &Path, of: &WrittenFiles) -> Option<String> {
    let removed =
        if of.removed > 0 { format!(", {} taken away", plural(of.removed, "file")) } else { String::new() };
    (of.files + of.removed > 0).then(|| {
        format!(
            "{}: {} of {}; {} written, {} as before{removed}",
            folder.display(),
            plural(of.rows, "row"),
            plural(of.files, "session"),
            plural(of.changed, "file"),
            of.files - of.changed
        )
    })
}

pub(super) fn run(args: &ExportArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if let Some(folder) = &args.parquet {
        return run_parquet(folder, args, call);
    }
    need_store(call)?;
    let reading = match call.config.format {
        Format::Csv => {
            let mut writer = csv_writer(&mut *call.out);
            let plain = |error: csv::Error| std::io::Error::from(error);
            writer.write_record(OUTCOME_KEYS).map_err(plain)?;
            let reading = export(&call.context, args.days, &mut |line| {
                let map = parse_object(line).unwrap_or_default();
                writer.write_record(cells(map)).map_err(plain)
            })?;
            writer.flush()?;
            reading
        }
        Format::Table | Format::Jsonl | Format::Env | Format::Ics | Format::Prometheus => {
            let out = &mut *call.out;
            export(&call.context, args.days, &mut |line| {
                match harmless_line(line) {
                    Some(line) => out.write_all(line.as_bytes())?,
                    None => out.write_all(line)?,
                }
                out.write_all(b"\n")
            })?
        }
        Format::Json => {
            return Err(CliError::Usage("export writes --format jsonl or csv".into(), None));
        }
    };
    call.out.flush().map_err(ExportError::Output)?;
    let path = call.context.layout.log(Log::Outcomes);
    Ok(after_reading(call, &path, &reading))
}

/// The cells of a record in the order of the record format; keys that it does not know go to `extra`.
fn cells(mut map: JsonObject) -> Vec<String> {
    unknown_to_extra(&mut map, |key| OUTCOME_KEYS.contains(&key));
    let cell = |key: &&str| match map.get(*key) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => csv_cell(text),
        Some(other) => harmless_json(other.to_string()),
    };
    OUTCOME_KEYS.iter().map(cell).collect()
}
