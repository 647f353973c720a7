//! The engine's exit event, and any other object that tells of a closed trade, into an outcome record.

use super::fields::{Fields, TimeForm};
use super::json::{JsonObject, WireError};
use crate::domain::{ClosedTrade, Refusal, Side, Trade};
use crate::wire::Read;

/// A trade with what rides along in its record.
#[derive(Clone, Debug)]
pub struct OutcomeRecord {
    /// The trade.
    pub trade: Trade,
    /// What was known at entry, as it came.
    pub features: Option<JsonObject>,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
}

/// Keys of stored records that are worked out anew, never taken over.
const DERIVED: &[&str] =
    &["hold_duration_minutes", "time_of_day", "success", "quality", "outcome", "schema", "_ts"];

/// Reads an exit event, or a stored outcome that is recorded again.
///
/// # Errors
/// The [`Refusal`] that applies first.
pub fn read_exit(map: JsonObject, times: TimeForm) -> Result<Read<OutcomeRecord>, WireError> {
    let mut fields = Fields::new(map, times);
    if let Some(text) = fields.optional_text(&["type"])
        && !["exit", "fill_exit", "close"].contains(&text.to_ascii_lowercase().as_str())
    {
        return Err(Refusal::NotAnExit { text }.into());
    }
    let symbol = fields.text(&["symbol"])?;
    let side = Side::parse(&fields.text(&["side"])?)?;
    let entry_price = fields.number(&["entry_price"])?;
    let exit_price = fields.number(&["exit_price", "price"])?;
    let exit_time = fields.time(&["exit_time", "timestamp"])?;
    let entry_time = fields.optional_time(&["entry_time", "entry_timestamp"])?;
    let mfe_frac = signed_excursion(&mut fields, "mfe_pct", |value| value >= 0.0, "0 or above");
    let mae_frac = signed_excursion(&mut fields, "mae_pct", |value| value <= 0.0, "0 or below");
    let closed = ClosedTrade {
        trade_id: fields.optional_text(&["trade_id"]),
        signal_id: fields.optional_text(&["signal_id"]),
        symbol,
        side,
        entry_time,
        exit_time,
        entry_price,
        exit_price,
        qty: fields.sound_number(&["qty"])?,
        fees: fields.optional_number(&["fees"]),
        label: fields.optional_text(&["model_label", "label"]),
        confidence: fields.optional_number(&["model_confidence", "confidence"]),
        lgb_prob: fields.optional_number(&["lgb_prob"]),
        lstm_prob: fields.optional_number(&["lstm_prob"]),
        transformer_prob: fields.optional_number(&["transformer_prob"]),
        regime: fields.optional_text(&["regime"]),
        vix: fields.optional_positive(&["vix"]),
        sector: fields.optional_text(&["sector"]),
        exit_reason: fields.optional_text(&["exit_reason", "reason"]),
        stop_price: fields.optional_positive(&["stop_price"]),
        target_price: fields.optional_positive(&["target_price"]),
        hit_target: fields.optional_flag(&["hit_target"]),
        hit_stop: fields.optional_flag(&["hit_stop"]),
        mfe_frac,
        mae_frac,
        setup: fields.optional_text(&["setup"]),
        strategy: fields.optional_text(&["strategy"]),
        variant: fields.optional_text(&["variant"]),
    };
    let features = fields.optional_object("features");
    let said = fields.optional_number(&["pnl"]);
    fields.optional_number(&["pnl_pct"]);
    fields.drop_all(DERIVED);
    let trade = Trade::new(closed)?;
    let tolerance = 0.01 + 1e-3 * trade.pnl().abs();
    if let Some(said) = said
        && (said - trade.pnl()).abs() > tolerance
    {
        let ours = trade.pnl();
        fields.warn(format!(
            "pnl is {said} in the input, {ours:.4} by prices, qty and fees: the latter is stored"
        ));
    }
    let (extra, warnings) = fields.finish();
    Ok(Read { record: OutcomeRecord { trade, features, extra }, warnings })
}

