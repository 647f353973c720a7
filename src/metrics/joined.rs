//! The figures of several stores together.
//!
//! What can be added up is added up, exactly. What depends on the order of exits is not: which trade of one desk came
//! before which of another is not kept, so that a part is as large for a million trades as for a thousand. Over several
//! desks drawdowns are those of the accounts together at the end of each trading day, runs and the most open positions
//! are those of the desk on which they are largest, and the exposure is the mean of the desks'. Of one desk all of them
//! are what they are without the others: trade by trade.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::ExactSum;
use super::daily::Daily;
use super::desk_comparison::DeskResults;
use super::drawdown::Drawdown;
use super::equity_path::PathFigures;
use super::group::Dimension;
use super::group_totals::GroupTotals;
use super::groups::Groups;
use super::open_intervals::Held;
use super::performance::Performance;
use super::streak::Streak;
use super::windows::{PathsByWindow, TotalsByWindow, Windows};
use crate::domain::Window;
use crate::stats::Undefined;

/// What several desks add to every figure. Those of disjoint desks merge, in any order, into that of all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinedTotals {
    books: TotalsByWindow,
    desks: BTreeMap<Box<str>, DeskTotals>,
}

/// What one desk adds that is not added up with the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeskTotals {
    capital: f64,
    windows: Vec<DeskWindow>,
}

/// One window of one desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredWindow", into = "StoredWindow")]
pub struct DeskWindow {
    sums: GroupTotals,
    daily: Daily,
    path: PathFigures,
}

/// A window as a part keeps it.
#[derive(Clone, Serialize, Deserialize)]
struct StoredWindow {
    sums: GroupTotals,
    daily: Daily,
    drawdown: Drawdown,
    streak: Streak,
    held: Option<Held>,
    held_too_long: bool,
}

impl From<DeskWindow> for StoredWindow {
    fn from(window: DeskWindow) -> Self {
        let PathFigures { drawdown, streak, held } = window.path;
        let held_too_long = held == Err(Undefined::HeldTooLong);
        Self { sums: window.sums, daily: window.daily, drawdown, streak, held: held.ok(), held_too_long }
    }
}

impl From<StoredWindow> for DeskWindow {
    fn from(stored: StoredWindow) -> Self {
        let StoredWindow { sums, daily, drawdown, streak, held, held_too_long } = stored;
        let why = if held_too_long { Undefined::HeldTooLong } else { Undefined::NoEntryTimes };
        Self { sums, daily, path: PathFigures { drawdown, streak, held: held.ok_or(why) } }
    }
}

/// Two stores have the same name, so that it cannot be told whether they are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameDesk(pub String);

/// The capital of several desks at the start, in the account's currency.
pub fn joint_capital(capitals: impl Iterator<Item = f64>) -> f64 {
    let (mut exact, mut rounded) = (ExactSum::default(), 0.0);
    for capital in capitals {
        exact.add(capital);
        rounded += capital;
    }
    // Beyond what an exact sum holds, the order of the desks may show in the last digit.
    exact.value().unwrap_or(rounded)
}

impl JoinedTotals {
    /// No desk yet.
    pub fn new(windows: &Windows) -> Self {
        Self { books: TotalsByWindow::new(windows), desks: BTreeMap::new() }
    }

    /// One desk, of an account that began with `capital`.
    pub fn of_desk(
        windows: &Windows,
        name: &str,
        capital: f64,
        books: TotalsByWindow,
        paths: PathsByWindow,
    ) -> Self {
        let path_of_window = paths.figures(windows).into_iter();
        let of_window = windows.list().iter().zip(path_of_window).map(|(window, path)| {
            let (sums, daily) = books.sums(windows, *window);
            DeskWindow { sums, daily, path }
        });
        let desk = DeskTotals { capital, windows: of_window.collect() };
        Self { books, desks: [(name.into(), desk)].into() }
    }

    /// Adds other desks.
    ///
    /// # Errors
    /// [`SameDesk`] when one of them is here already; nothing is added then.
    pub fn merge(&mut self, other: Self) -> Result<(), SameDesk> {
        if let Some(name) = self.shared(&other) {
            return Err(SameDesk(name.to_owned()));
        }
        self.books.merge(&other.books);
        for (name, desk) in other.desks {
            if let Entry::Vacant(place) = self.desks.entry(name) {
                place.insert(desk);
            }
        }
        Ok(())
    }

