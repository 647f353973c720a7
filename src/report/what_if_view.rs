//! `what-if`: what other knobs would have made, how sure that is, and where records do not fit the recorded knobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grid::View;
use super::missed_view::policy_note;
use super::text::plural;
use super::what_if_grids::{compared_grid, curves_grid, dispositions_grid, records_grid, variants_grid};
use super::what_if_payload::{late, payload};
use super::what_if_text::{
    best, left_out_notes, losing_text, makes_more, mean_text, mismatch_text, name_of, net_text,
};
use crate::domain::KnobName;
use crate::metrics::Performance;
use crate::simulate::{
    BOOTSTRAP_SEED, Inconclusive, RESAMPLES, VariantFacts, Verdict, WhatIfFacts, bound_counts,
};

/// Records that are named in the table; JSON names all.
const NAMED: usize = 5;

fn lead(facts: &WhatIfFacts) -> Vec<String> {
    if facts.decision_log.slots().is_empty() {
        return vec!["No trade and no missed signal in the window: name more days with --days, or record some with `dtlearn record-exit`.".into()];
    }
    let mut lead: Vec<String> = losing_text(&facts.actual, facts.actual_expectancy).into_iter().collect();
    match facts.variants.as_slice() {
        [only] => lead.extend(lead_of_one(facts, only)),
        _ => lead.extend(lead_of_many(facts)),
    }
    lead
}

fn lead_of_one(facts: &WhatIfFacts, variant: &VariantFacts) -> Vec<String> {
    let before = facts.actual.trades();
    let trades = match variant.run.performance.as_ref().map_or(before, Performance::trades) {
        now if now == before => format!("{} as before", plural(now, "trade")),
        now => format!("{} instead of {before}", plural(now, "trade")),
    };
    let comparison = &variant.comparison;
    vec![
        format!(
            "{}: {}: {}; {trades}",
            name_of(variant),
            comparison.verdict.as_str(),
            mean_text(&comparison.expectancy)
        ),
        format!("The account: {}.", net_text(comparison, &facts.currency)),
    ]
}

fn lead_of_many(facts: &WhatIfFacts) -> Vec<String> {
    let looked = facts.variants.len();
    let Some(best) = best(&facts.variants) else {
        return vec![format!("Unclear: no record comes out differently under any of {looked} variants")];
    };
    let count = |verdict: Verdict| {
        facts.variants.iter().filter(|variant| variant.comparison.verdict == verdict).count()
    };
    let are = |n: usize| if n == 1 { "is" } else { "are" };
    let (better, worse) = (count(Verdict::Better), count(Verdict::Worse));
    let clear = match (better, worse) {
        (0, 0) => {
            format!("None of {looked} variants is clearly better or worse per trade than the recorded knobs")
        }
        (0, n) => format!(
            "None of {looked} variants is clearly better per trade than the recorded knobs, {n} {} clearly worse",
            are(n)
        ),
        (n, 0) => {
            format!("{n} of {looked} variants {} clearly better per trade than the recorded knobs", are(n))
        }
        (n, m) => format!(
            "{n} of {looked} variants {} clearly better per trade than the recorded knobs, {m} {} clearly worse",
            are(n),
            are(m)
        ),
    };
    if !makes_more(&best.comparison) {
        return vec![format!("{clear}; none would have made more per trade")];
    }
    vec![format!(
        "{clear}; the highest is {}: {}; {}",
        name_of(best),
        mean_text(&best.comparison.expectancy),
        net_text(&best.comparison, &facts.currency)
    )]
}

/// What does not fit the recorded knobs.
fn mismatch_note(facts: &WhatIfFacts) -> String {
    let records = facts.decision_log.slots().len();
    let mismatches = facts.decision_log.mismatches().count();
    if mismatches == 0 {
        return format!(
            "Under the recorded knobs the model reproduces all of {}.",
            plural(records as u64, "record")
        );
    }
    let first = facts.decision_log.mismatches().take(NAMED);
    let named: Vec<String> = first.map(|mismatch| mismatch_text(&mismatch)).collect();
    let more = mismatches.saturating_sub(NAMED);
    let more = if more > 0 { format!("; {more} more in --format json") } else { String::new() };
    format!(
        "{} of {records} records do not fit the recorded knobs and are kept as they happened: {}{more}. If the engine ran on other knobs, say so with --in-force.",
        mismatches,
        named.join("; ")
    )
}

/// What says nothing about the variants.
fn inconclusive_notes(facts: &WhatIfFacts) -> impl Iterator<Item = String> {
    let mut most: BTreeMap<Inconclusive, u64> = BTreeMap::new();
    for (why, n) in facts.variants.iter().flat_map(|variant| variant.run.inconclusive.iter().copied()) {
        let known = most.entry(why).or_default();
        *known = n.max(*known);
    }
    let several = facts.variants.len() > 1;
    most.into_iter().map(move |(why, n)| {
        let up_to = if several { "up to " } else { "" };
        format!("Inconclusive, and kept as it happened: {up_to}{} ({}).", plural(n, "record"), why.as_str())
    })
}

