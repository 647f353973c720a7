//! The logs: every line can be read, and says what its block and its neighbours say.

use std::path::Path;

use serde::de::IgnoredAny;

use crate::app::examination::{Examination, REPAIR};
use crate::domain::{Market, Timestamp};
use crate::files::stored_line::{line_id_of, line_kind};
use crate::files::{Context, MAX_LISTED};
use crate::metrics::{Exit, RunningTotals, WindowTotals};
use crate::report::plural;
use crate::store::{Chunk, DamageKind, LineKind, Log, Position, ScanOptions, ScanReport, StoreError, scan};
use crate::wire::{parse_object, read_stored_outcome};

/// A day, beyond which an exit in the future is no matter of clocks.
const DAY_US: i64 = 86_400_000_000;

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
    /// Trades whose result is not that of their own prices and costs.
    contradictions: Vec<(u64, String)>,
    /// Trades with names that look like money and were not taken.
    left_over: u64,
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
                self.exits.push(Exit::of(&facts, market));
                self.contradictions.extend(stored.contradiction().map(|why| (self.rows, why)));
                self.left_over += u64::from(stored.has_left_over());
                let kind =
                    if stored.is_newer() { LineKind::Newer } else { LineKind::At(facts.exit_time.micros()) };
                (Some(hash(facts.trade_id)), kind, Some(facts.exit_time.micros()), stored.is_common_json())
            })
        } else {
            parse_object(line).map(|map| {
                let kind = line_kind(log, line);
                let event_us = if let LineKind::At(us) = kind { Some(us) } else { None };
                let id = line_id_of(log, line, &map).map(|id| hash(&id));
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
            self.wrong.push((self.rows, "no readable timestamp".into()));
        } else {
            self.python_numbers += u64::from(!is_common_json);
        }
        self.in_future += u64::from(event_us.is_some_and(|us| us > now.micros().saturating_add(DAY_US)));
        event_us.filter(|_| kind != LineKind::Newer)
    }
}

/// The ids of a log as hashes, a place for each row; 0 where a row has none. A table of them would take three times the room.
#[derive(Default)]
struct Ids(Vec<u64>);

impl Ids {
    /// Notes the id of a row, from 1; rows come in their order.
    fn note(&mut self, row: u64, id: u64) {
        self.0.resize(usize::try_from(row - 1).unwrap_or(usize::MAX).max(self.0.len()), 0);
        self.0.push(id.max(1));
    }

    /// How many rows repeat the id of one before, and the first of them.
    fn repeated(&self) -> (u64, Option<u64>) {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let mut repeated = 0;
        // Each id that occurs more than once, and whether it was met.
        let mut twice: Vec<(u64, bool)> = Vec::new();
        for same in sorted.chunk_by(|a, b| a == b).filter(|same| same.len() > 1 && same[0] != 0) {
            repeated += same.len() as u64 - 1;
            twice.push((same[0], false));
        }
        let is_met = |id: &u64| {
            let place = twice.binary_search_by_key(id, |(known, _)| *known);
            place.is_ok_and(|place| std::mem::replace(&mut twice[place].1, true))
        };
        let first = (repeated > 0).then(|| self.0.iter().position(is_met)).flatten();
        (repeated, first.map(|place| place as u64 + 1))
    }
}

/// What a log showed, beside the sums of its trades.
#[derive(Default)]
struct Seen {
    ids: Ids,
    wrong: Vec<(u64, String)>,
    more_wrong: u64,
    newer: u64,
    python: u64,
    future: u64,
    left_over: u64,
    contradictions: Vec<(u64, String)>,
    seals: Vec<(u64, String)>,
}

impl Seen {
    /// Adds a stretch that begins behind `before` records.
    fn add(&mut self, before: u64, looked: &mut Looked) {
        for (row, id) in std::mem::take(&mut looked.ids) {
            self.ids.note(before + row, id);
        }
        self.newer += looked.newer;
        self.python += looked.python_numbers;
        self.future += looked.in_future;
        self.left_over += looked.left_over;
        for (row, why) in looked.wrong.drain(..) {
            if self.wrong.len() < MAX_LISTED {
                self.wrong.push((before + row, why));
            } else {
                self.more_wrong += 1;
            }
        }
        self.contradictions.extend(looked.contradictions.drain(..).map(|(row, why)| (before + row, why)));
        self.seals.append(&mut looked.seals);
    }

