//! `report missed`: what each gate cost or saved.

use serde_json::{Map, Value as Json, json};

use super::compare_view::{CompareData, compare_view};
use super::grid::{Cell, Column, Grid, View};
use super::text::{amount, plural, scratch_note};
use crate::decide::{Suggestion, suggestions};
use crate::domain::Date;
use crate::files::missed_json::{group, missed_groups_json, suggestions_json, verdict};
use crate::metrics::{HoldCounts, MissedDimension, MissedGroupTotals, MissedTotals};

/// What `report missed` found.
#[derive(Clone, Debug)]
pub enum MissedReport {
    /// The signals of a window.
    All(Box<MissedData>),
    /// Two groups of them against each other.
    Compared(Box<CompareData>),
}

/// The missed signals of a window.
#[derive(Clone, Debug)]
pub struct MissedData {
    /// What they come to.
    pub totals: MissedTotals,
    /// The date of the oldest that waits for prices.
    pub oldest: Option<Date>,
    /// The days of the window; none for all.
    pub days: Option<u16>,
    /// The account's currency.
    pub currency: String,
    /// Up to which result a position counts as neither won nor lost, a fraction of the position.
    pub scratch_frac: f64,
}

/// Builds the view of what was found.
pub fn missed_report_view(report: &MissedReport) -> View {
    let data = match report {
        MissedReport::All(data) => data,
        MissedReport::Compared(data) => return compare_view(data),
    };
    let mut view = missed_view(&data.totals, data.oldest, data.days, &data.currency);
    view.notes.extend(scratch_note(data.scratch_frac).filter(|_| data.totals.all.n > 0));
    view
}

/// The bound nearer to zero of what a gate cost or saved; zero where neither is clear.
fn sure_part(tally: &MissedGroupTotals) -> f64 {
    match tally.mean_interval() {
        Ok((low, ..)) if low > 0.0 => low,
        Ok((.., high)) if high < 0.0 => -high,
        _ => 0.0,
    }
}

/// The groups of a grouping, those first whose gate clearly cost most.
fn ranked(totals: &MissedTotals, dimension: MissedDimension) -> Vec<(&String, &MissedGroupTotals)> {
    let mut groups: Vec<(&String, &MissedGroupTotals)> = totals.groups(dimension).collect();
    groups.sort_by(|a, b| {
        let sure = sure_part(b.1).total_cmp(&sure_part(a.1));
        sure.then(b.1.n.cmp(&a.1.n)).then(a.0.cmp(b.0))
    });
    if dimension == MissedDimension::Confidence {
        // Bands have an order of their own.
        groups.sort_by_key(|(band, _)| band.parse::<u32>().unwrap_or(u32::MAX));
    }
    groups
}

/// What the gates whose name begins so cost or saved, a line each.
pub(super) fn gate_words(totals: &MissedTotals, begin: &str) -> Vec<String> {
    let of = MissedDimension::Reason;
    let named = ranked(totals, of).into_iter().filter(|(gate, _)| gate.starts_with(begin));
    named
        .map(|(gate, tally)| match verdict(of, tally) {
            Some(word) => format!("{gate}: {word}"),
            None => gate.clone(),
        })
        .collect()
}

fn grid(totals: &MissedTotals, dimension: MissedDimension, currency: &str) -> Grid {
    let groups = ranked(totals, dimension);
    let mut columns = vec![
        Column::text("key", dimension.heading(), 0),
        Column::number("n", "n", 0),
        Column::number("win_rate", "Win rate", 0),
        Column::number("win_rate_low", "from", 2),
        Column::number("win_rate_high", "to", 2),
        Column::number("mean_pnl_pct", "Mean", 0),
        Column::number("mean_pnl_pct_low", "from", 3),
        Column::number("mean_pnl_pct_high", "to", 3),
        Column::number("total_pnl_usd", &format!("Total ({currency})"), 1),
    ];
    if dimension == MissedDimension::Reason {
        columns.push(Column::fixed("verdict", "Gate", 1));
    }
    let rows = groups.into_iter().map(|(key, tally)| {
        let rate = tally.win_rate();
        let mean = tally.mean_interval();
        let share = |value: Result<f64, _>| value.map_or_else(Cell::Undefined, Cell::Share);
        let change = |value: Result<f64, _>| value.map_or_else(Cell::Undefined, Cell::Change);
        let mut row = vec![
            Cell::Text(key.clone()),
            Cell::Count(tally.n),
            share(rate.map(|r| r.point)),
            share(rate.map(|r| r.low)),
            share(rate.map(|r| r.high)),
            change(tally.mean()),
            change(mean.map(|m| m.0)),
            change(mean.map(|m| m.2)),
            tally.total_usd().map_or_else(Cell::Undefined, Cell::Money),
        ];
        row.extend(verdict(dimension, tally).map(|word| Cell::Text(word.into())));
        row
    });
    Grid { title: Some(dimension.heading().into()), rows: rows.collect(), columns, empty: String::new() }
}

