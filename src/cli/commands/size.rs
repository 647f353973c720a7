//! `size`.

use clap::Args;

use crate::app::size;
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::report::size_view;
use crate::store::Log;

/// What to ask of size.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn size\n  dtlearn size --explain\n  eval \"$(dtlearn size --format env)\"\n\n", include_str!("../exit_status.txt")))]
pub struct SizeArgs {
    /// Show every step from the record to the size, and how it went by session
    #[arg(long)]
    pub(in crate::cli) explain: bool,
}

pub(super) fn run(args: &SizeArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let found = size(&call.context)?;
    for warning in &found.warnings {
        call.notes.warning(warning);
    }
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &found.reading);
    answer(call, &size_view(&found.data, "size", args.explain))?;
    Ok(status)
}
