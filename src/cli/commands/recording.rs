//! What the commands that record have in common: where their input comes from, and what is said of it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::{Map, Value as Json, json};

use crate::app::{Context, RecordError, Recorded};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, Moment, answer};
use crate::cli::notify;
use crate::domain::Timestamp;
use crate::files::MAX_LISTED;
use crate::report::{plural, recorded_json, recorded_view};
use crate::store::gunzip;
use crate::wire::{MAX_RECORD_BYTES, read_line_within};

/// The most that is taken in one go; more is an import.
pub(super) const MAX_INPUT_BYTES: u64 = 64 << 20;

pub(super) fn or_now(given: &Option<String>, now: Timestamp) -> Option<String> {
    given.clone().or_else(|| Some(now.to_string()))
}

/// Flags as the object that they stand for.
pub(super) fn by_hand(fields: &[(&str, Option<String>)]) -> Vec<u8> {
    let given =
        fields.iter().filter_map(|(key, value)| Some(((*key).to_owned(), Json::from(value.clone()?))));
    Json::Object(given.collect::<Map<_, _>>()).to_string().into_bytes()
}

/// All of the file, or of stdin.
pub(super) fn input(file: Option<&Path>, call: &mut Invocation<'_, '_>) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let name = file.map_or("stdin".to_owned(), |path| path.display().to_string());
    let failed = |source| CliError::Input { path: name.clone(), source };
    let read = match file {
        Some(path) => {
            let opened = call.context.disk.open_user_input(path).map_err(failed)?;
            opened.take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes)
        }
        None if call.around.stdin_is_terminal => {
            return Err(CliError::Usage(
                "nothing is piped in".into(),
                Some("pipe in a JSON object or JSON Lines, name a --file, or type the record with flags (--help)".into()),
            ));
        }
        None => (&mut *call.stdin).take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes),
    };
    read.map_err(failed)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        // What cannot be unpacked goes on as it is: it is refused, and kept.
        if gunzip(&bytes[..]).take(MAX_INPUT_BYTES + 1).read_to_end(&mut text).is_ok() {
            bytes = text;
        }
    }
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        return Err(CliError::Usage(
            format!("{name}: more than 64 MiB at once"),
            Some("import that much with `dtlearn import FILE`".into()),
        ));
    }
    Ok(bytes)
}

/// Says what became of the input.
pub(super) fn finish(
    call: &mut Invocation<'_, '_>,
    command: &'static str,
    noun: &str,
    recorded: &Recorded,
) -> Result<ExitStatus, CliError> {
    let view = recorded_view(command, noun, recorded);
    call.notices.extend(recorded.notices.iter().cloned());
    tell(call, recorded);
    if let Err(error) = answer(call, &view)
        && !error.is_closed_pipe()
    {
        // The status of a recording command speaks of the record alone.
        call.notes.warning(&error.to_string());
    }
    Ok(status_of(recorded))
}

/// Done, in part, or not at all. A conflict is a part: the other record of that id is there.
pub(super) fn status_of(recorded: &Recorded) -> ExitStatus {
    let passed = recorded.open + recorded.events.values().sum::<u64>();
    let taken =
        recorded.stored + recorded.already_there + recorded.below + recorded.spooled.len() as u64 + passed;
    match (recorded.refused.is_empty(), recorded.conflicts.is_empty(), taken) {
        (true, true, _) => ExitStatus::Done,
        (false, true, 0) => ExitStatus::Failed,
        _ => ExitStatus::Part,
    }
}

/// The next line of stdin; one that is too long for a record is cut where it is known to be, and refused as that.
pub(super) fn next_line(stdin: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<bool, CliError> {
    line.clear();
    let unread = |source| CliError::Input { path: "stdin".into(), source };
    read_line_within(stdin, b'\n', MAX_RECORD_BYTES + 2, line).map_err(unread)
}

/// An input of any length, a record a line, each stored before it is said.
pub(super) fn stream(
    call: &mut Invocation<'_, '_>,
    record: impl Fn(&Context<'_>, &[u8]) -> Result<Recorded, RecordError>,
) -> Result<ExitStatus, CliError> {
    let mut status = ExitStatus::Done;
    let moment = Moment::of(call);
    let mut stdin = BufReader::new(&mut *call.stdin);
    let (mut line, mut number) = (Vec::new(), 0u64);
    while next_line(&mut stdin, &mut line)? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        moment.pass(call.around, &mut call.context);
        let mut said = json!({"line": number});
        match record(&call.context, &line) {
            Ok(mut recorded) => {
                if status_of(&recorded) != ExitStatus::Done {
                    status = ExitStatus::Part;
                }
                // What it says of the line is of this one.
                let told = recorded.refused.iter_mut().chain(&mut recorded.conflicts);
                told.for_each(|refused| refused.line = number);
                if let Json::Object(said) = &mut said {
                    said.extend(recorded_json(&recorded));
                }
                // The stream may go on for a day: what happened is told now.
                let at = (&call.context.layout, call.context.now);
                let unheard = notify::tell(call.around, &call.config.notify, at, &recorded.notices, true);
                call.notes.warnings(unheard);
            }
            Err(error) => {
                status = ExitStatus::Part;
                said["error"] = error.to_string().into();
            }
        }
        call.out.write_all(format!("{said}\n").as_bytes())?;
        call.out.flush()?;
    }
    Ok(status)
}

/// Warnings, refusals and the spool, on stderr: the first of each kind.
pub(super) fn tell(call: &mut Invocation<'_, '_>, recorded: &Recorded) {
    let notes = &mut *call.notes;
    for warning in recorded.warnings.iter().take(MAX_LISTED) {
        notes.warning(warning);
    }
    for conflict in recorded.conflicts.iter().take(MAX_LISTED) {
        notes.error(&format!("line {}: {}", conflict.line, conflict.why));
    }
    for refused in recorded.refused.iter().take(MAX_LISTED) {
        notes.error(&format!("line {} refused: {}", refused.line, refused.why));
    }
    let beyond = |len: usize| len.saturating_sub(MAX_LISTED);
    let more =
        beyond(recorded.warnings.len()) + beyond(recorded.refused.len()) + beyond(recorded.conflicts.len());
    if more > 0 {
        notes.warning(&format!("{more} more like these"));
    }
    if let Some(path) = &recorded.rejected_in {
        notes.hint(&format!("refused input is kept, with the reason, in {}", path.display()));
    }
    if let (Some(why), Some(first)) = (&recorded.spooled_why, recorded.spooled.first()) {
        let count = plural(recorded.spooled.len() as u64, "record");
        let dir = first.parent().unwrap_or(first).display();
        notes.warning(&format!("{count} kept in the spool ({dir}), in no figure yet: {why}"));
    }
    if recorded.drained > 0 {
        notes.info(&format!("{} stored from the spool", plural(recorded.drained, "record")));
    }
    if recorded.unconfirmed {
        notes.alarm("written, not confirmed durable: the disk could not sync");
    }
    notes.detail(&format!("{} stored", recorded.stored));
}
