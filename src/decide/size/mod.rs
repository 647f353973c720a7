//! Size: what the own record supports. The result of a trade at another size is known as long as the size moves no price,
//! so nothing has to be tried out: all sizes are compared on the same trades.

mod allocate;
mod base;
mod explore;
mod history;
mod kelly;
mod multiplier_weights;
mod multipliers;
mod off_policy;
mod shadow;
mod tail;

pub use allocate::{ALLOCATION_GROUPS, Allocation, GroupSession, Share, allocate};
pub use base::{BASE_NEEDED, BaseFacts, BaseSize, Binding, EDGE_T, TooFew, base_size};
pub use explore::{DRAWN, DrawnSize, drawn_size};
pub use history::{SizeHistory, SizeKey, SizeRow};
pub use kelly::{Kelly, LossLimit, kelly};
pub use multiplier_weights::{FLAT_FRAC, MULTIPLIER_RANGE};
pub use multipliers::{
    CONTEXTS, CONTEXTS_NEEDED, ContextPolicy, ContextSizes, PolicyPoint, PolicyState, RecentShadow,
    SizedTrade, context_at,
};
pub use off_policy::{DrawnTrade, NotDrawn, OffPolicy, SizeTarget, off_policy};
pub use tail::{TAIL as SIZE_TAIL, TailBound, tail_backtest};
