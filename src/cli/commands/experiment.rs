//! `experiment plan|arm|stop`.

use clap::{Args, Subcommand, ValueEnum};

use crate::app::{ArmRequest, PlanRequest, experiment_arm, plan_experiment, stop_experiment};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::cli::options::{parse_date, parse_setting};
use crate::domain::{Date, ExperimentMetric, ExperimentUnit, KnobName};
use crate::report::{arm_view, plan_view, stop_view};
use crate::store::Log;

/// What to do with an experiment.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn experiment plan tight-stops --arms A,B --unit signal --min-effect 0.2% \\\n    --knob DT_STOP_LOSS_PCT=0.012\n  dtlearn experiment arm tight-stops --signal-id s7\n  dtlearn experiment arm three-places --format env > knobs.env\n  dtlearn report experiments tight-stops\n  dtlearn experiment stop tight-stops --keep A --why 'no difference in 60 sessions'\n\n", include_str!("../exit_status.txt")))]
pub struct ExperimentArgs {
    #[command(subcommand)]
    pub(in crate::cli) what: ExperimentCommand,
}

impl ExperimentArgs {
    /// Whether it answers with knobs.
    pub(in crate::cli) fn is_of_arm(&self) -> bool {
        matches!(self.what, ExperimentCommand::Arm(_))
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ExperimentCommand {
    /// Freeze what is compared with what, by what, and for how long
    Plan(PlanArgs),
    /// Say to which arm a signal, a session or a symbol belongs
    Arm(ArmArgs),
    /// End an experiment, and note which arm stays
    Stop(StopArgs),
}

/// A plan.
#[derive(Debug, Args)]
pub(in crate::cli) struct PlanArgs {
    /// The experiment's name
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// The arms, the first being what the others are compared with
    #[arg(long, value_name = "A,B[,C]", value_delimiter = ',', required = true)]
    pub(in crate::cli) arms: Vec<String>,
    /// What arms are drawn for
    #[arg(long, value_enum, value_name = "UNIT")]
    pub(in crate::cli) unit: UnitWord,
    /// The smallest difference that matters, such as 0.2%, 0.002, 3 or 0.1, in the unit of the metric
    #[arg(long, value_name = "X", value_parser = parse_effect)]
    pub(in crate::cli) min_effect: (f64, bool),
    /// By what arms are compared
    #[arg(long, value_enum, value_name = "METRIC", default_value = "net_pct")]
    pub(in crate::cli) metric: MetricWord,
    /// End after so many sessions [default: 250]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=100_000))]
    pub(in crate::cli) max_sessions: Option<u64>,
    /// The share of each arm but the first [default: the same for all]
    #[arg(long, value_name = "SHARE")]
    pub(in crate::cli) share: Option<f64>,
    /// A knob of the second arm, or of the one that is named; can be given several times
    #[arg(long, value_name = "[ARM:]KNOB=VALUE", value_parser = parse_arm_knob)]
    pub(in crate::cli) knob: Vec<(Option<String>, KnobName, f64)>,
    /// Say how long it would take, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

/// Of what.
#[derive(Debug, Args)]
pub(in crate::cli) struct ArmArgs {
    /// The experiment's name
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// With arms by signal: the signal
    #[arg(long, value_name = "ID", conflicts_with_all = ["session", "symbol"])]
    pub(in crate::cli) signal_id: Option<String>,
    /// With arms by session: its date [default: the session that runs or comes next]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(in crate::cli) session: Option<Date>,
    /// With arms by symbol and session: the symbol
    #[arg(long, value_name = "SYMBOL")]
    pub(in crate::cli) symbol: Option<String>,
}

/// How it ends.
#[derive(Debug, Args)]
pub(in crate::cli) struct StopArgs {
    /// The experiment's name
    #[arg(value_name = "NAME")]
    pub(in crate::cli) name: String,
    /// The arm that stays
    #[arg(long, value_name = "ARM")]
    pub(in crate::cli) keep: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) why: String,
}

/// What arms are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum UnitWord {
    /// Each signal by itself
    Signal,
    /// A whole session: for knobs that hold all day, and arms that share places or capital
    Session,
    /// Each symbol anew in each session
    SymbolSession,
    /// The second arm is not traded, but priced like a missed signal
    Shadow,
}

/// By what arms are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum MetricWord {
    /// Net result over the position, by session over the capital
    #[value(name = "net_pct")]
    NetPct,
    /// Net result in the account's currency
    #[value(name = "net_usd")]
    NetUsd,
    /// Net result in units of what the stop risked
    R,
}

