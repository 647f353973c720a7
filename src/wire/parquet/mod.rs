//! Records as Parquet: the columns of each table, which dtlearn-cluster(7) documents, and the bytes of a file.
//!
//! Times are microseconds of UTC, amounts are doubles, and what has no column of its own stands as JSON under `extra`.

#[cfg(feature = "parquet")]
mod file;

#[cfg(feature = "parquet")]
pub use file::parquet_file;

/// Whether this program writes Parquet: the crates for it are built where they are asked for.
pub const HAS_PARQUET: bool = cfg!(feature = "parquet");

/// In the place of the file that this program cannot write; see [`HAS_PARQUET`].
///
/// # Errors
/// Always.
#[cfg(not(feature = "parquet"))]
pub fn parquet_file(
    _table: ParquetTable,
    _desk: Option<&str>,
    _session: crate::domain::Date,
    _lines: &[Box<[u8]>],
) -> std::io::Result<Vec<u8>> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "this program was built without Parquet"))
}

use super::input::JsonObject;

/// A table of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParquetTable {
    /// Closed trades.
    Trades,
    /// The picks.
    Signals,
    /// Strong signals that were not traded.
    Missed,
    /// Executions.
    Fills,
    /// News.
    News,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParquetKind {
    /// UTF-8.
    Text,
    /// A moment, in microseconds of UTC.
    Moment,
    /// A double.
    Real,
    /// A whole number of 64 bits.
    Whole,
    /// True or false.
    Flag,
    /// Whatever it is, as JSON in UTF-8.
    Json,
}

use ParquetKind::{Flag, Json, Moment, Real, Text, Whole};

/// The name of a column, which is that of the record's key, and what stands in it.
pub type ParquetColumn = (&'static str, ParquetKind);

impl ParquetTable {
    /// Every table.
    pub const ALL: [Self; 5] = [Self::Trades, Self::Signals, Self::Missed, Self::Fills, Self::News];

    /// Its name, and that of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trades => "trades",
            Self::Signals => "signals",
            Self::Missed => "missed",
            Self::Fills => "fills",
            Self::News => "news",
        }
    }

    /// Its columns behind `desk` and `session`, in their order; each may be null.
    pub const fn columns(self) -> &'static [ParquetColumn] {
        match self {
            Self::Trades => TRADES,
            Self::Signals => SIGNALS,
            Self::Missed => MISSED,
            Self::Fills => FILLS,
            Self::News => NEWS,
        }
    }
}

const TRADES: &[ParquetColumn] = &[
    ("symbol", Text),
    ("entry_time", Moment),
    ("exit_time", Moment),
    ("side", Text),
    ("entry_price", Real),
    ("exit_price", Real),
    ("pnl", Real),
    ("pnl_pct", Real),
    ("hold_duration_minutes", Real),
    ("model_label", Text),
    ("model_confidence", Real),
    ("lgb_prob", Real),
    ("lstm_prob", Real),
    ("transformer_prob", Real),
    ("regime", Text),
    ("vix", Real),
    ("sector", Text),
    ("time_of_day", Text),
    ("success", Flag),
    ("quality", Text),
    ("exit_reason", Text),
    ("trade_id", Text),
    ("signal_id", Text),
    ("qty", Real),
    ("fees", Real),
    ("stop_price", Real),
    ("target_price", Real),
    ("hit_target", Flag),
    ("hit_stop", Flag),
    ("outcome", Text),
    ("mfe_pct", Real),
    ("mae_pct", Real),
    ("setup", Text),
    ("strategy", Text),
    ("variant", Text),
    ("timeframe", Text),
    ("experiment", Text),
    ("variant_share", Real),
    ("size_multiplier", Real),
    ("size_propensity", Real),
    ("equity_usd", Real),
    ("qty_intended", Real),
    ("multiplier", Real),
    ("inverse", Flag),
    ("funding", Real),
    ("rebate", Real),
    ("currency", Text),
    ("fx_rate", Real),
    ("pnl_computed", Real),
    ("pnl_disputed", Flag),
    ("account", Text),
    ("fill_id", Text),
    ("left_over", Json),
    ("features", Json),
    ("extra", Json),
    ("leg", Whole),
    ("schema", Whole),
    ("_ts", Moment),
];

