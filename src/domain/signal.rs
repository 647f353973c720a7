//! A pick of the engine, whether or not it was traded.

use super::{ArmTag, Refusal, Side, SizeTag, Timestamp, positive, probability};

/// The engine's appetite when it picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Fewer, surer picks.
    Safe,
    /// More picks.
    Aggressive,
}

impl Mode {
    /// Reads SAFE or AGGRESSIVE in any case.
    ///
    /// # Errors
    /// [`Refusal::UnknownMode`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text.trim() {
            word if word.eq_ignore_ascii_case("safe") => Ok(Self::Safe),
            word if word.eq_ignore_ascii_case("aggressive") => Ok(Self::Aggressive),
            _ => Err(Refusal::UnknownMode { text: text.to_owned() }),
        }
    }

    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "SAFE",
            Self::Aggressive => "AGGRESSIVE",
        }
    }
}

/// A pick with what was known when it was made.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the record format, documented in dtlearn-store(5)")]
pub struct Signal {
    pub signal_id: Option<String>,
    pub symbol: String,
    pub timestamp: Timestamp,
    pub side: Side,
    pub mode: Option<Mode>,
    pub setup: Option<String>,
    /// The bars that the signal was made on, such as 5m.
    pub timeframe: Option<String>,
    /// The engine's own score, 0 to 10.
    pub score: Option<f64>,
    pub confidence: Option<f64>,
    pub entry_price: f64,
    pub stop_price: Option<f64>,
    pub target_price: Option<f64>,
    pub regime: Option<String>,
    pub sector: Option<String>,
    pub arm: ArmTag,
    pub size: SizeTag,
}

impl Signal {
    /// Checks a pick.
    ///
    /// # Errors
    /// The first [`Refusal`] in the order symbol, price, score, confidence.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.symbol.trim().is_empty() {
            return Err(Refusal::Missing { field: "symbol" });
        }
        positive("entry_price", self.entry_price)?;
        if let Some(score) = self.score
            && !(0.0..=10.0).contains(&score)
        {
            return Err(Refusal::NotScore { value: score });
        }
        self.confidence.map_or(Ok(0.0), |p| probability("confidence", p))?;
        Ok(self)
    }

    /// The engine's id, else one made of symbol, time and side.
    pub fn id(&self) -> String {
        self.signal_id.clone().unwrap_or_else(|| derived_signal_id(&self.symbol, self.timestamp, self.side))
    }
}

/// The id of a signal to which the engine gave none.
pub(super) fn derived_signal_id(symbol: &str, moment: Timestamp, side: Side) -> String {
    let text = format!("{symbol}\u{1f}{moment}\u{1f}{}", side.as_order());
    format!("h{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}
