//! The settings of `dtlearn.toml` that have a variable of their own.

/// A setting that the file may hold: its key, its environment variable, what it means.
pub struct Setting {
    /// The key in `dtlearn.toml`.
    pub key: &'static str,
    /// The environment variable that goes before it.
    pub variable: &'static str,
    /// What it means, with its default.
    pub meaning: &'static str,
}

/// Every setting of `dtlearn.toml`.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "capital_usd",
        variable: "DTLEARN_CAPITAL_USD",
        meaning: "the account's capital at the start, in its currency; 10000",
    },
    Setting { key: "currency", variable: "DTLEARN_CURRENCY", meaning: "the account's currency; \"USD\"" },
    Setting { key: "format", variable: "DTLEARN_FORMAT", meaning: "table, json, jsonl or csv; \"table\"" },
    Setting { key: "color", variable: "DTLEARN_COLOR", meaning: "auto, always or never; \"auto\"" },
    Setting {
        key: "min_missed_confidence",
        variable: "DTLEARN_MIN_MISSED_CONFIDENCE",
        meaning: "missed signals below this confidence are not kept; 0.60",
    },
    Setting {
        key: "missed_hold_minutes",
        variable: "DTLEARN_MISSED_HOLD_MINUTES",
        meaning: "minutes after which a missed signal is left that neither stop nor target closes; as the engine's own trades",
    },
    Setting {
        key: "commission_bps",
        variable: "DTLEARN_COMMISSION_BPS",
        meaning: "commission of a round trip in hundredths of a percent, where a record has no fees; what the own trades paid",
    },
    Setting {
        key: "slippage_bps",
        variable: "DTLEARN_SLIPPAGE_BPS",
        meaning: "slippage of a round trip in hundredths of a percent, where a record has no fees; 0",
    },
    Setting {
        key: "lock_wait_s",
        variable: "DTLEARN_LOCK_WAIT",
        meaning: "seconds to wait for another process's lock; 10",
    },
    Setting {
        key: "market.calendar",
        variable: "DTLEARN_CALENDAR",
        meaning: "the sessions that figures and schedules go by: XNYS, 24/7, 24/5 or one of [market.calendars]; \"XNYS\"",
    },
    Setting {
        key: "never_fail",
        variable: "DTLEARN_NEVER_FAIL",
        meaning: "the engine's commands exit 0 whatever happens; false",
    },
    Setting {
        key: "spool",
        variable: "DTLEARN_SPOOL",
        meaning: "a folder, best on another disk, for records that cannot be stored yet",
    },
];
