//! The ways in which trades are grouped.

use crate::domain::{Calendar, Date, Market, TimeOfDay, Timestamp, TradeFacts, UNKNOWN, weekday_name};

/// The most keys that a grouping keeps apart; the rest is counted under [`OTHER`]. An exit reads and writes all of
/// them: with so many symbols it takes some 4 ms of a core, with 10,000 it took 9.
pub(super) const GROUP_KEYS_MAX: usize = 2_500;

/// The keys that are told of a grouping, those with the most trades; the rest is added up under [`OTHER`].
pub const GROUPS_SHOWN: usize = 100;

/// Stands for the keys beyond [`GROUPS_SHOWN`].
pub const OTHER: &str = "other";

/// A way of grouping trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named after what it groups by")]
pub enum Dimension {
    Symbol,
    Sector,
    Regime,
    TimeOfDay,
    Confidence,
    Setup,
    Timeframe,
    Hold,
    Side,
    ExitReason,
    Weekday,
    Strategy,
    Variant,
    Desk,
}

impl Dimension {
    /// Every way that trades themselves say, in the order of reports. Desks are told apart by their stores.
    pub const ALL: [Self; 13] = [
        Self::Symbol,
        Self::Sector,
        Self::Regime,
        Self::TimeOfDay,
        Self::Confidence,
        Self::Setup,
        Self::Timeframe,
        Self::Hold,
        Self::Side,
        Self::ExitReason,
        Self::Weekday,
        Self::Strategy,
        Self::Variant,
    ];

    /// The key of the grouping in files and payloads.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Symbol => "by_symbol",
            Self::Sector => "by_sector",
            Self::Regime => "by_regime",
            Self::TimeOfDay => "by_time_of_day",
            Self::Confidence => "confidence_buckets",
            Self::Setup => "by_setup",
            Self::Timeframe => "by_timeframe",
            Self::Hold => "by_hold",
            Self::Side => "by_side",
            Self::ExitReason => "by_exit_reason",
            Self::Weekday => "by_weekday",
            Self::Strategy => "by_strategy",
            Self::Variant => "by_variant",
            Self::Desk => "by_desk",
        }
    }

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confidence => "confidence",
            other => other.key().trim_start_matches("by_"),
        }
    }

    /// The heading of the grouping in a table.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Symbol => "Symbol",
            Self::Sector => "Sector",
            Self::Regime => "Regime",
            Self::TimeOfDay => "Time of day",
            Self::Confidence => "Confidence",
            Self::Setup => "Setup",
            Self::Timeframe => "Timeframe",
            Self::Hold => "Held",
            Self::Side => "Side",
            Self::ExitReason => "Exit reason",
            Self::Weekday => "Weekday",
            Self::Strategy => "Strategy",
            Self::Variant => "Variant",
            Self::Desk => "Desk",
        }
    }

    /// The group that a trade belongs to that was closed on the trading date `date`. Confidence buckets are named
    /// by their lower bound in percent; 1.0 belongs to the last.
    pub(super) fn of<'t>(self, trade: &TradeFacts<'t>, date: Date, market: &Market) -> &'t str {
        match self {
            Self::Symbol => trade.symbol,
            Self::Sector => trade.sector,
            Self::Regime => trade.regime,
            Self::TimeOfDay => TimeOfDay::of(market.of_symbol(trade.symbol), trade.entry_time).as_str(),
            Self::Confidence => confidence_bucket(trade.confidence),
            Self::Setup => trade.setup,
            Self::Timeframe => trade.timeframe,
            Self::Hold => hold_band(trade),
            Self::Side => trade.side.as_order(),
            Self::ExitReason => trade.exit_reason,
            Self::Weekday => weekday_name(date),
            Self::Strategy => trade.strategy,
            Self::Variant => trade.variant,
            // Not a field of the trade: see `JoinedTotals`.
            Self::Desk => UNKNOWN,
        }
    }
}

/// The hour of an entry by the market's clock, such as `09:00`, or [`UNKNOWN`].
pub(super) fn hour_of(calendar: &Calendar, entry: Option<Timestamp>) -> String {
    let hour = |entry| calendar.hhmm(entry).split_once(':').map(|(hour, _)| format!("{hour}:00"));
    entry.and_then(hour).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// How long trades are held, the shortest first.
pub const HOLD_BANDS: [&str; 4] = ["0-5 min", "5-15 min", "15-60 min", "over 60 min"];

/// How long a trade was held; what ends on a bound belongs below it.
fn hold_band(trade: &TradeFacts<'_>) -> &'static str {
    let Some(entry) = trade.entry_time else { return UNKNOWN };
    let minutes = trade.exit_time.minutes_since(entry);
    HOLD_BANDS[[5.0, 15.0, 60.0].into_iter().filter(|bound| minutes > *bound).count()]
}

fn confidence_bucket(confidence: Option<f64>) -> &'static str {
    const NAMES: [&str; 10] = ["0", "10", "20", "30", "40", "50", "60", "70", "80", "90"];
    confidence.map_or(UNKNOWN, |c| NAMES[((c * 10.0) as usize).min(9)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_begin_at_their_name() {
        for (confidence, bucket) in
            [(0.0, "0"), (0.1, "10"), (0.3, "30"), (0.6999999, "60"), (0.7, "70"), (1.0, "90")]
        {
            assert_eq!(confidence_bucket(Some(confidence)), bucket, "{confidence}");
        }
        assert_eq!(confidence_bucket(None), UNKNOWN);
    }
}
