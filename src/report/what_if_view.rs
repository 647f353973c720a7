//! `what-if`: what other knobs would have brought, how sure that is, and where the model is not the engine.

use std::collections::BTreeMap;

use super::grid::{Cell, Column, Grid, View};
use super::text::{plural, signed};
use super::what_if_payload::payload;
use crate::domain::{Knob, KnobName, PerKnob, Window};
use crate::metrics::{Metric, Performance, Unit};
use crate::simulate::{
    BOOTSTRAP_SEED, Closing, Comparison, Cycle, DecisionLog, Disposition, Inconclusive, Mismatch, RESAMPLES,
    ReplayedEntry, Verdict,
};

/// Records that are named in the table; JSON names all.
const NAMED: usize = 5;

/// Cells of a curve.
const CELLS: usize = 25;

/// A variant with what became of it.
#[derive(Clone, Debug)]
pub struct WhatIfVariant<'a> {
    /// Its knobs; the others are as they were.
    pub settings: Vec<(KnobName, f64)>,
    /// Its figures.
    pub performance: Performance,
    /// Beside what happened.
    pub comparison: Comparison,
    /// The fate of every record.
    pub dispositions: &'a [ReplayedEntry<'a>],
}

/// What there is to tell.
#[derive(Clone, Debug)]
pub struct WhatIfData<'a> {
    /// The days.
    pub window: Window,
    /// The account's currency.
    pub currency: String,
    /// The account's capital.
    pub capital: f64,
    /// The engine's cycle.
    pub cycle: Cycle,
    /// What was offered to the engine.
    pub decision_log: &'a DecisionLog,
    /// The knob of a sweep.
    pub sweep: Option<Knob>,
    /// The knobs that are in force now.
    pub now: PerKnob<f64>,
    /// What happened.
    pub base: Performance,
    /// Records for which the model under the knobs in force does what happened.
    pub reproduced: usize,
    /// The variants.
    pub variants: Vec<WhatIfVariant<'a>>,
    /// Sessions of the tape.
    pub sessions: usize,
    /// Signals without an outcome.
    pub without_outcome: u64,
    /// Signals whose outcome carries no costs.
    pub without_costs: u64,
    /// Below this confidence no signal is kept.
    pub min_missed_confidence: f64,
}

/// `DT_MAX_POSITIONS=2, DT_STOP_LOSS_PCT=0.015`.
fn name_of(settings: &[(KnobName, f64)]) -> String {
    let of = |(name, value): &(KnobName, f64)| format!("{}={value}", name.as_str());
    settings.iter().map(of).collect::<Vec<_>>().join(",")
}

/// `+12.30 USD in 22 sessions (-4.00 to +28.60)`, or why there is no interval.
pub(super) fn gap_text(comparison: &Comparison, currency: &str) -> String {
    let sessions = plural(comparison.sessions as u64, "session");
    let value = comparison.pnl.value.map_or("–".into(), |value| signed(value, 2));
    match &comparison.pnl.interval {
        Ok((low, high)) => {
            format!("{value} {currency} in {sessions} ({} to {})", signed(*low, 2), signed(*high, 2))
        }
        Err(why) => format!("{value} {currency} in {sessions}, no interval: {why}"),
    }
}

/// The two ends of an interval as cells.
pub(super) fn ends(interval: Option<(f64, f64)>, of: fn(f64) -> Cell) -> [Cell; 2] {
    interval.map_or([Cell::Absent, Cell::Absent], |(low, high)| [of(low), of(high)])
}

