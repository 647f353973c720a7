//! What is true of any numbers, whatever they count: exact sums, intervals that respect whole sessions, tails,
//! evidence that may be looked at every day, false discovery, shrinkage. Undefined is a value with its reason,
//! never a number.

mod best_of_many;
mod change;
mod clustered;
mod constant_correlation;
mod covariance;
pub mod evidence;
mod exact_sum;
mod false_discovery;
mod long_lists;
mod matrix;
mod sample_points;
mod shrinkage;
mod student;
mod student_tail;
mod undefined;

pub use best_of_many::expected_best;
pub use change::{CLIP, DropDetector, WinRateCusum, clipped};
pub use clustered::{Clustered, clear_differences};
pub use constant_correlation::drawn_correlations;
pub use covariance::shrunken_covariance;
pub use exact_sum::ExactSum;
pub use false_discovery::{benjamini_hochberg, e_benjamini_hochberg};
pub(crate) use long_lists::{given_back, sort_in_place};
pub use matrix::Symmetric;
pub(crate) use sample_points::{quantile, sorted, worst_mean};
pub use shrinkage::shrunken_means;
pub use student::{Z80, Z95, student};
pub use student_tail::two_sided;
pub use undefined::{MetricResult, Undefined};
