//! `demo`.

use std::path::PathBuf;

use clap::Args;

use crate::app::{DemoStep, YEAR_SESSIONS, demo, demo_year};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;
use crate::cli::options::Format;
use crate::cli::render::{Page, page, render};
use crate::domain::{Timestamp, weekday_name};
use crate::report::{Section, demo_view, page_sections, recorded_view};
use crate::store::{Durability, replace_state};

/// Where to.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn demo demo-week\n  dtlearn demo demo-year --year\n\n", include_str!("../exit_status.txt")))]
pub struct DemoArgs {
    /// A folder that is empty or not there yet
    #[arg(value_name = "DIR")]
    pub(in crate::cli) dir: PathBuf,
    /// A made engine over 250 sessions with truths planted in it, instead of five real days
    #[arg(long)]
    pub(in crate::cli) year: bool,
}
/// What the records of a command are called.
fn noun_of(command: &str) -> &'static str {
    match command {
        signals if signals.contains(" record-signal ") => "signal",
        missed if missed.contains(" track-missed ") => "missed signal",
        _ => "trade",
    }
}

/// Writes one step as a terminal would show it, and the page to its file; the moment of the page.
fn tell(step: DemoStep, call: &mut Invocation<'_, '_>) -> std::io::Result<Option<Timestamp>> {
    let (config, around, out) = (call.config, call.around, &mut *call.out);
    let (command, view) = match step {
        DemoStep::Told(text) => return writeln!(out, "{text}").map(|()| None),
        DemoStep::Day(date) => {
            return writeln!(out, "\n== {} {date}, at the close\n", weekday_name(date)).map(|()| None);
        }
        DemoStep::Page(told) => {
            let sections: Vec<Section> =
                told.parts.iter().flat_map(|part| page_sections(part, &told.terms)).collect();
            let text = page(&Page {
                sections: &sections,
                now: told.now,
                session: told.session,
                store: around.absolute(&told.store).display().to_string(),
                refresh_s: None,
            });
            replace_state(around.disk, &told.path, text.as_bytes(), Durability::Cache)
                .map_err(std::io::Error::other)?;
            writeln!(out, "$ {}\n", told.command)?;
            return Ok(Some(told.now));
        }
        DemoStep::Recorded(command, recorded) => {
            let view = recorded_view("record", noun_of(&command), &recorded);
            (command, view)
        }
        DemoStep::Answer(command, answer) => (command, demo_view(&answer)),
    };
    writeln!(out, "$ {command}")?;
    render(&view, config, out)?;
    writeln!(out)?;
    Ok(None)
}

pub(super) fn run(args: &DemoArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if call.config.format != Format::Table {
        return Err(CliError::Usage(
            "the demo prints text only; use its store for other formats".into(),
            Some(format!("dtlearn --root {}/da_brains report --format json", args.dir.display())),
        ));
    }
    let (disk, progress) = (call.context.disk, call.context.progress);
    let mut last = Ok(None);
    // After a line that could not be written nothing more is.
    let mut tell = |step: DemoStep| {
        if let Ok(now) = &last {
            last = tell(step, call).map(|told| told.or(*now));
        }
    };
    if args.year {
        demo_year(disk, &args.dir, YEAR_SESSIONS, progress, &mut tell)?;
    } else {
        demo(disk, &args.dir, progress, &mut tell)?;
    }
    let now = last?;
    writeln!(
        call.out,
        "The page of this {1} is {0}/report.html: open it in a browser.\nThe store is {0}/da_brains. Ask it yourself:\n\n  dtlearn --root {0}/da_brains --now {2} report metrics",
        args.dir.display(),
        if args.year { "year" } else { "week" },
        now.map_or_else(String::new, |now| now.to_string())
    )?;
    Ok(ExitStatus::Done)
}
