//! `score`: what a pick is worth, at once and whatever happens.

use serde_json::{Map, Value as Json, json};

use super::Context;
use crate::domain::Timestamp;
use crate::files::models::{Pointer, load, pointer};
use crate::learn::{ModelFile, Score, score};
use crate::wire::{EntryFeatures, WireError, parse_object};

/// Scores picks; the model is loaded once, and again when another one is deployed.
#[derive(Debug)]
pub struct Scorer {
    pointer: Option<Pointer>,
    model: Result<ModelFile, String>,
}

impl Scorer {
    /// Loads the model in use; without a usable one every pick gets its own score, and why.
    pub fn new(context: &Context<'_>) -> Self {
        let (pointer, model) = match pointer(context) {
            Ok(None) => (None, Err("no model was ever deployed: `dtlearn retrain` makes one".to_owned())),
            Ok(Some(found)) => {
                let model = load(context, &found.current).map_err(|error| error.to_string());
                (Some(found), model)
            }
            Err(error) => (None, Err(error.to_string())),
        };
        Self { pointer, model }
    }

    /// Loads the model anew when another one is in use by now. For a stream that runs for days.
    pub fn refresh(&mut self, context: &Context<'_>) {
        if pointer(context).ok().flatten() != self.pointer {
            *self = Self::new(context);
        }
    }

    /// Why there is no usable model.
    pub fn trouble(&self) -> Option<&str> {
        self.model.as_ref().err().map(String::as_str)
    }

    /// Scores a pick.
    ///
    /// # Errors
    /// [`WireError`] when the line is no JSON object; anything else in it is worked around.
    pub fn score(&self, context: &Context<'_>, line: &[u8]) -> Result<Map<String, Json>, WireError> {
        let map = parse_object(line)?;
        let mut warnings = Vec::new();
        let said = |key: &str| map.get(key).filter(|value| !value.is_null());
        // A pick without a time is one of now; one with a time that cannot be read has none.
        let at = match said("timestamp") {
            None => Some(context.now),
            Some(value) => {
                let read = value.as_str().ok_or("it is no text".to_owned());
                let read = read.and_then(|text| Timestamp::parse(text).map_err(|why| why.to_string()));
                read.map_err(|why| warnings.push(format!("timestamp {value}: {why}; taken as missing"))).ok()
            }
        };
        let own = said("score").and_then(Json::as_f64).filter(|own| (0.0..=10.0).contains(own));
        if let (Some(value), None) = (said("score"), own) {
            warnings.push(format!("score {value} is no number from 0 to 10, taken as missing"));
        }
        let known = EntryFeatures::of(&map, at);
        if let (Some(value), None) = (said("side").or_else(|| said("label")), &known.words[0]) {
            warnings.push(format!("side {value} is unknown, taken as missing"));
        }
        let found = score(context.market(), &known, own, self.model.as_ref().map_err(String::as_str));
        let text = |key: &str| map.get(key).and_then(Json::as_str).map(str::to_owned);
        let mut out = Map::new();
        out.insert("symbol".into(), text("symbol").into());
        out.insert("signal_id".into(), text("signal_id").into());
        fill(&mut out, &found);
        out.insert("warnings".into(), warnings.into());
        Ok(out)
    }
}

fn fill(out: &mut Map<String, Json>, found: &Score) {
    out.insert("score".into(), found.score.into());
    out.insert("probability".into(), found.probability.into());
    out.insert("base".into(), found.base.into());
    out.insert("model_part".into(), found.probability.map(|p| p * 10.0).into());
    out.insert("model_version".into(), found.version.as_deref().into());
    out.insert("fallback".into(), found.fallback.is_some().into());
    out.insert("fallback_reason".into(), found.fallback.as_deref().into());
    let moved = found.moved.iter().map(|m| json!({"feature": m.feature, "value": m.value, "by": m.by}));
    out.insert("moved".into(), moved.collect::<Vec<_>>().into());
}
