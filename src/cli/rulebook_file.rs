//! The tables `[brain]`, `[knobs.…]` and `[rules.…]` of `dtlearn.toml`.

use toml::{Table, Value};

use super::error::{CliError, SettingsPage};
use crate::decide::{Line, NEUTRAL_REGIMES, RegimeRules, Rulebook, Test};
use crate::domain::KnobName;
use crate::domain::nearest;

/// What the file may hold besides its settings, tables and one list, each with the page that explains it.
pub(super) const TABLES: [(&str, SettingsPage); 13] = [
    ("notify", SettingsPage::Operator),
    ("brain", SettingsPage::Brain),
    ("desks", SettingsPage::Cluster),
    ("knobs", SettingsPage::Brain),
    ("rules", SettingsPage::Brain),
    ("model", SettingsPage::Model),
    ("guard", SettingsPage::Guard),
    ("heat", SettingsPage::Heat),
    ("instruments", SettingsPage::Integrator),
    ("intake", SettingsPage::Integrator),
    ("market", SettingsPage::Market),
    ("metrics", SettingsPage::Integrator),
    ("size", SettingsPage::Size),
];
/// The nearest of `known` to a word that is none of them, as the end of a sentence.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|best| format!(", did you mean {best:?}?")).unwrap_or_default()
}

/// A value of the file as text.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string().to_lowercase(),
        Value::Boolean(flag) => flag.to_string(),
        other => format!("a {}", other.type_str()),
    }
}

/// A table of the file with its name, for errors.
pub(super) struct Part<'a> {
    pub(super) name: String,
    pub(super) table: &'a Table,
}

impl<'a> Part<'a> {
    pub(super) fn of(name: &str, value: &'a Value) -> Result<Self, String> {
        let table = value.as_table().ok_or_else(|| format!("{name} is not a table"))?;
        Ok(Self { name: name.to_owned(), table })
    }

    fn below(&self) -> Result<Vec<(&'a str, Part<'a>)>, String> {
        let part = |(key, value): (&'a String, &'a Value)| {
            Ok((key.as_str(), Part::of(&format!("{}.{key}", self.name), value)?))
        };
        self.table.iter().map(part).collect()
    }

    pub(super) fn known(&self, known: &[&str]) -> Result<(), String> {
        match self.table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let nearest = did_you_mean(key, known.iter().copied());
                Err(format!("there is no setting {:?}{nearest}", format!("{}.{key}", self.name)))
            }
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        let number = |value: &Value| match value {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number).filter(|number| number.is_finite()),
            _ => None,
        };
        self.table
            .get(key)
            .map(|value| {
                number(value)
                    .ok_or_else(|| format!("{}.{key}: {:?} is not a number", self.name, text_of(value)))
            })
            .transpose()
    }

    pub(super) fn count(&self, key: &str) -> Result<Option<u64>, String> {
        let whole = |value: f64| {
            let fits = value.fract() == 0.0 && (1.0..=1e6).contains(&value);
            if fits {
                Ok(value as u64)
            } else {
                Err(format!("{}.{key}: {value} is not a number from 1 on", self.name))
            }
        };
        self.number(key)?.map(whole).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(*flag)),
            Some(other) => Err(format!("{}.{key}: {:?} is not true or false", self.name, text_of(other))),
        }
    }

    pub(super) fn word<'k>(&self, key: &str, known: &[&'k str]) -> Result<Option<&'k str>, String> {
        let wanted = |value: &Value| known.iter().copied().find(|word| value.as_str() == Some(word));
        self.table
            .get(key)
            .map(|value| {
                wanted(value).ok_or_else(|| {
                    format!("{}.{key}: {:?} is not {}", self.name, text_of(value), known.join(", "))
                })
            })
            .transpose()
    }
}

/// What `[model]` asks for: whether a new model is trained at every close, and after how many sessions one expires.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn model_settings(shown: &str, file: &Table) -> Result<(bool, Option<u64>), CliError> {
    let read = || -> Result<(bool, Option<u64>), String> {
        let Some(value) = file.get("model") else { return Ok((false, None)) };
        let part = Part::of("model", value)?;
        part.known(&["retrain", "expires_sessions"])?;
        let daily = part.word("retrain", &["when_due", "daily"])? == Some("daily");
        let sessions = part.number("expires_sessions")?;
        match sessions {
            Some(sessions) if !(1.0..=10_000.0).contains(&sessions) || sessions.fract() != 0.0 => Err(
                format!("[model] expires_sessions is {sessions}; a whole number from 1 to 10000 is needed"),
            ),
            sessions => Ok((daily, sessions.map(|sessions| sessions as u64))),
        }
    };
    read().map_err(|why| CliError::Config(SettingsPage::Model, format!("{shown}: {why}")))
}

