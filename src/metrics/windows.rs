//! Several windows at once: time is cut where any of them begins or ends, each trade is counted in the piece that
//! holds it, and the windows are put together from their pieces afterwards.

use serde::{Deserialize, Serialize};

use super::daily::Daily;
use super::equity_path::{EquityPath, PathFigures};
use super::exit_order::{Exit, Sequencer, StoredSequencer};
use super::group_totals::GroupTotals;
use super::performance::Performance;
use super::window_totals::WindowTotals;
use crate::domain::{Market, Timestamp, TradeFacts, Window};
use crate::stats::Undefined;

/// Windows as seen from one moment, in the order of reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    list: Vec<Window>,
    now: Timestamp,
    /// Moments after which a window begins, and at which one ends, in order.
    cuts: Vec<Timestamp>,
    /// Which pieces of time belong to any window.
    of_use: Vec<bool>,
    market: Market,
}

impl Windows {
    /// The windows `list`, of trades that the market's calendar dates.
    pub fn new(list: impl Into<Vec<Window>>, now: Timestamp, market: &Market) -> Self {
        let list = list.into();
        let mut cuts: Vec<Timestamp> = list.iter().filter_map(|window| window.start(now)).collect();
        cuts.extend(list.iter().map(|window| window.end(now)));
        cuts.sort_unstable();
        cuts.dedup();
        let of_use = cuts.iter().map(|cut| list.iter().any(|window| window.contains(*cut, now))).collect();
        Self { list, now, cuts, of_use, market: market.clone() }
    }

    /// By what the trades are dated.
    pub fn market(&self) -> &Market {
        &self.market
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
        let starts = self.list.iter().map(|window| window.start(self.now));
        // One without a start comes first.
        starts.min().flatten()
    }

    /// The one that reaches back furthest; all trades where there is none.
    pub fn longest(&self) -> Window {
        self.list.iter().copied().min_by_key(|window| window.start(self.now)).unwrap_or(Window::All)
    }

    /// Which piece of time holds a moment: piece `n` ends at cut `n`, and nothing matters behind the last cut.
    fn piece(&self, moment: Timestamp) -> usize {
        self.cuts.iter().position(|cut| moment <= *cut).unwrap_or(self.cuts.len())
    }

    /// Whether a piece belongs to a window. It does as a whole or not at all.
    fn holds(&self, window: Window, piece: usize) -> bool {
        self.cuts.get(piece).is_some_and(|last| window.contains(*last, self.now))
    }
}

/// A book for each piece of time that belongs to any window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TotalsByWindow {
    pieces: Vec<WindowTotals>,
    /// By how many microseconds the windows may move to later before a trade leaves its piece; none without a trade
    /// behind a cut.
    slack_us: Option<i64>,
}

impl TotalsByWindow {
    /// Empty books.
    pub fn new(windows: &Windows) -> Self {
        Self { pieces: vec![WindowTotals::default(); windows.cuts.len()], slack_us: None }
    }

    /// Adds a trade; false when it lies in none of the windows.
    pub fn add(&mut self, windows: &Windows, trade: &TradeFacts<'_>) -> bool {
        let piece = windows.piece(trade.exit_time);
        if let Some(cut) = piece.checked_sub(1).and_then(|before| windows.cuts.get(before)) {
            let room = trade.exit_time.micros() - cut.micros();
            self.slack_us = Some(self.slack_us.map_or(room, |slack| slack.min(room)));
        }
        let inside = windows.of_use.get(piece).is_some_and(|of_use| *of_use);
        if inside {
            self.pieces[piece].add(&windows.market, trade);
        }
        inside
    }

    /// The trades of all windows in one book.
    pub fn together(&self) -> WindowTotals {
        let mut totals = WindowTotals::default();
        self.pieces.iter().for_each(|piece| totals.merge(piece));
        totals
    }

    /// The trades of one window in one book.
    pub(super) fn window(&self, windows: &Windows, window: Window) -> WindowTotals {
        let mut totals = WindowTotals::default();
        self.pieces_of(windows, window).for_each(|piece| totals.merge(piece));
        totals
    }

    /// The sums and the days of one window.
    pub(super) fn sums(&self, windows: &Windows, window: Window) -> (GroupTotals, Daily) {
        let (mut sums, mut daily) = (GroupTotals::default(), Daily::default());
        for piece in self.pieces_of(windows, window) {
            sums.merge(&piece.all);
            daily.merge(&piece.daily);
        }
        (sums, daily)
    }

