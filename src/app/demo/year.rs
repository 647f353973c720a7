//! `demo --year`: the made engine through the whole loop, with the clock at each close, and at the end what was
//! planted beside what the program says of it.

use std::path::Path;

use super::made_engine::{BAD_SESSION, MadeEngine, TIGHT_STOP};
use super::{DAYS, DemoError, DemoStep, begin, context, page_step, summary_step, typed};
use crate::app::brain_report::brain_data;
use crate::app::experiment::PlanRequest;
use crate::app::experiment_plan::plan_experiment;
use crate::app::experiment_report::standing;
use crate::app::guard_report::guard_history;
use crate::app::missed_report::missed_data;
use crate::app::model_report::model_data;
use crate::app::patterns_report::pattern_data;
use crate::app::{
    AdjustRequest, Context, PriceOptions, Progress, RetrainRequest, WhatIfRequest, adjust, analyze, price,
    record_exits, record_signals, retrain, track_missed, what_if,
};
use crate::domain::{Calendar, Date, ExperimentMetric, ExperimentUnit, KnobName, Session, Window};
use crate::files::brain;
use crate::files::experiments::experiments;
use crate::report::{DemoAnswer, DemoFinding, plural, retrain_sentence};
use crate::store::{Disk, Durability, replace_state};

/// Sessions of the year.
pub const YEAR_SESSIONS: usize = 250;

/// After this many sessions the experiment is planned.
const EXPERIMENT_AT: usize = 115;

/// Sessions that it may take.
const EXPERIMENT_SESSIONS: u64 = 130;

/// A model is trained after so many sessions, from the first on that has enough rows.
const RETRAIN_EVERY: usize = 10;
const RETRAIN_FROM: usize = 40;

const EXPERIMENT: &str = "tight-stop";

const BARS_HEADING: &str = "symbol,timestamp,open,high,low,close,volume\n";

/// The year's sessions, oldest first.
fn sessions(count: usize) -> Vec<Session> {
    let calendar = Calendar::xnys();
    let (Some(first), Some(last)) = (Date::from_ymd_opt(2025, 1, 2), Date::from_ymd_opt(2026, 12, 31)) else {
        return Vec::new();
    };
    calendar.sessions(first, last).filter_map(|date| calendar.session(date)).take(count).collect()
}

/// Lets the made engine trade for `count` sessions, [`YEAR_SESSIONS`] for the whole of it, into `dir`, which must be
/// empty or absent, telling each step to `tell`.
///
/// # Errors
/// [`DemoError`].
pub fn demo_year(
    disk: &dyn Disk,
    dir: &Path,
    count: usize,
    progress: &dyn Progress,
    tell: &mut dyn FnMut(DemoStep),
) -> Result<(), DemoError> {
    let inputs = begin(disk, dir)?;
    let root = dir.join("da_brains");
    let sessions = sessions(count);
    let mut year = Year { engine: MadeEngine::new(), bars: BARS_HEADING.to_owned(), month: Month::default() };
    for (at, session) in sessions.iter().enumerate() {
        let context = context(disk, &root, session.post_market(), progress);
        year.trade(&context, session, at)?;
        let month = |session: &Session| session.date.format("%m").to_string();
        if sessions.get(at + 1).is_none_or(|next| month(next) != month(session)) {
            tell(DemoStep::Told(std::mem::take(&mut year.month).told(session.date)));
        }
    }
    let Some(last) = sessions.last() else { return Ok(()) };
    let context = context(disk, &root, last.post_market(), progress);
    let file = inputs.join("bars_5m.csv");
    replace_state(disk, &file, year.bars.as_bytes(), Durability::Cache)?;
    price(&context, &PriceOptions { files: vec![file.clone()], ..PriceOptions::default() })?;
    let analysed = DemoAnswer::Year(Box::new(analyze(&context)?.data));
    let command = typed(&root, context.now, &format!("analyze --prices {}", file.display()));
    tell(DemoStep::Answer(command, analysed));
    tell(summary_step(&context, &root)?);
    for truth in truths(&context, &sessions)? {
        tell(DemoStep::Told(format!("Planted: {}.", truth.planted)));
        let answer = DemoAnswer::Planted(Box::new(truth.found));
        tell(DemoStep::Answer(typed(&root, context.now, truth.command), answer));
    }
    tell(page_step(&context, dir, &root, last.date)?);
    Ok(())
}

/// The year as far as it has come.
struct Year {
    engine: MadeEngine,
    bars: String,
    month: Month,
}

