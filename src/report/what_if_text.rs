//! The words of `what-if` and `replay`: a difference with its interval, what becomes of a record, why not.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::grid::Cell;
use super::text::{is_shown_as_zero, plural, signed};
use crate::domain::KnobName;
use crate::metrics::{Metric, Performance};
use crate::simulate::{
    Closing, Comparison, Difference, DispositionKind, LeftOut, Mismatch, ScenarioFacts, VariantFacts, Verdict,
};

/// A mean result of a trade: `+0.012 %`.
pub(super) fn per_trade(frac: f64) -> String {
    format!("{} %", signed(frac * 100.0, 3))
}

/// `-0.030 to +0.044 %`.
pub(super) fn per_trade_interval((low, high): (f64, f64)) -> String {
    format!("{} to {}", signed(low * 100.0, 3), per_trade(high))
}

/// `DT_MAX_POSITIONS=2,DT_STOP_LOSS_PCT=0.015,multipliers`.
pub(super) fn name_of(variant: &VariantFacts) -> String {
    let of = |(name, value): &(KnobName, f64)| format!("{}={value}", name.as_str());
    let multipliers = variant.multipliers.then(|| "multipliers".to_owned());
    let open = variant.open.as_ref().map(|gate| format!("open={}", gate.as_str()));
    variant.settings.iter().map(of).chain(multipliers).chain(open).collect::<Vec<_>>().join(",")
}

/// `mean per trade +0.012 % (-0.030 to +0.044 %)`, or why there is no interval.
pub(super) fn mean_text(difference: &Difference) -> String {
    let value = difference.value.map_or("–".into(), per_trade);
    match &difference.interval {
        Ok(interval) => format!("mean per trade {value} ({})", per_trade_interval(*interval)),
        Err(why) => format!("mean per trade {value}, no interval: {why}"),
    }
}

/// `, of which +430.10 from trading 60 % less`: what no choice of trades made.
pub(super) fn amount_text(comparison: &Comparison, shown: impl Fn(f64) -> String) -> String {
    let Some((pnl, ratio)) = comparison.exposure_pnl.zip(comparison.exposure_ratio) else {
        return String::new();
    };
    let pnl = shown(pnl);
    if is_shown_as_zero(&pnl) {
        return String::new();
    }
    let more = if ratio < 1.0 { "less" } else { "more" };
    format!(", of which {pnl} from trading {:.0} % {more}", (ratio - 1.0).abs() * 100.0)
}

/// `net P&L +463.96 USD in 65 sessions (+12.00 to +915.92), of which +430.10 from trading 60 % less`.
pub(super) fn net_text(comparison: &Comparison, currency: &str) -> String {
    let sessions = plural(comparison.sessions as u64, "session");
    let value = comparison.pnl.value.map_or("–".into(), |value| signed(value, 2));
    let interval = match comparison.pnl.bounds() {
        Some((low, high)) => format!(" ({} to {})", signed(low, 2), signed(high, 2)),
        None => String::new(),
    };
    let amount = amount_text(comparison, |pnl| signed(pnl, 2));
    format!("net P&L {value} {currency} in {sessions}{interval}{amount}")
}

/// What comes first of an engine whose trades lose: nothing that only trades less makes them better.
pub(super) fn losing_text(actual: &Performance, interval: Option<(f64, f64)>) -> Option<String> {
    let (mean, (low, high)) = (actual.get(Metric::ExpectancyPct).ok()?, interval?);
    (high < 0.0).then(|| {
        format!(
            "This engine loses: {} a trade after costs ({}, {}). Trading less always loses less here; a change counts as better only if the mean trade improves.",
            per_trade(mean),
            per_trade_interval((low, high)),
            plural(actual.trades(), "trade")
        )
    })
}

/// The two ends of an interval as cells.
pub(super) fn ends(interval: Option<(f64, f64)>, of: fn(f64) -> Cell) -> [Cell; 2] {
    interval.map_or([Cell::Absent, Cell::Absent], |(low, high)| [of(low), of(high)])
}

