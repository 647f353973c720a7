//! `score`: a line out for each line in, whatever is wrong with it.

use std::io::{BufRead, BufReader, Read, Write};

use serde_json::{Map, Value as Json, json};

use super::super::args::{Format, ScoreArgs};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::record::input;
use super::{Invocation, answer};
use crate::app::Scorer;
use crate::report::{Cell, Column, Grid, View, plural};
use crate::wire::{MAX_RECORD_BYTES, split_records};

pub(super) fn run(args: &ScoreArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.stream {
        return stream(call);
    }
    let input = input(args.file.as_deref(), call)?;
    let scorer = Scorer::new(&call.context);
    if let Some(why) = scorer.trouble() {
        call.notes.warning(&format!("picks get their own score: {why}"));
    }
    let mut answers = Vec::new();
    let mut refused = 0;
    for (number, line) in split_records(&input) {
        match scorer.score(&call.context, line) {
            Ok(scored) => {
                for warning in scored.get("warnings").and_then(Json::as_array).into_iter().flatten() {
                    let text = warning.as_str().unwrap_or_default();
                    call.notes.warning(&format!("line {number}: {text}"));
                }
                answers.push(scored);
            }
            Err(why) => {
                refused += 1;
                call.notes.warning(&format!("line {number}: {why}"));
                answers.push(failed(&why.to_string()));
            }
        }
    }
    if call.config.format_given {
        answer(call, &view(answers))?;
    } else {
        for scored in &answers {
            write_line(scored, call.out)?;
        }
    }
    Ok(if refused > 0 { ExitStatus::Part } else { ExitStatus::Done })
}

/// One answer a line, flushed at once; the model is looked at again with every pick.
fn stream(call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if call.config.format_given && call.config.format != Format::Jsonl {
        return Err(CliError::Usage("--stream answers in JSON Lines".into(), None));
    }
    let mut scorer = Scorer::new(&call.context);
    let mut status = ExitStatus::Done;
    let unread = |source| CliError::Input { path: "stdin".into(), source };
    let mut lines = BufReader::new(&mut *call.stdin);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line that is too long is cut where it is known to be, and refused.
        let limit = MAX_RECORD_BYTES as u64 + 2;
        if lines.by_ref().take(limit).read_until(b'\n', &mut line).map_err(unread)? == 0 {
            return Ok(status);
        }
        if line.len() as u64 == limit && line.last() != Some(&b'\n') {
            lines.skip_until(b'\n').map_err(unread)?;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        scorer.refresh(&call.context);
        let scored = match scorer.score(&call.context, &line) {
            Ok(scored) => scored,
            Err(why) => {
                status = ExitStatus::Part;
                failed(&why.to_string())
            }
        };
        write_line(&scored, call.out)?;
        call.out.flush()?;
    }
}

fn write_line(scored: &Map<String, Json>, out: &mut dyn Write) -> Result<(), CliError> {
    let mut text = Json::Object(scored.clone()).to_string();
    text.push('\n');
    Ok(out.write_all(text.as_bytes())?)
}

fn failed(why: &str) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("score".into(), Json::Null);
    out.insert("fallback".into(), true.into());
    out.insert("error".into(), why.into());
    out
}

fn view(answers: Vec<Map<String, Json>>) -> View {
    let text = |answer: &Map<String, Json>, key: &str| Cell::text(answer.get(key).and_then(Json::as_str));
    let number = |answer: &Map<String, Json>, key: &str| answer.get(key).and_then(Json::as_f64);
    let rows = answers.iter().map(|scored| {
        let moved = scored.get("moved").and_then(Json::as_array).into_iter().flatten().filter_map(|moved| {
            Some(format!("{} {:+.2}", moved.get("feature")?.as_str()?, moved.get("by")?.as_f64()?))
        });
        let why = ["error", "fallback_reason"].into_iter().find_map(|key| scored.get(key)?.as_str());
        let moved: Vec<String> = moved.collect();
        vec![
            text(scored, "symbol"),
            text(scored, "signal_id"),
            number(scored, "score").map_or(Cell::Absent, Cell::Ratio),
            number(scored, "probability").map_or(Cell::Absent, Cell::Share),
            number(scored, "base").map_or(Cell::Absent, Cell::Ratio),
            Cell::Text(why.map_or_else(|| moved.join(", "), str::to_owned)),
        ]
    });
    let grid = Grid {
        title: None,
        columns: vec![
            Column::text("symbol", "Symbol", 0),
            Column::text("signal_id", "Pick", 2),
            Column::number("score", "Score", 0),
            Column::number("probability", "Probability", 0),
            Column::number("base", "Own", 1),
            Column::text("why", "Moved by", 0),
        ],
        rows: rows.collect(),
        empty: String::new(),
    };
    let mut view = View { name: "score", records: grid.clone(), ..View::default() };
    view.lead.push(format!("{} scored", plural(answers.len() as u64, "pick")));
    view.grids.push(grid);
    view.payload.insert("scores".into(), json!(answers));
    view
}