/// What is known of the signals that a variant lets in.
fn missed_notes(facts: &WhatIfFacts) -> Vec<String> {
    let mut notes = Vec::new();
    let now = facts.now[KnobName::MinConfidence];
    let lowers = |(name, value): &(KnobName, f64)| *name == KnobName::MinConfidence && *value < now;
    if facts.variants.iter().flat_map(|variant| &variant.settings).any(lowers) {
        notes.push(format!(
            "Signals below a confidence of {} are not recorded (min_missed_confidence): what a lower minimum would have let through is unknown.",
            facts.min_missed_confidence
        ));
    }
    let signals = |n: u64| plural(n, "missed signal");
    notes.extend(left_out_notes(&facts.left_out));
    if facts.without_outcome > 0 {
        let has = if facts.without_outcome == 1 { "has" } else { "have" };
        notes.push(format!(
            "{} {has} no outcome yet and cannot be let in: `dtlearn analyze --prices` gives them one.",
            signals(facts.without_outcome)
        ));
    }
    let is_let_in = facts.variants.iter().any(|variant| variant.run.let_in > 0);
    notes.extend(policy_note(&facts.holds).filter(|_| is_let_in));
    if facts.without_costs > 0 && is_let_in {
        let carry = if facts.without_costs == 1 { "carries" } else { "carry" };
        notes.push(format!(
            "{} {carry} no costs: set commission_bps and slippage_bps in dtlearn.toml, or what is let in looks too good.",
            signals(facts.without_costs)
        ));
    }
    notes
}

/// How often each knob decided anything in the window: what never bound cannot matter at any value nearby.
fn bound_note(facts: &WhatIfFacts) -> String {
    let bound = bound_counts(facts.decision_log.slots());
    let (some, none): (Vec<KnobName>, Vec<KnobName>) =
        KnobName::ALL.into_iter().partition(|name| bound[*name] > 0);
    let some: Vec<String> = some.iter().map(|name| format!("{} {}", name.as_str(), bound[*name])).collect();
    let none: Vec<&str> = none.iter().map(|name| name.as_str()).collect();
    let mut text = format!(
        "Records that a knob decided: {}",
        if some.is_empty() { "none".into() } else { some.join(", ") }
    );
    if !none.is_empty() {
        text.push_str(&format!("; never: {}", none.join(", ")));
    }
    text.push('.');
    text
}

/// What cannot lift the figure that a verdict rests on; multipliers can, since they are not the same for all trades.
pub(super) const fn what_lifts(has_sizes: bool) -> &'static str {
    if has_sizes {
        " per unit of size, so neither one size for all nor randomly skipping trades looks like an improvement"
    } else {
        ", so neither sizing down nor randomly skipping trades looks like an improvement"
    }
}

pub(super) fn notes(facts: &WhatIfFacts) -> Vec<String> {
    let mut notes = vec![mismatch_note(facts), bound_note(facts)];
    notes.extend(inconclusive_notes(facts));
    notes.extend(missed_notes(facts));
    let has_sizes = facts.variants.iter().any(|variant| variant.multipliers);
    if has_sizes {
        notes.push(
            "Multipliers are those that the shadow of `dtlearn size` gave before each session, published or not; on record the engine's own."
                .into(),
        );
    }
    notes.push(
        "The mean of a trade counts each by its size: net result over the sum of the positions.".into(),
    );
    let looked = facts.variants.len();
    let corrected = if looked > 1 { "; the intervals are widened for that" } else { "" };
    notes.push(format!(
        "{} looked at{corrected}. 95 % intervals from a paired bootstrap by session, seed {BOOTSTRAP_SEED}, {RESAMPLES} resamples; the verdict is that of the mean result of a trade{}.",
        plural(looked as u64, "variant"),
        what_lifts(has_sizes)
    ));
    notes.push(
        "What records cannot know (fills, market impact, what was never recorded): man dtlearn-whatif(7)."
            .into(),
    );
    notes
}

/// What is said of the variants, without the table of all their figures.
pub(super) fn what_if_words(facts: &WhatIfFacts) -> View {
    let notes = if facts.decision_log.slots().is_empty() { Vec::new() } else { notes(facts) };
    View { name: "what-if", lead: lead(facts), notes, ..View::default() }
}

/// Builds the view.
pub fn what_if_view(facts: Arc<WhatIfFacts>) -> View {
    let mut view = what_if_words(&facts);
    if !facts.decision_log.slots().is_empty() {
        view.grids = match facts.variants.as_slice() {
            [only] => vec![compared_grid(&facts, only), dispositions_grid(&facts, only)],
            _ => vec![curves_grid(&facts), variants_grid(&facts)],
        };
    }
    view.records = records_grid(&facts);
    view.payload = payload(&facts);
    view.late = late(&facts);
    view
}
