//! Schwab: the transactions of an account. A sale closes a long position, a short sale has a word of its own; an option that
//! expires, or becomes shares, is closed at 0. Rows have dates without a time of day, the newest first.

use super::profile::{Profile, Special, text};
use crate::wire::input::{Commas, JsonObject, Kind, read_number};

pub(super) const SCHWAB: Special = Special {
    profile: Profile {
        name: "schwab",
        about: "transactions as CSV: dates without a time of day; --tz America/New_York",
        kind: Kind::Fill,
        signatures: &[
            &["date", "action", "symbol", "quantity", "price", "fees&comm"],
            &["date", "action", "symbol", "quantity", "price", "feescomm"],
        ],
        names: &[
            ("date", "timestamp"),
            ("action", "side"),
            ("feescomm", "fees"),
            ("amount", ""),
            ("description", "description"),
        ],
        finish,
    },
    is_newest_first: true,
    turn: None,
    holds: None,
    shows_sides: false,
};

fn finish(record: &mut JsonObject) {
    let action = text(record, "side").to_lowercase();
    let effect = match action.as_str() {
        "sell" => Some("close"),
        "sell short" => Some("open"),
        _ => None,
    };
    if let Some(effect) = effect {
        record.insert("effect".into(), effect.into());
    }
    let is_trade = action.starts_with("buy") || action.starts_with("sell");
    if !is_trade && !ended(record, &action) && !action.contains("split") {
        record.insert("type".into(), if action.is_empty() { "other".into() } else { action.into() });
    }
    // `03/23/2026 as of 03/20/2026`: when it was booked, and when it was.
    if let Some((_, date)) = text(record, "timestamp").split_once(" as of ") {
        let date = date.to_owned();
        record.insert("timestamp".into(), date.into());
    }
}

/// Whether a row is the end of an option, which closes it at 0: the shares that it may become have a row of their own. The
/// quantity is what the account gains or loses of it.
fn ended(record: &mut JsonObject, action: &str) -> bool {
    if !matches!(action, "expired" | "assigned" | "exchange or exercise")
        || !is_option(text(record, "symbol"))
    {
        return false;
    }
    let qty = read_number(text(record, "qty"), Commas::Thousands).ok().flatten().map(|number| number.value);
    let Some(qty) = qty.filter(|qty| *qty != 0.0) else { return false };
    let is_bought = match action {
        // Who sold it is assigned, who bought it exercises.
        "assigned" => true,
        "exchange or exercise" => false,
        _ => qty > 0.0,
    };
    record.insert("side".into(), if is_bought { "buy to close" } else { "sell to close" }.into());
    record.insert("qty".into(), qty.abs().into());
    record.insert("price".into(), 0.into());
    record.insert("exit_reason".into(), action.into());
    true
}

/// `AAPL 03/20/2026 185.00 C`
fn is_option(symbol: &str) -> bool {
    let mut words = symbol.rsplit(' ');
    let is_right = matches!(words.next(), Some("C" | "P"));
    let is_strike = words.next().is_some_and(|strike| strike.parse::<f64>().is_ok());
    is_right && is_strike && words.next().is_some_and(|expiry| expiry.matches('/').count() == 2)
}
