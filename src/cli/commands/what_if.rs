//! `what-if`.

use super::super::args::{EngineArgs, WhatIfArgs};
use super::super::error::CliError;
use super::super::exit_code::ExitStatus;
use super::analyze::tell;
use super::{Invocation, after_reading, answer, need_store};
use crate::app::{PriceOptions, WhatIfRequest, what_if};
use crate::simulate::Cycle;
use crate::store::Log;
use crate::wire::{TimeForm, price_columns};

/// The engine's cycle.
pub(super) fn cycle(args: &EngineArgs) -> Cycle {
    Cycle((args.cycle * 60e6).round() as i64)
}

pub(super) fn run(args: &WhatIfArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let request = WhatIfRequest {
        specs: args.variants.clone(),
        window: args.days,
        cycle: cycle(&args.engine),
        in_force: args.engine.in_force.clone(),
        prices: PriceOptions {
            files: args.prices.clone(),
            columns: price_columns(&args.map)?,
            times: args.prices_tz.map_or(TimeForm::Strict, TimeForm::Local),
            all_signals: false,
        },
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
    answer(call, &done.view)?;
    Ok(status)
}
