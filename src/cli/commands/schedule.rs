//! `schedule`: the lines that run post-market at every close. Prints, installs nothing.

use super::super::args::{ScheduleArgs, Scheduler};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::Invocation;

/// Five minutes after the close of New York's regular session, by its own clock.
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
        if text.contains(['\n', '"', '%', '\\', '$']) {
            let why = format!("{text}: cron and systemd read quotes, %, $ and backslashes in another way");
            return Err(CliError::Usage(why, Some("use a path without them".into())));
        }
    }
    let prices = prices.map(|path| format!(" --prices \"{}\"", path.display())).unwrap_or_default();
    let template = match args.scheduler {
        Scheduler::Cron => CRON,
        Scheduler::Systemd => SYSTEMD,
    };
    let text = template
        .replace("@PROGRAM@", &program.display().to_string())
        .replace("@ROOT@", &root.display().to_string())
        .replace("@PRICES@", &prices);
    call.out.write_all(text.as_bytes())?;
    Ok(ExitStatus::Done)
}
