//! A line of `fills.jsonl.gz`.

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use super::AsText;
use super::canonical_json::{Cursor, key};
use super::line::json_line_with_room;
use super::text::{Number, Text};
use crate::domain::{AtEntry, ContractTerms, Effect, Fill, Refusal, StatedResult, Timestamp};
use crate::wire::SCHEMA;
use crate::wire::input::{FillRecord, JsonObject, WireError, effect_of, is_buy};

/// Bytes of most lines: many wait at once to be stored.
const LINE: usize = 320;

#[derive(Serialize)]
struct Line<'a> {
    fill_id: &'a str,
    order_id: Option<&'a str>,
    account: Option<&'a str>,
    strategy: Option<&'a str>,
    symbol: &'a str,
    timestamp: AsText,
    side: &'static str,
    qty: f64,
    price: f64,
    fees: Option<f64>,
    signal_id: Option<&'a str>,
    stop_price: Option<f64>,
    target_price: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    funding: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiplier: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inverse: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fx_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pnl: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gross_pnl: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pnl_rounding: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lgb_prob: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lstm_prob: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transformer_prob: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regime: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vix: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sector: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    setup: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeframe: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<&'a JsonObject>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left_over: &'a [String],
    schema: u32,
    _ts: AsText,
}

impl FillRecord {
    /// The line of the record with its newline, as written at `now`.
    pub fn to_line(&self, now: Timestamp) -> Vec<u8> {
        line_of(&self.fill, &self.extra, &self.left_over, now)
    }

    /// Makes of the fill what its line is read back as.
    pub fn read_back(&mut self) {
        let fill = &mut self.fill;
        fill.terms.negative_prices = true;
        fill.terms.currency = None;
        fill.stated_is_gross &= fill.stated.is_some();
        if let Some(stated) = &mut fill.stated {
            stated.kept_frac = None;
        }
    }
}

/// The line of a fill with its newline, without anything that rides along, as caches keep it.
pub fn fill_line(fill: &Fill) -> Vec<u8> {
    line_of(fill, &JsonObject::new(), &[], Timestamp::default())
}

fn line_of(fill: &Fill, extra: &JsonObject, left_over: &[String], now: Timestamp) -> Vec<u8> {
    let nothing = AtEntry::default();
    let known = fill.at_entry.as_deref().unwrap_or(&nothing);
    // It was written as JSON before.
    let features: Option<&RawValue> =
        known.features.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let line = Line {
        fill_id: &fill.fill_id,
        order_id: fill.order_id.as_deref(),
        account: fill.account.as_deref(),
        strategy: fill.strategy.as_deref(),
        symbol: &fill.symbol,
        timestamp: AsText(fill.time),
        side: fill.side().as_order(),
        qty: fill.qty,
        price: fill.price,
        fees: fill.fees,
        signal_id: fill.signal_id.as_deref(),
        stop_price: fill.stop_price,
        target_price: fill.target_price,
        position_id: fill.position_id.as_deref(),
        funding: fill.funding,
        multiplier: fill.terms.multiplier,
        inverse: fill.terms.inverse.then_some(true),
        currency: fill.currency.as_deref(),
        fx_rate: fill.fx_rate,
        effect: fill.effect.map(|effect| if effect == Effect::Open { "open" } else { "close" }),
        pnl: fill.stated.filter(|_| !fill.stated_is_gross).map(|stated| stated.pnl),
        gross_pnl: fill.stated.filter(|_| fill.stated_is_gross).map(|stated| stated.pnl),
        pnl_rounding: fill.stated.map(|stated| stated.half_unit),
        exit_reason: fill.exit_reason.as_deref(),
        model_label: known.label.as_deref(),
        model_confidence: known.confidence,
        lgb_prob: known.lgb_prob,
        lstm_prob: known.lstm_prob,
        transformer_prob: known.transformer_prob,
        regime: known.regime.as_deref(),
        vix: known.vix,
        sector: known.sector.as_deref(),
        setup: known.setup.as_deref(),
        timeframe: known.timeframe.as_deref(),
        variant: known.variant.as_deref(),
        features,
        extra: Some(extra).filter(|extra| !extra.is_empty()),
        left_over,
        schema: SCHEMA,
        _ts: AsText(now),
    };
    json_line_with_room(LINE, &line)
}

