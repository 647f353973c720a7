//! `post-market`: analyze, price, retrain when it is due, move the knobs; each step whatever became of the others.

use serde_json::{Map, Value as Json, json};

use super::day_report::{is_done, last_runs, previous, save_run};
use super::detail_reports::sectors_found;
use super::heat::refresh_heat;
use super::knob_opinions::knob_opinions;
use super::session::session;
use super::size::{SizeRecord, size_of};
use super::summary::summary_report;
use super::{
    AdjustRequest, Context, PriceOptions, RetrainRequest, adjust, analyze, brain_warning, price, retrain,
};
use crate::domain::{Date, Special, Timestamp, next_day};
use crate::files::window_figures::figures;
use crate::report::{
    DayDone, Notice, PostMarketData, adjust_sentence, analysis_sentence, day_session, falling_sentences,
    plural, retrain_step, sentences, size_sentences, size_step_json,
};
use crate::store::StoreError;
use crate::wire::{DayStatus, DayStep, DaySteps, PostMarketFile};

/// The most missed sessions that a run makes up for; older ones stay without a report.
const MADE_UP_MAX: usize = 20;

/// What to do, and with what.
#[derive(Clone, Debug, Default)]
pub struct PostMarketRequest {
    /// Prices for the missed signals.
    pub prices: PriceOptions,
    /// Run although the session is not over, or although its work is done.
    pub force: bool,
}

/// What came of a day's run.
#[derive(Clone, Debug)]
pub struct PostMarket {
    /// What was done, or that nothing was due.
    pub done: DayDone,
    /// Steps that failed.
    pub failed: usize,
    /// Whether every record of the log could be read.
    pub whole: bool,
    /// What else to know, with the step it belongs to.
    pub warnings: Vec<String>,
}

