//! What a record says of the contract that was traded, under what is known of its symbol.

use serde_json::Value;

use super::fields::Fields;
use super::json::WireError;
use super::rules::ExitRules;
use super::vocabulary::Field;
use crate::domain::{ContractTerms, Refusal, is_listed_option, quote_currency};

/// Units of the underlying that a listed option stands for, unless the file or the settings say otherwise.
const OPTION_UNITS: f64 = 100.0;

/// Names under which programs say what kind of instrument it is.
const ASSET_NAMES: [&str; 8] = [
    "asset",
    "asset_class",
    "asset_category",
    "instrument_type",
    "security_type",
    "sec_type",
    "symbol_type",
    "type",
];

/// Words of kinds of which a contract stands for several units.
const CONTRACTS: [&str; 8] =
    ["opt", "option", "options", "fut", "future", "futures", "fop", "equity and index options"];

/// The terms of an execution: a venue tells listed options in contracts, where lists of closed trades tell them either way.
///
/// # Errors
/// A multiplier that is no number.
pub(super) fn terms_of_fill(
    fields: &mut Fields<'_>,
    symbol: &str,
    rules: &ExitRules,
) -> Result<ContractTerms, WireError> {
    let is_said = fields.has(Field::Multiplier) || rules.instruments.terms(symbol).multiplier.is_some();
    if !is_said && is_listed_option(symbol) {
        fields.set(Field::Multiplier, OPTION_UNITS.into());
    }
    terms(fields, symbol, rules)
}

/// The record's own multiplier counts before what is known of the symbol. A warning where neither is there and the record is
/// said to be of an option or a future.
pub(super) fn terms(
    fields: &mut Fields<'_>,
    symbol: &str,
    rules: &ExitRules,
) -> Result<ContractTerms, WireError> {
    let mut terms = rules.instruments.terms(symbol);
    if let Some(multiplier) = fields.amount(Field::Multiplier)? {
        terms.multiplier = Some(multiplier.value);
    }
    if let Some(inverse) = fields.optional_flag(Field::Inverse) {
        terms.inverse = inverse;
    }
    // A stated result says the size of a contract too, and one of a pair is told in units.
    let is_known = terms.multiplier.is_some() || fields.has(Field::Pnl) || fields.has(Field::GrossPnl);
    if !is_known && is_contract(fields) && quote_currency(symbol).is_none() {
        fields.warn(format!(
            "{symbol} is an option or a future and counts as 1 unit: write [instruments.\"{symbol}\"] with its multiplier in \
             dtlearn.toml"
        ));
    }
    terms.multiplier = terms.multiplier.filter(|multiplier| *multiplier != 1.0);
    Ok(terms)
}

/// Whether the record is said to be of an option or a future.
fn is_contract(fields: &Fields<'_>) -> bool {
    let kinds = ASSET_NAMES.iter().filter_map(|name| fields.aside(name).and_then(Value::as_str));
    kinds.into_iter().any(|kind| CONTRACTS.iter().any(|word| kind.eq_ignore_ascii_case(word)))
}

/// Refuses the row by which a broker takes an execution back, such as `SELL (Ca.)`: it is no execution of its own.
pub(super) fn refuse_cancellation(side: &str) -> Result<(), Refusal> {
    let is_one = |word: &str| word.eq_ignore_ascii_case("ca") || word.to_lowercase().starts_with("cancel");
    match side.split(|c: char| !c.is_alphanumeric()).any(is_one) {
        true => Err(Refusal::TakenBack { text: side.to_owned() }),
        false => Ok(()),
    }
}
