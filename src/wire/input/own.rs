//! A closed trade as this program wrote it: what it says of terms and currency, by itself.

use super::fields::Fields;
use super::json::WireError;
use super::vocabulary::Field;
use crate::domain::{ContractTerms, Refusal, is_same_currency};

/// The terms of the contract. Those of the settings are not asked: they were when the record was stored.
pub(super) fn own_terms(fields: &mut Fields<'_>) -> Result<ContractTerms, WireError> {
    Ok(ContractTerms {
        multiplier: fields.amount(Field::Multiplier)?.map(|multiplier| multiplier.value),
        inverse: fields.optional_flag(Field::Inverse).unwrap_or(false),
        // A price below zero was allowed once.
        negative_prices: true,
        currency: None,
    })
}

/// The currency of prices and costs, where it is not the account's, with its rate.
///
/// # Errors
/// [`Refusal::OtherAccount`] where they are converted from the currency in which this store counts, and
/// [`Refusal::OtherCurrency`].
pub(super) fn own_currency(
    fields: &mut Fields<'_>,
    account: &str,
) -> Result<(Option<String>, Option<f64>), WireError> {
    let fx_rate = fields.amount(Field::FxRate)?.map(|rate| rate.value);
    let currency = fields.optional_text(Field::Currency);
    let account = account.trim();
    let is_account = |currency: &String| is_same_currency(currency, account);
    match (currency, fx_rate) {
        (Some(currency), Some(_)) if is_account(&currency) => Err(Refusal::OtherAccount { currency }.into()),
        // Another writer's: this program stores none without its rate.
        (Some(currency), None) if !is_account(&currency) && !account.is_empty() => {
            Err(Refusal::OtherCurrency { currency, account: account.to_owned() }.into())
        }
        (Some(currency), Some(rate)) => Ok((Some(currency), Some(rate))),
        _ => Ok((None, None)),
    }
}
