//! The last trading days one by one, so that windows over them are put together without reading their trades.

use std::collections::BTreeMap;

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::equity_path::{DayTrack, EquityPath};
use super::exit_order::{Exit, StoredMoment};
use super::performance::Performance;
use super::window_totals::WindowTotals;
use super::windows::Windows;
use crate::domain::{Market, Timestamp, TradeFacts, Window};

/// A book for each trading day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TotalsByDay(BTreeMap<i32, WindowTotals>);

impl TotalsByDay {
    /// Adds a trade.
    pub fn add(&mut self, market: &Market, trade: &TradeFacts<'_>) {
        self.0.entry(day_of(market, trade.exit_time)).or_default().add(market, trade);
    }
}

fn day_of(market: &Market, moment: Timestamp) -> i32 {
    market.trading_date(moment).num_days_from_ce()
}

/// A trading day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct TradingDay {
    totals: WindowTotals,
    track: DayTrack,
    /// Its first and its last exit, microseconds since 1970.
    span: Option<(i64, i64)>,
}

/// All trading days since a moment, fed with books in any order and with exits in theirs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Days {
    capital: f64,
    /// By which calendars the trades were dated.
    calendars: u64,
    since_us: i64,
    days: BTreeMap<i32, TradingDay>,
    /// The last exits, which are of one moment.
    last: StoredMoment,
    sound: bool,
}

impl Days {
    /// No days yet, of an account that starts with `capital`, for exits at `since` and later.
    pub fn new(capital: f64, market: &Market, since: Timestamp) -> Self {
        Self {
            capital,
            calendars: market.fingerprint(),
            since_us: since.micros(),
            days: BTreeMap::new(),
            last: StoredMoment::default(),
            sound: true,
        }
    }

    fn is_for(&self, capital: f64, market: &Market) -> bool {
        self.capital == capital && self.calendars == market.fingerprint()
    }

    /// Whether the days can speak for all exits at `since` and later of an account that starts with `capital`, by
    /// these calendars.
    pub fn reach(&self, capital: f64, market: &Market, since: Timestamp) -> bool {
        self.sound && self.is_for(capital, market) && self.since_us <= since.micros()
    }

    /// Whether it was found that days since `since`, of that account, cannot be told apart.
    pub fn is_useless(&self, capital: f64, market: &Market, since: Timestamp) -> bool {
        !self.sound && self.is_for(capital, market) && self.since_us == since.micros()
    }

    /// Notes that the exits are not what they must be.
    pub fn give_up(&mut self) {
        self.sound = false;
    }

    /// Forgets the exits, and keeps what can be added up in any order: they come again, in their order.
    pub fn forget_tracks(&mut self) {
        self.days.values_mut().for_each(|day| (day.track, day.span) = (DayTrack::default(), None));
        (self.last, self.sound) = (StoredMoment::default(), true);
    }

    /// Exits at this moment and later belong here.
    pub fn since(&self) -> Timestamp {
        Timestamp::from_micros(self.since_us)
    }

    /// Adds what of trades can be added up in any order; their exits follow with [`Days::push`].
    pub fn absorb(&mut self, window_totals: TotalsByDay) {
        for (day, totals) in window_totals.0 {
            self.days.entry(day).or_default().totals.merge(&totals);
        }
    }

    /// Adds the next exit of a trade that is in a book. One that is out of order, or was entered on another
    /// day, makes the days of no use.
    pub fn push(&mut self, market: &Market, exit: &Exit) {
        let us = exit.exit_time.micros();
        let day = day_of(market, exit.exit_time);
        let last = self.last.micros();
        self.sound &= last.is_none_or(|last| last <= us) && self.last.take(exit);
        if last.is_none_or(|last| day_of(market, Timestamp::from_micros(last)) != day) {
            // Books may run ahead of exits: what is before this day is over.
            self.days.range_mut(..day).for_each(|(_, day)| day.track.close(market));
        }
        let day = self.days.entry(day).or_default();
        self.sound &= day.track.push(market, exit);
        day.span = Some((day.span.map_or(us, |(first, _)| first), us));
    }

    /// Forgets days that ended before `since`.
    pub fn forget_before(&mut self, market: &Market, since: Timestamp) {
        if self.since_us < since.micros() {
            self.since_us = since.micros();
            self.days = self.days.split_off(&day_of(market, since));
        }
    }

