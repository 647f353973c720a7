//! `size`: what the own record says of the base size and of multipliers by context. Once a session, after it is over.

use super::{AdjustError, AdjustRequest, Context, Reading, adjust};
use crate::decide::{CONTEXTS, DrawnTrade, NotDrawn, OffPolicy, Rule, SizeHistory, SizeRow, off_policy};
use crate::domain::KnobName;
use crate::files::brain::knobs_or_defaults;
use crate::files::brain_log::{BY_SIZE, change_by_size};
use crate::files::experiments::experiments;
use crate::files::sizing::{SizedRow, fold_sessions, write_sizing};
use crate::report::{RunRule, SIZE_THIRDS, SizingData};
use crate::store::StoreError;
use crate::wire::{BaseSizeLine, ContextLine, SIZING_SCHEMA, SizingFile};

/// Days after a session until what it said of size holds no more.
const EXPIRES_DAYS: i64 = 7;

/// What the record says of size.
#[derive(Clone, Debug)]
pub struct Sizing {
    /// What there is to say.
    pub data: SizingData,
    /// How the record read.
    pub reading: Reading,
    /// What else to know.
    pub warnings: Vec<String>,
}

/// The record as size is learned from it, walked through once.
#[derive(Clone, Debug)]
pub(super) struct SizeRecord {
    /// What was learned, and when.
    pub history: SizeHistory,
    reading: Reading,
}

impl SizeRecord {
    /// Reads it.
    ///
    /// # Errors
    /// [`StoreError`] when a log cannot be read at all.
    pub(super) fn read(context: &Context<'_>) -> Result<Self, StoreError> {
        let begin = || SizeHistory::new(context.settings.capital);
        let (history, reading) = fold_sessions(context, begin, |history, session| {
            let rows: Vec<SizeRow> = session.iter().map(|row| row.row).collect();
            history.push(&rows);
        })?;
        Ok(Self { history, reading })
    }
}

/// Works it out; writes nothing. A size that was moved in this session already is worked out from the one before.
pub(super) fn sizing(context: &Context<'_>, record: SizeRecord) -> Sizing {
    let knobs = knobs_or_defaults(context);
    let now = knobs[KnobName::PositionSize].effective;
    // What somebody put in its place since is what is in force.
    let moved = change_by_size(context).filter(|(_, new)| *new == now);
    let (in_force, applied) = moved.map_or((now, None), |(old, new)| (old, Some(new)));
    let history = record.history;
    let knob = context.settings.rulebook.knob(KnobName::PositionSize);
    let base = history.base(in_force, (knob.low, knob.high), knobs[KnobName::StopLoss].effective);
    let applies = context.settings.size.apply;
    let run_rules = if applies { Vec::new() } else { run_rules(context, &history) };
    let data = SizingData {
        history,
        base,
        in_force,
        applied,
        not_applied: None,
        applies,
        session: context.session_date(),
        run_rules,
        currency: context.settings.currency.clone(),
    };
    Sizing { data, reading: record.reading, warnings: Vec::new() }
}

/// The rules of the brain that move the size on a run, with their rate where trades are independent: of the last k that
/// were won or lost all are wins with the chance p^k. They leave the knob alone where `size` moves it.
fn run_rules(context: &Context<'_>, history: &SizeHistory) -> Vec<RunRule> {
    let (wins, losses) = (history.wins, history.losses);
    let decided = (wins + losses) as f64;
    let run = |rule: &Rule| {
        let (run, is_of_wins) = rule.run()?;
        let share = if is_of_wins { wins } else { losses } as f64 / decided;
        let on_noise = share.powi(i32::try_from(run).unwrap_or(i32::MAX));
        Some(RunRule { name: rule.name, run, is_of_wins, target: rule.target, on_noise })
    };
    let rules = context.settings.rulebook.rules.iter().filter(|rule| rule.knob == KnobName::PositionSize);
    if decided > 0.0 { rules.filter_map(run).collect() } else { Vec::new() }
}

/// Works it out and keeps it in `sizing.json`; where the settings say so, the base size goes into the brain file. Seen
/// from an earlier moment it only says what it would do.
///
/// # Errors
/// [`AdjustError`] when the logs or the brain file cannot be read or written.
pub fn size(context: &Context<'_>) -> Result<Sizing, AdjustError> {
    size_of(context, SizeRecord::read(context)?)
}

