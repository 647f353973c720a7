//! The engine's own models together: the score of a signal that brings none of its own.

use serde::{Deserialize, Serialize};

use super::blend::Blend;
use super::calibrate::Calibration;
use super::damage::Damaged;
use super::scores::logit;
use crate::stats::evidence::ENOUGH;
use crate::wire::EntryFeatures;

/// The engine's models, as records name their probabilities.
pub const ENGINE_MODELS: [&str; 3] = ["lgb_prob", "lstm_prob", "transformer_prob"];

/// A member with a smaller weight has no part in a blend.
const PART_MIN: f64 = 0.001;

/// A model of the engine and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlendMember {
    /// Its name in records.
    pub name: String,
    /// Its weight in the blend, 0 to 1; those of all members add up to 1.
    pub weight: f64,
    /// What its log-odds are multiplied with and what is added to them before it is weighed.
    pub calibration: Calibration,
    /// Its log loss on the judged rows, recalibrated on the sessions before.
    pub log_loss: f64,
}

/// Which of the engine's models stand for its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaseBlend {
    /// The members, none twice.
    pub members: Vec<BlendMember>,
    /// The member with the least log loss, by its place.
    pub best: usize,
    /// The blend's log loss on the same rows, each session under the weights of the sessions before.
    pub log_loss: f64,
    /// The e-value against the best member's being no worse than the blend.
    pub evidence: f64,
    /// Judged rows.
    pub rows: u64,
    /// Sessions of all rows.
    pub sessions: u64,
}

/// The probability of a signal, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseProbability {
    /// From 0 to 1.
    pub value: f64,
    /// `blend`, or the name of the one model.
    pub of: String,
}

/// What the models say of a signal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BaseFound {
    /// None where the signal brings none of them.
    pub probability: Option<BaseProbability>,
    /// Members that would have a part in it and that the signal does not bring.
    pub missing: Vec<String>,
}

impl BaseBlend {
    /// As files and answers have it; `names` are those of the models that were weighed.
    pub fn new(names: &[&str], blend: &Blend, sessions: u64) -> Self {
        let member = |(at, name): (usize, &&str)| BlendMember {
            name: (*name).to_owned(),
            weight: blend.weights[at],
            calibration: blend.calibrations[at],
            log_loss: blend.single[at],
        };
        Self {
            members: names.iter().enumerate().map(member).collect(),
            best: blend.best,
            log_loss: blend.blended,
            // JSON knows no infinity.
            evidence: blend.evidence.min(1e12),
            rows: blend.n,
            sessions,
        }
    }

    /// Whether the blend is used, or else its best member alone.
    pub fn is_blended(&self) -> bool {
        self.evidence >= ENOUGH
    }

    /// What signals get: `blend`, or the name of the best member.
    pub fn of(&self) -> &str {
        if self.is_blended() {
            return "blend";
        }
        self.members.get(self.best).map_or("blend", |member| member.name.as_str())
    }

    /// What each member counts for: its weight, or all of it where one stands alone.
    pub fn weights(&self) -> impl Iterator<Item = (&BlendMember, f64)> {
        let blended = self.is_blended();
        self.members.iter().enumerate().map(move |(at, member)| {
            let alone = if at == self.best { 1.0 } else { 0.0 };
            (member, if blended { member.weight } else { alone })
        })
    }

    /// The probability of a signal. A member that it does not bring is left out and the rest weighed anew; where one stands
    /// alone and is missing, the next best stands in.
    pub fn probability(&self, known: &EntryFeatures) -> BaseFound {
        let given = |member: &BlendMember| known.number(&member.name).filter(|p| (0.0..=1.0).contains(p));
        let counts = self.weights().filter(|(_, weight)| *weight >= PART_MIN);
        let missing: Vec<String> = counts
            .filter(|(member, _)| given(member).is_none())
            .map(|(member, _)| member.name.clone())
            .collect();
        let brought: Vec<(&BlendMember, f64, f64)> = self
            .weights()
            .filter_map(|(member, weight)| given(member).map(|p| (member, weight, p)))
            .map(|(member, weight, p)| (member, weight, member.calibration.probability(logit(p))))
            .collect();
        let of_blend: f64 = brought.iter().map(|(_, weight, _)| weight).sum();
        let alone = |(member, _, p): &(&BlendMember, f64, f64)| BaseProbability {
            value: *p,
            of: member.name.clone(),
        };
        let parts = brought.iter().filter(|(_, weight, _)| *weight >= PART_MIN).count();
        let probability = if parts > 1 {
            let sum: f64 = brought.iter().map(|(_, weight, p)| weight * p).sum();
            Some(BaseProbability { value: sum / of_blend, of: "blend".to_owned() })
        } else {
            let loss = |one: &(&BlendMember, f64, f64)| one.0.log_loss;
            let order = |a: &_, b: &_| loss(a).total_cmp(&loss(b));
            let part = brought.iter().find(|(_, weight, _)| *weight >= PART_MIN);
            part.or_else(|| brought.iter().min_by(|a, b| order(*a, *b))).map(alone)
        };
        BaseFound { probability, missing }
    }

