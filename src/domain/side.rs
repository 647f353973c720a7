//! The direction of a position, and the words for it.

use super::Refusal;

/// The direction of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

/// Words for a long position, in small letters with blanks. German ones too: brokers there export them.
const LONG_WORDS: &[&str] = &[
    "long",
    "buy",
    "b",
    "l",
    "bot",
    "bought",
    "1",
    "+1",
    "buy to open",
    "bought to open",
    "le",
    "long entry",
    "entry long",
    "bto",
    "buy open",
    "open long",
    "buy long",
    "long position",
    "sell to close",
    "stc",
    "close long",
    "exit long",
    "sell close",
    "kauf",
];

/// Words for a short position.
const SHORT_WORDS: &[&str] = &[
    "short",
    "sell",
    "s",
    "ss",
    "sld",
    "sold",
    "sell short",
    "short sell",
    "sell to open",
    "sold to open",
    "sold short",
    "se",
    "short entry",
    "entry short",
    "sto",
    "sell open",
    "open short",
    "short position",
    "buy to close",
    "buy to cover",
    "buy cover",
    "cover",
    "bc",
    "close short",
    "exit short",
    "buy close",
    "verkauf",
];

impl Side {
    /// Reads a word for the side of a position: BUY, LONG, SELL, SHORT, their short forms, and orders that say
    /// which position they open or close (`sell to close` closes a long one).
    ///
    /// # Errors
    /// [`Refusal::UnknownSide`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        // As this program writes it, without a look at what else it could be.
        match text {
            "BUY" => return Ok(Self::Long),
            "SELL" => return Ok(Self::Short),
            _ => {}
        }
        let word: String = text
            .trim()
            .chars()
            .map(|c| if matches!(c, '_' | '-' | '.') { ' ' } else { c.to_ascii_lowercase() })
            .collect();
        match word.trim() {
            _ if text.trim() == "-1" => Ok(Self::Short),
            word if LONG_WORDS.contains(&word) => Ok(Self::Long),
            word if SHORT_WORDS.contains(&word) => Ok(Self::Short),
            _ => Err(Refusal::UnknownSide { text: text.to_owned() }),
        }
    }

    /// The word that trades are recorded with.
    pub const fn as_order(self) -> &'static str {
        match self {
            Self::Long => "BUY",
            Self::Short => "SELL",
        }
    }

    /// The word that signals are recorded with.
    pub const fn as_position(self) -> &'static str {
        match self {
            Self::Long => "LONG",
            Self::Short => "SHORT",
        }
    }

    /// +1 for a long position, −1 for a short one.
    pub const fn sign(self) -> f64 {
        match self {
            Self::Long => 1.0,
            Self::Short => -1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_side_are_understood_or_refused() {
        for word in ["buy", "Long ", "B", "Bot", "1", "buy_to_open", "Sell to Close", "Long Position", "Kauf"]
        {
            assert_eq!(Side::parse(word), Ok(Side::Long), "{word}");
        }
        for word in ["sell", "SHORT", "S", "SS", "Sld", "-1", "Sell Short", "BUY-TO-COVER", "BC", "Verkauf"] {
            assert_eq!(Side::parse(word), Ok(Side::Short), "{word}");
        }
        for word in ["C", "V", "FLAT", "0", "", "both"] {
            assert!(Side::parse(word).is_err(), "{word}");
        }
    }
}
