//! `calendar`: the sessions, holidays and half days of a year.

use chrono::Datelike;
use clap::Args;

use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer};
use crate::cli::options::Format;
use crate::cli::render::write_icalendar;
use crate::report::{calendar_dates, calendar_view};

/// Which year of which calendar.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn calendar\n  dtlearn calendar 2026 --format csv > sessions.csv\n  dtlearn calendar 2026 -o xnys-2026.ics\n  dtlearn calendar --calendar 24/5\n\n", include_str!("../exit_status.txt")))]
pub struct CalendarArgs {
    /// The year, 1990 to 2100 [default: this year]
    #[arg(value_name = "YEAR", value_parser = clap::value_parser!(i32).range(1990..=2100))]
    pub(in crate::cli) year: Option<i32>,
    /// Another calendar: XNYS, 24/7, 24/5 or one of the settings
    #[arg(long, value_name = "NAME", conflicts_with = "symbol")]
    pub(in crate::cli) calendar: Option<String>,
    /// The calendar by which this symbol trades
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
}

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
