//! The tables `[guard]`, several rules of each kind, and `[heat]` of `dtlearn.toml`.

use toml::{Table, Value};

use super::error::{CliError, SettingsPage};
use super::rulebook_file::{Part, text_of};
use crate::decide::{GuardAction, GuardKind, GuardRule, GuardRules, HeatLimits, LockLength, Per, Reducing};

/// The longest lock and the longest look back, in minutes.
const MOST_MINUTES: f64 = 1_440.0;

/// The rules that the file says, over those that are shipped: a kind that is named has the rules that are listed, and
/// no other.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn guard_rules(shown: &str, file: &Table) -> Result<GuardRules, CliError> {
    read(file).map_err(|why| CliError::Config(SettingsPage::Guard, format!("{shown}: {why}")))
}

/// How much the open book may risk.
///
/// # Errors
/// [`CliError::Config`] names the file and the setting.
pub(super) fn heat_limits(shown: &str, file: &Table) -> Result<HeatLimits, CliError> {
    read_heat(file).map_err(|why| CliError::Config(SettingsPage::Heat, format!("{shown}: {why}")))
}

fn read_heat(file: &Table) -> Result<HeatLimits, String> {
    let mut out = HeatLimits::default();
    let Some(value) = file.get("heat") else { return Ok(out) };
    let part = Part::of("heat", value)?;
    part.known(&["gross_frac", "correlated_frac", "sector_frac", "shortfall_frac", "gap_frac"])?;
    for (key, place) in [
        ("gross_frac", &mut out.gross_frac),
        ("correlated_frac", &mut out.correlated_frac),
        ("sector_frac", &mut out.sector_frac),
        ("shortfall_frac", &mut out.shortfall_frac),
    ] {
        *place = fraction(&part, key)?.unwrap_or(*place);
    }
    let gap = number(&part, "gap_frac", "a fraction from 0 to 5", |v| (0.0..=5.0).contains(&v))?;
    out.gap_frac = gap.unwrap_or(out.gap_frac);
    Ok(out)
}

fn read(file: &Table) -> Result<GuardRules, String> {
    let mut out = GuardRules::default();
    let Some(value) = file.get("guard") else { return Ok(out) };
    let part = Part::of("guard", value)?;
    let keys: Vec<&str> = ["enabled", "reducing"].into_iter().chain(GuardKind::WORDS).collect();
    part.known(&keys)?;
    out.enabled = part.flag("enabled")?.unwrap_or(false);
    if let Some(value) = part.table.get("reducing") {
        out.reducing = reducing(&Part::of("guard.reducing", value)?)?;
    }
    out.rules = Vec::new();
    for word in GuardKind::WORDS {
        match part.table.get(word) {
            None => out.rules.extend(GuardRules::in_force(word)),
            Some(Value::Array(list)) => {
                for (at, value) in list.iter().enumerate() {
                    let place = format!("guard.{word}[{}]", at + 1);
                    out.rules.push(rule(&Part::of(&place, value)?, word, at)?);
                }
            }
            Some(value) => out.rules.push(rule(&Part::of(&format!("guard.{word}"), value)?, word, 0)?),
        }
    }
    for (at, rule) in out.rules.iter().enumerate() {
        if out.rules[..at].iter().any(|other| other.name == rule.name) {
            return Err(format!(
                "guard: two rules are called {:?}: give one of them another name",
                rule.name
            ));
        }
    }
    Ok(out)
}

fn reducing(part: &Part<'_>) -> Result<Reducing, String> {
    part.known(&["size", "positions"])?;
    let shipped = Reducing::default();
    Ok(Reducing {
        size: number(part, "size", "a fraction above 0 and at most 1", |v| v > 0.0 && v <= 1.0)?
            .unwrap_or(shipped.size),
        positions: whole(part, "positions", 0, 100)?.unwrap_or(shipped.positions),
    })
}

/// A number that has to fit.
fn number(part: &Part<'_>, key: &str, wanted: &str, fits: fn(f64) -> bool) -> Result<Option<f64>, String> {
    match part.number(key)? {
        Some(value) if !fits(value) => Err(format!("{}.{key}: {value} is not {wanted}", part.name)),
        value => Ok(value),
    }
}

