//! The fields of a closed trade that a filter may name: what the record says, what follows from it, and the features
//! that it or its signal carries.

use serde_json::Value;

use super::input::{JsonObject, Kind};
use super::recorded_features::{
    KnownField, RecordField, RecordedFeatures, feature, known_word, local_hour, minutes_since_open, place_of,
    tags_of, value_of,
};
use crate::domain::{
    FieldKind, FieldTable, FieldValue, Market, Outcome, Quality, TimeOfDay, TradeFacts, risk_frac, timeframe,
    weekday_name,
};

/// How the value of a field of trades is found.
pub type TradeGet = fn(&TradeRecord<'_>) -> Option<FieldValue>;

/// A field of the table.
type Row = KnownField<TradeGet>;

/// A stored trade as a filter sees it.
#[derive(Clone, Copy, Debug)]
pub struct TradeRecord<'a> {
    /// What metrics look at.
    pub facts: TradeFacts<'a>,
    /// The line.
    pub object: &'a JsonObject,
    /// The signal behind it, where that is on record.
    pub signal: Option<&'a JsonObject>,
    /// By which its times are dated.
    pub market: &'a Market,
}

impl TradeRecord<'_> {
    /// The value of a field; none where neither the trade nor its signal says it.
    pub fn value(&self, field: &RecordField) -> Option<FieldValue> {
        match field {
            RecordField::Known(at) => TRADE_FIELDS.get(*at).and_then(|known| (known.get)(self)),
            RecordField::Feature(key) => {
                feature(self.object, key).or_else(|| feature(self.signal?, key)).and_then(value_of)
            }
        }
    }

    fn outcome(&self) -> Outcome {
        self.market.outcome(self.facts.pnl, self.facts.pnl_frac)
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.object.get(key).and_then(Value::as_f64)
    }

    /// The stop that was known at entry: the signal's, else the one on the trade.
    fn stop(&self) -> Option<f64> {
        let of = |object: &JsonObject| object.get("stop_price").and_then(Value::as_f64);
        self.signal.and_then(of).or_else(|| of(self.object))
    }

    /// The tags of the trade, else those of its signal.
    fn tags(&self) -> Option<FieldValue> {
        tags_of(self.object).or_else(|| tags_of(self.signal?))
    }

    fn r(&self) -> Option<f64> {
        let inverse = self.object.get("inverse").and_then(Value::as_bool).unwrap_or(false);
        let risk = risk_frac(self.facts.side, self.number("entry_price")?, self.stop()?, inverse)?;
        Some(self.facts.pnl_frac / risk)
    }
}

fn text(text: &str) -> Option<FieldValue> {
    (text != crate::domain::UNKNOWN).then(|| FieldValue::Text(text.to_owned()))
}

macro_rules! stored {
    (number $key:literal) => {
        |of| of.number($key).map(FieldValue::Number)
    };
    (text $key:literal) => {
        |of| of.object.get($key).and_then(value_of)
    };
    (flag $key:literal) => {
        |of| of.object.get($key).and_then(Value::as_bool).map(FieldValue::Flag)
    };
}

