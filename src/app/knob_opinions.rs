//! `report knobs`: asks every part of the program what it would do to each knob.

use super::brain_adjust::decided;
use super::size::{SizeRecord, sizing};
use super::{Context, Reading, WhatIfRequest, missed_totals, what_if};
use crate::decide::{BetterValue, of_missed, of_rules, of_size, of_what_if};
use crate::domain::{KnobName, PerKnob, Window};
use crate::files::brain;
use crate::files::experiments::experiments;
use crate::report::KnobOpinions;
use crate::simulate::Verdict;
use crate::store::StoreError;

/// Days of missed signals.
const MISSED_DAYS: u16 = 90;

/// Days on which other values are replayed.
const WHAT_IF_DAYS: u16 = 30;

/// What each part would do, side by side, the sessions by the `record` of them. A part that cannot be asked says why, and the
/// others still speak.
///
/// # Errors
/// [`StoreError`] when the log of missed signals cannot be read at all.
pub(super) fn knob_opinions(
    context: &Context<'_>,
    record: Result<&SizeRecord, &StoreError>,
) -> Result<(KnobOpinions, Reading), StoreError> {
    let now = brain::knobs_or_defaults(context).map(|knob| knob.effective);
    let mut notes = Vec::new();
    let mut opinions: PerKnob<Vec<_>> = PerKnob::from_fn(|_| Vec::new());
    let mut reading = Reading::default();
    match decided(context) {
        Ok(plan) => {
            if let Some(until) = &plan.data.nothing_new {
                notes.push(format!(
                    "The rules have used every trade up to {until}: they move nothing until the next exit."
                ));
            }
            opinions = of_rules(&plan.data.decision, plan.data.strict);
            reading = plan.reading;
        }
        Err(error) => notes.push(format!("The rules could not be asked: {error}")),
    }
    let (totals, ..) = missed_totals(context, Window::Days(MISSED_DAYS))?;
    let mut add = |more: PerKnob<Vec<_>>| {
        for name in KnobName::ALL {
            opinions[name].extend(more[name].iter().cloned());
        }
    };
    add(of_missed(&totals));
    match record {
        Ok(record) => {
            let found = sizing(context, record.clone());
            add(of_size(found.data.now_in_force(), found.data.base.as_ref().ok()));
        }
        Err(error) => notes.push(format!("The sessions could not be asked of size: {error}")),
    }
    match better_values(context) {
        Ok(better) => add(of_what_if(&better)),
        Err(error) => notes.push(format!("Other values could not be replayed: {error}")),
    }
    let held = experiments(context)?.held();
    let data = KnobOpinions { knobs: context.settings.rulebook.knobs, now, opinions, held, notes };
    Ok((data, reading))
}

/// The values of each knob under which a trade makes clearly more.
fn better_values(context: &Context<'_>) -> Result<Vec<BetterValue>, super::WhatIfError> {
    let facts = what_if(context, &WhatIfRequest::of_every_knob(WHAT_IF_DAYS))?.facts;
    let better = facts.variants.iter().filter(|variant| variant.comparison.verdict == Verdict::Better);
    let found = better.filter_map(|variant| {
        let [(knob, value)] = variant.settings[..] else { return None };
        let expectancy = variant.comparison.expectancy.value?;
        Some(BetterValue { knob, now: facts.now[knob], value, expectancy })
    });
    Ok(found.collect())
}
