//! What was known when a position was, or could have been, entered: the only thing that is learned from.

use smol_str::SmolStr;

use super::feature_names::FeatureNames;
use super::input::{JsonObject, NewsTimes, TimeRules, WireError};
use super::lean_json::{Lean, LeanObject};
use crate::domain::{Side, Timestamp, is_shadow, says_target};

/// The words that are learned from, with the names under which records have them.
pub const WORD_KEYS: [(&str, &[&str]); 6] = [
    ("side", &["side", "label"]),
    ("mode", &["mode"]),
    ("setup", &["setup"]),
    ("regime", &["regime"]),
    ("sector", &["sector"]),
    ("timeframe", &["timeframe"]),
];

/// The numbers outside of `features` that are learned from, with the names under which records have them.
const NUMBER_KEYS: [(&str, &[&str]); 5] = [
    ("confidence", &["confidence", "model_confidence"]),
    ("lgb_prob", &["lgb_prob"]),
    ("lstm_prob", &["lstm_prob"]),
    ("transformer_prob", &["transformer_prob"]),
    ("vix", &["vix"]),
];

/// What was known at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryFeatures {
    /// The moment, where the record says it.
    pub at: Option<Timestamp>,
    /// Numbers by name, each name once.
    pub numbers: Vec<(SmolStr, f64)>,
    /// Words in the order of [`WORD_KEYS`].
    pub words: [Option<SmolStr>; WORD_KEYS.len()],
    /// What is traded.
    pub symbol: Option<SmolStr>,
    /// Whether the record has a `features` object with anything in it.
    pub has_features: bool,
    /// The latest moment that its own features say news to be of.
    pub news_at: Option<Timestamp>,
    /// Names of features that were refused, because they say how the trade came out, or what news came later.
    pub refused: Vec<String>,
}

impl EntryFeatures {
    /// Takes from a record, of whatever kind, what was known at `at`.
    pub fn of(map: &JsonObject, at: Option<Timestamp>) -> Self {
        Self::of_lean(&map.into(), at, &mut FeatureNames::default())
    }

    /// As [`Self::of`]; the names are those of the records before it, which mostly have the same.
    pub(super) fn of_lean(map: &LeanObject<'_>, at: Option<Timestamp>, names: &mut FeatureNames) -> Self {
        let symbol = map.get("symbol").and_then(Lean::as_str).map(SmolStr::from);
        let mut known = Self { at, symbol, ..Self::default() };
        let extra = if let Some(Lean::Object(extra)) = map.get("extra") { Some(extra) } else { None };
        for (name, keys) in NUMBER_KEYS {
            // What a pick's form has no place for rides along as an extra.
            let found = |key: &str| map.get(key).or_else(|| extra?.get(key))?.as_f64();
            if let Some(number) = keys.iter().find_map(|key| found(key)) {
                known.put(name, number);
            }
        }
        for (slot, (name, keys)) in known.words.iter_mut().zip(WORD_KEYS) {
            let word = keys.iter().find_map(|key| map.get(key)?.as_str()).map(str::trim);
            let word = word.filter(|word| !word.is_empty());
            *slot = match (name, word) {
                // A side that nobody knows is no side.
                ("side", Some(word)) => Side::parse(word).ok().map(|side| side.as_position().into()),
                (_, word) => word.map(lowercase),
            };
        }
        if let Some(Lean::Object(features)) = map.get("features") {
            known.take_features(features, names);
        }
        known
    }

    fn take_features(&mut self, features: &LeanObject<'_>, names: &mut FeatureNames) {
        let is_nested = |value: &Lean<'_>| matches!(value, Lean::Object(_) | Lean::List(_));
        // Nearly all records have the same names in the same order.
        let are_distinct = names.are_in_order(features.keys());
        let outside = self.numbers.len();
        // A time without a zone was held against the record when it came in.
        let times = if features
            .each(are_distinct)
            .any(|(name, value)| is_nested(value) || names.of(name).may_be_news)
        {
            NewsTimes::of(&features.to_map(), &TimeRules::default())
        } else {
            NewsTimes::default()
        };
        let is_late = self.at.map_or(times.is_any(), |at| times.later_than(at).is_some());
        self.news_at = times.latest;
        for (name, value) in features.each(are_distinct) {
            let number = match value {
                Lean::Number(number) => number.as_f64(),
                Lean::Flag(flag) => Some(f64::from(u8::from(*flag))),
                _ => None,
            };
            let feature = names.of(name);
            if feature.says_outcome || (is_late && feature.is_of_news) {
                self.refused.push(name.to_owned());
            } else if let Some(number) = number {
                self.has_features = true;
                // Of distinct names, each of another form, none is among those before it.
                let before = if are_distinct && !feature.shares_key { outside } else { self.numbers.len() };
                self.put_named(&feature.key, number, before);
            }
        }
    }

