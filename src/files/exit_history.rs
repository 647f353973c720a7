//! How the engine left its positions up to a moment: the exit policy that hypothetical trades are given.

use std::collections::BTreeMap;

use super::Context;
use super::trades_in_window::each_trade;
use crate::domain::{Calendar, Date, ExitKind, Market, Timestamp, Window};
use crate::metrics::{ExitPolicy, NEEDED_EXITS};
use crate::store::StoreError;
use crate::wire::StoredOutcome;

/// A policy is read from the trades of so many days before the session of its signal.
const DAYS: i64 = 30;

/// A trade, as far as the policy looks at it.
struct Seen {
    exit: Timestamp,
    kind: ExitKind,
    held: Option<f64>,
    setup: Box<str>,
}

/// The exits of all trades that policies can be read from.
pub(crate) struct ExitHistory {
    trades: Vec<Seen>,
    calendar: Calendar,
    by_date: BTreeMap<Date, ExitPolicy>,
}

fn seen(market: &Market, stored: &StoredOutcome<'_>) -> Seen {
    let (facts, calendar) = (stored.facts(), market.of_symbol(stored.facts().symbol));
    Seen {
        exit: facts.exit_time,
        kind: ExitKind::of_trade(calendar, stored.hits(), facts.exit_reason, facts.exit_time),
        held: facts.entry_time.map(|entry| facts.exit_time.minutes_since(entry)),
        setup: facts.setup.into(),
    }
}

impl ExitHistory {
    /// Reads the trades that signals from `oldest` on are given their policies by.
    ///
    /// # Errors
    /// [`StoreError`] when the log of trades cannot be read at all.
    pub(crate) fn read(context: &Context<'_>, oldest: Timestamp) -> Result<Self, StoreError> {
        let days = context.days_since(oldest).max(0) + DAYS + 2;
        let window = u16::try_from(days).map_or(Window::All, Window::Days);
        let (trades, _) = each_trade(context, window, |stored, _| Ok(seen(context.market(), stored)))?;
        Ok(Self { trades, calendar: context.market().calendar().clone(), by_date: BTreeMap::new() })
    }

    /// The policy of a date's signals: how the trades of the days before it were left; where those are too few, as in
    /// the first days of a store, with the date's own.
    pub(crate) fn at(&mut self, date: Date) -> &ExitPolicy {
        let (trades, calendar) = (&self.trades, &self.calendar);
        self.by_date.entry(date).or_insert_with(|| {
            let (begin, end) = calendar.bounds(date);
            let since = begin.plus_days(-DAYS);
            let policy = |until: Timestamp| {
                let mut policy = ExitPolicy::default();
                let first = trades.partition_point(|trade| trade.exit < since);
                for trade in trades[first..].iter().take_while(|trade| trade.exit < until) {
                    policy.add(&trade.setup, trade.kind, trade.held);
                }
                policy
            };
            let before = policy(begin);
            if before.all.n() as usize >= NEEDED_EXITS { before } else { policy(end) }
        })
    }
}
