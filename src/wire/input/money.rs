//! The amounts of a closed trade: costs, stated result, and the currency of both.

use super::fee_currency::{FeeTerms, Settling};
use super::fields::{Amount, Fields, SaidCurrency};
use super::json::WireError;
use super::rules::ExitRules;
use super::vocabulary::Field;
use crate::domain::{ContractTerms, Refusal, StatedResult, quote_currency, settlement_coin};

/// In the place of a code: the account's currency, whichever that is.
const OF_ACCOUNT: &str = "account";

/// Amounts as they came.
pub(super) struct Money {
    fees: Vec<Amount>,
    funding: Option<Amount>,
    rebate: Option<Amount>,
    pnl: Option<Amount>,
    gross: Option<Amount>,
    /// Whether the input states results before costs.
    pnl_is_gross: bool,
    /// What the record says of the fees' own currency.
    fee_terms: FeeTerms,
}

/// What a trade cost besides its prices, with the signs of the record.
pub(super) struct Costs {
    pub fees: Option<f64>,
    pub funding: Option<f64>,
    pub rebate: Option<f64>,
}

impl Costs {
    pub(super) fn sum(&self) -> f64 {
        self.fees.unwrap_or(0.0) - self.rebate.unwrap_or(0.0) - self.funding.unwrap_or(0.0)
    }
}

impl Money {
    pub(super) fn take(fields: &mut Fields<'_>) -> Result<Self, WireError> {
        let (pnl, fees) = (fields.amount(Field::Pnl)?, fields.amounts(Field::Fees)?);
        let gross = if pnl.is_none() { fields.amount(Field::GrossPnl)? } else { None };
        let (funding, rebate) = (fields.amount(Field::Funding)?, fields.amount(Field::Rebate)?);
        let pnl_is_gross = fields.conventions().pnl_is_gross;
        Ok(Self { fees, funding, rebate, pnl, gross, pnl_is_gross, fee_terms: FeeTerms::take(fields)? })
    }

    /// Fees are a cost whatever sign the input gives them; against that sign they were paid back.
    pub(super) fn costs(&self, costs_are_negative: bool) -> Costs {
        let fees = (!self.fees.is_empty()).then(|| {
            let sum: f64 = self.fees.iter().map(|fee| fee.value).sum();
            if costs_are_negative { 0.0 - sum } else { sum }
        });
        let paid_back = fees.filter(|fees| *fees < 0.0).map(|fees| -fees);
        let rebate = self.rebate.as_ref().map(|rebate| rebate.value.abs());
        Costs {
            fees: fees.map(|fees| if paid_back.is_some() { 0.0 } else { fees + 0.0 }),
            funding: self.funding.as_ref().map(|funding| funding.value).filter(|funding| *funding != 0.0),
            rebate: match (rebate, paid_back) {
                (None, None) => None,
                (one, other) => Some(one.unwrap_or(0.0) + other.unwrap_or(0.0)),
            }
            .filter(|rebate| *rebate != 0.0),
        }
    }

    pub(super) fn stated(&self, costs: &Costs) -> Option<StatedResult> {
        let gross = |amount: &Amount| (amount.value - costs.sum(), amount.half_unit);
        let net = |pnl: &Amount| if self.pnl_is_gross { gross(pnl) } else { (pnl.value, pnl.half_unit) };
        self.pnl
            .as_ref()
            .map(net)
            .or_else(|| self.gross.as_ref().map(gross))
            .map(|(pnl, half_unit)| StatedResult { pnl, half_unit, kept_frac: None })
    }

    /// The stated result as it came, of a fill.
    pub(super) fn stated_as_it_came(&self) -> Option<StatedResult> {
        let stated = self.pnl.as_ref().or(self.gross.as_ref())?;
        Some(StatedResult { pnl: stated.value, half_unit: stated.half_unit, kept_frac: None })
    }

    /// Whether the result that is stated is before costs.
    pub(super) fn states_gross(&self) -> bool {
        self.pnl.is_none() && self.gross.is_some()
    }

    pub(super) fn stated_gross(&self, costs: &Costs) -> Option<f64> {
        self.stated(costs).map(|stated| stated.pnl + costs.sum())
    }

    /// The currency of the result where it is not the account's, with its rate. Costs in another one are converted, those of an
    /// execution at its `price` where they are in what was traded; what has no rate is refused.
    pub(super) fn currency(
        &mut self,
        fields: &mut Fields<'_>,
        (symbol, terms): (&str, &ContractTerms),
        rules: &ExitRules,
        price: Option<f64>,
    ) -> Result<(Option<String>, Option<f64>), WireError> {
        let fx_rate = fields.amount(Field::FxRate)?.map(|rate| rate.value);
        let account = rules.account_currency.trim();
        let result = self.said_of_result(fields, (symbol, terms), account);
        let settling = Settling {
            account,
            result: result.as_ref(),
            fx_rate,
            symbol,
            price: price.filter(|_| !terms.inverse),
        };
        let Self { fees, funding, rebate, fee_terms, .. } = self;
        settling.fees(fees, fee_terms, fields)?;
        for cost in funding.iter().chain(rebate.iter()) {
            settling.other(cost)?;
        }
        match result.filter(|said| !account.is_empty() && !said.is(account)) {
            None => Ok((None, None)),
            Some(said) if fx_rate.is_none() => {
                let currency = said.code().to_uppercase();
                Err(Refusal::OtherCurrency { currency, account: account.to_owned() }.into())
            }
            Some(said) => Ok((Some(said.code().to_uppercase()), fx_rate)),
        }
    }

    /// What of a fill's quantity went as a fee in what was bought.
    pub(super) fn fees_in_base(&self) -> f64 {
        self.fee_terms.in_base
    }

    /// The currency of the result: as the record says it, else as stands beside the stated result, else as the settings say of the
    /// symbol; of a result that is computed from prices, theirs, else the pair's.
    fn said_of_result(
        &self,
        fields: &mut Fields<'_>,
        (symbol, terms): (&str, &ContractTerms),
        account: &str,
    ) -> Option<SaidCurrency> {
        let beside = |amount: &Option<Amount>| amount.as_ref().and_then(Amount::said_currency);
        let stated = |code: String| SaidCurrency::Stated(code.to_uppercase());
        let is_computed = self.pnl.is_none() && self.gross.is_none();
        let of_pair = || {
            let of_pair = || quote_currency(symbol).map(SaidCurrency::Implied);
            let said =
                if terms.inverse { settlement_coin(symbol).map(SaidCurrency::Stated) } else { of_pair() };
            said.filter(|_| is_computed)
        };
        // The coin in which an inverse contract pays is not that of its price.
        let of_prices =
            fields.optional_text(Field::PriceCurrency).map(stated).or_else(|| fields.price_currency());
        let of_prices = of_prices.filter(|_| is_computed && !terms.inverse);
        // A platform that keeps its books in the account's currency says so, of whatever pair.
        let named = |code: String| {
            stated(if code.eq_ignore_ascii_case(OF_ACCOUNT) { account.to_owned() } else { code })
        };
        let result = fields.optional_text(Field::Currency).map(named);
        result
            .or_else(|| beside(&self.pnl))
            .or_else(|| beside(&self.gross))
            .or_else(|| terms.currency.clone().map(stated))
            .or(of_prices)
            .or_else(of_pair)
    }
}