/// Whether a trade makes more under a variant than it did, to the digit that is shown.
pub(super) fn makes_more(comparison: &Comparison) -> bool {
    comparison.expectancy.value.is_some_and(|value| value >= 0.000_005)
}

/// What becomes of a record, in the order of reports, and by what.
pub(super) fn disposition_text(disposition: DispositionKind) -> (u8, &'static str, &'static str) {
    match disposition {
        DispositionKind::Kept => (0, "kept", "unchanged"),
        DispositionKind::Changed(closing) => (
            1,
            "changed",
            match closing {
                Closing::AsItWas => "another size",
                other => other.as_str(),
            },
        ),
        DispositionKind::Dropped(gate) => (2, "dropped", gate.as_str()),
        DispositionKind::Admitted(gate) => (3, "admitted", gate.as_str()),
        DispositionKind::Refused(gate) => (4, "not traded", gate.as_str()),
        DispositionKind::WithoutOutcome => (5, "no outcome", "would be taken, result unknown"),
    }
}

/// What happens to the records: their number and result.
pub(super) fn dispositions(variant: &VariantFacts) -> BTreeMap<(u8, &'static str, &'static str), (u64, f64)> {
    let of = |(kind, n, pnl): &(DispositionKind, u64, f64)| (disposition_text(*kind), (*n, *pnl));
    variant.run.dispositions.iter().map(of).collect()
}

/// How a record contradicts the recorded knobs.
pub(super) fn mismatch_text(mismatch: &Mismatch<'_>) -> String {
    let gates: Vec<&str> = mismatch.gates.iter().map(|gate| gate.as_str()).collect();
    let (id, gates) = (mismatch.id, gates.join(" and "));
    if !mismatch.taken {
        return format!("{id} was refused for {gates}, which should have let it through");
    }
    let past = (!gates.is_empty()).then(|| format!("was traded although {gates} should have refused it"));
    let odd = mismatch.contradictions.iter().map(|odd| odd.as_str().to_owned());
    format!("{id} {}", past.into_iter().chain(odd).collect::<Vec<_>>().join(" and "))
}

/// The best of some variants: one that is clearly better before any that is not, then by the mean of a trade; the
/// first of several that are equal, and none where no record comes out differently.
pub(super) fn best<'a>(variants: impl IntoIterator<Item = &'a VariantFacts>) -> Option<&'a VariantFacts> {
    let mean = |variant: &VariantFacts| variant.comparison.expectancy.value.unwrap_or(f64::NEG_INFINITY);
    let is_better = |variant: &VariantFacts| variant.comparison.verdict == Verdict::Better;
    let differ = variants.into_iter().filter(|variant| variant.comparison.different > 0);
    differ.reduce(|best, other| {
        let order = is_better(other).cmp(&is_better(best)).then(mean(other).total_cmp(&mean(best)));
        if order.is_gt() { other } else { best }
    })
}

/// The name of a scenario.
pub(super) fn scenario_name(scenario: &ScenarioFacts) -> String {
    let beside = if scenario.filter { " + model" } else { "" };
    let guard = if scenario.guard { " + guard" } else { "" };
    let sizes = if scenario.multipliers { " + sizes" } else { "" };
    format!("{}{beside}{guard}{sizes}", scenario.policy)
}

/// What is said of the records that are left out, because the engine made them on knobs of an experiment's arm.
pub(super) fn left_out_notes(left_out: &[LeftOut]) -> impl Iterator<Item = String> {
    left_out.iter().map(|of| {
        let is = if of.records == 1 { "is" } else { "are" };
        format!(
            "{} of the experiment {} {is} left out: the engine made them on knobs of an arm, which the brain file does not show.",
            plural(of.records, "record"),
            of.experiment
        )
    })
}

/// The same for programs.
pub(super) fn left_out_json(left_out: &[LeftOut]) -> Json {
    let one = |of: &LeftOut| json!({"experiment": of.experiment, "records": of.records});
    left_out.iter().map(one).collect()
}