/// A stored fill as it is read, borrowed from its line where possible.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Stored<'a> {
    #[serde(borrow)]
    fill_id: Option<Text<'a>>,
    #[serde(borrow)]
    order_id: Option<Text<'a>>,
    #[serde(borrow)]
    position_id: Option<Text<'a>>,
    #[serde(borrow)]
    account: Option<Text<'a>>,
    #[serde(borrow)]
    strategy: Option<Text<'a>>,
    #[serde(borrow)]
    symbol: Option<Text<'a>>,
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow)]
    side: Option<Text<'a>>,
    qty: Option<Number>,
    price: Option<Number>,
    fees: Option<Number>,
    funding: Option<Number>,
    multiplier: Option<Number>,
    inverse: Option<bool>,
    #[serde(borrow)]
    currency: Option<Text<'a>>,
    fx_rate: Option<Number>,
    #[serde(borrow)]
    effect: Option<Text<'a>>,
    pnl: Option<Number>,
    gross_pnl: Option<Number>,
    pnl_rounding: Option<Number>,
    #[serde(borrow)]
    signal_id: Option<Text<'a>>,
    stop_price: Option<Number>,
    target_price: Option<Number>,
    #[serde(borrow)]
    exit_reason: Option<Text<'a>>,
    #[serde(borrow)]
    model_label: Option<Text<'a>>,
    model_confidence: Option<Number>,
    lgb_prob: Option<Number>,
    lstm_prob: Option<Number>,
    transformer_prob: Option<Number>,
    #[serde(borrow)]
    regime: Option<Text<'a>>,
    vix: Option<Number>,
    #[serde(borrow)]
    sector: Option<Text<'a>>,
    #[serde(borrow)]
    setup: Option<Text<'a>>,
    #[serde(borrow)]
    timeframe: Option<Text<'a>>,
    #[serde(borrow)]
    variant: Option<Text<'a>>,
    #[serde(borrow)]
    features: Option<&'a RawValue>,
    schema: Option<u32>,
}

/// The quick way to read a line: with its keys in the order in which this program writes them. `None` at anything else; the
/// plain way then decides. What it does read, it reads as the plain way would.
fn read_in_order(line: &[u8]) -> Option<Stored<'_>> {
    let mut at = Cursor::behind("{\"fill_id\":", line)?;
    let mut stored = Stored {
        fill_id: at.text_or_null()?,
        order_id: at.text(key!("order_id"))?,
        account: at.text(key!("account"))?,
        strategy: at.text(key!("strategy"))?,
        symbol: at.text(key!("symbol"))?,
        timestamp: at.text(key!("timestamp"))?,
        side: at.text(key!("side"))?,
        qty: at.number(key!("qty"))?,
        price: at.number(key!("price"))?,
        fees: at.number(key!("fees"))?,
        signal_id: at.text(key!("signal_id"))?,
        stop_price: at.number(key!("stop_price"))?,
        target_price: at.number(key!("target_price"))?,
        position_id: at.text(key!("position_id"))?,
        funding: at.number(key!("funding"))?,
        multiplier: at.number(key!("multiplier"))?,
        inverse: at.flag(key!("inverse"))?,
        currency: at.text(key!("currency"))?,
        fx_rate: at.number(key!("fx_rate"))?,
        effect: at.text(key!("effect"))?,
        ..Stored::default()
    };
    // What the engine knew is rare in a history, and read the plain way.
    at.skip(key!("extra"))?;
    stored.schema = at.whole_number(key!("schema"))?;
    at.text(key!("_ts"))?;
    at.is_at_end().then_some(stored)
}

/// Reads one stored line.
///
/// # Errors
/// What is wrong with the line; it then counts as unreadable.
pub fn read_stored_fill(line: &[u8]) -> Result<Fill, WireError> {
    match read_in_order(line) {
        Some(stored) => fill_of(stored),
        None => read_in_any_order(line),
    }
}

fn read_in_any_order(line: &[u8]) -> Result<Fill, WireError> {
    let stored = serde_json::from_slice(line).map_err(|error| WireError::NotJson(error.to_string()))?;
    fill_of(stored)
}

