//! Several windows at once: each trade is counted in the smallest window that holds it, and the windows
//! around it are put together afterwards.

use serde::{Deserialize, Serialize};

use super::equity_path::EquityPath;
use super::exit_order::{Exit, Sequencer, StoredSequencer};
use super::performance::Performance;
use super::window_totals::WindowTotals;
use crate::domain::{Timestamp, TradeFacts, Window};

/// Windows that lie inside each other, smallest first, as seen from one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    list: Vec<Window>,
    now: Timestamp,
}

impl Windows {
    /// The windows `list`, each inside the next.
    pub fn new(list: impl Into<Vec<Window>>, now: Timestamp) -> Self {
        Self { list: list.into(), now }
    }

    /// The windows.
    pub fn list(&self) -> &[Window] {
        &self.list
    }

    /// The moment from which they are seen.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The moment before which no trade matters; `None` when all do.
    pub fn start(&self) -> Option<Timestamp> {
        self.list.last().and_then(|window| window.start(self.now))
    }

    /// The smallest window that holds an exit at `moment`.
    fn ring(&self, moment: Timestamp) -> Option<usize> {
        self.list.iter().position(|window| window.contains(moment, self.now))
    }
}

/// A book for each window, less the trades of the windows inside it.
#[derive(Clone, Debug, PartialEq)]
pub struct TotalsByWindow(Vec<WindowTotals>);

impl TotalsByWindow {
    /// Empty books.
    pub fn new(windows: &Windows) -> Self {
        Self(vec![WindowTotals::default(); windows.list.len()])
    }

    /// Adds a trade; false when it lies in none of the windows.
    pub fn add(&mut self, windows: &Windows, trade: &TradeFacts<'_>) -> bool {
        let ring = windows.ring(trade.exit_time);
        if let Some(ring) = ring {
            self.0[ring].add(trade);
        }
        ring.is_some()
    }

    /// The trades of all windows in one book.
    pub fn together(&self) -> WindowTotals {
        let mut totals = WindowTotals::default();
        self.0.iter().for_each(|ring| totals.merge(ring));
        totals
    }

    /// Adds the trades of other books.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.merge(theirs);
        }
    }
}

/// A track for each window.
#[derive(Clone, Debug, PartialEq)]
pub struct PathsByWindow(Vec<EquityPath>);

impl PathsByWindow {
    /// Tracks that start with `capital` in the account's currency.
    pub fn new(windows: &Windows, capital: f64) -> Self {
        Self(vec![EquityPath::new(capital); windows.list.len()])
    }

    /// Adds the next exit.
    pub fn push(&mut self, windows: &Windows, exit: &Exit) {
        let ring = windows.ring(exit.exit_time).unwrap_or(usize::MAX);
        for track in self.0.iter_mut().skip(ring) {
            track.push(exit);
        }
    }

    /// The finished figures of each window, smallest first.
    pub fn finish(self, windows: &Windows, window_totals: TotalsByWindow) -> Vec<(Window, Performance)> {
        let mut totals = WindowTotals::default();
        let rings = window_totals.0.into_iter().zip(self.0).zip(&windows.list);
        rings
            .map(|((ring, track), window)| {
                totals.merge(&ring);
                (*window, Performance::of(&totals, &track))
            })
            .collect()
    }
}

/// Exits that the ledger holds back, so that late ones still find their place.
const HELD_BACK: usize = 256;

/// The aggregates over all trades of a log, one step per record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "StoredLedger", into = "StoredLedger")]
pub struct RunningTotals {
    totals: WindowTotals,
    track: EquityPath,
    sequencer: Sequencer,
    capital: f64,
}

impl RunningTotals {
    /// An empty ledger of an account that starts with `capital`.
    pub fn new(capital: f64) -> Self {
        let sequencer = Sequencer::new(HELD_BACK);
        Self { totals: WindowTotals::default(), track: EquityPath::new(capital), sequencer, capital }
    }

    /// A ledger of trades that were already added up and brought into order.
    pub fn from_parts(totals: WindowTotals, exits: Vec<Exit>, capital: f64) -> Self {
        let mut ledger = Self::new(capital);
        ledger.absorb(&totals, exits);
        ledger
    }

    /// Adds a trade.
    pub fn add(&mut self, trade: &TradeFacts<'_>) {
        self.totals.add(trade);
        self.push(Exit::of(trade));
    }

    /// Adds trades that were added up together.
    pub fn absorb(&mut self, totals: &WindowTotals, exits: Vec<Exit>) {
        self.absorb_book(totals);
        exits.into_iter().for_each(|exit| self.push(exit));
    }

    /// Adds what of trades can be added up in any order; their exits follow with [`RunningTotals::push`].
    pub fn absorb_book(&mut self, totals: &WindowTotals) {
        self.totals.merge(totals);
    }

    /// Adds the next exit of a trade that is in the book.
    pub fn push(&mut self, exit: Exit) {
        let track = &mut self.track;
        self.sequencer.push(exit, &mut |exit| track.push(exit));
    }

    /// The capital it was made for.
    pub fn capital(&self) -> f64 {
        self.capital
    }

    /// The newest exit.
    pub fn last_exit(&self) -> Option<Timestamp> {
        self.sequencer.newest()
    }

    /// Whether every trade found its place and none came twice; if not, the whole log has to be read again.
    pub fn is_sound(&self) -> bool {
        let mut sequencer = self.sequencer.clone();
        sequencer.drain(&mut |_| {});
        !sequencer.was_late() && sequencer.duplicates().is_empty()
    }

    /// The finished figures.
    pub fn performance(&self) -> Performance {
        let (mut track, mut sequencer) = (self.track.clone(), self.sequencer.clone());
        sequencer.drain(&mut |exit| track.push(exit));
        Performance::of(&self.totals, &track)
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredLedger {
    totals: WindowTotals,
    track: EquityPath,
    sequencer: StoredSequencer,
    capital: f64,
}

impl From<RunningTotals> for StoredLedger {
    fn from(ledger: RunningTotals) -> Self {
        let sequencer = StoredSequencer::of(&ledger.sequencer);
        Self { totals: ledger.totals, track: ledger.track, sequencer, capital: ledger.capital }
    }
}

impl From<StoredLedger> for RunningTotals {
    fn from(stored: StoredLedger) -> Self {
        let sequencer = stored.sequencer.into_sequencer(HELD_BACK);
        Self { totals: stored.totals, track: stored.track, sequencer, capital: stored.capital }
    }
}
