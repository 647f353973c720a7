//! `guard`.

use clap::Args;

use crate::app::{GuardRequest, Guarded, guard, release_guard};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer};
use crate::decide::{Entry, Observed};
use crate::domain::Side;
use crate::report::{GuardData, guard_view, plural};

/// What to ask the guard.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn guard\n  dtlearn guard --open-pnl -120 --open-positions 2 --exit-code || echo 'no entries'\n  dtlearn guard --for MSFT --side LONG --exit-code\n  eval \"$(dtlearn guard --format env)\"\n  dtlearn guard release --why 'the feed was late, losses are real' --rule stop_losses\n\n", include_str!("../exit_status.txt")))]
pub struct GuardArgs {
    /// What to do instead of answering
    #[arg(value_enum, value_name = "ACTION")]
    pub(in crate::cli) action: Option<GuardTask>,
    /// Whether this symbol may be entered
    #[arg(long = "for", value_name = "SYMBOL", conflicts_with = "action")]
    pub(in crate::cli) entry: Option<String>,
    /// With --for: BUY, LONG, SELL or SHORT
    #[arg(long, value_name = "SIDE", requires = "entry")]
    pub(in crate::cli) side: Option<String>,
    /// With --for: by which strategy
    #[arg(long, value_name = "NAME", requires = "entry")]
    pub(in crate::cli) strategy: Option<String>,
    /// Result of the open positions so far, in the account's currency: it counts as the day's
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true, conflicts_with = "action")]
    pub(in crate::cli) open_pnl: Option<f64>,
    /// How many positions are open: silence is then worth a lock
    #[arg(long, value_name = "N", conflicts_with = "action")]
    pub(in crate::cli) open_positions: Option<u32>,
    /// Equity at the open of the session [default: the capital and every result before it]
    #[arg(long, value_name = "AMOUNT", conflicts_with = "action")]
    pub(in crate::cli) equity: Option<f64>,
    /// Exit 4 when there may be no entry
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
    /// With `release`: why, for the record
    #[arg(long, value_name = "TEXT", requires = "action")]
    pub(in crate::cli) why: Option<String>,
    /// With `release`: only the locks of this rule
    #[arg(long, value_name = "RULE", requires = "action")]
    pub(in crate::cli) rule: Option<String>,
}

/// What else the guard does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum GuardTask {
    /// End the locks that hold
    Release,
}

fn finite(name: &str, value: Option<f64>, fits: fn(f64) -> bool, wanted: &str) -> Result<(), CliError> {
    match value {
        Some(value) if !value.is_finite() || !fits(value) => {
            Err(CliError::Usage(format!("{name}: {value} is not {wanted}"), None))
        }
        _ => Ok(()),
    }
}

/// What the flags ask.
fn request(args: &GuardArgs) -> Result<GuardRequest, CliError> {
    finite("--open-pnl", args.open_pnl, |_| true, "an amount")?;
    finite("--equity", args.equity, |v| v > 0.0, "an amount above 0")?;
    let side = args.side.as_deref().map(Side::parse).transpose();
    let side = side.map_err(|why| CliError::Usage(format!("--side: {why}"), None))?;
    let entry = args.entry.clone().map(|symbol| Entry { symbol, side, strategy: args.strategy.clone() });
    let observed =
        Observed { open_pnl: args.open_pnl, open_positions: args.open_positions, last_record: None };
    Ok(GuardRequest { observed, equity: args.equity, entry })
}

pub(super) fn run(args: &GuardArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let guarded = match args.action {
        None => guard(&call.context, &request(args)?)?,
        Some(GuardTask::Release) => release(args, call)?,
    };
    call.notices.extend(guarded.notices.iter().cloned());
    for warning in &guarded.warnings {
        call.notes.warning(warning);
    }
    let calendar = call.context.market().calendar().clone();
    let view = guard_view(&GuardData {
        state: &guarded.state,
        day: &guarded.day,
        now: guarded.now,
        is_over: guarded.session.is_none_or(|session| guarded.now >= session.close),
        open_pnl: guarded.observed.open_pnl,
        base: &guarded.base,
        knobs: &guarded.knobs,
        entry: guarded.entry.as_ref().map(|(entry, refused)| (entry.symbol.as_str(), refused.as_ref())),
        rules: &call.context.settings.guard,
        calendar: &calendar,
        currency: &call.context.settings.currency,
    });
    answer(call, &view)?;
    Ok(if args.exit_code && !guarded.may_enter() { ExitStatus::No } else { ExitStatus::Done })
}

fn release(args: &GuardArgs, call: &mut Invocation<'_, '_>) -> Result<Guarded, CliError> {
    let why = args.why.as_deref().map(str::trim).filter(|why| !why.is_empty());
    let missing = || {
        let hint = "dtlearn guard release --why 'what was wrong with the lock'";
        CliError::Usage("a release needs a reason for the record: --why".into(), Some(hint.into()))
    };
    if call.context.as_of.is_some() {
        return Err(CliError::Usage("a release is made now: it does not go with --as-of".into(), None));
    }
    let released = release_guard(&call.context, why.ok_or_else(missing)?, args.rule.as_deref())?;
    call.notes.info(&format!("{} released", plural(released.locks.len() as u64, "lock")));
    match released.trouble {
        None => Ok(released.answer),
        Some(error) => {
            call.notices.extend(released.answer.notices);
            Err(error.into())
        }
    }
}