    fn pieces_of<'t>(&'t self, windows: &Windows, window: Window) -> impl Iterator<Item = &'t WindowTotals> {
        let held = self.pieces.iter().enumerate().filter(move |(piece, _)| windows.holds(window, *piece));
        held.map(|(_, piece)| piece)
    }

    /// Whether there is a book for each piece of these windows, with days that can be.
    pub(super) fn fits(&self, windows: &Windows) -> bool {
        self.pieces.len() == windows.cuts.len() && self.pieces.iter().all(|piece| piece.daily.is_plausible())
    }

    /// Adds the trades of other books.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.pieces.iter_mut().zip(&other.pieces) {
            mine.merge(theirs);
        }
        self.slack_us = self.slack_us.into_iter().chain(other.slack_us).min();
    }

    /// Moves the windows to later, by so many microseconds; false where a trade would leave its piece.
    pub(super) fn move_by(&mut self, us: i64) -> bool {
        let left = self.slack_us.map(|slack| slack.saturating_sub(us));
        let fits = us >= 0 && left.is_none_or(|left| left > 0);
        if fits {
            self.slack_us = left;
        }
        fits
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
        for (track, window) in self.0.iter_mut().zip(&windows.list) {
            if window.contains(exit.exit_time, windows.now) {
                track.push(&windows.market, exit);
            }
        }
    }

    /// The finished figures of each window, in their order.
    pub fn finish(self, windows: &Windows, window_totals: TotalsByWindow) -> Vec<(Window, Performance)> {
        let finished = self.0.into_iter().zip(&windows.list).map(|(track, window)| {
            let totals = window_totals.window(windows, *window);
            (*window, Performance::of(&totals, &track, &windows.market))
        });
        finished.collect()
    }

    /// What the track of each window came to.
    pub(super) fn figures(&self, windows: &Windows) -> Vec<PathFigures> {
        self.0.iter().map(|track| track.figures(windows.market.calendar())).collect()
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
    /// By which calendars the trades were dated.
    calendars: u64,
    left_out: u64,
}

impl RunningTotals {
    /// An empty ledger of an account that starts with `capital`, of trades that the market's calendar dates.
    pub fn new(capital: f64, market: &Market) -> Self {
        let sequencer = Sequencer::new(HELD_BACK);
        let track = EquityPath::new(capital);
        let calendars = market.fingerprint();
        Self { totals: WindowTotals::default(), track, sequencer, capital, calendars, left_out: 0 }
    }

    /// Adds a trade.
    pub fn add(&mut self, market: &Market, trade: &TradeFacts<'_>) {
        self.totals.add(market, trade);
        self.push(market, Exit::of(trade, market));
    }

    /// Whether a trade comes too late to be put in its place among the exits that were added.
    pub fn is_late(&self, trade: &TradeFacts<'_>) -> bool {
        self.sequencer.is_behind(trade.exit_time)
    }

    /// Notes a trade that is in the log and not in here, because it came too late.
    pub fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Trades that are in the log and not in here; to bring them in, the whole log has to be read again.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Adds trades that were added up together.
    pub fn absorb(&mut self, market: &Market, totals: &WindowTotals, exits: Vec<Exit>) {
        self.absorb_book(totals);
        exits.into_iter().for_each(|exit| self.push(market, exit));
    }

    /// Adds what of trades can be added up in any order; their exits follow with [`RunningTotals::push`].
    pub fn absorb_book(&mut self, totals: &WindowTotals) {
        self.totals.merge(totals);
    }

    /// Adds the next exit of a trade that is in the book.
    pub fn push(&mut self, market: &Market, exit: Exit) {
        let track = &mut self.track;
        self.sequencer.push(exit, &mut |exit| track.push(market, exit));
    }

    /// Whether it was made for this capital and by these calendars.
    pub fn is_for(&self, capital: f64, market: &Market) -> bool {
        self.capital == capital && self.calendars == market.fingerprint()
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

    /// The net result of all trades, in the account's currency.
    ///
    /// # Errors
    /// [`Undefined::Overflow`].
    pub fn net(&self) -> Result<f64, Undefined> {
        self.totals.all.net().value()
    }

    /// The finished figures, by the calendars that it was made with.
    pub fn performance(&self, market: &Market) -> Performance {
        let (mut track, mut sequencer) = (self.track.clone(), self.sequencer.clone());
        sequencer.drain(&mut |exit| track.push(market, exit));
        Performance::of(&self.totals, &track, market)
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredLedger {
    totals: WindowTotals,
    track: EquityPath,
    sequencer: StoredSequencer,
    capital: f64,
    calendars: u64,
    left_out: u64,
}

impl From<RunningTotals> for StoredLedger {
    fn from(ledger: RunningTotals) -> Self {
        let sequencer = StoredSequencer::of(&ledger.sequencer);
        let RunningTotals { totals, track, capital, calendars, left_out, .. } = ledger;
        Self { totals, track, sequencer, capital, calendars, left_out }
    }
}

impl From<StoredLedger> for RunningTotals {
    fn from(stored: StoredLedger) -> Self {
        let sequencer = stored.sequencer.into_sequencer(HELD_BACK);
        let StoredLedger { totals, track, capital, calendars, left_out, .. } = stored;
        Self { totals, track, sequencer, capital, calendars, left_out }
    }
}
