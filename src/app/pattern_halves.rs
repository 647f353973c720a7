//! What the model in use does with patterns, and what following them would have brought.

use rayon::prelude::*;

use crate::learn::{
    Condition, Dataset, Example, ModelFile, OtherHalf, OwnTrades, Source, followed, holds_of_all,
    probabilities, scored,
};
use crate::report::PatternSource;

/// The rows of missed signals, or those of trades.
pub(super) fn rows_of(dataset: &Dataset, missed: bool) -> Vec<&Example> {
    dataset.examples.iter().filter(|example| (example.source != Source::Trade) == missed).collect()
}

/// The rows of a dataset on which patterns are looked at again, with what a model gives them.
pub(super) struct Halves<'d> {
    dataset: &'d Dataset,
    /// Of trades and of missed signals: the rows in the order of time, and what the model gives them.
    sources: [(Vec<&'d Example>, Vec<Option<f64>>); 2],
    has_model: bool,
}

impl<'d> Halves<'d> {
    pub(super) fn new(dataset: &'d Dataset, model: Option<&ModelFile>) -> Self {
        let sources = [false, true].map(|missed| {
            let is_of = |row: &usize| (dataset.examples[*row].source != Source::Trade) == missed;
            let rows: Vec<usize> = (0..dataset.examples.len()).filter(is_of).collect();
            let given = match model {
                Some(model) => probabilities(model, dataset, &rows),
                None => vec![None; rows.len()],
            };
            (rows.iter().map(|row| &dataset.examples[*row]).collect(), given)
        });
        Self { dataset, sources, has_model: model.is_some() }
    }

    /// Of a question that was asked: of the rows that it was asked of, and of the trades.
    pub(super) fn of_question(
        &self,
        missed: bool,
        holds: impl Fn(&[&Example]) -> Vec<Option<bool>>,
        tried: u64,
    ) -> OtherHalf {
        let (rows, given) = &self.sources[usize::from(missed)];
        let trades = &self.sources[0].0;
        OtherHalf {
            scored: scored(rows, given, &holds(rows)),
            followed: followed(trades, &holds(trades), tried),
        }
    }

    /// Of each clear pattern of a search or of the questions before it, each once.
    pub(super) fn of_source(&self, source: &PatternSource) -> Vec<(Vec<Condition>, OtherHalf)> {
        let mut asked: Vec<(&[Condition], u64)> = Vec::new();
        // A question that was fixed beforehand pays for the questions alone.
        let questions = source.answers.iter().map(|answer| (answer, source.answers.len() as u64));
        let found = source.mined.patterns.iter().map(|pattern| (pattern, source.mined.tried));
        for (pattern, tried) in questions.chain(found).filter(|(pattern, _)| pattern.is_clear()) {
            if !asked.iter().any(|(known, _)| *known == pattern.conditions.as_slice()) {
                asked.push((&pattern.conditions, tried));
            }
        }
        let (rows, given) = &self.sources[usize::from(source.missed)];
        let trades = &self.sources[0].0;
        let holds = |(conditions, _): &(&[Condition], u64)| holds_of_all(self.dataset, trades, conditions);
        let of_trades: Vec<Vec<bool>> = asked.par_iter().map(holds).collect();
        let own = OwnTrades::new(trades, &of_trades);
        let half = |((conditions, tried), of_trades): (&(&[Condition], u64), &Vec<bool>)| {
            let of_rows = self.has_model.then(|| holds_of_all(self.dataset, rows, conditions));
            let scored = of_rows.and_then(|holds| {
                let holds: Vec<Option<bool>> = holds.into_iter().map(Some).collect();
                scored(rows, given, &holds)
            });
            (conditions.to_vec(), OtherHalf { scored, followed: own.followed(of_trades, *tried) })
        };
        asked.par_iter().zip(&of_trades).map(half).collect()
    }
}
