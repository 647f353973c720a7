//! The sweeps of `what-if` as curves for the page.

use super::chart::{Chart, CurvePoint, Scale, Shape};
use super::text::plural;
use super::what_if_text::{best, makes_more, mean_text, net_text};
use crate::domain::KnobName;
use crate::simulate::{VariantFacts, WhatIfFacts};

/// For each knob that alone makes variants, and changes anything, the difference in net P&L over its values with
/// the interval.
pub(super) fn what_if_charts(facts: &WhatIfFacts) -> Vec<(KnobName, Chart)> {
    KnobName::ALL.into_iter().filter_map(|name| Some((name, chart(facts, name)?))).collect()
}

fn chart(facts: &WhatIfFacts, name: KnobName) -> Option<Chart> {
    let value_of = |variant: &VariantFacts| match variant.settings.as_slice() {
        [(knob, value)] if *knob == name => Some(*value),
        _ => None,
    };
    let swept: Vec<(f64, &VariantFacts)> =
        facts.variants.iter().filter_map(|variant| Some((value_of(variant)?, variant))).collect();
    let gap = |variant: &VariantFacts| variant.comparison.pnl.value;
    if swept.len() < 2 {
        return None;
    }
    let now = facts.now[name];
    let best = best(swept.iter().map(|(_, variant)| *variant))?;
    let looked = plural(swept.len() as u64, "value");
    let comparison = &best.comparison;
    let text = if makes_more(comparison) {
        format!(
            "The green line is the value in force, {now}. Of {looked} the best per trade is {}, {}: {}; {}.",
            value_of(best)?,
            comparison.verdict.as_str(),
            mean_text(&comparison.expectancy),
            net_text(comparison, &facts.currency)
        )
    } else {
        format!(
            "The green line is the value in force, {now}. None of {looked} would have made more per trade."
        )
    };
    // Where no value has an interval it is said why.
    let why = swept.iter().find_map(|(_, variant)| variant.comparison.pnl.interval.as_ref().err());
    let has_any = swept.iter().any(|(_, variant)| variant.comparison.pnl.interval.is_ok());
    let text = match why.filter(|_| !has_any) {
        Some(why) => format!("{text} No interval: {why}."),
        None => text,
    };
    let points = swept
        .iter()
        .filter_map(|(x, variant)| {
            Some(CurvePoint { x: *x, y: gap(variant)?, band: variant.comparison.pnl.bounds() })
        })
        .collect();
    Some(Chart {
        title: format!("{} ({})", name.as_str(), facts.currency),
        text,
        scale: Scale::Money,
        shape: Shape::Curve { points, now: Some(now) },
    })
}
