//! A line of `experiments.jsonl`: a plan as it was frozen, or how an experiment ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json_lines::read_json_lines;
use crate::domain::{Arm, Assignment, Experiment, ExperimentMetric, ExperimentUnit, KnobName, Timestamp};

/// The version that is written.
pub const EXPERIMENT_SCHEMA: u32 = 2;

/// The version of a plan that older programs read alike: no parts of symbols.
const WITHOUT_PARTS: u32 = 1;

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum ExperimentLine {
    /// What is compared, frozen before the first session.
    Plan(PlanRecord),
    /// How it ended.
    Stop(StopRecord),
}

/// An arm of a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ArmRecord {
    /// Its name.
    pub name: String,
    /// Its share of the units, 0 to 1.
    pub share: f64,
    /// The knobs that it runs on in place of those in force.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub knobs: BTreeMap<String, f64>,
}

/// A plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the file, documented in dtlearn-experiments(7)")]
pub struct PlanRecord {
    pub name: String,
    pub planned_at: String,
    pub starts: String,
    pub unit: String,
    pub metric: String,
    pub min_effect: f64,
    pub arms: Vec<ArmRecord>,
    pub scale: f64,
    pub clip: f64,
    pub capital: f64,
    pub sessions_needed: u64,
    pub sessions_needed_one_look: u64,
    pub max_sessions: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbols: Option<Vec<String>>,
    pub schema: u32,
    pub hash: String,
}

/// How an experiment ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of the file, documented in dtlearn-experiments(7)")]
pub struct StopRecord {
    pub name: String,
    pub at: String,
    pub keep: String,
    pub why: String,
    /// The word on each arm beside the first, at that moment.
    pub words: BTreeMap<String, String>,
    /// E of each arm beside the first, at that moment.
    pub e: BTreeMap<String, f64>,
    pub sessions: u64,
    /// The hash of the plan.
    pub hash: String,
    pub schema: u32,
}

impl PlanRecord {
    /// The record of an experiment; its hash is worked out anew.
    pub fn new(experiment: &Experiment) -> Self {
        let arm = |arm: &Arm| ArmRecord {
            name: arm.name.clone(),
            share: arm.share,
            knobs: arm.knobs.iter().map(|(knob, value)| (knob.as_str().to_owned(), *value)).collect(),
        };
        let mut record = Self {
            name: experiment.name().into(),
            planned_at: experiment.planned_at.to_string(),
            starts: experiment.assignment.starts.to_string(),
            unit: experiment.assignment.unit.as_str().into(),
            metric: experiment.metric.as_str().into(),
            min_effect: experiment.min_effect,
            arms: experiment.arms().iter().map(arm).collect(),
            scale: experiment.scale,
            clip: experiment.clip,
            capital: experiment.capital,
            sessions_needed: experiment.needed.0,
            sessions_needed_one_look: experiment.needed.1,
            max_sessions: experiment.max_sessions,
            schema: if experiment.assignment.symbols.is_some() { EXPERIMENT_SCHEMA } else { WITHOUT_PARTS },
            symbols: experiment.assignment.symbols.clone(),
            hash: String::new(),
        };
        record.hash = record.worked_out();
        record
    }

    /// The hash of everything else in the record: 12 digits.
    fn worked_out(&self) -> String {
        let frozen = Self { hash: String::new(), ..self.clone() };
        let text = serde_json::to_string(&frozen).unwrap_or_default();
        let mut digits = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()));
        digits.truncate(12);
        digits
    }

    /// Whether the record is as it was frozen.
    pub fn is_as_frozen(&self) -> bool {
        self.hash == self.worked_out()
    }

    /// The experiment; `None` where a word, a number or a time in the record cannot be, or a newer program wrote it.
    pub fn experiment(&self) -> Option<Experiment> {
        let arms = self.arms.iter().map(arm).collect::<Option<Vec<Arm>>>()?;
        let shares: f64 = arms.iter().map(|arm| arm.share).sum();
        let fits = arms.len() >= 2
            && self.schema <= EXPERIMENT_SCHEMA
            && (shares - 1.0).abs() < 1e-6
            && arms.iter().all(|arm| arm.share > 0.0)
            && [self.min_effect, self.scale, self.clip, self.capital]
                .iter()
                .all(|n| *n > 0.0 && n.is_finite());
        fits.then_some(())?;
        Some(Experiment {
            assignment: Assignment {
                name: self.name.clone(),
                arms,
                unit: ExperimentUnit::parse(&self.unit)?,
                starts: self.starts.parse().ok()?,
                symbols: self.symbols.clone(),
            },
            metric: ExperimentMetric::parse(&self.metric)?,
            min_effect: self.min_effect,
            scale: self.scale,
            clip: self.clip,
            capital: self.capital,
            needed: (self.sessions_needed, self.sessions_needed_one_look),
            max_sessions: self.max_sessions,
            planned_at: Timestamp::parse(&self.planned_at).ok()?,
            hash: self.hash.clone(),
        })
    }
}

fn arm(record: &ArmRecord) -> Option<Arm> {
    let knob = |(name, value): (&String, &f64)| Some((KnobName::parse(name)?, *value));
    let knobs = record.knobs.iter().map(knob).collect::<Option<Vec<_>>>()?;
    Some(Arm { name: record.name.clone(), share: record.share, knobs })
}

/// Reads the lines of the file, and the numbers of lines that cannot be read.
pub fn read_experiments(text: &[u8]) -> (Vec<ExperimentLine>, Vec<u64>) {
    read_json_lines(text, |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_reads_back_the_same_and_a_change_shows() {
        let arm = |name: &str, knobs| Arm { name: name.into(), share: 0.5, knobs };
        let experiment = Experiment {
            assignment: Assignment {
                name: "tight-stops".into(),
                arms: vec![arm("A", vec![]), arm("B", vec![(KnobName::StopLoss, 0.012)])],
                unit: ExperimentUnit::Signal,
                starts: "2026-03-02".parse().unwrap(),
                symbols: None,
            },
            metric: ExperimentMetric::NetPct,
            min_effect: 0.002,
            scale: 0.1 / 3.0,
            clip: 0.2,
            capital: 10_000.0,
            needed: (63, 32),
            max_sessions: 250,
            planned_at: Timestamp::parse("2026-03-01T12:00:00Z").unwrap(),
            hash: String::new(),
        };
        let record = PlanRecord::new(&experiment);
        let line = serde_json::to_string(&ExperimentLine::Plan(record.clone())).unwrap();
        assert!(line.starts_with(r#"{"event":"plan","name":"tight-stops","#), "{line}");
        let (read, bad) = read_experiments(format!("{line}\n\nno\n").as_bytes());
        assert_eq!((read.len(), bad), (1, vec![3]));
        let [ExperimentLine::Plan(again)] = &read[..] else { panic!("{read:?}") };
        assert!(again.is_as_frozen() && *again == record);
        assert_eq!(again.experiment().unwrap(), Experiment { hash: record.hash.clone(), ..experiment });
        let mut parted = again.experiment().unwrap();
        parted.assignment.symbols = Some(vec!["A".into(), "B".into()]);
        let parted = PlanRecord::new(&parted);
        assert_eq!((record.schema, parted.schema), (1, 2));
        assert_eq!(parted.experiment().unwrap().assignment.symbols.unwrap(), ["A", "B"]);
        assert!(PlanRecord { schema: 3, ..parted }.experiment().is_none(), "a newer program's");
        let changed = PlanRecord { min_effect: 0.001, ..record };
        assert!(!changed.is_as_frozen());
        assert!(PlanRecord { scale: 0.0, ..changed }.experiment().is_none());
    }
}
