//! Typed results as answers: a first line, grids, notes and a payload. Pure: nothing here reads or prints.

mod adjust_view;
mod analysis_view;
mod asked_view;
mod behaviour_view;
mod brain_view;
mod calendar_lines;
mod calendar_view;
mod chart;
mod compare_view;
mod detail_grid;
mod effects_view;
mod engine_text;
mod excursions_view;
mod execution_view;
mod experiment_charts;
mod experiment_data;
mod experiment_plan_view;
mod experiment_text;
mod experiment_view;
mod grid;
mod guard_history_view;
mod guard_view;
mod health_view;
mod heat_view;
mod history_view;
mod interval_bar;
mod metrics_view;
mod missed_view;
mod model_drift_view;
mod model_grids;
mod model_view;
mod opinions_view;
mod page;
mod page_charts;
mod patterns_trends;
mod patterns_view;
mod portfolio_view;
mod positions_view;
mod post_market_view;
mod reconcile_view;
mod replay_payload;
mod replay_view;
mod retrain_view;
mod risk_view;
mod score_view;
mod session_view;
mod summary_view;
mod text;
mod tiles;
mod trades_view;
mod what_if_all_view;
mod what_if_charts;
mod what_if_grids;
mod what_if_payload;
mod what_if_text;
mod what_if_view;

pub use crate::files::{FiguresByWindow, PerformanceJson, metrics_json, value_json};
pub use adjust_view::{AdjustData, adjust_sentence, adjust_view, reason};
pub use analysis_view::{Findings, analysis_view};
pub use asked_view::{AskedData, AskedSource, asked_view};
pub use behaviour_view::behaviour_view;
pub use brain_view::{BrainData, GuardOverlay, KnobLine, brain_view, knobs_json};
pub use calendar_view::{CalendarDate, DateKind, calendar_dates, calendar_view};
pub use chart::{
    CalendarCell, Chart, CurvePoint, Dot, EquityPoint, HeatCell, HeatRow, HistogramBar, Reliability, Scale,
    ScatterPoint, Shape,
};
pub use compare_view::{CompareData, compare_view};
pub use effects_view::{Effect, RuleEffect, effects_view};
pub use excursions_view::excursions_view;
pub use execution_view::execution_view;
pub use experiment_charts::experiment_charts;
pub use experiment_data::{ArmData, ExperimentData, PlanData, StopData};
pub use experiment_plan_view::{arm_view, plan_view, stop_view};
pub use experiment_text::effect_text;
pub use experiment_view::{experiment_view, experiments_view};
pub use grid::{Cell, CellKind, Column, Grid, View};
pub use guard_history_view::{GuardHistory, GuardedSession, guard_history_view};
pub use guard_view::{GuardData, guard_view, guard_why};
pub use health_view::{HealthCheck, health_view};
pub use heat_view::{HeatData, heat_view};
pub use history_view::history_view;
pub use metrics_view::metrics_view;
pub use missed_view::missed_view;
pub use model_drift_view::ModelDrift;
pub use model_view::{ModelData, ensemble_view, model_view, retrains_view};
pub use opinions_view::{KnobOpinions, opinions_view};
pub use page::{Section, confidence_chart, day_chart, knob_charts, reliability_chart};
pub use page_charts::{
    behaviour_chart, calendar_chart, equity_chart, excursion_chart, fan_chart, gate_chart, group_dots,
    pattern_dots, r_chart, weekday_hour_chart,
};
pub use patterns_trends::{SectorTrend, SentimentDecile, sector_trends, sentiment_deciles};
<<<<<<< HEAD
pub use patterns_view::{Confirmed, PatternData, PatternSource, patterns_view};
pub use portfolio_view::{PortfolioData, portfolio_view};
=======
pub use patterns_view::{Confirmed, PatternData, PatternSource, pattern_sentences, patterns_view};
>>>>>>> main
pub use positions_view::positions_view;
pub use post_market_view::{DayDone, PostMarketData, StepLine, day_done_view, post_market_view};
pub use reconcile_view::{ReconcileData, ReconcileLine, reconcile_view};
pub use replay_view::{replay_sentences, replay_view};
pub use retrain_view::{RetrainData, RetrainStatus, retrain_sentence, retrain_step_json, retrain_view};
pub use risk_view::risk_view;
pub use score_view::{ScoreAnswer, ScoredSignal, score_json, score_view};
pub use session_view::{SessionData, session_json, session_sentences};
pub use summary_view::{SummaryData, summary_tiles, summary_view};
pub use text::{is_shown_as_zero, money_decimals, plural, signed};
pub use tiles::{Tile, guard_tile};
pub use trades_view::{TradesForm, TradesShown, trades_view};
pub use what_if_all_view::what_if_all_view;
pub use what_if_charts::what_if_charts;
pub use what_if_view::what_if_view;
