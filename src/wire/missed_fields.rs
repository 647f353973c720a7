//! The fields of a missed signal that a filter may name: what the record says, what prices made of it, and the features
//! that it or its recorded signal carries.

use super::disk::StoredMissed;
use super::input::{JsonObject, Kind};
use super::recorded_features::{
    KnownField, RecordField, RecordedFeatures, feature, known_word, local_hour, minutes_since_open, tags_of,
    value_of,
};
use crate::domain::{
    FieldKind, FieldTable, FieldValue, Market, MissedState, Outcome, TimeOfDay, weekday_name,
};

/// A missed signal as a filter sees it.
#[derive(Clone, Copy, Debug)]
pub struct MissedSeen<'a> {
    /// The record.
    pub stored: &'a StoredMissed,
    /// The recorded signal behind it, where there is one.
    pub signal: Option<&'a JsonObject>,
    /// What a round trip costs it, a fraction of the position; 0 where that is not known.
    pub paid_frac: f64,
    /// By which its times are dated.
    pub market: &'a Market,
}

/// How the value of a field of missed signals is found.
pub type MissedGet = fn(&MissedSeen<'_>) -> Option<FieldValue>;

/// A field of the table.
type Row = KnownField<MissedGet>;

impl MissedSeen<'_> {
    /// The value of a field; none where neither the record nor its signal says it.
    pub fn value(&self, field: &RecordField) -> Option<FieldValue> {
        match field {
            RecordField::Known(at) => MISSED_FIELDS.get(*at).and_then(|known| (known.get)(self)),
            RecordField::Feature(key) => {
                feature(&self.stored.map, key).or_else(|| feature(self.signal?, key)).and_then(value_of)
            }
        }
    }

    /// The hypothetical result after costs, once prices are known.
    fn result(&self) -> Option<f64> {
        let resolved = self.stored.state == MissedState::Resolved;
        Some(self.stored.result.filter(|_| resolved)? - self.paid_frac)
    }
}

macro_rules! stored {
    ($key:literal) => {
        |of| of.stored.map.get($key).and_then(value_of)
    };
}

