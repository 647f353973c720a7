//! `export`.

use clap::Args;
use serde_json::Value as Json;

use crate::app::{ExportError, export};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, need_store};
use crate::cli::options::Format;
use crate::cli::options::parse_days;
use crate::cli::render::{csv_cell, csv_writer, harmless_json, harmless_line};
use crate::store::Log;
use crate::wire::{JsonObject, OUTCOME_KEYS, parse_object};

/// What to write out.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn export > trades.jsonl\n  dtlearn export --days 30 -o month.csv\n\n", include_str!("../exit_status.txt")))]
pub struct ExportArgs {
    /// Days back, or `all`
    #[arg(long, value_name = "N", value_parser = parse_days, default_value = "all")]
    pub(in crate::cli) days: crate::domain::Window,
}

pub(super) fn run(args: &ExportArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
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
    let unknown: Vec<String> =
        map.keys().filter(|key| !OUTCOME_KEYS.contains(&key.as_str())).cloned().collect();
    for key in unknown {
        if let Some(value) = map.shift_remove(&key) {
            let extra = map.entry("extra").or_insert_with(|| Json::Object(JsonObject::new()));
            if extra.is_null() {
                *extra = Json::Object(JsonObject::new());
            }
            if let Json::Object(extra) = extra {
                extra.insert(key, value);
            }
        }
    }
    let cell = |key: &&str| match map.get(*key) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => csv_cell(text),
        Some(other) => harmless_json(other.to_string()),
    };
    OUTCOME_KEYS.iter().map(cell).collect()
}
