//! What `times.rs` must do.

use proptest::prelude::*;

use super::*;

const NEW_YORK: TimeRules = TimeRules { zone: Some(chrono_tz::America::New_York), order: None };

fn read(text: &str, rules: TimeRules) -> Result<String, TimeError> {
    read_time(text, &rules).map(|time| time.at.to_string())
}

#[test]
fn one_moment_in_the_forms_of_many_programs() {
    for text in [
        "2026-03-02 10:00:00 EST",
        "2026-03-02 11:00:00 EDT",
        "2026-03-02 15:00:00 GMT",
        "2026-03-02T10:00:00-05:00[America/New_York]",
        "20260302;100000",
        "20260302 10:00:00",
        "20260302T100000",
        "20260302100000",
        "2026-03-02, 10:00:00",
        "3/2/2026 10:00 AM",
        "03/02/2026 10:00:00",
        "03/02/2026 10:00:00 -05:00",
        "2026.03.02 10:00:00",
        "02.03.2026 10:00",
        "1772463600",
        "1772463600000",
        "1772463600000.0",
        "1772463600000000",
        "1772463600000000000",
        "46083.4166666667",
        "2026-03-02T10:00",
        "2026-03-02 10:00:00.000",
        "Mar 2, 2026 10:00:00 AM",
        "2 March 2026 10:00",
        "02-Mar-26 10:00",
        "Mon, 02 Mar 2026 15:00:00 GMT",
        "2026-03-02 10:00:00 US/Eastern",
        "2026-03-02 10:00 ET",
        "2026-3-2 10:00",
        "20260302T150000Z",
        "3/2/26 10:00am",
    ] {
        assert_eq!(read(text, NEW_YORK), Ok("2026-03-02T15:00:00Z".into()), "{text}");
    }
    assert_eq!(read("2026-03-02", NEW_YORK), Ok("2026-03-02T05:00:00Z".into()));
    assert_eq!(read("2026-03-02 24:00:00", NEW_YORK), Ok("2026-03-03T05:00:00Z".into()));
    assert_eq!(read("3/2/2026 12:05 AM", NEW_YORK), Ok("2026-03-02T05:05:00Z".into()));
    assert_eq!(read("3/2/2026 12:05 PM", NEW_YORK), Ok("2026-03-02T17:05:00Z".into()));
}

#[test]
fn what_is_not_said_is_not_guessed() {
    let berlin = TimeRules { zone: Some(chrono_tz::Europe::Berlin), order: None };
    assert_eq!(read("03/02/2026 10:00", berlin), Ok("2026-02-03T09:00:00Z".into()));
    assert_eq!(read("03/02/2026 10:00 UTC", TimeRules::default()), Err(TimeError::DayOrMonth));
    let day_first = TimeRules { order: Some(DateOrder::DayFirst), ..NEW_YORK };
    assert_eq!(read("03/02/2026 10:00", day_first), Ok("2026-02-03T15:00:00Z".into()));
    assert_eq!(read("13/02/2026 10:00 UTC", TimeRules::default()), Ok("2026-02-13T10:00:00Z".into()));
    assert_eq!(proven_order("13/02/2026 10:00"), Some(DateOrder::DayFirst));
    assert_eq!(proven_order("02/13/2026"), Some(DateOrder::MonthFirst));
    assert_eq!(proven_order("2026-02-13 10:00"), None);
    for (text, why) in [
        ("2026-03-02 10:00", TimeError::NoZone),
        ("2026-03-02", TimeError::NoZone),
        ("yesterday", TimeError::Form),
        ("", TimeError::Form),
        ("12:30", TimeError::NoZone),
        ("1772463", TimeError::Form),
        ("2026-02-30 10:00 UTC", TimeError::NoSuchMoment),
        ("2026-03-02 10:00 BST", TimeError::Form),
    ] {
        let read = read(text, TimeRules::default());
        assert!(read == Err(why) || (text == "12:30" && read.is_err()), "{text}: {read:?}");
    }
}

#[test]
fn changes_of_clocks() {
    assert_eq!(read("2026-03-08 02:30:00", NEW_YORK), Err(TimeError::Skipped));
    let autumn = read_time("2026-11-01 01:30:00", &NEW_YORK).unwrap();
    assert_eq!(autumn.at.to_string(), "2026-11-01T05:30:00Z");
    assert_eq!(autumn.repeated.unwrap().to_string(), "2026-11-01T06:30:00Z");
}

proptest! {
    #[test]
    fn local_times_come_back(us in 0i64..4_000_000_000_000_000) {
        let zone = chrono_tz::Europe::Berlin;
        let at = Timestamp::from_micros(us / 1_000_000 * 1_000_000);
        let wall = Timestamp::from_micros(at.micros() + offset_in(zone, at) * 1_000_000).to_string();
        let rules = TimeRules { zone: Some(zone), order: None };
        let read = read_time(wall.trim_end_matches('Z'), &rules).unwrap();
        prop_assert!(read.at == at || read.repeated == Some(at));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,30}", digits in "[0-9TZ:/. ;,+APMmar-]{0,24}") {
        for text in [&text, &digits] {
            let _ = read_time(text, &NEW_YORK);
            let _ = (proven_order(text), half_of_a_time(text));
        }
    }
}