/// Every field that any trade may have, in the order of the manual.
#[rustfmt::skip]
pub static TRADE_FIELDS: &[Row] = &[
    Row::new("symbol", &[], FieldKind::Text, "what was traded", |of| text(of.facts.symbol)),
    Row::new("side", &[], FieldKind::Text, "long or short", |of| Some(FieldValue::Text(of.facts.side.as_position().into()))),
    Row::new("setup", &[], FieldKind::Text, "setup", |of| text(of.facts.setup)),
    Row::new("timeframe", &[], FieldKind::Text, "bars that the signal was made on", |of| text(of.facts.timeframe)),
    Row::new("regime", &[], FieldKind::Text, "market regime", |of| text(of.facts.regime)),
    Row::new("sector", &[], FieldKind::Text, "sector", |of| text(of.facts.sector)),
    Row::new("strategy", &[], FieldKind::Text, "strategy", |of| text(of.facts.strategy)),
    Row::new("variant", &[], FieldKind::Text, "variant of the strategy", |of| text(of.facts.variant)),
    Row::new("exit_reason", &[], FieldKind::Text, "why it was closed", |of| text(of.facts.exit_reason)),
    Row::new("confidence", &["model_confidence"], FieldKind::Number, "the model's probability at entry", |of| of.facts.confidence.map(FieldValue::Number)),
    Row::new("pnl", &[], FieldKind::Number, "net result in the account's currency", |of| Some(FieldValue::Number(of.facts.pnl))),
    Row::new("pnl_pct", &["pnl_frac", "return"], FieldKind::Number, "net result as a fraction of the position", |of| Some(FieldValue::Number(of.facts.pnl_frac))),
    Row::new("r", &["r_multiple"], FieldKind::Number, "net result over the risk at entry", |of| of.r().map(FieldValue::Number)),
    Row::new("success", &["won", "win"], FieldKind::Flag, "whether it won", |of| Some(FieldValue::Flag(of.outcome() == Outcome::Win))),
    Row::new("outcome", &[], FieldKind::Text, "win, loss or scratch", |of| Some(FieldValue::Text(of.outcome().as_str().into()))),
    Row::new("quality", &[], FieldKind::Text, "great, good, mediocre or bad", |of| Some(FieldValue::Text(Quality::of(of.facts.pnl_frac).as_str().into()))),
    Row::new("date", &["session"], FieldKind::Date, "trading date of the exit", |of| Some(FieldValue::Date(of.market.trading_date(of.facts.exit_time)))),
    Row::new("weekday", &["day"], FieldKind::Text, "weekday of that date: Mon to Sun", |of| Some(FieldValue::Text(weekday_name(of.market.trading_date(of.facts.exit_time)).into()))),
    Row::new("time_of_day", &[], FieldKind::Text, "part of the session of the entry", |of| text(TimeOfDay::of(of.market.of_symbol(of.facts.symbol), of.facts.entry_time).as_str())),
    Row::new("hour", &[], FieldKind::Number, "hour of the entry, local to the market", |of| local_hour(of.market, of.facts.symbol, of.facts.entry_time?).map(FieldValue::Number)),
    Row::new("minutes_since_open", &[], FieldKind::Number, "minutes from the open to the entry", |of| minutes_since_open(of.market, of.facts.symbol, of.facts.entry_time?).map(FieldValue::Number)),
    Row::new("hold_minutes", &["hold", "hold_min", "hold_duration_minutes"], FieldKind::Number, "minutes from entry to exit", |of| of.facts.entry_time.map(|entry| FieldValue::Number(of.facts.exit_time.minutes_since(entry)))),
    Row::new("entry_time", &[], FieldKind::Time, "when it was entered", |of| of.facts.entry_time.map(FieldValue::Time)),
    Row::new("exit_time", &[], FieldKind::Time, "when it was closed", |of| Some(FieldValue::Time(of.facts.exit_time))),
    Row::new("entry_price", &[], FieldKind::Number, "average price of the entry", stored!(number "entry_price")),
    Row::new("exit_price", &[], FieldKind::Number, "average price of the exit", stored!(number "exit_price")),
    Row::new("qty", &[], FieldKind::Number, "units", stored!(number "qty")),
    Row::new("fees", &[], FieldKind::Number, "fees of entry and exit", stored!(number "fees")),
    Row::new("stop_price", &[], FieldKind::Number, "the stop", |of| of.stop().map(FieldValue::Number)),
    Row::new("target_price", &[], FieldKind::Number, "the target", stored!(number "target_price")),
    Row::new("hit_stop", &[], FieldKind::Flag, "whether the exit was at the stop", stored!(flag "hit_stop")),
    Row::new("hit_target", &[], FieldKind::Flag, "whether the exit was at the target", stored!(flag "hit_target")),
    Row::new("mfe_pct", &["mfe"], FieldKind::Number, "best excursion, a fraction, 0 or above", stored!(number "mfe_pct")),
    Row::new("mae_pct", &["mae"], FieldKind::Number, "worst excursion, a fraction, 0 or below", stored!(number "mae_pct")),
    Row::new("lgb_prob", &[], FieldKind::Number, "a model's probability", stored!(number "lgb_prob")),
    Row::new("lstm_prob", &[], FieldKind::Number, "a model's probability", stored!(number "lstm_prob")),
    Row::new("transformer_prob", &[], FieldKind::Number, "a model's probability", stored!(number "transformer_prob")),
    Row::new("vix", &[], FieldKind::Number, "VIX at the entry", stored!(number "vix")),
    Row::new("model_label", &[], FieldKind::Text, "the model's word", stored!(text "model_label")),
    Row::new("trade_id", &[], FieldKind::Text, "id of the trade", |of| text(of.facts.trade_id)),
    Row::new("signal_id", &[], FieldKind::Text, "id of the signal behind it", stored!(text "signal_id")),
    Row::new("account", &[], FieldKind::Text, "account of the fills that it is made of, or as the record says it", |of| of.object.get("account").and_then(value_of).or_else(|| feature(of.object, "account").and_then(value_of))),
    Row::new("tags", &["tag", "labels"], FieldKind::Texts, "words that the record was given, one by one: tags = fomo finds it among others", |of| of.tags()),
    Row::new("currency", &[], FieldKind::Text, "currency of the record, where it is not the account's", stored!(text "currency")),
    Row::new("leg", &[], FieldKind::Number, "which exit of its position it is", |of| Some(FieldValue::Number(of.number("leg").unwrap_or(1.0)))),
    Row::new("pnl_disputed", &["disputed"], FieldKind::Flag, "whether the stated result contradicts the prices", |of| Some(FieldValue::Flag(of.object.get("pnl_disputed").and_then(Value::as_bool).unwrap_or(false)))),
];

/// The fields of trades, with the features that are on record.
#[derive(Clone, Debug, Default)]
pub struct TradeFields {
    features: RecordedFeatures,
}

impl From<RecordedFeatures> for TradeFields {
    fn from(features: RecordedFeatures) -> Self {
        Self { features }
    }
}

impl TradeFields {
    /// Whether a name is a field of any trade, whatever features there are.
    pub fn is_known(name: &str) -> bool {
        place_of(TRADE_FIELDS, Kind::Exit, name).is_some()
    }
}

impl FieldTable for TradeFields {
    type Field = RecordField;

    fn find(&self, name: &str) -> Option<(RecordField, FieldKind)> {
        self.features.find_beside(TRADE_FIELDS, Kind::Exit, name)
    }

    fn names(&self) -> Vec<&str> {
        self.features.names_beside(TRADE_FIELDS)
    }

    fn word(&self, field: &RecordField, word: &str) -> Result<String, String> {
        let RecordField::Known(at) = field else { return Ok(word.to_owned()) };
        if TRADE_FIELDS[*at].name == "timeframe" {
            return Ok(timeframe(word));
        }
        let own: [(&str, &[&str]); 2] =
            [("outcome", &["WIN", "LOSS", "SCRATCH"]), ("quality", &["great", "good", "mediocre", "bad"])];
        known_word(TRADE_FIELDS[*at].name, word, &own)
    }
}
