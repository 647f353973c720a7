//! An open position, as an engine that keeps its own hands it over.

use super::fields::Fields;
use super::json::WireError;
use super::vocabulary::Field;
use crate::domain::{Refusal, Side, positive};

/// A position of an engine that keeps its own.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRow {
    /// What is held.
    pub symbol: String,
    /// In which direction.
    pub side: Side,
    /// Units, above 0.
    pub qty: f64,
    /// Average price of the entry.
    pub entry_price: f64,
    /// The stop.
    pub stop_price: Option<f64>,
    /// Its sector.
    pub sector: Option<String>,
    /// Its strategy.
    pub strategy: Option<String>,
}

/// Reads an open position: symbol, side, qty and entry_price, better with stop_price and sector. A quantity below 0 is a
/// short position, where no side is said.
///
/// # Errors
/// The refusal that applies first.
pub fn read_open(mut fields: Fields<'_>) -> Result<OpenRow, WireError> {
    fields.no_clash()?;
    let symbol = fields.text(Field::Symbol)?;
    let side = fields.optional_text(Field::Side).map(|word| Side::parse(&word)).transpose()?;
    let qty = fields.number(Field::Qty)?.value;
    let side = match side {
        Some(side) => side,
        None if qty < 0.0 => Side::Short,
        None => return Err(Refusal::Missing { field: "side" }.into()),
    };
    let entry_price = positive("entry_price", fields.number(Field::EntryPrice)?.value)?;
    Ok(OpenRow {
        symbol,
        side,
        qty: positive("qty", qty.abs())?,
        entry_price,
        stop_price: fields.optional_price(Field::StopPrice),
        sector: fields.optional_text(Field::Sector),
        strategy: fields.optional_text(Field::Strategy),
    })
}
