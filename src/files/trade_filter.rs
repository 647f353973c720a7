//! `--where`: which trades are looked at.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::Context;
use super::trade_signals::signals_of;
use crate::domain::{Filter, FilterError, Market, Window};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{
    JsonObject, StoredOutcome, TRADE_FIELDS, TradeField, TradeFields, TradeRecord, feature_key, parse_object,
};

/// Why there is no filter.
#[derive(Debug, thiserror::Error)]
pub enum TradeFilterError {
    /// It makes no sense.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which trades are looked at.
#[derive(Debug)]
pub(crate) struct TradeFilter {
    filter: Filter<TradeField>,
    /// What the signals say of the fields that the filter names, by their ids.
    signals: HashMap<String, JsonObject>,
    market: Market,
    /// Whether any trade does not say enough.
    open: AtomicBool,
}

impl TradeFilter {
    /// Reads an expression. Names that no trade has by itself are looked for among the features on record.
    ///
    /// # Errors
    /// [`TradeFilterError`].
    pub(crate) fn new(context: &Context<'_>, text: &str) -> Result<Self, TradeFilterError> {
        let filter = match Filter::parse(text, &TradeFields::default()) {
            Ok(filter) => filter,
            Err(_) => Filter::parse(text, &fields_on_record(context)?)?,
        };
        // Over several desks each has its own: see `of_desk`.
        let signals = if context.is_joined() { HashMap::new() } else { signals_for(context, &filter)? };
        Ok(Self { filter, signals, market: context.market().clone(), open: AtomicBool::new(false) })
    }

    /// The same filter for the trades of one of several desks, whose signals are its own.
    ///
    /// # Errors
    /// [`StoreError`] when the log of signals cannot be read.
    pub(crate) fn of_desk(&self, context: &Context<'_>) -> Result<Self, StoreError> {
        let (filter, market) = (self.filter.clone(), context.market().clone());
        Ok(Self { signals: signals_for(context, &filter)?, filter, market, open: AtomicBool::new(false) })
    }

    /// Takes over what a desk's filter found.
    pub(crate) fn hear(&self, of_desk: &Self) {
        self.open.fetch_or(of_desk.open.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        self.filter.text()
    }

    /// Whether a stored trade is one of those looked at.
    pub(crate) fn takes(&self, stored: &StoredOutcome<'_>, line: &[u8]) -> bool {
        let Ok(object) = parse_object(line) else { return false };
        let signal = object.get("signal_id").and_then(|id| self.signals.get(id.as_str()?));
        let record = TradeRecord { facts: stored.facts(), object: &object, signal, market: &self.market };
        let found = self.filter.holds(&|field| record.value(field));
        if found.is_none() {
            self.open.store(true, Ordering::Relaxed);
        }
        found == Some(true)
    }

    /// What to know about the trades that are left.
    pub(crate) fn note(&self) -> Option<String> {
        let named: Vec<&str> = self.filter.fields().into_iter().map(name_of).collect();
        let open = self.open.load(Ordering::Relaxed);
        open.then(|| format!("Trades that do not say {} are left out.", named.join(" or ")))
    }
}

fn name_of(field: &TradeField) -> &str {
    match field {
        TradeField::Known(at) => TRADE_FIELDS.get(*at).map_or("", |known| known.name),
        TradeField::Feature(key) => key,
    }
}

/// The features of trades and signals, whenever they were recorded.
fn fields_on_record(context: &Context<'_>) -> Result<TradeFields, StoreError> {
    let mut fields = TradeFields::default();
    let desks = context.all_desks();
    let logs = desks.iter().flat_map(|desk| [Log::Outcomes, Log::Signals].map(|log| desk.layout.log(log)));
    for log in logs {
        scan(
            context.disk,
            &log,
            ScanOptions::default(),
            |chunk| {
                let mut part = TradeFields::default();
                chunk
                    .lines()
                    .filter_map(|line| parse_object(line).ok())
                    .for_each(|object| part.learn(&object));
                part
            },
            |_, part| fields.merge(part),
        )?;
    }
    Ok(fields)
}

/// Of each signal what the filter asks for; nothing where it asks for nothing that a signal could add.
fn signals_for(
    context: &Context<'_>,
    filter: &Filter<TradeField>,
) -> Result<HashMap<String, JsonObject>, StoreError> {
    let fields = filter.fields();
    let features: Vec<&str> = fields
        .iter()
        .filter_map(|field| match field {
            TradeField::Feature(key) => Some(key.as_str()),
            TradeField::Known(_) => None,
        })
        .collect();
    let risk = fields.iter().any(|field| matches!(name_of(field), "r" | "stop_price"));
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
