//! `score`: a line out for each line in, whatever is wrong with it.

use std::io::{BufReader, Write};
use std::path::PathBuf;

use clap::Args;

use super::recording::{input, next_line};
use crate::app::Scorer;
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, Moment, answer};
use crate::cli::options::Format;
use crate::report::{ScoreAnswer, score_view};
use crate::wire::{FeatureNames, split_records};

/// What to score.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn score < signal.json\n  dtlearn score --file signals.jsonl --format csv\n  engine | dtlearn score --stream\n\n", include_str!("../exit_status.txt")))]
pub struct ScoreArgs {
    /// Read the signals from this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "stream")]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Answer each line of an open pipe at once, for as long as it is open
    #[arg(long)]
    pub(in crate::cli) stream: bool,
}

pub(super) fn run(args: &ScoreArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.stream {
        return stream(call);
    }
    let input = input(args.file.as_deref(), call)?;
    let scorer = Scorer::new(&call.context);
    if let Some(why) = scorer.trouble() {
        call.notes.warning(&format!("falling back to the engine's score: {why}"));
    }
    let (numbers, lines): (Vec<usize>, Vec<&[u8]>) = split_records(&input).into_iter().unzip();
    let answers = scorer.score_all(&call.context, &lines);
    let mut status = ExitStatus::Done;
    for (number, answer) in numbers.into_iter().zip(&answers) {
        let warnings = match answer {
            ScoreAnswer::Scored(found) => found.warnings.as_slice(),
            ScoreAnswer::Refused(why) => {
                status = ExitStatus::Part;
                std::slice::from_ref(why)
            }
        };
        for warning in warnings {
            call.notes.warning(&format!("line {number}: {warning}"));
        }
    }
    if call.config.format_given {
        answer(call, &score_view(&answers))?;
    } else {
        for answer in &answers {
            write_line(answer, call.out)?;
        }
    }
    Ok(status)
}

/// One answer a line, flushed at once; the model is looked at again with every pick.
fn stream(call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if call.config.format_given && call.config.format != Format::Jsonl {
        return Err(CliError::Usage("--stream answers in JSON Lines".into(), None));
    }
    let mut scorer = Scorer::new(&call.context);
    let moment = Moment::of(call);
    let mut status = ExitStatus::Done;
    let mut stdin = BufReader::new(&mut *call.stdin);
    let (mut line, mut names) = (Vec::new(), FeatureNames::default());
    while next_line(&mut stdin, &mut line)? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        // The stream may go on for days.
        moment.pass(call.around, &mut call.context);
        scorer.refresh(&call.context);
        let answer = scorer.score(&call.context, &line, &mut names);
        if matches!(answer, ScoreAnswer::Refused(_)) {
            status = ExitStatus::Part;
        }
        write_line(&answer, call.out)?;
        call.out.flush()?;
    }
    Ok(status)
}

fn write_line(answer: &ScoreAnswer, out: &mut dyn Write) -> Result<(), CliError> {
    let mut line = serde_json::to_vec(answer).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(out.write_all(&line)?)
}
