//! `doctor`: is everything as it should be, and if not, what mends it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::brain::Brain;
use super::catch_up::outcomes_from_scratch;
use super::retrain_files::{attempts, baseline_file, last_retrain};
use super::sealing::line_kind;
use super::{Desk, freshness, models, performance_file};
use crate::domain::{KnobName, Timestamp};
use crate::learn::ModelFile;
use crate::metrics::Ledger;
use crate::store::{
    Checkpoint, DamageKind, LineKind, Log, ScanOptions, StoreError, read_state, scan, spooled_records,
    verify_seals,
};
use crate::wire::{LastRetrain, OverfitPoint, parse_object, read_adjustments, read_stored_outcome};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, nothing is lost.
    Warning,
    /// Something in a file cannot be read, or says what is not so.
    Damage,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, and where in it: `path:record` or `path` and a byte.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// The command that mends it.
    pub mend: Option<&'static str>,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    /// What is not as it should be, in the order of the files.
    pub findings: Vec<Finding>,
    /// Rows of each log.
    pub rows: Vec<(Log, u64)>,
}

/// Of findings of one kind in one file, so many are told one by one.
const TOLD: usize = 20;

/// Less room than this is worth a word.
const LITTLE_ROOM: u64 = 100 << 20;

/// A day, beyond which an exit in the future is no matter of clocks.
const DAY_US: i64 = 86_400_000_000;

const REPAIR: &str = "dtlearn doctor --repair";
const ANALYZE: &str = "dtlearn analyze";

/// Looks at every file and every invariant. Writes nothing.
///
/// # Errors
/// [`StoreError::NoStore`] when there is nothing to look at.
pub fn examine(desk: &Desk<'_>) -> Result<Examination, StoreError> {
    let learning = desk.layout.learning();
    if desk
        .disk
        .stat(&learning)
        .map_err(|e| StoreError::Read { path: learning.clone(), source: e })?
        .is_none()
    {
        return Err(StoreError::NoStore { path: learning });
    }
    let mut examined = Examination::default();
    for log in Log::ALL {
        desk.progress.begin(log.file_name(), None);
        let looked = examine_log(desk, log, &mut examined);
        desk.progress.end();
        if let Err(error) = looked {
            let mend = matches!(error, StoreError::NotGzip { .. }).then_some("dtlearn import FILE");
            examined.damage(&desk.layout.log(log), "", &words(&error), mend);
        }
    }
    examine_caches(desk, &mut examined);
    examine_waiting(desk, &mut examined);
    examine_folders(desk, &mut examined);
    examine_brain(desk, &mut examined);
    let model = examine_models(desk, &mut examined);
    freshness::examine_freshness(desk, model.as_ref(), &mut examined);
    Ok(examined)
}

