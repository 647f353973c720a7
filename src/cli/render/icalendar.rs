//! Sessions and holidays as iCalendar (RFC 5545), for calendar programs.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::domain::{Calendar, Timestamp};
use crate::report::{CalendarDate, DateKind};

/// Writes an event for each session, with its hours in UTC, and for each holiday, all day.
///
/// # Errors
/// As the stream says.
pub(in crate::cli) fn write_icalendar(
    calendar: &Calendar,
    dates: &[CalendarDate],
    now: Timestamp,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = String::new();
    let mut line = |content: String| folded(&mut text, &content);
    line("BEGIN:VCALENDAR".into());
    line("VERSION:2.0".into());
    line(format!("PRODID:-//dtlearn//dtlearn {}//EN", env!("CARGO_PKG_VERSION")));
    line(format!("X-WR-CALNAME:{}", escaped(calendar.name())));
    for date in dates {
        let name = date.name.as_deref().map(escaped).unwrap_or_default();
        let summary = match date.kind {
            DateKind::Session => "session".to_owned(),
            DateKind::EarlyClose => format!("early close: {name}"),
            DateKind::Holiday => format!("closed: {name}"),
        };
        line("BEGIN:VEVENT".into());
        line(format!("UID:{}-{}@dtlearn", date.date.format("%Y%m%d"), uid(calendar.name())));
        line(format!("DTSTAMP:{}", utc(now)));
        match date.session {
            Some(session) => {
                line(format!("DTSTART:{}", utc(session.open)));
                line(format!("DTEND:{}", utc(session.close)));
            }
            None => line(format!("DTSTART;VALUE=DATE:{}", date.date.format("%Y%m%d"))),
        }
        line(format!("SUMMARY:{} {summary}", escaped(calendar.name())));
        line("TRANSP:TRANSPARENT".into());
        line("END:VEVENT".into());
    }
    line("END:VCALENDAR".into());
    out.write_all(text.as_bytes())
}

/// `20260302T143000Z`.
fn utc(moment: Timestamp) -> String {
    let digits: String = moment.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    // Whole seconds are all that the form knows.
    format!("{}Z", digits.split(['.', 'Z']).next().unwrap_or_default())
}

/// A name as a part of an identifier.
fn uid(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Text as a value: RFC 5545, 3.3.11. Other control characters have no place in it.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '\\' | ';' | ',') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Adds a line of at most 75 octets, and goes on with a blank in the next: RFC 5545, 3.1.
fn folded(text: &mut String, content: &str) {
    let mut octets = 0;
    for c in content.chars() {
        if octets + c.len_utf8() > 75 {
            text.push_str("\r\n ");
            octets = 1;
        }
        // Writing into a text cannot fail.
        let _ = text.write_char(c);
        octets += c.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CalendarTable;
    use crate::report::calendar_dates;

    #[test]
    fn lines_are_folded_and_text_is_escaped() {
        let table = CalendarTable {
            zone: "Europe/Berlin".into(),
            sessions: vec!["Fri 09:00-17:30".into()],
            holidays: vec![format!("2026-05-01 Labour Day; {}", "é".repeat(60))],
            ..CalendarTable::default()
        };
        let calendar = Calendar::from_table("XETR, test", &table).unwrap();
        let mut out = Vec::new();
        let now = Timestamp::parse("2026-01-01T00:00:00.5Z").unwrap();
        write_icalendar(&calendar, &calendar_dates(&calendar, 2026), now, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{text}");
        let whole = text.replace("\r\n ", "");
        let holiday = "UID:20260501-XETR--test@dtlearn\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20260501\r\nSUMMARY:XETR\\, test closed: Labour Day\\; é";
        assert!(whole.contains(holiday), "{whole}");
        assert!(whole.contains(
            "DTSTART:20260508T070000Z\r\nDTEND:20260508T153000Z\r\nSUMMARY:XETR\\, test session\r\n"
        ));
        assert_eq!(whole.matches("BEGIN:VEVENT").count(), 52);
    }
}
