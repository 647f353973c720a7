//! `report behaviour`: when results are better or worse than the rest.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::interval_bar::{axis, interval_bar};
use super::text::plural;
use crate::metrics::{Behaviour, BehaviourWord, Situation};

/// Letters of an interval.
const BAR: usize = 21;

/// A group's name without the number that keeps it in its place.
pub(super) fn shown_name(group: &Behaviour) -> &str {
    let name = group.name.as_str();
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    match group.situation {
        Situation::Weekday | Situation::WeekdayHour => rest.trim_start(),
        _ => rest.strip_prefix(": ").unwrap_or(name),
    }
}

fn is_clear(group: &Behaviour) -> bool {
    matches!(group.word, BehaviourWord::Better | BehaviourWord::Worse)
}

fn lead(groups: &[Behaviour], trades: u64) -> Vec<String> {
    if trades == 0 {
        return vec![
            "No trades in this span: look further back with --days N, or at all with --days all.".into(),
        ];
    }
    let clear: Vec<&Behaviour> = groups.iter().filter(|group| is_clear(group)).collect();
    let judged = groups.iter().filter(|group| group.word != BehaviourWord::TooFew).count() as u64;
    if clear.is_empty() {
        return vec![format!(
            "Nothing stands out in {}: {} compared",
            plural(trades, "trade"),
            plural(judged, "group")
        )];
    }
    let sentence = |group: &&Behaviour| {
        let gap = group.difference.as_ref().map_or(0.0, |found| found.value);
        format!(
            "{} {}: {:+.3} % a trade against the rest (n {})",
            group.situation.heading(),
            shown_name(group),
            gap * 100.0,
            group.n
        )
    };
    clear.iter().map(sentence).collect()
}

fn grid(situation: Situation, groups: &[&Behaviour], reach: (f64, f64)) -> Grid {
    let row = |group: &&Behaviour| {
        let gap = group.difference.as_ref().ok();
        let interval = gap.map(|gap| gap.interval());
        vec![
            Cell::Text(shown_name(group).to_owned()),
            Cell::Count(group.n),
            group.win_rate.as_ref().map_or(Cell::Absent, |rate| Cell::Share(rate.point)),
            group.mean.value.map_or(Cell::Absent, Cell::Change),
            gap.map_or(Cell::Absent, |gap| Cell::Change(gap.value)),
            Cell::Text(if group.word == BehaviourWord::TooFew {
                String::new()
            } else {
                interval_bar(gap.map(|gap| gap.value), interval, reach, BAR)
            }),
            Cell::Text(group.word.as_str().into()),
            interval.map_or(Cell::Absent, |interval| Cell::Change(interval.0)),
            interval.map_or(Cell::Absent, |interval| Cell::Change(interval.1)),
            Cell::Money(group.pnl),
        ]
    };
    Grid {
        title: Some(situation.heading().to_owned()),
        columns: vec![
            Column::text("name", "Group", 0),
            Column::number("trades", "n", 0),
            Column::number("win_rate", "Win rate", 1),
            Column::number("mean_pct", "Mean", 0),
            Column::number("difference_pct", "− rest", 0),
            Column::fixed("interval", "95 % interval", 1),
            Column::fixed("verdict", "Verdict", 0),
            Column::number("low", "from", 2),
            Column::number("high", "to", 2),
            Column::number("pnl", "P&L", 3),
        ],
        rows: groups.iter().map(row).collect(),
        empty: String::new(),
    }
}

fn group_json(group: &Behaviour) -> Json {
    let gap = group.difference.as_ref().ok();
    let interval = gap.map(|gap| gap.interval());
    let rate = group.win_rate.as_ref().ok();
    json!({
        "situation": group.situation.key(),
        "name": shown_name(group),
        "trades": group.n,
        "win_rate": rate.map(|rate| rate.point),
        "win_rate_low": rate.map(|rate| rate.low),
        "win_rate_high": rate.map(|rate| rate.high),
        "expectancy_pct": group.mean.value.ok(),
        "pnl": group.pnl,
        "difference_pct": gap.map(|gap| gap.value),
        "difference_low": interval.map(|interval| interval.0),
        "difference_high": interval.map(|interval| interval.1),
        "p": group.p,
        "verdict": group.word.as_str(),
    })
}

/// Builds the view of groups among so many trades.
pub fn behaviour_view(groups: &[Behaviour], trades: u64, days: Option<u16>) -> View {
    let mut view = View { name: "report.behaviour", lead: lead(groups, trades), ..View::default() };
    let reach = axis(groups.iter().filter(|group| group.word != BehaviourWord::TooFew).map(|group| {
        let gap = group.difference.as_ref().ok();
        (gap.map(|gap| gap.value), gap.map(|gap| gap.interval()))
    }));
    for situation in Situation::ALL {
        let of: Vec<&Behaviour> = groups
            .iter()
            .filter(|group| group.situation == situation)
            // Many cells, most of them thin.
            .filter(|group| situation != Situation::WeekdayHour || group.word != BehaviourWord::TooFew)
            .collect();
        if !of.is_empty() {
            view.grids.push(grid(situation, &of, reach));
        }
    }
    let all: Vec<&Behaviour> = groups.iter().collect();
    view.records = grid(Situation::After, &all, reach).without("interval");
    if !groups.is_empty() {
        view.notes.push(
            "− rest is the mean result less that of all other trades, with its 95 % interval by session; │ is zero. A verdict \
             takes 30 trades in 5 sessions, and counts every group on this page against itself: at most one verdict in twenty \
             is chance. How long a trade was held is known only afterwards."
                .into(),
        );
    }
    view.payload.insert("days".into(), days.map_or(json!("all"), Json::from));
    view.payload.insert("trades".into(), trades.into());
    view.payload.insert("groups".into(), groups.iter().map(group_json).collect::<Vec<_>>().into());
    view
}
