//! `what-if` and `replay`.

use std::path::PathBuf;

use clap::Args;

use super::knobs::{parse_knob, parse_setting};
use super::{parse_date, parse_days, parse_zone};
use crate::app::WhatIfSpec;
use crate::domain::{Date, KnobName, Window};

/// What to look at.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn what-if DT_EXEC_MIN_CONF=0.35\n  dtlearn what-if DT_STOP_LOSS_PCT=0.015,DT_TAKE_PROFIT_PCT=0.03 --prices bars.csv.gz\n  dtlearn what-if DT_MAX_POSITIONS --days 90\n  dtlearn what-if DT_POSITION_SIZE_BASE_USD=700 DT_POSITION_SIZE_BASE_USD=1500\n  dtlearn what-if DT_MAX_POSITIONS --in-force DT_MAX_POSITIONS=6\n\n", include_str!("../exit_status.txt")))]
pub struct WhatIfArgs {
    /// KNOB=VALUE, several joined by commas into one variant; KNOB alone sweeps its range
    #[arg(required = true, value_name = "KNOB[=VALUE]", value_parser = parse_spec)]
    pub(in crate::cli) variants: Vec<WhatIfSpec>,
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
}

/// What to replay.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn replay\n  dtlearn replay --from 2026-01-02 --to 2026-06-30\n  dtlearn replay --without-model --format json\n\n", include_str!("../exit_status.txt")))]
pub struct ReplayArgs {
    /// The first trading date [default: that of the first record]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(in crate::cli) from: Option<Date>,
    /// The last trading date [default: that of the last record]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(in crate::cli) to: Option<Date>,
    #[command(flatten)]
    pub(in crate::cli) engine: EngineArgs,
    /// Leave out the lives that train models, which take most of the time
    #[arg(long)]
    pub(in crate::cli) without_model: bool,
    /// Begin anew, whatever a stopped run left behind
    #[arg(long)]
    pub(in crate::cli) restart: bool,
}

/// What the records do not say of the engine.
#[derive(Debug, Args)]
pub(in crate::cli) struct EngineArgs {
    /// Minutes of a cycle of the engine, for DT_MAX_ORDERS_PER_CYCLE
    #[arg(long, value_name = "MINUTES", value_parser = parse_cycle, default_value = "1")]
    pub(in crate::cli) cycle: f64,
    /// What the engine really ran on, where the brain file does not say it; can be given several times
    #[arg(long, value_name = "KNOB=VALUE", value_parser = parse_setting)]
    pub(in crate::cli) in_force: Vec<(KnobName, f64)>,
}

fn parse_spec(text: &str) -> Result<WhatIfSpec, String> {
    if !text.contains('=') {
        return parse_knob(text.trim()).map(WhatIfSpec::Sweep);
    }
    let mut values: Vec<(KnobName, f64)> = Vec::new();
    for part in text.split(',') {
        let (name, value) = parse_setting(part.trim())?;
        if values.iter().any(|(known, _)| *known == name) {
            return Err(format!("{} is given twice in one variant", name.as_str()));
        }
        values.push((name, value));
    }
    Ok(WhatIfSpec::Set(values))
}

fn parse_cycle(text: &str) -> Result<f64, String> {
    let minutes = text.parse::<f64>().ok().filter(|minutes| (0.001..=1440.0).contains(minutes));
    minutes.ok_or_else(|| "a number of minutes from 0.001 to 1440".into())
}