    /// Adds a number; the first value of a name counts, and one that is not finite is none.
    pub(crate) fn put(&mut self, name: &str, number: f64) {
        self.put_named(&name.into(), number, self.numbers.len());
    }

    /// Adds a number whose name may be among those `before` it.
    fn put_named(&mut self, name: &SmolStr, number: f64, before: usize) {
        let is_known = || self.numbers[..before].iter().any(|(known, _)| known == name);
        if number.is_finite() && !is_known() {
            self.numbers.push((name.clone(), number));
        }
    }

    /// A word by key, such as `sector`.
    pub fn word(&self, key: &str) -> Option<&str> {
        self.words[WORD_KEYS.iter().position(|(known, _)| *known == key)?].as_deref()
    }

    /// A number by name.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }
}

/// How something that was known came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolution {
    /// Result as a fraction of the position, less recorded fees.
    pub result_frac: f64,
    /// Whether costs are in it.
    pub costs_known: bool,
    /// Whether the target was reached.
    pub hit_target: bool,
}

/// A stored line with what was known and how it came out.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingRecord {
    /// The pick behind it, where the line names it.
    pub signal_id: Option<String>,
    /// What was known.
    pub known: EntryFeatures,
    /// How it came out; none while it is open.
    pub resolved: Option<Resolution>,
    /// When the line was written, where it says so.
    pub written: Option<Timestamp>,
}

/// In small letters; most words are plain ones, of which that is told at once.
fn lowercase(word: &str) -> SmolStr {
    if !word.is_ascii() {
        return word.to_lowercase().into();
    }
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        word.to_ascii_lowercase().into()
    } else {
        word.into()
    }
}

fn time(map: &LeanObject<'_>, key: &str) -> Option<Timestamp> {
    Timestamp::parse(map.get(key)?.as_str()?).ok()
}

fn hit_target(map: &LeanObject<'_>) -> bool {
    let reason = map.get("exit_reason").and_then(Lean::as_str).unwrap_or_default();
    says_target(map.get("hit_target").and_then(Lean::as_bool), reason)
}

/// Reads a stored trade outcome.
///
/// # Errors
/// [`WireError`].
pub fn learn_from_outcome(line: &[u8]) -> Result<TrainingRecord, WireError> {
    outcome_with(line, &mut FeatureNames::default())
}

/// As [`learn_from_outcome`], where the names of features are those of the records before it.
///
/// # Errors
/// [`WireError`].
pub fn outcome_with(line: &[u8], names: &mut FeatureNames) -> Result<TrainingRecord, WireError> {
    let map = LeanObject::parse(line)?;
    let result = map.get("pnl_pct").and_then(Lean::as_f64);
    Ok(TrainingRecord {
        signal_id: map.get("signal_id").and_then(Lean::as_str).map(str::to_owned),
        known: EntryFeatures::of_lean(&map, time(&map, "entry_time"), names),
        written: time(&map, "_ts"),
        resolved: result.map(|result_frac| Resolution {
            result_frac,
            costs_known: matches!(map.get("fees"), Some(Lean::Number(_))),
            hit_target: hit_target(&map),
        }),
    })
}

/// Reads a stored pick or missed signal; it is settled once it was held against prices.
///
/// # Errors
/// [`WireError`].
pub fn learn_from_signal(line: &[u8]) -> Result<TrainingRecord, WireError> {
    signal_with(line, &mut FeatureNames::default())
}

