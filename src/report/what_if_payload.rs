//! `what-if` as JSON: every figure, every deviation of the model, the fate of every record that changes.

use serde_json::{Map, Value as Json, json};

use super::what_if_view::{WhatIfData, WhatIfVariant, dispositions, fate_of, inconclusive, mismatch_text};
use crate::domain::Window;
use crate::files::performance_json::value_json;
use crate::metrics::{Metric, Performance};
use crate::simulate::{
    BOOTSTRAP_SEED, Comparison, Difference, Disposition, Mismatch, RESAMPLES, ReplayedEntry,
};

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

fn variant_json(variant: &WhatIfVariant<'_>) -> Json {
    let settings = variant.settings.iter().map(|(name, value)| (name.as_str().to_owned(), json!(value)));
    let mut out = Map::new();
    out.insert("settings".into(), Json::Object(settings.collect()));
    out.extend(comparison_json(&variant.comparison));
    out.insert("figures".into(), figures_json(&variant.performance));
    let counts = dispositions(variant).into_iter().map(
        |((_, disposition, why), (n, pnl))| json!({"fate": disposition, "by": why, "n": n, "net_pnl": pnl}),
    );
    out.insert("fates".into(), counts.collect());
    let inconclusive = inconclusive(variant).into_iter().map(|(why, n)| json!({"why": why.as_str(), "n": n}));
    out.insert("abstained".into(), inconclusive.collect());
    let changed = variant.dispositions.iter().filter(|replayed| {
        matches!(
            replayed.disposition,
            Disposition::Changed(_)
                | Disposition::Dropped(_)
                | Disposition::Admitted(..)
                | Disposition::WithoutOutcome
        )
    });
    let of = |replayed: &ReplayedEntry<'_>| {
        let (_, disposition, why) = fate_of(replayed);
        let closed = replayed.disposition.closed();
        json!({
            "id": replayed.slot.record.id,
            "symbol": &*replayed.slot.record.symbol,
            "at": replayed.slot.record.at.to_string(),
            "fate": disposition,
            "by": why,
            "net_pnl": closed.map(|closed| closed.pnl),
            "pnl_pct": closed.map(|closed| closed.pnl_frac),
        })
    };
    out.insert("records".into(), changed.map(of).collect());
    Json::Object(out)
}

/// The payload of the view.
pub(super) fn payload(data: &WhatIfData<'_>) -> Map<String, Json> {
    let mut out = Map::new();
    let days = match data.window {
        Window::Days(days) => Some(days),
        Window::Session { .. } | Window::All => None,
    };
    out.insert("days".into(), days.into());
    out.insert("sessions".into(), data.sessions.into());
    out.insert("capital_usd".into(), data.capital.into());
    out.insert("currency".into(), data.currency.as_str().into());
    out.insert("cycle_s".into(), (data.cycle.0 as f64 / 1e6).into());
    out.insert("seed".into(), BOOTSTRAP_SEED.into());
    out.insert("resamples".into(), RESAMPLES.into());
    out.insert("variants_looked_at".into(), data.variants.len().into());
    out.insert("sweep".into(), data.sweep.map(|knob| knob.name.as_str()).into());
    let of = |mismatch: Mismatch<'_>| {
        let gates: Vec<&str> = mismatch.gates.iter().map(|gate| gate.as_str()).collect();
        let odds: Vec<&str> = mismatch.contradictions.iter().map(|odd| odd.as_str()).collect();
        json!({
            "id": mismatch.id,
            "traded": mismatch.taken,
            "gates": gates,
            "at_odds": odds,
            "what": mismatch_text(&mismatch),
        })
    };
    let model = json!({
        "records": data.decision_log.slots().len(),
        "as_it_happened": data.reproduced,
        "not_the_engine": data.decision_log.mismatches().map(of).collect::<Vec<_>>(),
    });
    out.insert("model".into(), model);
    out.insert("as_it_was".into(), figures_json(&data.base));
    out.insert("variants".into(), data.variants.iter().map(variant_json).collect());
    out
}
