//! `report portfolio`: the open book of the last quarter, looked back at.

use super::heat::{equity_now, pair_of};
use super::{Context, Reading};
use crate::decide::{BookTrade, portfolio};
use crate::domain::{KnobName, Window};
use crate::files::brain::knobs_or_defaults;
use crate::files::trades_in_window::each_trade;
use crate::report::{PortfolioData, View, portfolio_view};
use crate::store::StoreError;

/// The days that are looked at.
const DAYS: u16 = 90;

/// The view, and how the trades read.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(super) fn portfolio_report(context: &Context<'_>) -> Result<(View, Reading), StoreError> {
    let knobs = knobs_or_defaults(context);
    let (stop_frac, limits) = (knobs[KnobName::StopLoss].effective, context.settings.heat);
    let (trades, reading) = each_trade(context, Window::Days(DAYS), |stored, line| {
        let Some((pair, risked)) = pair_of(stored, line, context.market(), stop_frac) else {
            return Ok(None);
        };
        let facts = stored.facts();
        let (entry, _, qty) = stored.prices();
        let by_result = (facts.pnl_frac != 0.0).then(|| facts.pnl / facts.pnl_frac);
        let size = by_result.or(entry.zip(qty).map(|(entry, qty)| entry * qty)).unwrap_or_default().abs();
        Ok(Some(BookTrade {
            strategy: facts.strategy.to_owned(),
            at_risk: Some(size * risked * (1.0 + limits.gap_frac))
                .filter(|risk| risk.is_finite())
                .unwrap_or_default(),
            pnl: facts.pnl,
            pnl_frac: facts.pnl_frac,
            pair,
        }))
    })?;
    let trades: Vec<BookTrade> = trades.into_iter().flatten().collect();
    let data = PortfolioData {
        book: portfolio(&trades, equity_now(context)?, limits.gross_frac),
        days: DAYS,
        line_frac: limits.gross_frac,
        size_usd: knobs[KnobName::PositionSize].effective,
        currency: context.settings.currency.clone(),
    };
    Ok((portfolio_view(&data), reading))
}