fn lead(data: &WhatIfData<'_>) -> String {
    let looked = data.variants.len();
    let currency = &data.currency;
    if data.decision_log.slots().is_empty() {
        return "No trade and no missed signal in the window: name more days with --days, or record some with `dtlearn record-exit`.".into();
    }
    if let [only] = data.variants.as_slice() {
        let (now, before) = (only.performance.trades(), data.base.trades());
        let trades = if now == before {
            format!("{} as before", plural(now, "trade"))
        } else {
            format!("{} instead of {before}", plural(now, "trade"))
        };
        return format!(
            "{}: {}: {}, {trades}",
            name_of(&only.settings),
            only.comparison.verdict.as_str(),
            gap_text(&only.comparison, currency)
        );
    }
    let best = data.variants.iter().max_by(|a, b| {
        let of = |variant: &WhatIfVariant<'_>| variant.comparison.pnl.value.unwrap_or(f64::NEG_INFINITY);
        of(a).total_cmp(&of(b))
    });
    let Some(best) = best else { return String::new() };
    if data.variants.iter().all(|variant| variant.comparison.different == 0) {
        return format!("Unclear: under none of {looked} variants does any record come out otherwise");
    }
    let count =
        |word: Verdict| data.variants.iter().filter(|variant| variant.comparison.verdict == word).count();
    let are = |n: usize| if n == 1 { "is" } else { "are" };
    let (better, worse) = (count(Verdict::Better), count(Verdict::Worse));
    let clear = match (better, worse) {
        (0, 0) => format!("None of {looked} variants is clearly better or worse than what was in force"),
        (0, n) => format!(
            "None of {looked} variants is clearly better than what was in force, {n} {} clearly worse",
            are(n)
        ),
        (n, 0) => format!("{n} of {looked} variants {} clearly better than what was in force", are(n)),
        (n, m) => format!(
            "{n} of {looked} variants {} clearly better than what was in force, {m} {} clearly worse",
            are(n),
            are(m)
        ),
    };
    match brings_more(&best.comparison) {
        true => {
            format!(
                "{clear}; {} brings most: {}",
                name_of(&best.settings),
                gap_text(&best.comparison, currency)
            )
        }
        false => format!("{clear}; nothing looked at brings more than what was in force"),
    }
}

/// Whether a variant brings more than what was in force, to the cent that is shown.
pub(super) fn brings_more(comparison: &Comparison) -> bool {
    comparison.pnl.value.is_some_and(|value| value >= 0.005)
}

/// Where a difference lies beside zero, with its interval: `├──●──┤` around `│`.
fn curve(comparison: &Comparison, reach: f64) -> String {
    let place = |value: f64| {
        let share = if reach > 0.0 { (value / reach).clamp(-1.0, 1.0) } else { 0.0 };
        (((share + 1.0) / 2.0) * (CELLS - 1) as f64).round() as usize
    };
    let mut cells = [' '; CELLS];
    if let Ok((low, high)) = comparison.pnl.interval {
        let (low, high) = (place(low).min(CELLS - 1), place(high).min(CELLS - 1));
        cells[low..=high].fill('─');
        (cells[low], cells[high]) = ('├', '┤');
    }
    let zero = &mut cells[CELLS / 2];
    *zero = if *zero == ' ' { '│' } else { '┼' };
    cells[place(comparison.pnl.value.unwrap_or(0.0)).min(CELLS - 1)] = '●';
    cells.iter().collect()
}

