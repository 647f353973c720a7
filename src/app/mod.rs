//! Use cases: read, compute, decide, write. One file each; nothing here prints or asks for the time.

mod analyze;
mod brain_adjust;
mod brain_plan;
mod brain_report;
mod brain_rollback;
mod brain_rules;
mod compare;
mod corrections;
mod day_report;
mod demo;
mod desks;
mod detail_reports;
mod doctor;
mod effects;
mod ensemble;
mod examination;
mod experiment;
mod experiment_plan;
mod experiment_report;
mod export;
mod export_parquet;
mod followed_file;
mod freshness;
mod guard;
mod guard_report;
mod health;
mod heat;
mod import;
mod knob_opinions;
mod model_comparison;
mod model_drift;
mod model_report;
mod page;
mod patterns_asked;
mod patterns_report;
mod portfolio;
mod post_market;
mod price;
mod reconcile;
mod record;
mod record_exit;
mod record_fill;
mod record_signal;
mod repair;
mod replay;
mod reports;
mod rescue;
mod retrain;
mod score;
mod score_size;
mod sealing;
mod session;
mod size;
mod size_groups;
mod summary;
mod take_out;
mod track_missed;
mod trades_report;
mod training;
mod what_if;

pub use crate::files::{
    Context, Desk, DesksError, IntakeSettings, Part, PartError, PartMismatch, Progress, ReadSums, Reading,
    Settings, Silent, SizeSettings, TradeFilterError, Unreadable, brain_warning, brain_warnings, check_desks,
    missed_totals, windows,
};

pub use analyze::{Analysis, analyze};
pub use brain_adjust::{AdjustRequest, Adjusted, adjust};
pub use brain_plan::AdjustError;
pub use corrections::{Correction, CorrectionError};
pub use demo::{DemoError, DemoPage, DemoStep, YEAR_SESSIONS, demo, demo_year};
pub use desks::{MadePart, analysis_of, part_of_desks, part_of_parts};
pub use doctor::examine;
pub use examination::{Examination, Finding, Severity};
pub use experiment::{
    ArmRequest, ExperimentError, MOST_SESSIONS, PlanRequest, experiment_arm, stop_experiment,
};
pub use experiment_plan::plan_experiment;
pub use export::{ExportError, export};
pub use export_parquet::{ExportedTable, Partition, WrittenFiles, export_table};
pub use guard::{GuardRequest, Guarded, ReleaseError, guard, release_guard};
pub use heat::{HeatError, HeatRequest, OpenHeat, open_heat, refresh_heat};
pub use import::{FileReport, ImportError, ImportOptions, Imported, import};
pub use page::page_sections;
pub use patterns_report::patterns;
pub use portfolio::size_caps;
pub use post_market::{PostMarket, PostMarketError, PostMarketRequest, post_market};
pub use price::{FarOff, PriceError, PriceOptions, Pricing, price};
pub use reconcile::{ReconcileRequest, Reconciled, Tolerance, reconcile};
pub use record::{RecordError, Recorded, Refused};
pub use record_exit::record_exits;
pub use record_fill::record_fills;
pub use record_signal::record_signals;
pub use repair::{RepairReport, repair_logs};
pub use replay::{LastReplay, ReplayRequest, Replayed, last_replay, replay};
pub use reports::{Health, REPORTS, Report, ReportError, ReportOption, ReportOptions, ReportView, Stores};
pub use rescue::{keep_whole, rescue};
pub use retrain::{RETRAIN_DAYS, RetrainError, RetrainRequest, Retrained, retrain, roll_model_back};
pub use score::Scorer;
pub use size::{Sizing, size, size_off_policy};
pub use size_groups::{SizeBy, size_groups};
pub use summary::save_summary;
pub use take_out::{undo_import, void};
pub use track_missed::track_missed;
pub use what_if::{Variant, WhatIf, WhatIfError, WhatIfRequest, WhatIfSpec, what_if};
