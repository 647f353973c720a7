//! After a deployment: is the model in use any worse than the one before it, than the challenger, or than the base rate, on
//! the rows since?

use std::collections::{BTreeMap, HashSet};

use super::Context;
use super::score::is_expired;
use super::training::date;
use crate::decide::ShadowRecord;
use crate::domain::Timestamp;
use crate::files::model_shadow::{name_of, own_and_record, rows_under, shadow_rows};
use crate::files::models::{Pointer, challenger, load, pointer};
use crate::files::retrain_files::in_use_since;
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{Dataset, ModelFile, probabilities};
use crate::report::{e_value, plural};
use crate::stats::evidence::{ENOUGH, Forecast, ForecastTest};
use crate::store::StoreError;
use crate::wire::ShadowRow;

/// How the model in use did on the rows since it was put into use.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModelComparison {
    /// Against the one before it, where there is one that can be read.
    pub predecessor: Option<ForecastTest>,
    /// Against what was in shadow, where there is a challenger that can be read.
    pub shadow: Option<InShadowOf>,
    /// Against the base rate of the rows that it learned from.
    pub base_rate: ForecastTest,
    /// The two.
    pub pointer: Pointer,
}

/// A challenger beside the model in use.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct InShadowOf {
    /// The challenger.
    pub challenger: ModelFile,
    /// What both gave rows of sessions that are over, and which are not kept yet.
    pub new: Vec<ShadowRow>,
    /// What all rows show.
    pub record: ShadowRecord,
    /// Whether the next model that is refused takes its place.
    pub gives_way: bool,
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
        let shadow = self.shadow.as_ref().map(|shadow| &shadow.record);
        consequence(self.predecessor.as_ref(), shadow, &self.base_rate)
    }

    /// What it rests on, in a sentence.
    pub(super) fn sentence(&self) -> String {
        let (test, which, whom) = match (self.consequence(), &self.predecessor, &self.shadow) {
            (Some(Consequence::RollBack), Some(test), _) => {
                (test, "since it was put into use", "its predecessor".to_owned())
            }
            (Some(Consequence::Promote), _, Some(shadow)) => (
                &shadow.record.own,
                "that both scored",
                format!("its challenger {}", shadow.challenger.version),
            ),
            _ => (&self.base_rate, "since it was put into use", "the base rate".to_owned()),
        };
        format!(
            "on the {} of {} {which}, {} was worse than {whom} by {:.4} in Brier score (E {}, it takes {ENOUGH:.0})",
            plural(test.rows(), "row"),
            plural(test.sessions(), "session"),
            self.pointer.current,
            test.mean().unwrap_or(0.0),
            e_value(test.e()),
        )
    }
}

/// What follows from comparisons of the model in use with its predecessor, with what was in shadow, and with the base rate.
pub(super) fn consequence(
    predecessor: Option<&ForecastTest>,
    shadow: Option<&ShadowRecord>,
    base_rate: &ForecastTest,
) -> Option<Consequence> {
    let is_shown = |test: &ForecastTest| test.e() >= ENOUGH;
    if predecessor.is_some_and(is_shown) {
        Some(Consequence::RollBack)
    } else if shadow.is_some_and(ShadowRecord::is_shown) {
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
    let Some(deployed) = in_use_since(context, &new)? else { return Ok(None) };
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
    Ok(Some(ModelComparison { predecessor, shadow, base_rate, pointer }))
}

/// The challenger beside the model in use, which is in use `since` a moment; `None` without one that can be read.
fn in_shadow(
    context: &Context<'_>,
    dataset: &Dataset,
    champion: &ModelFile,
    since: Timestamp,
) -> Option<InShadowOf> {
    // What cannot be read is doctor's matter.
    let challenger = challenger(context).ok()??;
    let made = Timestamp::parse(&challenger.created_at).ok()?;
    let (mut kept, _) = shadow_rows(context).ok()?;
    let known: HashSet<(&str, &str)> = kept.iter().map(name_of).collect();
    let over = context.session_date().to_string();
    let is_new = |row: &usize| {
        let example = &dataset.examples[*row];
        example.at > since.max(made)
            && date(example.session) <= over
            && !known.contains(&(champion.version.as_str(), example.id.as_str()))
    };
    let rows: Vec<usize> = (0..dataset.examples.len()).filter(is_new).collect();
    let given = probabilities(champion, dataset, &rows).into_iter();
    let given = given.zip(probabilities(&challenger, dataset, &rows)).zip(&rows);
    let scored = |((of_champion, of_challenger), row): ((Option<f64>, Option<f64>), &usize)| {
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
            schema: ShadowRow::SCHEMA,
        })
    };
    let new: Vec<ShadowRow> = given.filter_map(scored).collect();
    kept.extend(new.iter().cloned());
    let (_, record) = own_and_record(&rows_under(&kept, &champion.version, since), &challenger.version);
    let sessions = context.begun_since(context.market().trading_date(made));
    let gives_way = record.gives_way(sessions, is_expired(context, &challenger));
    Some(InShadowOf { challenger, new, record, gives_way })
}
