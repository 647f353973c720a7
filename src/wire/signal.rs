//! A pick of the engine, from its JSON and to its line.

use serde::Serialize;

use super::fields::{Fields, TimeForm};
use super::json::{JsonObject, WireError};
use super::{Read, SCHEMA};
use crate::domain::{Mode, Side, Signal, Timestamp};

/// A pick with what rides along in its record.
#[derive(Clone, Debug)]
pub struct SignalRecord {
    /// The pick.
    pub signal: Signal,
    /// What was known when it was made, as it came.
    pub features: Option<JsonObject>,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
}

#[derive(Serialize)]
struct Line<'a> {
    signal_id: &'a str,
    symbol: &'a str,
    timestamp: String,
    side: &'static str,
    mode: Option<&'static str>,
    setup: Option<&'a str>,
    score: Option<f64>,
    confidence: Option<f64>,
    entry_price: f64,
    stop_price: Option<f64>,
    target_price: Option<f64>,
    regime: Option<&'a str>,
    sector: Option<&'a str>,
    features: Option<&'a JsonObject>,
    extra: Option<&'a JsonObject>,
    schema: u32,
    _ts: String,
}

impl SignalRecord {
    /// The line of the record with its newline, as written at `now`.
    pub fn to_line(&self, now: Timestamp) -> Vec<u8> {
        let signal = &self.signal;
        json_line(&Line {
            signal_id: &signal.id(),
            symbol: &signal.symbol,
            timestamp: signal.timestamp.to_string(),
            side: signal.side.as_position(),
            mode: signal.mode.map(Mode::as_str),
            setup: signal.setup.as_deref(),
            score: signal.score,
            confidence: signal.confidence,
            entry_price: signal.entry_price,
            stop_price: signal.stop_price,
            target_price: signal.target_price,
            regime: signal.regime.as_deref(),
            sector: signal.sector.as_deref(),
            features: self.features.as_ref(),
            extra: Some(&self.extra).filter(|extra| !extra.is_empty()),
            schema: SCHEMA,
            _ts: now.to_string(),
        })
    }
}

/// One value as one line of JSON with its newline. The forms written here hold nothing that JSON lacks.
pub(super) fn json_line<T: Serialize>(value: &T) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Reads a pick.
///
/// # Errors
/// The refusal that applies first.
pub fn read_signal(map: JsonObject, times: TimeForm) -> Result<Read<SignalRecord>, WireError> {
    let mut fields = Fields::new(map, times);
    let symbol = fields.text(&["symbol"])?;
    let timestamp = fields.time(&["timestamp"])?;
    let side = Side::parse(&fields.text(&["side", "label"])?)?;
    let mode = fields.optional_text(&["mode"]).map(|text| Mode::parse(&text)).transpose();
    let signal = Signal {
        signal_id: fields.optional_text(&["signal_id"]),
        symbol,
        timestamp,
        side,
        mode: mode.map_err(WireError::Refused)?,
        setup: fields.optional_text(&["setup"]),
        score: fields.optional_number(&["score"]),
        confidence: fields.optional_number(&["confidence"]),
        entry_price: fields.number(&["entry_price", "price"])?,
        stop_price: fields.optional_positive(&["stop_price"]),
        target_price: fields.optional_positive(&["target_price"]),
        regime: fields.optional_text(&["regime"]),
        sector: fields.optional_text(&["sector"]),
    }
    .checked()?;
    let features = fields.optional_object("features");
    fields.drop_all(&["schema", "_ts"]);
    let (extra, warnings) = fields.finish();
    Ok(Read { record: SignalRecord { signal, features, extra }, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::parse_object;

    #[test]
    fn a_pick_becomes_a_line_that_reads_back_the_same() {
        let now = Timestamp::parse("2019-02-11T19:35:01Z").unwrap();
        let text =
            br#"{"symbol":"AMZN","timestamp":"2019-02-11T19:35:00Z","side":"LONG","mode":"safe","score":3.5,
            "confidence":0.35,"entry_price":1589.98,"features":{"momentum_5m":0.000808967},"venue":1}"#;
        let read = read_signal(parse_object(text).unwrap(), TimeForm::Strict).unwrap().record;
        let line = read.to_line(now);
        let again = read_signal(parse_object(&line).unwrap(), TimeForm::Strict).unwrap().record;
        assert_eq!(again.to_line(now), line);
        assert!(line.starts_with(br#"{"signal_id":"h"#));
    }

    #[test]
    fn a_score_or_mode_that_cannot_be_is_refused() {
        let said = |change: &str| {
            let text = format!(
                r#"{{"symbol":"A","timestamp":"2019-02-11T19:35:00Z","side":"LONG","entry_price":1,{change}}}"#
            );
            read_signal(parse_object(text.as_bytes()).unwrap(), TimeForm::Strict).unwrap_err().to_string()
        };
        assert_eq!(said(r#""score":35.4"#), "score is 35.4, it lies between 0 and 10");
        assert_eq!(said(r#""mode":"YOLO""#), "mode \"YOLO\" is unknown: SAFE or AGGRESSIVE");
    }
}