    /// Whether a desk of this name is here.
    pub fn has(&self, name: &str) -> bool {
        self.desks.contains_key(name)
    }

    /// The first desk that is in both.
    pub fn shared<'o>(&self, other: &'o Self) -> Option<&'o str> {
        other.desks.keys().map(|name| &**name).find(|name| self.has(name))
    }

    /// Looks from a moment that is so many microseconds later; false where a trade would be in another window then.
    pub fn move_by(&mut self, us: i64) -> bool {
        self.books.move_by(us)
    }

    /// The desks by name.
    pub fn desks(&self) -> impl ExactSizeIterator<Item = (&str, &DeskTotals)> {
        self.desks.iter().map(|(name, desk)| (&**name, desk))
    }

    /// What is known of each desk in one of the windows, by its place, for a comparison.
    pub fn results(&self, windows: &Windows, place: usize) -> Vec<DeskResults> {
        let of_desk = |(name, desk): (&str, &DeskTotals)| {
            let window = desk.windows.get(place)?;
            Some(DeskResults {
                name: name.to_owned(),
                trades: window.sums.counts.total(),
                wins: window.sums.counts.wins,
                net_usd: window.sums.net().value(),
                capital_usd: desk.capital,
                sessions: window.daily.series(windows.market().calendar()).unwrap_or_default(),
            })
        };
        self.desks().filter_map(of_desk).collect()
    }

    /// The capital of all of them at the start, in the account's currency.
    pub fn capital(&self) -> f64 {
        joint_capital(self.desks.values().map(|desk| desk.capital))
    }

    /// Whether it speaks of as many windows as there are, each day of which lies between two dates that a calendar
    /// knows: what was read from a file may say anything.
    pub fn fits(&self, windows: &Windows) -> bool {
        let desk_fits = |desk: &DeskTotals| {
            desk.windows.len() == windows.list().len()
                && desk.capital.is_finite()
                && desk.windows.iter().all(|window| window.daily.is_plausible())
        };
        self.books.fits(windows) && self.desks.values().all(desk_fits)
    }

    /// The finished figures of each window, in their order.
    pub fn finish(&self, windows: &Windows) -> Vec<(Window, Performance)> {
        let capital = self.capital();
        let finished = windows.list().iter().enumerate().map(|(place, window)| {
            let totals = self.books.window(windows, *window);
            let of_desk: Vec<(&str, &DeskWindow)> =
                self.desks().filter_map(|(name, desk)| Some((name, desk.windows.get(place)?))).collect();
            let calendar = windows.market().calendar();
            let performance = match of_desk.as_slice() {
                [(_, only)] => Performance::of_figures(&totals, &only.path, calendar),
                _ => {
                    let path = together(capital, &totals.daily, &of_desk);
                    let mut groups = Groups::default();
                    let traded = of_desk.iter().filter(|(_, window)| window.sums.counts.total() > 0);
                    traded.for_each(|(name, window)| groups.merge_into(name, &window.sums));
                    Performance::of_figures(&totals, &path, calendar).grouped(Dimension::Desk, &groups)
                }
            };
            (*window, performance)
        });
        finished.collect()
    }
}

/// What the paths of several desks come to: see the head of this file.
fn together(capital: f64, daily: &Daily, desks: &[(&str, &DeskWindow)]) -> PathFigures {
    let mut drawdown = Drawdown::new(capital);
    daily.days().for_each(|(_, day)| drawdown.push_sum(day.pnl));
    let mut streak = Streak::default();
    desks.iter().for_each(|(_, window)| streak.raise_to(&window.path.streak));
    let told = desks.iter().filter(|(_, window)| window.path.held != Err(Undefined::NoEntryTimes));
    let held: Result<Vec<Held>, Undefined> = told.map(|(_, window)| window.path.held).collect();
    let held = held.and_then(|held| Held::mean(&held).ok_or(Undefined::NoEntryTimes));
    PathFigures { drawdown, streak, held }
}

#[cfg(test)]
mod tests;
