//! A part: what stores add to every figure of every window and group, in a file that can be put together with others.
//!
//! A part speaks of one moment, from which its windows are seen, of one currency and one calendar. Its size goes by
//! groups, days and desks, not by trades.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::desks::{joined_totals, other_days};
use super::window_figures::{FiguresByWindow, side_by_side};
use super::{Context, Reading};
use crate::domain::Timestamp;
use crate::metrics::{JoinedTotals, SameDesk, Windows};
use crate::store::{FrameError, StoreError, decode_framed, encode_framed, read_state};

const MAGIC: &[u8; 4] = b"DTPT";

/// Raised whenever the meaning of the bytes changes.
const VERSION: u32 = 3;

/// What stores add to every figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    now_us: i64,
    calendar: String,
    calendars: u64,
    currency: String,
    totals: JoinedTotals,
    /// What the reading found besides trades.
    read: ReadSums,
    /// Desks that could not be read, and why.
    unread: BTreeMap<String, String>,
}

/// What the reading of a log, or of those of several desks, found besides trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSums {
    /// Rows that were read, whatever they are.
    pub rows: u64,
    /// Lines that could not be read.
    pub unreadable_rows: u64,
    /// Bytes passed over as damaged.
    pub damaged_bytes: u64,
    /// Trades recorded more than once on one desk, counted once.
    pub repeated: u64,
}

impl ReadSums {
    /// What a reading found.
    pub fn of(reading: &Reading) -> Self {
        let damaged: u64 = reading.damage().iter().map(|damage| damage.len).sum();
        Self {
            rows: reading.scan.end.rows,
            unreadable_rows: reading.unreadable_rows,
            damaged_bytes: reading.earlier_bytes + damaged,
            repeated: reading.repeated,
        }
    }

    fn merge(&mut self, other: Self) {
        for (mine, theirs) in [
            (&mut self.rows, other.rows),
            (&mut self.unreadable_rows, other.unreadable_rows),
            (&mut self.damaged_bytes, other.damaged_bytes),
            (&mut self.repeated, other.repeated),
        ] {
            *mine = mine.saturating_add(theirs);
        }
    }
}

/// Why two parts cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartMismatch {
    /// They speak of moments between which a trade goes from one window to another, or a session begins.
    #[error("is of {theirs}, the others are of {ours}, and their windows are not the same")]
    Moment {
        /// That of the part.
        theirs: String,
        /// That of the others.
        ours: String,
    },
    /// Its days are not those of the settings, by which the figures are told.
    #[error("{}", other_days(theirs, ours, "these settings"))]
    Calendar {
        /// That of the part.
        theirs: String,
        /// That of the settings.
        ours: String,
    },
    /// Their amounts cannot be added up.
    #[error("counts in {theirs}, the others in {ours}")]
    Currency {
        /// That of the part.
        theirs: String,
        /// That of the others.
        ours: String,
    },
    /// A desk is in both.
    #[error("has the desk {0}, which is in another one too")]
    SameDesk(String),
}

/// Why there are no figures of several stores.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// A file cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A file is no part.
    #[error("{}: is no part: `analyze --partial -o FILE` writes one", .0.display())]
    NotAPart(PathBuf),
    /// A part or a desk does not go with the others.
    #[error("{name} {why}")]
    Mismatch {
        /// The file or the desk.
        name: String,
        /// Why.
        why: PartMismatch,
    },
    /// Nothing could be read; the first reason.
    #[error("none of the desks can be read: {0}")]
    Nothing(String),
}

impl PartMismatch {
    /// Says of which file or desk it is.
    fn of(self, name: &str) -> PartError {
        PartError::Mismatch { name: name.to_owned(), why: self }
    }
}

impl Part {
    /// Of no desk yet.
    fn new(context: &Context<'_>, windows: &Windows) -> Self {
        Self {
            now_us: windows.now().micros(),
            calendar: context.market().calendar().name().to_owned(),
            calendars: context.market().fingerprint(),
            currency: context.settings.currency.clone(),
            totals: JoinedTotals::new(windows),
            read: ReadSums::default(),
            unread: BTreeMap::new(),
        }
    }

    /// Of the desks of a context.
    ///
    /// # Errors
    /// [`PartError::Nothing`] when none of them can be read.
    pub fn of_desks(context: &Context<'_>) -> Result<(Self, Windows, Reading), PartError> {
        let windows = side_by_side(context);
        let (totals, reading) = joined_totals(context, &windows, None, false);
        let read = ReadSums::of(&reading);
        let unread = reading.missing.iter().cloned().collect();
        let part = Self { totals, read, unread, ..Self::new(context, &windows) };
        if part.desks() == 0 { Err(PartError::Nothing(part.unread())) } else { Ok((part, windows, reading)) }
    }

    /// Adds other desks, by the same calendars. A desk that could be read in one of them was read.
    fn merge(&mut self, mut other: Self, context: &Context<'_>) -> Result<(), PartMismatch> {
        if other.currency != self.currency {
            let (theirs, ours) = (other.currency, self.currency.clone());
            return Err(PartMismatch::Currency { theirs, ours });
        }
        if let Some(name) = self.totals.shared(&other.totals) {
            return Err(PartMismatch::SameDesk(name.to_owned()));
        }
        let text = |us: i64| Timestamp::from_micros(us).to_string();
        let later_us = self.now_us.max(other.now_us);
        let windows = windows_at(context, later_us);
        let moments = PartMismatch::Moment { theirs: text(other.now_us), ours: text(self.now_us) };
        if !other.move_to(later_us, context, &windows) || !self.move_to(later_us, context, &windows) {
            return Err(moments);
        }
        self.totals.merge(other.totals).map_err(|SameDesk(name)| PartMismatch::SameDesk(name))?;
        self.read.merge(other.read);
        for (name, why) in other.unread {
            // Of two reasons the smaller, so that no order matters.
            let kept = self.unread.entry(name).or_insert_with(|| why.clone());
            if why < *kept {
                *kept = why;
            }
        }
        let read = &self.totals;
        self.unread.retain(|name, _| !read.has(name));
        Ok(())
    }

