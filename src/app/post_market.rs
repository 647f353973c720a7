//! `post-market`: analyze, price, retrain when it is due, move the knobs; each step whatever became of the others.

use serde_json::{Map, Value as Json, json};

use super::day_report::{previous, save_run};
use super::summary::summary_report;
use super::{AdjustRequest, Context, PriceOptions, RetrainRequest, adjust, analyze, price, retrain};
use crate::report::{PostMarketData, StepLine, View, plural, post_market_view};
use crate::store::StoreError;

/// What came of a day's run.
#[derive(Clone, Debug)]
pub struct PostMarket {
    /// The answer.
    pub view: View,
    /// Steps that failed.
    pub failed: usize,
    /// Whether every record of the log could be read.
    pub whole: bool,
    /// What else to know, with the step it belongs to.
    pub warnings: Vec<String>,
}

/// What a step did, in a sentence, with its payload and warnings.
type Done = (String, Map<String, Json>, Vec<String>);

/// Runs the day's steps and writes the day's report. A step that fails is told and does not stop the next.
///
/// # Errors
/// [`StoreError`] when there is no store or the report cannot be written.
pub fn post_market(context: &Context<'_>, options: &PriceOptions) -> Result<PostMarket, StoreError> {
    let learning = context.layout.learning();
    let present = context.disk.stat(&learning);
    if present.map_err(|source| StoreError::Read { path: learning.clone(), source })?.is_none() {
        return Err(StoreError::NoStore { path: learning });
    }
    let calendar = context.market().calendar();
    let date = context.session_date();
    let mut warnings = Vec::new();
    if calendar.running(context.now).is_some() {
        warnings.push(format!(
            "it is {} in New York and today's session is not over: knobs move and models are trained once a date, and this \
             run may take that of {date}",
            calendar.hhmm(context.now)
        ));
    }
    let mut steps: Vec<(&'static str, StepLine, Map<String, Json>)> = Vec::new();
    let mut run = |name: &'static str, done: Result<Done, String>| {
        let (line, payload) = match done {
            Ok((said, payload, told)) => {
                warnings.extend(told.into_iter().map(|text| format!("{name}: {text}")));
                (StepLine { name: name.into(), status: "ok".into(), said }, payload)
            }
            Err(why) => (StepLine { name: name.into(), status: "failed".into(), said: why }, Map::new()),
        };
        steps.push((name, line, payload));
    };
    run("trade_analysis", analysis_step(context));
    run("missed_opportunities", missed_step(context, options));
    run("retrain", retrain_step(context));
    run("brain_update", brain_step(context));
    let failed = steps.iter().filter(|(_, line, _)| line.status == "failed").count();
    let status = match failed {
        0 => "ok",
        n if n == steps.len() => "failed",
        _ => "partial",
    };
    let mut file = Map::new();
    file.insert("schema".into(), "dtlearn.post-market/1".into());
    file.insert("date".into(), date.to_string().into());
    file.insert("timestamp".into(), context.now.to_string().into());
    file.insert("status".into(), status.into());
    let lines: Vec<StepLine> = steps.iter().map(|(_, line, _)| line.clone()).collect();
    let parts = steps.into_iter().map(|(name, line, payload)| {
        let mut step = Map::new();
        step.insert("status".into(), line.status.into());
        let (summary, error) =
            if step["status"] == "ok" { (Some(line.said), None) } else { (None, Some(line.said)) };
        step.insert("summary".into(), summary.into());
        step.insert("error".into(), error.into());
        step.extend(payload);
        (name.to_owned(), Json::Object(step))
    });
    file.insert("steps".into(), Json::Object(parts.collect()));
    let mut whole = false;
    match summary_report(context) {
        Ok((view, reading)) => {
            whole = reading.is_whole();
            file.insert("summary".into(), Json::Object(view.payload))
        }
        Err(error) => {
            warnings.push(format!("summary: {error}"));
            file.insert("summary".into(), Json::Null)
        }
    };
    save_run(context, date, &mut file)?;
    let data = PostMarketData {
        date: date.to_string(),
        status: status.into(),
        steps: lines,
        previous: previous(context, date)?,
        file,
    };
    Ok(PostMarket { view: post_market_view(&data), failed, whole, warnings })
}

fn analysis_step(context: &Context<'_>) -> Result<Done, String> {
    let found = analyze(context).map_err(|error| error.to_string())?;
    let mut told = found.warnings.clone();
    if !found.reading.is_whole() {
        told.push("a part of the log could not be read: run `dtlearn doctor`".into());
    }
    Ok((found.view.lead.join("; "), Map::new(), told))
}

fn missed_step(context: &Context<'_>, options: &PriceOptions) -> Result<Done, String> {
    let found = price(context, options).map_err(|error| error.to_string())?;
    let said = match (found.resolved, found.pending) {
        (0, 0) => "no missed signal waits for prices".into(),
        (resolved, pending) => {
            format!("{} priced, {pending} wait for prices", plural(resolved, "missed signal"))
        }
    };
    let payload = json!({
        "resolved": found.resolved, "pending": found.pending, "given_up": found.given_up, "bad_rows": found.bad_rows,
    });
    let told = if found.bad_rows > 0 {
        vec![format!("{} could not be read", plural(found.bad_rows, "price row"))]
    } else {
        Vec::new()
    };
    Ok((said, object(payload), told))
}

fn retrain_step(context: &Context<'_>) -> Result<Done, String> {
    let done = retrain(context, &RetrainRequest::when_due()).map_err(|error| error.to_string())?;
    let keep = ["status", "triggers", "accuracy_new", "accuracy_old", "reason", "version", "rows"];
    let payload = done.view.payload.iter().filter(|(key, _)| keep.contains(&key.as_str()));
    let mut payload: Map<String, Json> = payload.map(|(key, value)| (key.clone(), value.clone())).collect();
    // The step has a status of its own.
    if let Some(result) = payload.remove("status") {
        payload.insert("result".into(), result);
    }
    Ok((done.view.lead.first().cloned().unwrap_or_default(), payload, done.warnings))
}

fn brain_step(context: &Context<'_>) -> Result<Done, String> {
    let done = adjust(context, &AdjustRequest::by_rules(), false).map_err(|error| error.to_string())?;
    let changes = done.view.payload.get("changes").cloned().unwrap_or(Json::Null);
    let payload = json!({"changes": changes});
    Ok((done.view.lead.first().cloned().unwrap_or_default(), object(payload), done.warnings))
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
