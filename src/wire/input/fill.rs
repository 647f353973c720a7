//! An execution, from its JSON or from a row of a broker's file.

use smol_str::SmolStr;

use super::contract::{refuse_cancellation, terms_of_fill};
use super::exit::symbol;
use super::fields::Fields;
use super::json::{JsonObject, WireError};
use super::later_news::put_later_news_aside;
use super::money::Money;
use super::raw::Raw;
use super::rules::ExitRules;
use super::vocabulary::Field;
use crate::domain::{AtEntry, Effect, Fill, Refusal, Timestamp, derived_fill_id};
use crate::wire::Read;

/// An execution with what rides along in its record.
#[derive(Clone, Debug)]
pub struct FillRecord {
    /// The execution.
    pub fill: Fill,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
    /// Names in `extra` that look like money and were not taken.
    pub left_over: Vec<String>,
}

/// What a record of an execution turned out to be.
#[derive(Debug)]
pub enum FillInput {
    /// An execution.
    Fill(Box<ReadFill>),
    /// Another event, by its word.
    Event(String),
}

/// An execution with what was done to read it.
#[derive(Debug)]
pub struct ReadFill {
    /// The record, and what its sender should know.
    pub read: Read<FillRecord>,
    /// Whether it has no id of its own.
    pub is_unnamed: bool,
}

/// Words for the event of an execution.
const FILL_WORDS: [&str; 10] = [
    "fill",
    "partial fill",
    "partial",
    "trade",
    "trades",
    "execution",
    "exec",
    "executed",
    "filled",
    "order filled",
];

/// Kinds of orders, and of instruments, that stand under the same name.
const NO_EVENTS: [&str; 19] = [
    "market",
    "mkt",
    "limit",
    "lmt",
    "stop",
    "stp",
    "stop limit",
    "stop market",
    "trailing stop",
    "moc",
    "loc",
    "stock",
    "stk",
    "etf",
    "option",
    "opt",
    "future",
    "fut",
    "spot",
];

/// States of an order in which nothing more, or nothing at all, was executed.
const NOT_FILLED: [&str; 13] = [
    "cancelled",
    "canceled",
    "rejected",
    "expired",
    "open",
    "new",
    "working",
    "pending",
    "accepted",
    "submitted",
    "held",
    "failed",
    "replaced",
];

/// Reads an execution.
///
/// # Errors
/// The [`Refusal`] that applies first.
pub fn read_fill(mut fields: Fields<'_>, rules: &ExitRules) -> Result<FillInput, WireError> {
    if let Some(event) = event_of(&mut fields)? {
        return Ok(FillInput::Event(event));
    }
    fields.no_clash()?;
    let symbol = symbol(&mut fields, rules)?;
    let qty = fields.number(Field::Qty)?.value;
    if qty == 0.0 {
        return Ok(FillInput::Event("not filled".into()));
    }
    let effect = effect(&mut fields);
    let bought = side_of(&mut fields, qty)?;
    let price = fields.number(Field::Price)?.value;
    let time = fields.time(Field::Timestamp)?.at;
    let terms = terms_of_fill(&mut fields, &symbol, rules)?;
    let mut money = Money::take(&mut fields)?;
    let (currency, fx_rate) = money.currency(&mut fields, (&symbol, &terms), rules, Some(price))?;
    let costs = money.costs(fields.conventions().costs_are_negative);
    // What a venue takes of the coin that was bought never came to the account.
    let qty = if bought { qty.abs() - money.fees_in_base() } else { qty.abs() };
    let fill_id = name(&mut fields, Field::FillId);
    let is_unnamed = fill_id.is_none();
    let mut fill = Fill {
        fill_id: fill_id.unwrap_or_default(),
        order_id: name(&mut fields, Field::OrderId),
        position_id: name(&mut fields, Field::PositionId),
        account: name(&mut fields, Field::Account),
        strategy: name(&mut fields, Field::Strategy),
        symbol: symbol.into(),
        folded: None,
        is_buy: bought,
        qty,
        price: price + 0.0,
        fees: match (costs.fees, costs.rebate) {
            (None, None) => None,
            (fees, rebate) => Some(fees.unwrap_or(0.0) - rebate.unwrap_or(0.0)),
        },
        funding: costs.funding,
        terms,
        currency,
        fx_rate,
        time,
        stated: money.stated_as_it_came(),
        stated_is_gross: money.states_gross(),
        effect,
        signal_id: fields.optional_text(Field::SignalId),
        stop_price: fields.optional_price(Field::StopPrice),
        target_price: fields.optional_price(Field::TargetPrice),
        exit_reason: fields.optional_text(Field::ExitReason),
        at_entry: at_entry(&mut fields, time),
    }
    .checked()?;
    if is_unnamed {
        fill.fill_id = derived_fill_id(&fill).into();
    }
    let rest = fields.finish();
    let record = FillRecord { fill, extra: rest.extra, left_over: rest.left_over };
    Ok(FillInput::Fill(Box::new(ReadFill { read: Read { record, warnings: rest.warnings }, is_unnamed })))
}

