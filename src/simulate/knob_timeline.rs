//! Which knobs were in force at a moment of the past.

use std::collections::BTreeMap;

use crate::domain::{KnobName, PerKnob, Timestamp};

/// Values of one knob: the first one, and those that came later with their moments, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
struct Line {
    first: f64,
    later: Vec<(Timestamp, f64)>,
}

impl Line {
    fn at(&self, moment: Timestamp) -> f64 {
        let past = self.later.partition_point(|(since, _)| *since <= moment);
        past.checked_sub(1).map_or(self.first, |last| self.later[last].1)
    }
}

/// A symbol's own values of a knob, oldest first; none where it lost its own.
type OwnLine = Vec<(Timestamp, Option<f64>)>;

/// The knobs that the engine was given, through time.
#[derive(Clone, Debug, PartialEq)]
pub struct KnobTimeline {
    common: PerKnob<Line>,
    own: BTreeMap<(Box<str>, KnobName), OwnLine>,
}

impl KnobTimeline {
    /// Knobs that never changed.
    pub fn constant(knobs: PerKnob<f64>) -> Self {
        Self { common: knobs.map(|first| Line { first, later: Vec::new() }), own: BTreeMap::new() }
    }

    /// Notes a change of the common value. `before` is what held until then, where that is on record; changes
    /// come in the order of time.
    pub fn change(&mut self, at: Timestamp, knob: KnobName, before: Option<f64>, after: f64) {
        let line = &mut self.common[knob];
        if let (true, Some(before)) = (line.later.is_empty(), before) {
            line.first = before;
        }
        line.later.push((at, after));
    }

    /// Notes that a symbol got a value of its own, or lost it; changes come in the order of time.
    pub fn change_own(&mut self, at: Timestamp, symbol: &str, knob: KnobName, after: Option<f64>) {
        self.own.entry((symbol.into(), knob)).or_default().push((at, after));
    }

    /// Says what the engine ran on, whatever the record says.
    pub fn overrule(&mut self, knob: KnobName, value: f64) {
        self.common[knob] = Line { first: value, later: Vec::new() };
        self.own.retain(|(_, of), _| *of != knob);
    }

    /// What the engine was given for a symbol at a moment.
    pub fn at(&self, moment: Timestamp, symbol: &str) -> PerKnob<f64> {
        let mut knobs = PerKnob::<f64>::default();
        for (value, line) in knobs.iter_mut().zip(&self.common) {
            *value = line.at(moment);
        }
        if self.own.is_empty() {
            return knobs;
        }
        for knob in crate::decide::SYMBOL_KNOBS {
            let own = self.own.get(&(Box::from(symbol), knob));
            let last = own.and_then(|own| own.iter().rev().find(|(since, _)| *since <= moment));
            if let Some((_, Some(value))) = last {
                knobs[knob] = *value;
            }
        }
        knobs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::KNOBS;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-03-{text}T21:05:00Z")).unwrap()
    }

    #[test]
    fn a_moment_has_the_knobs_of_its_time() {
        let mut line = KnobTimeline::constant(KNOBS.map(|knob| knob.default));
        line.change(at("03"), KnobName::StopLoss, Some(0.02), 0.019);
        line.change(at("05"), KnobName::StopLoss, Some(0.019), 0.018);
        line.change_own(at("04"), "MSFT", KnobName::StopLoss, Some(0.03));
        line.change_own(at("06"), "MSFT", KnobName::StopLoss, None);
        let stop = |day: &str, symbol: &str| line.at(at(day), symbol)[KnobName::StopLoss];
        assert_eq!(
            [stop("02", "A"), stop("03", "A"), stop("04", "A"), stop("09", "A")],
            [0.02, 0.019, 0.019, 0.018]
        );
        assert_eq!([stop("03", "MSFT"), stop("05", "MSFT"), stop("07", "MSFT")], [0.019, 0.03, 0.018]);
        line.overrule(KnobName::StopLoss, 0.01);
        assert_eq!(line.at(at("05"), "MSFT")[KnobName::StopLoss], 0.01);
        assert_eq!(line.at(at("05"), "A")[KnobName::MaxPositions], 3.0);
    }
}
