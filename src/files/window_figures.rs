//! The windows side by side: recent ones from the recent part of the log, the figures over everything from the
//! checkpoint and what came since.

use super::checkpointed_log::{Outcomes, outcomes_and_windows, outcomes_since_checkpoint};
use super::day_cache::{KeptDays, recent_days};
use super::desks::joined_totals;
use super::record_filter::TradeFilter;
use super::trade_log::{Figures, windows_where};
use super::{Context, Reading, windows};
use crate::domain::{Calendar, Date, Timestamp, Window};
use crate::metrics::{Metric, Performance, RunningTotals, Windows};
use crate::store::{DamageKind, Log, StoreError};

/// The figures, and what was found of the whole log on the way.
pub(crate) struct Figured {
    pub data: FiguresByWindow,
    pub reading: Reading,
    /// What is known of the log up to its end.
    pub known: Option<Outcomes>,
    /// Its last days, where they are worth keeping.
    pub days: Option<KeptDays>,
}

/// The figures as everybody sees them. Reads what is new and what of the last 90 days is not kept; the whole log
/// only where the checkpoint cannot speak for it: none fits, a moment of the past is asked for, or trades lie in
/// the future.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(crate) fn figures(context: &Context<'_>) -> Result<Figured, StoreError> {
    if context.as_of.is_none() && !context.is_joined() {
        let (known, figures) = match outcomes_since_checkpoint(context)? {
            Some(known) => (known, None),
            None => {
                let (known, figures) = outcomes_and_windows(context, &recent_windows(context))?;
                (known, Some(figures))
            }
        };
        if speaks_of_all(context, &known) {
            return match figures {
                Some(figures) => Ok(at_once(context, known, figures, None)),
                None => recent(context, known),
            };
        }
    }
    whole(context)
}

/// The figures of the trades that a filter takes, from the whole log.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(crate) fn figures_where(context: &Context<'_>, filter: &TradeFilter) -> Result<Figured, StoreError> {
    from_log(context, Some(filter))
}

/// The figures from the whole log.
fn whole(context: &Context<'_>) -> Result<Figured, StoreError> {
    from_log(context, None)
}

fn from_log(context: &Context<'_>, filter: Option<&TradeFilter>) -> Result<Figured, StoreError> {
    let list = side_by_side(context);
    let is_completed = filter.is_some();
    if context.is_joined() {
        let (totals, reading) = joined_totals(context, &list, filter, is_completed);
        let data = FiguresByWindow { capital: totals.capital(), ..data(context, totals.finish(&list)) };
        return Ok(Figured { data, reading, known: None, days: None });
    }
    let (figures, reading) = windows_where(context, &list, filter, is_completed)?;
    Ok(Figured { data: data(context, figures), reading, known: None, days: None })
}

/// All windows that stand side by side, as everybody sees them.
pub(crate) fn side_by_side(context: &Context<'_>) -> Windows {
    let now = context.seen_from();
    let mut list = recent_list(context, now);
    list.push(Window::All);
    Windows::new(list, now, context.market())
}

/// The windows that lie wholly in the last 90 days.
fn recent_windows(context: &Context<'_>) -> Windows {
    Windows::new(recent_list(context, context.now), context.now, context.market())
}

/// The session, and the windows of days.
fn recent_list(context: &Context<'_>, now: Timestamp) -> Vec<Window> {
    Window::session(context.market().calendar(), now).into_iter().chain(Window::SIDE_BY_SIDE).collect()
}

/// The sheet from figures that rest on the same rows as the ledger.
fn at_once(context: &Context<'_>, known: Outcomes, figures: Figures, days: Option<KeptDays>) -> Figured {
    let mut reading = known.reading.clone();
    reading.ignore_live_tail(context, Log::Outcomes);
    Figured { data: data(context, with_all(context, &known, figures)), reading, known: Some(known), days }
}

/// The figures, and behind them those over everything.
fn with_all(context: &Context<'_>, known: &Outcomes, mut figures: Figures) -> Figures {
    figures.extend(ledger(known).map(|ledger| (Window::All, ledger.performance(context.market()))));
    figures
}

