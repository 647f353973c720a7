//! What the open book risks, and how much room the next trade has.

mod admission;
mod bars;
mod book;
mod correlation;
mod numbered;
mod overlaps;
mod own_trades;
mod portfolio;
mod shortfall;
mod symbol_correlations;
mod symbols_by_trades;
mod through_time;

pub use admission::{Admission, HeatCap, admit};
pub use bars::{BarReturns, bar_correlations};
pub use book::{Heat, HeatLimits, HeatPosition, heat};
pub use correlation::{Correlations, GroupCorrelation, OwnPast, correlations};
pub use own_trades::{BookTrade, NameId, Names, PairTrade};
pub use portfolio::{Portfolio, RiskShare, portfolio};
pub use shortfall::{SessionResults, Shortfall, shortfall, shortfall_with};
pub use symbol_correlations::{SymbolCorrelations, WhatGoesTogether};
pub use through_time::HeatPoint;
