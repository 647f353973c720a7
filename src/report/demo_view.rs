//! `demo`: what each step found, and beside what was planted in the year what the program says of it.

use super::adjust_view::{AdjustData, adjust_view};
use super::analysis_view::{AnalysisData, analysis_sentence, analysis_view};
use super::brain_view::{BrainData, brain_view};
use super::experiment_data::ExperimentData;
use super::experiment_view::experiment_view;
use super::grid::View;
use super::guard_history_view::{GuardHistory, guard_history_sentence, locks_words};
use super::missed_view::{MissedData, MissedReport, gate_words, missed_report_view};
use super::model_view::{ModelData, model_view};
use super::patterns_view::{PatternData, pattern_sentences};
use super::pricing_data::Pricing;
use super::replay_view::replay_view;
use super::retrain_view::{RetrainData, retrain_view};
use super::summary_view::{SummaryReport, summary_report_view};
use super::text::plural;
use super::what_if_view::what_if_words;
use crate::domain::Date;
use crate::simulate::{ReplayFacts, WhatIfFacts};

/// What a step of the demo found.
#[derive(Clone, Debug)]
pub enum DemoAnswer {
    /// The figures of a close, and what the pricing of that day's bars did.
    Analysis(Box<AnalysisData>, Box<Pricing>),
    /// The figures of a whole year, in a line.
    Year(Box<AnalysisData>),
    /// A retrain.
    Retrain(Box<RetrainData>),
    /// A move of the knobs.
    Adjust(Box<AdjustData>),
    /// A replay.
    Replay(Box<ReplayFacts>),
    /// What was not traded.
    Missed(Box<MissedReport>),
    /// The knobs.
    Brain(Box<BrainData>),
    /// The summary.
    Summary(Box<SummaryReport>),
    /// What is said of something that was planted.
    Planted(Box<DemoFinding>),
}

/// What the program finds where something was planted.
#[derive(Clone, Debug)]
pub enum DemoFinding {
    /// Patterns, of which those with these words are told.
    Patterns(Box<PatternData>, &'static [&'static str]),
    /// The model.
    Model(Box<ModelData>),
    /// The knobs.
    Knobs(Box<BrainData>),
    /// The guard's past, of which the session of a date is told.
    Guard(Box<GuardHistory>, Option<Date>),
    /// An experiment; none where it is not on record.
    Experiment(Option<Box<ExperimentData>>),
    /// A replay of the record under another stop, or why it could not be made.
    WhatIf(Result<Box<WhatIfFacts>, String>),
    /// Missed signals, of which a gate is told.
    Missed(Box<MissedData>, &'static str),
}

fn first_of(view: View) -> Vec<String> {
    view.lead.into_iter().take(2).collect()
}

fn sentences_of(found: &DemoFinding) -> Vec<String> {
    match found {
        DemoFinding::Patterns(data, words) => pattern_sentences(data, words),
        DemoFinding::Model(data) => first_of(model_view(data)),
        DemoFinding::Knobs(data) => {
            let moved = data.knobs.iter().filter(|line| line.effective != line.knob.default).count();
            let changes = plural(data.changes.len() as u64, "change");
            vec![format!("{moved} of {} knobs off their defaults after {changes}", data.knobs.len())]
        }
        DemoFinding::Guard(data, date) => {
            let bad = data.sessions.iter().filter(|session| Some(session.date) == *date);
            std::iter::once(guard_history_sentence(data))
                .chain(bad.filter_map(|session| locks_words(session, &data.calendar)))
                .collect()
        }
        DemoFinding::Experiment(data) => {
            data.as_ref().map_or_else(Vec::new, |data| first_of(experiment_view(data)))
        }
        DemoFinding::WhatIf(Ok(facts)) => first_of(what_if_words(facts)),
        DemoFinding::WhatIf(Err(why)) => vec![why.clone()],
        DemoFinding::Missed(data, gate) => {
            let mut said = first_of(missed_report_view(&MissedReport::All(data.clone())));
            said.extend(gate_words(&data.totals, gate));
            said
        }
    }
}

/// Builds the view of a step.
pub fn demo_view(answer: &DemoAnswer) -> View {
    let lead = |lead: Vec<String>| View { lead, ..View::default() };
    match answer {
        DemoAnswer::Analysis(data, pricing) => {
            let mut view = analysis_view(data);
            let priced = plural(pricing.resolved, "missed signal");
            view.lead.push(format!("{priced} priced, {} pending", pricing.pending));
            view
        }
        DemoAnswer::Year(data) => lead(vec![analysis_sentence(&data.figures)]),
        DemoAnswer::Retrain(data) => retrain_view(data),
        DemoAnswer::Adjust(data) => adjust_view(data),
        DemoAnswer::Replay(facts) => replay_view(facts),
        DemoAnswer::Missed(report) => missed_report_view(report),
        DemoAnswer::Brain(data) => brain_view(data),
        DemoAnswer::Summary(report) => summary_report_view(report),
        DemoAnswer::Planted(found) => lead(sentences_of(found)),
    }
}
