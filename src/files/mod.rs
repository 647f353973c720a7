//! Typed files and log readers: what is in this file? Never: what does the user want?
//!
//! Each module answers for one file, or one way of reading a log, and is the only place that knows its name in the
//! store, its form and what to do when it is damaged.

pub(crate) mod base_blend;
pub(crate) mod brain;
mod brain_damage;
pub(crate) mod brain_log;
pub(crate) mod checkpointed_log;
mod context;
pub(crate) mod day_cache;
pub(crate) mod decision_log;
pub(crate) mod desks;
pub(crate) mod engine_results;
pub(crate) mod exit_history;
pub(crate) mod experiment_records;
pub(crate) mod experiments;
pub(crate) mod fill_books;
pub(crate) mod growing_log;
pub(crate) mod guard_day;
pub(crate) mod guard_files;
pub(crate) mod heat_past;
mod listed;
pub(crate) mod missed_json;
pub(crate) mod missed_log;
pub(crate) mod model_shadow;
pub(crate) mod models;
pub(crate) mod news_log;
pub(crate) mod part;
pub(crate) mod performance;
pub(crate) mod performance_json;
pub(crate) mod read_log;
mod reading;
pub(crate) mod recent_news;
pub(crate) mod record_filter;
pub(crate) mod retrain_files;
pub(crate) mod round_trip;
pub(crate) mod said_elsewhere;
pub(crate) mod sizing;
pub(crate) mod stored_line;
pub(crate) mod surroundings;
pub(crate) mod symbol_sessions;
pub(crate) mod trade_details;
pub(crate) mod trade_list;
pub(crate) mod trade_log;
pub(crate) mod trade_signals;
pub(crate) mod trade_words;
pub(crate) mod trades_in_window;
pub(crate) mod training_rows;
pub(crate) mod window_figures;

pub use brain::brain_warning;
pub use context::{Context, Desk, Doubts, IntakeSettings, Progress, Settings, Silent, SizeSettings};
pub use desks::{DesksError, brain_warnings, check_desks};
pub use fill_books::{OpenBook, open_positions};
pub use listed::MAX_LISTED;
pub use missed_log::missed_totals;
pub use part::{Part, PartError, PartMismatch, ReadSums, merge_parts};
pub use performance_json::{PerformanceJson, metrics_json, value_json};
pub use reading::{DeskReading, Reading, Unreadable};
pub use record_filter::FilterLoadError;
pub use trade_log::windows;
pub use window_figures::FiguresByWindow;
