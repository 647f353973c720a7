//! A missed signal, from its JSON.

use super::fields::{Fields, TimeForm};
use super::json::{JsonObject, WireError};
use crate::domain::{MissedSignal, Side};
use crate::wire::Read;

/// A missed signal with what rides along in its record.
#[derive(Clone, Debug)]
pub struct MissedRecord {
    /// The signal.
    pub signal: MissedSignal,
    /// What was known at the time, as it came.
    pub features: Option<JsonObject>,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
    /// Where its stop and target come from, frozen when it was recorded.
    pub exit_policy: Option<String>,
}

impl MissedRecord {
    /// Freezes where stop and target come from: the signal's own; else, for those that it has not, the knobs
    /// in force, as fractions of the price; else the end of the day.
    pub fn freeze_policy(&mut self, knobs: Option<(f64, f64)>) {
        let signal = &mut self.signal;
        let own = signal.stop_price.is_some() || signal.target_price.is_some();
        let from_knobs = knobs.filter(|_| signal.stop_price.is_none() || signal.target_price.is_none());
        if let Some((stop, target)) = from_knobs {
            let sign = signal.side.sign();
            signal.stop_price.get_or_insert(signal.price_at_signal * (1.0 - sign * stop));
            signal.target_price.get_or_insert(signal.price_at_signal * (1.0 + sign * target));
        }
        let name = match (own, from_knobs) {
            (true, None) => "own".to_owned(),
            (true, Some((stop, target))) => format!("own, else knobs {stop}/{target}"),
            (false, Some((stop, target))) => format!("knobs {stop}/{target}"),
            (false, None) => "end_of_day".to_owned(),
        };
        self.exit_policy.get_or_insert(name);
    }
}

/// Keys that only this program fills.
const DERIVED: &[&str] = &[
    "price_15m",
    "price_30m",
    "price_1h",
    "price_eod",
    "would_have_won",
    "hypothetical_pnl_pct",
    "evaluated",
    "pnl_15m",
    "pnl_30m",
    "pnl_1h",
    "pnl_eod",
    "exit_policy",
    "exit_reason",
    "exit_time",
    "state",
    "schema",
    "_logged_at",
];

/// Reads a missed signal as the engine sends it.
///
/// # Errors
/// The refusal that applies first.
pub fn read_missed(map: JsonObject, times: TimeForm) -> Result<Read<MissedRecord>, WireError> {
    let mut fields = Fields::new(map, times);
    let signal = MissedSignal {
        symbol: fields.text(&["symbol"])?,
        timestamp: fields.time(&["timestamp"])?,
        side: Side::parse(&fields.text(&["label", "side"])?)?,
        confidence: fields.number(&["confidence"])?,
        price_at_signal: fields.number(&["price_at_signal", "price", "entry_price"])?,
        reason_not_traded: fields.optional_text(&["reason_not_traded", "reason"]),
        signal_id: fields.optional_text(&["signal_id"]),
        lgb_prob: fields.optional_number(&["lgb_prob"]),
        lstm_prob: fields.optional_number(&["lstm_prob"]),
        transformer_prob: fields.optional_number(&["transformer_prob"]),
        regime: fields.optional_text(&["regime"]),
        vix: fields.optional_number(&["vix"]),
        sector: fields.optional_text(&["sector"]),
        setup: fields.optional_text(&["setup"]),
        stop_price: fields.optional_positive(&["stop_price"]),
        target_price: fields.optional_positive(&["target_price"]),
    }
    .checked()?;
    let features = fields.optional_object("features");
    fields.drop_all(DERIVED);
    let (extra, warnings) = fields.finish();
    Ok(Read { record: MissedRecord { signal, features, extra, exit_policy: None }, warnings })
}