/// Why a run did not begin, or could not end.
#[derive(Debug, thiserror::Error)]
pub enum PostMarketError {
    /// The session is not over.
    #[error("the session of {date} runs until {close} in {place}: nothing was done")]
    NotOver {
        /// Its date.
        date: Date,
        /// When it ends, `HH:MM`.
        close: String,
        /// By which clock.
        place: String,
    },
    /// There is no store, or the report cannot be written.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// What a step did, and its warnings.
type Done = (DayStep, Vec<String>);

/// Does the work of the last session that is over, and before it that of sessions that were missed since the last run,
/// each as if it were done five minutes after its close, under its own date. A step that fails is reported and does not stop the next. What is done already is not done twice.
///
/// What somebody should hear of goes to `notices`, of every session whose work was done, also where that of a later one then
/// fails.
///
/// # Errors
/// [`PostMarketError::NotOver`] while a session runs; [`StoreError`] when there is no store or a report cannot be
/// written.
pub fn post_market(
    context: &Context<'_>,
    request: &PostMarketRequest,
    notices: &mut Vec<Notice>,
) -> Result<PostMarket, PostMarketError> {
    let learning = context.layout.learning();
    let present = context.disk.stat(&learning);
    if present.map_err(|source| StoreError::Read { path: learning.clone(), source })?.is_none() {
        return Err(StoreError::NoStore { path: learning }.into());
    }
    match due(context, request.force)? {
        Due::Nothing(date) => Ok(nothing_due(context, date)),
        Due::Sessions(owed) => {
            let mut warnings = Vec::new();
            let mut failed = 0;
            for (at, session) in owed.iter().enumerate() {
                let context = Context { now: session.now, session: Some(session.date), ..context.clone() };
                let mut done = day(&context, session.date, &request.prices)?;
                failed += done.failed;
                if let DayDone::Steps { data, .. } = &done.done {
                    notices.extend(Notice::of_day(data));
                }
                if at + 1 == owed.len() {
                    warnings.append(&mut done.warnings);
                    if let DayDone::Steps { made_up, .. } = &mut done.done {
                        made_up.extend(owed[..at].iter().map(|owed| owed.date));
                    }
                    return Ok(PostMarket { failed, warnings, ..done });
                }
                warnings.extend(done.warnings.into_iter().map(|text| format!("{}: {text}", session.date)));
            }
            Ok(nothing_due(context, context.session_date()))
        }
    }
}

/// A session whose work is to be done, and the moment as of which.
struct Owed {
    date: Date,
    now: Timestamp,
}

enum Due {
    /// The work of the last session, of this date, is done.
    Nothing(Date),
    Sessions(Vec<Owed>),
}

/// Which sessions' work is to be done now.
fn due(context: &Context<'_>, force: bool) -> Result<Due, PostMarketError> {
    let calendar = context.market().calendar();
    let last = calendar.last_over(context.now);
    let running = calendar.running(context.now);
    if let Some(running) = running.filter(|_| force) {
        return Ok(Due::Sessions(vec![Owed { date: running.date, now: context.now }]));
    }
    let date = context.session_date();
    let is_done = is_done(context, date);
    if let Some(running) = running {
        // A market that never closes is at work on the next session when the last one's work is due.
        let follows = last.is_some_and(|last| last.close == running.open);
        if !follows || is_done {
            let (close, place) = (calendar.hhmm(running.close), calendar.place());
            return Err(PostMarketError::NotOver { date: running.date, close, place });
        }
    }
    // On its own date a session's work may be done again: prices come late, and a step may have failed.
    if is_done && !force && calendar.trading_date(context.now) != date {
        return Ok(Due::Nothing(date));
    }
    let mut owed = Vec::new();
    if let Some(before) = last_runs(context).0.filter(|before| *before < date) {
        let missed: Vec<Date> =
            calendar.sessions(next_day(before), date).take_while(|missed| *missed < date).collect();
        let made_up = &missed[missed.len().saturating_sub(MADE_UP_MAX)..];
        owed.extend(
            made_up
                .iter()
                .filter_map(|date| Some(Owed { date: *date, now: calendar.session(*date)?.post_market() })),
        );
    }
    owed.push(Owed { date, now: context.now });
    Ok(Due::Sessions(owed))
}

/// Says that nothing was to be done, and of which session the work is done.
fn nothing_due(context: &Context<'_>, date: Date) -> PostMarket {
    let calendar = context.market().calendar();
    let today = calendar.trading_date(context.now);
    let why = match (calendar.session(today), calendar.special(today)) {
        (Some(session), _) => format!("the session of {today} opens at {}", calendar.hhmm(session.open)),
        (None, Some(Special::Closed(name))) => format!("{today} is no session ({name})"),
        (None, _) => format!("{today} is no session ({})", today.format("%A")),
    };
    let done = DayDone::NothingDue { date, why };
    PostMarket { done, failed: 0, whole: true, warnings: Vec::new() }
}

/// Runs the steps of a session and writes its report.
fn day(context: &Context<'_>, date: Date, prices: &PriceOptions) -> Result<PostMarket, StoreError> {
    let mut warnings = Vec::new();
    let calendar = context.market().calendar();
    if calendar.running(context.now).is_some_and(|session| session.date == date) {
        warnings.push(format!(
            "the session of {date} is not over ({} in {}): what this run does to knobs and model counts as that of {date}",
            calendar.hhmm(context.now),
            calendar.place(),
        ));
    }
    warnings.extend(brain_warning(context));
    let steps = run_steps(context, prices, &mut warnings);
    refresh_heat(context);
    let failed = steps.failed();
    let status = DayStatus::of_run(failed, steps.0.len());
    let mut file = PostMarketFile::new(date.to_string(), context.now.to_string(), status);
    file.steps = Some(steps);
    let told = figures(context).and_then(|figures| session(context, &figures.data));
    let told = told.unwrap_or_else(|error| {
        warnings.push(format!("session: {error}"));
        None
    });
    file.session = Some(told.as_ref().map(day_session));
    let mut whole = false;
    let summary = match summary_report(context) {
        Ok((summary, reading)) => {
            whole = reading.is_whole();
            Some(summary.json())
        }
        Err(error) => {
            warnings.push(format!("summary: {error}"));
            None
        }
    };
    file.summary = Some(summary);
    save_run(context, date, &mut file)?;
    let data =
        PostMarketData { date: date.to_string(), previous: previous(context, date)?, file: Some(file) };
    let done = DayDone::Steps { data: Box::new(data), made_up: Vec::new() };
    Ok(PostMarket { done, failed, whole, warnings })
}

/// Each step with what it did, whatever became of the others.
fn run_steps(context: &Context<'_>, prices: &PriceOptions, warnings: &mut Vec<String>) -> DaySteps {
    let mut steps = Vec::new();
    let mut run = |name: &'static str, done: Result<Done, String>| {
        let step = match done {
            Ok((step, told)) => {
                warnings.extend(told.into_iter().map(|text| format!("{name}: {text}")));
                step
            }
            Err(why) => DayStep::failed(why),
        };
        steps.push((name.to_owned(), step));
    };
    run("trade_analysis", analysis_step(context));
    run("missed_opportunities", missed_step(context, prices));
    run("retrain", retrain_of(context));
    // Knobs do not change what sessions made: one walk through them is for both steps.
    let record = SizeRecord::read(context);
    run("brain_update", brain_step(context, record.as_ref()));
    run("size", record.map_err(|error| error.to_string()).and_then(|record| size_step(context, record)));
    DaySteps(steps)
}

