//! A pick of the engine, from its JSON.

use super::fields::{Fields, TimeForm};
use super::json::{JsonObject, WireError};
use crate::domain::{Mode, Side, Signal};
use crate::wire::Read;

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
    use crate::domain::Timestamp;
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