fn whole(part: &Part<'_>, key: &str, low: u32, high: u32) -> Result<Option<u32>, String> {
    match part.number(key)? {
        Some(value) if value.fract() == 0.0 && (f64::from(low)..=f64::from(high)).contains(&value) => {
            Ok(Some(value as u32))
        }
        Some(value) => {
            Err(format!("{}.{key}: {value} is not a whole number from {low} to {high}", part.name))
        }
        None => Ok(None),
    }
}

fn minutes(part: &Part<'_>, key: &str) -> Result<Option<f64>, String> {
    number(part, key, "a number of minutes above 0 and at most 1440", |v| v > 0.0 && v <= MOST_MINUTES)
}

fn fraction(part: &Part<'_>, key: &str) -> Result<Option<f64>, String> {
    number(part, key, "a fraction above 0 and at most 1", |v| v > 0.0 && v <= 1.0)
}

fn in_r(part: &Part<'_>, key: &str) -> Result<Option<f64>, String> {
    number(part, key, "a loss in R above 0 and at most 1000", |v| v > 0.0 && v <= 1e3)
}

fn sessions(part: &Part<'_>) -> Result<Option<f64>, String> {
    number(part, "sessions", "a number of sessions from 1 to 10000", |v| (1.0..=1e4).contains(&v))
}

/// A count that takes the place of `sessions`, which says how rare it is.
fn either(part: &Part<'_>, key: &str, most: u32) -> Result<Option<u32>, String> {
    let count = whole(part, key, 1, most)?;
    if count.is_some() && sessions(part)?.is_some() {
        return Err(format!("{}: {key} says how many, sessions how rare: give one of them", part.name));
    }
    Ok(count)
}

/// The keys of a kind beside those that every rule has.
fn keys_of(kind: &GuardKind) -> &'static [&'static str] {
    match kind {
        GuardKind::DayLoss { .. } => &["limit_frac"],
        GuardKind::SingleLoss { .. } => &["limit_r"],
        GuardKind::Silence { .. } => &["after_min"],
        GuardKind::StopLosses { .. } => &["stops", "within_min", "sessions"],
        GuardKind::Drawdown { .. } => &["limit_frac", "min_trades"],
        GuardKind::LowProfit { .. } => &["limit_r", "min_trades", "sessions"],
        GuardKind::Cooldown => &[],
        GuardKind::LosingRun { .. } => &["losses", "sessions"],
        GuardKind::WinRate { .. } => &["drop_frac", "threshold"],
        GuardKind::Detector { .. } => &["sessions"],
    }
}

/// A kind with what the file says of it in the place of what is shipped.
fn kind_of(part: &Part<'_>, mut kind: GuardKind) -> Result<GuardKind, String> {
    fn put<T>(place: &mut T, said: Option<T>) {
        if let Some(said) = said {
            *place = said;
        }
    }
    match &mut kind {
        GuardKind::DayLoss { limit_frac } => put(limit_frac, fraction(part, "limit_frac")?),
        GuardKind::SingleLoss { limit_r } => put(limit_r, in_r(part, "limit_r")?),
        GuardKind::Silence { after_min } => put(after_min, minutes(part, "after_min")?),
        GuardKind::StopLosses { stops, within_min, sessions: between } => {
            *stops = either(part, "stops", 1_000)?;
            put(within_min, minutes(part, "within_min")?);
            put(between, sessions(part)?);
        }
        GuardKind::Drawdown { limit_frac, min_trades } => {
            put(limit_frac, fraction(part, "limit_frac")?);
            put(min_trades, whole(part, "min_trades", 1, 10_000)?);
        }
        GuardKind::LowProfit { limit_r, min_trades, sessions: between } => {
            *limit_r = in_r(part, "limit_r")?;
            if limit_r.is_some() && sessions(part)?.is_some() {
                return Err(format!(
                    "{}: limit_r says how low, sessions how rare: give one of them",
                    part.name
                ));
            }
            put(min_trades, whole(part, "min_trades", 1, 10_000)?);
            put(between, sessions(part)?);
        }
        GuardKind::Cooldown => {}
        GuardKind::LosingRun { losses, sessions: between } => {
            *losses = either(part, "losses", 10_000)?;
            put(between, sessions(part)?);
        }
        GuardKind::WinRate { drop_frac, threshold } => {
            put(
                drop_frac,
                number(part, "drop_frac", "a fraction above 0 and below 0.5", |v| v > 0.0 && v < 0.5)?,
            );
            put(
                threshold,
                number(part, "threshold", "a number above 0 and at most 100", |v| v > 0.0 && v <= 100.0)?,
            );
        }
        GuardKind::Detector { sessions: between } => put(between, sessions(part)?),
    }
    Ok(kind)
}

