//! The trade logs of several stores read together. What of them cannot be read is named, never left out in silence.

use std::path::PathBuf;

use rayon::prelude::*;

use super::trade_filter::TradeFilter;
use super::trade_log::{Figures, books_where, windows_where};
use super::{Context, Desk, Reading};
use crate::metrics::{JoinedTotals, Windows};
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
    #[error("{desk} goes by the calendar {theirs}, {first} by {ours}, or by other hours of the same name")]
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

/// Reads each desk and puts together what was found, in the order of the desks. Reading goes on where one cannot be
/// read; the [`Reading`] says which.
pub(crate) fn fold_desks<T: Send>(
    context: &Context<'_>,
    empty: impl Fn() -> T + Sync,
    read: impl Fn(&Context<'_>, &Desk) -> Result<(T, Reading), StoreError> + Sync,
    add: impl Fn(&mut T, T) + Sync,
) -> (T, Reading) {
    let desks = context.all_desks();
    let fold = |desks: &[Desk]| {
        let (mut all, mut readings) = (empty(), Reading::default());
        for desk in desks {
            let own = context.of_desk(desk);
            match own.and_then(|own| read(&own, desk).map_err(|error| error.to_string())) {
                Ok((found, reading)) => {
                    add(&mut all, found);
                    readings.add_desk(desk.layout.log(Log::Outcomes), reading);
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

/// What the desks add to every figure of `windows`, of the trades that a filter takes.
///
/// # Errors
/// [`StoreError`] where there is but one desk, and it cannot be read.
pub(crate) fn joined_totals(
    context: &Context<'_>,
    windows: &Windows,
    filter: Option<&TradeFilter>,
) -> (JoinedTotals, Reading) {
    fold_desks(
        context,
        || JoinedTotals::new(windows),
        |own, desk| {
            let own_filter = filter.map(|filter| filter.of_desk(own)).transpose()?;
            let (books, paths, reading) = books_where(own, windows, own_filter.as_ref())?;
            if let (Some(filter), Some(own)) = (filter, &own_filter) {
                filter.hear(own);
            }
            let capital = own.settings.capital;
            Ok((JoinedTotals::of_desk(windows, &desk.name, capital, books, paths), reading))
        },
        |all, one| {
            // Desks were told apart by name when they were named.
            let _ = all.merge(one);
        },
    )
}

/// Reads the figures of `windows`, of the store or of all desks together, of the trades that a filter takes.
///
/// # Errors
/// [`StoreError`] when the log of the one store cannot be read at all.
pub(crate) fn windows_of_all(
    context: &Context<'_>,
    windows: &Windows,
    filter: Option<&TradeFilter>,
) -> Result<(Figures, Reading), StoreError> {
    if !context.is_joined() {
        return windows_where(context, windows, filter);
    }
    let (totals, reading) = joined_totals(context, windows, filter);
    Ok((totals.finish(windows), reading))
}

impl Reading {
    /// Counts what was found in the log of a desk.
    fn add_desk(&mut self, log: PathBuf, reading: Self) {
        self.scan.end.rows += reading.scan.end.rows;
        self.unreadable_rows += reading.unreadable_rows;
        self.newer_rows += reading.newer_rows;
        self.repeated += reading.repeated;
        self.earlier_bytes +=
            reading.earlier_bytes + reading.damage().iter().map(|damage| damage.len).sum::<u64>();
        if !reading.is_quiet() {
            self.desks.push((log, reading));
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
