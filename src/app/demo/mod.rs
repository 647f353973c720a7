//! `demo`: the shipped trading days through the whole loop, day by day with the clock at each close.

mod made_engine;
mod year;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::app::brain_report::brain_data;
use crate::app::missed_report::missed_data;
use crate::app::record::{RecordError, Recorded};
use crate::app::summary::summary_report;
use crate::app::{
    AdjustError, AdjustRequest, Context, ExperimentError, PriceError, PriceOptions, Progress, ReplayRequest,
    ReportError, RetrainError, RetrainRequest, Settings, adjust, analyze, page_parts, price, record_exits,
    record_signals, replay, retrain, terms, track_missed,
};
use crate::domain::{Calendar, Date, Timestamp, Window};
use crate::files::stored_line::moment_of;
use crate::report::{DemoAnswer, MissedReport, PagePart, Terms};
use crate::store::{Disk, Durability, Layout, SpoolFolders, StoreError, gunzip, replace_state};
use crate::wire::parse_object;

pub use year::{YEAR_SESSIONS, demo_year};

/// Exit events of five US sessions; see `fixtures/real/README.md` for source and licence.
const EXITS: &[u8] = include_bytes!("../../../fixtures/real/exits.jsonl.gz");

/// Picks of the same sessions.
const SIGNALS: &[u8] = include_bytes!("../../../fixtures/real/signals.jsonl.gz");

/// Strong and weak signals of the same sessions that were not traded.
const MISSED: &[u8] = include_bytes!("../../../fixtures/real/missed.jsonl.gz");

/// One-minute bars of the same sessions.
const BARS: &[u8] = include_bytes!("../../../fixtures/real/bars_1m.csv.gz");