/// A suggestion in words.
pub(super) fn sentence(s: &Suggestion) -> String {
    let percent = |share: f64| (share * 100.0).round();
    let (suggested, doubt) = if s.is_evidence {
        (format!("{} {}", s.direction.as_str(), s.knob), "")
    } else {
        (format!("{} may be too strict", s.knob), " (not significant yet)")
    };
    format!(
        "{suggested}: of {} refused for {}, {} % would have won ({}–{} %), {:+.2} % in the mean{doubt}",
        plural(s.n, "signal"),
        s.reason,
        percent(s.win_rate.point),
        percent(s.win_rate.low),
        percent(s.win_rate.high),
        s.mean * 100.0,
    )
}

/// What was missed, in a line or two; `oldest` is the date of the oldest pending signal.
pub(super) fn missed_lead(totals: &MissedTotals, oldest: Option<Date>, currency: &str) -> Vec<String> {
    let since = oldest.map(|oldest| format!(", the oldest since {}", oldest)).unwrap_or_default();
    if totals.all.n == 0 {
        return vec![format!(
            "{} waiting for prices{since}: price them with `dtlearn analyze --prices FILE`.",
            plural(totals.pending, "missed signal")
        )];
    }
    let each = match totals.sizes_usd.map(|(low, high)| (low.round(), high.round())) {
        Some((low, high)) if low < high => format!(" at {low} to {high} {currency} per position"),
        Some((size, _)) => format!(" at {size} {currency} per position"),
        None => String::new(),
    };
    let rate = totals.all.win_rate().ok().map(|rate| format!("; {:.1} % would have won", rate.point * 100.0));
    let mut lead = vec![format!(
        "{} not taken would have {}{each}{}",
        plural(totals.all.n, "signal"),
        match totals.all.total_usd() {
            Ok(total) if total < 0.0 => format!("lost {} {currency}", amount(-total)),
            Ok(total) => format!("made {} {currency}", amount(total)),
            Err(why) => format!("brought an unknown amount ({why})"),
        },
        rate.unwrap_or_default(),
    )];
    if totals.pending > 0 {
        lead.push(format!("{} still waiting for prices{since}", totals.pending));
    }
    lead
}

/// How hypothetical positions are left: `its stop or target, else after 26 minutes (812), at the close (3)`.
pub(super) fn left_words(holds: &HoldCounts) -> String {
    let of = |(minutes, n): (&Option<u64>, &u64)| match minutes {
        Some(minutes) => format!("after {} ({n})", plural(*minutes, "minute")),
        None => format!("at the close ({n})"),
    };
    let mut holds: Vec<_> = holds.iter().collect();
    holds.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let more = holds.len().saturating_sub(3);
    let mut said: Vec<String> = holds.into_iter().take(3).map(of).collect();
    said.extend((more > 0).then(|| format!("{more} more")));
    format!("its stop or target, else {}", said.join(", "))
}

/// How the positions are left that hypothetical figures speak of: after how many minutes where no level closes them, null at
/// the close, and how many.
pub(super) fn holds_json(holds: &HoldCounts) -> Json {
    holds.iter().map(|(minutes, n)| json!({"minutes": minutes, "n": n})).collect()
}

/// The same in a sentence.
pub(super) fn policy_note(holds: &HoldCounts) -> Option<String> {
    (!holds.is_empty()).then(|| {
        format!(
            "Exit policy, frozen with each signal as the engine left its own trades: {}.",
            left_words(holds)
        )
    })
}

/// What hypothetical results are after.
fn costs_note(totals: &MissedTotals) -> String {
    let Some(costs) = totals.mean_costs() else {
        return "Hypothetical results are before costs: neither the settings nor own trades say what a round trip costs."
            .into();
    };
    let without = match totals.without_costs {
        0 => String::new(),
        n => format!("; of {} no costs are known", plural(n, "signal")),
    };
    format!(
        "Hypothetical results are after what a round trip costs: {:.3} % of the position{without}.",
        100.0 * costs
    )
}