impl Year {
    /// A session of the engine, the `at`th of the year, and what is done at its close.
    fn trade(&mut self, context: &Context<'_>, session: &Session, at: usize) -> Result<(), DemoError> {
        let knobs = brain::knobs_or_defaults(context);
        self.engine.knobs = (knobs[KnobName::StopLoss].effective, knobs[KnobName::PositionSize].effective);
        let made = self.engine.session(session, at);
        record_signals(context, made.signals.as_bytes())?;
        self.month.trades += record_exits(context, made.exits.as_bytes())?.stored;
        track_missed(context, made.missed.as_bytes(), None)?;
        self.bars.push_str(&made.bars);
        analyze(context)?;
        self.month.moved += adjust(context, &AdjustRequest::by_rules(), false)?.data.changes.len();
        if at + 1 >= RETRAIN_FROM && (at + 1).is_multiple_of(RETRAIN_EVERY) {
            let trained = retrain(context, &RetrainRequest::when_due())?;
            self.month.model = Some(retrain_sentence(&trained.data));
        }
        if at + 1 == EXPERIMENT_AT {
            plan(context, &mut self.engine)?;
        }
        self.month.sessions += 1;
        Ok(())
    }
}

/// What a month came to.
#[derive(Default)]
struct Month {
    sessions: u64,
    trades: u64,
    moved: usize,
    model: Option<String>,
}

impl Month {
    fn told(self, last: Date) -> String {
        let model = self.model.map_or_else(String::new, |said| format!("\n  {said}"));
        format!(
            "{}: {}, {}, {} of knobs{model}",
            last.format("%Y-%m"),
            plural(self.sessions, "session"),
            plural(self.trades, "trade"),
            plural(self.moved as u64, "move")
        )
    }
}

fn plan(context: &Context<'_>, engine: &mut MadeEngine) -> Result<(), DemoError> {
    let request = PlanRequest {
        name: EXPERIMENT.into(),
        arms: vec!["A".into(), "B".into()],
        unit: ExperimentUnit::Signal,
        metric: ExperimentMetric::NetPct,
        min_effect: 0.005,
        max_sessions: Some(EXPERIMENT_SESSIONS),
        share: None,
        knobs: vec![(None, KnobName::StopLoss, TIGHT_STOP)],
        dry_run: false,
    };
    plan_experiment(context, &request)?;
    engine.experiment =
        experiments(context)?.named(EXPERIMENT).map(|known| known.experiment.assignment.clone());
    Ok(())
}

/// Something that was planted, where it is asked for, and what is found there.
struct Truth {
    planted: &'static str,
    command: &'static str,
    found: DemoFinding,
}

/// What was planted, with what each command answers.
fn truths(context: &Context<'_>, sessions: &[Session]) -> Result<Vec<Truth>, DemoError> {
    let (patterns, _) = pattern_data(context, DAYS)?;
    let bad = sessions.get(BAD_SESSION).map(|session| session.date);
    let (tested, _) = standing(context)?;
    let request = WhatIfRequest::of_values(DAYS, vec![(KnobName::StopLoss, TIGHT_STOP)]);
    let stop =
        what_if(context, &request).map(|found| Box::new(found.facts)).map_err(|error| error.to_string());
    Ok(vec![
        Truth {
            planted: "an edge, `orb` in the first two hours reaches its target in 66 of 100 cases, others in 34",
            command: "report patterns",
            found: DemoFinding::Patterns(Box::new(patterns.clone()), &["orb", "first two hours"]),
        },
        Truth {
            planted: "a drag, short positions in a volatile session reach it in 12 of 100 cases",
            command: "report patterns",
            found: DemoFinding::Patterns(Box::new(patterns), &["SHORT", "volatile"]),
        },
        Truth {
            planted: "a feature, `rvol_10m` above 1.5 adds 15 points to that and takes 15 otherwise, which a model can learn",
            command: "report model",
            found: DemoFinding::Model(Box::new(model_data(context)?)),
        },
        Truth {
            planted: "nothing about the knobs; the rules move them by the results",
            command: "report brain",
            found: DemoFinding::Knobs(Box::new(brain_data(context, None)?)),
        },
        Truth {
            planted: "a session in which every trade falls through its stop, to twice as far",
            command: "report guard",
            found: DemoFinding::Guard(Box::new(guard_history(context)?), bad),
        },
        Truth {
            planted: "an experiment whose second arm stops at 1 % instead of 2 %: one winner in nine goes so far against the position, so that it halves the losses and costs few wins",
            command: "report experiments tight-stop",
            found: DemoFinding::Experiment(tested.into_iter().next().map(Box::new)),
        },
        Truth {
            planted: "the same of every trade, which a replay of the record under another stop can see",
            command: "what-if DT_STOP_LOSS_PCT=0.01 --days 90",
            found: DemoFinding::WhatIf(stop),
        },
        Truth {
            planted: "a check that costs money: what `trade_gap<15m` refuses reaches its target in 60 of 100 cases",
            command: "report missed",
            found: DemoFinding::Missed(
                Box::new(missed_data(context, Window::Days(DAYS), None)?.0),
                "trade_gap",
            ),
        },
    ])
}