/// Whether the fill opens or closes: as a field of its own says it, else the word of its side.
fn effect(fields: &mut Fields<'_>) -> Option<Effect> {
    if let Some(word) = fields.optional_text(Field::Effect) {
        let effect = effect_of(&word);
        if effect.is_none() {
            fields.put_aside("effect", word.into());
        }
        return effect;
    }
    let word = fields.peek(Field::Side).and_then(Raw::text)?;
    if bare_side(&word).is_some() {
        return None;
    }
    let word = plain(&word);
    let has = |words: &[&str]| words.contains(&word.as_str());
    let last = word.rsplit(' ').next().unwrap_or_default();
    if has(&[
        "bto",
        "sto",
        "sell short",
        "short sell",
        "ss",
        "open long",
        "open short",
        "enter long",
        "enter short",
    ]) || last == "open"
    {
        Some(Effect::Open)
    } else if has(&["btc", "stc", "bc", "cover", "buy cover", "buy to cover", "close long", "close short"])
        || has(&["exit long", "exit short"])
        || last == "close"
    {
        Some(Effect::Close)
    } else {
        None
    }
}

/// What a word says of a position: opened, closed, or nothing that is known.
pub(in crate::wire) fn effect_of(word: &str) -> Option<Effect> {
    match plain(word).as_str() {
        "open" | "o" | "to open" | "opening" | "in" | "entry" => Some(Effect::Open),
        "close" | "c" | "to close" | "closing" | "out" | "exit" => Some(Effect::Close),
        _ => None,
    }
}

fn name(fields: &mut Fields<'_>, field: Field) -> Option<SmolStr> {
    fields.optional_words(field).map(SmolStr::from)
}

fn at_entry(fields: &mut Fields<'_>, time: Timestamp) -> Option<Box<AtEntry>> {
    let mut features = fields.optional_object(Field::Features);
    put_later_news_aside(features.as_mut(), Some(time), fields);
    let known = AtEntry {
        label: fields.optional_text(Field::ModelLabel),
        confidence: fields.optional_probability(Field::ModelConfidence),
        lgb_prob: fields.optional_probability(Field::LgbProb),
        lstm_prob: fields.optional_probability(Field::LstmProb),
        transformer_prob: fields.optional_probability(Field::TransformerProb),
        regime: fields.optional_text(Field::Regime),
        vix: fields.optional_vix(),
        sector: fields.optional_text(Field::Sector),
        setup: fields.optional_text(Field::Setup),
        timeframe: fields.optional_timeframe(),
        variant: fields.optional_text(Field::Variant),
        features: features.map(|map| serde_json::Value::Object(map).to_string()),
    };
    known.boxed()
}

/// The word of an event that is no execution. A kind of order or of instrument is none, and stays under `extra`.
fn event_of(fields: &mut Fields<'_>) -> Result<Option<String>, WireError> {
    for field in [Field::Type, Field::Side] {
        if let Some(word) = fields.peek(field).and_then(Raw::text).filter(|word| is_corporate_action(word)) {
            return Err(Refusal::CorporateAction { text: word.into_owned() }.into());
        }
    }
    if let Some(word) = fields.peek(Field::Status).and_then(Raw::text)
        && NOT_FILLED.contains(&plain(&word).as_str())
    {
        return Ok(Some(plain(&word)));
    }
    let Some(word) = fields.peek(Field::Type).and_then(Raw::text).map(|word| word.into_owned()) else {
        return Ok(None);
    };
    let folded = plain(&word);
    if !fields.has(Field::Side) && is_buy(&word).is_some() {
        return Ok(None);
    }
    fields.optional_text(Field::Type);
    if NO_EVENTS.contains(&folded.as_str()) {
        fields.put_aside("type", word.into());
        return Ok(None);
    }
    let is_fill =
        FILL_WORDS.contains(&folded.as_str()) || folded.ends_with("fill") || folded.starts_with("fill");
    Ok((!is_fill).then_some(word))
}

fn plain(word: &str) -> String {
    let spaced = |c: char| if matches!(c, '_' | '-' | '.') { ' ' } else { c.to_ascii_lowercase() };
    word.trim().chars().map(spaced).collect::<String>().trim().to_owned()
}

/// Whether a word is that of a change of an open position without an execution.
fn is_corporate_action(word: &str) -> bool {
    if bare_side(word).is_some() {
        return false;
    }
    let word = plain(word);
    ["split", "spin off", "spinoff", "merger", "stock dividend", "reorganization", "corporate action"]
        .iter()
        .any(|action| word.contains(action))
}

/// Whether a word is nothing but buy, or sell, as nearly all are.
fn bare_side(word: &str) -> Option<bool> {
    let is = |side: &str| word.eq_ignore_ascii_case(side);
    if is("buy") { Some(true) } else { is("sell").then_some(false) }
}

