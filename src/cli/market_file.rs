//! The tables `[market]`, `[market.symbols]` and `[market.calendars.…]` of `dtlearn.toml`.

use toml::{Table, Value};

use super::rulebook_file::{did_you_mean, text_of};
use crate::domain::{BUILT_IN, Calendar, CalendarTable, Market, holiday_lines};

/// What of the settings a market is made of.
pub(super) struct MarketSource<'a> {
    /// The settings file.
    pub file: &'a Table,
    /// The calendar of the environment, with the name of its variable; it goes before the file's.
    pub calendar: Option<(String, &'static str)>,
    /// Reads a file that the settings name, from their own folder.
    pub read: &'a dyn Fn(&str) -> Result<String, String>,
}

/// The calendars of the settings.
#[derive(Clone, Debug, Default)]
pub(super) struct Calendars {
    /// Which one applies to what.
    pub market: Market,
    /// Those that the file describes, by name, used or not.
    pub written: Vec<Calendar>,
}

impl Calendars {
    /// The calendar of a name, built in or described in the file.
    ///
    /// # Errors
    /// A sentence that names the nearest one.
    pub(super) fn named(&self, name: &str) -> Result<Calendar, String> {
        named(name, &self.written)
    }
}

fn named(name: &str, written: &[Calendar]) -> Result<Calendar, String> {
    let found =
        Calendar::built_in(name).or_else(|| written.iter().find(|known| known.name() == name).cloned());
    found.ok_or_else(|| {
        let known = BUILT_IN.into_iter().chain(written.iter().map(Calendar::name));
        let nearest = did_you_mean(name, known);
        format!(
            "there is no calendar {name:?}{nearest}; describe it under [market.calendars.{}]",
            quoted(name)
        )
    })
}

/// A name as a key of a table's heading.
fn quoted(name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

/// Reads the tables; what is not said is New York's.
///
/// # Errors
/// A sentence that names the setting and what is wrong with it.
pub(super) fn calendars(source: &MarketSource<'_>) -> Result<Calendars, String> {
    let empty = Table::new();
    let market = match source.file.get("market") {
        None => &empty,
        Some(value) => table("market", value)?,
    };
    known("market", market, &["calendar", "symbols", "calendars"])?;
    let mut written = Vec::new();
    if let Some(value) = market.get("calendars") {
        for (name, value) in table("market.calendars", value)? {
            written.push(written_calendar(name, value, source)?);
        }
    }
    let (name, place) = match &source.calendar {
        Some((name, variable)) => (Some(name.clone()), *variable),
        None => (
            market.get("calendar").map(|value| text("market.calendar", value)).transpose()?,
            "market.calendar",
        ),
    };
    let calendar = match name {
        Some(name) => named(name.trim(), &written).map_err(|why| format!("{place}: {why}"))?,
        None => Calendar::xnys(),
    };
    let mut symbols = Vec::new();
    if let Some(value) = market.get("symbols") {
        for (pattern, value) in table("market.symbols", value)? {
            let key = format!("market.symbols.{}", quoted(pattern));
            if pattern.trim().is_empty() {
                return Err(format!("{key}: the pattern is empty"));
            }
            let name = text(&key, value)?;
            symbols.push((
                pattern.clone(),
                named(name.trim(), &written).map_err(|why| format!("{key}: {why}"))?,
            ));
        }
    }
    Ok(Calendars { market: Market::with_symbols(calendar, symbols), written })
}

fn written_calendar(name: &str, value: &Value, source: &MarketSource<'_>) -> Result<Calendar, String> {
    let key = format!("market.calendars.{}", quoted(name));
    let of = table(&key, value)?;
    known(&key, of, &["zone", "sessions", "lunch", "holidays", "early_closes", "holidays_file"])?;
    let one = |name: &str| of.get(name).map(|value| text(&format!("{key}.{name}"), value)).transpose();
    let mut table = CalendarTable {
        zone: one("zone")?.unwrap_or_default(),
        sessions: texts(&key, of, "sessions")?,
        lunch: one("lunch")?,
        holidays: texts(&key, of, "holidays")?,
        early_closes: texts(&key, of, "early_closes")?,
    };
    if let Some(path) = one("holidays_file")? {
        let read = (source.read)(&path).map_err(|why| format!("{key}.holidays_file: {path}: {why}"))?;
        let (holidays, early_closes) = holiday_lines(&read);
        table.holidays.extend(holidays);
        table.early_closes.extend(early_closes);
    }
    Calendar::from_table(name, &table).map_err(|why| format!("{key}: {why}"))
}

fn table<'a>(key: &str, value: &'a Value) -> Result<&'a Table, String> {
    value.as_table().ok_or_else(|| format!("{key} is {}, it must be a table", text_of(value)))
}

fn known(key: &str, table: &Table, known: &[&str]) -> Result<(), String> {
    match table.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let nearest = did_you_mean(name, known.iter().copied());
            Err(format!("there is no setting {:?}{nearest}", format!("{key}.{name}")))
        }
    }
}