/// An effect, and whether it is written as percent.
fn parse_effect(text: &str) -> Result<(f64, bool), String> {
    let (number, is_percent) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim(), true),
        None => (text.trim(), false),
    };
    let value = number.parse::<f64>().ok().filter(|value| *value > 0.0 && value.is_finite());
    let value = value.ok_or("a number above 0, such as 0.2% or 0.002")?;
    Ok((if is_percent { value / 100.0 } else { value }, is_percent))
}

fn parse_arm_knob(text: &str) -> Result<(Option<String>, KnobName, f64), String> {
    let (arm, setting) = match text.split_once(':') {
        Some((arm, setting)) => (Some(arm.trim().to_owned()), setting),
        None => (None, text),
    };
    parse_setting(setting).map(|(knob, value)| (arm, knob, value))
}

/// A fraction larger than this was meant as percent.
const LARGEST_FRACTION: f64 = 0.2;

pub(super) fn run(args: &ExperimentArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    match &args.what {
        ExperimentCommand::Plan(args) => plan(args, call),
        ExperimentCommand::Arm(args) => arm(args, call),
        ExperimentCommand::Stop(args) => stop(args, call),
    }
}

fn plan(args: &PlanArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let (min_effect, is_percent) = args.min_effect;
    let metric = match args.metric {
        MetricWord::NetPct => ExperimentMetric::NetPct,
        MetricWord::NetUsd => ExperimentMetric::NetUsd,
        MetricWord::R => ExperimentMetric::R,
    };
    if is_percent && metric != ExperimentMetric::NetPct {
        return Err(CliError::Usage(
            format!("--min-effect in percent goes with net_pct, not with {}", metric.as_str()),
            None,
        ));
    }
    if metric == ExperimentMetric::NetPct && min_effect > LARGEST_FRACTION {
        let hint = format!("write --min-effect {min_effect}% if percent is meant");
        return Err(CliError::Usage(
            format!("--min-effect {min_effect} is {} %", min_effect * 100.0),
            Some(hint),
        ));
    }
    let request = PlanRequest {
        name: args.name.clone(),
        arms: args.arms.clone(),
        unit: match args.unit {
            UnitWord::Signal => ExperimentUnit::Signal,
            UnitWord::Session => ExperimentUnit::Session,
            UnitWord::SymbolSession => ExperimentUnit::SymbolSession,
            UnitWord::Shadow => ExperimentUnit::Shadow,
        },
        metric,
        min_effect,
        max_sessions: args.max_sessions,
        share: args.share,
        knobs: args.knob.clone(),
        dry_run: args.dry_run,
    };
    let data = plan_experiment(&call.context, &request)?;
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &data.reading);
    answer(call, &plan_view(&data))?;
    Ok(status)
}

fn arm(args: &ArmArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let asked =
        ArmRequest { signal_id: args.signal_id.clone(), session: args.session, symbol: args.symbol.clone() };
    let data = experiment_arm(&call.context, &args.name, &asked)?;
    answer(call, &arm_view(&data))?;
    Ok(ExitStatus::Done)
}

fn stop(args: &StopArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    if call.context.as_of.is_some() {
        let why = "an experiment is stopped now: --now says which moment that is, --as-of only looks back";
        return Err(CliError::Usage(why.into(), None));
    }
    if args.why.trim().is_empty() {
        return Err(CliError::Usage("--why takes a sentence".into(), None));
    }
    let data = stop_experiment(&call.context, &args.name, &args.keep, args.why.trim())?;
    let path = call.context.layout.log(Log::Outcomes);
    let status = after_reading(call, &path, &data.reading);
    answer(call, &stop_view(&data))?;
    Ok(status)
}
