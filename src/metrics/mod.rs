//! Figures over closed trades: pure, one metric to a file, undefined as a value and never as a number.
//!
//! Sums are exact (see [`ExactSum`]), so that neither the order of records nor the number of threads can
//! change a figure. [`WindowTotals`] holds what can be added up in any order, [`EquityPath`] what depends on the order
//! of exits, [`Performance`] the finished figures.

mod behaviour;
mod by_session;
mod catalog;
mod compare;
mod concurrency;
mod counts;
mod daily;
mod days;
mod desk_comparison;
mod drawdown;
mod engine_results;
mod equity_path;
mod excursions;
mod execution;
mod exit_order;
mod exit_policy;
mod exit_sorter;
mod group;
mod group_totals;
mod groups;
mod hold_time;
mod hypothetical_trade;
mod joined;
mod legs;
mod mean_interval;
mod missed;
mod open_intervals;
mod performance;
mod risk;
mod sample;
mod sectors;
mod session_bars;
mod streak;
mod usual;
mod window_totals;
mod windows;

pub use crate::stats::{Clustered, ExactSum, MetricResult, Undefined};

#[cfg(test)]
pub(crate) use behaviour::behaviours;
pub use behaviour::{Behaviour, BehaviourTrades, BehaviourVerdict, Situation};
pub use by_session::MeanBySession;
pub use catalog::win_rate::{WinRate, win_rate};
pub use catalog::{Metric, Unit};
pub use compare::{
    Compared, ComparedGroup, Comparison, DifferenceVerdict, MissedResult, compare, compare_missed,
};
pub use daily::{Daily, Day};
pub use days::{Days, TotalsByDay};
pub use desk_comparison::{
    ComparedDesk, DESK_SESSIONS, DeskComparison, DeskResults, DeskVerdict, compare_desks,
};
pub use engine_results::{EngineResults, EngineTrade, GroupResult};
pub use equity_path::{EquityPath, PathFigures};
pub use excursions::{
    DetailGroup, ExcursionFigures, ExcursionPoint, ExcursionSums, Excursions, Grouped, R_POINTS, RBand,
    RDistribution,
};
pub use execution::{Execution, ExecutionFigures, ExecutionSums, SizeThird, Sums};
pub use exit_order::{Exit, ExitKey, Sequencer};
pub use exit_policy::{ExitMix, ExitPolicy, HoldMinutes, NEEDED_EXITS};
pub use exit_sorter::{Arranged, ExitSorter, SortedExits};
pub use group::{Dimension, GROUPS_SHOWN, HOLD_BANDS, OTHER};
pub use group_totals::GroupTotals;
pub use hypothetical_trade::{HORIZON_MINUTES, HypotheticalTrade, PolicyExit, Priced};
pub use joined::{DeskTotals, DeskWindow, JoinedTotals, SameDesk, joint_capital};
pub use legs::Legs;
pub use missed::{HoldCounts, MissedDimension, MissedGroupTotals, MissedTotals};
pub use performance::{GroupPerformance, Performance};
pub use risk::{
    Fall, Month, ROLLING_SESSIONS, Risk, RiskSums, Rolling, SessionResult, TAIL, depths, risk_of,
};
pub use sample::{Evidence, Measure, Sample, trades_value};
pub use sectors::{
    ROTATION_DAYS, ROTATION_SPAN, ROTATION_TRADES, RotationSums, RotationVerdict, SectorRotation, SectorSpan,
};
pub use session_bars::{SessionBars, SessionFigures};
pub use usual::UsualSession;
pub use window_totals::WindowTotals;
pub use windows::{PathsByWindow, RunningTotals, TotalsByWindow, Windows};
