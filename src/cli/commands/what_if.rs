//! `what-if`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::analyze::tell;
use super::import::time_rules;
use crate::app::{PriceOptions, Variant, WhatIfRequest, WhatIfSpec, what_if};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, after_reading, answer, need_store};
use crate::cli::options::{EngineArgs, parse_days, parse_knob, parse_setting, parse_zone};
use crate::domain::{Gate, Window};
use crate::report::{what_if_all_view, what_if_view};
use crate::simulate::Cycle;
use crate::store::Log;
use crate::wire::PriceRules;

/// What to look at.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn what-if DT_EXEC_MIN_CONF=0.35\n  dtlearn what-if DT_STOP_LOSS_PCT=0.015,DT_TAKE_PROFIT_PCT=0.03 --prices bars.csv.gz\n  dtlearn what-if DT_MAX_POSITIONS --days 90\n  dtlearn what-if --all\n  dtlearn what-if open=max_positions open=news_blackout --days 90\n  dtlearn what-if DT_POSITION_SIZE_BASE_USD=700 DT_POSITION_SIZE_BASE_USD=1500\n  dtlearn what-if multipliers DT_POSITION_SIZE_BASE_USD=1500,multipliers --days all\n  dtlearn what-if DT_MAX_POSITIONS --in-force DT_MAX_POSITIONS=6\n\n", include_str!("../exit_status.txt")))]
pub struct WhatIfArgs {
    /// KNOB=VALUE, several joined by commas into one variant; KNOB alone sweeps its range; `multipliers` are those of `size`; `open=REASON` lets in what was refused for it
    #[arg(required_unless_present = "all", value_name = "KNOB[=VALUE]", value_parser = parse_spec)]
    pub(in crate::cli) variants: Vec<WhatIfSpec>,
    /// Every knob over its range and every gate taken away, each by itself, and the one best change
    #[arg(long, conflicts_with = "variants")]
    pub(in crate::cli) all: bool,
    /// Days back, or `all`
    #[arg(long, value_name = "N", value_parser = parse_days, default_value = "30")]
    pub(in crate::cli) days: Window,
    #[command(flatten)]
    pub(in crate::cli) engine: EngineArgs,
    /// Bars or ticks that say which of stop and target was touched first, and what came after an exit
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(in crate::cli) prices: Vec<PathBuf>,
    /// Take this column of the price files as symbol, timestamp, high, low or close
    #[arg(long, value_name = "COLUMN=FIELD", requires = "prices")]
    pub(in crate::cli) map: Vec<String>,
    /// The zone of price times that have none, such as America/New_York
    #[arg(long, value_name = "ZONE", value_parser = parse_zone, requires = "prices")]
    pub(in crate::cli) prices_tz: Option<chrono_tz::Tz>,
    /// The symbol of every row of price files that have no column for it
    #[arg(long, value_name = "SYMBOL", requires = "prices")]
    pub(in crate::cli) prices_symbol: Option<String>,
}

/// What asks for the multipliers of the size by context.
const MULTIPLIERS: &str = "multipliers";

/// What stands before a reason that refuses nobody.
const OPEN: &str = "open=";

fn parse_spec(text: &str) -> Result<WhatIfSpec, String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    if let [knob] = parts[..]
        && !knob.contains('=')
        && knob != MULTIPLIERS
    {
        return parse_knob(knob).map(WhatIfSpec::Sweep);
    }
    let mut variant = Variant::default();
    for part in parts {
        if part == MULTIPLIERS && !variant.multipliers {
            variant.multipliers = true;
            continue;
        }
        let twice = |name: &str| format!("{name} is given twice in one variant");
        if let Some(reason) = part.strip_prefix(OPEN) {
            let gate = Gate::of_reason(reason)
                .ok_or("open goes with a reason for which signals were refused: open=max_positions")?;
            if variant.open.replace(gate).is_some() {
                return Err("a variant takes one gate away: name a variant for each".into());
            }
            continue;
        }
        if part == MULTIPLIERS {
            return Err(twice(part));
        }
        let (name, value) = parse_setting(part)?;
        if variant.knobs.iter().any(|(known, _)| *known == name) {
            return Err(twice(name.as_str()));
        }
        variant.knobs.push((name, value));
    }
    Ok(WhatIfSpec::Set(variant))
}

/// The engine's cycle.
pub(super) fn cycle(args: &EngineArgs) -> Cycle {
    Cycle((args.cycle * 60e6).round() as i64)
}

pub(super) fn run(args: &WhatIfArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let request = WhatIfRequest {
        specs: if args.all { WhatIfRequest::every_knob_and_gate() } else { args.variants.clone() },
        window: args.days,
        cycle: cycle(&args.engine),
        in_force: args.engine.in_force.clone(),
        prices: PriceOptions {
            files: args.prices.clone(),
            rules: PriceRules::parse(&args.map, time_rules(args.prices_tz, None))?
                .of_symbol(args.prices_symbol.clone()),
            again: false,
            all_signals: false,
        },
        in_detail: true,
    };
    let done = what_if(&call.context, &request)?;
    for warning in &done.warnings {
        call.notes.warning(warning);
    }
    let path = call.context.layout.log(Log::Outcomes);
    let mut status = after_reading(call, &path, &done.reading);
    if tell(call, &done.pricing) || !done.warnings.is_empty() {
        status = ExitStatus::Part;
    }
    let view = if args.all { what_if_all_view } else { what_if_view };
    answer(call, &view(Arc::new(done.facts)))?;
    Ok(status)
}
