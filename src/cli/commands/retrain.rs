//! `retrain`.

use clap::Args;

use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer, need_store};

/// How to retrain.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn retrain --check\n  dtlearn retrain --dry-run --days 90\n  dtlearn retrain --force --gate strict\n  dtlearn retrain --rollback\n\n", include_str!("../exit_status.txt")))]
pub struct RetrainArgs {
    /// Say whether a retrain is due, and train nothing
    #[arg(long, conflicts_with_all = ["force", "dry_run", "rollback"])]
    pub(in crate::cli) check: bool,
    /// Train whatever the triggers say, and a second time on one date
    #[arg(long, conflicts_with = "rollback")]
    pub(in crate::cli) force: bool,
    /// Train and judge, and write nothing
    #[arg(long, conflicts_with = "rollback")]
    pub(in crate::cli) dry_run: bool,
    /// Days of rows to learn from and to judge on
    #[arg(long, value_name = "N", default_value_t = crate::app::RETRAIN_DAYS, value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) days: u16,
    /// What it takes to be deployed: the seed's floors (seed), also skill that sessions have shown (plain), also
    /// evidence that it is better than the model in use (strict)
    #[arg(long, value_enum, value_name = "HOW", default_value_t, conflicts_with = "rollback")]
    pub(in crate::cli) gate: GateMode,
    /// Put the model before the one in use back into use
    #[arg(long)]
    pub(in crate::cli) rollback: bool,
    /// Exit 4 when the answer is no: none due, too few rows, refused
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
}

/// What it takes to be deployed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum GateMode {
    /// Accuracy within 5 % of the model in use, no overfitting.
    Seed,
    /// Also: no worse than the model in use, and skill that sessions have shown.
    #[default]
    Plain,
    /// Also: better than the model in use by evidence of its own.
    Strict,
}
use crate::app::{RetrainRequest, retrain, roll_model_back};
use crate::decide::GateMode as Gate;
use crate::report::{Notice, retrain_view};

pub(super) fn run(args: &RetrainArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let done = if args.rollback {
        roll_model_back(&call.context)?
    } else {
        let request = RetrainRequest {
            days: args.days,
            force: args.force,
            check: args.check,
            dry_run: args.dry_run,
            gate: match args.gate {
                GateMode::Seed => Gate::Seed,
                GateMode::Plain => Gate::Plain,
                GateMode::Strict => Gate::Strict,
            },
        };
        retrain(&call.context, &request)?
    };
    call.notices.extend(Notice::of_retrain(&done.data));
    for warning in &done.warnings {
        call.notes.warning(warning);
    }
    answer(call, &retrain_view(&done.data))?;
    Ok(if args.exit_code && done.is_no() { ExitStatus::No } else { ExitStatus::Done })
}
