//! After a deployment: is the model in use any worse than the one before it, or than the base rate, on the rows since?

use std::collections::BTreeMap;

use super::Context;
use crate::domain::Timestamp;
use crate::files::models::{Pointer, load, pointer};
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::ModelFile;
use crate::stats::evidence::{ENOUGH, Forecast, ForecastTest};
use crate::store::StoreError;

/// How the model in use did on the rows since it was deployed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModelComparison {
    /// Against the one before it, where there is one that can be read.
    pub predecessor: Option<ForecastTest>,
    /// Against the base rate of the rows that it learned from.
    pub base_rate: ForecastTest,
    /// The two.
    pub pointer: Pointer,
}

/// What follows from a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// The model before it is in use again.
    RollBack,
    /// No model is in use any more.
    Retire,
}

impl ModelComparison {
    /// What follows, if anything does.
    pub(super) fn consequence(&self) -> Option<Consequence> {
        consequence(self.predecessor.as_ref(), &self.base_rate)
    }

    /// What it rests on, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let (test, whom) = match (self.consequence(), &self.predecessor) {
            (Some(Consequence::RollBack), Some(test)) => (test, "its predecessor"),
            _ => (&self.base_rate, "the base rate"),
        };
        format!(
            "on the {} rows of {} sessions since its deployment {} was worse than {whom} by {:.4} in Brier score (E {:.0}, it takes {ENOUGH:.0})",
            test.rows(),
            test.sessions(),
            self.pointer.current,
            test.mean().unwrap_or(0.0),
            test.e().min(1e9),
        )
    }
}

/// What follows from two comparisons of the model in use.
pub(super) fn consequence(
    predecessor: Option<&ForecastTest>,
    base_rate: &ForecastTest,
) -> Option<Consequence> {
    let is_shown = |test: &ForecastTest| test.e() >= ENOUGH;
    if predecessor.is_some_and(is_shown) {
        Some(Consequence::RollBack)
    } else {
        is_shown(base_rate).then_some(Consequence::Retire)
    }
}

/// Compares them; `None` where no model is in use, or it cannot be read: that is doctor's matter, not a reason to stop.
///
/// # Errors
/// [`StoreError`] when a log cannot be read.
pub(super) fn watch(context: &Context<'_>) -> Result<Option<ModelComparison>, StoreError> {
    let Ok(Some(pointer)) = pointer(context) else { return Ok(None) };
    let Ok(new) = load(context, &pointer.current) else { return Ok(None) };
    let old = pointer.previous.as_ref().and_then(|previous| load(context, previous).ok());
    let Ok(deployed) = Timestamp::parse(&new.created_at) else { return Ok(None) };
    let days = (context.seen_from().micros() - deployed.micros()).max(0) / 86_400_000_000 + 1;
    let (dataset, _) = labelled_rows(context, days.min(i64::from(u16::MAX)) as u16, RowsFor::Learning)?;
    let rows: Vec<usize> =
        (0..dataset.examples.len()).filter(|row| dataset.examples[*row].at > deployed).collect();
    let given = |file: &ModelFile| file.model.predict_all(&file.manifest.table(&dataset, &rows));
    let (tried, before) = (given(&new), old.as_ref().map(given));
    let mut sessions: BTreeMap<i64, [Vec<Forecast>; 2]> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let example = &dataset.examples[*row];
        let [of_predecessor, of_base] = sessions.entry(example.session).or_default();
        let against = |rival: f64| Forecast { tried: tried[at], rival, won: example.label };
        of_predecessor.extend(before.as_ref().map(|before| against(before[at])));
        of_base.push(against(new.training.base_rate));
    }
    let mut base_rate = ForecastTest::default();
    let mut predecessor = before.is_some().then(ForecastTest::default);
    for [of_predecessor, of_base] in sessions.values() {
        base_rate.push(of_base);
        if let Some(test) = &mut predecessor {
            test.push(of_predecessor);
        }
    }
    Ok(Some(ModelComparison { predecessor, base_rate, pointer }))
}
