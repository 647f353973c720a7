//! `heat`.

use std::path::PathBuf;

use clap::Args;

use super::recording::input;
use crate::app::{HeatRequest, open_heat};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer, need_store};
use crate::domain::Side;
use crate::report::heat_view;
use crate::wire::OpenRow;

/// What to ask of the open book.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn heat --open positions.json\n  dtlearn heat --open positions.json --for MSFT --side LONG --qty 10 --price 400 --stop 392\n  eval \"$(dtlearn heat --open positions.json --format env)\"\n\n", include_str!("../exit_status.txt")))]
pub struct HeatArgs {
    /// Open positions of an engine that keeps its own, JSON or JSON Lines; - is stdin [default: as the fills say]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) open: Option<PathBuf>,
    /// How much of a trade in this symbol has room
    #[arg(long = "for", value_name = "SYMBOL", requires_all = ["side", "qty", "price"])]
    pub(in crate::cli) entry: Option<String>,
    /// With --for: BUY, LONG, SELL or SHORT
    #[arg(long, value_name = "SIDE", requires = "entry")]
    pub(in crate::cli) side: Option<String>,
    /// With --for: units
    #[arg(long, value_name = "UNITS", requires = "entry")]
    pub(in crate::cli) qty: Option<f64>,
    /// With --for: the price of the entry
    #[arg(long, value_name = "PRICE", requires = "entry")]
    pub(in crate::cli) price: Option<f64>,
    /// With --for: the stop [default: as far away as DT_STOP_LOSS_PCT]
    #[arg(long, value_name = "PRICE", requires = "entry")]
    pub(in crate::cli) stop: Option<f64>,
    /// With --for: the sector [default: as the own trades of the symbol say]
    #[arg(long, value_name = "WORD", requires = "entry")]
    pub(in crate::cli) sector: Option<String>,
    /// The equity now [default: the capital and every result]
    #[arg(long, value_name = "AMOUNT")]
    pub(in crate::cli) equity: Option<f64>,
    /// Exit 4 when there is no room: for what --for asks about, or at all
    #[arg(long)]
    pub(in crate::cli) exit_code: bool,
}

fn above_zero(name: &str, value: Option<f64>) -> Result<Option<f64>, CliError> {
    match value {
        Some(value) if !(value.is_finite() && value > 0.0) => {
            Err(CliError::Usage(format!("{name}: {value} is not a number above 0"), None))
        }
        value => Ok(value),
    }
}

fn entry_of(args: &HeatArgs) -> Result<Option<OpenRow>, CliError> {
    let (qty, price) = (above_zero("--qty", args.qty)?, above_zero("--price", args.price)?);
    let stop_price = above_zero("--stop", args.stop)?;
    let (Some(symbol), Some(side), Some(qty), Some(entry_price)) = (&args.entry, &args.side, qty, price)
    else {
        return Ok(None);
    };
    let side = Side::parse(side).map_err(|why| CliError::Usage(format!("--side: {why}"), None))?;
    if stop_price.is_some_and(|stop| side.sign() * (entry_price - stop) <= 0.0) {
        let why =
            "--stop: the stop of a new trade lies below the price of a long one, above that of a short one";
        return Err(CliError::Usage(why.into(), None));
    }
    let (symbol, sector) = (symbol.clone(), args.sector.clone());
    Ok(Some(OpenRow { symbol, side, qty, entry_price, stop_price, sector, strategy: None }))
}

pub(super) fn run(args: &HeatArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    let equity = above_zero("--equity", args.equity)?;
    let entry = entry_of(args)?;
    let open = match &args.open {
        None => {
            // The fills of no store are not an empty book.
            need_store(call)?;
            None
        }
        Some(path) if path.as_os_str() == "-" => Some(("stdin".to_owned(), input(None, call)?)),
        Some(path) => Some((path.display().to_string(), input(Some(path), call)?)),
    };
    let found = open_heat(&call.context, &HeatRequest { open, entry, equity })?;
    for warning in &found.warnings {
        call.notes.warning(warning);
    }
    let view = heat_view(&found.data(&call.context.settings));
    answer(call, &view)?;
    let has_room = match &found.entry {
        Some((_, _, admitted)) => admitted.multiplier > 0.0,
        None => found.room > 0.0,
    };
    Ok(if args.exit_code && !has_room { ExitStatus::No } else { ExitStatus::Done })
}
