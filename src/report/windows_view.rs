//! `report history --by`: the groups of a grouping, several spans of days side by side.

use serde_json::{Map, Value as Json};

use super::grid::{Cell, Column, Grid, View};
use super::metrics_view::{is_signed, ordered};
use super::text::{crowded_notes, gain, plural};
use crate::domain::Window;
use crate::files::performance_json::group_figures_json;
use crate::metrics::{Dimension, GroupPerformance, Metric, Performance};

/// Groups of the table; the machine formats have all.
const GROUPS_SHOWN: usize = 25;

/// What is said of a group in a span: the metric, its heading, and how early the column goes where there is no room.
const SAID: [(Metric, &str, u8); 4] = [
    (Metric::TotalTrades, "n", 0),
    (Metric::ExpectancyPct, "Mean", 0),
    (Metric::TotalPnl, "P&L", 1),
    (Metric::WinRate, "Won", 2),
];

fn days_of(window: Window) -> String {
    window.days().map_or_else(|| "all".into(), |days| format!("{days} d"))
}

/// What a span says of a group. Of so many groups that some are added up under `other`, this one may be among them.
fn cells(performance: &Performance, dimension: Dimension, key: &str) -> impl Iterator<Item = Cell> {
    let group = performance.group(dimension, key);
    let is_told = performance.crowded().all(|crowded| crowded != dimension);
    SAID.into_iter().map(move |(metric, ..)| match group {
        // Without a trade there is nothing but their number.
        None if metric == Metric::TotalTrades && is_told => Cell::Count(0),
        None => Cell::Absent,
        Some(group) => Cell::metric(group.get(metric), metric.unit(), is_signed(metric)),
    })
}

/// The figures of a group in each span; null where it has no trade that is told apart.
fn group_json(spans: &[(Window, Performance)], dimension: Dimension, key: &str) -> Json {
    let one = |(window, performance): &(Window, Performance)| {
        (window.key(), performance.group(dimension, key).map_or(Json::Null, group_figures_json))
    };
    let mut row: Map<String, Json> = spans.iter().map(one).collect();
    row.insert("key".into(), key.into());
    row.into()
}

/// Builds the view of spans of days, in the order in which they were asked for. The groups are those of the longest,
/// the ones with the most trades first.
pub fn windows_view(spans: &[(Window, Performance)], dimension: Dimension, currency: &str) -> View {
    view_of(spans, dimension, (dimension.word(), dimension.heading()), currency)
}

/// As [`windows_view`], of groups that stand where strategies do: the words of a field that no figure is kept of.
pub fn words_view(spans: &[(Window, Performance)], field: &'static str, currency: &str) -> View {
    let heading = if field == "tags" { "Tag" } else { "Account" };
    let mut view = view_of(spans, Dimension::Strategy, (field, heading), currency);
    if field == "tags" && !view.grids.is_empty() {
        // Those with several are counted in each.
        view.lead.clear();
        view.notes.insert(0, "A trade with several tags is in the group of each.".into());
    }
    view
}

fn lead(widest: Window, most: &Performance, groups: usize, currency: &str) -> String {
    let total = most
        .get(Metric::TotalPnl)
        .map_or_else(|_| String::new(), |pnl| format!(", {} {currency}", gain(pnl)));
    format!(
        "{}: {} in {}{total}",
        days_of(widest),
        plural(most.trades(), "trade"),
        plural(groups as u64, "group")
    )
}

fn view_of(
    spans: &[(Window, Performance)],
    dimension: Dimension,
    (word, heading): (&str, &str),
    currency: &str,
) -> View {
    let mut view = View { name: "report.history", ..View::default() };
    let Some((widest, most)) = spans.iter().max_by_key(|(window, _)| window.days().unwrap_or(u16::MAX))
    else {
        return view;
    };
    view.payload.insert("by".into(), word.into());
    let groups = ordered(most, dimension);
    let rows: Vec<Json> = groups.iter().map(|group| group_json(spans, dimension, &group.key)).collect();
    view.payload.insert("groups".into(), rows.into());
    if groups.is_empty() {
        view.lead.push(
            "No trades in these days: look further back with --windows 7,30,all, or record some with `dtlearn record-exit`."
                .into(),
        );
        return view;
    }
    view.lead.push(lead(*widest, most, groups.len(), currency));
    let mut columns = vec![Column::text("key", heading, 0)];
    for (window, _) in spans {
        for (metric, heading, rank) in SAID {
            let key = format!("{}_{}", metric.name(), window.key());
            columns.push(Column::number(&key, &format!("{heading} {}", days_of(*window)), rank));
        }
    }
    let row = |group: &&GroupPerformance| {
        let of = |(_, performance): &(Window, Performance)| {
            cells(performance, dimension, &group.key).collect::<Vec<_>>()
        };
        std::iter::once(Cell::Text(group.key.clone())).chain(spans.iter().flat_map(of)).collect()
    };
    let all: Vec<Vec<Cell>> = groups.iter().map(row).collect();
    let mut title = heading.to_owned();
    if all.len() > GROUPS_SHOWN {
        title = format!("{title}, the {GROUPS_SHOWN} with the most trades of {}", all.len());
    }
    let shown = all.iter().take(GROUPS_SHOWN).cloned().collect();
    view.records = Grid { title: None, columns: columns.clone(), rows: all, empty: String::new() };
    view.grids.push(Grid { title: Some(title), columns, rows: shown, empty: String::new() });
    view.notes.push(
        "Each span holds the shorter ones, so that their figures are not independent. Whether a group differs from the rest is what `dtlearn report behaviour` and `dtlearn report patterns` judge."
            .into(),
    );
    view.notes.extend(crowded_notes(most));
    if dimension == Dimension::Hold {
        view.notes.push("How long a trade was held is known only afterwards.".into());
    }
    view
}
