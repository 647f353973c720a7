//! Whether a record is a closed trade at all, by its words.

use super::super::fields::Fields;
use super::super::raw::Raw;
use super::super::vocabulary::Field;
use super::ExitRecord;
use crate::domain::Side;

/// The side that a `type` states, of a record that is a closed trade; what else the record is.
pub(super) fn word_of_side(fields: &mut Fields<'_>) -> Result<Option<String>, ExitRecord> {
    let word_of_side = word_of_type(fields).map_err(ExitRecord::Event)?;
    if is_open(fields) {
        return Err(ExitRecord::Open);
    }
    let status = fields.peek(Field::Status).and_then(Raw::text).map(|word| word.to_ascii_lowercase());
    let is_stated = fields.has(Field::Pnl) || fields.has(Field::GrossPnl);
    match status.filter(|word| !is_stated && NOT_TRADED.iter().any(|begin| word.starts_with(begin))) {
        Some(word) => Err(ExitRecord::Event(word)),
        None => Ok(word_of_side),
    }
}

/// The side that a `type` states, where that is one; the event that it names, where that is no closed trade.
fn word_of_type(fields: &mut Fields<'_>) -> Result<Option<String>, String> {
    let Some(word) = fields.optional_text(Field::Type) else { return Ok(None) };
    if Side::parse(&word).is_ok() && !fields.has(Field::Side) {
        return Ok(Some(word));
    }
    if !is_exit(&word, fields) {
        return Err(word);
    }
    if !EXIT_WORDS.contains(&word.to_ascii_lowercase().as_str()) {
        fields.put_aside("type", word.into());
    }
    Ok(None)
}

/// Beginnings of states in which nothing was traded, where no result is stated.
const NOT_TRADED: [&str; 6] = ["cancel", "reject", "void", "deleted", "inactive", "invalid"];

/// Words for the event of a closed trade.
const EXIT_WORDS: [&str; 4] = ["exit", "fill_exit", "close", "trade"];

/// Whether an event of this word is a closed trade: by its word, or because it has everything that a closed trade
/// has, as rows have whose `type` is a kind of order or of instrument.
fn is_exit(word: &str, fields: &Fields<'_>) -> bool {
    let is_whole = || {
        let both = |one, other| fields.has(one) && fields.has(other);
        both(Field::EntryPrice, Field::Side)
            && both(Field::ExitTime, Field::EntryTime)
            && fields.is_certain(Field::ExitPrice)
    };
    EXIT_WORDS.contains(&word.to_ascii_lowercase().as_str()) || is_whole()
}

/// Whether the record says that the position is open, or has neither price nor time of an exit.
fn is_open(fields: &mut Fields<'_>) -> bool {
    if fields.optional_flag(Field::IsOpen) == Some(true) {
        return true;
    }
    let status = fields.peek(Field::Status).and_then(Raw::text).map(|word| word.to_ascii_lowercase());
    if status.is_some_and(|word| matches!(word.as_str(), "open" | "opened" | "active" | "pending")) {
        return true;
    }
    let gone = |field: Field| fields.peek(field).is_none_or(|raw| raw.text().is_none());
    fields.has(Field::EntryPrice)
        && [Field::ExitPrice, Field::ExitTime, Field::SellPrice, Field::BuyPrice].into_iter().all(gone)
        && fields.names_an_exit()
}