/// The run of the figures over the variants, each between its lowest and its highest.
fn curves_grid(data: &WhatIfData<'_>) -> Grid {
    let metrics = [Metric::ExpectancyPct, Metric::TotalPnl, Metric::TotalTrades, Metric::DrawdownUsd];
    let row = |metric: Metric| {
        let values: Vec<Option<f64>> =
            data.variants.iter().map(|variant| variant.performance.get(metric).ok()).collect();
        let known = || values.iter().flatten().copied();
        let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
        let level =
            |value: f64| if high > low { ((value - low) / (high - low) * 7.0).round() as usize } else { 0 };
        let spark = |value: &Option<f64>| {
            value.map_or(' ', |value| ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'][level(value).min(7)])
        };
        let shown = |value: f64| match metric.unit() {
            _ if !value.is_finite() => Cell::Absent,
            Unit::Fraction => Cell::Text(format!("{:.3}%", value * 100.0)),
            unit => Cell::metric(Ok(value), unit, false),
        };
        vec![
            Cell::Text(heading(metric, &data.currency)),
            Cell::Text(values.iter().map(spark).collect()),
            shown(low),
            shown(high),
        ]
    };
    Grid {
        title: None,
        columns: vec![
            Column::fixed("figure", "", 0),
            Column::fixed("curve", "Over the variants", 0),
            Column::number("low", "lowest", 1),
            Column::number("high", "highest", 1),
        ],
        rows: metrics.into_iter().map(row).collect(),
        empty: String::new(),
    }
}

fn variants_grid(data: &WhatIfData<'_>) -> Grid {
    let mut columns = vec![
        Column::fixed("variant", "Variant", 0),
        Column::number("trades", "Trades", 1),
        Column::number("expectancy_pct", "Mean", 2),
        Column::number("net_pnl", &format!("Net P&L ({})", data.currency), 1),
        Column::number("drawdown_usd", "Drawdown", 3),
        Column::number("pnl_difference", "Difference", 0),
        Column::number("pnl_difference_low", "from", 2),
        Column::number("pnl_difference_high", "to", 2),
        Column::fixed("verdict", "Verdict", 0),
        Column::fixed("curve", "Difference around zero", 2),
    ];
    if let Some(knob) = &data.sweep {
        columns[0] = Column::fixed("variant", knob.name.as_str(), 0);
    }
    let of = |performance: &Performance, metric: Metric, signed: bool| {
        Cell::metric(performance.get(metric), metric.unit(), signed)
    };
    let reach = data
        .variants
        .iter()
        .flat_map(|variant| {
            let pnl = &variant.comparison.pnl;
            let (low, high) = pnl.interval.clone().unwrap_or((0.0, 0.0));
            [low.abs(), high.abs(), pnl.value.unwrap_or(0.0).abs()]
        })
        .fold(0.0, f64::max);
    let figures = |performance: &Performance| {
        [
            Cell::Count(performance.trades()),
            of(performance, Metric::ExpectancyPct, true),
            of(performance, Metric::TotalPnl, true),
            of(performance, Metric::DrawdownUsd, false),
        ]
    };
    let mut rows = vec![
        [Cell::Text("as it was".into())]
            .into_iter()
            .chain(figures(&data.base))
            .chain([Cell::Absent, Cell::Absent, Cell::Absent, Cell::Absent, Cell::Absent])
            .collect::<Vec<Cell>>(),
    ];
    for variant in &data.variants {
        let comparison = &variant.comparison;
        let name = match (&data.sweep, variant.settings.as_slice()) {
            (Some(knob), [(name, value)]) => {
                let is_now = data.now[*name] == *value;
                let default = knob.default == *value;
                let mark = if is_now {
                    " (now)"
                } else if default {
                    " (default)"
                } else {
                    ""
                };
                format!("{value}{mark}")
            }
            _ => name_of(&variant.settings),
        };
        let [low, high] = ends(comparison.pnl.bounds(), Cell::Money);
        rows.push(
            [Cell::Text(name)]
                .into_iter()
                .chain(figures(&variant.performance))
                .chain([
                    comparison.pnl.value.map_or(Cell::Absent, Cell::Money),
                    low,
                    high,
                    Cell::Text(comparison.verdict.as_str().into()),
                    Cell::Text(curve(comparison, reach)),
                ])
                .collect(),
        );
    }
    Grid { title: None, columns, rows, empty: String::new() }
}

fn heading(metric: Metric, currency: &str) -> String {
    match metric.unit() {
        Unit::Money => format!("{} ({currency})", metric.heading()),
        _ => metric.heading().to_owned(),
    }
}

/// The only variant beside what happened, figure by figure.
fn beside_grid(data: &WhatIfData<'_>, variant: &WhatIfVariant<'_>) -> Grid {
    let comparison = &variant.comparison;
    let shown = [
        (Metric::TotalTrades, None),
        (Metric::WinRate, None),
        (Metric::TotalPnl, Some((&comparison.pnl, Cell::Money as fn(f64) -> Cell))),
        (Metric::ExpectancyUsd, None),
        (Metric::ExpectancyPct, Some((&comparison.expectancy, Cell::Change as fn(f64) -> Cell))),
        (Metric::ProfitFactor, None),
        (Metric::DrawdownUsd, Some((&comparison.drawdown, Cell::Money as fn(f64) -> Cell))),
        (Metric::DrawdownPct, None),
    ];
    let signed = |metric| matches!(metric, Metric::TotalPnl | Metric::ExpectancyUsd | Metric::ExpectancyPct);
    let rows = shown.into_iter().map(|(metric, difference)| {
        let of =
            |performance: &Performance| Cell::metric(performance.get(metric), metric.unit(), signed(metric));
        let [low, high] = difference.map_or([Cell::Absent, Cell::Absent], |(gap, of)| ends(gap.bounds(), of));
        let gap = difference.and_then(|(gap, of)| gap.value.map(of)).unwrap_or(Cell::Absent);
        vec![
            Cell::Text(heading(metric, &data.currency)),
            of(&data.base),
            of(&variant.performance),
            gap,
            low,
            high,
        ]
    });
    Grid {
        title: None,
        rows: rows.collect(),
        columns: vec![
            Column::fixed("metric", "", 0),
            Column::number("as_it_was", "As it was", 0),
            Column::number("what_if", "What if", 0),
            Column::number("difference", "Difference", 0),
            Column::number("low", "from", 1),
            Column::number("high", "to", 1),
        ],
        empty: String::new(),
    }
}

/// What becomes of the records: by fate and reason, their number and result.
pub(super) fn dispositions(
    variant: &WhatIfVariant<'_>,
) -> BTreeMap<(u8, &'static str, &'static str), (u64, f64)> {
    let mut found: BTreeMap<(u8, &'static str, &'static str), (u64, f64)> = BTreeMap::new();
    for replayed in variant.dispositions {
        let (rank, disposition, why) = fate_of(replayed);
        let entry = found.entry((rank, disposition, why)).or_default();
        entry.0 += 1;
        entry.1 += replayed.disposition.closed().map_or(0.0, |closed| closed.pnl);
    }
    found
}

pub(super) fn fate_of(replayed: &ReplayedEntry<'_>) -> (u8, &'static str, &'static str) {
    match &replayed.disposition {
        Disposition::Kept(_) => (0, "kept", "as it was"),
        Disposition::Changed(closed) => (
            1,
            "changed",
            match closed.closing {
                Closing::AsItWas => "another size",
                other => other.as_str(),
            },
        ),
        Disposition::Dropped(gate) => (2, "dropped", gate.as_str()),
        Disposition::Admitted(gate, _) => (3, "admitted", gate.as_str()),
        Disposition::Refused(gate) => (4, "not traded", gate.as_str()),
        Disposition::WithoutOutcome => (5, "no outcome", "would be taken, result unknown"),
    }
}

fn fates_grid(data: &WhatIfData<'_>, variant: &WhatIfVariant<'_>) -> Grid {
    let rows = dispositions(variant).into_iter().map(|((_, disposition, why), (n, pnl))| {
        let pnl = if matches!(disposition, "kept" | "changed" | "admitted") {
            Cell::Money(pnl)
        } else {
            Cell::Absent
        };
        vec![Cell::Text(disposition.into()), Cell::Text(why.into()), Cell::Count(n), pnl]
    });
    Grid {
        title: Some("What becomes of the records".into()),
        rows: rows.collect(),
        columns: vec![
            Column::fixed("fate", "Fate", 0),
            Column::text("reason", "By", 0),
            Column::number("n", "n", 0),
            Column::number("net_pnl", &format!("Net P&L ({})", data.currency), 0),
        ],
        empty: String::new(),
    }
}

pub(super) fn inconclusive(variant: &WhatIfVariant<'_>) -> Vec<(Inconclusive, u64)> {
    let asks = |name: KnobName| variant.settings.iter().any(|(known, _)| *known == name);
    let of_time = [KnobName::MaxPositions, KnobName::MinGap, KnobName::MaxOrders].into_iter().any(asks);
    let why = |replayed: &ReplayedEntry<'_>| -> Vec<Inconclusive> {
        let record = &replayed.slot.record;
        let level = replayed.disposition.closed().and_then(|closed| closed.inconclusive);
        let confidence = asks(KnobName::MinConfidence) && record.confidence.is_none();
        let time = of_time && !record.timed;
        level
            .into_iter()
            .chain(confidence.then_some(Inconclusive::NoConfidence))
            .chain(time.then_some(Inconclusive::NoEntryTime))
            .collect()
    };
    let all: Vec<Inconclusive> = variant.dispositions.iter().flat_map(why).collect();
    let count = |wanted: Inconclusive| all.iter().filter(|why| **why == wanted).count() as u64;
    Inconclusive::ALL.into_iter().map(|why| (why, count(why))).filter(|(_, n)| *n > 0).collect()
}