/// Every field that any missed signal may have, in the order of the manual.
#[rustfmt::skip]
pub static MISSED_FIELDS: &[Row] = &[
    Row::new("symbol", &[], FieldKind::Text, "what was not traded", stored!("symbol")),
    Row::new("side", &["label"], FieldKind::Text, "long or short", |of| Some(FieldValue::Text(of.stored.signal.side.as_position().into()))),
    Row::new("confidence", &["model_confidence"], FieldKind::Number, "the model's probability", |of| Some(FieldValue::Number(of.stored.signal.confidence))),
    Row::new("reason_not_traded", &["reason", "gate"], FieldKind::Text, "why it was not traded", stored!("reason_not_traded")),
    Row::new("setup", &[], FieldKind::Text, "setup", stored!("setup")),
    Row::new("timeframe", &[], FieldKind::Text, "bars that the signal was made on", stored!("timeframe")),
    Row::new("regime", &[], FieldKind::Text, "market regime", stored!("regime")),
    Row::new("sector", &[], FieldKind::Text, "sector", stored!("sector")),
    Row::new("state", &[], FieldKind::Text, "pending, resolved or unresolvable", |of| Some(FieldValue::Text(of.stored.state.as_str().into()))),
    Row::new("result", &["pnl_pct", "pnl_frac", "return"], FieldKind::Number, "hypothetical result after costs, a fraction of the position", |of| of.result().map(FieldValue::Number)),
    Row::new("would_have_won", &["won", "win", "success"], FieldKind::Flag, "whether that is a win, as trades count it", |of| of.result().map(|result| FieldValue::Flag(of.market.outcome(result, result) == Outcome::Win))),
    Row::new("hypothetical_pnl_pct", &[], FieldKind::Number, "hypothetical result before costs, as the record has it", stored!("hypothetical_pnl_pct")),
    Row::new("pnl_held_to_close", &[], FieldKind::Number, "the same with the position held to the close", |of| of.stored.held_to_close.map(FieldValue::Number)),
    Row::new("exit_reason", &[], FieldKind::Text, "how the hypothetical position was left", stored!("exit_reason")),
    Row::new("exit_policy", &[], FieldKind::Text, "exit policy frozen with the signal", stored!("exit_policy")),
    Row::new("timestamp", &["time", "signal_time", "entry_time"], FieldKind::Time, "when the signal came", |of| Some(FieldValue::Time(of.stored.signal.timestamp))),
    Row::new("date", &["session"], FieldKind::Date, "its trading date", |of| Some(FieldValue::Date(of.market.trading_date(of.stored.signal.timestamp)))),
    Row::new("weekday", &["day"], FieldKind::Text, "weekday of that date: Mon to Sun", |of| Some(FieldValue::Text(weekday_name(of.market.trading_date(of.stored.signal.timestamp)).into()))),
    Row::new("time_of_day", &[], FieldKind::Text, "part of the session", |of| Some(FieldValue::Text(TimeOfDay::of(of.market.of_symbol(&of.stored.signal.symbol), Some(of.stored.signal.timestamp)).as_str().into()))),
    Row::new("hour", &[], FieldKind::Number, "hour, local to the market", |of| local_hour(of.market, &of.stored.signal.symbol, of.stored.signal.timestamp).map(FieldValue::Number)),
    Row::new("minutes_since_open", &[], FieldKind::Number, "minutes from the open to the signal", |of| minutes_since_open(of.market, &of.stored.signal.symbol, of.stored.signal.timestamp).map(FieldValue::Number)),
    Row::new("price_at_signal", &["price", "entry_price"], FieldKind::Number, "price at the signal", stored!("price_at_signal")),
    Row::new("stop_price", &[], FieldKind::Number, "the stop", stored!("stop_price")),
    Row::new("target_price", &[], FieldKind::Number, "the target", stored!("target_price")),
    Row::new("lgb_prob", &[], FieldKind::Number, "a model's probability", stored!("lgb_prob")),
    Row::new("lstm_prob", &[], FieldKind::Number, "a model's probability", stored!("lstm_prob")),
    Row::new("transformer_prob", &[], FieldKind::Number, "a model's probability", stored!("transformer_prob")),
    Row::new("vix", &[], FieldKind::Number, "VIX at the signal", stored!("vix")),
    Row::new("signal_id", &[], FieldKind::Text, "id of the signal", |of| Some(FieldValue::Text(of.stored.id.clone()))),
    Row::new("experiment", &[], FieldKind::Text, "experiment that it is in", stored!("experiment")),
    Row::new("variant", &["arm"], FieldKind::Text, "its arm in there", stored!("variant")),
    Row::new("tags", &["tag", "labels"], FieldKind::Texts, "words that the record was given, one by one", |of| tags_of(&of.stored.map).or_else(|| tags_of(of.signal?))),
];

/// The fields of missed signals, with the features that are on record.
#[derive(Clone, Debug, Default)]
pub struct MissedFields {
    features: RecordedFeatures,
}

impl From<RecordedFeatures> for MissedFields {
    fn from(features: RecordedFeatures) -> Self {
        Self { features }
    }
}

impl FieldTable for MissedFields {
    type Field = RecordField;

    fn find(&self, name: &str) -> Option<(RecordField, FieldKind)> {
        self.features.find_beside(MISSED_FIELDS, Kind::Missed, name)
    }

    fn names(&self) -> Vec<&str> {
        self.features.names_beside(MISSED_FIELDS)
    }

    fn word(&self, field: &RecordField, word: &str) -> Result<String, String> {
        let RecordField::Known(at) = field else { return Ok(word.to_owned()) };
        known_word(MISSED_FIELDS[*at].name, word, &[("state", &["pending", "resolved", "unresolvable"])])
    }
}
