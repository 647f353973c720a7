//! Figures over closed trades: pure, one metric to a file, undefined as a value and never as a number.
//!
//! Sums are exact (see [`ExactSum`]), so that neither the order of records nor the number of threads can
//! change a figure. [`Book`] holds what can be added up in any order, [`Track`] what depends on the order
//! of exits, [`Performance`] the finished figures.

mod book;
mod brier;
mod calibration;
mod catalog;
mod concurrency;
mod counts;
mod daily;
mod days;
mod drawdown;
mod ece;
mod expectancy;
mod exposure;
mod group;
mod groups;
mod hold;
mod holding;
mod mean_interval;
mod missed;
mod payoff;
mod performance;
mod pricing;
mod profit_factor;
mod psr;
mod sample;
mod sequence;
mod sharpe;
mod sortino;
mod sqn;
mod streak;
mod tally;
mod track;
mod win_rate;
mod windows;

pub use crate::stats::{Clustered, ExactSum, Undefined};

pub use book::Book;
pub use catalog::{Metric, Unit};
pub use daily::{Daily, Day};
pub use days::{DayBooks, Days};
pub use group::{Dimension, GROUP_KEYS_MAX, OTHER};
pub use missed::{MissedBook, MissedDimension, MissedTally};
pub use performance::{GroupPerformance, Performance, Value};
pub use pricing::{HORIZON_MINUTES, PolicyExit, Priced, Watch};
pub use sample::{Evidence, Measure, Sample, trades_value};
pub use sequence::{Exit, Sequencer};
pub use tally::Tally;
pub use track::Track;
pub use win_rate::{WinRate, win_rate};
pub use windows::{Ledger, WindowBooks, WindowTracks, Windows};
