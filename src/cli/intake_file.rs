//! The tables `[instruments]` and `[intake]` of `dtlearn.toml`.

use toml::{Table, Value};

use super::error::{CliError, SettingsPage};
use super::rulebook_file::{did_you_mean, text_of};
use crate::app::IntakeSettings;
use crate::domain::{InstrumentRule, Instruments, Netting};
use crate::wire::{Kind, Names};

/// What may be said of an instrument.
const KEYS: [&str; 5] = ["multiplier", "inverse", "negative_prices", "currency", "sector"];

/// What the file says of instruments, and of names in the engine's records.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn intake(shown: &str, file: &Table) -> Result<(Instruments, IntakeSettings), CliError> {
    let read = || Ok((instruments(file.get("instruments"))?, names(file.get("intake"))?));
    read().map_err(|why: String| CliError::Config(SettingsPage::Integrator, format!("{shown}: {why}")))
}

fn table<'v>(name: &str, value: &'v Value) -> Result<&'v Table, String> {
    value.as_table().ok_or_else(|| format!("{name} is not a table"))
}

fn instruments(value: Option<&Value>) -> Result<Instruments, String> {
    let mut out = Instruments::default();
    let Some(value) = value else { return Ok(out) };
    let mut everywhere = InstrumentRule { pattern: "*".into(), ..InstrumentRule::default() };
    for (key, value) in table("instruments", value)? {
        match value {
            Value::Table(said) => {
                let mut rule = InstrumentRule { pattern: key.clone(), ..InstrumentRule::default() };
                for (key, value) in said {
                    take(&mut rule, key, value)?;
                }
                out.rules.push(rule);
            }
            Value::Boolean(flag) if key == "fold_case" => out.fold_case = *flag,
            value => take(&mut everywhere, key, value)?,
        }
    }
    out.rules.push(everywhere);
    Ok(out)
}

fn take(rule: &mut InstrumentRule, key: &str, value: &Value) -> Result<(), String> {
    let place = format!("instruments.{:?}.{key}", rule.pattern);
    let wrong = |wanted: &str| format!("{place}: {:?} is not {wanted}", text_of(value));
    let flag = || value.as_bool().ok_or_else(|| wrong("true or false"));
    match key {
        "multiplier" => {
            let number = value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
            let number = number.filter(|number| number.is_finite() && *number > 0.0);
            rule.multiplier = Some(number.ok_or_else(|| wrong("a number above 0"))?);
        }
        "inverse" => rule.inverse = Some(flag()?),
        "negative_prices" => rule.negative_prices = Some(flag()?),
        "currency" => {
            let code = value.as_str().filter(|code| !code.trim().is_empty());
            rule.currency =
                Some(code.ok_or_else(|| wrong("a currency such as \"EUR\""))?.trim().to_uppercase());
        }
        "sector" => {
            let sector = value.as_str().filter(|sector| !sector.trim().is_empty());
            rule.sector = Some(sector.ok_or_else(|| wrong("a sector such as \"Energy\""))?.trim().to_owned());
        }
        _ => {
            let nearest = did_you_mean(key, KEYS.iter().copied().chain(["fold_case"]));
            return Err(format!("there is no setting {place}{nearest}"));
        }
    }
    Ok(())
}

fn names(value: Option<&Value>) -> Result<IntakeSettings, String> {
    let mut out = IntakeSettings::default();
    let Some(value) = value else { return Ok(out) };
    for (key, value) in table("intake", value)? {
        match key.as_str() {
            "map" => {
                for (name, field) in table("intake.map", value)? {
                    out.maps.push(format!("{name}={}", text_of(field)));
                }
            }
            "ignore" => {
                let list = value.as_array().ok_or("intake.ignore is no list of names")?;
                out.ignored = list.iter().map(text_of).collect();
            }
            "netting" => {
                out.netting = match value.as_str() {
                    Some("average") => Netting::Average,
                    Some("fifo") => Netting::Fifo,
                    _ => {
                        return Err(format!(
                            "intake.netting is {:?}, it must be \"average\" or \"fifo\"",
                            text_of(value)
                        ));
                    }
                };
            }
            _ => {
                let nearest = did_you_mean(key, ["map", "ignore", "netting"]);
                return Err(format!("there is no setting \"intake.{key}\"{nearest}"));
            }
        }
    }
    Names::parse(Kind::Exit, &out.maps, &out.ignored).map_err(|why| format!("intake.map: {why}"))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Instruments, IntakeSettings), String> {
        intake("dtlearn.toml", &text.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn tables_are_read_and_mistakes_named() {
        let (instruments, intake) = read(
            "[instruments]\nfold_case = true\nnegative_prices = false\n[instruments.\"ES*\"]\nmultiplier = 50\n\
             [instruments.XBTUSD]\ninverse = true\ncurrency = \"btc\"\n[intake]\nignore = [\"day_pnl\"]\n[intake.map]\nsz = \"qty\"\n",
        )
        .unwrap();
        assert!(instruments.fold_case);
        assert_eq!(instruments.terms("ESZ5").multiplier, Some(50.0));
        let terms = instruments.terms("XBTUSD");
        assert!(terms.inverse && terms.currency.as_deref() == Some("BTC"));
        assert_eq!(
            (&intake.maps[..], &intake.ignored[..]),
            (&["sz=qty".to_owned()][..], &["day_pnl".to_owned()][..])
        );
        for (text, why) in [
            (
                "[instruments.A]\nmultiplier = 0",
                "instruments.\"A\".multiplier: \"0\" is not a number above 0",
            ),
            (
                "[instruments.A]\nmultipler = 5",
                "there is no setting instruments.\"A\".multipler, did you mean \"multiplier\"?",
            ),
            ("[intake]\nignored = []", "there is no setting \"intake.ignored\", did you mean \"ignore\"?"),
            (
                "[intake]\nnetting = \"lifo\"",
                "intake.netting is \"lifo\", it must be \"average\" or \"fifo\"",
            ),
            ("[intake.map]\na = \"quantum\"", "intake.map: there is no field \"quantum\""),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.starts_with(&format!("dtlearn.toml: {why}")), "{said}");
        }
    }
}
