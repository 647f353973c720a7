//! What the open book risks, and how much room the next trade has.

mod admission;
mod bars;
mod book;
mod correlation;
mod portfolio;
mod shortfall;

pub use admission::{Admission, HeatCap, admit};
pub use bars::{BarCorrelations, BarReturns, bar_correlations};
pub use book::{Heat, HeatLimits, HeatPosition, heat};
pub use correlation::{Correlations, GroupCorrelation, PairTrade, correlations};
pub use portfolio::{
    BookTrade, HeatPoint, Portfolio, RiskShare, SymbolCorrelations, WhatGoesTogether, portfolio,
};
pub use shortfall::{Shortfall, shortfall};
