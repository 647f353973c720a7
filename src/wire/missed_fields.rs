//! The fields of a missed signal that a filter may name: what the record says, what prices made of it, and the features
//! that it or its recorded signal carries.

use super::disk::StoredMissed;
use super::input::{JsonObject, Kind, Rank, meaning_of};
use super::recorded_features::{
    KnownField, RecordField, RecordedFeatures, feature, one_of, tags_of, value_of,
};
use crate::domain::{
    FieldKind, FieldTable, FieldValue, Market, MissedState, Outcome, Side, TimeOfDay, weekday_name,
};
use crate::wire::feature_key::feature_key;

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

    fn hour(&self) -> Option<f64> {
        let signal = &self.stored.signal;
        let local = self.market.of_symbol(&signal.symbol).local(signal.timestamp);
        local.rsplit(' ').next()?.get(..2)?.parse().ok()
    }

    fn minutes_since_open(&self) -> Option<f64> {
        let signal = &self.stored.signal;
        let calendar = self.market.of_symbol(&signal.symbol);
        let session = calendar.session(calendar.trading_date(signal.timestamp))?;
        Some(signal.timestamp.minutes_since(session.open))
    }
}

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: FieldKind,
    meaning: &'static str,
    get: MissedGet,
) -> KnownField<MissedGet> {
    KnownField { name, aliases, kind, meaning, get }
}

macro_rules! stored {
    ($key:literal) => {
        |of| of.stored.map.get($key).and_then(value_of)
    };
}

/// Every field that any missed signal may have, in the order of the manual.
#[rustfmt::skip]
pub static MISSED_FIELDS: &[KnownField<MissedGet>] = &[
    row("symbol", &[], FieldKind::Text, "what was not traded", stored!("symbol")),
    row("side", &["label"], FieldKind::Text, "long or short", |of| Some(FieldValue::Text(of.stored.signal.side.as_position().into()))),
    row("confidence", &["model_confidence"], FieldKind::Number, "the model's probability", |of| Some(FieldValue::Number(of.stored.signal.confidence))),
    row("reason_not_traded", &["reason", "gate"], FieldKind::Text, "why it was not traded", stored!("reason_not_traded")),
    row("setup", &[], FieldKind::Text, "setup", stored!("setup")),
    row("timeframe", &[], FieldKind::Text, "bars that the signal was made on", stored!("timeframe")),
    row("regime", &[], FieldKind::Text, "market regime", stored!("regime")),
    row("sector", &[], FieldKind::Text, "sector", stored!("sector")),
    row("state", &[], FieldKind::Text, "pending, resolved or unresolvable", |of| Some(FieldValue::Text(of.stored.state.as_str().into()))),
    row("result", &["pnl_pct", "pnl_frac", "return"], FieldKind::Number, "hypothetical result after costs, a fraction of the position", |of| of.result().map(FieldValue::Number)),
    row("would_have_won", &["won", "win", "success"], FieldKind::Flag, "whether that is a win, as trades count it", |of| of.result().map(|result| FieldValue::Flag(of.market.outcome(result, result) == Outcome::Win))),
    row("hypothetical_pnl_pct", &[], FieldKind::Number, "hypothetical result before costs, as the record has it", stored!("hypothetical_pnl_pct")),
    row("pnl_held_to_close", &[], FieldKind::Number, "the same with the position held to the close", |of| of.stored.held_to_close.map(FieldValue::Number)),
    row("exit_reason", &[], FieldKind::Text, "how the hypothetical position was left", stored!("exit_reason")),
    row("exit_policy", &[], FieldKind::Text, "exit policy frozen with the signal", stored!("exit_policy")),
    row("timestamp", &["time", "signal_time", "entry_time"], FieldKind::Time, "when the signal came", |of| Some(FieldValue::Time(of.stored.signal.timestamp))),
    row("date", &["session"], FieldKind::Date, "its trading date", |of| Some(FieldValue::Date(of.market.trading_date(of.stored.signal.timestamp)))),
    row("weekday", &["day"], FieldKind::Text, "weekday of that date: Mon to Sun", |of| Some(FieldValue::Text(weekday_name(of.market.trading_date(of.stored.signal.timestamp)).into()))),
    row("time_of_day", &[], FieldKind::Text, "part of the session", |of| Some(FieldValue::Text(TimeOfDay::of(of.market.of_symbol(&of.stored.signal.symbol), Some(of.stored.signal.timestamp)).as_str().into()))),
    row("hour", &[], FieldKind::Number, "hour, local to the market", |of| of.hour().map(FieldValue::Number)),
    row("minutes_since_open", &[], FieldKind::Number, "minutes from the open to the signal", |of| of.minutes_since_open().map(FieldValue::Number)),
    row("price_at_signal", &["price", "entry_price"], FieldKind::Number, "price at the signal", stored!("price_at_signal")),
    row("stop_price", &[], FieldKind::Number, "the stop", stored!("stop_price")),
    row("target_price", &[], FieldKind::Number, "the target", stored!("target_price")),
    row("lgb_prob", &[], FieldKind::Number, "a model's probability", stored!("lgb_prob")),
    row("lstm_prob", &[], FieldKind::Number, "a model's probability", stored!("lstm_prob")),
    row("transformer_prob", &[], FieldKind::Number, "a model's probability", stored!("transformer_prob")),
    row("vix", &[], FieldKind::Number, "VIX at the signal", stored!("vix")),
    row("signal_id", &[], FieldKind::Text, "id of the signal", |of| Some(FieldValue::Text(of.stored.id.clone()))),
    row("experiment", &[], FieldKind::Text, "experiment that it is in", stored!("experiment")),
    row("variant", &["arm"], FieldKind::Text, "its arm in there", stored!("variant")),
    row("tags", &["tag", "labels"], FieldKind::Texts, "words that the record was given, one by one", |of| tags_of(&of.stored.map).or_else(|| tags_of(of.signal?))),
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

/// The place of a field in [`MISSED_FIELDS`], by any of its names.
fn known(name: &str) -> Option<usize> {
    let at =
        |key: &str| MISSED_FIELDS.iter().position(|field| field.name == key || field.aliases.contains(&key));
    at(&feature_key(name)).or_else(|| {
        let meaning = meaning_of(name, Kind::Missed).filter(|meaning| meaning.rank >= Rank::Certain)?;
        at(meaning.field.as_str())
    })
}

impl FieldTable for MissedFields {
    type Field = RecordField;

    fn find(&self, name: &str) -> Option<(RecordField, FieldKind)> {
        match known(name) {
            Some(at) => Some((RecordField::Known(at), MISSED_FIELDS[at].kind)),
            None => self.features.find(name),
        }
    }

    fn names(&self) -> Vec<&str> {
        MISSED_FIELDS.iter().map(|field| field.name).chain(self.features.names()).collect()
    }

    fn word(&self, field: &RecordField, word: &str) -> Result<String, String> {
        let RecordField::Known(at) = field else { return Ok(word.to_owned()) };
        match MISSED_FIELDS[*at].name {
            "side" => Side::parse(word)
                .map(|side| side.as_position().to_owned())
                .map_err(|_| format!("side is long or short, not {word}")),
            "weekday" => one_of("weekday", word, &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], 3),
            "state" => one_of("state", word, &["pending", "resolved", "unresolvable"], usize::MAX),
            _ => Ok(word.to_owned()),
        }
    }
}
