//! `post-market`: analyze, price, retrain when it is due, move the knobs; each step whatever became of the others.

use serde_json::{Map, Value as Json, json};

use super::{AdjustRequest, Desk, PriceOptions, RetrainRequest, adjust, analyze, price, retrain};
use crate::domain::Date;
use crate::report::{PostMarketSheet, StepLine, View, plural, post_market_view};
use crate::store::{Durability, StoreError, lock_store, read_state, replace_state};

/// Earlier runs of one date that its report keeps.
const EARLIER: usize = 10;

/// What came of a day's run.
#[derive(Clone, Debug)]
pub struct PostMarket {
    /// The answer.
    pub view: View,
    /// Steps that failed.
    pub failed: usize,
    /// What else to know, with the step it belongs to.
    pub warnings: Vec<String>,
}

/// What a step did, in a sentence, with its payload and warnings.
type Done = (String, Map<String, Json>, Vec<String>);

/// Runs the day's steps and writes the day's report. A step that fails is told and does not stop the next.
///
/// # Errors
/// [`StoreError`] when there is no store or the report cannot be written.
pub fn post_market(desk: &Desk<'_>, options: &PriceOptions) -> Result<PostMarket, StoreError> {
    let learning = desk.layout.learning();
    let present = desk.disk.stat(&learning);
    if present.map_err(|source| StoreError::Read { path: learning.clone(), source })?.is_none() {
        return Err(StoreError::NoStore { path: learning });
    }
    let date = desk.now.trading_date();
    let mut warnings = Vec::new();
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
    run("trade_analysis", analysis_step(desk));
    run("missed_opportunities", missed_step(desk, options));
    run("retrain", retrain_step(desk));
    run("brain_update", brain_step(desk));
    let failed = steps.iter().filter(|(_, line, _)| line.status == "failed").count();
    let status = match failed {
        0 => "ok",
        n if n == steps.len() => "failed",
        _ => "partial",
    };
    let mut file = Map::new();
    file.insert("schema".into(), "dtlearn.post-market/1".into());
    file.insert("date".into(), date.to_string().into());
    file.insert("timestamp".into(), desk.now.to_string().into());
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
    save(desk, date, &mut file)?;
    let sheet = PostMarketSheet {
        date: date.to_string(),
        status: status.into(),
        steps: lines,
        previous: previous(desk, date)?,
        file,
    };
    Ok(PostMarket { view: post_market_view(&sheet), failed, warnings })
}

fn analysis_step(desk: &Desk<'_>) -> Result<Done, String> {
    let found = analyze(desk).map_err(|error| error.to_string())?;
    let mut told = found.warnings.clone();
    if !found.reading.is_whole() {
        told.push("a part of the log could not be read: run `dtlearn doctor`".into());
    }
    Ok((found.view.lead.join("; "), Map::new(), told))
}

