//! `what-if` as JSON: every figure, every record that does not fit, what becomes of every record that changes.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::late::{Late, Object, Objects};
use super::missed_view::holds_json;
use super::what_if_text::{disposition_text, dispositions, left_out_json, mismatch_text};
use crate::domain::{KnobName, Window};
use crate::files::performance_json::value_json;
use crate::metrics::{Metric, Performance};
use crate::simulate::{
    BOOTSTRAP_SEED, Comparison, Difference, Mismatch, RESAMPLES, ReplayedEntry, VariantFacts, WhatIfFacts,
    bound_counts,
};
use crate::store::StoreError;

fn difference_json(difference: &Difference) -> Json {
    json!({
        "value": difference.value,
        "low": difference.interval.as_ref().ok().map(|(low, _)| low),
        "high": difference.interval.as_ref().ok().map(|(_, high)| high),
        "reason": difference.interval.as_ref().err(),
    })
}

/// A comparison as payloads give it.
pub(super) fn comparison_json(comparison: &Comparison) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("verdict".into(), comparison.verdict.as_str().into());
    out.insert("sessions".into(), comparison.sessions.into());
    out.insert("sessions_different".into(), comparison.different.into());
    out.insert("net_pnl_difference".into(), difference_json(&comparison.pnl));
    out.insert("exposure_ratio".into(), comparison.exposure_ratio.into());
    out.insert("exposure_pnl_difference".into(), comparison.exposure_pnl.into());
    out.insert("expectancy_pct_difference".into(), difference_json(&comparison.expectancy));
    out.insert("drawdown_usd_difference".into(), difference_json(&comparison.drawdown));
    out
}

/// The figures of a run as payloads give them.
pub(super) fn figures_json(performance: &Performance) -> Json {
    let metrics = [
        Metric::TotalTrades,
        Metric::WinRate,
        Metric::TotalPnl,
        Metric::ExpectancyUsd,
        Metric::ExpectancyPct,
        Metric::ProfitFactor,
        Metric::DrawdownUsd,
        Metric::DrawdownPct,
    ];
    let of = |metric: Metric| (metric.name().to_owned(), value_json(performance.get(metric), metric.unit()));
    Json::Object(metrics.into_iter().map(of).collect())
}

fn variant_json(facts: &WhatIfFacts, variant: &VariantFacts) -> Object {
    let settings = variant.settings.iter().map(|(name, value)| (name.as_str().to_owned(), json!(value)));
    let mut out = Map::new();
    out.insert("settings".into(), Json::Object(settings.collect()));
    out.insert("multipliers".into(), variant.multipliers.into());
    out.insert("open".into(), variant.open.as_ref().map_or(Json::Null, |gate| gate.as_str().into()));
    out.extend(comparison_json(&variant.comparison));
    out.insert("figures".into(), variant.run.performance.as_ref().map_or(Json::Null, figures_json));
    let counts = dispositions(variant).into_iter().map(
        |((_, disposition, why), (n, pnl))| json!({"disposition": disposition, "by": why, "n": n, "net_pnl": pnl}),
    );
    out.insert("dispositions".into(), counts.collect());
    let inconclusive = variant.run.inconclusive.iter();
    let inconclusive = inconclusive.map(|(why, n)| json!({"why": why.as_str(), "n": n}));
    out.insert("inconclusive".into(), inconclusive.collect());
    let of = |replayed: ReplayedEntry<'_>| {
        let (_, disposition, why) = disposition_text(replayed.disposition.kind());
        let closed = replayed.disposition.closed();
        json!({
            "id": replayed.slot.record.id,
            "symbol": &*replayed.slot.record.symbol,
            "at": replayed.slot.record.at.to_string(),
            "disposition": disposition,
            "by": why,
            "net_pnl": closed.map(|closed| closed.pnl),
            "pnl_pct": closed.map(|closed| closed.pnl_frac),
        })
    };
    out.insert("records".into(), variant.run.changed(&facts.decision_log).map(of).collect());
    out
}

/// The variants, a hundred of which name many records.
struct Variants(Arc<WhatIfFacts>);

impl Objects for Variants {
    fn each(&self) -> Box<dyn Iterator<Item = Result<Object, StoreError>> + '_> {
        Box::new(self.0.variants.iter().map(|variant| Ok(variant_json(&self.0, variant))))
    }
}

/// The records that do not fit the recorded knobs, which may be all of them.
struct Mismatches(Arc<WhatIfFacts>);

impl Objects for Mismatches {
    fn each(&self) -> Box<dyn Iterator<Item = Result<Object, StoreError>> + '_> {
        Box::new(self.0.decision_log.mismatches().map(|mismatch| Ok(mismatch_json(&mismatch))))
    }
}

/// What of the payload is made when it is written.
pub(super) fn late(facts: &Arc<WhatIfFacts>) -> Vec<Late> {
    vec![
        Late::new("variants", false, Arc::new(Variants(Arc::clone(facts)))),
        Late::within("model", "mismatches", Arc::new(Mismatches(Arc::clone(facts)))),
    ]
}

fn mismatch_json(mismatch: &Mismatch<'_>) -> Object {
    let gates: Vec<&str> = mismatch.gates.iter().map(|gate| gate.as_str()).collect();
    let contradictions: Vec<&str> = mismatch.contradictions.iter().map(|odd| odd.as_str()).collect();
    let mut out = Object::new();
    for (key, value) in [
        ("id", mismatch.id.into()),
        ("traded", mismatch.taken.into()),
        ("gates", gates.into()),
        ("contradictions", contradictions.into()),
        ("what", mismatch_text(mismatch).into()),
    ] {
        out.insert(key.into(), value);
    }
    out
}

/// How many records each knob decided.
fn records_bound(facts: &WhatIfFacts) -> Json {
    let bound = bound_counts(facts.decision_log.slots());
    let of = |name: KnobName| (name.as_str().to_owned(), Json::from(bound[name]));
    Json::Object(KnobName::ALL.into_iter().map(of).collect())
}

/// The payload of the view.
pub(super) fn payload(facts: &WhatIfFacts) -> Map<String, Json> {
    let days = match facts.window {
        Window::Days(days) => Some(days),
        Window::Session { .. } | Window::All => None,
    };
    let records = facts.decision_log.slots().len();
    let interval = facts.actual_expectancy;
    let mut out = Map::new();
    for (key, value) in [
        ("days", Json::from(days)),
        ("sessions", facts.sessions.into()),
        ("capital_usd", facts.capital.into()),
        ("currency", facts.currency.as_str().into()),
        ("cycle_s", (facts.cycle.0 as f64 / 1e6).into()),
        ("seed", BOOTSTRAP_SEED.into()),
        ("resamples", RESAMPLES.into()),
        ("variants_looked_at", facts.variants.len().into()),
        ("sweep", facts.sweep.map(|knob| knob.name.as_str()).into()),
        (
            "model",
            json!({
                "records": records,
                "reproduced": records - facts.decision_log.mismatches().count(),
                "mismatches": null,
            }),
        ),
        ("records_bound", records_bound(facts)),
        ("left_out", left_out_json(&facts.left_out)),
        ("left_after", holds_json(&facts.holds)),
        ("actual", figures_json(&facts.actual)),
        (
            "actual_expectancy_pct_interval",
            json!({"low": interval.map(|of| of.0), "high": interval.map(|of| of.1)}),
        ),
        ("variants", Json::Null),
    ] {
        out.insert(key.into(), value);
    }
    out
}
