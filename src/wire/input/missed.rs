//! A missed signal, from its JSON.

use super::fields::Fields;
use super::json::{JsonObject, WireError};
use super::later_news::no_later_news;
use super::signal::{arm_tag, levels};
use super::vocabulary::Field;
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

/// Reads a missed signal as the engine sends it.
///
/// # Errors
/// The refusal that applies first.
pub fn read_missed(mut fields: Fields<'_>) -> Result<Read<MissedRecord>, WireError> {
    fields.no_clash()?;
    let (symbol, timestamp) = (fields.text(Field::Symbol)?, fields.time(Field::Timestamp)?.at);
    let side = Side::parse(&fields.text(Field::Side)?)?;
    let confidence = fields.number(Field::Confidence)?.value;
    let price_at_signal = fields.number(Field::PriceAtSignal)?.value;
    let (stop_price, target_price) = levels(&mut fields, side, price_at_signal);
    let signal = MissedSignal {
        symbol,
        timestamp,
        side,
        confidence,
        price_at_signal,
        reason_not_traded: fields.optional_text(Field::ReasonNotTraded),
        signal_id: fields.optional_text(Field::SignalId),
        lgb_prob: fields.optional_probability(Field::LgbProb),
        lstm_prob: fields.optional_probability(Field::LstmProb),
        transformer_prob: fields.optional_probability(Field::TransformerProb),
        regime: fields.optional_text(Field::Regime),
        vix: fields.optional_vix(),
        sector: fields.optional_text(Field::Sector),
        setup: fields.optional_text(Field::Setup),
        timeframe: fields.optional_timeframe(),
        stop_price,
        target_price,
        arm: arm_tag(&mut fields),
    }
    .checked()?;
    let features = fields.optional_object(Field::Features);
    no_later_news(features.as_ref(), signal.timestamp, &fields)?;
    let rest = fields.finish();
    let record = MissedRecord { signal, features, extra: rest.extra, exit_policy: None };
    Ok(Read { record, warnings: rest.warnings })
}
