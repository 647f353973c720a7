//! A program whose rows differ from the vocabulary in their names, and in little else: most formats are a table.

use serde_json::Value;

use super::{ImportFormat, Turn};
use crate::domain::quote_currency;
use crate::wire::input::{
    Commas, Field, JsonObject, Kind, Rank, currency_behind, folded, meaning_of, read_number,
};

/// A format that is told by its names.
pub(super) struct Profile {
    pub name: &'static str,
    pub about: &'static str,
    /// What its rows are.
    pub kind: Kind,
    /// Names, folded, that a file of it has, one of these sets; a `*` at the end stands for any rest.
    pub signatures: &'static [&'static [&'static str]],
    /// Names of it, folded, and the field that each stands for; an empty one is left out.
    pub names: &'static [(&'static str, &'static str)],
    /// What else has to be done with a record once its names are those of the vocabulary.
    pub finish: fn(&mut JsonObject),
}

impl ImportFormat for Profile {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn signatures(&self) -> &'static [&'static [&'static str]] {
        self.signatures
    }

    fn rewrite(&self, record: JsonObject) -> JsonObject {
        let mut out = JsonObject::new();
        // What a heading says of the currency goes on with the value: `Net P&L EUR` is no plain `pnl`.
        let mut currencies: Vec<(&str, &str)> = Vec::new();
        // Fields that a name of the vocabulary took, with that name.
        let mut taken: Vec<(&str, String)> = Vec::new();
        for (key, value) in record.into_iter().filter(|(key, _)| !is_kept_back(key)) {
            let name = folded(&key);
            match self.names.iter().find(|(theirs, _)| is_name(&name, theirs)) {
                Some((_, "")) => {}
                Some((_, ours)) => {
                    currencies.extend(currency_behind(&key).map(|code| (*ours, code)));
                    // What the program calls so itself counts before a name that means it elsewhere.
                    if let Some(at) = taken.iter().position(|(field, _)| field == ours) {
                        let (_, theirs) = taken.swap_remove(at);
                        if let Some(other) = out.insert((*ours).to_owned(), value) {
                            out.entry(theirs).or_insert(other);
                        }
                    } else {
                        out.entry(*ours).or_insert(value);
                    }
                }
                None => {
                    let meaning = meaning_of(&key, self.kind).filter(|meaning| meaning.rank > Rank::Loose);
                    // A second name of one field stays as it is: costs add up, a date and a clock are one time.
                    let name =
                        meaning.map(|meaning| meaning.field.as_str()).filter(|name| !out.contains_key(*name));
                    match name {
                        Some(name) => {
                            out.insert(name.to_owned(), value);
                            if name != key {
                                taken.push((name, key));
                            }
                        }
                        None => drop(out.entry(key).or_insert(value)),
                    }
                }
            }
        }
        (self.finish)(&mut out);
        for (ours, code) in currencies {
            if let Some(value) = out.shift_remove(ours) {
                out.insert(format!("{ours} ({code})"), value);
            }
        }
        out.retain(|_, value| !value.is_null());
        out
    }
}

/// A format that is told by its names, and has more to it than its records.
pub(super) struct Special {
    pub profile: Profile,
    pub is_newest_first: bool,
    pub turn: Option<Turn>,
    pub holds: Option<&'static str>,
    pub shows_sides: bool,
}

impl ImportFormat for Special {
    fn name(&self) -> &'static str {
        self.profile.name
    }

    fn about(&self) -> &'static str {
        self.profile.about
    }

    fn kind(&self) -> Kind {
        self.profile.kind
    }

    fn signatures(&self) -> &'static [&'static [&'static str]] {
        self.profile.signatures
    }

    fn rewrite(&self, record: JsonObject) -> JsonObject {
        self.profile.rewrite(record)
    }

    fn is_newest_first(&self) -> bool {
        self.is_newest_first
    }

    fn turn(&self) -> Option<Turn> {
        self.turn
    }

    fn holds(&self) -> Option<&'static str> {
        self.holds
    }

    fn shows_sides(&self) -> bool {
        self.shows_sides
    }
}

/// Whether a program keeps a column for itself, beside what it shows of it in another form: `_action` 0, `B/S` Buy.
pub(super) fn is_kept_back(name: &str) -> bool {
    name.starts_with('_')
}

/// Whether a folded name is the one of a table, where a `*` at the end stands for any rest.
pub(super) fn is_name(name: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == wanted,
    }
}

/// A result that the program worked out from prices is in the currency in which the pair is told, where the record names none.
pub(super) fn result_in_quote(record: &mut JsonObject, result: &str) {
    let names_one = record
        .iter()
        .filter(|(_, value)| !value.is_null())
        .any(|(key, _)| meaning_of(key, Kind::Exit).is_some_and(|meaning| meaning.field == Field::Currency));
    let symbol =
        ["symbol", "pair"].into_iter().map(|key| text(record, key)).find(|symbol| !symbol.is_empty());
    if let Some(quote) = symbol.and_then(quote_currency).filter(|_| !names_one)
        && let Some(value) = record.shift_remove(result)
    {
        record.insert(format!("{result} ({quote})"), value);
    }
}

/// Nothing more.
pub(super) fn as_it_is(_: &mut JsonObject) {}

/// The text of a value.
pub(super) fn text<'r>(record: &'r JsonObject, key: &str) -> &'r str {
    record.get(key).and_then(Value::as_str).map_or("", str::trim)
}

/// A number by key, also where it travels as text.
pub(super) fn number(record: &JsonObject, key: &str) -> Option<f64> {
    match record.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => read_number(text, Commas::Unknown).ok()?.map(|number| number.value),
        _ => None,
    }
}

/// Whether an amount is above nothing, also where it could be read with either comma.
pub(super) fn is_some_amount(record: &JsonObject, key: &str) -> bool {
    let is_positive =
        |text: &str| !text.starts_with('-') && text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    number(record, key).map_or_else(|| is_positive(text(record, key)), |amount| amount > 0.0)
}

/// Sets or leaves out the quantity of an amount with its asset behind it, as `0.5BTC`; returns the asset.
pub(super) fn split_asset(text: &str) -> (&str, &str) {
    let at = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+')))
        .unwrap_or(text.len());
    let (number, asset) = text.split_at(at);
    (number.trim(), asset.trim())
}

/// A cost in the base asset makes the position smaller, one in the quote asset is a fee; any other cannot be
/// reckoned without its price, and stays as it is for the reader to refuse, as does one that is no number.
pub(super) fn cost_in_asset(record: &mut JsonObject, cost: &str, asset: &str, base: &str, quote: &str) {
    let value = read_number(cost, Commas::Unknown).ok().flatten().map(|number| number.value);
    let of_base = number(record, "qty").zip(number(record, "price"));
    let fees = match (value, of_base) {
        (Some(value), _) if asset.is_empty() || asset.eq_ignore_ascii_case(quote) => value.into(),
        (Some(value), Some((qty, price))) if asset.eq_ignore_ascii_case(base) => {
            if text(record, "side").eq_ignore_ascii_case("buy") {
                record.insert("qty".into(), (qty - value).into());
            }
            (value * price).into()
        }
        (Some(0.0), _) => return,
        _ => format!("{cost} {asset}").trim().into(),
    };
    record.insert("fees".into(), fees);
}
