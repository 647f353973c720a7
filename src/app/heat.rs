//! `heat`: what the open book risks, and how much room the next trade has. Reads and answers; writes nothing but its cache.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Settings};
use crate::decide::{
    Admission, BarReturns, Correlations, Heat, HeatPosition, Shortfall, admit, bar_correlations, heat,
    shortfall_with,
};
use crate::domain::{KnobName, OpenPosition};
use crate::files::brain::{brain_warning, knobs_or_defaults};
use crate::files::heat_past::{heat_past, refresh_heat_past};
use crate::files::symbol_sessions::{SymbolSessions, symbol_session_bytes};
use crate::files::{checkpointed_log, open_positions};
use crate::report::HeatData;
use crate::store::StoreError;
use crate::wire::{Conventions, Fields, Kind, Names, OpenRow, parse_object, read_open, records_of};

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
    pub fn data(&self, settings: &Settings) -> HeatData {
        HeatData {
            positions: self.positions.clone(),
            heat: self.heat.clone(),
            stressed: self.stressed.clone(),
            correlations: self.correlations.clone(),
            shortfall: self.shortfall,
            equity: self.equity,
            entry: self.entry.as_ref().map(|(row, new, admitted)| (new.clone(), *admitted, row.qty)),
            room: self.room,
            limits: settings.heat,
            currency: settings.currency.clone(),
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
    let open = Open::read(context, request)?;
    let entry = request.entry.clone().map(|row| as_written(context, row));
    let mut warnings: Vec<String> =
        context.no_store_warning().into_iter().chain(brain_warning(context)).collect();
    let named: BTreeSet<&str> = open.symbols().chain(entry.as_ref().map(|row| row.symbol.as_str())).collect();
    let past = heat_past(context, stop_frac, &named, &mut warnings)?;
    let (sectors, trades) = (&past.own.sectors, &past.own.results);
    let position = |row: &OpenRow| heat_position(context, row, (stop_frac, limits.gap_frac), sectors);
    let positions: Vec<HeatPosition> = match &open {
        Open::Rows(rows) => rows.iter().map(position).collect(),
        Open::Fills(positions) => {
            positions.iter().map(|open| of_fills(open, (stop_frac, limits.gap_frac), sectors)).collect()
        }
    };
    let equity = match request.equity {
        Some(equity) => equity,
        None => equity_now(context)?,
    };
    let bars = bar_correlations(&past.bars, named);
    let known = Correlations { sector: past.own.sector, rest: past.own.rest, bars };
    let of_book = |is_stressed| heat(&positions, &known.between(&positions, is_stressed));
    let (now, stressed) = (of_book(false), of_book(true));
    let new = entry.as_ref().map(position);
    let (tail, with) = shortfall_with(&positions, new.as_ref(), trades);
    let entry = entry.as_ref().zip(new).map(|(row, new)| {
        let mut all = positions.clone();
        all.push(new.clone());
        // The shortfall grows about as the heat does, so what is left of it is shared out by the heat of the trade.
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
    let (heat, shortfall, trades) = (now, tail, past.own.trades);
    Ok(OpenHeat { positions, heat, stressed, correlations, trades, shortfall, equity, entry, room, warnings })
}

/// Brings up to date what heat rests on, so that the engine need not wait for it in the next session.
pub fn refresh_heat(context: &Context<'_>) {
    refresh_heat_past(context, knobs_or_defaults(context)[KnobName::StopLoss].effective);
}

/// What is open.
enum Open {
    /// As the engine hands it over.
    Rows(Vec<OpenRow>),
    /// As the fills have it.
    Fills(Vec<OpenPosition>),
}

impl Open {
    fn read(context: &Context<'_>, request: &HeatRequest) -> Result<Self, HeatError> {
        Ok(match &request.open {
            Some(_) => Self::Rows(open_rows(context, request)?),
            None => Self::Fills(open_positions(context)?.positions),
        })
    }

    fn symbols(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Rows(rows) => Box::new(rows.iter().map(|row| row.symbol.as_str())),
            Self::Fills(positions) => Box::new(positions.iter().map(|open| open.book.symbol.as_str())),
        }
    }
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

/// An open position under the symbol as records write it.
fn as_written(context: &Context<'_>, row: OpenRow) -> OpenRow {
    let symbol = context.settings.instruments.written(row.symbol).into_owned();
    OpenRow { symbol, ..row }
}

/// The open positions that are handed over.
fn open_rows(context: &Context<'_>, request: &HeatRequest) -> Result<Vec<OpenRow>, HeatError> {
    let Some((file, text)) = &request.open else { return Ok(Vec::new()) };
    let (names, conventions) = (Names::of(Kind::Exit), Conventions::default());
    let row = |(at, text, line): (usize, &[u8], u64)| {
        let read = parse_object(text).and_then(|map| read_open(Fields::of_object(map, &names, &conventions)));
        let read = read.map(|row| as_written(context, row));
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
        Ok(sessions) => sessions.into_returns(context).0,
        Err(error) => {
            warnings.push(format!("correlations are those of the own trades: {error}"));
            BarReturns::default()
        }
    }
}

/// The capital and every result.
pub(super) fn equity_now(context: &Context<'_>) -> Result<f64, StoreError> {
    let ledger = checkpointed_log::outcomes(context)?.checkpoint.folded;
    let total = ledger.and_then(|ledger| ledger.net().ok());
    Ok((context.settings.capital + total.unwrap_or(0.0)).max(1e-9))
}