/// An error without the path that stands before it anyway.
fn words(error: &StoreError) -> String {
    let text = error.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

impl Examination {
    fn add(&mut self, severity: Severity, path: &Path, place: &str, what: &str, mend: Option<&'static str>) {
        let place = format!("{}{place}", path.display());
        self.findings.push(Finding { severity, place, what: what.to_owned(), mend });
    }

    fn damage(&mut self, path: &Path, place: &str, what: &str, mend: Option<&'static str>) {
        self.add(Severity::Damage, path, place, what, mend);
    }

    pub(super) fn warn(&mut self, path: &Path, what: &str, mend: Option<&'static str>) {
        self.add(Severity::Warning, path, "", what, mend);
    }

    /// The worst of the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// What a line is found to be.
struct Line {
    id: Option<u64>,
    wrong: Option<String>,
    newer: bool,
    python_numbers: bool,
    in_future: bool,
}

fn look_at(log: Log, line: &[u8], now: Timestamp) -> Line {
    let hash = |id: &str| xxhash_rust::xxh3::xxh3_64(id.as_bytes());
    let strict = serde_json::from_slice::<IgnoredAny>(line).is_ok();
    let mut found = Line { id: None, wrong: None, newer: false, python_numbers: false, in_future: false };
    let ahead = |us: i64| us > now.micros().saturating_add(DAY_US);
    match log {
        Log::Outcomes => match read_stored_outcome(line) {
            Ok(stored) => {
                found.id = Some(hash(stored.facts().trade_id));
                found.newer = stored.is_newer();
                found.in_future = ahead(stored.facts().exit_time.micros());
            }
            Err(why) => found.wrong = Some(why.to_string()),
        },
        Log::Signals | Log::Missed => match parse_object(line) {
            Ok(map) => {
                found.id = map.get("signal_id").and_then(Json::as_str).map(hash);
                match line_kind(log, line) {
                    LineKind::Newer => found.newer = true,
                    LineKind::At(us) => found.in_future = ahead(us),
                    LineKind::Unreadable => found.wrong = Some("no timestamp that can be read".into()),
                }
            }
            Err(why) => found.wrong = Some(why.to_string()),
        },
    }
    found.python_numbers = !strict && found.wrong.is_none();
    found
}

fn examine_log(desk: &Desk<'_>, log: Log, examined: &mut Examination) -> Result<(), StoreError> {
    let path = desk.layout.log(log);
    if desk.disk.stat(&path).map_err(|source| StoreError::Read { path: path.clone(), source })?.is_none() {
        return Ok(());
    }
    let mut seen: HashSet<u64> = HashSet::new();
    let (mut repeated, mut wrong, mut newer, mut python, mut future) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let mut first_repeated = None;
    let look = |chunk: crate::store::Chunk<'_>| -> Vec<Line> {
        chunk.lines().map(|line| look_at(log, line, desk.now)).collect()
    };
    let report = scan(desk.disk, &path, ScanOptions::default(), look, |before, lines| {
        desk.progress.advance(lines.len() as u64);
        for (at, line) in lines.into_iter().enumerate() {
            let record = before + at as u64 + 1;
            if line.id.is_some_and(|id| !seen.insert(id)) {
                repeated += 1;
                first_repeated.get_or_insert(record);
            }
            newer += u64::from(line.newer);
            python += u64::from(line.python_numbers);
            future += u64::from(line.in_future);
            if let Some(why) = line.wrong {
                wrong += 1;
                if wrong <= TOLD as u64 {
                    examined.damage(&path, &format!(":{record}"), &why, Some(REPAIR));
                }
            }
        }
    })?;
    examined.rows.push((log, report.end.rows));
    for damage in &report.damage {
        let what = match damage.kind {
            DamageKind::Broken => "damaged bytes between records",
            DamageKind::Tail => "bytes at the end that are no whole record",
            DamageKind::LongLine => "bytes in a line too long for a record",
        };
        let place = format!(" at byte {}", damage.at);
        examined.damage(&path, &place, &format!("{} {what}", damage.len), Some(REPAIR));
    }
    if wrong > TOLD as u64 {
        examined.damage(
            &path,
            "",
            &format!("{} more records cannot be read", wrong - TOLD as u64),
            Some(REPAIR),
        );
    }
    if let Some(first) = first_repeated {
        let what =
            format!("{repeated} record(s) of an id that is there already, the first at record {first}");
        examined.warn(&path, &what, Some(REPAIR));
    }
    if python > 0 {
        let what = format!("{python} record(s) with NaN or repeated keys, which other programs refuse");
        examined.warn(&path, &what, Some("dtlearn doctor --repair --normalize"));
    }
    if newer > 0 {
        examined.warn(
            &path,
            &format!("{newer} record(s) of a newer dtlearn, read as far as they are known"),
            None,
        );
    }
    if future > 0 {
        examined.warn(
            &path,
            &format!("{future} record(s) more than a day in the future: check the clock"),
            None,
        );
    }
    let event = |line: &[u8]| match line_kind(log, line) {
        LineKind::At(us) => Some(us),
        LineKind::Unreadable | LineKind::Newer => None,
    };
    for (at, what) in verify_seals(desk.disk, &path, event)?.into_iter().take(TOLD) {
        examined.damage(&path, &format!(" at byte {at}"), &what, Some(REPAIR));
    }
    Ok(())
}

/// Checkpoint and metrics against a recompute.
fn examine_caches(desk: &Desk<'_>, examined: &mut Examination) {
    let log = desk.layout.log(Log::Outcomes);
    let checkpoint_path = desk.layout.checkpoint(Log::Outcomes);
    let Ok(true_outcomes) = outcomes_from_scratch(desk) else { return };
    let Some(ledger) = &true_outcomes.checkpoint.folded else { return };
    if let Ok(checkpoint) = Checkpoint::<Option<Ledger>>::load(desk.disk, &checkpoint_path, &log)
        && checkpoint.position.len == true_outcomes.checkpoint.position.len
        && let Some(cached) = &checkpoint.folded
        && cached.capital() == ledger.capital()
        && cached.performance() != ledger.performance()
    {
        examined.damage(&checkpoint_path, "", "differs from a recompute: delete it", Some(ANALYZE));
    }
    let path = desk.layout.performance();
    let written = read_state(desk.disk, &path).ok().flatten();
    let Some(written) = written else {
        if ledger.performance().trades() > 0 {
            examined.warn(&path, "is missing", Some(ANALYZE));
        }
        return;
    };
    let Ok(found) = serde_json::from_slice::<serde_json::Map<String, Json>>(&written) else {
        examined.warn(&path, "is no JSON object", Some(ANALYZE));
        return;
    };
    let fresh = performance_file::content(desk, ledger, true_outcomes.checkpoint.position, None);
    let differs = fresh.iter().any(|(key, value)| {
        !["updated_at", "windows", "position", "schema"].contains(&key.as_str())
            && found.get(key) != Some(value)
    });
    if differs {
        examined.warn(&path, "does not say what the trades say", Some(ANALYZE));
    }
}

/// What waits to be stored, and what was refused.
pub(super) fn examine_waiting(desk: &Desk<'_>, examined: &mut Examination) {
    let spooled = spooled_records(desk.disk, &desk.spool);
    let mut folders: HashMap<&Path, usize> = HashMap::new();
    for record in &spooled {
        *folders.entry(record.path.parent().unwrap_or(&record.path)).or_default() += 1;
    }
    let mut folders: Vec<_> = folders.into_iter().collect();
    folders.sort();
    for (folder, count) in folders {
        examined.warn(folder, &format!("{count} record(s) wait to be stored"), Some(ANALYZE));
    }
    let rejected = desk.layout.rejected();
    for entry in desk.disk.list(&rejected).unwrap_or_default() {
        let path = rejected.join(&entry.name);
        examined.warn(
            &path,
            "input that was refused: send it again as it should be, then delete the file",
            None,
        );
    }
}

fn examine_folders(desk: &Desk<'_>, examined: &mut Examination) {
    let learning = desk.layout.learning();
    for dir in [learning.clone(), desk.layout.hidden(), desk.layout.spool()] {
        for entry in desk.disk.list(&dir).unwrap_or_default() {
            let path = dir.join(&entry.name);
            if entry.name.starts_with('.') && entry.name.ends_with(".tmp") {
                examined.warn(&path, "left behind by a command that was killed", Some(REPAIR));
            } else if entry.stat.is_file && entry.stat.mode & 0o022 != 0 {
                let what = format!("others may write to it (mode {:04o}): chmod go-w", entry.stat.mode);
                examined.warn(&path, &what, None);
            }
        }
    }
    if let Ok(free) = desk.disk.free_bytes(&learning)
        && free < LITTLE_ROOM
    {
        examined.warn(&learning, &format!("only {} MiB are free", free >> 20), None);
    }
}

/// The brain file, where there is one: knobs are numbers within their hard ranges.
fn examine_brain(desk: &Desk<'_>, examined: &mut Examination) {
    let path = desk.layout.brain();
    match read_state(desk.disk, &path) {
        Ok(Some(_)) => {}
        Ok(None) => return,
        Err(error) => return examined.damage(&path, "", &words(&error), None),
    }
    match Brain::read(desk).and_then(|brain| Ok((brain.knobs(desk)?, brain.symbols(desk)))) {
        Ok(((knobs, outside), symbols)) => {
            let names = KnobName::ALL.into_iter().filter(|name| knobs[*name as usize].outside);
            for (what, name) in outside.iter().zip(names) {
                examined.damage(&path, "", what, Some(reset_command(name)));
            }
            if let Err(error) = symbols {
                examined.damage(&path, "", &words(&error), None);
            }
        }
        Err(error) => {
            examined.damage(&path, "", &format!("{}: restore it from a backup", words(&error)), None)
        }
    }
    examine_adjustments(desk, examined);
}

/// The command that brings a knob back.
const fn reset_command(name: KnobName) -> &'static str {
    match name {
        KnobName::MinConfidence => "dtlearn brain-adjust --reset DT_EXEC_MIN_CONF",
        KnobName::MaxPositions => "dtlearn brain-adjust --reset DT_MAX_POSITIONS",
        KnobName::StopLoss => "dtlearn brain-adjust --reset DT_STOP_LOSS_PCT",
        KnobName::TakeProfit => "dtlearn brain-adjust --reset DT_TAKE_PROFIT_PCT",
        KnobName::PositionSize => "dtlearn brain-adjust --reset DT_POSITION_SIZE_BASE_USD",
        KnobName::MaxOrders => "dtlearn brain-adjust --reset DT_MAX_ORDERS_PER_CYCLE",
        KnobName::MinGap => "dtlearn brain-adjust --reset DT_MIN_TRADE_GAP_MINUTES",
    }
}

