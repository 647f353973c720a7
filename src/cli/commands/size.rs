//! `size`.

use clap::Args;

use crate::app::{SizeBy, brain_warning, size, size_groups, size_off_policy};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::report::{allocation_view, off_policy_view, size_view};
use crate::store::Log;

/// What to ask of size.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn size\n  dtlearn size --explain\n  dtlearn size --off-policy\n  dtlearn size --by strategy\n  eval \"$(dtlearn size --format env)\"\n\n", include_str!("../exit_status.txt")))]
pub struct SizeArgs {
    /// Show every step from the record to the size, and how it went by session
    #[arg(long)]
    pub(in crate::cli) explain: bool,
    /// What other sizes would have brought, where records say with which chance each size was drawn; exit 4 where none was
    #[arg(long, conflicts_with = "explain")]
    pub(in crate::cli) off_policy: bool,
    /// Sizes across strategies or symbols, against one size for all
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with_all = ["explain", "off_policy"])]
    pub(in crate::cli) by: Option<ByWhat>,
}

/// By what trades are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum ByWhat {
    /// The strategy
    Strategy,
    /// The symbol
    Symbol,
}

impl SizeArgs {
    /// Whether the answer can be written as NAME=value lines.
    pub(in crate::cli) fn has_assignments(&self) -> bool {
        self.by.is_none() && !self.off_policy
    }
}

pub(super) fn run(args: &SizeArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    if let Some(by) = args.by {
        return across(by, call);
    }
    if args.off_policy {
        return off_policy(call);
    }
    let found = size(&call.context)?;
    call.notes.warnings(brain_warning(&call.context).into_iter().chain(found.warnings.iter().cloned()));
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &found.reading);
    answer(call, &size_view(&found.data, "size", args.explain))?;
    Ok(status)
}

fn off_policy(call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let (found, reading) = size_off_policy(&call.context)?;
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &reading);
    answer(call, &off_policy_view(&found))?;
    Ok(if found.is_err() { ExitStatus::No } else { status })
}

fn across(by: ByWhat, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let by = match by {
        ByWhat::Strategy => SizeBy::Strategy,
        ByWhat::Symbol => SizeBy::Symbol,
    };
    let (found, reading) = size_groups(&call.context, by)?;
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &reading);
    answer(call, &allocation_view(&found))?;
    Ok(status)
}