/// As [`learn_from_signal`], where the names of features are those of the records before it.
///
/// # Errors
/// [`WireError`].
pub fn signal_with(line: &[u8], names: &mut FeatureNames) -> Result<TrainingRecord, WireError> {
    let map = LeanObject::parse(line)?;
    // An arm that is only priced teaches nothing: what it would have taken is mostly among the trades already.
    let of_shadow = map.get("reason_not_traded").and_then(Lean::as_str).is_some_and(is_shadow);
    let resolved = !of_shadow && map.get("state").and_then(Lean::as_str) == Some("resolved");
    let result = map.get("hypothetical_pnl_pct").and_then(Lean::as_f64).filter(|_| resolved);
    Ok(TrainingRecord {
        signal_id: map.get("signal_id").and_then(Lean::as_str).map(str::to_owned),
        known: EntryFeatures::of_lean(&map, time(&map, "timestamp"), names),
        written: time(&map, "_ts").or_else(|| time(&map, "_logged_at")),
        resolved: result.map(|result_frac| Resolution {
            result_frac,
            costs_known: false,
            hit_target: hit_target(&map),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{OUTCOME_DERIVED, OUTCOME_PREFIXES, feature_key, parse_object};

    #[test]
    fn every_key_that_says_the_outcome_is_refused() {
        assert!(OUTCOME_DERIVED.is_sorted(), "the list is searched");
        let later = OUTCOME_PREFIXES.iter().map(|prefix| format!("{prefix}x"));
        let mut planted = serde_json::Map::new();
        for key in OUTCOME_DERIVED.iter().map(|key| (*key).to_owned()).chain(later) {
            planted.insert(key, 1.0.into());
        }
        for key in ["pnlPct", "exitReason", "hitTarget", "MFE", "futureReturn"] {
            planted.insert(key.into(), 1.0.into());
        }
        let count = planted.len();
        planted.insert("momentum_5m".into(), 0.5.into());
        let record = serde_json::json!({"features": planted});
        let known = EntryFeatures::of(record.as_object().unwrap(), None);
        assert_eq!(known.refused.len(), count);
        assert_eq!(known.numbers, [("momentum_5m".into(), 0.5)]);
    }

    #[test]
    fn what_is_only_priced_teaches_nothing() {
        let line = |reason: &str| {
            let text = serde_json::json!({
                "signal_id": "s", "symbol": "A", "timestamp": "2026-03-02T15:00:00Z", "state": "resolved",
                "hypothetical_pnl_pct": 0.01, "reason_not_traded": reason,
            });
            learn_from_signal(text.to_string().as_bytes()).unwrap().resolved.is_some()
        };
        assert!(line("max_positions") && !line("shadow"));
    }

    #[test]
    fn names_have_one_form_and_values_are_numbers() {
        for (name, key) in [
            ("volumeZscore", "volume_zscore"),
            ("volume_zscore", "volume_zscore"),
            ("RSI14", "rsi14"),
            ("isOpening", "is_opening"),
            ("rsi-5 x", "rsi_5_x"),
        ] {
            assert_eq!(feature_key(name), key);
        }
        let record = parse_object(
            br#"{"side":"SELL","setup":" ORB ","confidence":0.6,"model_confidence":0.1,"vix":null,"pnl":5,
                "features":{"isOpening":true,"is_opening":false,"gap":null,"word":"x","rsi":NaN,"confidence":0.9}}"#,
        )
        .unwrap();
        let known = EntryFeatures::of(&record, None);
        assert_eq!(known.numbers, [("confidence".into(), 0.6), ("is_opening".into(), 1.0)]);
        assert_eq!(known.words[0].as_deref(), Some("SHORT"));
        assert_eq!(known.words[2].as_deref(), Some("orb"));
    }

    #[test]
    fn trades_and_picks_say_what_was_known_and_how_it_came_out() {
        let trade = learn_from_outcome(br#"{"signal_id":"s1","entry_time":"2026-03-02T15:00:10Z","pnl_pct":0.002,"fees":0.1,"regime":"trend","exit_reason":"take_profit"}"#).unwrap();
        let pick = learn_from_signal(br#"{"signal_id":"s1","timestamp":"2026-03-02T15:00:00Z","regime":"range","setup":"orb","features":{"a":1}}"#).unwrap();
        assert_eq!(
            trade.resolved,
            Some(Resolution { result_frac: 0.002, costs_known: true, hit_target: true })
        );
        assert_eq!(pick.resolved, None);
        assert_eq!(trade.known.at.unwrap().to_string(), "2026-03-02T15:00:10Z");
        assert_eq!(trade.known.words[3].as_deref(), Some("trend"));
        assert!(pick.known.has_features && pick.known.number("a") == Some(1.0));
    }
}