const SIGNALS: &[ParquetColumn] = &[
    ("signal_id", Text),
    ("symbol", Text),
    ("timestamp", Moment),
    ("side", Text),
    ("mode", Text),
    ("setup", Text),
    ("score", Real),
    ("confidence", Real),
    ("entry_price", Real),
    ("stop_price", Real),
    ("target_price", Real),
    ("regime", Text),
    ("sector", Text),
    ("timeframe", Text),
    ("experiment", Text),
    ("variant", Text),
    ("variant_share", Real),
    ("size_multiplier", Real),
    ("size_propensity", Real),
    ("equity_usd", Real),
    ("qty_intended", Real),
    ("features", Json),
    ("extra", Json),
    ("schema", Whole),
    ("_ts", Moment),
];

const MISSED: &[ParquetColumn] = &[
    ("symbol", Text),
    ("timestamp", Moment),
    ("label", Text),
    ("confidence", Real),
    ("price_at_signal", Real),
    ("reason_not_traded", Text),
    ("lgb_prob", Real),
    ("lstm_prob", Real),
    ("transformer_prob", Real),
    ("regime", Text),
    ("vix", Real),
    ("price_15m", Real),
    ("price_30m", Real),
    ("price_1h", Real),
    ("price_eod", Real),
    ("would_have_won", Flag),
    ("hypothetical_pnl_pct", Real),
    ("evaluated", Flag),
    ("signal_id", Text),
    ("sector", Text),
    ("setup", Text),
    ("stop_price", Real),
    ("target_price", Real),
    ("pnl_15m", Real),
    ("pnl_30m", Real),
    ("pnl_1h", Real),
    ("pnl_eod", Real),
    ("exit_policy", Text),
    ("exit_reason", Text),
    ("state", Text),
    ("exit_time", Moment),
    ("hold_minutes", Real),
    ("pnl_held_to_close", Real),
    ("timeframe", Text),
    ("experiment", Text),
    ("variant", Text),
    ("variant_share", Real),
    ("features", Json),
    ("extra", Json),
    ("schema", Whole),
    ("_logged_at", Moment),
];

const FILLS: &[ParquetColumn] = &[
    ("fill_id", Text),
    ("order_id", Text),
    ("account", Text),
    ("strategy", Text),
    ("symbol", Text),
    ("timestamp", Moment),
    ("side", Text),
    ("qty", Real),
    ("price", Real),
    ("fees", Real),
    ("signal_id", Text),
    ("stop_price", Real),
    ("target_price", Real),
    ("position_id", Text),
    ("funding", Real),
    ("multiplier", Real),
    ("inverse", Flag),
    ("currency", Text),
    ("fx_rate", Real),
    ("effect", Text),
    ("pnl", Real),
    ("gross_pnl", Real),
    ("pnl_rounding", Real),
    ("exit_reason", Text),
    ("model_label", Text),
    ("model_confidence", Real),
    ("lgb_prob", Real),
    ("lstm_prob", Real),
    ("transformer_prob", Real),
    ("regime", Text),
    ("vix", Real),
    ("sector", Text),
    ("setup", Text),
    ("timeframe", Text),
    ("variant", Text),
    ("features", Json),
    ("extra", Json),
    ("left_over", Json),
    ("schema", Whole),
    ("_ts", Moment),
];

const NEWS: &[ParquetColumn] = &[
    ("news_id", Text),
    ("timestamp", Moment),
    ("symbol", Text),
    ("sector", Text),
    ("sentiment", Real),
    ("source", Text),
    ("headline_id", Text),
    ("extra", Json),
    ("schema", Whole),
    ("_ts", Moment),
];

/// Puts what a record has beside the keys that are known under its `extra`.
pub fn unknown_to_extra(map: &mut JsonObject, is_known: impl Fn(&str) -> bool) {
    let unknown: Vec<String> = map.keys().filter(|key| !is_known(key)).cloned().collect();
    for key in unknown {
        if let Some(value) = map.shift_remove(&key) {
            let extra = map.entry("extra").or_insert_with(|| serde_json::Value::Object(JsonObject::new()));
            if extra.is_null() {
                *extra = serde_json::Value::Object(JsonObject::new());
            }
            if let serde_json::Value::Object(extra) = extra {
                extra.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::OUTCOME_KEYS;

    #[test]
    fn the_columns_of_trades_are_the_keys_of_the_record() {
        assert!(TRADES.iter().map(|(name, _)| *name).eq(OUTCOME_KEYS.iter().copied()));
    }
}
