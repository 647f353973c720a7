//! `post_market_DATE.json`: what the run of a session's close did, step by step, and a summary of that day.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

/// The version of the form that this program writes.
pub const POST_MARKET_SCHEMA: &str = "dtlearn.post-market/1";

/// An enum with the words that programs read, in JSON as in tables.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of_word:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$of_word])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// The word that programs read.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words! {
    /// How the work of a session ended.
    DayStatus {
        /// Every step is done.
        Ok = "ok",
        /// Some steps failed.
        Partial = "partial",
        /// Every step failed.
        Failed = "failed",
        /// No step was run: a summary was saved, and nothing else.
        Summary = "summary",
    }
}

words! {
    /// How a step ended.
    StepStatus {
        /// It is done.
        Ok = "ok",
        /// It failed; the steps behind it were run all the same.
        Failed = "failed",
    }
}

impl DayStatus {
    /// Of a run of `steps` steps, of which `failed` failed.
    pub const fn of_run(failed: usize, steps: usize) -> Self {
        match failed {
            0 => Self::Ok,
            n if n == steps => Self::Failed,
            _ => Self::Partial,
        }
    }
}

/// A step of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayStep {
    /// How it ended.
    pub status: StepStatus,
    /// What it did, in a sentence; of one that is done.
    #[serde(default)]
    summary: Option<String>,
    /// Why it failed.
    #[serde(default)]
    error: Option<String>,
    /// What else programs want to know, by the step's own names.
    #[serde(flatten)]
    details: Map<String, Json>,
    /// What became of the model, of a step that retrains: `deployed`, `rejected`, `rolled_back` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What is said of the sectors whose results fall, a sentence each, of the step that looks at trades; none in files of
    /// an older form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub falling: Option<Vec<String>>,
}

impl DayStep {
    /// One that is done, with what it did.
    pub const fn done(summary: String, details: Map<String, Json>) -> Self {
        Self {
            status: StepStatus::Ok,
            summary: Some(summary),
            error: None,
            details,
            result: None,
            falling: None,
        }
    }

    /// One that failed, with why.
    pub fn failed(why: String) -> Self {
        Self {
            status: StepStatus::Failed,
            summary: None,
            error: Some(why),
            details: Map::new(),
            result: None,
            falling: None,
        }
    }

    /// What it did, or why it failed.
    pub fn said(&self) -> &str {
        self.summary.as_deref().or(self.error.as_deref()).unwrap_or_default()
    }
}

/// The steps of a run by their names, in the order in which they were run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DaySteps(pub Vec<(String, DayStep)>);

impl DaySteps {
    /// The steps that failed.
    pub fn failed(&self) -> usize {
        self.0.iter().filter(|(_, step)| step.status == StepStatus::Failed).count()
    }

    /// The step of a name.
    pub fn named(&self, name: &str) -> Option<&DayStep> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, step)| step)
    }
}

impl Serialize for DaySteps {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, step)| (name, step)))
    }
}

impl<'de> Deserialize<'de> for DaySteps {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let steps = Map::<String, Json>::deserialize(from)?.into_iter();
        let step =
            |(name, step)| DayStep::deserialize(step).map(|step| (name, step)).map_err(D::Error::custom);
        steps.map(step).collect::<Result<_, _>>().map(Self)
    }
}

/// What a session came to, as figures and in sentences.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DaySession {
    /// Its figures by their names.
    #[serde(flatten)]
    pub figures: Map<String, Json>,
    /// The same in sentences; none in files of an older form.
    #[serde(default)]
    pub sentences: Vec<String>,
}

/// `post_market_DATE.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostMarketFile {
    /// Version of the form.
    #[serde(default)]
    pub schema: String,
    /// The session's date.
    #[serde(default)]
    pub date: String,
    /// When it was written, UTC.
    #[serde(default)]
    pub timestamp: String,
    /// How the session's work ended.
    pub status: DayStatus,
    /// The steps; none where no run was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<DaySteps>,
    /// The session, of a run: null where there was none or it could not be worked out.
    #[serde(default, deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    pub session: Option<Option<DaySession>>,
    /// The summary of the day as `report` gives it; null where a run could not make it.
    #[serde(default, deserialize_with = "known", skip_serializing_if = "Option::is_none")]
    pub summary: Option<Option<Map<String, Json>>>,
    /// What earlier runs of the date did, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_runs: Option<Vec<PostMarketFile>>,
}

impl PostMarketFile {
    /// One of a session before anything of it is known.
    pub fn new(date: String, timestamp: String, status: DayStatus) -> Self {
        let schema = POST_MARKET_SCHEMA.to_owned();
        Self {
            schema,
            date,
            timestamp,
            status,
            steps: None,
            session: None,
            summary: None,
            earlier_runs: None,
        }
    }
}

/// A key that is there, though it be null.
fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_stay_what_they_are_and_older_forms_are_read() {
        for text in [
            r#"{"schema":"dtlearn.post-market/1","date":"2026-03-02","timestamp":"2026-03-02T21:05:00Z","status":"partial","steps":{"retrain":{"status":"ok","summary":"kept","error":null,"rows":70,"result":"rejected"},"analysis":{"status":"failed","summary":null,"error":"no log"},"trade_analysis":{"status":"ok","summary":"x","error":null,"falling":["Energy is falling"]}},"session":null,"summary":{"b":1,"a":0.1},"earlier_runs":[{"schema":"dtlearn.post-market/1","date":"2026-03-02","timestamp":"2026-03-02T21:00:00Z","status":"ok","steps":{}}]}"#,
            r#"{"schema":"dtlearn.post-market/1","date":"2026-03-02","timestamp":"2026-03-02T21:05:00Z","status":"ok","steps":{},"session":{"date":"2026-03-02","trades":3,"sentences":["a","b"]},"summary":null,"earlier_runs":[]}"#,
            r#"{"schema":"dtlearn.post-market/1","date":"2026-03-02","timestamp":"2026-03-02T21:05:00Z","status":"summary","summary":{"a":null}}"#,
        ] {
            let file: PostMarketFile = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&file).unwrap(), text);
        }
        let old = r#"{"status":"ok","steps":{"size":{"status":"ok","summary":"x"}},"session":{"date":"2026-03-02"}}"#;
        let file: PostMarketFile = serde_json::from_str(old).unwrap();
        let steps = file.steps.unwrap();
        assert_eq!(steps.named("size").map(|step| (step.said(), &step.falling)), Some(("x", &None)));
        assert!(file.session.unwrap().unwrap().sentences.is_empty());
    }
}
