//! The windows side by side: recent ones from the recent part of the log, the figures over everything from the
//! checkpoint and what came since.

use super::catch_up::{Outcomes, outcomes_since_checkpoint};
use super::{Desk, Reading, windows};
use crate::domain::Window;
use crate::metrics::{Ledger, Windows};
use crate::report::Sheet;
use crate::store::{DamageKind, StoreError};

/// The figures as everybody sees them. Reads what is new and the last 90 days; the whole log only where the
/// checkpoint cannot speak for it: none fits, a moment of the past is asked for, or trades lie in the future.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(super) fn figures(desk: &Desk<'_>) -> Result<(Sheet, Reading), StoreError> {
    let known = match desk.as_of {
        None => outcomes_since_checkpoint(desk)?.filter(|known| speaks_of_all(desk, known)),
        Some(_) => None,
    };
    match known {
        Some(known) => recent(desk, &known),
        None => {
            let (figures, reading) = windows(desk, &Windows::new(Window::SIDE_BY_SIDE, desk.seen_from()))?;
            Ok((sheet(desk, figures), reading))
        }
    }
}

fn ledger(known: &Outcomes) -> Option<&Ledger> {
    known.checkpoint.folded.as_ref()
}

/// Whether no trade lies in the future, where windows do not look.
fn speaks_of_all(desk: &Desk<'_>, known: &Outcomes) -> bool {
    ledger(known).is_some_and(|ledger| ledger.last_exit().is_none_or(|last| last <= desk.now))
}

fn recent(desk: &Desk<'_>, known: &Outcomes) -> Result<(Sheet, Reading), StoreError> {
    let (all, within): (Vec<Window>, Vec<Window>) =
        Window::SIDE_BY_SIDE.into_iter().partition(|window| *window == Window::All);
    let (mut figures, mut reading) = windows(desk, &Windows::new(within, desk.now))?;
    if let Some(ledger) = ledger(known) {
        figures.extend(all.into_iter().map(|window| (window, ledger.performance())));
    }
    // Older damage was met when the checkpoint passed it; its place is doctor's to say.
    let seen: u64 = reading.damage().iter().filter(|d| d.kind == DamageKind::Broken).map(|d| d.len).sum();
    reading.earlier_bytes = known.checkpoint.damaged_bytes.saturating_sub(seen);
    reading.unreadable_rows = reading.unreadable_rows.max(known.checkpoint.unreadable_rows);
    reading.repeated = reading.repeated.max(known.reading.repeated);
    Ok((sheet(desk, figures), reading))
}

fn sheet(desk: &Desk<'_>, windows: Vec<(Window, crate::metrics::Performance)>) -> Sheet {
    Sheet {
        windows,
        now: desk.seen_from(),
        capital: desk.settings.capital,
        currency: desk.settings.currency.clone(),
    }
}