/// One rule; `at` is its place among those of its kind.
fn rule(part: &Part<'_>, word: &str, at: usize) -> Result<GuardRule, String> {
    let shipped = GuardRules::shipped(word).into_iter().next().ok_or("no such rule")?;
    let keys: Vec<&str> = ["name", "per", "action", "lock", "lock_min"]
        .into_iter()
        .chain(keys_of(&shipped.kind).iter().copied())
        .collect();
    part.known(&keys)?;
    let kind = kind_of(part, shipped.kind)?;
    let said_per = part.word("per", &Per::ALL.map(Per::as_str))?;
    let per = said_per.and_then(|word| Per::ALL.into_iter().find(|per| per.as_str() == word));
    let per = per.unwrap_or(shipped.per);
    if per != Per::All && kind.is_of_all() {
        return Err(format!("{}.per: {word} looks at all trades together", part.name));
    }
    let actions = [GuardAction::Reduce, GuardAction::Halt];
    let said = part.word("action", &actions.map(GuardAction::as_str))?;
    let action = said.and_then(|word| actions.into_iter().find(|action| action.as_str() == word));
    let action = action.unwrap_or(if per == Per::All { shipped.action } else { GuardAction::Halt });
    if per != Per::All && action == GuardAction::Reduce {
        return Err(format!(
            "{}.action: knobs are reduced for all trades; a rule per {} halts those it is about",
            part.name,
            per.as_str()
        ));
    }
    if let GuardKind::LowProfit { limit_r: None, min_trades, .. } = kind
        && (per != shipped.per
            || GuardKind::LowProfit { limit_r: None, min_trades, sessions: 60.0 } != shipped.kind)
    {
        return Err(format!(
            "{}: without limit_r it looks at each symbol from its third trade on",
            part.name
        ));
    }
    Ok(GuardRule { name: name_of(part, word, at)?, kind, per, action, lock: lock_of(part, shipped.lock)? })
}

fn lock_of(part: &Part<'_>, shipped: LockLength) -> Result<LockLength, String> {
    let to_the_end = part.word("lock", &["session"])?;
    match (to_the_end, minutes(part, "lock_min")?) {
        (Some(_), Some(_)) => Err(format!("{}: lock and lock_min say the same: give one of them", part.name)),
        (Some(_), None) => Ok(LockLength::Session),
        (None, Some(minutes)) => Ok(LockLength::Minutes(minutes)),
        (None, None) => Ok(shipped),
    }
}