/// The same from a record that was read.
///
/// # Errors
/// As [`size`].
pub(super) fn size_of(context: &Context<'_>, record: SizeRecord) -> Result<Sizing, AdjustError> {
    let mut found = sizing(context, record);
    if context.as_of.is_some() {
        return Ok(found);
    }
    if context.settings.size.apply {
        apply(context, &mut found)?;
    }
    let _lock = context.lock()?;
    write_sizing(context, &sizing_file(context, &found.data))?;
    Ok(found)
}

/// What other sizes would have brought, from trades whose sizes were drawn.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub fn size_off_policy(
    context: &Context<'_>,
) -> Result<(Result<Vec<OffPolicy>, NotDrawn>, Reading), StoreError> {
    let drawn = |row: &SizedRow| {
        let (multiplier, propensity) = (row.sized.multiplier, row.sized.propensity?);
        Some(DrawnTrade { day: row.row.day, multiplier, propensity, result: row.row.result })
    };
    let add = |found: &mut Vec<DrawnTrade>, session: &[SizedRow]| {
        found.extend(session.iter().filter_map(drawn));
    };
    let (drawn, reading) = fold_sessions(context, Vec::new, add)?;
    Ok((off_policy(&drawn), reading))
}

/// Moves the knob, once a session.
fn apply(context: &Context<'_>, found: &mut Sizing) -> Result<(), AdjustError> {
    let data = &mut found.data;
    let Ok(base) = &data.base else { return Ok(()) };
    if let Some(experiment) = experiments(context)?.holding(KnobName::PositionSize) {
        data.not_applied = Some(format!("the experiment {} holds the knob", experiment.name()));
        return Ok(());
    }
    if base.suggested == data.now_in_force() {
        return Ok(());
    }
    let request = AdjustRequest::Size { value: base.suggested, trades: base.trades };
    let done = adjust(context, &request, false)?;
    found.warnings.extend(done.warnings);
    if done.data.changes.iter().any(|change| change.source == BY_SIZE) {
        data.applied = Some(base.suggested);
    } else {
        data.not_applied = Some("it was moved in this session already".into());
    }
    Ok(())
}

/// What `sizing.json` says: a function of the record up to the session, of the settings, and of the size in force.
pub(super) fn sizing_file(context: &Context<'_>, found: &SizingData) -> SizingFile {
    let (_, end) = context.market().calendar().bounds(found.session);
    let policy = &found.history.policy;
    let (shadow, in_force, counts) = (policy.shadow(), policy.in_force(), policy.counts());
    let context_line = |at: usize| ContextLine {
        third: SIZE_THIRDS[at % SIZE_THIRDS.len()].into(),
        is_under_peak: at >= CONTEXTS / 2,
        multiplier: in_force[at],
        shadow: shadow[at],
        trades: counts[at].into(),
    };
    SizingFile {
        schema: SIZING_SCHEMA.into(),
        session: found.session.to_string(),
        as_of: end.to_string(),
        expires_at: end.plus_days(EXPIRES_DAYS).to_string(),
        equity_usd: found.history.equity,
        base: base_line(found),
        state: policy.state().as_str().into(),
        e: policy.e(),
        shadow_sessions: policy.sessions(),
        key: found.history.key.map(|key| key.as_str().to_owned()),
        cuts: policy.cuts(),
        is_under_peak: policy.is_under(),
        contexts: (0..CONTEXTS).map(context_line).collect(),
    }
}

fn base_line(found: &SizingData) -> BaseSizeLine {
    let in_force_usd = found.now_in_force();
    match &found.base {
        Err(few) => BaseSizeLine {
            in_force_usd,
            suggested_usd: in_force_usd,
            binding: "too_few".into(),
            sessions: few.sessions as u64,
            trades: few.trades,
            ..BaseSizeLine::default()
        },
        Ok(base) => BaseSizeLine {
            in_force_usd,
            suggested_usd: base.suggested,
            target_usd: Some(base.target),
            binding: base.binding.as_str().into(),
            sessions: base.sessions as u64,
            trades: base.trades,
            t: Some(base.t),
            e: Some(base.e),
            kelly_frac: Some(base.kelly.free),
            constrained_frac: Some(base.kelly.constrained),
            shrink: Some(base.shrink),
            tail_walked: Some(base.tail.walked),
            tail_bound: Some(base.tail.value),
            tail_is_vacuous: Some(base.tail.is_vacuous()),
            tail_e: Some(base.backtest.e()),
        },
    }
}
