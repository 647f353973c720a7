//! A strong signal that was not traded, and why.

use super::signal::derived_signal_id;
use super::{ArmTag, Refusal, Side, Timestamp, positive, probability};

/// Whether a reason is that of an arm that is only priced.
pub fn is_shadow(reason: &str) -> bool {
    reason.trim() == "shadow"
}

/// Whether a missed signal has been held against real prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissedState {
    /// Waits for prices.
    Pending,
    /// Prices and outcome are known.
    Resolved,
    /// No prices came within seven days.
    Unresolvable,
}

impl MissedState {
    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Resolved => "resolved",
            Self::Unresolvable => "unresolvable",
        }
    }
}

/// A strong signal that was not traded.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the record format, documented in dtlearn-store(5)")]
pub struct MissedSignal {
    pub signal_id: Option<String>,
    pub symbol: String,
    pub timestamp: Timestamp,
    pub side: Side,
    pub confidence: f64,
    pub price_at_signal: f64,
    pub reason_not_traded: Option<String>,
    pub lgb_prob: Option<f64>,
    pub lstm_prob: Option<f64>,
    pub transformer_prob: Option<f64>,
    pub regime: Option<String>,
    pub vix: Option<f64>,
    pub sector: Option<String>,
    pub setup: Option<String>,
    /// The bars that the signal was made on, such as 5m.
    pub timeframe: Option<String>,
    pub stop_price: Option<f64>,
    pub target_price: Option<f64>,
    pub arm: ArmTag,
}

impl MissedSignal {
    /// Checks a missed signal.
    ///
    /// # Errors
    /// The first [`Refusal`] in the order symbol, price, probabilities.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.symbol.trim().is_empty() {
            return Err(Refusal::Missing { field: "symbol" });
        }
        positive("price", self.price_at_signal)?;
        probability("confidence", self.confidence)?;
        for (field, value) in [
            ("lgb_prob", self.lgb_prob),
            ("lstm_prob", self.lstm_prob),
            ("transformer_prob", self.transformer_prob),
        ] {
            value.map_or(Ok(0.0), |p| probability(field, p))?;
        }
        Ok(self)
    }

    /// Whether it is no signal that the engine refused, but one of an experiment's arm that is only priced.
    pub fn is_of_shadow(&self) -> bool {
        self.reason_not_traded.as_deref().is_some_and(is_shadow)
    }

    /// The engine's id, else one made of symbol, time and side.
    pub fn id(&self) -> String {
        self.signal_id.clone().unwrap_or_else(|| derived_signal_id(&self.symbol, self.timestamp, self.side))
    }
}
