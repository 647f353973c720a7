//! What is known of a line of any log: its id, when it happened, whether it can be read.

use serde_json::Value as Json;

use super::checkpointed_log::position_id;
use crate::domain::Timestamp;
use crate::store::{LineKind, Log};
use crate::wire::{
    JsonObject, SCHEMA, fill_content, fill_identity, news_content, parse_object, read_stored_fill,
    read_stored_news, read_stored_outcome, signal_content_of,
};

/// A line that can be read whole.
pub(crate) struct StoredLine {
    /// The id by which another record of the same thing is known: of an exit that of its position.
    pub(crate) id: String,
    /// What tells two readings of it apart.
    pub(crate) content: u64,
    /// When it happened, microseconds since 1970 UTC.
    pub(crate) event_us: i64,
}

impl StoredLine {
    /// None where the line cannot be read.
    pub(crate) fn read(log: Log, line: &[u8]) -> Option<Self> {
        let (id, content, event_us) = match log {
            Log::Outcomes => {
                let stored = read_stored_outcome(line).ok()?;
                let facts = stored.facts();
                (position_id(facts.trade_id).to_owned(), facts.content, facts.exit_time.micros())
            }
            Log::Fills => {
                let fill = read_stored_fill(line).ok()?;
                (fill_identity(&fill), fill_content(&fill), fill.time.micros())
            }
            Log::News => {
                let (item, _) = read_stored_news(line).ok()?;
                let (id, content) = news_content(line)?;
                (id, content, item.timestamp.micros())
            }
            Log::Signals | Log::Missed => return Self::of_object(log, line, &parse_object(line).ok()?),
        };
        Some(Self { id, content, event_us })
    }

    /// As [`read`](Self::read), of a line that was parsed already.
    pub(crate) fn of_object(log: Log, line: &[u8], object: &JsonObject) -> Option<Self> {
        match log {
            Log::Signals | Log::Missed => {
                let moment = moment_of(object)?;
                let (id, content) = signal_content_of(object)?;
                Some(Self { id, content, event_us: moment.micros() })
            }
            Log::Outcomes | Log::Fills | Log::News => Self::read(log, line),
        }
    }
}

/// When what a record of any log but the closed trades tells of happened; none where that cannot be read.
pub(crate) fn moment_of(object: &JsonObject) -> Option<Timestamp> {
    Timestamp::parse(object.get("timestamp")?.as_str()?).ok()
}

/// The id under which a line may stand in its log once: of an exit its own, not that of its position.
pub(crate) fn line_id(log: Log, line: &[u8]) -> Option<String> {
    match log {
        Log::Outcomes => Some(read_stored_outcome(line).ok()?.facts().trade_id.to_owned()),
        Log::Fills => Some(fill_identity(&read_stored_fill(line).ok()?)),
        Log::News => Some(news_content(line)?.0),
        Log::Signals | Log::Missed => line_id_of(log, line, &parse_object(line).ok()?),
    }
}

/// As [`line_id`], of a line that was parsed already.
pub(crate) fn line_id_of(log: Log, line: &[u8], object: &JsonObject) -> Option<String> {
    match log {
        Log::Signals | Log::Missed => Some(object.get("signal_id")?.as_str()?.to_owned()),
        Log::Outcomes | Log::Fills | Log::News => line_id(log, line),
    }
}

/// When a line of a log happened, or why that is not known. Of what a newer program wrote nothing is.
pub(crate) fn line_kind(log: Log, line: &[u8]) -> LineKind {
    if log == Log::Outcomes {
        return match read_stored_outcome(line) {
            Ok(stored) if stored.is_newer() => LineKind::Newer,
            Ok(stored) => LineKind::At(stored.facts().exit_time.micros()),
            Err(_) => LineKind::Unreadable,
        };
    }
    let Ok(map) = parse_object(line) else { return LineKind::Unreadable };
    if map.get("schema").and_then(Json::as_u64).is_some_and(|schema| schema > u64::from(SCHEMA)) {
        return LineKind::Newer;
    }
    moment_of(&map).map_or(LineKind::Unreadable, |moment| LineKind::At(moment.micros()))
}