pub(super) fn mismatch_text(mismatch: &Mismatch<'_>) -> String {
    let gates: Vec<&str> = mismatch.gates.iter().map(|gate| gate.as_str()).collect();
    let (id, gates) = (mismatch.id, gates.join(" and "));
    if !mismatch.taken {
        return format!("{id} was refused for {gates}, which would have let it through");
    }
    let past = (!gates.is_empty()).then(|| format!("was traded past {gates}"));
    let odd = mismatch.contradictions.iter().map(|odd| odd.as_str().to_owned());
    format!("{id} {}", past.into_iter().chain(odd).collect::<Vec<_>>().join(" and "))
}

fn notes(data: &WhatIfData<'_>, view: &mut View) {
    let records = data.decision_log.slots().len();
    let mismatches: Vec<Mismatch<'_>> = data.decision_log.mismatches().collect();
    if mismatches.is_empty() {
        view.notes.push(format!(
            "Under the knobs in force the model does what happened, in all of {}.",
            plural(records as u64, "record")
        ));
    } else {
        let named: Vec<String> = mismatches.iter().take(NAMED).map(mismatch_text).collect();
        let more = mismatches.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; {more} more in --format json") } else { String::new() };
        view.notes.push(format!(
            "Under the knobs on record the model is not the engine in {} of {records} records, which count as they happened whatever the knobs: {}{more}. What the engine really ran on can be said with --in-force.",
            mismatches.len(),
            named.join("; ")
        ));
    }
    let mut abstaining: BTreeMap<Inconclusive, u64> = BTreeMap::new();
    for (why, n) in data.variants.iter().flat_map(inconclusive) {
        let most = abstaining.entry(why).or_default();
        *most = n.max(*most);
    }
    for (why, n) in abstaining {
        let most = if data.variants.len() > 1 { "at most " } else { "" };
        let records = plural(n, "record");
        view.notes.push(format!("Abstaining, which counts as it was: {most}{records} ({}).", why.as_str()));
    }
    let lowers =
        data.variants.iter().flat_map(|variant| &variant.settings).any(|(name, value)| {
            *name == KnobName::MinConfidence && *value < data.now[KnobName::MinConfidence]
        });
    if lowers {
        view.notes.push(format!(
            "Signals below a confidence of {} are not recorded (min_missed_confidence): what a lower minimum would have let in of them is not known.",
            data.min_missed_confidence
        ));
    }
    if data.without_outcome > 0 {
        view.notes.push(format!(
            "{} no outcome yet and cannot be let in: `dtlearn analyze --prices` gives them one.",
            if data.without_outcome == 1 {
                "1 missed signal has".into()
            } else {
                format!("{} missed signals have", data.without_outcome)
            }
        ));
    }
    let admits = data.variants.iter().any(|variant| {
        variant.dispositions.iter().any(|replayed| matches!(replayed.disposition, Disposition::Admitted(..)))
    });
    if admits && data.without_costs > 0 {
        view.notes.push(format!(
            "{} no costs: set commission_bps and slippage_bps in dtlearn.toml, or what is let in looks too good.",
            if data.without_costs == 1 { "1 missed signal carries".into() } else { format!("{} missed signals carry", data.without_costs) }
        ));
    }
    let looked = data.variants.len();
    let corrected = if looked > 1 { ", and the intervals are wider for it" } else { "" };
    view.notes.push(format!(
        "{} looked at{corrected}. 95 % intervals of the difference from a paired bootstrap by session, seed {BOOTSTRAP_SEED}, {RESAMPLES} resamples; the verdict is that of the net P&L.",
        plural(looked as u64, "variant")
    ));
    view.notes.push(
        "What a tape cannot know (fills, market impact, what was never recorded): man dtlearn-whatif(7)."
            .into(),
    );
}

/// Builds the view.
pub fn what_if_view(data: &WhatIfData<'_>) -> View {
    let mut view = View { name: "what-if", ..View::default() };
    view.lead.push(lead(data));
    let grid = variants_grid(data);
    if !data.decision_log.slots().is_empty() {
        match data.variants.as_slice() {
            [only] => {
                view.grids.push(beside_grid(data, only));
                view.grids.push(fates_grid(data, only));
            }
            _ => {
                view.grids.push(curves_grid(data));
                view.grids.push(grid.clone());
            }
        }
        notes(data, &mut view);
    }
    view.records = grid;
    view.payload = payload(data);
    view
}
