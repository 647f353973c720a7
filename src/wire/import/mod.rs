//! Trades in other programs' files.

mod csv;
mod freqtrade;

pub(super) use csv::FieldNames;
pub use csv::{ColumnMap, MapError, read_sheet};
pub use freqtrade::{FreqtradeTrades, freqtrade_event, looks_like_freqtrade, read_freqtrade, unzip_result};