fn analysis_step(context: &Context<'_>) -> Result<Done, String> {
    let found = analyze(context).map_err(|error| error.to_string())?;
    let mut told = found.warnings.clone();
    if !found.reading.is_whole() {
        told.push("a part of the log could not be read: run `dtlearn doctor`".into());
    }
    // Kept, so that a report in the morning says it without reading a month of trades.
    let ((sectors, _), _) = sectors_found(context, None).map_err(|error| error.to_string())?;
    let falling = falling_sentences(&sectors);
    let said: Vec<String> =
        std::iter::once(analysis_sentence(&found.data.figures)).chain(falling.iter().cloned()).collect();
    let mut step = DayStep::done(said.join("; "), Map::new());
    step.falling = Some(falling);
    Ok((step, told))
}

fn missed_step(context: &Context<'_>, options: &PriceOptions) -> Result<Done, String> {
    let found = price(context, options).map_err(|error| error.to_string())?;
    let said = match (found.resolved, found.pending) {
        (0, 0) => "no missed signal is waiting for prices".into(),
        (resolved, pending) => {
            format!("{} priced, {pending} waiting for prices", plural(resolved, "missed signal"))
        }
    };
    let payload = json!({
        "resolved": found.resolved, "pending": found.pending, "unresolvable": found.given_up, "bad_rows": found.bad_rows,
        "symbol_sessions": found.sessions,
    });
    let told = if found.bad_rows > 0 {
        vec![format!("{} could not be read", plural(found.bad_rows, "price row"))]
    } else {
        Vec::new()
    };
    Ok((DayStep::done(said, object(payload)), told))
}

fn retrain_of(context: &Context<'_>) -> Result<Done, String> {
    let done = retrain(context, &RetrainRequest::when_due()).map_err(|error| error.to_string())?;
    Ok((retrain_step(&done.data), done.warnings))
}

fn brain_step(context: &Context<'_>, record: Result<&SizeRecord, &StoreError>) -> Result<Done, String> {
    // What every part would do is asked before one of them has done it.
    let asked = knob_opinions(context, record).ok().map(|(opinions, _)| opinions);
    let done = adjust(context, &AdjustRequest::by_rules(), false).map_err(|error| error.to_string())?;
    let payload = json!({"changes": done.data.changes, "opinions": asked.as_ref().map(|asked| asked.json())});
    let mut said = adjust_sentence(&done.data);
    if let Some(disputed) = asked.map(|asked| asked.disputed()).filter(|disputed| *disputed > 0) {
        let knobs = plural(disputed as u64, "knob");
        said.push_str(&format!(" The parts of the program differ on {knobs}: `dtlearn report knobs`."));
    }
    Ok((DayStep::done(said, object(payload)), done.warnings))
}

fn size_step(context: &Context<'_>, record: SizeRecord) -> Result<Done, String> {
    let found = size_of(context, record).map_err(|error| error.to_string())?;
    let said = sentences(&size_sentences(&found.data));
    Ok((DayStep::done(said, object(size_step_json(&found.data))), found.warnings))
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
