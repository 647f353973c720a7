//! What a record says of how its trade was sized.

/// The least chance with which a size may be drawn: what was hardly ever tried tells nothing.
pub const LEAST_PROPENSITY: f64 = 1e-6;

/// How a signal or a trade was sized, as far as the engine says so.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SizeTag {
    /// By what the base size was multiplied, above 0 and at most 100.
    pub multiplier: Option<f64>,
    /// The chance with which that multiplier was drawn, from [`LEAST_PROPENSITY`] to 1.
    pub propensity: Option<f64>,
    /// The account at the time, in its currency, above 0.
    pub equity: Option<f64>,
    /// Units that were ordered, above 0.
    pub qty_intended: Option<f64>,
}
