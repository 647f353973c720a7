//! Use cases: read, compute, decide, write. One file each; nothing here prints or asks for the time.

mod analyze;
mod brain;
mod brain_adjust;
mod brain_log;
mod brain_report;
mod brain_rollback;
mod catch_up;
mod day_report;
mod demo;
mod doctor;
mod export;
mod figures;
mod freshness;
mod health;
mod import;
mod learn_rows;
mod repair;
mod missed;
mod model_report;
mod model_comparison;
mod models;
mod outcomes;
mod page;
mod patterns_report;
mod performance_file;
mod post_market;
mod price;
mod recent;
mod recent_days;
mod record;
mod record_exit;
mod record_signal;
mod replay;
mod reports;
mod retrain;
mod retrain_files;
mod score;
mod sealing;
mod summary;
mod decision_log;
mod track_missed;
mod training;
mod what_if;

use std::time::Duration;

pub use analyze::{Analysis, analyze};
pub use brain_adjust::{AdjustError, AdjustRequest, Adjusted, adjust};
pub use day_report::save_summary;
pub use demo::{DemoError, DemoPage, DemoStep, demo};
pub use doctor::{Examination, Finding, Severity, examine};
pub use export::{ExportError, export};
pub use import::{ImportError, ImportOptions, Imported, import};
pub use repair::{RepairReport, repair_logs};
pub use missed::missed_totals;
pub use outcomes::{Reading, Unreadable, windows};
pub use page::page_sections;
pub use patterns_report::patterns;
pub use post_market::{PostMarket, post_market};
pub use price::{PriceError, PriceOptions, Pricing, price};
pub use record::{RecordError, Recorded, Refused};
pub use record_exit::record_exits;
pub use record_signal::record_signals;
pub use replay::{LastReplay, ReplayRequest, Replayed, last_replay, replay};
pub use reports::{ReportError, ReportRequest, report};
pub use retrain::{RETRAIN_DAYS, RetrainError, RetrainRequest, Retrained, retrain, roll_model_back};
pub use score::Scorer;
pub use track_missed::track_missed;
pub use what_if::{WhatIf, WhatIfError, WhatIfRequest, WhatIfSpec, what_if};

use crate::decide::Rulebook;
use crate::domain::Timestamp;
use crate::learn::Costs;
use crate::store::{Disk, Layout, LockTimeout, SpoolFolders};

/// What the user may set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The account's capital at the start, in its currency; drawdowns are shares of it.
    pub capital: f64,
    /// The account's currency.
    pub currency: String,
    /// Missed signals below this confidence are not kept.
    pub min_missed_confidence: f64,
    /// How long commands that are not the engine's wait for the lock.
    pub lock_wait: Duration,
    /// How knobs move.
    pub rulebook: Rulebook,
    /// What a round trip costs where a record has no fees.
    pub costs: Costs,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            capital: 10_000.0,
            currency: "USD".into(),
            min_missed_confidence: 0.60,
            lock_wait: Duration::from_secs(10),
            rulebook: Rulebook::default(),
            costs: Costs::default(),
        }
    }
}

/// Tells somebody how far a long piece of work is.
pub trait Progress: Sync {
    /// A piece of work begins; `total` is its size where that is known.
    fn begin(&self, what: &str, total: Option<u64>);
    /// So much more of it is done.
    fn advance(&self, amount: u64);
    /// It is over.
    fn end(&self);
    /// The lock is held by somebody else for longer than a second.
    fn waiting_for_lock(&self);
}

/// A [`Progress`] that tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _amount: u64) {}
    fn end(&self) {}
    fn waiting_for_lock(&self) {}
}

/// Everything that a use case works with.
#[derive(Clone)]
pub struct Context<'a> {
    /// The file system.
    pub disk: &'a dyn Disk,
    /// Where the store lies.
    pub layout: Layout,
    /// Where records go that cannot be stored.
    pub spool: SpoolFolders,
    /// The moment of the command.
    pub now: Timestamp,
    /// Everything recorded or happened after this is ignored, when it is given.
    pub as_of: Option<Timestamp>,
    /// What the user set.
    pub settings: Settings,
    /// Who is told of progress.
    pub progress: &'a dyn Progress,
}

impl Context<'_> {
    /// The moment from which windows are seen.
    pub fn seen_from(&self) -> Timestamp {
        self.as_of.unwrap_or(self.now)
    }

    /// The patience of commands that are not the engine's.
    pub fn lock_timeout(&self) -> LockTimeout {
        LockTimeout(self.settings.lock_wait)
    }
}
