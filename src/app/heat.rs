//! `heat`: what the open book risks, and how much room the next trade has. Reads and answers; writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::{Context, Settings};
use crate::decide::{
    Admission, BarReturns, Correlations, Heat, HeatPosition, PairTrade, Shortfall, admit, bar_correlations,
    correlations, heat, shortfall,
};
use crate::domain::{KnobName, Market, OpenPosition, Window};
use crate::files::brain::{brain_warning, knobs_or_defaults};
use crate::files::symbol_sessions::{SymbolSessions, symbol_session_bytes};
use crate::files::trades_in_window::each_trade;
use crate::files::{checkpointed_log, open_positions};
use crate::metrics::Metric;
use crate::report::HeatData;
use crate::store::StoreError;
use crate::wire::{
    Conventions, Fields, Kind, Names, OpenRow, StoredOutcome, parse_object, read_open, records_of,
};

/// Days of own trades that correlations and the shortfall rest on.
const DAYS: u16 = 90;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct HeatRequest {
    /// Open positions, JSON or JSON Lines, of an engine that keeps its own, with the name of their file.
    pub open: Option<(String, Vec<u8>)>,
    /// What is to be entered.
    pub entry: Option<OpenRow>,
    /// The equity, in the account's currency, where the engine knows better.
    pub equity: Option<f64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HeatError {
    /// An open position cannot be read: a book that is known in part is not known.
    #[error("{file}: position {number}: {why}")]
    Position {
        /// The file.
        file: String,
        /// Its line, or its place in the list, from 1.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The store cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// The open book.
#[derive(Clone, Debug)]
pub struct OpenHeat {
    /// The positions.
    pub positions: Vec<HeatPosition>,
    /// What they risk.
    pub heat: Heat,
    /// The same under stress: correlations of .8 in a sector and .5 elsewhere, where they are lower.
    pub stressed: Heat,
    /// How results of overlapping trades go together.
    pub correlations: Correlations,
    /// Trades that this rests on.
    pub trades: usize,
    /// The worst twentieth of the own sessions.
    pub shortfall: Option<Shortfall>,
    /// The account, in its currency.
    pub equity: f64,
    /// What was asked about, and how much of it has room.
    pub entry: Option<(OpenRow, HeatPosition, Admission)>,
    /// What could be lost more before the first limit, in the account's currency.
    pub room: f64,
    /// What else to know.
    pub warnings: Vec<String>,
}

impl OpenHeat {
    /// What there is to say of it.
    pub fn data<'a>(&'a self, settings: &'a Settings) -> HeatData<'a> {
        HeatData {
            positions: &self.positions,
            heat: &self.heat,
            stressed: &self.stressed,
            correlations: &self.correlations,
            shortfall: self.shortfall.as_ref(),
            equity: self.equity,
            entry: self.entry.as_ref().map(|(row, new, admitted)| (new, *admitted, row.qty)),
            room: self.room,
            limits: &settings.heat,
            currency: &settings.currency,
        }
    }
}

/// Works out the heat.
///
/// # Errors
/// [`HeatError`].
pub fn open_heat(context: &Context<'_>, request: &HeatRequest) -> Result<OpenHeat, HeatError> {
    let limits = context.settings.heat;
    let stop_frac = knobs_or_defaults(context)[KnobName::StopLoss].effective;
    let trades = pair_trades(context, stop_frac)?;
    let sectors = sectors_of(&trades);
    let position = |row: &OpenRow| heat_position(context, row, (stop_frac, limits.gap_frac), &sectors);
    let positions: Vec<HeatPosition> = match &request.open {
        Some(_) => open_rows(request)?.iter().map(position).collect(),
        None => {
            let of_fill = |open: &OpenPosition| of_fills(open, (stop_frac, limits.gap_frac), &sectors);
            open_positions(context)?.positions.iter().map(of_fill).collect()
        }
    };
    let equity = match request.equity {
        Some(equity) => equity,
        None => equity_now(context)?,
    };
    let mut warnings: Vec<String> = brain_warning(context).into_iter().collect();
    let named = positions.iter().map(|open| open.symbol.as_str());
    let named = named.chain(request.entry.as_ref().map(|row| row.symbol.as_str()));
    let bars = bar_returns(context, named.clone(), &mut warnings);
    let known = Correlations { bars: bar_correlations(&bars, named), ..correlations(&trades) };
    let of_book = |is_stressed| heat(&positions, &known.between(&positions, is_stressed));
    let (now, stressed) = (of_book(false), of_book(true));
    let tail = shortfall(&positions, &trades);
    let entry = request.entry.as_ref().map(|row| {
        let new = position(row);
        let mut all = positions.clone();
        all.push(new.clone());
        // The shortfall grows about as the heat does, so what is left of it is shared out by the heat of the trade.
        let with = shortfall(&all, &trades);
        let cap = limits.shortfall_frac * equity;
        let of_tail = with.map(|with| {
            let before = tail.map_or(0.0, |tail| tail.expected);
            let grown = with.expected - before;
            if grown <= 0.0 { 1.0 } else { (cap - before).max(0.0) / grown }
        });
        let admitted = admit(&positions, &new, &known.between(&all, false), &limits, (equity, of_tail));
        (row.clone(), new, admitted)
    });
    let room = (limits.gross_frac * equity - now.gross)
        .min(limits.correlated_frac * equity - now.correlated)
        .max(0.0);
    let correlations = known;
    let (heat, shortfall, trades) = (now, tail, trades.len());
    Ok(OpenHeat { positions, heat, stressed, correlations, trades, shortfall, equity, entry, room, warnings })
}

/// A position as the fills have it.
fn of_fills(
    open: &OpenPosition,
    (stop_frac, gap): (f64, f64),
    sectors: &BTreeMap<String, String>,
) -> HeatPosition {
    let symbol = open.book.symbol.clone();
    HeatPosition {
        side: open.side,
        sector: open.sector.clone().or_else(|| sectors.get(&symbol).cloned()),
        // Without a stop it is as far away as the knob says.
        at_risk: open.at_risk().unwrap_or_else(|| open.size() * stop_frac) * (1.0 + gap),
        has_stop: open.stop_price.is_some(),
        symbol,
    }
}

/// The open positions that are handed over.
fn open_rows(request: &HeatRequest) -> Result<Vec<OpenRow>, HeatError> {
    let Some((file, text)) = &request.open else { return Ok(Vec::new()) };
    let (names, conventions) = (Names::of(Kind::Exit), Conventions::default());
    let row = |(at, text, line): (usize, &[u8], u64)| {
        let read = parse_object(text).and_then(|map| read_open(Fields::of_object(map, &names, &conventions)));
        let number = if line > 0 { line } else { at as u64 + 1 };
        read.map_err(|why| HeatError::Position { file: file.clone(), number, why: why.to_string() })
    };
    records_of(text)
        .iter()
        .enumerate()
        .map(|(at, piece)| row((at, piece.text.as_bytes(), piece.line)))
        .collect()
}

fn heat_position(
    context: &Context<'_>,
    row: &OpenRow,
    (stop_frac, gap): (f64, f64),
    sectors: &BTreeMap<String, String>,
) -> HeatPosition {
    let terms = context.settings.instruments.terms(&row.symbol);
    let units = row.qty * terms.multiplier.unwrap_or(1.0);
    let lost = |stop: f64| {
        let sign = row.side.sign();
        if terms.inverse {
            sign * (1.0 / stop - 1.0 / row.entry_price)
        } else {
            sign * (row.entry_price - stop)
        }
    };
    // Without a stop it is as far away as the knob says.
    let assumed = row.entry_price * (1.0 - row.side.sign() * stop_frac);
    HeatPosition {
        symbol: row.symbol.clone(),
        side: row.side,
        sector: row.sector.clone().or_else(|| sectors.get(&row.symbol).cloned()),
        at_risk: (lost(row.stop_price.unwrap_or(assumed)) * units).max(0.0) * (1.0 + gap),
        has_stop: row.stop_price.is_some(),
    }
}

/// The sector of each symbol, as the last trade that names one says it.
fn sectors_of(trades: &[PairTrade]) -> BTreeMap<String, String> {
    let named = trades.iter().filter_map(|trade| Some((trade.symbol.clone(), trade.sector.clone()?)));
    named.collect()
}

/// The own trades of the last days, in R.
fn pair_trades(context: &Context<'_>, stop_frac: f64) -> Result<Vec<PairTrade>, StoreError> {
    let pair =
        |stored: &StoredOutcome<'_>, line: &[u8]| Ok(pair_of(stored, line, context.market(), stop_frac));
    let (found, _) = each_trade(context, Window::Days(DAYS), pair)?;
    Ok(found.into_iter().flatten().map(|(pair, _)| pair).collect())
}

/// A trade in R, and what it risked as a fraction of the position; none without a time of entry.
pub(super) fn pair_of(
    stored: &StoredOutcome<'_>,
    line: &[u8],
    market: &Market,
    stop_frac: f64,
) -> Option<(PairTrade, f64)> {
    let facts = stored.facts();
    let risked = stored.risked(line).0.unwrap_or(stop_frac);
    let pair = PairTrade {
        entry: facts.entry_time?,
        exit: facts.exit_time,
        day: market.trading_date(facts.exit_time).num_days_from_ce(),
        symbol: facts.symbol.to_owned(),
        sector: Some(facts.sector).filter(|sector| *sector != crate::domain::UNKNOWN).map(str::to_owned),
        side: facts.side,
        r: facts.pnl_frac / risked,
    };
    Some((pair, risked))
}

/// How prices of symbols moved, by the bars that were kept. Without them there are the own trades, so that a file which cannot
/// be read is a warning.
pub(super) fn bar_returns<'s>(
    context: &Context<'_>,
    symbols: impl IntoIterator<Item = &'s str>,
    warnings: &mut Vec<String>,
) -> BarReturns {
    let wanted: BTreeSet<&str> = symbols.into_iter().collect();
    if wanted.len() < 2 {
        return BarReturns::default();
    }
    let read = symbol_session_bytes(context);
    let read = read.and_then(|bytes| SymbolSessions::parse(context, bytes.as_deref(), Some(&wanted)));
    match read {
        Ok(sessions) => sessions.into_returns(context),
        Err(error) => {
            warnings.push(format!("correlations are those of the own trades: {error}"));
            BarReturns::default()
        }
    }
}

/// The capital and every result.
pub(super) fn equity_now(context: &Context<'_>) -> Result<f64, StoreError> {
    let ledger = checkpointed_log::outcomes(context)?.checkpoint.folded;
    let total = ledger.and_then(|ledger| ledger.performance(context.market()).get(Metric::TotalPnl).ok());
    Ok((context.settings.capital + total.unwrap_or(0.0)).max(1e-9))
}
