//! Size: what the own record supports. The result of a trade at another size is known as long as the size moves no price,
//! so nothing has to be tried out: all sizes are compared on the same trades.

mod allocate;
mod base;
mod contexts;
mod explore;
mod hedge;
mod history;
mod kelly;
mod off_policy;
mod tail;

pub use allocate::{ALLOCATION_GROUPS, Allocation, GroupSession, Share, allocate};
pub use base::{
    BASE_NEEDED, BASE_WINDOW, BaseFacts, BaseSize, Binding, EDGE_T, GAP_FACTOR, STEP_UP, TooFew, base_size,
};
pub use contexts::{CONTEXTS, ContextPolicy, PolicyPoint, PolicyState, SizedTrade};
pub use explore::{DRAWN, DrawnSize, drawn_size};
pub use hedge::{FLAT_FRAC, Hedge, MULTIPLIERS, at_equal_exposure};
pub use history::{SizeHistory, SizeKey, SizeRow};
pub use kelly::{Kelly, LossLimit, kelly, shrink};
pub use off_policy::{DrawnTrade, NotDrawn, OffPolicy, SIZE_TARGETS, SizeTarget, off_policy};
pub use tail::{DOUBT, TAIL, TailBound, sessions_needed_for_tail, tail_bound};
