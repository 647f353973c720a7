//! Where everything lies below the root.

use std::path::{Path, PathBuf};

/// One of the append-only logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Log {
    /// Every closed trade.
    Outcomes,
    /// Every pick.
    Signals,
    /// Strong signals that were not traded.
    Missed,
    /// Every execution that was handed over.
    Fills,
    /// Every piece of news that was handed over.
    News,
}

impl Log {
    /// All logs.
    pub const ALL: [Self; 5] = [Self::Outcomes, Self::Signals, Self::Missed, Self::Fills, Self::News];

    /// The name of its file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Outcomes => "trade_outcomes.jsonl.gz",
            Self::Signals => "signals.jsonl.gz",
            Self::Missed => "missed_signals.jsonl.gz",
            Self::Fills => "fills.jsonl.gz",
            Self::News => "news.jsonl.gz",
        }
    }

    /// The word that stands for it in names of spool and checkpoint files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outcomes => "outcomes",
            Self::Signals => "signals",
            Self::Missed => "missed",
            Self::Fills => "fills",
            Self::News => "news",
        }
    }

    /// The log that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|log| log.word() == word)
    }
}

/// The paths of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The layout below `root`, which is `da_brains` unless said otherwise.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The root itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What the store is called among others: the last folder of its path that is not `da_brains`.
    pub fn desk_name(&self) -> String {
        let names = self.root.components().rev().filter_map(|part| match part {
            std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        names.into_iter().find(|name| name != "da_brains").unwrap_or_else(|| "da_brains".into())
    }

    /// The folder of all learning files.
    pub fn learning(&self) -> PathBuf {
        self.root.join("dt_learning")
    }

    /// A log's file.
    pub fn log(&self, log: Log) -> PathBuf {
        self.learning().join(log.file_name())
    }

    /// A file in the learning folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.learning().join(name)
    }

    /// The aggregates, rewritten by every exit.
    pub fn performance(&self) -> PathBuf {
        self.file("performance_metrics.json")
    }

    /// The optional configuration.
    pub fn config(&self) -> PathBuf {
        self.file("dtlearn.toml")
    }

    /// The folder of what is not the user's business.
    pub fn hidden(&self) -> PathBuf {
        self.learning().join(".dtlearn")
    }

    /// The lock file.
    pub fn lock(&self) -> PathBuf {
        self.hidden().join("lock")
    }

    /// The cache of a log's position and aggregates.
    pub fn checkpoint(&self, log: Log) -> PathBuf {
        self.hidden().join(format!("checkpoint.{}", log.word()))
    }

    /// The cache of the last trading days.
    pub fn days(&self) -> PathBuf {
        self.hidden().join("checkpoint.days")
    }

    /// What names of a log's file before its last rewrite begin with.
    pub fn prev_prefix(&self, log: Log) -> String {
        format!("prev.{}.", log.word())
    }

    /// The brain file that the engine reads.
    pub fn brain(&self) -> PathBuf {
        self.root.join("core").join("dt_brain.json.gz")
    }

    /// Every change of a knob.
    pub fn adjustments(&self) -> PathBuf {
        self.file("knob_adjustments.jsonl")
    }

    /// What was compared with what, and how it ended.
    pub fn experiments(&self) -> PathBuf {
        self.file("experiments.jsonl")
    }

    /// The folder of all model versions.
    pub fn models(&self) -> PathBuf {
        self.file("models")
    }

    /// A model version's file.
    pub fn model(&self, version: &str) -> PathBuf {
        self.models().join(version).join("model.json.gz")
    }

    /// The fit by which a version was judged, which had not seen the rows held out.
    pub fn judged_model(&self, version: &str) -> PathBuf {
        self.models().join(version).join("judged.json.gz")
    }

    /// The version that was trained last and is not in use: it scores along.
    pub fn challenger(&self) -> PathBuf {
        self.models().join("challenger.json.gz")
    }

    /// The fit by which the challenger was judged.
    pub fn judged_challenger(&self) -> PathBuf {
        self.models().join("challenger-judged.json.gz")
    }

    /// What the model in use and the challenger gave the rows that closed since.
    pub fn model_shadow(&self) -> PathBuf {
        self.file("model_shadow.jsonl")
    }

    /// What each session said of the skill of everything that was trained.
    pub fn model_skill(&self) -> PathBuf {
        self.file("model_skill.json")
    }

    /// Names the deployed version and the one before it.
    pub fn current_model(&self) -> PathBuf {
        self.models().join("current")
    }

    /// The state of the guard.
    pub fn guard(&self) -> PathBuf {
        self.file("guard.json")
    }

    /// What engines are told of size.
    pub fn sizing(&self) -> PathBuf {
        self.file("sizing.json")
    }

    /// A row a symbol and session, kept of price files.
    pub fn symbol_sessions(&self) -> PathBuf {
        self.file("symbol_sessions.jsonl.gz")
    }

    /// Every lock and every release of the guard.
    pub fn guard_log(&self) -> PathBuf {
        self.file("guard_log.jsonl")
    }

    /// The cache of the session's exits and of the sessions before it, as the guard knows them.
    pub fn guard_day(&self) -> PathBuf {
        self.hidden().join("checkpoint.guard")
    }

    /// The cache of the news that signals of today may know.
    pub fn recent_news(&self) -> PathBuf {
        self.hidden().join("checkpoint.recent-news")
    }

    /// The cache of what the heat of a book rests on.
    pub fn heat_past(&self) -> PathBuf {
        self.hidden().join("checkpoint.heat")
    }

    /// Every attempt to retrain.
    pub fn retrain_log(&self) -> PathBuf {
        self.file("retrain_log.jsonl")
    }

    /// The last deployed retrain.
    pub fn last_retrain(&self) -> PathBuf {
        self.file("last_retrain.json")
    }

    /// Performance at the last deployed retrain.
    pub fn baseline(&self) -> PathBuf {
        self.file("baseline_performance.json")
    }

    /// The gap between training and held-out accuracy of the last attempts.
    pub fn overfit_history(&self) -> PathBuf {
        self.file("overfit_history.json")
    }

    /// What the last replay said.
    pub fn last_replay(&self) -> PathBuf {
        self.file("last_replay.json")
    }

    /// Where a replay that was stopped goes on.
    pub fn replay_state(&self) -> PathBuf {
        self.hidden().join("replay").join("state")
    }

    /// Which rows each import brought.
    pub fn batches(&self) -> PathBuf {
        self.hidden().join("batches")
    }

    /// Records that were taken out or replaced.
    pub fn voided(&self) -> PathBuf {
        self.hidden().join("voided")
    }

    /// What was taken out or replaced, and why.
    pub fn corrections(&self) -> PathBuf {
        self.file("corrections.jsonl")
    }

    /// Bytes cut from damaged files.
    pub fn quarantine(&self) -> PathBuf {
        self.hidden().join("quarantine")
    }

    /// Input that was refused.
    pub fn rejected(&self) -> PathBuf {
        self.learning().join("rejected")
    }

    /// Input that could not be stored yet.
    pub fn spool(&self) -> PathBuf {
        self.learning().join("spool")
    }
}
