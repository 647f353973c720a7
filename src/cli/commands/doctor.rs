//! `doctor`.

use clap::Args;

use crate::app::{Severity, examine, repair_logs};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer, need_store};
use crate::report::doctor_view;

/// What to mend.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn doctor\n  dtlearn doctor --repair\n\n", include_str!("../exit_status.txt")))]
pub struct DoctorArgs {
    /// Write damaged files anew; the originals are kept in .dtlearn/quarantine
    #[arg(long)]
    pub(in crate::cli) repair: bool,
    /// With --repair: turn NaN and the infinities, which Python writes, into null
    #[arg(long, requires = "repair")]
    pub(in crate::cli) normalize: bool,
    /// Pack the logs into blocks now
    #[arg(long)]
    pub(in crate::cli) seal: bool,
}

pub(super) fn run(args: &DoctorArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let mut repaired = None;
    if args.repair || args.seal {
        let report = repair_logs(&call.context, args.repair, args.normalize, args.seal)?;
        for warning in &report.warnings {
            call.notes.warning(warning);
        }
        repaired = Some(report);
    }
    let examined = examine(&call.context)?;
    let worst = examined.worst();
    answer(call, &doctor_view(&examined.told(repaired)))?;
    Ok(match worst {
        Some(Severity::Damage) => ExitStatus::Damaged,
        Some(Severity::Warning) => ExitStatus::Part,
        None => ExitStatus::Done,
    })
}
