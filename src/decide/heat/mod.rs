//! What the open book risks, and how much room the next trade has.

mod admission;
mod book;
mod correlation;
mod portfolio;
mod shortfall;

pub use admission::{Admission, HeatCap, admit};
pub use book::{Heat, HeatLimits, HeatPosition, heat};
pub use correlation::{Correlations, GroupCorrelation, PairTrade, correlations};
pub use portfolio::{BookTrade, HeatPoint, Portfolio, RiskShare, SymbolCorrelations, portfolio};
pub use shortfall::{Shortfall, shortfall};