/// Where holding to the close would have said the opposite.
fn old_policy_notes(totals: &MissedTotals) -> impl Iterator<Item = String> {
    totals.groups(MissedDimension::Reason).filter_map(|(reason, tally)| {
        let (mean, to_close) = (tally.mean().ok()?, tally.mean_to_close().ok()?);
        let percent = |frac: f64| format!("{} %", super::text::signed(frac * 100.0, 3));
        (mean * to_close < 0.0).then(|| {
            format!(
                "{reason}: {} a signal; held to the close, which the engine does not do, it would read {}.",
                percent(mean),
                percent(to_close)
            )
        })
    })
}

/// Builds the view of a window of `days` (none for all); `oldest` is the oldest pending signal.
pub(super) fn missed_view(
    totals: &MissedTotals,
    oldest: Option<Date>,
    days: Option<u16>,
    currency: &str,
) -> View {
    let mut view = View { name: "report.missed", ..View::default() };
    if totals.total == 0 {
        view.lead.push(
            "No missed signals in this span: the engine records them with `dtlearn track-missed`.".into(),
        );
    } else {
        view.lead = missed_lead(totals, oldest, currency);
    }
    if totals.all.n > 0 {
        view.lead.extend(suggestions(totals).iter().map(sentence));
        view.grids.extend(totals.dimensions().map(|dimension| grid(totals, dimension, currency)));
        if totals.is_of_desks() {
            let of_one = "Which knob to move is for each desk to say: dtlearn --root DIR report missed.";
            view.notes.push(of_one.into());
        }
        if totals.is_part {
            view.notes.push("A knob acts on all signals: what to change is said without --where.".into());
        }
        view.notes.extend(policy_note(&totals.holds));
        view.notes.extend(old_policy_notes(totals));
        view.notes.push(format!(
            "{} `cost` and `saved` only where the 95 % interval of the mean excludes zero.",
            costs_note(totals)
        ));
    }
    let records = every_group(totals);
    view.records = flat(&records);
    view.payload.insert("unevaluated_count".into(), totals.pending.into());
    let share = totals.all.win_rate().ok().map(|rate| 100.0 * rate.point);
    let by_reason = missed_groups_json(totals, MissedDimension::Reason);
    view.payload.insert(
        "patterns".into(),
        json!({
            "total_evaluated": totals.all.n,
            "profitable_missed_pct": share,
            "missed_pnl_usd": totals.all.total_usd().ok(),
            "costs_frac": totals.mean_costs(),
            "left_after": holds_json(&totals.holds),
            "without_costs": totals.without_costs,
            "suggestions": suggestions_json(totals),
            "by_reason": by_reason,
            "groups": records,
        }),
    );
    view.payload.insert("days".into(), days.map_or(json!("all"), Json::from));
    view.payload.insert("suggestions".into(), suggestions_json(totals));
    view
}

fn every_group(totals: &MissedTotals) -> Vec<Map<String, Json>> {
    let mut records = Vec::new();
    for dimension in totals.dimensions() {
        for (key, tally) in totals.groups(dimension) {
            let mut record = Map::new();
            record.insert("grouping".into(), dimension.key().into());
            record.insert("key".into(), key.as_str().into());
            record.append(&mut group(dimension, tally));
            records.push(record);
        }
    }
    records
}

fn flat(records: &[Map<String, Json>]) -> Grid {
    let keys = [
        "grouping",
        "key",
        "n",
        "wins",
        "win_rate",
        "win_rate_low",
        "win_rate_high",
        "mean_pnl_pct",
        "mean_pnl_pct_low",
        "mean_pnl_pct_high",
        "total_pnl_pct",
        "total_pnl_usd",
        "verdict",
    ];
    let cell = |value: Option<&Json>| match value {
        Some(Json::String(text)) => Cell::Text(text.clone()),
        Some(Json::Number(number)) => {
            number.as_u64().map_or_else(|| number.as_f64().map_or(Cell::Absent, Cell::Ratio), Cell::Count)
        }
        _ => Cell::Absent,
    };
    Grid {
        columns: keys.iter().map(|key| Column::text(key, key, 0)).collect(),
        rows: records.iter().map(|record| keys.iter().map(|key| cell(record.get(*key))).collect()).collect(),
        ..Grid::default()
    }
}
