//! Reads what was known beside records, as features of them.

use super::Context;
use super::trades_in_window::each_trade;
use crate::domain::{Date, Window};
use crate::learn::{ReadyModel, SECTOR_REL, Surroundings};
use crate::store::StoreError;

/// Which of it is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// How sectors did.
    pub sectors: bool,
}

impl Wanted {
    /// All that there is.
    pub(crate) const ALL: Self = Self { sectors: true };

    /// What a model learned from.
    pub(crate) fn of(model: &ReadyModel) -> Self {
        Self { sectors: model.knows(SECTOR_REL) }
    }

    /// Whether anything is.
    pub(crate) const fn any(self) -> bool {
        self.sectors
    }
}

/// What was known beside records of the sessions from `first` on.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn read_surroundings(
    context: &Context<'_>,
    first: Date,
    wanted: Wanted,
) -> Result<Surroundings, StoreError> {
    let mut around = Surroundings::default();
    if wanted.sectors
        && let Some(since) = Surroundings::first_of(context.market(), first)
    {
        let begin = context.market().calendar().bounds(since).0;
        let days = (context.seen_from().micros() - begin.micros()).max(0) / 86_400_000_000 + 1;
        let window = u16::try_from(days).map_or(Window::All, Window::Days);
        let (trades, _) = each_trade(context, window, |stored, _| {
            let facts = stored.facts();
            Ok((facts.exit_time, facts.sector.to_owned(), facts.pnl_frac))
        })?;
        for (exit, sector, net_frac) in trades {
            // From one place on, whatever the moment of reading.
            let session = context.market().trading_date(exit);
            if session >= since {
                around.sectors.push(session, &sector, net_frac);
            }
        }
    }
    Ok(around)
}
