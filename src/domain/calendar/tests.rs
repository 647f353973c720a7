//! What calendars answer, against days that were looked up by hand.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn table(zone: &str, sessions: &str, lunch: Option<&str>) -> CalendarTable {
    CalendarTable {
        zone: zone.into(),
        sessions: vec![sessions.into()],
        lunch: lunch.map(str::to_owned),
        ..CalendarTable::default()
    }
}

fn chicago() -> Calendar {
    let mut table = table("America/Chicago", "Mon-Fri 17:00-16:00", None);
    table.holidays = vec!["2026-01-01 New Year's Day".into(), "2026-04-03 Good Friday".into()];
    table.early_closes = vec!["2026-11-27 12:15 Day after Thanksgiving".into()];
    Calendar::from_table("CME", &table).unwrap()
}

#[test]
fn new_york_closes_by_rule_and_by_decree() {
    let xnys = Calendar::xnys();
    for closed in [
        "1990-04-13",
        "1994-04-27",
        "2001-09-11",
        "2001-09-14",
        "2004-06-11",
        "2007-01-02",
        "2012-01-02",
        "2012-10-29",
        "2012-10-30",
        "2018-12-05",
        "2022-06-20",
        "2025-01-09",
        "2026-04-03",
        "2026-06-19",
        "2026-07-03",
        "2027-06-18",
        "2100-03-26",
    ] {
        assert!(!xnys.is_session(date(closed)), "{closed}");
    }
    for open in [
        "1992-07-06",
        "1997-01-20",
        "2001-09-10",
        "2010-12-31",
        "2012-10-31",
        "2021-06-18",
        "2021-12-31",
        "2026-07-02",
        "2026-10-12",
        "2026-11-11",
        "2026-12-31",
    ] {
        let session = xnys.session(date(open)).unwrap();
        assert_eq!(
            (xnys.hhmm(session.open), xnys.hhmm(session.close)),
            ("09:30".into(), "16:00".into()),
            "{open}"
        );
    }
    for half in ["1999-12-31", "2012-07-03", "2013-07-03", "2025-07-03", "2026-11-27", "2026-12-24"] {
        let session = xnys.session(date(half)).unwrap();
        assert_eq!(
            (xnys.hhmm(session.close), session.trading_us()),
            ("13:00".into(), 12_600_000_000),
            "{half}"
        );
    }
    assert_eq!(xnys.special(date("2026-07-03")), Some(Special::Closed("Independence Day")));
}

/// Sessions of each year from 1990 to 2030, counted in two published lists that agree on every day.
#[test]
fn new_york_has_as_many_sessions_a_year_as_published() {
    const PUBLISHED: [usize; 41] = [
        253, 253, 254, 253, 252, 252, 254, 253, 252, 252, 252, 248, 252, 252, 252, 252, 251, 251, 253, 252,
        252, 252, 250, 252, 252, 252, 252, 251, 251, 252, 253, 252, 251, 250, 252, 250, 251, 251, 251, 251,
        251,
    ];
    let xnys = Calendar::xnys();
    let mut total = 0;
    for (year, published) in (1990..).zip(PUBLISHED) {
        let sessions = xnys.sessions(date(&format!("{year}-01-01")), date(&format!("{year}-12-31"))).count();
        assert_eq!(sessions, published, "{year}");
        total += sessions;
    }
    assert_eq!(total, 10_322);
    assert_eq!((total as f64 / 41.0).round() as u32, xnys.sessions_per_year());
}