/// Whether an order with this word bought, else sold; `None` where it says neither.
pub(in crate::wire) fn is_buy(word: &str) -> Option<bool> {
    if let Some(bought) = bare_side(word) {
        return Some(bought);
    }
    if word.trim() == "-1" {
        return Some(false);
    }
    let word = plain(word);
    match word.as_str() {
        "buy" | "b" | "bot" | "bought" | "buy to open" | "bto" | "buy open" | "buy to close" | "btc"
        | "buy close" | "buy to cover" | "buy cover" | "cover" | "bc" | "long" | "open long"
        | "enter long" | "close short" | "exit short" | "1" | "+1" | "kauf" | "compra" | "achat" => {
            Some(true)
        }
        "sell" | "s" | "sld" | "sold" | "sell to close" | "stc" | "sell close" | "sell short"
        | "short sell" | "short" | "ss" | "sell to open" | "sto" | "sell open" | "open short"
        | "enter short" | "close long" | "exit long" | "verkauf" | "venta" | "vente" => Some(false),
        _ if word.is_empty() => None,
        _ => {
            let first = word.split(' ').next().unwrap_or_default();
            match first {
                "buy" | "bought" => Some(true),
                "sell" | "sold" => Some(false),
                _ => None,
            }
        }
    }
}

/// What the order did: by its word; without one, by the sign of the quantity where some are below zero.
fn side_of(fields: &mut Fields<'_>, qty: f64) -> Result<bool, WireError> {
    let word = match fields.optional_text(Field::Side) {
        Some(word) => Some(word),
        None => fields.optional_text(Field::Type),
    };
    let Some(word) = word else {
        let is_signed = qty < 0.0 || fields.conventions().qty_is_signed;
        return if is_signed { Ok(qty > 0.0) } else { Err(Refusal::Missing { field: "side" }.into()) };
    };
    refuse_cancellation(&word)?;
    match is_buy(&word) {
        None => Err(Refusal::UnknownOrderSide { text: word }.into()),
        Some(true) if qty < 0.0 => Err(Refusal::SideAgainstQty { qty, side: word }.into()),
        Some(bought) => Ok(bought),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::input::{Conventions, Kind, Names, parse_object};

    fn read(text: &str) -> Result<FillInput, String> {
        let (names, conventions) = (Names::of(Kind::Fill), Conventions::default());
        let fields = Fields::of_object(parse_object(text.as_bytes()).unwrap(), &names, &conventions);
        read_fill(fields, &ExitRules::default()).map_err(|error| error.to_string())
    }

    fn taken(text: &str) -> Fill {
        match read(text) {
            Ok(FillInput::Fill(fill)) => fill.read.record.fill,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn executions_are_read_by_all_their_names() {
        let engine = taken(
            r#"{"type":"fill","exec_id":17,"symbol":"AAPL","side":"sell short","qty":5,"price":"1,234.50","commission":1.25,
                "timestamp":"2026-03-02T15:30:00Z","stop":1250,"features":{"rsi":31}}"#,
        );
        assert_eq!(
            (engine.fill_id.as_str(), engine.is_buy, engine.qty, engine.price),
            ("17", false, 5.0, 1234.5)
        );
        assert_eq!((engine.fees, engine.stop_price), (Some(1.25), Some(1250.0)));
        assert_eq!(engine.at_entry.unwrap().features.as_deref(), Some(r#"{"rsi":31}"#));
        let broker = taken(
            r#"{"Symbol":"ES","Quantity":-2,"T. Price":6000,"Date/Time":"2026-03-02 15:30:00Z","IBCommission":-4.2,"Type":"LMT"}"#,
        );
        assert_eq!((broker.is_buy, broker.qty), (false, 2.0));
        assert!(broker.fill_id.starts_with('h') && broker.fill_id.len() == 33);
    }

    #[test]
    fn what_is_no_execution_is_counted_or_refused_with_its_reason() {
        let with = |key: &str, value: &str| {
            format!(
                r#"{{"symbol":"A","qty":1,"price":2,"timestamp":"2026-03-02T15:30:00Z","side":"BUY","{key}":"{value}"}}"#
            )
        };
        for (key, value, event) in
            [("type", "DIV", "DIV"), ("status", "Cancelled", "cancelled"), ("type", "order", "order")]
        {
            assert!(
                matches!(read(&with(key, value)), Ok(FillInput::Event(word)) if word == event),
                "{value}"
            );
        }
        let split = read(&with("type", "Stock Split")).unwrap_err();
        assert!(split.starts_with("\"Stock Split\" is no execution"), "{split}");
        let unknown = read(&with("side", "hold").replace("\"side\":\"BUY\",", "")).unwrap_err();
        assert!(unknown.starts_with("side \"hold\" is unknown"), "{unknown}");
        let unsaid = read(&with("x", "y").replace("\"side\":\"BUY\",", "")).unwrap_err();
        assert_eq!(unsaid, "no side");
    }
}
