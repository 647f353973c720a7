//! What the parts of the program would each do to a knob, and whether they agree.

use super::adjust::Decision;
use super::gate_verdict::{GateVerdict, gate_verdict};
use super::size::BaseSize;
use super::suggest::{Direction, suggestions};
use crate::domain::{KnobName, PerKnob, RiskCheck};
use crate::metrics::{MissedDimension, MissedTotals};

/// A part of the program that has something to say about knobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The rules of `brain-adjust`: figures of the own trades.
    Rules,
    /// What the risk checks refused.
    MissedSignals,
    /// Trades and missed signals replayed under other values.
    WhatIf,
    /// What the own sessions support.
    Size,
}

/// What one part would do to a knob.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Which part.
    pub voice: Voice,
    /// Which way; none where it only says which way not to go.
    pub direction: Option<Direction>,
    /// The way that it speaks against; it has nothing against the other one.
    pub against: Option<Direction>,
    /// The value that it would give it, where it names one.
    pub value: Option<f64>,
    /// Whether an interval stands behind it, not a figure alone.
    pub is_evidence: bool,
    /// Why, in a few words.
    pub why: String,
}

/// How the opinions about one knob stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accord {
    /// Nobody would do anything.
    Silent,
    /// One part would move it, and no other says anything.
    Alone,
    /// All that say something would do the same.
    Agree,
    /// They would do different things, and evidence stands behind one side only.
    EvidenceDecides(Option<Direction>),
    /// They would do different things on figures of the same weight.
    Disagree,
}

/// How opinions stand to each other. One that only speaks against a way counts where another would go it.
pub fn accord(opinions: &[Opinion]) -> Accord {
    let is_asked = |opinion: &&Opinion| {
        opinion.against.is_none_or(|way| opinions.iter().any(|other| other.direction == Some(way)))
    };
    let opinions: Vec<&Opinion> = opinions.iter().filter(is_asked).collect();
    let ways = |only_evidence: bool| {
        let mut ways: Vec<Option<Direction>> = Vec::new();
        for opinion in opinions.iter().filter(|opinion| opinion.is_evidence || !only_evidence) {
            if !ways.contains(&opinion.direction) {
                ways.push(opinion.direction);
            }
        }
        ways
    };
    match (&ways(false)[..], &ways(true)[..], &opinions[..]) {
        ([] | [None], ..) => Accord::Silent,
        ([_], _, [_]) => Accord::Alone,
        ([_], ..) => Accord::Agree,
        (_, [evidence], _) => Accord::EvidenceDecides(*evidence),
        _ => Accord::Disagree,
    }
}

fn way(old: f64, new: f64) -> Option<Direction> {
    match new.total_cmp(&old) {
        std::cmp::Ordering::Less => Some(Direction::Lower),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Direction::Raise),
    }
}

/// What the rules would do.
pub fn of_rules(decision: &Decision, strict: bool) -> PerKnob<Vec<Opinion>> {
    PerKnob::from_fn(|name| {
        let step = decision.steps.iter().find(|step| step.knob == name);
        let opinion = step.map(|step| Opinion {
            voice: Voice::Rules,
            direction: way(step.old, step.new),
            against: None,
            value: Some(step.new),
            is_evidence: strict,
            why: step.rule.to_owned(),
        });
        opinion.into_iter().collect()
    })
}

/// What the own sessions say of the base size: up on evidence, down without any, for a size that nothing supports costs
/// more than one that is too small.
pub fn of_size(in_force: f64, base: Option<&BaseSize>) -> PerKnob<Vec<Opinion>> {
    let mut found: PerKnob<Vec<Opinion>> = PerKnob::from_fn(|_| Vec::new());
    found[KnobName::PositionSize].extend(base.map(|base| Opinion {
        voice: Voice::Size,
        direction: way(in_force, base.suggested),
        against: None,
        value: Some(base.suggested),
        is_evidence: base.suggested > in_force,
        why: base.binding.as_str().to_owned(),
    }));
    found
}

