//! `--where`: which trades, or which missed signals, are looked at.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::Context;
use super::said_elsewhere::SaidElsewhere;
use super::trade_signals::signals_of;
use crate::domain::{FieldTable, FieldValue, Filter, FilterError, Market, Window};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{
    JsonObject, MISSED_FIELDS, MissedFields, MissedSeen, RecordField, RecordedFeatures, StoredMissed,
    StoredOutcome, TRADE_FIELDS, TradeFields, TradeRecord, feature_key, parse_object,
};

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub enum FilterLoadError {
    /// It makes no sense.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The fields of one kind of record, as a filter of that kind needs them.
pub(crate) trait RecordFields: FieldTable<Field = RecordField> + From<RecordedFeatures> {
    /// The log of those records.
    const LOG: Log;
    /// What they are called at the beginning of a sentence.
    const NOUN: &'static str;

    /// The name of a field that every record may have.
    fn name_of(at: usize) -> Option<&'static str>;
}

impl RecordFields for TradeFields {
    const LOG: Log = Log::Outcomes;
    const NOUN: &'static str = "Trades";

    fn name_of(at: usize) -> Option<&'static str> {
        TRADE_FIELDS.get(at).map(|known| known.name)
    }
}

impl RecordFields for MissedFields {
    const LOG: Log = Log::Missed;
    const NOUN: &'static str = "Signals";

    fn name_of(at: usize) -> Option<&'static str> {
        MISSED_FIELDS.get(at).map(|known| known.name)
    }
}

/// Which records are looked at, by the fields `K` of their kind.
#[derive(Debug)]
pub(crate) struct RecordFilter<K> {
    filter: Filter<RecordField>,
    /// What the signals say of the fields that the filter names, by their ids.
    signals: HashMap<String, JsonObject>,
    /// What the records leave open of the words by which they are told apart, where the filter asks for one.
    said: Option<SaidElsewhere>,
    market: Market,
    /// Whether any record does not say enough.
    open: AtomicBool,
    kind: PhantomData<fn() -> K>,
}

/// Which trades are looked at.
pub(crate) type TradeFilter = RecordFilter<TradeFields>;

/// Which missed signals are looked at.
pub(crate) type MissedFilter = RecordFilter<MissedFields>;

impl<K: RecordFields> RecordFilter<K> {
    /// Reads an expression. Names that no record has by itself are looked for among the features on record.
    ///
    /// # Errors
    /// [`FilterLoadError`].
    pub(crate) fn new(context: &Context<'_>, text: &str) -> Result<Self, FilterLoadError> {
        let filter = match Filter::parse(text, &K::from(RecordedFeatures::default())) {
            Ok(filter) => filter,
            Err(_) => Filter::parse(text, &K::from(features_on_record(context, K::LOG)?))?,
        };
        // Over several desks each has its own: see `of_desk`.
        if context.is_joined() {
            return Ok(Self::of(filter, (HashMap::new(), None), context));
        }
        let found = (Self::signals_for(context, &filter)?, Self::said_for(context, &filter)?);
        Ok(Self::of(filter, found, context))
    }

    fn of(
        filter: Filter<RecordField>,
        (signals, said): (HashMap<String, JsonObject>, Option<SaidElsewhere>),
        context: &Context<'_>,
    ) -> Self {
        let (market, open) = (context.market().clone(), AtomicBool::new(false));
        Self { filter, signals, said, market, open, kind: PhantomData }
    }

    /// What trades leave open, where the filter asks for it.
    fn said_for(
        context: &Context<'_>,
        filter: &Filter<RecordField>,
    ) -> Result<Option<SaidElsewhere>, StoreError> {
        let is_word = |name: &str| ["setup", "sector", "regime", "timeframe", "confidence"].contains(&name);
        if K::LOG != Log::Outcomes || !filter.fields().into_iter().any(|field| is_word(Self::name(field))) {
            return Ok(None);
        }
        SaidElsewhere::read(context, Window::All).map(Some)
    }

    /// The same filter for the records of one of several desks, whose signals are its own.
    ///
    /// # Errors
    /// [`StoreError`] when the log of signals cannot be read.
    pub(crate) fn of_desk(&self, context: &Context<'_>) -> Result<Self, StoreError> {
        let found = (Self::signals_for(context, &self.filter)?, Self::said_for(context, &self.filter)?);
        Ok(Self::of(self.filter.clone(), found, context))
    }

