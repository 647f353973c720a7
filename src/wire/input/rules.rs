//! What the settings and the command say of closed trades on their way in.

use crate::domain::{BookKey, Instruments};

/// What a trade is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillMade {
    /// Account, strategy and symbol; the venue's position is not kept with a trade.
    pub book: BookKey,
    /// The fill that closed it.
    pub fill_id: String,
}

/// Which result counts where the stated one differs from that of prices, quantity and costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResultChoice {
    /// The stated one; the other is kept beside it.
    #[default]
    Stated,
    /// The computed one.
    Computed,
    /// Neither: the record is refused.
    Refuse,
}

/// What the settings and the command say about closed trades on their way in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExitRules {
    /// The currency in which the store counts.
    pub account_currency: String,
    /// What is known of instruments.
    pub instruments: Instruments,
    /// Which result counts.
    pub result: ResultChoice,
    /// The quantity of records that have none, where the user said one.
    pub default_qty: Option<f64>,
    /// The symbol of records that have none, where the user said one.
    pub symbol: Option<String>,
}
