//! Patterns that can be believed: what wins more or less often than the rest, with the number of things tried
//! counted against it.

mod ask;
mod conditions;
mod contrast;
mod crossed;
mod mine;
mod other_half;
mod pattern;
mod questions;
mod rows;
mod unexplained;

pub use ask::{Asked, RowField, RowFields, ask, keep_where, sides};
pub use conditions::{Condition, holds_of_all};
pub use mine::{Mined, look_again, mine};
pub use other_half::{Half, OtherHalf, OwnTrades, followed, scored};
pub use pattern::{FALSE_SHARE, Pattern, PatternVerdict};
pub use questions::ask_questions;
