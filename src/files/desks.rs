//! The trade logs of several stores read together. What of them cannot be read is named, never left out in silence.

use rayon::prelude::*;

use super::record_filter::{RecordFields, RecordFilter, TradeFilter};
use super::trade_log::{Figures, books_where, said_elsewhere, windows_where};
use super::{Context, Desk, DeskReading, Reading, brain_warning};
use crate::metrics::{JoinedTotals, Windows, joint_capital};
use crate::store::{Log, StoreError, start_threads};

/// Why stores cannot be read together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DesksError {
    /// Their amounts cannot be added up.
    #[error("{desk} counts in {theirs}, {first} in {ours}: amounts of two currencies cannot be added up")]
    Currency {
        /// A desk.
        desk: String,
        /// Its currency.
        theirs: String,
        /// The first desk.
        first: String,
        /// Its currency.
        ours: String,
    },
    /// Their days are not the same.
    #[error("{desk} {}", other_days(theirs, ours, first))]
    Calendar {
        /// A desk.
        desk: String,
        /// Its calendar.
        theirs: String,
        /// The first desk.
        first: String,
        /// Its calendar.
        ours: String,
    },
    /// None can be read; the first reason.
    #[error("none of the desks can be read: {0}")]
    None(String),
}

/// Says that something goes by a calendar, and `other` by another one, or by other hours under the same name.
pub(super) fn other_days(theirs: &str, ours: &str, other: &str) -> String {
    if theirs == ours {
        format!("goes by other hours of the calendar {theirs}, or by another break-even band, than {other}")
    } else {
        format!("goes by the calendar {theirs}, {other} by {ours}")
    }
}

/// Whether the desks of a context can be added up.
///
/// # Errors
/// [`DesksError`].
pub fn check_desks(context: &Context<'_>) -> Result<(), DesksError> {
    let mut readable = context.desks.iter().filter_map(|desk| Some((desk, desk.settings.as_ref().ok()?)));
    let Some((first, ours)) = readable.next() else {
        let why = context.desks.iter().find_map(|desk| desk.settings.as_ref().err());
        return why.map_or(Ok(()), |why| Err(DesksError::None(why.clone())));
    };
    for (desk, theirs) in readable {
        let (desk, first) = (desk.name.clone(), first.name.clone());
        if theirs.currency != ours.currency {
            let (theirs, ours) = (theirs.currency.clone(), ours.currency.clone());
            return Err(DesksError::Currency { desk, theirs, first, ours });
        }
        if theirs.market.fingerprint() != ours.market.fingerprint() {
            let [theirs, ours] = [theirs, ours].map(|of| of.market.calendar().name().to_owned());
            return Err(DesksError::Calendar { desk, theirs, first, ours });
        }
    }
    Ok(())
}

/// So many desks for each core that each is read on one of them: a log of a small store keeps no two of them busy.
const DESKS_PER_CORE: usize = 4;

