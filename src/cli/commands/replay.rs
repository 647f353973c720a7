//! `replay`.

use clap::Args;

use super::what_if::cycle;
use crate::app::{ReplayRequest, replay};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::cli::options::{EngineArgs, parse_date};
use crate::domain::Date;
use crate::report::replay_view;

/// What to replay.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn replay\n  dtlearn replay --from 2026-01-02 --to 2026-06-30\n  dtlearn replay --without-model --format json\n\n", include_str!("../exit_status.txt")))]
pub struct ReplayArgs {
    /// The first trading date [default: that of the first record]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(in crate::cli) from: Option<Date>,
    /// The last trading date [default: that of the last record]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(in crate::cli) to: Option<Date>,
    #[command(flatten)]
    pub(in crate::cli) engine: EngineArgs,
    /// Leave out the scenarios that train models, which take most of the time
    #[arg(long)]
    pub(in crate::cli) without_model: bool,
    /// Begin again, whatever a stopped run left behind
    #[arg(long)]
    pub(in crate::cli) restart: bool,
}
use crate::store::Log;

pub(super) fn run(args: &ReplayArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from > to) {
        return Err(CliError::Usage("--from is after --to".into(), None));
    }
    need_store(call)?;
    let request = ReplayRequest {
        from: args.from,
        to: args.to,
        cycle: cycle(&args.engine),
        in_force: args.engine.in_force.clone(),
        without_model: args.without_model,
        restart: args.restart,
    };
    let done = replay(&call.context, &request)?;
    for warning in &done.warnings {
        call.notes.warning(warning);
    }
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &done.reading);
    answer(call, &replay_view(&done.facts))?;
    Ok(status)
}