/// What the engine's words for regimes mean.
fn regime_words(part: &Part<'_>, rulebook: &Rulebook) -> Result<Vec<(String, String)>, String> {
    let known: Vec<&str> = rulebook.regimes().into_iter().chain(NEUTRAL_REGIMES).collect();
    let word = |said: &String| {
        let meaning = part.word(said, &known)?.unwrap_or_default();
        Ok((said.clone(), meaning.to_owned()))
    };
    part.table.keys().map(word).collect()
}

/// The rules, ranges and defaults that the file says, over those that are shipped.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn rulebook(shown: &str, file: &Table) -> Result<Rulebook, CliError> {
    read(file).map_err(|why| CliError::Config(SettingsPage::Brain, format!("{shown}: {why}")))
}

fn read(file: &Table) -> Result<Rulebook, String> {
    let mut rulebook = Rulebook::default();
    if let Some(value) = file.get("brain") {
        read_brain(&Part::of("brain", value)?, &mut rulebook)?;
    }
    if let Some(value) = file.get("knobs") {
        for (name, part) in Part::of("knobs", value)?.below()? {
            read_knob(name, &part, &mut rulebook)?;
        }
    }
    if let Some(value) = file.get("rules") {
        for (name, part) in Part::of("rules", value)?.below()? {
            read_rule(name, &part, &mut rulebook)?;
        }
    }
    rulebook.check().map_err(|why| why.to_string())?;
    Ok(rulebook)
}

fn read_brain(part: &Part<'_>, rulebook: &mut Rulebook) -> Result<(), String> {
    part.known(&[
        "smoothing",
        "min_trades",
        "min_step",
        "regime_rules",
        "symbol_trades",
        "evidence",
        "per_symbol",
        "regimes",
    ])?;
    rulebook.smoothing = part.number("smoothing")?.unwrap_or(rulebook.smoothing);
    rulebook.min_step = part.number("min_step")?.unwrap_or(rulebook.min_step);
    rulebook.min_trades = part.count("min_trades")?.unwrap_or(rulebook.min_trades);
    rulebook.symbol_trades = part.count("symbol_trades")?.unwrap_or(rulebook.symbol_trades);
    rulebook.regime_rules = match part.word("regime_rules", &["over", "under", "off"])? {
        Some("under") => RegimeRules::Under,
        Some("off") => RegimeRules::Off,
        _ => RegimeRules::Over,
    };
    rulebook.strict = part.word("evidence", &["point", "strict"])? == Some("strict");
    rulebook.per_symbol = part.flag("per_symbol")?.unwrap_or(false);
    if let Some(value) = part.table.get("regimes") {
        rulebook.regime_words = regime_words(&Part::of("brain.regimes", value)?, rulebook)?;
    }
    Ok(())
}

fn read_knob(name: &str, part: &Part<'_>, rulebook: &mut Rulebook) -> Result<(), String> {
    let names = KnobName::ALL.map(KnobName::as_str);
    let knob = KnobName::ALL.into_iter().find(|known| known.as_str() == name);
    let knob = knob.ok_or_else(|| format!("there is no knob {name:?}{}", did_you_mean(name, names)))?;
    part.known(&["default", "low", "high"])?;
    let knob = &mut rulebook.knobs[knob];
    knob.default = part.number("default")?.unwrap_or(knob.default);
    knob.low = part.number("low")?.unwrap_or(knob.low);
    knob.high = part.number("high")?.unwrap_or(knob.high);
    Ok(())
}