fn fill_of(stored: Stored<'_>) -> Result<Fill, WireError> {
    let text = |text: Option<Text<'_>>| text.map(|text| text.0.into_owned()).filter(|text| !text.is_empty());
    let name =
        |name: Option<Text<'_>>| name.map(|name| SmolStr::from(name.0)).filter(|name| !name.is_empty());
    let number = |number: Option<Number>| number.map(|number| number.0);
    let missing = |field| Refusal::Missing { field };
    let time = text(stored.timestamp).ok_or(missing("timestamp"))?;
    let time =
        Timestamp::parse(&time).map_err(|why| Refusal::BadTime { field: "timestamp", text: time, why })?;
    let side = text(stored.side).ok_or(missing("side"))?;
    let is_buy = is_buy(&side).ok_or(Refusal::UnknownOrderSide { text: side })?;
    let rounding = number(stored.pnl_rounding).unwrap_or(0.0);
    let fill = Fill {
        fill_id: name(stored.fill_id).ok_or(missing("fill_id"))?,
        order_id: name(stored.order_id),
        position_id: name(stored.position_id),
        account: name(stored.account),
        strategy: name(stored.strategy),
        symbol: name(stored.symbol).ok_or(missing("symbol"))?,
        folded: None,
        is_buy,
        qty: number(stored.qty).ok_or(missing("qty"))?,
        price: number(stored.price).ok_or(missing("price"))?,
        fees: number(stored.fees),
        funding: number(stored.funding),
        // Whether a price may be below zero was asked when it came.
        terms: ContractTerms {
            multiplier: number(stored.multiplier),
            inverse: stored.inverse.unwrap_or(false),
            negative_prices: true,
            currency: None,
        },
        currency: text(stored.currency),
        fx_rate: number(stored.fx_rate),
        time,
        stated: number(stored.pnl.or(stored.gross_pnl)).map(|pnl| StatedResult {
            pnl,
            half_unit: rounding,
            kept_frac: None,
        }),
        stated_is_gross: stored.pnl.is_none() && stored.gross_pnl.is_some(),
        effect: text(stored.effect).as_deref().and_then(effect_of),
        signal_id: text(stored.signal_id),
        stop_price: number(stored.stop_price),
        target_price: number(stored.target_price),
        exit_reason: text(stored.exit_reason),
        at_entry: AtEntry {
            label: text(stored.model_label),
            confidence: number(stored.model_confidence),
            lgb_prob: number(stored.lgb_prob),
            lstm_prob: number(stored.lstm_prob),
            transformer_prob: number(stored.transformer_prob),
            regime: text(stored.regime),
            vix: number(stored.vix),
            sector: text(stored.sector),
            setup: text(stored.setup),
            timeframe: text(stored.timeframe),
            variant: text(stored.variant),
            features: stored.features.map(|features| features.get().to_owned()).filter(|text| text != "null"),
        }
        .boxed(),
    };
    if stored.schema.is_some_and(|schema| schema > SCHEMA) {
        return Err(WireError::Row("written by a newer version".into()));
    }
    Ok(fill.checked()?)
}

/// The id under which a fill is known in its log: the venue's ids are unique within account, symbol and
/// position. A reader may learn later than of the fill that its account holds long and short at once.
pub fn fill_identity(fill: &Fill) -> String {
    let account = fill.account.as_deref().unwrap_or_default();
    let position = fill.venue_position().unwrap_or_default();
    [account, fill.netted_symbol(), position, &fill.fill_id].join("\u{1f}")
}

/// What tells two fills of one id apart: what was done, when, how much, at what price and cost.
pub fn fill_content(fill: &Fill) -> u64 {
    let Fill { is_buy, qty, price, time, fees, .. } = fill;
    // Room for all of it at once.
    let mut text = Vec::with_capacity(128);
    text.extend_from_slice(if *is_buy { b"true " } else { b"false " });
    put_number(&mut text, *qty);
    text.push(b' ');
    put_number(&mut text, *price);
    let _ = write!(text, " {time} ");
    match fees {
        None => text.extend_from_slice(b"None"),
        Some(fees) => {
            text.extend_from_slice(b"Some(");
            put_number(&mut text, *fees);
            text.push(b')');
        }
    }
    xxhash_rust::xxh3::xxh3_64(&text)
}

/// A number as `{:?}` writes it, which checkpoints rest on. Where serde_json writes it alike it does so in half of the time.
fn put_number(text: &mut Vec<u8>, number: f64) {
    let is_alike = number == 0.0 || (1e-4..1e15).contains(&number.abs());
    if !is_alike || serde_json::to_writer(&mut *text, &number).is_err() {
        let _ = write!(text, "{number:?}");
    }
}

#[cfg(test)]
mod tests;