#[test]
fn a_moment_has_the_date_of_its_session_else_of_the_wall_clock() {
    let xnys = Calendar::xnys();
    let chicago = chicago();
    let forex = Calendar::weekdays();
    for (calendar, moment, want) in [
        // New York in winter and summer, and the day on which its clocks change.
        (&xnys, "2026-03-10T03:59:59Z", "2026-03-09"),
        (&xnys, "2026-03-10T04:00:00Z", "2026-03-10"),
        (&xnys, "2026-03-08T04:59:59Z", "2026-03-07"),
        (&xnys, "2026-03-08T05:00:00Z", "2026-03-08"),
        (&xnys, "2026-11-01T03:59:59Z", "2026-10-31"),
        (&xnys, "2026-11-02T04:59:59Z", "2026-11-01"),
        (&xnys, "2026-11-02T05:00:00Z", "2026-11-02"),
        // Chicago opens on Sunday at 17:00 for Monday; what happens in the pause has the date that ended.
        (&chicago, "2026-03-08T21:59:59Z", "2026-03-08"),
        (&chicago, "2026-03-08T22:00:00Z", "2026-03-09"),
        (&chicago, "2026-03-09T20:59:59Z", "2026-03-09"),
        (&chicago, "2026-03-09T21:30:00Z", "2026-03-09"),
        (&chicago, "2026-03-09T22:00:00Z", "2026-03-10"),
        // On Friday evening nothing opens; nor on the evening before a holiday.
        (&chicago, "2026-03-13T23:00:00Z", "2026-03-13"),
        (&chicago, "2026-03-14T12:00:00Z", "2026-03-14"),
        (&chicago, "2026-04-02T23:00:00Z", "2026-04-02"),
        (&forex, "2026-03-08T20:59:59Z", "2026-03-08"),
        (&forex, "2026-03-08T21:00:00Z", "2026-03-09"),
        (&forex, "2026-03-09T20:59:59Z", "2026-03-09"),
        (&forex, "2026-03-09T21:00:00Z", "2026-03-10"),
        (&forex, "2026-03-13T21:00:00Z", "2026-03-13"),
    ] {
        assert_eq!(calendar.trading_date(at(moment)), date(want), "{calendar} {moment}");
    }
    let early = chicago.session(date("2026-11-27")).unwrap();
    assert_eq!((early.open, early.close), (at("2026-11-26T23:00:00Z"), at("2026-11-27T18:15:00Z")));
}

#[test]
fn the_last_session_that_is_over_and_the_one_that_runs() {
    let xnys = Calendar::xnys();
    let over = |moment| xnys.last_over(at(moment)).map(|session| session.date.to_string()).unwrap();
    // 2026-07-03 is a holiday, a Friday.
    for (moment, want) in [
        ("2026-07-02T19:59:59Z", "2026-07-01"),
        ("2026-07-02T20:00:00Z", "2026-07-02"),
        ("2026-07-03T04:00:00Z", "2026-07-02"),
        ("2026-07-03T21:00:00Z", "2026-07-02"),
        ("2026-07-05T12:00:00Z", "2026-07-02"),
        ("2026-07-06T13:00:00Z", "2026-07-02"),
        ("2026-07-06T20:05:00Z", "2026-07-06"),
        ("2026-11-27T18:00:00Z", "2026-11-27"),
    ] {
        assert_eq!(over(moment), want, "{moment}");
    }
    assert!(
        xnys.running(at("2026-11-27T17:59:59Z")).is_some()
            && xnys.running(at("2026-11-27T18:00:00Z")).is_none()
    );
    let current = |moment| xnys.current(at(moment)).map(|session| session.date.to_string()).unwrap();
    assert_eq!(
        (current("2026-07-06T13:29:59Z"), current("2026-07-06T13:30:00Z")),
        ("2026-07-02".into(), "2026-07-06".into())
    );
    assert_eq!(xnys.sessions_since(date("2026-07-01"), at("2026-07-06T19:59:59Z")), 1);
    assert_eq!(xnys.sessions_since(date("2026-07-01"), at("2026-07-06T20:00:00Z")), 2);
    assert_eq!(xnys.sessions_since(date("2026-07-06"), at("2026-07-06T20:00:00Z")), 0);
    assert_eq!(xnys.next_session(date("2026-07-02")), Some(date("2026-07-06")));
    assert!(xnys.is_before_holiday(date("2026-07-02")) && !xnys.is_before_holiday(date("2026-07-01")));
    assert!(xnys.is_before_holiday(date("2026-05-22")) && !xnys.is_before_holiday(date("2026-05-29")));
}

#[test]
fn years_have_their_number_of_sessions() {
    assert_eq!(Calendar::always().sessions_per_year(), 365);
    assert_eq!(Calendar::weekdays().sessions_per_year(), 261);
    let mut xetra = table("Europe/Berlin", "Mon-Fri 09:00-17:30", None);
    xetra.holidays = ["01-01", "04-03", "04-06", "05-01", "12-24", "12-25", "12-31"]
        .map(|day| format!("2026-{day}"))
        .into();
    let xetra = Calendar::from_table("XETR", &xetra).unwrap();
    assert_eq!(xetra.sessions_per_year(), 254);
    assert_eq!(xetra.sessions(date("2026-01-01"), date("2026-12-31")).count(), 254);
}

/// Makes one entry of a good table bad.
type Change<'a> = &'a dyn Fn(&mut CalendarTable);

