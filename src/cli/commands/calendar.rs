//! `calendar`: the sessions, holidays and half days of a year.

use chrono::Datelike;

use super::super::args::{CalendarArgs, Format};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::super::render::write_icalendar;
use super::{Invocation, answer};
use crate::report::{calendar_dates, calendar_view};

pub(super) fn run(args: &CalendarArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let market = call.context.market();
    let calendar = match (&args.calendar, &args.symbol) {
        (Some(name), _) => call
            .config
            .calendars
            .named(name.trim())
            .map_err(|why| CliError::Usage(format!("--calendar: {why}"), None))?,
        (None, Some(symbol)) => market.of_symbol(symbol).clone(),
        (None, None) => market.calendar().clone(),
    };
    let now = call.context.seen_from();
    let year = args.year.unwrap_or_else(|| calendar.trading_date(now).year());
    if call.config.format == Format::Ics {
        write_icalendar(&calendar, &calendar_dates(&calendar, year), now, call.out)?;
    } else {
        answer(call, &calendar_view(&calendar, year))?;
    }
    Ok(ExitStatus::Done)
}
