//! `brain-adjust`.

use clap::Args;

use crate::app::{AdjustRequest, adjust};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::cli::options::{parse_knob, parse_setting};
use crate::domain::KnobName;
use crate::report::{Notice, adjust_view};

/// How to move the knobs.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn brain-adjust --dry-run --explain\n  dtlearn brain-adjust --regime volatile\n  dtlearn brain-adjust --set DT_MAX_POSITIONS=2\n  dtlearn brain-adjust --rollback\n\n", include_str!("../exit_status.txt")))]
pub struct BrainAdjustArgs {
    /// Say what would change, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Show every rule: its figure, its threshold, and whether it fired
    #[arg(long, conflicts_with_all = ["set", "reset", "rollback"])]
    pub(in crate::cli) explain: bool,
    /// Move a knob where the figure crosses the threshold (point), or only where its whole interval does (strict)
    #[arg(long, value_enum, value_name = "HOW", conflicts_with_all = ["set", "reset", "rollback"])]
    pub(in crate::cli) evidence: Option<EvidenceMode>,
    /// The market's regime [default: the brain file's, else that of the last session's trades]
    #[arg(long, value_name = "WORD", conflicts_with_all = ["set", "reset", "rollback"])]
    pub(in crate::cli) regime: Option<String>,
    /// Move only this knob; can be given several times
    #[arg(long, value_name = "KNOB", value_parser = parse_knob, conflicts_with_all = ["set", "reset", "rollback"])]
    pub(in crate::cli) knob: Vec<KnobName>,
    /// Keep values of their own for symbols with enough trades
    #[arg(long, conflicts_with_all = ["set", "reset", "rollback"])]
    pub(in crate::cli) per_symbol: bool,
    /// Move knobs again on the same date
    #[arg(long, conflicts_with_all = ["set", "reset", "rollback"])]
    pub(in crate::cli) force: bool,
    /// Set a knob by hand; can be given several times
    #[arg(long, value_name = "KNOB=VALUE", value_parser = parse_setting, conflicts_with_all = ["reset", "rollback"])]
    pub(in crate::cli) set: Vec<(KnobName, f64)>,
    /// Set a knob back to its default, or all of them
    #[arg(long, value_name = "KNOB", value_parser = parse_knob, num_args = 0..=1, conflicts_with = "rollback")]
    pub(in crate::cli) reset: Option<Option<KnobName>>,
    /// Undo the last update, or the last N
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) rollback: Option<u32>,
}

/// What it takes to move a knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum EvidenceMode {
    /// The figure crosses the line.
    Point,
    /// Its whole 95 % interval does, on trades that no earlier change of the knob has used.
    Strict,
}
use crate::store::Log;

pub(super) fn run(args: &BrainAdjustArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    for (at, (knob, _)) in args.set.iter().enumerate() {
        if args.set[..at].iter().any(|(other, _)| other == knob) {
            return Err(CliError::Usage(format!("{} is set twice", knob.as_str()), None));
        }
    }
    if args.regime.as_deref().is_some_and(|word| word.trim().is_empty()) {
        return Err(CliError::Usage("--regime takes a word".into(), None));
    }
    let request = if !args.set.is_empty() {
        AdjustRequest::Set(args.set.clone())
    } else if let Some(knob) = args.reset {
        AdjustRequest::Reset(knob.into_iter().collect())
    } else if let Some(count) = args.rollback {
        AdjustRequest::Rollback(count)
    } else {
        need_store(call)?;
        AdjustRequest::Rules {
            regime: args.regime.clone(),
            only: args.knob.clone(),
            per_symbol: args.per_symbol,
            force: args.force,
            explain: args.explain,
        }
    };
    if let Some(evidence) = args.evidence {
        call.context.settings.rulebook.strict = evidence == EvidenceMode::Strict;
    }
    let adjusted = adjust(&call.context, &request, args.dry_run)?;
    if args.rollback.is_some() && !args.dry_run && call.context.as_of.is_none() {
        call.notices.push(Notice::of_knobs(&adjusted.data));
    }
    for warning in &adjusted.warnings {
        call.notes.warning(warning);
    }
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &adjusted.reading);
    answer(call, &adjust_view(&adjusted.data))?;
    Ok(status)
}
