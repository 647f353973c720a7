//! What is typed as one word: days, dates, zones, knobs and their values.

use crate::cli::rulebook_file::did_you_mean;
use crate::domain::{Date, KnobName, Window};

pub(in crate::cli) fn parse_days(text: &str) -> Result<Window, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Window::All);
    }
    match text.parse::<u16>() {
        Ok(days) if days > 0 => Ok(Window::Days(days)),
        _ => Err("a number of days from 1 to 65535, or `all`".into()),
    }
}

pub(in crate::cli) fn parse_date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a date like 2026-03-02".into())
}

pub(in crate::cli) fn parse_zone(text: &str) -> Result<chrono_tz::Tz, String> {
    text.parse().map_err(|_| "a zone of the tz database, such as America/New_York or UTC".into())
}

pub(in crate::cli) fn parse_knob(text: &str) -> Result<KnobName, String> {
    KnobName::parse(text).ok_or_else(|| {
        let names = KnobName::ALL.map(KnobName::as_str);
        let nearest = did_you_mean(&text.to_ascii_uppercase(), names);
        if nearest.is_empty() {
            return format!("there is no such knob: the knobs are {}", names.join(", "));
        }
        format!("there is no such knob{nearest}")
    })
}

pub(in crate::cli) fn parse_setting(text: &str) -> Result<(KnobName, f64), String> {
    let (name, value) = text.split_once('=').ok_or("write it like DT_MAX_POSITIONS=2")?;
    let value = value.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    Ok((parse_knob(name.trim())?, value.ok_or("the value is not a number")?))
}

pub(in crate::cli) fn parse_cycle(text: &str) -> Result<f64, String> {
    let minutes = text.parse::<f64>().ok().filter(|minutes| (0.001..=1440.0).contains(minutes));
    minutes.ok_or_else(|| "a number of minutes from 0.001 to 1440".into())
}
