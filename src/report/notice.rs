//! What somebody should hear of at once: the day's work, a step of it that failed, a lock, a rollback, a promotion.

use serde_json::{Map, Value as Json};

use super::adjust_view::{AdjustData, adjust_view};
use super::post_market_view::{DayDone, PostMarketData, day_done_view};
use super::retrain_view::{RetrainData, RetrainStatus, retrain_step, retrain_view};
use super::text::sentences;
use crate::domain::Timestamp;
use crate::wire::{LockLine, StepStatus};

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
    /// A model that the gate had refused is in use: it was shown to be better.
    Promotion,
}

impl NoticeEvent {
    /// Every kind, in the order of the manual.
    pub const ALL: [Self; 5] =
        [Self::PostMarket, Self::StepFailed, Self::Lock, Self::Rollback, Self::Promotion];

    /// The word that programs read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PostMarket => "post_market",
            Self::StepFailed => "step_failed",
            Self::Lock => "lock",
            Self::Rollback => "rollback",
            Self::Promotion => "promotion",
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
    pub fn lock(lock: LockLine, session: &str, state: &str, why: Option<&str>) -> Self {
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
    pub fn of_day(data: &PostMarketData) -> Vec<Self> {
        let session = Some(data.date.clone());
        let done = DayDone::Steps { data: Box::new(data.clone()), made_up: Vec::new() };
        let steps = data.steps();
        let words = steps.iter().map(|(name, step)| (name.clone(), Json::from(step.status.as_str())));
        let failed = steps.iter().filter(|(_, step)| step.status == StepStatus::Failed).count();
        let status = data.file.as_ref().map(|file| file.status.as_str());
        let details = Map::from_iter([
            ("status".to_owned(), status.into()),
            ("failed".to_owned(), failed.into()),
            ("steps".to_owned(), Json::Object(words.collect())),
        ]);
        let text = sentences(&day_done_view(&done).lead);
        let mut all = vec![Self { event: NoticeEvent::PostMarket, text, session: session.clone(), details }];
        for (name, step) in steps {
            let event = match (step.status, step.result.as_deref()) {
                (StepStatus::Failed, _) => NoticeEvent::StepFailed,
                (_, Some("rolled_back" | "retired")) => NoticeEvent::Rollback,
                (_, Some("promoted")) => NoticeEvent::Promotion,
                _ => continue,
            };
            let mut details = Map::from_iter([("step".to_owned(), Json::from(name.as_str()))]);
            details.extend(step.result.as_deref().map(|result| ("result".to_owned(), result.into())));
            let text = format!("{name}: {}", step.said());
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

    /// Of a model that went out of use by evidence; none of any other end of a retrain.
    pub fn of_retrain(data: &RetrainData) -> Option<Self> {
        let went_back = matches!(data.status, RetrainStatus::RolledBack | RetrainStatus::Retired);
        let mut notice = Self::of_rollback("retrain", &retrain_view(data).lead);
        let step = retrain_step(data);
        notice.details.extend(step.result.map(|result| ("result".to_owned(), result.into())));
        if data.promoted {
            notice.event = NoticeEvent::Promotion;
        }
        (went_back || data.promoted).then_some(notice)
    }

    /// Of knobs that went back.
    pub fn of_knobs(data: &AdjustData) -> Self {
        Self::of_rollback("brain-adjust", &adjust_view(data).lead)
    }

    fn of_rollback(step: &str, lead: &[String]) -> Self {
        let details = Map::from_iter([("step".to_owned(), Json::from(step))]);
        Self { event: NoticeEvent::Rollback, text: sentences(lead), session: None, details }
    }
}