fn name_of(part: &Part<'_>, word: &str, at: usize) -> Result<String, String> {
    let Some(value) = part.table.get("name") else {
        return Ok(if at == 0 { word.to_owned() } else { format!("{word}_{}", at + 1) });
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() <= 40
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let name = value.as_str().filter(|name| is_name(name));
    let wrong = || {
        format!(
            "{}.name: {:?} is not a name of small letters, digits and underscores",
            part.name,
            text_of(value)
        )
    };
    name.map(str::to_owned).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_refused(cases: &[(&str, &str)]) {
        for (text, words) in cases {
            assert_eq!(read(&text.parse().unwrap()).unwrap_err(), *words, "{text}");
        }
    }

    #[test]
    fn every_bad_entry_is_refused_by_name() {
        assert_refused(&[
            ("guard = 1", "guard is not a table"),
            ("[guard]\nday_los = 1", "there is no setting \"guard.day_los\", did you mean \"day_loss\"?"),
            ("[guard]\nenabled = 1", "guard.enabled: \"1\" is not true or false"),
            (
                "[guard.day_loss]\nlimit_frac = 2",
                "guard.day_loss.limit_frac: 2 is not a fraction above 0 and at most 1",
            ),
            (
                "[[guard.day_loss]]\n[[guard.day_loss]]\nlimit_pct = 2",
                "there is no setting \"guard.day_loss[2].limit_pct\", did you mean \"limit_frac\"?",
            ),
            ("[guard]\nday_loss = 3", "guard.day_loss is not a table"),
            ("[guard]\nday_loss = [3]", "guard.day_loss[1] is not a table"),
            (
                "[guard.stop_losses]\nstops = 0",
                "guard.stop_losses.stops: 0 is not a whole number from 1 to 1000",
            ),
            (
                "[guard.stop_losses]\nper = \"sector\"",
                "guard.stop_losses.per: \"sector\" is not all, side, symbol, strategy",
            ),
            (
                "[guard.detector]\nper = \"symbol\"",
                "guard.detector.per: detector looks at all trades together",
            ),
            (
                "[guard.drawdown]\nper = \"symbol\"\naction = \"reduce\"",
                "guard.drawdown.action: knobs are reduced for all trades; a rule per symbol halts those it is about",
            ),
        ]);
    }

    #[test]
    fn what_is_said_twice_or_out_of_range_is_refused_by_name() {
        assert_refused(&[
            (
                "[guard.cooldown]\nlock_min = 5\nlock = \"session\"",
                "guard.cooldown: lock and lock_min say the same: give one of them",
            ),
            (
                "[guard.losing_run]\nlosses = 5\nsessions = 60",
                "guard.losing_run: losses says how many, sessions how rare: give one of them",
            ),
            (
                "[guard.low_profit]\nlimit_r = 2\nsessions = 60",
                "guard.low_profit: limit_r says how low, sessions how rare: give one of them",
            ),
            (
                "[guard.low_profit]\nmin_trades = 5",
                "guard.low_profit: without limit_r it looks at each symbol from its third trade on",
            ),
            (
                "[guard.cooldown]\nname = \"Mine!\"",
                "guard.cooldown.name: \"Mine!\" is not a name of small letters, digits and underscores",
            ),
            (
                "[guard.cooldown]\nname = \"drawdown\"",
                "guard: two rules are called \"drawdown\": give one of them another name",
            ),
            (
                "[guard.reducing]\nsize = 1.5",
                "guard.reducing.size: 1.5 is not a fraction above 0 and at most 1",
            ),
            (
                "[guard.silence]\nafter_min = -1",
                "guard.silence.after_min: -1 is not a number of minutes above 0 and at most 1440",
            ),
            (
                "[guard.win_rate]\ndrop_frac = 0.6",
                "guard.win_rate.drop_frac: 0.6 is not a fraction above 0 and below 0.5",
            ),
        ]);
    }

    #[test]
    fn limits_of_the_book_are_read_and_mistakes_named() {
        let read = |text: &str| read_heat(&text.parse().unwrap());
        assert_eq!(read("[heat]\ngross_frac = 0.03\ngap_frac = 0").unwrap().gross_frac, 0.03);
        for (text, words) in [
            ("heat = 1", "heat is not a table"),
            ("[heat]\ngross = 0.03", "there is no setting \"heat.gross\", did you mean \"gross_frac\"?"),
            ("[heat]\nsector_frac = 3", "heat.sector_frac: 3 is not a fraction above 0 and at most 1"),
        ] {
            assert_eq!(read(text).unwrap_err(), words);
        }
    }

    #[test]
    fn several_rules_of_a_kind_are_taken_and_others_stay_as_shipped() {
        let text = "[guard]\nenabled = true\n[[guard.stop_losses]]\n[[guard.stop_losses]]\nper = \"side\"\nstops = 3\n\
                    lock_min = 45\n[[guard.stop_losses]]\nname = \"mine\"\nper = \"strategy\"\nlock = \"session\"\n";
        let rules = read(&text.parse().unwrap()).unwrap();
        // A pause after each stop has to be asked for.
        let pauses = |text: &str| {
            read(&text.parse().unwrap()).unwrap().rules.iter().any(|rule| rule.kind == GuardKind::Cooldown)
        };
        assert!(rules.enabled && !pauses(text) && pauses("[guard.cooldown]"));
        let stops: Vec<&GuardRule> =
            rules.rules.iter().filter(|rule| rule.kind.as_str() == "stop_losses").collect();
        let names: Vec<&str> = stops.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["stop_losses", "stop_losses_2", "mine"]);
        assert_eq!(stops[1].lock, LockLength::Minutes(45.0));
        assert_eq!(stops[1].kind, GuardKind::StopLosses { stops: Some(3), within_min: 60.0, sessions: 60.0 });
        assert_eq!((stops[2].per, stops[2].lock), (Per::Strategy, LockLength::Session));
        let shipped = GuardRules::default().rules.len();
        assert_eq!(rules.rules.len(), shipped + 2);
        assert_eq!(read(&Table::new()).unwrap(), GuardRules::default());
    }
}
