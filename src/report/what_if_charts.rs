//! The sweeps of `what-if` as curves for the page.

use super::chart::{Chart, CurvePoint, Scale, Shape};
use super::text::plural;
use super::what_if_view::{WhatIfData, WhatIfVariant, brings_more, gap_text};
use crate::domain::KnobName;

/// For each knob that alone makes variants, and changes anything, the difference in net P&L over its values with
/// the interval.
pub fn what_if_charts(data: &WhatIfData<'_>) -> Vec<(KnobName, Chart)> {
    KnobName::ALL.into_iter().filter_map(|name| Some((name, chart(data, name)?))).collect()
}

fn chart(data: &WhatIfData<'_>, name: KnobName) -> Option<Chart> {
    let value_of = |variant: &WhatIfVariant<'_>| match variant.settings.as_slice() {
        [(knob, value)] if *knob == name => Some(*value),
        _ => None,
    };
    let swept: Vec<(f64, &WhatIfVariant<'_>)> =
        data.variants.iter().filter_map(|variant| Some((value_of(variant)?, variant))).collect();
    let gap = |variant: &WhatIfVariant<'_>| variant.comparison.pnl.value;
    if swept.len() < 2 || swept.iter().all(|(_, variant)| variant.comparison.different == 0) {
        return None;
    }
    let now = data.now[name];
    let best = swept.iter().filter(|(_, variant)| gap(variant).is_some());
    let best = best.max_by(|a, b| gap(a.1).unwrap_or(0.0).total_cmp(&gap(b.1).unwrap_or(0.0)))?;
    let looked = plural(swept.len() as u64, "value");
    let text = if brings_more(&best.1.comparison) {
        format!(
            "In force {now}, the green line. Of {looked} the best is {}, {}: {}.",
            best.0,
            best.1.comparison.verdict.as_str(),
            gap_text(&best.1.comparison, &data.currency)
        )
    } else {
        format!("In force {now}, the green line. None of {looked} brings more than what was in force.")
    };
    let points = swept
        .iter()
        .filter_map(|(x, variant)| {
            Some(CurvePoint { x: *x, y: gap(variant)?, band: variant.comparison.pnl.interval.clone().ok() })
        })
        .collect();
    Some(Chart {
        title: format!("{} ({})", name.as_str(), data.currency),
        text,
        scale: Scale::Money,
        shape: Shape::Curve { points, now: Some(now) },
    })
}