    /// Whether what was read from outside can be used.
    ///
    /// # Errors
    /// [`Damaged::Number`].
    pub fn check(&self) -> Result<(), Damaged> {
        let share = |weight: f64| (0.0..=1.0).contains(&weight);
        let sound = self.best < self.members.len() && self.members.iter().all(|member| share(member.weight));
        self.members.iter().try_for_each(|member| member.calibration.check())?;
        if sound { Ok(()) } else { Err(Damaged::Number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blend(evidence: f64) -> BaseBlend {
        let member = |(name, weight): (&str, f64)| BlendMember {
            name: name.into(),
            weight,
            calibration: Calibration::default(),
            log_loss: 0.6,
        };
        let members = ENGINE_MODELS.into_iter().zip([0.983, 0.015, 0.002]).map(member).collect();
        BaseBlend { members, best: 0, log_loss: 0.59, evidence, rows: 400, sessions: 12 }
    }

    fn signal(given: &[(&str, f64)]) -> EntryFeatures {
        let numbers = given.iter().map(|(name, p)| ((*name).into(), *p)).collect();
        EntryFeatures { numbers, ..EntryFeatures::default() }
    }

    #[test]
    fn weights_count_with_evidence_and_the_best_alone_without() {
        let all = signal(&[("lgb_prob", 0.9), ("lstm_prob", 0.2), ("transformer_prob", 0.8)]);
        let found = blend(20.0).probability(&all).probability.unwrap();
        // .983·.9 + .015·.2 + .002·.8
        assert!((found.value - 0.8893).abs() < 1e-12 && found.of == "blend", "{found:?}");
        let found = blend(19.9).probability(&all).probability.unwrap();
        assert!((found.value - 0.9).abs() < 1e-12 && found.of == "lgb_prob", "{found:?}");
    }

    #[test]
    fn a_member_that_is_gone_is_taken_out_and_named() {
        let two = signal(&[("lgb_prob", 0.9), ("transformer_prob", 0.8)]);
        let found = blend(100.0).probability(&two);
        let probability = found.probability.unwrap();
        assert!((probability.value - (0.983 * 0.9 + 0.002 * 0.8) / 0.985).abs() < 1e-12);
        assert_eq!((probability.of.as_str(), found.missing), ("blend", vec!["lstm_prob".to_owned()]));
        let odd = blend(100.0).probability(&signal(&[("lgb_prob", 1.4)]));
        assert_eq!((odd.probability, odd.missing.len()), (None, 3), "not a probability");
    }

    #[test]
    fn one_that_stands_alone_is_called_by_its_name() {
        // With evidence, a single member is no blend, and one without a part in it least of all.
        let mut with_noise = blend(100.0);
        with_noise.members[2].weight = 2e-11;
        let found = with_noise.probability(&signal(&[("transformer_prob", 0.7)]));
        let probability = found.probability.unwrap();
        assert!((probability.value - 0.7).abs() < 1e-12 && probability.of == "transformer_prob");
        assert_eq!(found.missing, ["lgb_prob", "lstm_prob"]);
        let found = with_noise.probability(&signal(&[("lgb_prob", 0.9), ("transformer_prob", 0.7)]));
        assert_eq!(found.probability.unwrap().of, "lgb_prob");
        // Without, the next best stands in for the best.
        let mut single = blend(1.0);
        single.members[2].log_loss = 0.58;
        let found = single.probability(&signal(&[("lstm_prob", 0.4), ("transformer_prob", 0.7)]));
        assert_eq!(found.probability.unwrap().of, "transformer_prob");
        assert_eq!(found.missing, ["lgb_prob"]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(blend(20.0).check(), Ok(()));
        let mut odd = blend(20.0);
        odd.best = 3;
        assert_eq!(odd.check(), Err(Damaged::Number));
        let mut odd = blend(20.0);
        odd.members[1].weight = -0.1;
        assert_eq!(odd.check(), Err(Damaged::Number));
    }
}
