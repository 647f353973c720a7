//! What somebody should hear of at once: the day's work, a step of it that failed, a lock, a rollback.

use serde_json::{Map, Value as Json};

use crate::domain::{Date, Timestamp};
use crate::report::View;
use crate::wire::LockLine;

/// The version of the form that this program writes.
pub const NOTICE_SCHEMA: &str = "dtlearn.notice/1";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeEvent {
    /// The day's work is done, or could not be done.
    PostMarket,
    /// A step of it failed.
    StepFailed,
    /// The guard locked.
    Lock,
    /// A model or knobs went back to what they were before.
    Rollback,
}

impl NoticeEvent {
    /// Every kind, in the order of the manual.
    pub const ALL: [Self; 4] = [Self::PostMarket, Self::StepFailed, Self::Lock, Self::Rollback];

    /// The word that programs read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostMarket => "post_market",
            Self::StepFailed => "step_failed",
            Self::Lock => "lock",
            Self::Rollback => "rollback",
        }
    }
}

/// Something to tell. It is kept short: a program that does not read it must not have to be waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What happened.
    pub event: NoticeEvent,
    /// The same in a sentence.
    pub text: String,
    /// The session that it belongs to, where there is one.
    pub session: Option<String>,
    /// What else programs want to know.
    pub details: Map<String, Json>,
}

impl Notice {
    /// The object that a program is given: the moment and the folder of the store go with it.
    pub fn json(&self, now: Timestamp, root: &str) -> Json {
        let mut out = Map::new();
        out.insert("schema".into(), NOTICE_SCHEMA.into());
        out.insert("event".into(), self.event.as_str().into());
        out.insert("timestamp".into(), now.to_string().into());
        out.insert("root".into(), root.into());
        out.insert("session".into(), self.session.clone().into());
        out.insert("text".into(), self.text.clone().into());
        out.insert("details".into(), Json::Object(self.details.clone()));
        Json::Object(out)
    }

    /// Of a lock that is new.
    pub(super) fn lock(lock: LockLine, session: &str, state: &str, why: Option<&str>) -> Self {
        let of =
            if lock.group.is_empty() { String::new() } else { format!(" of {} {}", lock.per, lock.group) };
        let why = why.map_or_else(String::new, |why| format!(" ({why})"));
        let text = format!("{}: {} locks{of} until {}{why}", state, lock.rule, lock.until);
        let mut details = Map::new();
        details.insert("state".into(), state.into());
        details.insert("lock".into(), serde_json::to_value(lock).unwrap_or_default());
        Self { event: NoticeEvent::Lock, text, session: Some(session.to_owned()), details }
    }

    /// Of the steps of a day: how they went, and what of them failed or went back.
    pub(super) fn of_day(date: Date, view: &View, failed: usize) -> Vec<Self> {
        let session = Some(date.to_string());
        let status = view.payload.get("status").cloned().unwrap_or_default();
        let steps = view.payload.get("steps").and_then(Json::as_object).cloned().unwrap_or_default();
        let said = |step: &Json| -> String {
            let text = |key: &str| step.get(key).and_then(Json::as_str).map(str::to_owned);
            text("error").or_else(|| text("summary")).unwrap_or_default()
        };
        let words = steps.iter().map(|(name, step)| (name.clone(), step["status"].clone()));
        let words: Map<String, Json> = words.collect();
        let details = Map::from_iter([
            ("status".to_owned(), status),
            ("failed".to_owned(), failed.into()),
            ("steps".to_owned(), Json::Object(words)),
        ]);
        let text = view.lead.join(" ");
        let mut all = vec![Self { event: NoticeEvent::PostMarket, text, session: session.clone(), details }];
        for (name, step) in &steps {
            let went_back = matches!(step["result"].as_str(), Some("rolled_back" | "retired"));
            let event = match step["status"].as_str() {
                Some("failed") => NoticeEvent::StepFailed,
                _ if went_back => NoticeEvent::Rollback,
                _ => continue,
            };
            let mut details = Map::from_iter([("step".to_owned(), Json::from(name.as_str()))]);
            details.extend(step.get("result").map(|result| ("result".to_owned(), result.clone())));
            let text = format!("{name}: {}", said(step));
            all.push(Self { event, text, session: session.clone(), details });
        }
        all
    }

    /// Of the day's work that could not be begun or ended.
    pub fn of_failure(why: &str) -> Self {
        let details = Map::from_iter([("status".to_owned(), Json::from("failed"))]);
        let text = format!("post-market failed: {why}");
        Self { event: NoticeEvent::PostMarket, text, session: None, details }
    }

    /// Of a model or of knobs that went back.
    pub fn of_rollback(what: &str, view: &View) -> Self {
        let details = Map::from_iter([("step".to_owned(), Json::from(what))]);
        Self { event: NoticeEvent::Rollback, text: view.lead.join(" "), session: None, details }
    }
}
