//! `size --by`: sizes across strategies or symbols, from the sessions that are over.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::{Context, Reading};
use crate::decide::{ALLOCATION_GROUPS, GroupSession, allocate};
use crate::domain::{UNKNOWN, Window};
use crate::files::trades_in_window::each_trade;
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
    let make = |stored: &StoredOutcome<'_>, _: &[u8]| -> Result<(i32, Box<str>, f64), String> {
        let facts = stored.facts();
        let name = match by {
            SizeBy::Strategy => facts.strategy,
            SizeBy::Symbol => facts.symbol,
        };
        Ok((market.trading_date(facts.exit_time).num_days_from_ce(), name.into(), facts.pnl_frac))
    };
    let (mut rows, reading) = each_trade(context, Window::All, make)?;
    rows.retain(|(day, ..)| *day <= last);
    rows.sort_by_key(|(day, ..)| *day);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, name, _) in rows.iter().filter(|(_, name, _)| &**name != UNKNOWN) {
        *counts.entry(name).or_default() += 1;
    }
    let mut largest: Vec<(&str, u64)> = counts.into_iter().collect();
    // Of equals the first by name: the map is in their order, and the sort is stable.
    largest.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    largest.truncate(ALLOCATION_GROUPS);
    let names: Vec<String> = largest.iter().map(|(name, _)| (*name).to_owned()).collect();
    let place: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut left_out = 0;
    let mut sessions = Vec::new();
    for rows in rows.chunk_by(|a, b| a.0 == b.0) {
        let mut session = GroupSession { results: vec![0.0; names.len()], trades: vec![0; names.len()] };
        for (_, name, result) in rows {
            let Some(at) = place.get(&**name) else {
                left_out += 1;
                continue;
            };
            session.results[*at] += result;
            session.trades[*at] += 1;
        }
        if session.trades.iter().any(|trades| *trades > 0) {
            sessions.push(session);
        }
    }
    let found = (names.len() > 1).then(|| allocate(&sessions));
    let sessions = sessions.len();
    Ok((AllocationData { by: by.as_str(), names, sessions, left_out, found }, reading))
}
