//! `size --by`: sizes across strategies or symbols, from the sessions that are over.

use std::collections::BTreeMap;

use chrono::Datelike;
use smol_str::SmolStr;

use super::{Context, Reading};
use crate::decide::{ALLOCATION_GROUPS, GroupSession, allocate};
use crate::domain::{UNKNOWN, Window};
use crate::files::trades_in_window::fold_trades;
use crate::report::AllocationData;
use crate::store::StoreError;
use crate::wire::StoredOutcome;

/// By what trades are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeBy {
    /// The strategy.
    Strategy,
    /// The symbol.
    Symbol,
}

impl SizeBy {
    /// Its name.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::Symbol => "symbol",
        }
    }
}

/// Works out sizes across groups, and says how the record read; writes nothing.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub fn size_groups(context: &Context<'_>, by: SizeBy) -> Result<(AllocationData, Reading), StoreError> {
    let market = context.market();
    let last = context.session_date().num_days_from_ce();
    let make = |stored: &StoredOutcome<'_>, _: &[u8]| {
        let facts = stored.facts();
        let name = match by {
            SizeBy::Strategy => facts.strategy,
            SizeBy::Symbol => facts.symbol,
        };
        Ok((market.trading_date(facts.exit_time).num_days_from_ce(), SmolStr::from(name), facts.pnl_frac))
    };
    let (sums, reading) =
        fold_trades(context, Window::All, make, GroupSums::default, |sums, (day, name, result)| {
            if day <= last {
                sums.add(day, name, result);
            }
        })?;
    let (names, left_out, sessions) = sums.finish();
    let found = (names.len() > 1).then(|| allocate(&sessions));
    let sessions = sessions.len();
    Ok((AllocationData { by: by.as_str(), names, sessions, left_out, found }, reading))
}

/// What the groups made, session by session.
#[derive(Default)]
struct GroupSums {
    /// The place of each name.
    places: BTreeMap<SmolStr, usize>,
    /// By session and by place of the name: the sum of results, and the trades.
    sessions: BTreeMap<i32, BTreeMap<usize, (f64, u32)>>,
}

impl GroupSums {
    fn add(&mut self, day: i32, name: SmolStr, result: f64) {
        let next = self.places.len();
        let place = *self.places.entry(name).or_insert(next);
        let sum = self.sessions.entry(day).or_default().entry(place).or_default();
        (sum.0, sum.1) = (sum.0 + result, sum.1 + 1);
    }

    /// The groups with the most trades, the trades of others, and the sessions in which one of the groups has any.
    fn finish(&self) -> (Vec<String>, u64, Vec<GroupSession>) {
        let mut counts = vec![0u64; self.places.len()];
        let all = self.sessions.values().flatten();
        all.for_each(|(place, (_, trades))| counts[*place] += u64::from(*trades));
        let known = self.places.iter().filter(|(name, _)| *name != UNKNOWN);
        let mut largest: Vec<(&SmolStr, usize)> = known.map(|(name, place)| (name, *place)).collect();
        // Of equals the first by name: the map is in their order, and the sort is stable.
        largest.sort_by_key(|(_, place)| std::cmp::Reverse(counts[*place]));
        largest.truncate(ALLOCATION_GROUPS);
        let shown = largest.iter().map(|(_, place)| counts[*place]).sum::<u64>();
        let session = |sums: &BTreeMap<usize, (f64, u32)>| {
            let of = |(_, place): &(&SmolStr, usize)| sums.get(place).copied().unwrap_or_default();
            let (results, trades) = largest.iter().map(of).unzip();
            GroupSession { results, trades }
        };
        let sessions = self.sessions.values().map(session);
        let traded = sessions.filter(|session| session.trades.iter().any(|trades| *trades > 0)).collect();
        let names = largest.iter().map(|(name, _)| name.to_string()).collect();
        (names, counts.iter().sum::<u64>() - shown, traded)
    }
}
