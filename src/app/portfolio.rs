//! `report portfolio`: the open book of the last quarter, looked back at; and its size caps put into the brain file.

use smol_str::SmolStr;

use super::heat::{bar_returns, equity_now};
use super::{Context, Reading};
use crate::decide::{BookTrade, Names, portfolio};
use crate::domain::{KnobName, Window};
use crate::files::brain::{Brain, knobs_or_defaults};
use crate::files::checkpointed_log::position_id;
use crate::files::heat_past::pair_of;
use crate::files::trades_in_window::fold_trades;
use crate::report::PortfolioData;
use crate::store::StoreError;
use crate::wire::StoredOutcome;

/// The days that are looked at.
const DAYS: u16 = 90;

/// The book looked back at; its size caps are in the brain file where `apply` says so: those of the symbols whose results
/// vary by more than those of the one in the middle, and no others.
///
/// # Errors
/// [`StoreError`] when a file cannot be read or written, or another program changed the brain file meanwhile.
pub fn size_caps(context: &Context<'_>, apply: bool) -> Result<(PortfolioData, Reading), StoreError> {
    let (mut data, reading) = portfolio_data(context)?;
    if !apply {
        return Ok((data, reading));
    }
    // Engines wait for as long as it takes to write, not to read.
    let _lock = context.lock()?;
    let mut brain = Brain::read(context)?;
    let before = brain.size_caps(context)?;
    for symbol in before.keys().filter(|symbol| !data.caps().any(|(capped, _)| capped == symbol.as_str())) {
        brain.set_size_cap(context, symbol, None)?;
    }
    let caps: Vec<(String, f64)> = data.caps().map(|(symbol, cap)| (symbol.to_owned(), cap)).collect();
    for (symbol, cap) in &caps {
        brain.set_size_cap(context, symbol, Some(*cap))?;
    }
    let changed =
        before.len() != caps.len() || caps.iter().any(|(symbol, cap)| before.get(symbol) != Some(cap));
    if changed {
        brain.replace(context)?;
    }
    data.applied = Some(caps.len());
    Ok((data, reading))
}

/// The book of the span.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub fn portfolio_data(context: &Context<'_>) -> Result<(PortfolioData, Reading), StoreError> {
    let knobs = knobs_or_defaults(context);
    let (stop_frac, limits) = (knobs[KnobName::StopLoss].effective, context.settings.heat);
    let make = |stored: &StoredOutcome<'_>, _: &[u8]| {
        let Some((pair, risked)) = pair_of(stored, context.market(), stop_frac) else {
            return Ok(None);
        };
        let facts = stored.facts();
        let by_result = (facts.pnl_frac != 0.0).then(|| facts.pnl / facts.pnl_frac);
        let size = by_result.or_else(|| stored.position()).unwrap_or_default().abs();
        Ok(Some(BookTrade {
            position: BookTrade::position_of(position_id(facts.trade_id)),
            strategy: facts.strategy.into(),
            at_risk: Some(size * risked * (1.0 + limits.gap_frac))
                .filter(|risk| risk.is_finite())
                .unwrap_or_default(),
            pnl: facts.pnl,
            pnl_frac: facts.pnl_frac,
            pair,
        }))
    };
    let add = |(trades, names): &mut (Vec<BookTrade>, Names), trade: Option<BookTrade<SmolStr>>| {
        trades.extend(trade.map(|trade| trade.numbered(names)));
    };
    let ((trades, names), reading) = fold_trades(context, Window::Days(DAYS), make, Default::default, add)?;
    let mut warnings = Vec::new();
    let named = trades.iter().map(|trade| names.of(trade.pair.symbol));
    let bars = bar_returns(context, named, &mut warnings);
    let book = portfolio((&trades, &names), &bars, equity_now(context)?, limits.gross_frac);
    let calendar = context.market().calendar();
    let data = PortfolioData {
        dates: book.points.iter().map(|point| calendar.trading_date(point.at)).collect(),
        warnings,
        book,
        days: DAYS,
        line_frac: limits.gross_frac,
        size_usd: knobs[KnobName::PositionSize].effective,
        currency: context.settings.currency.clone(),
        applied: None,
    };
    Ok((data, reading))
}
