//! The fields of a closed trade that a filter may name: what the record says, what follows from it, and the features
//! that it or its signal carries.

use serde_json::Value;

use super::feature_key::feature_key;
use super::input::{JsonObject, Kind, Rank, meaning_of};
use super::recorded_features::{
    KnownField, RecordField, RecordedFeatures, feature, one_of, tags_of, value_of,
};
use crate::domain::{
    FieldKind, FieldTable, FieldValue, Market, Outcome, Quality, Side, TimeOfDay, TradeFacts, risk_frac,
    weekday_name,
};

/// How the value of a field of trades is found.
pub type TradeGet = fn(&TradeRecord<'_>) -> Option<FieldValue>;

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

    /// Minutes of the entry behind the open of its session; below 0 before it.
    fn minutes_since_open(&self) -> Option<f64> {
        let entry = self.facts.entry_time?;
        let calendar = self.market.of_symbol(self.facts.symbol);
        Some(entry.minutes_since(calendar.session(calendar.trading_date(entry))?.open))
    }

    /// The hour of the entry, local to the market.
    fn hour(&self) -> Option<f64> {
        let local = self.market.of_symbol(self.facts.symbol).local(self.facts.entry_time?);
        local.rsplit(' ').next()?.get(..2)?.parse().ok()
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

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: FieldKind,
    meaning: &'static str,
    get: TradeGet,
) -> KnownField<TradeGet> {
    KnownField { name, aliases, kind, meaning, get }
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
pub static TRADE_FIELDS: &[KnownField<TradeGet>] = &[
    row("symbol", &[], FieldKind::Text, "what was traded", |of| text(of.facts.symbol)),
    row("side", &[], FieldKind::Text, "long or short", |of| Some(FieldValue::Text(of.facts.side.as_position().into()))),
    row("setup", &[], FieldKind::Text, "setup", |of| text(of.facts.setup)),
    row("timeframe", &[], FieldKind::Text, "bars that the signal was made on", |of| text(of.facts.timeframe)),
    row("regime", &[], FieldKind::Text, "market regime", |of| text(of.facts.regime)),
    row("sector", &[], FieldKind::Text, "sector", |of| text(of.facts.sector)),
    row("strategy", &[], FieldKind::Text, "strategy", |of| text(of.facts.strategy)),
    row("variant", &[], FieldKind::Text, "variant of the strategy", |of| text(of.facts.variant)),
    row("exit_reason", &[], FieldKind::Text, "why it was closed", |of| text(of.facts.exit_reason)),
    row("confidence", &["model_confidence"], FieldKind::Number, "the model's probability at entry", |of| of.facts.confidence.map(FieldValue::Number)),
    row("pnl", &[], FieldKind::Number, "net result in the account's currency", |of| Some(FieldValue::Number(of.facts.pnl))),
    row("pnl_pct", &["pnl_frac", "return"], FieldKind::Number, "net result as a fraction of the position", |of| Some(FieldValue::Number(of.facts.pnl_frac))),
    row("r", &["r_multiple"], FieldKind::Number, "net result over the risk at entry", |of| of.r().map(FieldValue::Number)),
    row("success", &["won", "win"], FieldKind::Flag, "whether it won", |of| Some(FieldValue::Flag(of.outcome() == Outcome::Win))),
    row("outcome", &[], FieldKind::Text, "win, loss or scratch", |of| Some(FieldValue::Text(of.outcome().as_str().into()))),
    row("quality", &[], FieldKind::Text, "great, good, mediocre or bad", |of| Some(FieldValue::Text(Quality::of(of.facts.pnl_frac).as_str().into()))),
    row("date", &["session"], FieldKind::Date, "trading date of the exit", |of| Some(FieldValue::Date(of.market.trading_date(of.facts.exit_time)))),
    row("weekday", &["day"], FieldKind::Text, "weekday of that date: Mon to Sun", |of| Some(FieldValue::Text(weekday_name(of.market.trading_date(of.facts.exit_time)).into()))),
    row("time_of_day", &[], FieldKind::Text, "part of the session of the entry", |of| text(TimeOfDay::of(of.market.of_symbol(of.facts.symbol), of.facts.entry_time).as_str())),
    row("hour", &[], FieldKind::Number, "hour of the entry, local to the market", |of| of.hour().map(FieldValue::Number)),
    row("minutes_since_open", &[], FieldKind::Number, "minutes from the open to the entry", |of| of.minutes_since_open().map(FieldValue::Number)),
    row("hold_minutes", &["hold", "hold_min", "hold_duration_minutes"], FieldKind::Number, "minutes from entry to exit", |of| of.facts.entry_time.map(|entry| FieldValue::Number(of.facts.exit_time.minutes_since(entry)))),
    row("entry_time", &[], FieldKind::Time, "when it was entered", |of| of.facts.entry_time.map(FieldValue::Time)),
    row("exit_time", &[], FieldKind::Time, "when it was closed", |of| Some(FieldValue::Time(of.facts.exit_time))),
    row("entry_price", &[], FieldKind::Number, "average price of the entry", stored!(number "entry_price")),
    row("exit_price", &[], FieldKind::Number, "average price of the exit", stored!(number "exit_price")),
    row("qty", &[], FieldKind::Number, "units", stored!(number "qty")),
    row("fees", &[], FieldKind::Number, "fees of entry and exit", stored!(number "fees")),
    row("stop_price", &[], FieldKind::Number, "the stop", |of| of.stop().map(FieldValue::Number)),
    row("target_price", &[], FieldKind::Number, "the target", stored!(number "target_price")),
    row("hit_stop", &[], FieldKind::Flag, "whether the exit was at the stop", stored!(flag "hit_stop")),
    row("hit_target", &[], FieldKind::Flag, "whether the exit was at the target", stored!(flag "hit_target")),
    row("mfe_pct", &["mfe"], FieldKind::Number, "best excursion, a fraction, 0 or above", stored!(number "mfe_pct")),
    row("mae_pct", &["mae"], FieldKind::Number, "worst excursion, a fraction, 0 or below", stored!(number "mae_pct")),
    row("lgb_prob", &[], FieldKind::Number, "a model's probability", stored!(number "lgb_prob")),
    row("lstm_prob", &[], FieldKind::Number, "a model's probability", stored!(number "lstm_prob")),
    row("transformer_prob", &[], FieldKind::Number, "a model's probability", stored!(number "transformer_prob")),
    row("vix", &[], FieldKind::Number, "VIX at the entry", stored!(number "vix")),
    row("model_label", &[], FieldKind::Text, "the model's word", stored!(text "model_label")),
    row("trade_id", &[], FieldKind::Text, "id of the trade", |of| text(of.facts.trade_id)),
    row("signal_id", &[], FieldKind::Text, "id of the signal behind it", stored!(text "signal_id")),
    row("account", &[], FieldKind::Text, "account of the fills that it is made of, or as the record says it", |of| of.object.get("account").and_then(value_of).or_else(|| feature(of.object, "account").and_then(value_of))),
    row("tags", &["tag", "labels"], FieldKind::Texts, "words that the record was given, one by one: tags = fomo finds it among others", |of| of.tags()),
    row("currency", &[], FieldKind::Text, "currency of the record, where it is not the account's", stored!(text "currency")),
    row("leg", &[], FieldKind::Number, "which exit of its position it is", |of| Some(FieldValue::Number(of.number("leg").unwrap_or(1.0)))),
    row("pnl_disputed", &["disputed"], FieldKind::Flag, "whether the stated result contradicts the prices", |of| Some(FieldValue::Flag(of.object.get("pnl_disputed").and_then(Value::as_bool).unwrap_or(false)))),
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
        known(name).is_some()
    }
}

/// The place of a field in [`TRADE_FIELDS`], by any of its names.
fn known(name: &str) -> Option<usize> {
    let key = feature_key(name);
    let own = |field: &KnownField<TradeGet>| field.name == key || field.aliases.contains(&key.as_str());
    TRADE_FIELDS.iter().position(own).or_else(|| {
        let meaning = meaning_of(name, Kind::Exit).filter(|meaning| meaning.rank >= Rank::Certain)?;
        let stored = meaning.field.as_str();
        TRADE_FIELDS.iter().position(|field| field.name == stored || field.aliases.contains(&stored))
    })
}

impl FieldTable for TradeFields {
    type Field = RecordField;

    fn find(&self, name: &str) -> Option<(RecordField, FieldKind)> {
        if let Some(at) = known(name) {
            return Some((RecordField::Known(at), TRADE_FIELDS[at].kind));
        }
        self.features.find(name)
    }

    fn names(&self) -> Vec<&str> {
        let own = TRADE_FIELDS.iter().map(|field| field.name);
        own.chain(self.features.names()).collect()
    }

    fn word(&self, field: &RecordField, word: &str) -> Result<String, String> {
        let RecordField::Known(at) = field else { return Ok(word.to_owned()) };
        match TRADE_FIELDS[*at].name {
            "side" => Side::parse(word)
                .map(|side| side.as_position().to_owned())
                .map_err(|_| format!("side is long or short, not {word}")),
            "weekday" => one_of("weekday", word, &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], 3),
            "outcome" => one_of("outcome", word, &["WIN", "LOSS", "SCRATCH"], usize::MAX),
            "quality" => one_of("quality", word, &["great", "good", "mediocre", "bad"], usize::MAX),
            _ => Ok(word.to_owned()),
        }
    }
}