    /// The figures of windows in their order; `None` when a window begins or ends within the trades of a day,
    /// or before the first of these days.
    pub fn windows(&self, windows: &Windows) -> Option<Vec<(Window, Performance)>> {
        let market = windows.market();
        if !self.reach(self.capital, market, windows.start()?) {
            return None;
        }
        let figures = windows.list().iter().map(|window| {
            let start_us = window.start(windows.now())?.micros();
            let end_us = window.end(windows.now()).micros();
            let (mut totals, mut track) = (WindowTotals::default(), EquityPath::new(self.capital));
            for day in self.days.values() {
                let (first_us, last_us) = day.span?;
                // Another day than that of a window that is one: it is over, or has not yet begun.
                let other_day = matches!(window, Window::Session { .. }) && first_us > end_us;
                if last_us <= start_us || other_day {
                    continue;
                }
                if first_us <= start_us || last_us > end_us {
                    return None;
                }
                totals.merge(&day.totals);
                track.append(market, &day.track);
            }
            Some((*window, Performance::of(&totals, &track, market)))
        });
        figures.collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Side, UNKNOWN};
    use crate::metrics::{PathsByWindow, TotalsByWindow};

    proptest! {
        /// Put together from days, a window has the figures that its trades have one by one.
        #[test]
        fn days_add_up_to_windows(rows in proptest::collection::vec((0i64..12, 0i64..400, 0i64..90, -900i32..900, 0usize..3), 1..80)) {
            let market = Market::default();
            let now = Timestamp::parse("2026-03-13T21:05:00Z").unwrap();
            let open = |day: i64| Timestamp::parse("2026-03-13T14:30:00Z").unwrap().plus_days(-day).micros();
            let mut rows: Vec<_> = rows
                .into_iter()
                .enumerate()
                .map(|(at, (day, minute, held, cents, symbol))| {
                    let exit = open(day) + minute.min(385) * 60_000_000;
                    (exit, exit - held * 60_000_000, f64::from(cents) / 7.0, symbol, format!("t{at}"))
                })
                .collect();
            rows.sort_by(|a, b| (a.0, &a.4).cmp(&(b.0, &b.4)));
            let session = Window::session(market.calendar(), now).unwrap();
            let list = [session, Window::Days(1), Window::Days(7), Window::Days(30)];
            let windows = Windows::new(list, now, &market);
            let mut days = Days::new(500.0, &market, now.plus_days(-31));
            let mut window_totals = TotalsByWindow::new(&windows);
            let mut tracks = PathsByWindow::new(&windows, 500.0);
            for (exit, entry, pnl, symbol, id) in &rows {
                let trade = TradeFacts {
                    trade_id: id,
                    symbol: ["A", "B", "C"][*symbol],
                    side: Side::Long,
                    entry_time: Some(Timestamp::from_micros(*entry)),
                    exit_time: Timestamp::from_micros(*exit),
                    pnl: *pnl,
                    pnl_frac: pnl / 1e4,
                    confidence: Some(0.5),
                    regime: UNKNOWN,
                    sector: UNKNOWN,
                    setup: UNKNOWN,
                    exit_reason: UNKNOWN,
                    strategy: UNKNOWN,
                    variant: UNKNOWN,
                    timeframe: UNKNOWN,
                    content: 0,
                    is_further_leg: false,
                };
                window_totals.add(&windows, &trade);
                tracks.push(&windows, &Exit::of(&trade, &market));
                let mut day = TotalsByDay::default();
                day.add(&market, &trade);
                days.absorb(day);
                days.push(&market, &Exit::of(&trade, &market));
            }
            prop_assert!(days.reach(500.0, &market, now.plus_days(-30)));
            prop_assert_eq!(days.windows(&windows), Some(tracks.finish(&windows, window_totals)));
        }
    }

    #[test]
    fn a_window_that_cuts_a_day_and_an_exit_that_comes_late_are_noticed() {
        let market = Market::default();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let exit = |text: &str| Exit {
            exit_time: at(text),
            trade_id: "t".into(),
            entry_time: None,
            pnl: 1.0,
            is_scratch: false,
            content: 0,
        };
        let mut days = Days::new(500.0, &market, at("2026-03-01T00:00:00Z"));
        days.push(&market, &exit("2026-03-12T15:00:00Z"));
        days.push(&market, &exit("2026-03-12T16:00:00Z"));
        let from = |now: &str| days.windows(&Windows::new([Window::Days(1)], at(now), &market));
        assert!(from("2026-03-13T15:30:00Z").is_none() && from("2026-03-12T15:30:00Z").is_none());
        assert!(from("2026-03-13T16:00:00Z").is_some() && from("2026-03-13T14:59:59Z").is_some());
        let since = at("2026-03-02T00:00:00Z");
        assert!(days.reach(500.0, &market, since) && !days.reach(400.0, &market, since));
        days.push(&market, &exit("2026-03-12T15:59:00Z"));
        assert!(!days.reach(500.0, &market, since));
        // Days that other calendars dated are others.
        let forex = Market::of(crate::domain::Calendar::weekdays());
        assert!(!Days::new(500.0, &forex, since).reach(500.0, &market, since));
    }
}
