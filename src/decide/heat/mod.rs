//! What the open book risks, and how much room the next trade has.

mod admission;
mod bars;
mod book;
mod correlation;
mod portfolio;
mod shortfall;
mod symbol_correlations;

pub use admission::{Admission, HeatCap, admit};
pub use bars::{BarReturns, bar_correlations};
pub use book::{Heat, HeatLimits, HeatPosition, heat};
pub use correlation::{Correlations, GroupCorrelation, PairTrade, correlations};
pub use portfolio::{BookTrade, HeatPoint, Portfolio, RiskShare, portfolio};
pub use shortfall::{Shortfall, shortfall};
pub use symbol_correlations::{SymbolCorrelations, WhatGoesTogether};
