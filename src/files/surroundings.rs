//! Reads what was known beside records, as features of them.

use smol_str::SmolStr;

use super::Context;
use super::news_log::{NewsRead, read_news};
use super::recent_news::recent_news;
use super::trades_in_window::fold_trades;
use crate::domain::{Date, UNKNOWN, Window};
use crate::learn::{NEWS_FEATURES, ReadyModel, SECTOR_REL, Surroundings};
use crate::store::StoreError;
use crate::wire::StoredOutcome;

/// Which of it is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// How sectors did.
    pub sectors: bool,
    /// What the news said.
    pub news: bool,
}

impl Wanted {
    /// All that there is.
    pub(crate) const ALL: Self = Self { sectors: true, news: true };

    /// What a model learned from.
    pub(crate) fn of(model: &ReadyModel) -> Self {
        let news = NEWS_FEATURES.iter().any(|name| model.knows(name));
        Self { sectors: model.knows(SECTOR_REL), news }
    }

    /// What either wants.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self { sectors: self.sectors || other.sectors, news: self.news || other.news }
    }

    /// Whether anything is.
    pub(crate) const fn any(self) -> bool {
        self.sectors || self.news
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
    Ok(follow_surroundings(context, first, wanted)?.0)
}

/// As [`read_surroundings`], with how far the news were read.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn follow_surroundings(
    context: &Context<'_>,
    first: Date,
    wanted: Wanted,
) -> Result<(Surroundings, Option<NewsRead>), StoreError> {
    let instruments = &context.settings.instruments;
    let mut around = Surroundings { instruments: instruments.clone(), ..Surroundings::default() };
    if wanted.sectors
        && let Some(since) = Surroundings::first_of(context.market(), first)
    {
        let begin = context.market().calendar().bounds(since).0;
        let days = (context.seen_from().micros() - begin.micros()).max(0) / 86_400_000_000 + 1;
        let window = u16::try_from(days).map_or(Window::All, Window::Days);
        let result = |stored: &StoredOutcome<'_>, _: &[u8]| {
            let facts = stored.facts();
            let said = Some(facts.sector).filter(|sector| *sector != UNKNOWN);
            let sector = said.or_else(|| instruments.sector(facts.symbol)).unwrap_or(UNKNOWN);
            Ok((facts.exit_time, SmolStr::from(sector), facts.pnl_frac))
        };
        let begin = || Surroundings::default().sectors;
        (around.sectors, _) =
            fold_trades(context, window, result, begin, |sectors, (exit, sector, net_frac)| {
                // From one place on, whatever the moment of reading.
                let session = context.market().trading_date(exit);
                if session >= since {
                    sectors.push(session, &sector, net_frac);
                }
            })?;
    }
    let mut read = None;
    if wanted.news {
        let begin = context.market().calendar().bounds(first).0;
        let recent = recent_news(context, begin)?;
        let found = if recent.is_some() { recent } else { read_news(context, begin)? };
        (around.news, read) = found.unzip();
    }
    Ok((around, read))
}
