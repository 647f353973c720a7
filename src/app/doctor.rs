//! `doctor`: is everything as it should be, and if not, what mends it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::sealing::line_kind;
use super::{Context, freshness};
use crate::domain::{KnobName, Market, Timestamp};
use crate::files::brain::Brain;
use crate::files::checkpointed_log::{Outcomes, outcomes_from_scratch, outcomes_since_checkpoint};
use crate::files::retrain_files::{attempts, baseline_file, last_retrain};
use crate::files::{models, performance};
use crate::learn::ModelFile;
use crate::metrics::{Exit, RunningTotals, WindowTotals};
use crate::store::{
    Chunk, DamageKind, LineKind, Log, Position, ScanOptions, StoreError, read_state, scan, spooled_records,
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
    pub remedy: Option<&'static str>,
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
const MAX_LISTED: usize = 20;

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
pub fn examine(context: &Context<'_>) -> Result<Examination, StoreError> {
    let learning = context.layout.learning();
    if context
        .disk
        .stat(&learning)
        .map_err(|e| StoreError::Read { path: learning.clone(), source: e })?
        .is_none()
    {
        return Err(StoreError::NoStore { path: learning });
    }
    let mut examined = Examination::default();
    let mut added_up = None;
    for log in Log::ALL {
        context.progress.begin(log.file_name(), None);
        let looked = examine_log(context, log, &mut examined);
        context.progress.end();
        match looked {
            Ok(found) => added_up = added_up.or(found),
            Err(error) => {
                let remedy = matches!(error, StoreError::NotGzip { .. }).then_some("dtlearn import FILE");
                examined.damage(&context.layout.log(log), "", &words(&error), remedy);
            }
        }
    }
    let last = added_up
        .as_ref()
        .and_then(|(ledger, _)| ledger.last_exit())
        .map(|exit| context.market().trading_date(exit));
    examine_caches(context, added_up, &mut examined);
    examine_waiting(context, &mut examined);
    examine_folders(context, &mut examined);
    examine_brain(context, &mut examined);
    let model = examine_models(context, &mut examined);
    freshness::examine_freshness(context, last, model.as_ref(), &mut examined);
    Ok(examined)
}

/// An error without the path that stands before it anyway.
fn words(error: &StoreError) -> String {
    let text = error.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

impl Examination {
    fn add(
        &mut self,
        severity: Severity,
        path: &Path,
        place: &str,
        what: &str,
        remedy: Option<&'static str>,
    ) {
        let place = format!("{}{place}", path.display());
        self.findings.push(Finding { severity, place, what: what.to_owned(), remedy });
    }

    pub(super) fn damage(&mut self, path: &Path, place: &str, what: &str, remedy: Option<&'static str>) {
        self.add(Severity::Damage, path, place, what, remedy);
    }

    pub(super) fn warn(&mut self, path: &Path, what: &str, remedy: Option<&'static str>) {
        self.add(Severity::Warning, path, "", what, remedy);
    }

    /// The worst of the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

/// What a stretch of a log is found to be.
#[derive(Default)]
struct Looked {
    rows: u64,
    /// Ids as hashes, with the number of the row, from 1.
    ids: Vec<(u64, u64)>,
    wrong: Vec<(u64, String)>,
    newer: u64,
    python_numbers: u64,
    in_future: u64,
    /// Blocks that say of their rows what is not so: offset and difference.
    seals: Vec<(u64, String)>,
    /// Of the trades, to hold the caches against.
    totals: WindowTotals,
    exits: Vec<Exit>,
}

impl Looked {
    fn of(log: Log, chunk: Chunk<'_>, now: Timestamp, market: &Market) -> Self {
        let mut looked = Self::default();
        for block in chunk.blocks() {
            let (mut rows, mut outside) = (0, false);
            for line in block.lines() {
                rows += 1;
                let event_us = looked.line(log, line, now, market);
                outside |= event_us.zip(block.seal).is_some_and(|(us, s)| us < s.first_us || us > s.last_us);
            }
            if let Some(seal) = block.seal.filter(|seal| u64::from(seal.rows) != rows) {
                let what = format!("a block of {rows} rows says that it has {}", seal.rows);
                looked.seals.push((block.at, what));
            }
            if outside {
                looked.seals.push((block.at, "a block holds rows outside the times that it says".into()));
            }
        }
        looked
    }

    /// Looks at a line; returns when what it tells of happened.
    fn line(&mut self, log: Log, line: &[u8], now: Timestamp, market: &Market) -> Option<i64> {
        self.rows += 1;
        let hash = |id: &str| xxhash_rust::xxh3::xxh3_64(id.as_bytes());
        let found = if log == Log::Outcomes {
            read_stored_outcome(line).map(|stored| {
                let facts = stored.facts();
                self.totals.add(market, &facts);
                self.exits.push(Exit::of(&facts));
                let kind =
                    if stored.is_newer() { LineKind::Newer } else { LineKind::At(facts.exit_time.micros()) };
                (Some(hash(facts.trade_id)), kind, Some(facts.exit_time.micros()), stored.is_common_json())
            })
        } else {
            parse_object(line).map(|map| {
                let kind = line_kind(log, line);
                let event_us = if let LineKind::At(us) = kind { Some(us) } else { None };
                let id = map.get("signal_id").and_then(Json::as_str).map(hash);
                (id, kind, event_us, serde_json::from_slice::<IgnoredAny>(line).is_ok())
            })
        };
        let (id, kind, event_us, is_common_json) = match found {
            Ok(found) => found,
            Err(why) => {
                self.wrong.push((self.rows, why.to_string()));
                return None;
            }
        };
        self.ids.extend(id.map(|id| (self.rows, id)));
        self.newer += u64::from(kind == LineKind::Newer);
        if kind == LineKind::Unreadable {
            self.wrong.push((self.rows, "no timestamp that can be read".into()));
        } else {
            self.python_numbers += u64::from(!is_common_json);
        }
        self.in_future += u64::from(event_us.is_some_and(|us| us > now.micros().saturating_add(DAY_US)));
        event_us.filter(|_| kind != LineKind::Newer)
    }
}

/// Ids are hashes already: they need not be hashed again.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        // Never asked for: only whole numbers are hashed.
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Looks at a log; returns what its trades add up to, unless they are out of order or recorded twice.
fn examine_log(
    context: &Context<'_>,
    log: Log,
    examined: &mut Examination,
) -> Result<Option<(RunningTotals, Position)>, StoreError> {
    let path = context.layout.log(log);
    if context.disk.stat(&path).map_err(|source| StoreError::Read { path: path.clone(), source })?.is_none() {
        return Ok(None);
    }
    let mut seen: HashSet<u64, BuildHasherDefault<AsIs>> = HashSet::default();
    let (mut repeated, mut wrong, mut newer, mut python, mut future) = (0u64, 0u64, 0u64, 0u64, 0u64);
    let mut first_repeated = None;
    let mut seals = Vec::new();
    let mut ledger = RunningTotals::new(context.settings.capital, context.market());
    let look = |chunk: Chunk<'_>| Looked::of(log, chunk, context.now, context.market());
    let report = scan(context.disk, &path, ScanOptions::default(), look, |before, looked| {
        context.progress.advance(looked.rows);
        for (row, id) in looked.ids {
            if !seen.insert(id) {
                repeated += 1;
                first_repeated.get_or_insert(before + row);
            }
        }
        newer += looked.newer;
        python += looked.python_numbers;
        future += looked.in_future;
        for (row, why) in looked.wrong {
            wrong += 1;
            if wrong <= MAX_LISTED as u64 {
                examined.damage(&path, &format!(":{}", before + row), &why, Some(REPAIR));
            }
        }
        seals.extend(looked.seals);
        ledger.absorb(context.market(), &looked.totals, looked.exits);
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
    if wrong > MAX_LISTED as u64 {
        examined.damage(
            &path,
            "",
            &format!("{} more records cannot be read", wrong - MAX_LISTED as u64),
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
    for (at, what) in seals.into_iter().take(MAX_LISTED) {
        examined.damage(&path, &format!(" at byte {at}"), &what, Some(REPAIR));
    }
    Ok((log == Log::Outcomes && ledger.is_sound()).then_some((ledger, report.end)))
}

/// Checkpoint and metrics against a recompute.
fn examine_caches(
    context: &Context<'_>,
    added_up: Option<(RunningTotals, Position)>,
    examined: &mut Examination,
) {
    let checkpoint_path = context.layout.checkpoint(Log::Outcomes);
    let (ledger, position) = match added_up {
        Some(added_up) => added_up,
        None => {
            let Ok(Outcomes { mut checkpoint, .. }) = outcomes_from_scratch(context) else { return };
            let Some(ledger) = checkpoint.folded.take() else { return };
            (ledger, checkpoint.position)
        }
    };
    // The log may be some rows ahead of its checkpoint.
    if let Ok(Some(Outcomes { checkpoint, .. })) = outcomes_since_checkpoint(context)
        && checkpoint.position.len == position.len
        && let Some(cached) = &checkpoint.folded
        && cached.performance(context.market()) != ledger.performance(context.market())
    {
        examined.damage(&checkpoint_path, "", "differs from a recompute: delete it", Some(ANALYZE));
    }
    let path = context.layout.performance();
    let written = read_state(context.disk, &path).ok().flatten();
    let Some(written) = written else {
        if ledger.performance(context.market()).trades() > 0 {
            examined.warn(&path, "is missing", Some(ANALYZE));
        }
        return;
    };
    let Ok(found) = serde_json::from_slice::<serde_json::Map<String, Json>>(&written) else {
        examined.warn(&path, "is no JSON object", Some(ANALYZE));
        return;
    };
    if !performance::agrees(context, &ledger, &found) {
        examined.warn(&path, "does not say what the trades say", Some(ANALYZE));
    }
}

/// What waits to be stored, and what was refused.
pub(super) fn examine_waiting(context: &Context<'_>, examined: &mut Examination) {
    let spooled = spooled_records(context.disk, &context.spool);
    let mut folders: HashMap<&Path, usize> = HashMap::new();
    for record in &spooled {
        *folders.entry(record.path.parent().unwrap_or(&record.path)).or_default() += 1;
    }
    let mut folders: Vec<_> = folders.into_iter().collect();
    folders.sort();
    for (folder, count) in folders {
        examined.warn(folder, &format!("{count} record(s) wait to be stored"), Some(ANALYZE));
    }
    let rejected = context.layout.rejected();
    for entry in context.disk.list(&rejected).unwrap_or_default() {
        let path = rejected.join(&entry.name);
        examined.warn(
            &path,
            "input that was refused: send it again as it should be, then delete the file",
            None,
        );
    }
}

fn examine_folders(context: &Context<'_>, examined: &mut Examination) {
    let learning = context.layout.learning();
    for dir in [learning.clone(), context.layout.hidden(), context.layout.spool()] {
        for entry in context.disk.list(&dir).unwrap_or_default() {
            let path = dir.join(&entry.name);
            if entry.name.starts_with('.') && entry.name.ends_with(".tmp") {
                examined.warn(&path, "left behind by a command that was killed", Some(REPAIR));
            } else if entry.stat.is_file && entry.stat.mode & 0o022 != 0 {
                let what = format!("others may write to it (mode {:04o}): chmod go-w", entry.stat.mode);
                examined.warn(&path, &what, None);
            }
        }
    }
    if let Ok(free) = context.disk.free_bytes(&learning)
        && free < LITTLE_ROOM
    {
        examined.warn(&learning, &format!("only {} MiB are free", free >> 20), None);
    }
}

/// The brain file, where there is one: knobs are numbers within their hard ranges.
fn examine_brain(context: &Context<'_>, examined: &mut Examination) {
    let path = context.layout.brain();
    match read_state(context.disk, &path) {
        Ok(Some(_)) => {}
        Ok(None) => return,
        Err(error) => return examined.damage(&path, "", &words(&error), None),
    }
    match Brain::read(context).and_then(|brain| Ok((brain.knobs(context)?, brain.symbols(context)))) {
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
    examine_adjustments(context, examined);
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

fn examine_adjustments(context: &Context<'_>, examined: &mut Examination) {
    let path = context.layout.adjustments();
    match read_state(context.disk, &path) {
        Ok(Some(text)) => {
            let (_, bad) = read_adjustments(&text);
            for line in bad.iter().take(MAX_LISTED) {
                examined.warn(&path, &format!("line {line} is no change of a knob: passed over"), None);
            }
        }
        Ok(None) => {}
        Err(error) => examined.damage(&path, "", &words(&error), None),
    }
}

/// Looks at the models and what is on record of them; returns the one in use where it can be read.
fn examine_models(context: &Context<'_>, examined: &mut Examination) -> Option<ModelFile> {
    let mut in_use = None;
    let pointer = models::pointer(context);
    match &pointer {
        Err(error) => {
            let remedy = Some("dtlearn retrain --force");
            examined.damage(&context.layout.current_model(), "", &words(error), remedy);
        }
        Ok(None) => {}
        Ok(Some(pointer)) => {
            let back = pointer.previous.is_some();
            let remedy = if back { "dtlearn retrain --rollback" } else { "dtlearn retrain --force" };
            match models::load(context, &pointer.current) {
                Ok(model) => in_use = Some(model),
                Err(error) => {
                    examined.damage(
                        &context.layout.model(&pointer.current),
                        "",
                        &words(&error),
                        Some(remedy),
                    );
                }
            }
            if let Some(name) = &pointer.previous
                && let Err(error) = models::load(context, name)
            {
                examined.damage(&context.layout.model(name), "", &words(&error), None);
            }
        }
    }
    let gone = matches!(pointer, Ok(None)) && last_retrain(context).is_some();
    if gone {
        let what = "is gone, though a model was deployed";
        examined.damage(&context.layout.current_model(), "", what, Some("dtlearn retrain --force"));
    }
    examine_state::<LastRetrain>(context, &context.layout.last_retrain(), examined);
    examine_state::<Vec<OverfitPoint>>(context, &context.layout.overfit_history(), examined);
    examine_state::<Json>(context, &context.layout.file("reports").join("patterns_latest.json"), examined);
    match attempts(context) {
        Ok((_, 0)) => {}
        Ok((_, bad)) => {
            examined.warn(
                &context.layout.retrain_log(),
                &format!("{bad} line(s) are no attempt to retrain: passed over"),
                None,
            );
        }
        Err(error) => examined.damage(&context.layout.retrain_log(), "", &words(&error), None),
    }
    if let Err(error) = baseline_file(context) {
        examined.damage(&context.layout.baseline(), "", &words(&error), Some("dtlearn retrain --force"));
    }
    in_use
}

/// A state file is what it should be, or a finding.
fn examine_state<T: serde::de::DeserializeOwned>(
    context: &Context<'_>,
    path: &Path,
    examined: &mut Examination,
) {
    match read_state(context.disk, path) {
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