    /// Takes over what a desk's filter found.
    pub(crate) fn hear(&self, of_desk: &Self) {
        self.open.fetch_or(of_desk.open.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        self.filter.text()
    }

    /// What to know about the records that are left.
    pub(crate) fn note(&self) -> Option<String> {
        let named: Vec<&str> = self.filter.fields().into_iter().map(Self::name).collect();
        let open = self.open.load(Ordering::Relaxed);
        open.then(|| format!("{} that do not say {} are left out.", K::NOUN, named.join(" or ")))
    }

    fn name(field: &RecordField) -> &str {
        match field {
            RecordField::Known(at) => K::name_of(*at).unwrap_or_default(),
            RecordField::Feature(key) => key,
        }
    }

    /// Whether it holds of a record, whose values `get` gives.
    fn holds(&self, get: &impl Fn(&RecordField) -> Option<FieldValue>) -> bool {
        let found = self.filter.holds(get);
        if found.is_none() {
            self.open.store(true, Ordering::Relaxed);
        }
        found == Some(true)
    }

    /// Of each signal what the filter asks for; nothing where it asks for nothing that a signal could add.
    fn signals_for(
        context: &Context<'_>,
        filter: &Filter<RecordField>,
    ) -> Result<HashMap<String, JsonObject>, StoreError> {
        let fields = filter.fields();
        let features: Vec<&str> = fields
            .iter()
            .filter_map(|field| match field {
                RecordField::Feature(key) => Some(key.as_str()),
                RecordField::Known(_) => None,
            })
            .collect();
        let risk = fields.iter().any(|field| matches!(Self::name(field), "r" | "stop_price"));
        if features.is_empty() && !risk {
            return Ok(HashMap::new());
        }
        signals_of(context, Window::All, None, |object| {
            let mut kept = JsonObject::new();
            kept.insert("stop_price".into(), object.get("stop_price").cloned().unwrap_or_default());
            let mut inside = JsonObject::new();
            for key in ["features", "extra"] {
                let found = object.get(key).and_then(|value| value.as_object());
                for (name, value) in found.into_iter().flatten() {
                    let name = feature_key(name);
                    if features.contains(&name.as_str()) && !inside.contains_key(&name) {
                        inside.insert(name, value.clone());
                    }
                }
            }
            kept.insert("features".into(), json!(inside));
            kept
        })
    }
}

impl TradeFilter {
    /// What the trades of any window leave open, where the filter had to read it.
    pub(crate) const fn said(&self) -> Option<&SaidElsewhere> {
        self.said.as_ref()
    }

    /// Whether a stored trade is one of those looked at.
    pub(crate) fn takes(&self, stored: &StoredOutcome<'_>, line: &[u8]) -> bool {
        let Ok(object) = parse_object(line) else { return false };
        let signal = object.get("signal_id").and_then(|id| self.signals.get(id.as_str()?));
        let facts = self.said.as_ref().map_or_else(|| stored.facts(), |said| said.complete(stored));
        let record = TradeRecord { facts, object: &object, signal, market: &self.market };
        self.holds(&|field| record.value(field))
    }
}

impl MissedFilter {
    /// Whether a missed signal, which a round trip costs `paid_frac`, is one of those looked at.
    pub(crate) fn takes(&self, stored: &StoredMissed, paid_frac: f64) -> bool {
        let signal = self.signals.get(&stored.id);
        let seen = MissedSeen { stored, signal, paid_frac, market: &self.market };
        self.holds(&|field| seen.value(field))
    }
}

/// The features of a log and of the signals, whenever they were recorded.
fn features_on_record(context: &Context<'_>, log: Log) -> Result<RecordedFeatures, StoreError> {
    let mut features = RecordedFeatures::default();
    let desks = context.all_desks();
    let logs = desks.iter().flat_map(|desk| [log, Log::Signals].map(|log| desk.layout.log(log)));
    for log in logs {
        scan(
            context.disk,
            &log,
            ScanOptions::default(),
            |chunk| {
                let mut part = RecordedFeatures::default();
                chunk
                    .lines()
                    .filter_map(|line| parse_object(line).ok())
                    .for_each(|object| part.learn(&object));
                part
            },
            |_, part| features.merge(part),
        )?;
    }
    Ok(features)
}