/// What the signals that were refused say of the check that refused them: one whose refusals would have paid is too
/// strict, one whose refusals would have lost is not to be made less strict.
pub fn of_missed(totals: &MissedTotals) -> PerKnob<Vec<Opinion>> {
    let suggested = suggestions(totals);
    let mut found: PerKnob<Vec<Opinion>> = PerKnob::from_fn(|_| Vec::new());
    for (reason, refused) in totals.groups(MissedDimension::Reason) {
        let Some((knob, larger)) = RiskCheck::of_reason(reason).knob() else { continue };
        let looser = if larger { Direction::Raise } else { Direction::Lower };
        let verdict = gate_verdict(refused);
        let direction = match verdict {
            GateVerdict::Cost => Some(looser),
            GateVerdict::Saved => None,
            GateVerdict::Unclear | GateVerdict::TooFew => {
                // A suggestion that is not evidence yet.
                match suggested.iter().find(|suggestion| &suggestion.reason == reason) {
                    Some(suggestion) => Some(suggestion.direction),
                    None => continue,
                }
            }
        };
        found[knob].push(Opinion {
            voice: Voice::MissedSignals,
            direction,
            against: (verdict == GateVerdict::Saved).then_some(looser),
            value: None,
            is_evidence: matches!(verdict, GateVerdict::Cost | GateVerdict::Saved),
            why: format!("{reason} (n {}): {}", refused.n, verdict.as_str()),
        });
    }
    found
}

/// A value of a knob that was clearly better per trade than the recorded one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetterValue {
    /// The knob.
    pub knob: KnobName,
    /// What the engine gets now.
    pub now: f64,
    /// The value.
    pub value: f64,
    /// By how much a trade makes more, a fraction of the position.
    pub expectancy: f64,
}

/// What a replay under other values says: the best of the values that are clearly better.
pub fn of_what_if(better: &[BetterValue]) -> PerKnob<Vec<Opinion>> {
    PerKnob::from_fn(|name| {
        let mine = better.iter().filter(|better| better.knob == name);
        let best = mine.max_by(|a, b| a.expectancy.total_cmp(&b.expectancy));
        let opinion = best.map(|best| Opinion {
            voice: Voice::WhatIf,
            direction: way(best.now, best.value),
            against: None,
            value: Some(best.value),
            is_evidence: true,
            why: format!("{:+.3} % a trade", best.expectancy * 100.0),
        });
        opinion.into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opinion(direction: Option<Direction>, is_evidence: bool) -> Opinion {
        let against = direction.is_none().then_some(Direction::Raise);
        Opinion { voice: Voice::Rules, direction, against, value: None, is_evidence, why: String::new() }
    }

    #[test]
    fn evidence_decides_between_parts_that_disagree() {
        let (up, down, stay) = (Some(Direction::Raise), Some(Direction::Lower), None);
        let of = |opinions: &[(Option<Direction>, bool)]| {
            accord(&opinions.iter().map(|(way, clear)| opinion(*way, *clear)).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), Accord::Silent);
        assert_eq!(of(&[(stay, true)]), Accord::Silent);
        assert_eq!(of(&[(up, false)]), Accord::Alone);
        assert_eq!(of(&[(up, false), (up, true)]), Accord::Agree);
        assert_eq!(of(&[(up, false), (down, true)]), Accord::EvidenceDecides(down));
        assert_eq!(of(&[(up, false), (stay, true)]), Accord::EvidenceDecides(stay));
        assert_eq!(of(&[(down, false), (stay, true)]), Accord::Alone, "nothing speaks against the other way");
        assert_eq!(of(&[(up, false), (down, false)]), Accord::Disagree);
        assert_eq!(of(&[(up, true), (down, true)]), Accord::Disagree);
    }

    #[test]
    fn the_best_of_the_better_values_counts() {
        let better = |value: f64, expectancy: f64| BetterValue {
            knob: KnobName::MaxPositions,
            now: 3.0,
            value,
            expectancy,
        };
        let found = of_what_if(&[better(4.0, 0.001), better(2.0, 0.002), better(5.0, 0.0005)]);
        let said: Vec<_> =
            found[KnobName::MaxPositions].iter().map(|best| (best.direction, best.value)).collect();
        assert_eq!(said, [(Some(Direction::Lower), Some(2.0))]);
        assert!(found[KnobName::StopLoss].is_empty());
    }
}
