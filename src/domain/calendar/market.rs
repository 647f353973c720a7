//! Which calendar applies: that of the account's own day, and others for symbols that trade at other hours.

use std::sync::Arc;

use super::Calendar;
use crate::domain::{Date, Outcome, Timestamp};

/// By what a desk tells its trades: the calendar of the account's own day, those of symbols that have another, and how
/// small a result is no result. Cheap to copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Market {
    calendar: Calendar,
    /// Patterns of symbols, the most specific first.
    symbols: Option<Arc<[(String, Calendar)]>>,
    /// A result of no more than this, as a fraction of the position and either way, is a scratch.
    scratch_frac: f64,
}

impl Market {
    /// A market in which every symbol has one calendar.
    pub fn of(calendar: Calendar) -> Self {
        Self { calendar, symbols: None, scratch_frac: 0.0 }
    }

    /// A market with calendars by symbol; in a pattern `*` stands for any characters and `?` for one. Where several
    /// patterns fit a symbol, the one with the most characters of its own counts, of equals the first by alphabet.
    pub fn with_symbols(calendar: Calendar, mut symbols: Vec<(String, Calendar)>) -> Self {
        let own = |pattern: &str| pattern.bytes().filter(|byte| !matches!(byte, b'*' | b'?')).count();
        symbols.sort_by(|(a, _), (b, _)| own(b).cmp(&own(a)).then_with(|| a.cmp(b)));
        Self { calendar, symbols: (!symbols.is_empty()).then(|| symbols.into()), scratch_frac: 0.0 }
    }

    /// The same market with a break-even band: a result of no more than `scratch_frac` of the position, either way, is a
    /// scratch.
    #[must_use]
    pub fn with_scratch(self, scratch_frac: f64) -> Self {
        Self { scratch_frac, ..self }
    }

    /// What a net result counts as, in the account's currency and as a fraction of the position.
    pub fn outcome(&self, pnl: f64, pnl_frac: f64) -> Outcome {
        // A result on the edge is within, whatever its last digit.
        let is_within = self.scratch_frac > 0.0 && pnl_frac.abs() <= self.scratch_frac * (1.0 + 1e-9);
        if is_within { Outcome::Scratch } else { Outcome::of(pnl) }
    }

    /// The break-even band, a fraction of the position; 0 where only a result of exactly 0 is a scratch.
    pub fn scratch_frac(&self) -> f64 {
        self.scratch_frac
    }

    /// The calendar of the account's own day: by it results are dated, windows cut and series made.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The patterns of symbols with their calendars, the most specific first.
    pub fn symbols(&self) -> &[(String, Calendar)] {
        self.symbols.as_deref().unwrap_or_default()
    }

    /// The calendar by which a symbol trades.
    pub fn of_symbol(&self, symbol: &str) -> &Calendar {
        let found = self.symbols().iter().find(|(pattern, _)| fits(pattern.as_bytes(), symbol.as_bytes()));
        found.map_or(&self.calendar, |(_, calendar)| calendar)
    }

    /// The trading date of the account that a moment belongs to.
    pub fn trading_date(&self, moment: Timestamp) -> Date {
        self.calendar.trading_date(moment)
    }

    /// A number that changes with whatever any of its calendars answers, for which symbols, and with the band.
    pub fn fingerprint(&self) -> u64 {
        // Without a band, as most desks are, it is the number that earlier versions wrote.
        let band = if self.scratch_frac > 0.0 { self.scratch_frac.to_bits().rotate_left(29) } else { 0 };
        self.symbols().iter().fold(self.calendar.fingerprint() ^ band, |mark, (pattern, calendar)| {
            let mark = xxhash_rust::xxh3::xxh3_64_with_seed(pattern.as_bytes(), mark);
            mark.rotate_left(17) ^ calendar.fingerprint()
        })
    }
}

/// Whether a symbol is as a pattern says, whatever the case of letters.
fn fits(pattern: &[u8], symbol: &[u8]) -> bool {
    let (mut at, mut of) = (0, 0);
    // Where the last star stands, and how much of the symbol it has taken.
    let mut star: Option<(usize, usize)> = None;
    while at < symbol.len() {
        match pattern.get(of) {
            Some(b'*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(byte) if *byte == b'?' || byte.eq_ignore_ascii_case(&symbol[at]) => {
                at += 1;
                of += 1;
            }
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, of) = (*taken, *place + 1);
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|byte| *byte == b'*')
}
