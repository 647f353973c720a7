//! Figures over closed trades: pure, one metric to a file, undefined as a value and never as a number.
//!
//! Sums are exact (see [`ExactSum`]), so that neither the order of records nor the number of threads can
//! change a figure. [`WindowTotals`] holds what can be added up in any order, [`EquityPath`] what depends on the order
//! of exits, [`Performance`] the finished figures.

mod window_totals;
mod brier;
mod calibration;
mod catalog;
mod clustered;
mod concurrency;
mod counts;
mod daily;
mod days;
mod drawdown;
mod ece;
mod exact_sum;
mod expectancy;
mod exposure;
mod group;
mod groups;
mod hold_time;
mod open_intervals;
mod mean_interval;
mod missed;
mod payoff;
mod performance;
mod hypothetical_trade;
mod profit_factor;
mod psr;
mod sample;
mod exit_order;
mod sharpe;
mod sortino;
mod sqn;
mod streak;
mod student;
mod group_totals;
mod equity_path;
mod undefined;
mod win_rate;
mod windows;

pub use window_totals::WindowTotals;
pub use catalog::{Metric, Unit};
pub use clustered::Clustered;
pub use daily::{Daily, Day};
pub use days::{TotalsByDay, Days};
pub use exact_sum::ExactSum;
pub use group::{Dimension, GROUP_KEYS_MAX, OTHER};
pub use missed::{MissedTotals, MissedDimension, MissedGroupTotals};
pub use performance::{GroupPerformance, Performance, MetricResult};
pub use hypothetical_trade::{HORIZON_MINUTES, PolicyExit, Priced, HypotheticalTrade};
pub use sample::{Evidence, Measure, Sample, trades_value};
pub use exit_order::{Exit, Sequencer};
pub use student::student;
pub use group_totals::GroupTotals;
pub use equity_path::EquityPath;
pub use undefined::Undefined;
pub use win_rate::{WinRate, win_rate};
pub use windows::{RunningTotals, TotalsByWindow, PathsByWindow, Windows};
