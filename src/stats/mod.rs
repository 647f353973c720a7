//! What is true of any numbers, whatever they count: exact sums, intervals that respect whole sessions, tails.
//! Undefined is a value with its reason, never a number.

mod clustered;
mod exact_sum;
mod student;
mod student_tail;
mod undefined;

pub use clustered::Clustered;
pub use exact_sum::ExactSum;
pub use student::{Z95, student};
pub use student_tail::two_sided;
pub use undefined::Undefined;