    /// Whether its days are those of the settings.
    fn check_calendar(&self, context: &Context<'_>) -> Result<(), PartMismatch> {
        if self.calendars == context.market().fingerprint() {
            return Ok(());
        }
        let ours = context.market().calendar().name().to_owned();
        Err(PartMismatch::Calendar { theirs: self.calendar.clone(), ours })
    }

    /// Looks from a later moment, from which every trade is in the window in which it was; false where one is not, or
    /// the part does not have these windows.
    fn move_to(&mut self, later_us: i64, context: &Context<'_>, windows: &Windows) -> bool {
        let same = windows_at(context, self.now_us).list() == windows.list() && self.totals.fits(windows);
        let moved = same && self.totals.move_by(later_us.saturating_sub(self.now_us));
        if moved {
            self.now_us = later_us;
        }
        moved
    }

    /// How many desks were read.
    pub fn desks(&self) -> usize {
        self.totals.desks().len()
    }

    /// What each desk adds to every figure, by its name.
    pub fn totals(&self) -> &JoinedTotals {
        &self.totals
    }

    /// What reading the logs of all desks found besides trades.
    pub fn read(&self) -> ReadSums {
        self.read
    }

    /// The desks that could not be read, and why.
    pub fn missing(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.unread.iter().map(|(name, why)| (name.as_str(), why.as_str()))
    }

    /// Whether every desk was read, and every line of its log.
    pub fn is_whole(&self) -> bool {
        self.unread.is_empty() && self.read.unreadable_rows == 0 && self.read.damaged_bytes == 0
    }

    /// Why the first desk could not be read.
    fn unread(&self) -> String {
        self.unread.values().next().cloned().unwrap_or_default()
    }

    /// The finished figures.
    pub(crate) fn figures(&self, context: &Context<'_>, windows: &Windows) -> FiguresByWindow {
        FiguresByWindow {
            windows: self.totals.finish(windows),
            now: windows.now(),
            capital: self.totals.capital(),
            currency: self.currency.clone(),
            calendar: context.market().calendar().clone(),
            scratch_frac: context.market().scratch_frac(),
            desk: None,
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn encode(&self) -> Result<Vec<u8>, StoreError> {
        encode_framed(MAGIC, VERSION, self, Path::new("the part"))
    }

    /// What stands in the bytes of the file at `path`.
    fn decode(bytes: &[u8], path: &Path) -> Result<Self, PartError> {
        let path = path.to_owned();
        decode_framed(MAGIC, VERSION, bytes).map_err(|error| match error {
            FrameError::Foreign => PartError::NotAPart(path),
            FrameError::Newer(found) => {
                StoreError::Newer { path, found: found.into(), supported: VERSION.into() }.into()
            }
            FrameError::Unusable => {
                let why = "it was cut short, changed or written by an older dtlearn; make it again with `analyze --partial`";
                StoreError::Corrupt { path, why: why.into() }.into()
            }
        })
    }

    /// Reads the part at `path`.
    fn load(context: &Context<'_>, path: &Path) -> Result<Self, PartError> {
        let bytes = read_state(context.disk, path)?;
        let Some(bytes) = bytes else {
            // The system says it in its own words.
            let source = context.disk.open(path).err().unwrap_or_else(|| std::io::ErrorKind::NotFound.into());
            return Err(StoreError::Read { path: path.to_owned(), source }.into());
        };
        Self::decode(&bytes, path)
    }
}

/// The windows as they are seen from a moment.
fn windows_at(context: &Context<'_>, us: i64) -> Windows {
    side_by_side(&Context { as_of: Some(Timestamp::from_micros(us)), desks: Vec::new(), ..context.clone() })
}

/// Puts parts together, one at a time: no more than two are in memory. They are seen from the latest of their moments.
///
/// # Errors
/// [`PartError`] where one cannot be read, or does not go with the others.
pub fn merge_parts(context: &Context<'_>, paths: &[PathBuf]) -> Result<(Part, Windows), PartError> {
    let mut sum: Option<Part> = None;
    for path in paths {
        let name = path.display().to_string();
        let part = Part::load(context, path)?;
        part.check_calendar(context).map_err(|why| why.of(&name))?;
        let empty = || {
            // By the calendar of this machine's settings, and in the currency of the parts.
            let (currency, now_us) = (part.currency.clone(), part.now_us);
            Part { currency, now_us, ..Part::new(context, &windows_at(context, part.now_us)) }
        };
        let all = sum.get_or_insert_with(empty);
        all.merge(part, context).map_err(|why| why.of(&name))?;
    }
    let sum = sum.ok_or_else(|| PartError::Nothing("no part was named".into()))?;
    if let Some(asked) = context.as_of.filter(|asked| asked.micros() != sum.now_us) {
        let (theirs, ours) = (Timestamp::from_micros(sum.now_us).to_string(), asked.to_string());
        return Err(PartMismatch::Moment { theirs, ours }.of("the last of the parts"));
    }
    let windows = windows_at(context, sum.now_us);
    if sum.desks() == 0 { Err(PartError::Nothing(sum.unread())) } else { Ok((sum, windows)) }
}
