//! `report knobs`: what each part of the program would do to each knob, and why.

use serde_json::{Map, Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::setting;
use crate::decide::{Accord, Direction, Opinion, Voice, accord};
use crate::domain::{Knob, KnobName, PerKnob};

/// What there is to show.
#[derive(Clone, Debug)]
pub struct KnobOpinions {
    /// The knobs.
    pub knobs: PerKnob<Knob>,
    /// What the engine gets.
    pub now: PerKnob<f64>,
    /// What each part would do.
    pub opinions: PerKnob<Vec<Opinion>>,
    /// Knobs that arms of running experiments set, with the experiment's name.
    pub held: Vec<(KnobName, String)>,
    /// What could not be asked, and why.
    pub notes: Vec<String>,
}

impl KnobOpinions {
    /// On how many knobs the parts differ.
    pub fn disputed(&self) -> usize {
        let differ = |knob: &&Knob| difference(knob.name.as_str(), &self.opinions[knob.name]).is_some();
        self.knobs.iter().filter(differ).count()
    }

    /// As programs read it, by knob.
    pub fn json(&self) -> Json {
        let knobs = self.knobs.iter().map(|knob| {
            let opinions = &self.opinions[knob.name];
            let about = json!({
                "current": self.now[knob.name],
                "together": word(accord(opinions)),
                "experiment": self.held.iter().find(|(held, _)| *held == knob.name).map(|(_, name)| name),
                "opinions": opinions.iter().map(opinion_json).collect::<Vec<_>>(),
            });
            (knob.name.as_str().to_owned(), about)
        });
        Json::Object(knobs.collect::<Map<_, _>>())
    }
}

const fn voice(voice: Voice) -> &'static str {
    match voice {
        Voice::Rules => "rules",
        Voice::MissedSignals => "missed_signals",
        Voice::WhatIf => "what_if",
        Voice::Size => "size",
    }
}

fn verb(opinion: &Opinion) -> &'static str {
    match (opinion.direction, opinion.against) {
        (Some(direction), _) => direction.as_str(),
        (None, Some(Direction::Raise)) => "not raise",
        (None, Some(Direction::Lower)) => "not lower",
        (None, None) => "keep",
    }
}

fn cell(opinions: &[Opinion], of: Voice) -> Cell {
    let said: Vec<String> = opinions
        .iter()
        .filter(|opinion| opinion.voice == of)
        .map(|opinion| match opinion.value.filter(|_| opinion.direction.is_some()) {
            Some(value) => format!("{} to {}", verb(opinion), setting(value)),
            None => verb(opinion).to_owned(),
        })
        .collect();
    if said.is_empty() { Cell::Absent } else { Cell::Text(said.join("; ")) }
}

const fn word(accord: Accord) -> &'static str {
    match accord {
        Accord::Silent => "none",
        Accord::Alone => "1 source",
        Accord::Agree => "agree",
        Accord::EvidenceDecides(Some(Direction::Raise)) => "evidence: raise",
        Accord::EvidenceDecides(Some(Direction::Lower)) => "evidence: lower",
        Accord::EvidenceDecides(None) => "evidence: keep",
        Accord::Disagree => "disagree",
    }
}

/// Why the parts differ, for a knob on which they do.
fn difference(name: &str, opinions: &[Opinion]) -> Option<String> {
    let basis = |opinion: &Opinion| {
        let source = match opinion.voice {
            Voice::Rules => "the rules",
            Voice::MissedSignals => "missed signals",
            Voice::WhatIf => "what-if",
            Voice::Size => "the sessions",
        };
        let weight = if opinion.is_evidence { "an interval" } else { "a figure without an interval" };
        format!("{source} would {} it on {weight} ({})", verb(opinion), opinion.why)
    };
    let said: Vec<String> = opinions.iter().map(basis).collect();
    match accord(opinions) {
        Accord::EvidenceDecides(_) => Some(format!("{name}: {}. The interval counts.", said.join("; "))),
        Accord::Disagree => Some(format!(
            "{name}: {}. They ask different questions: the rules look at all trades, a missed signal at one check, \
             what-if at both with everything else unchanged, size at whole sessions.",
            said.join("; ")
        )),
        Accord::Silent | Accord::Alone | Accord::Agree => None,
    }
}

fn opinion_json(opinion: &Opinion) -> Json {
    json!({
        "part": voice(opinion.voice),
        "direction": verb(opinion),
        "value": opinion.value,
        "is_evidence": opinion.is_evidence,
        "why": opinion.why,
    })
}

fn lead(data: &KnobOpinions) -> String {
    let moved = |knob: &&Knob| matches!(accord(&data.opinions[knob.name]), Accord::Alone | Accord::Agree);
    let moved = data.knobs.iter().filter(moved).count();
    let all = data.knobs.iter().count();
    match (moved, data.disputed()) {
        (0, 0) => "No part of the program would move a knob.".into(),
        (_, 0) => format!("{moved} of {all} knobs would be moved, no disagreement."),
        (_, disputed) => format!(
            "{disputed} of {all} knobs on which the parts differ; {moved} that would be moved without contradiction."
        ),
    }
}

/// Builds the view.
pub fn opinions_view(data: &KnobOpinions) -> View {
    let rows = data.knobs.iter().map(|knob| {
        let opinions = &data.opinions[knob.name];
        let why: Vec<&str> = opinions.iter().map(|opinion| opinion.why.as_str()).collect();
        vec![
            Cell::Text(knob.name.as_str().into()),
            Cell::Setting(data.now[knob.name]),
            cell(opinions, Voice::Rules),
            cell(opinions, Voice::MissedSignals),
            cell(opinions, Voice::WhatIf),
            cell(opinions, Voice::Size),
            Cell::Text(word(accord(opinions)).into()),
            if why.is_empty() { Cell::Absent } else { Cell::Text(why.join("; ")) },
        ]
    });
    let grid = Grid {
        title: None,
        columns: vec![
            Column::fixed("knob", "Knob", 0),
            Column::number("current", "Now", 2),
            Column::text("rules", "Rules", 0),
            Column::text("missed_signals", "Missed", 0),
            Column::text("what_if", "What-if", 0),
            Column::text("size", "Size", 1),
            Column::text("together", "Agreement", 0),
            Column::text("why", "Why", 0),
        ],
        rows: rows.collect(),
        empty: String::new(),
    };
    let mut view =
        View { name: "report.knobs", lead: vec![lead(data)], grids: vec![grid], ..View::default() };
    let differences = data.knobs.iter();
    view.lead
        .extend(differences.filter_map(|knob| difference(knob.name.as_str(), &data.opinions[knob.name])));
    view.notes.extend(data.held.iter().map(|(knob, experiment)| {
        format!("{} belongs to the running experiment {experiment}: no rule moves it.", knob.as_str())
    }));
    view.notes.extend(data.notes.iter().cloned());
    view.notes.push(
        "Rules: the last 7 days (30 under strict evidence). Missed: 90 days of refused signals, by check. What-if: \
         every value of the range on 30 days, named only where a trade makes clearly more. Size: the last 250 sessions, \
         see `dtlearn size --explain`."
            .into(),
    );
    view.payload.insert("knobs".into(), data.json());
    view
}