fn examine_adjustments(desk: &Desk<'_>, examined: &mut Examination) {
    let path = desk.layout.adjustments();
    match read_state(desk.disk, &path) {
        Ok(Some(text)) => {
            let (_, bad) = read_adjustments(&text);
            for line in bad.iter().take(TOLD) {
                examined.warn(&path, &format!("line {line} is no change of a knob: passed over"), None);
            }
        }
        Ok(None) => {}
        Err(error) => examined.damage(&path, "", &words(&error), None),
    }
}

/// Looks at the models and what is on record of them; returns the one in use where it can be read.
fn examine_models(desk: &Desk<'_>, examined: &mut Examination) -> Option<ModelFile> {
    let mut in_use = None;
    let pointer = models::pointer(desk);
    match &pointer {
        Err(error) => {
            let mend = Some("dtlearn retrain --force");
            examined.damage(&desk.layout.current_model(), "", &words(error), mend);
        }
        Ok(None) => {}
        Ok(Some(pointer)) => {
            let back = pointer.previous.is_some();
            let mend = if back { "dtlearn retrain --rollback" } else { "dtlearn retrain --force" };
            match models::load(desk, &pointer.current) {
                Ok(model) => in_use = Some(model),
                Err(error) => {
                    examined.damage(&desk.layout.model(&pointer.current), "", &words(&error), Some(mend));
                }
            }
            if let Some(name) = &pointer.previous
                && let Err(error) = models::load(desk, name)
            {
                examined.damage(&desk.layout.model(name), "", &words(&error), None);
            }
        }
    }
    let gone = matches!(pointer, Ok(None)) && last_retrain(desk).is_some();
    if gone {
        let what = "is gone, though a model was deployed";
        examined.damage(&desk.layout.current_model(), "", what, Some("dtlearn retrain --force"));
    }
    examine_state::<LastRetrain>(desk, &desk.layout.last_retrain(), examined);
    examine_state::<Vec<OverfitPoint>>(desk, &desk.layout.overfit_history(), examined);
    examine_state::<Json>(desk, &desk.layout.file("reports").join("patterns_latest.json"), examined);
    match attempts(desk) {
        Ok((_, 0)) => {}
        Ok((_, bad)) => {
            examined.warn(
                &desk.layout.retrain_log(),
                &format!("{bad} line(s) are no attempt to retrain: passed over"),
                None,
            );
        }
        Err(error) => examined.damage(&desk.layout.retrain_log(), "", &words(&error), None),
    }
    if let Err(error) = baseline_file(desk) {
        examined.damage(&desk.layout.baseline(), "", &words(&error), Some("dtlearn retrain --force"));
    }
    in_use
}

/// A state file is what it should be, or a finding.
fn examine_state<T: serde::de::DeserializeOwned>(desk: &Desk<'_>, path: &Path, examined: &mut Examination) {
    match read_state(desk.disk, path) {
        Ok(None) => {}
        Ok(Some(bytes)) => {
            if let Err(why) = serde_json::from_slice::<T>(&bytes) {
                examined.damage(
                    path,
                    "",
                    &format!("cannot be read: {why}; move it away, it is made anew"),
                    None,
                );
            }
        }
        Err(error) => examined.damage(path, "", &words(&error), None),
    }
}
