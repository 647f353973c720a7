//! `what-if --all`: every knob over its range and every gate taken away, each by itself, and the one change that would have
//! made most per trade.

use std::sync::Arc;

use serde_json::json;

use super::grid::{Cell, Column, Grid, View};
use super::what_if_grids::records_grid;
use super::what_if_payload::{late, payload};
use super::what_if_text::{
    best, losing_text, makes_more, mean_text, name_of, net_text, per_trade, per_trade_interval,
};
use super::what_if_view::notes;
use crate::domain::KnobName;
use crate::simulate::{VariantFacts, Verdict, WhatIfFacts};

fn knob_of(variant: &VariantFacts) -> Option<(KnobName, f64)> {
    variant.settings.first().copied()
}

/// The variants that are a change at all: a sweep looks at the value in force too.
fn others(facts: &WhatIfFacts) -> impl Iterator<Item = &VariantFacts> + Clone {
    let is_other = |variant: &&VariantFacts| {
        let moves = |(knob, value): (KnobName, f64)| value.total_cmp(&facts.now[knob]).is_ne();
        variant.open.is_some() || knob_of(variant).is_some_and(moves)
    };
    facts.variants.iter().filter(is_other)
}

/// The one best single change, or that there is none.
fn lead(facts: &WhatIfFacts) -> Vec<String> {
    if facts.decision_log.slots().is_empty() {
        return vec!["No trade and no missed signal in the window: name more days with --days, or record some with `dtlearn record-exit`.".into()];
    }
    let mut lead: Vec<String> = losing_text(&facts.actual, facts.actual_expectancy).into_iter().collect();
    // As many as the intervals are widened for, the values of today among them.
    let looked = facts.variants.len();
    let words = |variant: &VariantFacts| {
        format!(
            "{}: {}; {}",
            name_of(variant),
            mean_text(&variant.comparison.expectancy),
            net_text(&variant.comparison, &facts.currency)
        )
    };
    lead.push(match best(others(facts)) {
        None => format!("Unclear: no record comes out differently under any of {looked} variants"),
        Some(one) if one.comparison.verdict == Verdict::Better => {
            format!("Of {looked} variants the one best change is {}", words(one))
        }
        Some(one) if makes_more(&one.comparison) => format!(
            "Of {looked} variants no single change is clearly better per trade; the highest is {}",
            words(one)
        ),
        Some(_) => format!("Of {looked} variants no single change would have made more per trade"),
    });
    lead
}

fn knobs_grid(facts: &WhatIfFacts) -> Grid {
    let columns = vec![
        Column::fixed("knob", "Knob", 0),
        Column::number("now", "Now", 0),
        Column::number("value", "Best", 0),
        Column::number("difference", "Per trade", 0),
        Column::number("interval", "95 % interval", 1),
        Column::fixed("verdict", "Verdict", 0),
        Column::number("pnl_difference", &format!("P&L ({})", facts.currency), 2),
    ];
    let row = |name: KnobName| {
        let of_knob = |variant: &&VariantFacts| knob_of(variant).is_some_and(|(knob, _)| knob == name);
        let found = best(others(facts).filter(of_knob));
        let text = |text: Option<String>| text.map_or(Cell::Absent, Cell::Text);
        let gap = found.map(|variant| &variant.comparison.expectancy);
        vec![
            Cell::Text(name.as_str().into()),
            Cell::Setting(facts.now[name]),
            found.and_then(knob_of).map_or(Cell::Absent, |(_, value)| Cell::Setting(value)),
            text(gap.and_then(|gap| gap.value).map(per_trade)),
            text(gap.and_then(|gap| gap.bounds()).map(per_trade_interval)),
            Cell::Text(found.map_or("changes nothing", |variant| variant.comparison.verdict.as_str()).into()),
            found.and_then(|variant| variant.comparison.pnl.value).map_or(Cell::Absent, Cell::Money),
        ]
    };
    Grid {
        title: Some("The best value of each knob by itself".into()),
        columns,
        rows: KnobName::ALL.into_iter().map(row).collect(),
        empty: String::new(),
    }
}

/// What each gate would have let in, had it refused nobody.
fn gates_grid(facts: &WhatIfFacts) -> Grid {
    let columns = vec![
        Column::fixed("gate", "Gate", 0),
        Column::number("let_in", "Let in", 0),
        Column::number("difference", "Per trade", 0),
        Column::number("interval", "95 % interval", 1),
        Column::fixed("verdict", "Without it", 0),
        Column::number("pnl_difference", &format!("P&L ({})", facts.currency), 2),
    ];
    let text = |text: Option<String>| text.map_or(Cell::Absent, Cell::Text);
    let row = |variant: &VariantFacts| {
        let of = &variant.comparison;
        let changes = of.different > 0;
        Some(vec![
            Cell::Text(variant.open.as_ref()?.as_str().into()),
            Cell::Count(variant.run.let_in),
            text(of.expectancy.value.filter(|_| changes).map(per_trade)),
            text(of.expectancy.bounds().map(per_trade_interval)),
            Cell::Text(if changes { of.verdict.as_str() } else { "changes nothing" }.into()),
            of.pnl.value.filter(|_| changes).map_or(Cell::Absent, Cell::Money),
        ])
    };
    Grid {
        title: Some("Each gate taken away by itself".into()),
        columns,
        rows: facts.variants.iter().filter_map(row).collect(),
        empty: "No signal of the window was refused for a reason.".into(),
    }
}

/// Builds the view; the variants are those of every knob over its range, and of every gate taken away.
pub fn what_if_all_view(facts: Arc<WhatIfFacts>) -> View {
    let mut view = View { name: "what-if", lead: lead(&facts), ..View::default() };
    if !facts.decision_log.slots().is_empty() {
        view.grids = vec![knobs_grid(&facts), gates_grid(&facts)];
        view.notes.push(
            "Each change was looked at alone, and the intervals count all of them: two changes together are not the sum of both. Make one, and test it with `dtlearn experiment plan`. Without a gate the others still ask; what each refused by itself brought or cost is in `dtlearn report missed`."
                .into(),
        );
        view.notes.extend(notes(&facts));
    }
    view.records = records_grid(&facts);
    view.payload = payload(&facts);
    let one = best(others(&facts)).filter(|one| one.comparison.verdict == Verdict::Better);
    let change = one.and_then(|one| match &one.open {
        Some(gate) => Some(json!({"open": gate.as_str()})),
        None => knob_of(one).map(|(name, value)| json!({"knob": name.as_str(), "value": value})),
    });
    view.payload.insert("best_change".into(), change.unwrap_or(serde_json::Value::Null));
    view.late = late(&facts);
    view
}
