//! `model_skill.json`: what each session said of the skill of everything that was trained before it.

use serde::{Deserialize, Serialize};

use crate::stats::evidence::SessionSkill;

/// The form that is written.
pub const SKILL_SCHEMA: &str = "dtlearn.model-skill/1";

/// Every session that was scored, each once, by a fit that had not seen it; the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillLedger {
    /// Version of this form.
    pub schema: String,
    /// Sessions up to this date do not count: a model was retired on it.
    #[serde(default)]
    pub after: Option<String>,
    /// The sessions.
    pub sessions: Vec<ScoredSession>,
}

impl Default for SkillLedger {
    fn default() -> Self {
        Self { schema: SKILL_SCHEMA.into(), after: None, sessions: Vec::new() }
    }
}

/// A session that was scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredSession {
    /// Its date.
    pub date: String,
    /// When it was scored, UTC.
    pub scored_at: String,
    /// What it said.
    #[serde(flatten)]
    pub said: SessionSkill,
}
