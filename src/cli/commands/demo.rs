//! `demo`.

use std::path::PathBuf;

use clap::Args;

use super::recorded::recorded_view;
use crate::app::{DemoStep, YEAR_SESSIONS, demo, demo_year};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;
use crate::cli::options::Format;
use crate::cli::render::{Page, page, render};
use crate::domain::weekday_name;

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
use crate::store::{Durability, replace_state};

pub(super) fn run(args: &DemoArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if call.config.format != Format::Table {
        return Err(CliError::Usage(
            "the demo prints text only; use its store for other formats".into(),
            Some(format!("dtlearn --root {}/da_brains report --format json", args.dir.display())),
        ));
    }
    let (mut failed, mut now) = (None, None);
    let (config, around, out) = (call.config, call.around, &mut *call.out);
    let mut tell = |step: DemoStep| {
        let told = match step {
            DemoStep::Told(text) => writeln!(out, "{text}"),
            DemoStep::Day(date) => writeln!(out, "\n== {} {date}, at the close\n", weekday_name(date)),
            DemoStep::Recorded(command, recorded) => {
                let noun = match &command {
                    signals if signals.contains(" record-signal ") => "signal",
                    missed if missed.contains(" track-missed ") => "missed signal",
                    _ => "trade",
                };
                let view = recorded_view("record", noun, &recorded);
                writeln!(out, "$ {command}")
                    .and_then(|()| render(&view, config, out))
                    .and_then(|()| writeln!(out))
            }
            DemoStep::View(command, view) => writeln!(out, "$ {command}")
                .and_then(|()| render(&view, config, out))
                .and_then(|()| writeln!(out)),
            DemoStep::Page(told) => {
                now = Some(told.now);
                let store = around.absolute(&told.store).display().to_string();
                let text = page(&Page {
                    sections: &told.sections,
                    now: told.now,
                    session: told.session,
                    store,
                    refresh_s: None,
                });
                let written = replace_state(around.disk, &told.path, text.as_bytes(), Durability::Cache);
                written.map_err(std::io::Error::other).and_then(|()| writeln!(out, "$ {}\n", told.command))
            }
        };
        if failed.is_none() {
            failed = told.err();
        }
    };
    let (disk, progress) = (call.context.disk, call.context.progress);
    if args.year {
        demo_year(disk, &args.dir, YEAR_SESSIONS, progress, &mut tell)?;
    } else {
        demo(disk, &args.dir, progress, &mut tell)?;
    }
    if let Some(error) = failed {
        return Err(error.into());
    }
    writeln!(
        out,
        "The page of this {1} is {0}/report.html: open it in a browser.\nThe store is {0}/da_brains. Ask it yourself:\n\n  dtlearn --root {0}/da_brains --now {2} report metrics",
        args.dir.display(),
        if args.year { "year" } else { "week" },
        now.map_or_else(String::new, |now| now.to_string())
    )?;
    Ok(ExitStatus::Done)
}