fn signed_excursion(
    fields: &mut Fields,
    name: &'static str,
    fits: fn(f64) -> bool,
    range: &str,
) -> Option<f64> {
    let value = fields.optional_number(&[name])?;
    if fits(value) {
        return Some(value);
    }
    fields.warn(format!("{name} is {value}, it must be {range}: taken as absent"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Market, Timestamp};
    use crate::wire::{parse_object, read_stored_outcome};

    const EVENT: &str = r#"{"type":"exit","trade_id":"t1","symbol":"MSFT","side":"BUY","price":105.081,
        "entry_price":105.265,"qty":9,"fees":0.2795,"confidence":0.60912,"label":"BUY","vix":NaN,
        "timestamp":"2019-02-11T19:50:00Z","entry_timestamp":"2019-02-11T19:35:00Z","exit_reason":"stop_loss",
        "mfe_pct":-0.1,"venue":"ARCA","features":{"rsi":NaN,"gap":0.1}}"#;

    fn read(text: &str) -> Result<Read<OutcomeRecord>, WireError> {
        read_exit(parse_object(text.as_bytes())?, TimeForm::Strict)
    }

    #[test]
    fn an_event_becomes_a_line_that_is_read_back() {
        let read = read(EVENT).unwrap();
        let line = read.record.to_line(Timestamp::parse("2019-02-11T19:50:01Z").unwrap(), &Market::default());
        let text = String::from_utf8(line.clone()).unwrap();
        assert!(
            text.starts_with(r#"{"symbol":"MSFT","entry_time":"2019-02-11T19:35:00Z","exit_time":"#),
            "{text}"
        );
        let keys: Vec<String> = parse_object(&line).unwrap().keys().cloned().collect();
        assert_eq!(keys, crate::wire::OUTCOME_KEYS);
        assert!(text.ends_with(
            "\"features\":{\"rsi\":null,\"gap\":0.1},\"extra\":{\"venue\":\"ARCA\"},\"schema\":1,\"_ts\":\"2019-02-11T19:50:01Z\"}\n"
        ), "{text}");
        let stored = read_stored_outcome(&line).unwrap();
        assert_eq!(stored.facts(), read.record.trade.facts());
        assert_eq!(
            read.warnings,
            [
                "mfe_pct is -0.1, it must be 0 or above: taken as absent",
                "vix is not a finite number, taken as absent",
                "features: 1 non-finite number(s) stored as null",
            ]
        );
    }

    #[test]
    fn a_stored_line_recorded_again_is_the_same_line() {
        let now = Timestamp::parse("2019-02-11T19:50:01Z").unwrap();
        let line = read(EVENT).unwrap().record.to_line(now, &Market::default());
        let again = read_exit(parse_object(&line).unwrap(), TimeForm::Strict).unwrap();
        assert_eq!(again.record.to_line(now, &Market::default()), line);
        assert!(again.warnings.is_empty(), "{:?}", again.warnings);
    }

    #[test]
    fn lines_of_other_writers_are_understood() {
        let line = br#"{"symbol":"A","side":"SELL","exit_time":"2019-02-11T19:50:00+00:00","entry_price":100,"exit_price":99,"qty":"2","fees":null,"symbol":"B","vix":NaN}"#;
        let stored = read_stored_outcome(line).unwrap();
        let facts = stored.facts();
        assert_eq!((facts.symbol, facts.pnl, facts.pnl_frac), ("B", 2.0, 0.01));
        assert!(facts.trade_id.starts_with('h'));
    }

    #[test]
    fn each_refusal_has_its_own_words() {
        for (from, to, message) in [
            ("\"symbol\":\"MSFT\"", "\"symbol\":\"\"", "no symbol"),
            ("\"price\":105.081", "\"pric\":1", "no exit_price"),
            ("\"price\":105.081", "\"price\":null", "no exit_price"),
            ("\"price\":105.081", "\"price\":Infinity", "price is not a finite number"),
            ("\"price\":105.081", "\"price\":[1]", "price is list, it must be a number"),
            ("\"price\":105.081", "\"price\":-1", "exit_price is -1, it must be above 0"),
            ("\"entry_price\":105.265", "\"entry_price\":0", "entry_price is 0, it must be above 0"),
            ("\"qty\":9", "\"qty\":0", "qty is 0, it must be above 0"),
            ("\"qty\":9", "\"qty\":NaN", "qty is not a finite number"),
            ("\"qty\":9", "\"qty\":\"many\"", "qty is text, it must be a number"),
            (
                "\"side\":\"BUY\"",
                "\"side\":\"FLAT\"",
                "side \"FLAT\" is unknown: BUY, LONG, SELL or SHORT (the position's side, not the closing order's)",
            ),
            ("\"side\":\"BUY\"", "\"side\":null", "no side"),
            (
                "\"type\":\"exit\"",
                "\"type\":\"fill\"",
                "type \"fill\" is not a closed trade: exit, fill_exit or close",
            ),
            (
                "2019-02-11T19:50:00Z",
                "2019-02-11T19:50:00",
                "timestamp \"2019-02-11T19:50:00\" is not a time: it has no time zone; add Z or an offset such as -05:00",
            ),
            ("2019-02-11T19:50:00Z", "", "no exit_time"),
            (
                "2019-02-11T19:35:00Z",
                "2019-02-11T19:55:00Z",
                "the exit (2019-02-11T19:50:00Z) is before the entry (2019-02-11T19:55:00Z)",
            ),
            (
                "\"confidence\":0.60912",
                "\"confidence\":60.912",
                "confidence is 60.912, a probability lies between 0 and 1 (did you mean 0.60912?)",
            ),
        ] {
            let changed = EVENT.replacen(from, to, 1);
            assert_ne!(changed, EVENT, "{from}");
            assert_eq!(read(&changed).unwrap_err().to_string(), message);
        }
    }
}