/// Holds what is said of a table with a mistake in it against what should be.
fn assert_refused(cases: &[(Change<'_>, &str)]) {
    let good = table("Europe/Berlin", "Mon-Thu 09:00-17:30, Fri 09:00-14:00", Some("12:00-13:00"));
    let week = Calendar::from_table("X", &good).unwrap();
    assert_eq!(week.hhmm(week.session(date("2026-03-13")).unwrap().close), "14:00");
    for (change, want) in cases {
        let mut table = good.clone();
        change(&mut table);
        assert_eq!(Calendar::from_table("X", &table).unwrap_err().to_string(), *want);
    }
    let error = Calendar::from_table("xnys", &good).unwrap_err();
    assert_eq!(error.to_string(), "the calendar xnys is built in; give yours another name");
}

#[test]
fn zones_and_sessions_that_cannot_be_meant_are_refused_by_name() {
    assert_refused(&[
        (
            &|t| t.zone = "Berlin".into(),
            "zone: \"Berlin\" is not a zone of the tz database, such as Europe/Berlin",
        ),
        (&|t| t.zone = String::new(), "zone is missing; write it like zone = \"Europe/Berlin\""),
        (&|t| t.sessions.clear(), "sessions is missing; write it like sessions = \"Mon-Fri 09:00-17:30\""),
        (
            &|t| t.sessions = vec!["weekdays 9:00-17:00".into()],
            "sessions: \"weekdays 9:00-17:00\" has \"weekdays\" where a day such as Mon or Mon-Fri is expected",
        ),
        (
            &|t| t.sessions = vec!["Mon-Fri".into()],
            "sessions: \"Mon-Fri\" has no hours such as 09:00-17:30 after the days",
        ),
        (
            &|t| t.sessions = vec!["Mon-Fri 9-17".into()],
            "sessions: \"Mon-Fri 9-17\" has no hours such as 09:00-17:30 after the days",
        ),
        (
            &|t| t.sessions = vec!["Mon-Fri 09:00-25:00".into()],
            "sessions: \"Mon-Fri 09:00-25:00\" has no hours such as 09:00-17:30 after the days",
        ),
        (
            &|t| t.sessions = vec!["Mon-Fri 24:00-16:00".into()],
            "sessions: \"Mon-Fri 24:00-16:00\" opens at 24:00; write 00:00",
        ),
        (
            &|t| t.sessions.push("Fri 15:00-17:00".into()),
            "sessions: \"Fri 15:00-17:00\" gives Friday a second session; a break in it is `lunch`",
        ),
        (
            &|t| t.sessions = vec!["Mon 09:00-17:00".into(), "Tue 16:00-15:00".into()],
            "sessions: \"Mon 09:00-17:00, Tue 16:00-15:00\" lets Tuesday begin before Monday has ended",
        ),
    ]);
}

#[test]
fn lunches_and_dates_that_cannot_be_meant_are_refused_by_name() {
    assert_refused(&[
        (&|t| t.lunch = Some("noon".into()), "lunch: \"noon\" is not a span such as 11:30-12:30"),
        (&|t| t.lunch = Some("13:00-12:00".into()), "lunch: \"13:00-12:00\" ends before it begins"),
        (
            &|t| t.lunch = Some("13:00-14:30".into()),
            "lunch: \"13:00-14:30\" does not lie within the session of Friday",
        ),
        (
            &|t| t.holidays = vec!["25.12.2026".into()],
            "holidays: \"25.12.2026\" does not begin with a date such as 2026-12-25",
        ),
        (
            &|t| t.holidays = vec!["2026-02-30".into()],
            "holidays: \"2026-02-30\" does not begin with a date such as 2026-12-25",
        ),
        (
            &|t| t.early_closes = vec!["2026-12-30".into()],
            "early_closes: \"2026-12-30\" has no time such as 13:00 after the date",
        ),
        (
            &|t| t.early_closes = vec!["2026-12-26 13:00".into()],
            "early_closes: \"2026-12-26 13:00\" is a Sat, which has no session",
        ),
        (
            &|t| t.early_closes = vec!["2026-12-30 17:30".into()],
            "early_closes: \"2026-12-30 17:30\" does not lie between the session's open and its regular close",
        ),
        (
            &|t| {
                t.holidays = vec!["2026-12-30".into()];
                t.early_closes = vec!["2026-12-30 13:00".into()];
            },
            "early_closes: \"2026-12-30 13:00\" is one of the holidays too",
        ),
        (
            &|t| t.early_closes = vec!["2026-12-30 13:00".into(), "2026-12-30 14:00".into()],
            "early_closes: \"2026-12-30 14:00\" is there twice with different times",
        ),
    ]);
}

#[test]
fn a_file_of_holidays_has_a_date_a_line() {
    let text =
        "\u{feff}# Xetra 2026\n2026-01-01,New Year's Day\r\n\n2026-12-30 14:00 Last session\n2026-12-25\n";
    let (holidays, early) = holiday_lines(text);
    assert_eq!(holidays, ["2026-01-01,New Year's Day", "2026-12-25"]);
    assert_eq!(early, ["2026-12-30 14:00 Last session"]);
    let mut table = table("Europe/Berlin", "Mon-Fri 09:00-17:30", None);
    (table.holidays, table.early_closes) = (holidays, early);
    let xetra = Calendar::from_table("XETR", &table).unwrap();
    assert_eq!(xetra.special(date("2026-01-01")), Some(Special::Closed("New Year's Day")));
    assert_eq!(xetra.special(date("2026-12-25")), Some(Special::Closed("Holiday")));
    assert_eq!(
        xetra.special(date("2026-12-30")),
        Some(Special::EarlyClose { minute: 840, name: "Last session" })
    );
}

#[test]
fn the_most_specific_pattern_counts() {
    let forex = Calendar::weekdays();
    let market = Market::with_symbols(
        Calendar::xnys(),
        vec![("*".into(), forex.clone()), ("*/USDT".into(), Calendar::always()), ("ES?6".into(), chicago())],
    );
    for (symbol, want) in [
        ("BTC/USDT", "24/7"),
        ("eth/usdt", "24/7"),
        ("ESH6", "CME"),
        ("ESH26", "24/5"),
        ("/USDT", "24/7"),
        ("AAPL", "24/5"),
    ] {
        assert_eq!(market.of_symbol(symbol).name(), want, "{symbol}");
    }
    assert_eq!(Market::default().of_symbol("AAPL").name(), "XNYS");
    let other = Market::of(forex);
    assert!(
        market.fingerprint() != other.fingerprint()
            && market.fingerprint() != Market::default().fingerprint()
    );
    assert_eq!(market.fingerprint(), market.clone().fingerprint());
}

#[test]
fn a_calendar_without_sessions_ends_every_search() {
    let mut never = table("UTC", "Mon 09:00-10:00", None);
    never.holidays = date("2026-01-01").iter_days().take(800).map(|day| day.to_string()).collect();
    let never = Calendar::from_table("never", &never).unwrap();
    assert_eq!(never.next_session(date("2026-01-01")), None);
    assert_eq!(never.previous_session(date("2028-01-01")), None);
    assert!(never.current(at("2027-12-01T00:00:00Z")).is_none());
}

proptest! {
    /// What a thread remembers of days is what it would work out anew, whatever was asked before and of whom.
    #[test]
    fn remembered_days_change_no_answer(
        moments in proptest::collection::vec((0usize..5, 0i64..40, 0i64..86_400), 1..40), from in -2_208_900_000i64..4_000_000_000,
    ) {
        let tokyo = Calendar::from_table("XTKS", &table("Asia/Tokyo", "Mon-Fri 09:00-15:30", Some("11:30-12:30"))).unwrap();
        let calendars = [Calendar::xnys(), Calendar::always(), Calendar::weekdays(), chicago(), tokyo];
        for (calendar, day, second) in moments {
            let calendar = &calendars[calendar];
            let moment = Timestamp::from_micros((from + day * 43_200 + second) * 1_000_000);
            let (day, clock) = (calendar.day(moment), moment.local(calendar.zone()).0);
            prop_assert!(day.from <= moment && moment < day.to);
            prop_assert!(day.date == clock || day.date == next_day(clock));
            let within = calendar.session(next_day(clock)).is_some_and(|session| session.open <= moment);
            prop_assert_eq!(day.date != clock, within);
            prop_assert_eq!(calendar.bounds(next_day(day.date)).0, day.to);
            if let Some(session) = day.session {
                prop_assert!(day.from <= session.open && session.open < session.close && session.close <= day.to);
                prop_assert_eq!(session.date, day.date);
            }
        }
    }

    #[test]
    fn no_entry_panics(zone in "\\PC{0,12}", sessions in "\\PC{0,24}", lunch in "[0-9:\\- ]{0,12}", entry in "\\PC{0,24}") {
        for zone in [zone.as_str(), "UTC"] {
            for sessions in [sessions.as_str(), "Mon-Sun 00:00-24:00"] {
                let mut table = table(zone, sessions, Some(&lunch));
                let _ = Calendar::from_table("x", &table);
                (table.holidays, table.early_closes) = holiday_lines(&entry);
                let _ = Calendar::from_table("x", &table);
            }
        }
    }
}
