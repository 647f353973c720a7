//! `schedule`: the lines that run post-market at every close. Prints, installs nothing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::Invocation;
use crate::domain::{Calendar, Timestamp, WEEKDAYS};

/// For whom.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn schedule cron\n  dtlearn schedule systemd --prices /data/bars/today.csv.gz\n\n", include_str!("../exit_status.txt")))]
pub struct ScheduleArgs {
    /// What runs it
    #[arg(value_enum)]
    pub(in crate::cli) scheduler: Scheduler,
    /// The price file that post-market is given
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) prices: Option<PathBuf>,
}

/// What runs commands at given times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Scheduler {
    /// A crontab line.
    Cron,
    /// A service and a timer.
    Systemd,
}

/// Five minutes after the regular close, by the clock of the calendar.
const CRON: &str = include_str!("schedule_cron.txt");

/// A service and its timer.
const SYSTEMD: &str = include_str!("schedule_systemd.txt");

pub(super) fn run(args: &ScheduleArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let root = call.around.absolute(call.context.layout.root());
    let program = call.around.args.first().map(std::path::PathBuf::from).unwrap_or_default();
    // A name without a folder was found on the path, which cron and systemd do not have.
    let program = match program.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => call.around.absolute(&program),
        _ => std::path::PathBuf::from("/usr/local/bin/dtlearn"),
    };
    let prices = args.prices.as_ref().map(|path| call.around.absolute(path));
    for path in [Some(&root), Some(&program), prices.as_ref()].into_iter().flatten() {
        let text = path.to_string_lossy();
        if text.contains(['\n', '"', '%', '\\', '$', '`']) {
            let why = format!(
                "{text}: cron and systemd read quotes, backticks, %, $ and backslashes in another way"
            );
            return Err(CliError::Usage(why, Some("use a path without them".into())));
        }
    }
    let prices = prices.map(|path| format!(" --prices \"{}\"", path.display())).unwrap_or_default();
    let template = match args.scheduler {
        Scheduler::Cron => CRON,
        Scheduler::Systemd => SYSTEMD,
    };
    let text = at_close(template, call.context.market().calendar(), call.context.now)
        .replace("@PROGRAM@", &program.display().to_string())
        .replace("@ROOT@", &root.display().to_string())
        .replace("@PRICES@", &prices);
    call.out.write_all(text.as_bytes())?;
    Ok(ExitStatus::Done)
}

/// The template with the time, the zone and the days of the work after the calendar's sessions.
fn at_close(template: &str, calendar: &Calendar, now: Timestamp) -> String {
    let (close, mut days) = calendar.latest_close();
    let mut minute = close + 5;
    if minute >= 1_440 {
        // After midnight it is the next day of the week.
        minute -= 1_440;
        days.rotate_right(1);
    }
    let early = match calendar.next_early_close(calendar.trading_date(now)) {
        Some((session, name)) => format!(
            "It runs then after an early close too (next: {}, {}, {name}); on a holiday it says so and does nothing.",
            session.date,
            calendar.hhmm(session.close),
        ),
        None => "On a holiday it says so and does nothing.".to_owned(),
    };
    template
        .replace("@TIME@", &format!("{:02}:{:02}", minute / 60, minute % 60))
        .replace("@HOUR@", &(minute / 60).to_string())
        .replace("@MINUTE@", &(minute % 60).to_string())
        .replace("@ZONE@", calendar.zone().name())
        .replace("@PLACE@", &calendar.place())
        .replace("@CALENDAR@", calendar.name())
        .replace("@EARLY@", &early)
        .replace("@CRON_DAYS@", &spans(days, "-", ["1", "2", "3", "4", "5", "6", "7"], "*"))
        .replace(
            "@DAYS@",
            &match spans(days, "..", WEEKDAYS, "") {
                days if days.is_empty() => days,
                days => format!("{days} "),
            },
        )
}

/// The days of the week, runs of them joined by `to`; `all` where it is every day.
fn spans(days: [bool; 7], to: &str, names: [&str; 7], all: &str) -> String {
    if days.iter().all(|day| *day) {
        return all.to_owned();
    }
    let mut spans: Vec<String> = Vec::new();
    let mut at = 0;
    while at < 7 {
        let end = (at..7).take_while(|day| days[*day]).last();
        if let Some(end) = end {
            spans.push(if end > at {
                format!("{}{to}{}", names[at], names[end])
            } else {
                names[at].to_owned()
            });
        }
        at = end.unwrap_or(at) + 1;
    }
    spans.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CalendarTable;

    fn lines(calendar: &Calendar) -> (String, String) {
        let now = Timestamp::parse("2026-07-01T12:00:00Z").unwrap();
        let found = |template: &str, mark: &str| {
            let text = at_close(template, calendar, now);
            text.lines().find(|line| line.contains(mark)).unwrap_or_default().to_owned()
        };
        (found(SYSTEMD, "OnCalendar"), found(CRON, "post-market"))
    }

    #[test]
    fn the_work_begins_five_minutes_after_the_close_of_the_calendar() {
        let (timer, cron) = lines(&Calendar::xnys());
        assert_eq!(timer, "OnCalendar=Mon..Fri *-*-* 16:05:00 America/New_York");
        assert!(cron.starts_with("5 16 * * 1-5 "), "{cron}");
        let (timer, cron) = lines(&Calendar::always());
        assert_eq!(timer, "OnCalendar=*-*-* 00:05:00 UTC");
        assert!(cron.starts_with("5 0 * * * "), "{cron}");
        let table = CalendarTable {
            zone: "Asia/Riyadh".into(),
            sessions: vec!["Sun-Wed 10:00-24:00, Fri 10:00-15:00".into()],
            ..CalendarTable::default()
        };
        // A close at midnight is worked on the day after.
        let (timer, cron) = lines(&Calendar::from_table("X", &table).unwrap());
        assert_eq!(timer, "OnCalendar=Mon..Thu,Sat *-*-* 00:05:00 Asia/Riyadh");
        assert!(cron.starts_with("5 0 * * 1-4,6 "), "{cron}");
        let text = at_close(CRON, &Calendar::xnys(), Timestamp::parse("2026-07-01T12:00:00Z").unwrap());
        assert!(text.contains("(next: 2026-11-27, 13:00, Day after Thanksgiving)"), "{text}");
    }
}
