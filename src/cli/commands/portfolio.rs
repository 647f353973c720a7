//! `portfolio`.

use clap::Args;

use crate::app::size_caps;
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::report::portfolio_view;
use crate::store::Log;

/// What to do with the size caps.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn portfolio\n  dtlearn portfolio --apply\n\n", include_str!("../exit_status.txt")))]
pub struct PortfolioArgs {
    /// Put the size caps into the brain file, in the place of those that are there
    #[arg(long)]
    pub(in crate::cli) apply: bool,
}

pub(super) fn run(args: &PortfolioArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if args.apply && call.context.as_of.is_some() {
        let why = "--apply writes the caps of now: it does not go with --as-of";
        return Err(CliError::Usage(why.into(), None));
    }
    need_store(call)?;
    let (data, reading) = size_caps(&call.context, args.apply)?;
    answer(call, &portfolio_view(&data))?;
    let path = call.context.layout.log(Log::Outcomes);
    Ok(after_reading(call, &path, &reading))
}