/// A text, or a date of its own form.
fn text(key: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Datetime(date) if date.time.is_none() => Ok(date.to_string()),
        other => Err(format!("{key}: {} is not a text in quotes", text_of(other))),
    }
}

/// One text, or a list of texts.
fn texts(key: &str, table: &Table, name: &str) -> Result<Vec<String>, String> {
    let key = format!("{key}.{name}");
    match table.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|value| text(&key, value)).collect(),
        Some(value) => Ok(vec![text(&key, value)?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str, variable: Option<&str>) -> Result<Calendars, String> {
        let file: Table = toml.parse().unwrap();
        let read = |path: &str| match path {
            "xetra.txt" => Ok("2026-12-25 Christmas Day\n2026-12-30 14:00\n".to_owned()),
            _ => Err("there is no such file".to_owned()),
        };
        let calendar = variable.map(|name| (name.to_owned(), "DTLEARN_CALENDAR"));
        calendars(&MarketSource { file: &file, calendar, read: &read })
    }

    const XETRA: &str = "[market]\ncalendar = \"XETR\"\n[market.symbols]\n\"*/USDT\" = \"24/7\"\n[market.calendars.XETR]\nzone = \"Europe/Berlin\"\nsessions = \"Mon-Fri 09:00-17:30\"\nholidays = [2026-05-01, \"2026-12-24 Christmas Eve\"]\nholidays_file = \"xetra.txt\"\n";

    #[test]
    fn calendars_are_taken_from_the_tables() {
        let found = read(XETRA, None).unwrap();
        assert_eq!(found.market.calendar().name(), "XETR");
        assert_eq!(found.market.of_symbol("BTC/USDT").name(), "24/7");
        let date = |text: &str| text.parse().unwrap();
        for closed in ["2026-05-01", "2026-12-24", "2026-12-25"] {
            assert!(!found.market.calendar().is_session(date(closed)), "{closed}");
        }
        assert_eq!(found.market.calendar().session_minutes(date("2026-12-30")), 300);
        assert_eq!(read(XETRA, Some("24/5")).unwrap().market.calendar().name(), "24/5");
        assert_eq!(read("", None).unwrap().market, Market::default());
        assert!(found.named("xnys").is_ok() && found.named("XETR").is_ok());
    }

    #[test]
    fn every_bad_entry_is_refused_by_name() {
        for (toml, words) in [
            ("market = 1", "market is 1, it must be a table"),
            (
                "[market]\ncalender = \"XNYS\"",
                "there is no setting \"market.calender\", did you mean \"calendar\"?",
            ),
            ("[market]\ncalendar = 7", "market.calendar: 7 is not a text in quotes"),
            (
                "[market]\ncalendar = \"XNYSE\"",
                "market.calendar: there is no calendar \"XNYSE\", did you mean \"XNYS\"?; describe it under [market.calendars.XNYSE]",
            ),
            (
                "[market.symbols]\n\"*/USDT\" = \"24\"",
                "market.symbols.\"*/USDT\": there is no calendar \"24\", did you mean \"24/5\"?; describe it under [market.calendars.24]",
            ),
            ("[market.symbols]\n\"\" = \"24/7\"", "market.symbols.\"\": the pattern is empty"),
            (
                "[market.calendars.\"24/7\"]\nzone = \"UTC\"",
                "market.calendars.\"24/7\": the calendar 24/7 is built in; give yours another name",
            ),
            (
                "[market.calendars.X]\nzones = \"UTC\"",
                "there is no setting \"market.calendars.X.zones\", did you mean \"zone\"?",
            ),
            (
                "[market.calendars.X]\nzone = \"UTC\"\nsessions = \"Mon-Fri 09:00-17:30\"\nholidays = [\"soon\"]",
                "market.calendars.X: holidays: \"soon\" does not begin with a date such as 2026-12-25",
            ),
            (
                "[market.calendars.X]\nzone = \"UTC\"\nsessions = \"Mon-Fri 09:00-17:30\"\nholidays_file = \"x.txt\"",
                "market.calendars.X.holidays_file: x.txt: there is no such file",
            ),
            (
                "[market.calendars.X]\nzone = \"UTC\"\nsessions = \"Mon-Fri 09:00-17:30\"\nholidays = [2026-12-25T10:00:00Z]",
                "market.calendars.X.holidays: a datetime is not a text in quotes",
            ),
            (
                "[market.calendars.X]\nzone = \"UTC\"",
                "market.calendars.X: sessions is missing; write it like sessions = \"Mon-Fri 09:00-17:30\"",
            ),
        ] {
            assert_eq!(read(toml, None).unwrap_err(), words, "{toml}");
        }
        let why = read("", Some("LSE")).unwrap_err();
        assert!(why.starts_with("DTLEARN_CALENDAR: there is no calendar \"LSE\""), "{why}");
    }
}