fn read_rule(name: &str, part: &Part<'_>, rulebook: &mut Rulebook) -> Result<(), String> {
    let names: Vec<&str> = rulebook.rules.iter().map(|rule| rule.name).collect();
    let at = names.iter().position(|known| *known == name);
    let at = at.ok_or_else(|| format!("there is no rule {name:?}{}", did_you_mean(name, names)))?;
    let rule = &mut rulebook.rules[at];
    let mut known = vec!["target", "enabled"];
    for test in &rule.when {
        if let Test::Measured { measure, .. } = test {
            known.push(measure.name());
        }
    }
    part.known(&known)?;
    rule.target = part.number("target")?.unwrap_or(rule.target);
    for test in &mut rule.when {
        if let Test::Measured { measure, line, .. } = test
            && let Some(number) = part.number(measure.name())?
        {
            *line = Line::At(number);
        }
    }
    if part.flag("enabled")? == Some(false) {
        rulebook.rules.remove(at);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(&text.parse().unwrap()).unwrap_err()
    }

    #[test]
    fn every_bad_value_is_refused_by_name() {
        for (text, words) in [
            (
                "[knobs.DT_STOP_LOSS_PCT]\nlow = 0.03",
                "DT_STOP_LOSS_PCT: the default 0.02 lies outside its range 0.03 to 0.04",
            ),
            (
                "[knobs.DT_STOP_LOSS_PCT]\nlow = 0.5",
                "DT_STOP_LOSS_PCT: the range 0.5 to 0.04 is empty or not finite",
            ),
            ("[knobs.DT_MAX_POSITIONS]\nhigh = 6.5", "DT_MAX_POSITIONS: 6.5 is not a whole number"),
            (
                "[knobs.DT_STOP_LOS_PCT]\nlow = 0.5",
                "there is no knob \"DT_STOP_LOS_PCT\", did you mean \"DT_STOP_LOSS_PCT\"?",
            ),
            (
                "[knobs.DT_MAX_POSITIONS]\nhi = 6",
                "there is no setting \"knobs.DT_MAX_POSITIONS.hi\", did you mean \"high\"?",
            ),
            (
                "[rules.small_losses]\ntarget = 0.05",
                "rule small_losses: the target 0.05 lies outside the range of DT_STOP_LOSS_PCT, 0.01 to 0.04",
            ),
            (
                "[rules.small_losses]\navg_los = 0.05",
                "there is no setting \"rules.small_losses.avg_los\", did you mean \"avg_loss\"?",
            ),
            (
                "[rules.small_loses]\ntarget = 0.02",
                "there is no rule \"small_loses\", did you mean \"small_losses\"?",
            ),
            ("[rules.small_losses]\nenabled = 1", "rules.small_losses.enabled: \"1\" is not true or false"),
            ("[brain]\nsmoothing = 1.2", "smoothing is 1.2, it must be 0 or more and below 1"),
            ("[brain]\nsmoothing = nan", "brain.smoothing: \"nan\" is not a number"),
            ("[brain]\nmin_trades = 0", "brain.min_trades: 0 is not a number from 1 on"),
            (
                "[brain]\nregime_rules = \"sideways\"",
                "brain.regime_rules: \"sideways\" is not over, under, off",
            ),
            ("brain = 1", "brain is not a table"),
            ("[brain]\nper_symbol = 1", "brain.per_symbol: \"1\" is not true or false"),
            (
                "[brain.regimes]\nchop = \"sideways\"",
                "brain.regimes.chop: \"sideways\" is not volatile, range, trend, unknown, none",
            ),
        ] {
            assert_eq!(refused(text), words, "{text}");
        }
    }

    #[test]
    fn good_values_are_taken() {
        let text = "[brain]\nsmoothing = 0.5\nevidence = \"strict\"\nregime_rules = \"off\"\n[knobs.DT_STOP_LOSS_PCT]\nhigh = 0.1\n[rules.small_losses]\navg_loss = -0.02\ntarget = 0.09\n[rules.losing_run]\nenabled = false\n";
        let rulebook = read(&text.parse().unwrap()).unwrap();
        assert_eq!(
            (rulebook.smoothing, rulebook.strict, rulebook.regime_rules),
            (0.5, true, RegimeRules::Off)
        );
        assert_eq!(rulebook.knob(KnobName::StopLoss).high, 0.1);
        let rule = rulebook.rules.iter().find(|rule| rule.name == "small_losses").unwrap();
        assert_eq!(rule.target, 0.09);
        assert!(matches!(rule.when[0], Test::Measured { line: Line::At(line), .. } if line == -0.02));
        assert!(!rulebook.rules.iter().any(|rule| rule.name == "losing_run"));
        assert_eq!(read(&Table::new()).unwrap(), Rulebook::default());
        let text =
            "[brain]\nper_symbol = true\n[brain.regimes]\nhigh_volatility = \"volatile\"\nchop = \"none\"\n";
        let rulebook = read(&text.parse().unwrap()).unwrap();
        assert!(
            rulebook.per_symbol && rulebook.knows_regime("High_Volatility") && rulebook.knows_regime("chop")
        );
        assert_eq!(
            (rulebook.regime_word("HIGH_VOLATILITY"), rulebook.regime_word("chop")),
            ("volatile", "none")
        );
        assert!(!rulebook.knows_regime("crash") && !Rulebook::default().knows_regime("chop"));
    }
}