/// Days that the questions at the end look back.
const DAYS: u16 = 90;

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder holds something.
    #[error("{}: is not empty, and the demo only writes into an empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be made or written.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A step failed.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// The pricing of missed signals failed.
    #[error("{0}")]
    Price(#[from] PriceError),
    /// The knobs could not be moved.
    #[error("{0}")]
    Adjust(#[from] AdjustError),
    /// The model could not be trained.
    #[error("{0}")]
    Retrain(#[from] RetrainError),
    /// The report failed.
    #[error("{0}")]
    Report(#[from] ReportError),
    /// The experiment could not be planned.
    #[error("{0}")]
    Experiment(#[from] ExperimentError),
}

/// A step of the demo: the command that a user would type, and what came of it.
#[derive(Clone, Debug)]
pub enum DemoStep {
    /// A session begins.
    Day(Date),
    /// Something to know, in a line.
    Told(String),
    /// Records went in.
    Recorded(String, Box<Recorded>),
    /// The command was answered.
    Answer(String, DemoAnswer),
    /// The page is to be written.
    Page(DemoPage),
}

/// The page at the end of the demo.
#[derive(Clone, Debug)]
pub struct DemoPage {
    /// The command that a user would type.
    pub command: String,
    /// Its file.
    pub path: PathBuf,
    /// Its parts.
    pub parts: Vec<PagePart>,
    /// In whose money and by whose clock it is told.
    pub terms: Terms,
    /// The moment that it tells of.
    pub now: Timestamp,
    /// The date of its session.
    pub session: Date,
    /// The store that it tells of.
    pub store: PathBuf,
}

/// Makes the folder of a demo's input, in `dir`, which must be empty or absent.
fn begin(disk: &dyn Disk, dir: &Path) -> Result<PathBuf, DemoError> {
    let failed = |source| StoreError::Write { path: dir.to_owned(), source };
    let exists = disk.stat(dir).map_err(failed)?;
    if exists.is_some() && !disk.list(dir).map_err(failed)?.is_empty() {
        return Err(DemoError::NotEmpty { path: dir.to_owned() });
    }
    let inputs = dir.join("input");
    disk.create_dir_all(&inputs).map_err(failed)?;
    Ok(inputs)
}

/// A command as a user would type it over the store of a demo, with the clock at `now`.
fn typed(root: &Path, now: Timestamp, rest: &str) -> String {
    format!("dtlearn --root {} --now {now} {rest}", root.display())
}

/// The summary as a user would ask for it.
fn summary_step(context: &Context<'_>, root: &Path) -> Result<DemoStep, DemoError> {
    let (report, _) = summary_report(context)?;
    Ok(DemoStep::Answer(typed(root, context.now, "report"), DemoAnswer::Summary(Box::new(report))))
}

/// The page of a demo in `dir`, whose last session was on `session`.
fn page_step(context: &Context<'_>, dir: &Path, root: &Path, session: Date) -> Result<DemoStep, DemoError> {
    let path = dir.join("report.html");
    let mut parts = Vec::new();
    page_parts(context, &mut |part| parts.push(part))?;
    Ok(DemoStep::Page(DemoPage {
        command: typed(root, context.now, &format!("report --html {}", path.display())),
        path,
        parts,
        terms: terms(context),
        now: context.now,
        session,
        store: context.layout.learning(),
    }))
}

/// What the engine left of one day.
struct ShippedDay<'a> {
    date: Date,
    signals: Option<&'a Vec<u8>>,
    exits: &'a [u8],
    missed: Option<&'a Vec<u8>>,
    bars: &'a Path,
    /// The first days have too few rows to learn from, and say so; the last says what all of them are worth.
    is_last: bool,
}

impl ShippedDay<'_> {
    /// What the engine recorded, each log from a file in `inputs`.
    fn record(
        &self,
        context: &Context<'_>,
        (inputs, root): (&Path, &Path),
        tell: &mut dyn FnMut(DemoStep),
    ) -> Result<(), DemoError> {
        let input = |name: &str, command: &str, lines: &[u8]| -> Result<String, StoreError> {
            let path = inputs.join(format!("{name}-{}.jsonl", self.date));
            replace_state(context.disk, &path, lines, Durability::Cache)?;
            Ok(typed(root, context.now, &format!("{command} --file {}", path.display())))
        };
        if let Some(lines) = self.signals {
            let command = input("signal", "record-signal", lines)?;
            tell(DemoStep::Recorded(command, Box::new(record_signals(context, lines)?)));
        }
        let command = input("exit", "record-exit", self.exits)?;
        tell(DemoStep::Recorded(command, Box::new(record_exits(context, self.exits)?)));
        if let Some(lines) = self.missed {
            let command = input("missed", "track-missed", lines)?;
            tell(DemoStep::Recorded(command, Box::new(track_missed(context, lines, None)?)));
        }
        Ok(())
    }

    /// What is done at the close.
    fn close(
        &self,
        context: &Context<'_>,
        root: &Path,
        tell: &mut dyn FnMut(DemoStep),
    ) -> Result<(), DemoError> {
        let analysed = Box::new(analyze(context)?.data);
        let pricing =
            price(context, &PriceOptions { files: vec![self.bars.to_owned()], ..PriceOptions::default() })?;
        let typed = |rest: &str| typed(root, context.now, rest);
        let command = typed(&format!("analyze --prices {}", self.bars.display()));
        tell(DemoStep::Answer(command, DemoAnswer::Analysis(analysed, Box::new(pricing))));
        if self.is_last {
            let trained = retrain(context, &RetrainRequest::when_due())?;
            tell(DemoStep::Answer(typed("retrain"), DemoAnswer::Retrain(Box::new(trained.data))));
        }
        let moved = adjust(context, &AdjustRequest::by_rules(), false)?;
        tell(DemoStep::Answer(typed("brain-adjust"), DemoAnswer::Adjust(Box::new(moved.data))));
        Ok(())
    }
}

/// Replays the shipped days into `dir`, which must be empty or absent, telling each step to `tell`.
///
/// # Errors
/// [`DemoError`].
pub fn demo(
    disk: &dyn Disk,
    dir: &Path,
    progress: &dyn Progress,
    tell: &mut dyn FnMut(DemoStep),
) -> Result<(), DemoError> {
    let inputs = begin(disk, dir)?;
    let root = dir.join("da_brains");
    let (signals, exits, missed) = (by_day(SIGNALS), by_day(EXITS), by_day(MISSED));
    let bars = inputs.join("bars_1m.csv.gz");
    replace_state(disk, &bars, BARS, Durability::Cache)?;
    let Some(last) = exits.keys().next_back().copied() else { return Ok(()) };
    for (&date, exits) in &exits {
        tell(DemoStep::Day(date));
        let context = context(disk, &root, post_market_time(date), progress);
        let day = ShippedDay {
            date,
            signals: signals.get(&date),
            exits,
            missed: missed.get(&date),
            bars: &bars,
            is_last: date == last,
        };
        day.record(&context, (&inputs, &root), tell)?;
        day.close(&context, &root, tell)?;
    }
    let context = context(disk, &root, post_market_time(last), progress);
    let done = replay(&context, &ReplayRequest::default())?;
    let typed = |rest: &str| typed(&root, context.now, rest);
    tell(DemoStep::Answer(typed("replay"), DemoAnswer::Replay(Box::new(done.facts))));
    let missed = MissedReport::All(Box::new(missed_data(&context, Window::Days(DAYS), None)?.0));
    tell(DemoStep::Answer(typed("report missed"), DemoAnswer::Missed(Box::new(missed))));
    let brain = brain_data(&context, None)?;
    tell(DemoStep::Answer(typed("report brain"), DemoAnswer::Brain(Box::new(brain))));
    tell(summary_step(&context, &root)?);
    tell(page_step(&context, dir, &root, last)?);
    Ok(())
}

fn context<'a>(disk: &'a dyn Disk, root: &Path, now: Timestamp, progress: &'a dyn Progress) -> Context<'a> {
    let layout = Layout::new(root);
    let spool = SpoolFolders::new(disk, &layout, None, None, None);
    Context {
        disk,
        layout,
        spool,
        now,
        as_of: None,
        session: None,
        desks: Vec::new(),
        settings: Settings::default(),
        progress,
    }
}

/// When the work of a shipped day begins.
fn post_market_time(date: Date) -> Timestamp {
    // All shipped days are sessions; a test looks at them.
    Calendar::xnys().session(date).map_or_else(Timestamp::default, |session| session.post_market())
}

/// The lines of a shipped file by trading date of their `timestamp`.
fn by_day(packed: &[u8]) -> BTreeMap<Date, Vec<u8>> {
    let mut text = Vec::new();
    // What is shipped is whole; a test unpacks it.
    let _ = gunzip(packed).read_to_end(&mut text);
    let xnys = Calendar::xnys();
    let mut days: BTreeMap<Date, Vec<u8>> = BTreeMap::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if let Some(moment) = parse_object(line).ok().as_ref().and_then(moment_of) {
            days.entry(xnys.trading_date(moment)).or_default().extend_from_slice(line);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_days_are_whole() {
        let lines = |days: BTreeMap<Date, Vec<u8>>| -> usize {
            days.values().map(|day| day.iter().filter(|byte| **byte == b'\n').count()).sum()
        };
        assert_eq!(by_day(EXITS).len(), 5);
        assert_eq!((lines(by_day(EXITS)), lines(by_day(SIGNALS))), (222, 858));
    }
}
