//! What the engine's trades of a window come to, as the log has them.

use super::Context;
use super::trades_in_window::fold_trades;
use crate::domain::{Calendar, Date, Outcome, TradeFacts, UNKNOWN, Window};
use crate::metrics::{EngineResults, EngineTrade};
use crate::store::StoreError;
use crate::wire::StoredOutcome;

/// A trade, as far as it is looked at.
struct Seen {
    date: Date,
    net: f64,
    frac: f64,
    outcome: Outcome,
    fees: Option<f64>,
    groups: Vec<String>,
}

/// The groups of a trade: setup, regime, side, part of the session, and the pairs that are always asked about.
fn groups(calendar: &Calendar, facts: &TradeFacts<'_>) -> Vec<String> {
    let known =
        |key: &str, word: &str| (word != UNKNOWN && !word.is_empty()).then(|| format!("{key} {word}"));
    let setup = known("setup", facts.setup);
    let regime = known("regime", facts.regime);
    let side = known("side", facts.side.as_order());
    let part = facts.entry_time.map(|at| calendar.part_of_session(at).to_owned());
    let both = |a: &Option<String>, b: &Option<String>| Some(format!("{}, {}", a.as_ref()?, b.as_ref()?));
    let pairs = [both(&setup, &part), both(&setup, &regime), both(&side, &regime)];
    [setup, regime, side, part].into_iter().chain(pairs).flatten().collect()
}

/// Reads the trades of a window.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(crate) fn engine_results(context: &Context<'_>, window: Window) -> Result<EngineResults, StoreError> {
    let seen = |stored: &StoredOutcome<'_>, _: &[u8]| {
        let facts = stored.facts();
        Ok(Seen {
            date: context.market().trading_date(facts.exit_time),
            net: facts.pnl,
            frac: facts.pnl_frac,
            outcome: context.market().outcome(facts.pnl, facts.pnl_frac),
            fees: stored.fees(),
            groups: groups(context.market().of_symbol(facts.symbol), &facts),
        })
    };
    let (results, _) = fold_trades(context, window, seen, EngineResults::default, |results, seen| {
        let Seen { date, net, frac, outcome, fees, groups } = seen;
        results.add(&EngineTrade { date, net, frac, outcome, fees, groups: &groups });
    })?;
    Ok(results)
}