fn ledger(known: &Outcomes) -> Option<&RunningTotals> {
    known.checkpoint.folded.as_ref()
}

/// Whether no trade lies in the future, where windows do not look.
fn speaks_of_all(context: &Context<'_>, known: &Outcomes) -> bool {
    ledger(known).is_some_and(|ledger| ledger.last_exit().is_none_or(|last| last <= context.now))
}

fn recent(context: &Context<'_>, known: Outcomes) -> Result<Figured, StoreError> {
    let days = recent_days(context, &known)?;
    let told = days
        .as_ref()
        .filter(|(kept, _)| kept.position == known.checkpoint.position)
        .and_then(|(kept, _)| kept.folded.as_ref()?.windows(&recent_windows(context)));
    let days = days.filter(|(_, is_new)| *is_new).map(|(kept, _)| kept);
    if let Some(figures) = told {
        return Ok(at_once(context, known, figures, days));
    }
    let (figures, mut reading) = windows(context, &recent_windows(context))?;
    // Older damage was met when the checkpoint passed it; its place is doctor's to say.
    let seen: u64 = reading.damage().iter().filter(|d| d.kind == DamageKind::Broken).map(|d| d.len).sum();
    if seen > known.checkpoint.damaged_bytes {
        // The log was damaged after it was added up: all windows are told from what can be read of it now.
        return whole(context);
    }
    reading.earlier_bytes = known.checkpoint.damaged_bytes.saturating_sub(seen);
    reading.unreadable_rows = reading.unreadable_rows.max(known.checkpoint.unreadable_rows);
    reading.repeated = reading.repeated.max(known.reading.repeated);
    Ok(Figured { data: data(context, with_all(context, &known, figures)), reading, known: Some(known), days })
}

fn data(context: &Context<'_>, windows: Vec<(Window, Performance)>) -> FiguresByWindow {
    FiguresByWindow {
        windows,
        now: context.seen_from(),
        capital: context.settings.capital,
        currency: context.settings.currency.clone(),
        calendar: context.market().calendar().clone(),
        scratch_frac: context.market().scratch_frac(),
        desk: context.one_desk().map(str::to_owned),
    }
}

/// What was earned before a window began, by the figures of that window and of everything. With the capital at the start it
/// is the account that a drawdown of the window falls from.
pub(crate) fn earned_before(figures: &[(Window, Performance)], window: Window) -> f64 {
    let of = |wanted: Window| {
        let (_, found) = figures.iter().find(|(window, _)| *window == wanted)?;
        found.get(Metric::TotalPnl).ok()
    };
    of(Window::All).unwrap_or(0.0) - of(window).unwrap_or(0.0)
}

/// What views of performance are made from.
#[derive(Clone, Debug)]
pub struct FiguresByWindow {
    /// The figures of each window: the session, those of days, all.
    pub windows: Vec<(Window, Performance)>,
    /// The moment from which the windows are seen.
    pub now: Timestamp,
    /// The account's capital at the start, in its currency.
    pub capital: f64,
    /// The account's currency.
    pub currency: String,
    /// By which the account's days are told.
    pub calendar: Calendar,
    /// The break-even band, a fraction of the position; 0 where there is none.
    pub scratch_frac: f64,
    /// The name of the desk, where they are of one.
    pub desk: Option<String>,
}

impl FiguresByWindow {
    /// The figures of a window; those of the largest when it is not there.
    pub fn window(&self, wanted: Window) -> Option<&Performance> {
        self.windows.iter().find(|(window, _)| *window == wanted).map(|(_, performance)| performance)
    }

    /// The trading date and the figures of the session that runs or was the last.
    pub fn session(&self) -> Option<(Date, &Performance)> {
        self.windows.iter().find_map(|(window, performance)| match window {
            Window::Session { date, .. } => Some((*date, performance)),
            _ => None,
        })
    }

    /// The figures over everything.
    pub fn all(&self) -> Option<&Performance> {
        self.window(Window::All)
    }
}
