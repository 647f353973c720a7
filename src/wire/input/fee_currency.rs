//! Costs that are in another currency than the result: converted where something says at which rate, else refused.

use super::fields::{Amount, Fields, SaidCurrency};
use super::json::WireError;
use super::vocabulary::Field;
use crate::domain::{Refusal, base_and_quote, is_alike_currency, is_same_currency};

/// What a record says of the currency of its fees.
#[derive(Default)]
pub(super) struct FeeTerms {
    currency: Option<String>,
    /// Units of the result's currency for one of theirs.
    rate: Option<f64>,
    /// What was paid in what was bought.
    pub(super) in_base: f64,
}

impl FeeTerms {
    pub(super) fn take(fields: &mut Fields<'_>) -> Result<Self, WireError> {
        let rate = fields.amount(Field::FeeFxRate)?.map(|rate| rate.value);
        if let Some(value) = rate.filter(|rate| *rate <= 0.0) {
            return Err(Refusal::NotPositive { field: "fee_fx_rate", value }.into());
        }
        let currency = fields.optional_text(Field::FeeCurrency).map(|code| code.to_uppercase());
        Ok(Self { currency, rate, in_base: 0.0 })
    }
}

/// What the costs of a record are held against.
pub(super) struct Settling<'a> {
    pub(super) account: &'a str,
    /// The currency of the result, where anything says it.
    pub(super) result: Option<&'a SaidCurrency>,
    /// Units of the account's currency for one of the result's.
    pub(super) fx_rate: Option<f64>,
    pub(super) symbol: &'a str,
    /// The price of an execution, at which what was traded is worth something.
    pub(super) price: Option<f64>,
}

impl Settling<'_> {
    fn expected(&self) -> &str {
        self.result.map_or(self.account, SaidCurrency::code)
    }

    /// Whether a cost can be taken off the result as it is.
    fn fits(&self, said: &SaidCurrency) -> bool {
        let is_of_account = self.result.is_none_or(|result| result.is(self.account));
        let quote = base_and_quote(self.symbol).map(|(_, quote)| quote);
        // A coin that stands for the dollar is one beside a pair that is told in it.
        let is_quote =
            |quote: &str| is_same_currency(quote, said.code()) && is_alike_currency(quote, self.expected());
        said.is(self.expected())
            || (is_of_account && said.is(self.account))
            || (is_of_account && quote.is_some_and(is_quote))
    }

    /// Refuses a cost in another currency.
    pub(super) fn other(&self, cost: &Amount) -> Result<(), WireError> {
        match cost.said_currency() {
            Some(said) if !self.expected().is_empty() && cost.value != 0.0 && !self.fits(&said) => {
                Err(self.refusal(cost, &said, ""))
            }
            _ => Ok(()),
        }
    }

    fn refusal(&self, cost: &Amount, said: &SaidCurrency, hint: &str) -> WireError {
        let why = format!("is not in {} as the result is{hint}", self.expected());
        let text = format!("{} {}", cost.value, said.code().to_uppercase());
        Refusal::BadNumber { field: cost.name, text, why }.into()
    }

    /// Converts fees in another currency, and keeps aside what they were.
    pub(super) fn fees(
        &self,
        fees: &mut [Amount],
        terms: &mut FeeTerms,
        fields: &mut Fields<'_>,
    ) -> Result<(), WireError> {
        if self.expected().is_empty() {
            return Ok(());
        }
        let mut paid = Vec::new();
        for fee in fees.iter_mut().filter(|fee| fee.value != 0.0) {
            let of_record = || terms.currency.clone().map(SaidCurrency::Stated);
            let Some(said) = fee.said_currency().or_else(of_record) else { continue };
            if self.fits(&said) {
                continue;
            }
            let base = base_and_quote(self.symbol).map(|(base, _)| base);
            let is_base = base.is_some_and(|base| base.eq_ignore_ascii_case(said.code()));
            let at_price = self.price.filter(|price| is_base && *price > 0.0);
            // The account's own currency, beside a result that is converted into it.
            let of_account =
                self.fx_rate.filter(|rate| said.is(self.account) && *rate > 0.0).map(|rate| 1.0 / rate);
            let rate =
                terms.rate.or(at_price).or(of_account).ok_or_else(|| {
                    self.refusal(fee, &said, ": give what one is worth in it as fee_fx_rate")
                })?;
            if is_base && self.price.is_some() {
                let sign = if fields.conventions().costs_are_negative { -1.0 } else { 1.0 };
                terms.in_base += sign * fee.value;
            }
            paid.push(format!("{} {}", fee.value, said.code().to_uppercase()));
            fee.value *= rate;
        }
        if !paid.is_empty() {
            fields.put_aside("fees_as_paid", paid.join(" + ").into());
        }
        Ok(())
    }
}
