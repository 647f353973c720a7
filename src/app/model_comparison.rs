//! After a deployment: is the model in use any worse than the one before it, than the challenger, or than the base rate, on
//! the rows since?

use std::collections::BTreeMap;

use super::Context;
use super::training::date;
use crate::domain::Timestamp;
use crate::files::model_shadow::{shadow_rows, shadowed_until, test_of_shadow};
use crate::files::models::{Pointer, challenger, load, pointer};
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{Dataset, ModelFile, probabilities};
use crate::stats::evidence::{ENOUGH, Forecast, ForecastTest};
use crate::store::StoreError;
use crate::wire::ShadowRow;

/// How the model in use did on the rows since it was deployed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModelComparison {
    /// Against the one before it, where there is one that can be read.
    pub predecessor: Option<ForecastTest>,
    /// Against what was in shadow, where there is a challenger that can be read.
    pub challenger: Option<ForecastTest>,
    /// Against the base rate of the rows that it learned from.
    pub base_rate: ForecastTest,
    /// The two.
    pub pointer: Pointer,
    /// What the challenger and the model in use gave rows of sessions that are over and not kept yet.
    pub shadowed: Vec<ShadowRow>,
}

/// What follows from a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// The model before it is in use again.
    RollBack,
    /// The challenger is in use.
    Promote,
    /// No model is in use any more.
    Retire,
}

impl ModelComparison {
    /// What follows, if anything does.
    pub(super) fn consequence(&self) -> Option<Consequence> {
        consequence(self.predecessor.as_ref(), self.challenger.as_ref(), &self.base_rate)
    }

    /// What it rests on, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let (test, when, whom) = match (self.consequence(), &self.predecessor, &self.challenger) {
            (Some(Consequence::RollBack), Some(test), _) => (test, "since its deployment", "its predecessor"),
            (Some(Consequence::Promote), _, Some(test)) => (test, "in shadow", "the challenger"),
            _ => (&self.base_rate, "since its deployment", "the base rate"),
        };
        format!(
            "on the {} rows of {} sessions {when} {} was worse than {whom} by {:.4} in Brier score (E {:.0}, it takes {ENOUGH:.0})",
            test.rows(),
            test.sessions(),
            self.pointer.current,
            test.mean().unwrap_or(0.0),
            test.e().min(1e9),
        )
    }
}

/// What follows from comparisons of the model in use with its predecessor, with what was in shadow, and with the base rate.
pub(super) fn consequence(
    predecessor: Option<&ForecastTest>,
    challenger: Option<&ForecastTest>,
    base_rate: &ForecastTest,
) -> Option<Consequence> {
    let is_shown = |test: &ForecastTest| test.e() >= ENOUGH;
    if predecessor.is_some_and(is_shown) {
        Some(Consequence::RollBack)
    } else if challenger.is_some_and(is_shown) {
        Some(Consequence::Promote)
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
    let shadow = in_shadow(context, &dataset, &new, deployed);
    let (challenger, shadowed) = shadow.map_or((None, Vec::new()), |(test, rows)| (Some(test), rows));
    Ok(Some(ModelComparison { predecessor, challenger, base_rate, pointer, shadowed }))
}

/// The model in use against what was in shadow beside it, and the rows of it that are not kept yet; `None` without a challenger
/// that can be read.
fn in_shadow(
    context: &Context<'_>,
    dataset: &Dataset,
    champion: &ModelFile,
    deployed: Timestamp,
) -> Option<(ForecastTest, Vec<ShadowRow>)> {
    // What cannot be read is doctor's matter, and the next attempt makes another.
    let challenger = challenger(context).ok()?.filter(|challenger| challenger.version != champion.version)?;
    let made = Timestamp::parse(&challenger.created_at).ok()?;
    let (mut kept, _) = shadow_rows(context).ok()?;
    let until = shadowed_until(&kept, &champion.version).unwrap_or_default();
    // A session counts once, when it is over.
    let over = context.session_date().to_string();
    let is_new = |row: &usize| {
        let example = &dataset.examples[*row];
        let session = date(example.session);
        example.at > deployed.max(made) && session.as_str() > until && session <= over
    };
    let rows: Vec<usize> = (0..dataset.examples.len()).filter(is_new).collect();
    let given = probabilities(champion, dataset, &rows).into_iter();
    let given = given.zip(probabilities(&challenger, dataset, &rows)).zip(&rows);
    let new: Vec<ShadowRow> = given
        .filter_map(|((of_champion, of_challenger), row)| {
            let example = &dataset.examples[*row];
            Some(ShadowRow {
                date: date(example.session),
                id: example.id.to_string(),
                timestamp: example.at.to_string(),
                champion: champion.version.clone(),
                champion_probability: of_champion?,
                challenger: challenger.version.clone(),
                challenger_probability: of_challenger?,
                won: example.label,
                scored_at: context.now.to_string(),
                schema: 1,
            })
        })
        .collect();
    kept.extend(new.iter().cloned());
    Some((test_of_shadow(&kept, &champion.version), new))
}