/// Reads a log of each desk and puts together what was found, in the order of the desks. A filter is each desk's own:
/// its signals are. Reading goes on where one cannot be read; the [`Reading`] says which.
pub(crate) fn fold_desks<T: Send, K: RecordFields>(
    context: &Context<'_>,
    (log, filter): (Log, Option<&RecordFilter<K>>),
    empty: impl Fn() -> T + Sync,
    read: impl Fn(&Context<'_>, &Desk, Option<&RecordFilter<K>>) -> Result<(T, Reading), StoreError> + Sync,
    add: impl Fn(&mut T, T) + Sync,
) -> (T, Reading) {
    let desks = context.all_desks();
    let read_one = |desk: &Desk| -> Result<(T, Reading), String> {
        let own = context.of_desk(desk)?;
        let own_filter = filter.map(|filter| filter.of_desk(&own)).transpose();
        let own_filter = own_filter.map_err(|error| error.to_string())?;
        let found = read(&own, desk, own_filter.as_ref()).map_err(|error| error.to_string())?;
        if let (Some(filter), Some(own)) = (filter, &own_filter) {
            filter.hear(own);
        }
        Ok(found)
    };
    let fold = |desks: &[Desk]| {
        let (mut all, mut readings) = (empty(), Reading::default());
        for desk in desks {
            match read_one(desk) {
                Ok((found, reading)) => {
                    add(&mut all, found);
                    readings.add_desk(desk, log, reading);
                }
                Err(why) => readings.missing.push((desk.name.clone(), why)),
            }
        }
        (all, readings)
    };
    let cores = start_threads();
    if cores < 2 || desks.len() < cores * DESKS_PER_CORE {
        return fold(&desks);
    }
    let folded: Vec<(T, Reading)> = desks.par_chunks(desks.len().div_ceil(cores)).map(fold).collect();
    let (mut all, mut readings) = (empty(), Reading::default());
    for (found, reading) in folded {
        add(&mut all, found);
        readings.add_desks(reading);
    }
    (all, readings)
}

/// What the desks add to every figure of `windows`, of the trades that a filter takes; `is_completed` with what their signals
/// and the settings of their desks say where they do not.
pub(crate) fn joined_totals(
    context: &Context<'_>,
    windows: &Windows,
    filter: Option<&TradeFilter>,
    is_completed: bool,
) -> (JoinedTotals, Reading) {
    fold_desks(
        context,
        (Log::Outcomes, filter),
        || JoinedTotals::new(windows),
        |own, desk, filter| {
            let said = is_completed.then(|| said_elsewhere(own, windows, filter)).transpose()?;
            let (books, paths, reading) = books_where(own, windows, filter, said.as_deref())?;
            let capital = own.settings.capital;
            Ok((JoinedTotals::of_desk(windows, &desk.name, capital, books, paths), reading))
        },
        |all, one| {
            // Desks were told apart by name when they were named.
            let _ = all.merge(one);
        },
    )
}

/// Reads the figures of `windows`, of the store or of all desks together, of the trades that a filter takes; `is_completed` as
/// for [`joined_totals`].
///
/// # Errors
/// [`StoreError`] when the log of the one store cannot be read at all.
pub(crate) fn windows_of_all(
    context: &Context<'_>,
    windows: &Windows,
    filter: Option<&TradeFilter>,
    is_completed: bool,
) -> Result<(Figures, Reading), StoreError> {
    if !context.is_joined() {
        return windows_where(context, windows, filter, is_completed);
    }
    let (totals, reading) = joined_totals(context, windows, filter, is_completed);
    Ok((totals.finish(windows), reading))
}

/// The capital at the start of what was read: that of the store, or of every desk that could be read.
pub(crate) fn capital_read(context: &Context<'_>, reading: &Reading) -> f64 {
    if !context.is_joined() {
        return context.settings.capital;
    }
    joint_capital(
        desks_read(context, reading)
            .filter_map(|desk| desk.settings.as_ref().ok())
            .map(|settings| settings.capital),
    )
}

/// The desks that could be read.
pub(crate) fn desks_read<'d>(
    context: &'d Context<'_>,
    reading: &'d Reading,
) -> impl Iterator<Item = &'d Desk> {
    let is_missing = |desk: &Desk| reading.missing.iter().any(|(name, _)| *name == desk.name);
    context.desks.iter().filter(move |desk| !is_missing(desk))
}

/// [`brain_warning`] of the store, or of each of several desks.
pub fn brain_warnings(context: &Context<'_>) -> Vec<String> {
    if !context.is_joined() {
        return brain_warning(context).into_iter().collect();
    }
    let own = context.desks.iter().filter_map(|desk| context.of_desk(desk).ok());
    own.filter_map(|own| brain_warning(&own)).collect()
}

impl Reading {
    /// Counts what was found in the log of a desk.
    fn add_desk(&mut self, desk: &Desk, log: Log, reading: Self) {
        self.scan.end.rows += reading.scan.end.rows;
        self.unreadable_rows += reading.unreadable_rows;
        self.newer_rows += reading.newer_rows;
        self.repeated += reading.repeated;
        self.earlier_bytes +=
            reading.earlier_bytes + reading.damage().iter().map(|damage| damage.len).sum::<u64>();
        if !reading.is_quiet() {
            self.desks.push(DeskReading { layout: desk.layout.clone(), log, reading });
        }
    }

    /// Adds the readings of other desks.
    fn add_desks(&mut self, other: Self) {
        self.scan.end.rows += other.scan.end.rows;
        self.unreadable_rows += other.unreadable_rows;
        self.newer_rows += other.newer_rows;
        self.repeated += other.repeated;
        self.earlier_bytes += other.earlier_bytes;
        self.desks.extend(other.desks);
        self.missing.extend(other.missing);
    }
}