    /// Names what cannot be read.
    fn name_damage(&self, path: &Path, report: &ScanReport, examined: &mut Examination) {
        for (row, why) in &self.wrong {
            examined.damage(path, &format!(":{row}"), why, Some(REPAIR));
        }
        for damage in &report.damage {
            let what = match damage.kind {
                DamageKind::Broken => "damaged bytes between records",
                DamageKind::Tail => "bytes of an incomplete record at the end",
                DamageKind::LongLine => "bytes in a line too long for a record",
            };
            let place = format!(" at byte {}", damage.at);
            examined.damage(path, &place, &format!("{} {what}", damage.len), Some(REPAIR));
        }
        if self.more_wrong > 0 {
            let what = format!("{} more records cannot be read", self.more_wrong);
            examined.damage(path, "", &what, Some(REPAIR));
        }
    }

    /// Names what is stored and is not as it should be.
    fn name_oddities(&self, path: &Path, examined: &mut Examination) {
        for (row, why) in self.contradictions.iter().take(MAX_LISTED) {
            examined.warn(path, &format!("record {row} contradicts itself: {why}"), None);
        }
        if self.contradictions.len() > MAX_LISTED {
            let more = self.contradictions.len() - MAX_LISTED;
            examined.warn(path, &format!("{more} more records contradict themselves"), None);
        }
        let mut warn = |count: u64, what: &str, remedy: Option<&'static str>| {
            if count > 0 {
                examined.warn(path, &format!("{} {what}", plural(count, "record")), remedy);
            }
        };
        warn(
            self.left_over,
            "with amounts that were not taken (left_over): map or ignore their names in [intake]",
            None,
        );
        if let (repeated, Some(first)) = self.ids.repeated() {
            let verb = if repeated == 1 { "repeats" } else { "repeat" };
            warn(repeated, &format!("{verb} an id, the first at record {first}"), Some(REPAIR));
        }
        warn(
            self.python,
            "with NaN or repeated keys, which other programs refuse",
            Some("dtlearn doctor --repair --normalize"),
        );
        warn(self.newer, "of a newer dtlearn, read as far as this one knows them", None);
        warn(self.future, "more than a day in the future: check the clock", None);
        for (at, what) in self.seals.iter().take(MAX_LISTED) {
            examined.damage(path, &format!(" at byte {at}"), what, Some(REPAIR));
        }
    }
}

/// Looks at a log; returns what its trades add up to, unless they are out of order or recorded twice.
pub(super) fn examine_log(
    context: &Context<'_>,
    log: Log,
    examined: &mut Examination,
) -> Result<Option<(RunningTotals, Position)>, StoreError> {
    let path = context.layout.log(log);
    if context.disk.stat(&path).map_err(|source| StoreError::Read { path: path.clone(), source })?.is_none() {
        return Ok(None);
    }
    let mut seen = Seen::default();
    let mut ledger = RunningTotals::new(context.settings.capital, context.market());
    let look = |chunk: Chunk<'_>| Looked::of(log, chunk, context.now, context.market());
    let report = scan(context.disk, &path, ScanOptions::default(), look, |before, mut looked| {
        context.progress.advance(looked.rows);
        seen.add(before, &mut looked);
        ledger.absorb(context.market(), &looked.totals, looked.exits);
    })?;
    examined.rows.push((log, report.end.rows));
    seen.name_damage(&path, &report, examined);
    seen.name_oddities(&path, examined);
    Ok((log == Log::Outcomes && ledger.is_sound()).then_some((ledger, report.end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_repeats_an_id_is_named() {
        let mut ids = Ids::default();
        assert_eq!(ids.repeated(), (0, None));
        for (row, id) in [(1, 7), (2, 0), (5, 9), (6, 7), (8, 9), (9, 7), (10, 3)] {
            ids.note(row, id);
        }
        assert_eq!(ids.repeated(), (3, Some(6)));
    }
}
