//! A stated result that is in the coin of an inverse contract, and does not say so.

use crate::domain::{Refusal, Trade, base_and_quote, is_same_currency, settlement_coin};
use crate::wire::input::rules::ExitRules;

/// A coin is worth so much more than a unit of its price at least, that the one cannot be taken for the other.
const COIN_VALUE_MIN: f64 = 100.0;

/// The two formulas differ by the price of the coin squared; costs are a small part of a result mostly.
const LIKE: f64 = 2.0;

/// Refuses a stated result of an inverse contract in an account of another currency: where `1/entry − 1/exit` gives about what
/// is stated, of a contract that the terms call inverse, and of a pair that they do not but whose prices give something else
/// altogether.
///
/// # Errors
/// [`Refusal::OtherCurrency`].
pub(super) fn refuse_coin(trade: &Trade, rules: &ExitRules) -> Result<(), Refusal> {
    let closed = trade.closed();
    let account = rules.account_currency.trim();
    if closed.stated.is_none()
        || closed.currency.is_some()
        || closed.terms.currency.is_some()
        || account.is_empty()
    {
        return Ok(());
    }
    let Some(coin) = settlement_coin(&closed.symbol).filter(|coin| !is_same_currency(coin, account)) else {
        return Ok(());
    };
    if is_of_inverse(trade) {
        Err(Refusal::OtherCurrency { currency: coin, account: account.to_owned() })
    } else {
        Ok(())
    }
}

fn is_of_inverse(trade: &Trade) -> bool {
    let closed = trade.closed();
    let Some(computed) = trade.pnl_computed() else { return closed.terms.inverse };
    let is_like = |in_coins: f64| (1.0 / LIKE..=LIKE).contains(&(in_coins / trade.pnl()));
    if closed.terms.inverse {
        return is_like(computed);
    }
    let price_squared = closed.entry_price * closed.exit_price;
    price_squared >= COIN_VALUE_MIN
        && base_and_quote(&closed.symbol).is_some()
        && is_like(computed / price_squared)
}