fn missed_step(desk: &Desk<'_>, options: &PriceOptions) -> Result<Done, String> {
    let found = price(desk, options).map_err(|error| error.to_string())?;
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

fn retrain_step(desk: &Desk<'_>) -> Result<Done, String> {
    let request = RetrainRequest { days: 30, force: false, check: false, dry_run: false, strict: false };
    let done = retrain(desk, &request).map_err(|error| error.to_string())?;
    let keep = ["status", "triggers", "accuracy_new", "accuracy_old", "reason", "version", "rows"];
    let payload = done.view.payload.iter().filter(|(key, _)| keep.contains(&key.as_str()));
    let mut payload: Map<String, Json> = payload.map(|(key, value)| (key.clone(), value.clone())).collect();
    // The step has a status of its own.
    if let Some(result) = payload.remove("status") {
        payload.insert("result".into(), result);
    }
    Ok((done.view.lead.first().cloned().unwrap_or_default(), payload, done.warnings))
}

fn brain_step(desk: &Desk<'_>) -> Result<Done, String> {
    let done = adjust(desk, &AdjustRequest::by_rules(), false).map_err(|error| error.to_string())?;
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

fn file_name(date: &str) -> String {
    format!("post_market_{date}.json")
}

/// Writes the day's report, with what earlier runs of the date had to tell.
fn save(desk: &Desk<'_>, date: Date, file: &mut Map<String, Json>) -> Result<(), StoreError> {
    let folder = desk.layout.file("reports");
    let path = folder.join(file_name(&date.to_string()));
    let failed = |source: std::io::Error| StoreError::Write { path: path.clone(), source };
    let _lock =
        lock_store(desk.disk, &desk.layout, desk.patience(), &mut || desk.progress.waiting_for_lock())?;
    desk.disk.create_dir_all(&folder).map_err(failed)?;
    let before = read_state(desk.disk, &path)?
        .and_then(|bytes| serde_json::from_slice::<Map<String, Json>>(&bytes).ok());
    let mut earlier: Vec<Json> = Vec::new();
    if let Some(mut before) = before {
        if let Some(Json::Array(older)) = before.remove("earlier_runs") {
            earlier = older;
        }
        earlier.push(Json::Object(before));
        earlier.drain(..earlier.len().saturating_sub(EARLIER));
    }
    file.insert("earlier_runs".into(), earlier.into());
    let mut bytes = serde_json::to_vec_pretty(&file).map_err(|error| failed(error.into()))?;
    bytes.push(b'\n');
    replace_state(desk.disk, &path, &bytes, Durability::Durable)?;
    replace_state(desk.disk, &folder.join("post_market_latest.json"), &bytes, Durability::Cache)
}

/// The dates of all reports, oldest first.
pub(super) fn report_dates(desk: &Desk<'_>) -> Vec<String> {
    let entries = desk.disk.list(&desk.layout.file("reports")).unwrap_or_default();
    let date = |name: &str| -> Option<String> {
        let text = name.strip_prefix("post_market_")?.strip_suffix(".json")?;
        text.parse::<Date>().ok().map(|date| date.to_string())
    };
    entries.iter().filter_map(|entry| date(&entry.name)).collect()
}

fn read_report(desk: &Desk<'_>, date: &str) -> Result<Option<Map<String, Json>>, StoreError> {
    let path = desk.layout.file("reports").join(file_name(date));
    let Some(bytes) = read_state(desk.disk, &path)? else { return Ok(None) };
    let read = serde_json::from_slice(&bytes);
    read.map(Some).map_err(|why| StoreError::Corrupt { path, why: why.to_string() })
}

fn lines_of(file: &Map<String, Json>) -> Vec<StepLine> {
    let steps = file.get("steps").and_then(Json::as_object).into_iter().flatten();
    let text = |step: &Json, key: &str| step.get(key).and_then(Json::as_str).map(str::to_owned);
    steps
        .map(|(name, step)| StepLine {
            name: name.clone(),
            status: text(step, "status").unwrap_or_default(),
            said: text(step, "summary").or_else(|| text(step, "error")).unwrap_or_default(),
        })
        .collect()
}

/// The last report before a date.
fn previous(desk: &Desk<'_>, date: Date) -> Result<Option<(String, Vec<StepLine>)>, StoreError> {
    let before = report_dates(desk).into_iter().rfind(|known| *known < date.to_string());
    let Some(before) = before else { return Ok(None) };
    // One that cannot be read is no reason not to show this one.
    Ok(read_report(desk, &before).ok().flatten().map(|file| (before, lines_of(&file))))
}

/// A day's report, the last one without a date, beside the one before it.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub(super) fn post_market_report(desk: &Desk<'_>, date: Option<Date>) -> Result<View, StoreError> {
    let known = report_dates(desk);
    let wanted = date.map(|date| date.to_string()).or_else(|| known.last().cloned());
    let file = match &wanted {
        Some(wanted) => read_report(desk, wanted)?,
        None => None,
    };
    let (Some(wanted), Some(file)) = (wanted.clone(), file) else {
        return Ok(post_market_view(&PostMarketSheet {
            date: wanted.unwrap_or_default(),
            status: "missing".into(),
            ..PostMarketSheet::default()
        }));
    };
    let status = file.get("status").and_then(Json::as_str).unwrap_or_default().to_owned();
    let steps = lines_of(&file);
    let parsed = wanted.parse::<Date>().unwrap_or_default();
    Ok(post_market_view(&PostMarketSheet {
        previous: previous(desk, parsed)?,
        date: wanted,
        status,
        steps,
        file,
    }))
}
