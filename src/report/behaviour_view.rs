//! `report behaviour`: when results are better or worse than the rest.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::interval_bar::{axis, interval_bar};
use super::text::plural;
use crate::metrics::{Behaviour, BehaviourVerdict, Situation};

/// Trades and sessions from which on an hour of a weekday has a figure. A word takes as many as elsewhere: with fewer, noise has
/// one too often.
const LEAST_OF_CELL: (u64, u64) = (15, 8);

/// Letters of an interval.
const BAR: usize = 17;

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
    matches!(group.verdict, BehaviourVerdict::Better | BehaviourVerdict::Worse)
}

fn lead(groups: &[Behaviour], trades: u64) -> Vec<String> {
    if trades == 0 {
        return vec![
            "No trades in this span: look further back with --days N, or at everything with --days all."
                .into(),
        ];
    }
    let clear: Vec<&Behaviour> = groups.iter().filter(|group| is_clear(group)).collect();
    let judged = groups.iter().filter(|group| group.verdict != BehaviourVerdict::TooFew).count() as u64;
    if clear.is_empty() {
        return vec![format!(
            "Nothing stands out in {}: {} compared",
            plural(trades, "trade"),
            plural(judged, "group")
        )];
    }
    let sentence = |group: &&Behaviour| {
        let points = group.difference.as_ref().map_or(0.0, |found| found.value * 100.0);
        let digits = if points.abs() < 0.1 { 3 } else { 2 };
        let word = if points < 0.0 { "worse" } else { "better" };
        format!(
            "{}: {:.digits$} points a trade {word} than the rest (n {})",
            subject(group),
            points.abs(),
            group.n
        )
    };
    clear.iter().map(sentence).collect()
}

/// What a group is, at the beginning of a sentence.
fn subject(group: &Behaviour) -> String {
    let name = shown_name(group);
    match (group.situation, name) {
        (Situation::After, "none closed yet") => "Trades before any other of the day was closed".into(),
        (Situation::After | Situation::Holiday, _) => format!("Trades {name}"),
        (Situation::TradeOfDay, "later") => "Later than the 10th entry of the day".into(),
        (Situation::TradeOfDay, "first") => "First trades of the day".into(),
        (Situation::TradeOfDay, _) => format!("The {name} entry of the day"),
        (Situation::PartOfSession, "between") => "Between the first and the last hour".into(),
        (Situation::PartOfSession, "outside of the session") => "Outside of the session".into(),
        (Situation::PartOfSession, _) => format!("In the {name}"),
        (Situation::Weekday, _) => format!("On {name}"),
        (Situation::Hour | Situation::WeekdayHour, _) => format!("Entered in the hour from {name}"),
        (Situation::Hold, _) => format!("Held {name}"),
    }
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
            Cell::Text(if group.verdict == BehaviourVerdict::TooFew {
                String::new()
            } else {
                interval_bar(gap.map(|gap| gap.value), interval, reach, BAR)
            }),
            Cell::Text(group.verdict.as_str().into()),
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
            Column::number("win_rate", "Win rate", 2),
            Column::number("mean_pct", "Mean", 0),
            Column::number("difference_pct", "− rest", 0),
            Column::fixed("interval", "95 % interval", 1),
            Column::fixed("verdict", "Verdict", 0),
            Column::number("low", "from", 3),
            Column::number("high", "to", 3),
            Column::number("pnl", "P&L", 4),
        ],
        rows: groups.iter().map(row).collect(),
        empty: String::new(),
    }
}

/// Weekdays by hours: what each cell makes beyond the rest, or how few trades it has.
fn cells_grid(groups: &[&Behaviour]) -> Grid {
    let split = |group: &Behaviour| {
        shown_name(group).split_once(' ').map(|(day, hour)| (day.to_owned(), hour.to_owned()))
    };
    let mut hours: Vec<String> = groups.iter().filter_map(|group| Some(split(group)?.1)).collect();
    hours.sort();
    hours.dedup();
    // They come in the order of the week.
    let mut days: Vec<String> = groups.iter().filter_map(|group| Some(split(group)?.0)).collect();
    days.dedup();
    let cell = |day: &String, hour: &String| {
        let found = groups.iter().find(|group| split(group).as_ref() == Some(&(day.clone(), hour.clone())));
        let Some(group) = found else { return Cell::Text("few".into()) };
        let points = group.difference.as_ref().ok();
        let points = points.filter(|found| group.n >= LEAST_OF_CELL.0 && found.days >= LEAST_OF_CELL.1);
        Cell::Text(match points {
            Some(found) => format!("{:+.2}{}", found.value * 100.0, if is_clear(group) { "*" } else { "" }),
            None => format!("n {}", group.n),
        })
    };
    let mut columns = vec![Column::fixed("weekday", "", 0)];
    columns.extend(hours.iter().map(|hour| Column::number(hour, hour, 0)));
    Grid {
        title: Some("Weekday and hour of the entry: points a trade beyond the rest; * clearly".into()),
        columns,
        rows: days
            .iter()
            .map(|day| {
                std::iter::once(Cell::Text(day.clone()))
                    .chain(hours.iter().map(|hour| cell(day, hour)))
                    .collect()
            })
            .collect(),
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
        "verdict": group.verdict.as_str(),
    })
}

/// Builds the view of groups among so many trades.
pub fn behaviour_view(groups: &[Behaviour], trades: u64, days: Option<u16>) -> View {
    let mut view = View { name: "report.behaviour", lead: lead(groups, trades), ..View::default() };
    let reach = axis(groups.iter().filter(|group| group.verdict != BehaviourVerdict::TooFew).map(|group| {
        let gap = group.difference.as_ref().ok();
        (gap.map(|gap| gap.value), gap.map(|gap| gap.interval()))
    }));
    for situation in Situation::ALL {
        let of: Vec<&Behaviour> = groups.iter().filter(|group| group.situation == situation).collect();
        if !of.is_empty() {
            let is_cells = situation == Situation::WeekdayHour;
            view.grids.push(if is_cells { cells_grid(&of) } else { grid(situation, &of, reach) });
        }
    }
    let all: Vec<&Behaviour> = groups.iter().collect();
    view.records = grid(Situation::After, &all, reach).without("interval");
    if groups.iter().any(|group| group.situation == Situation::WeekdayHour) {
        view.notes.push(
            "Of a weekday's hour a figure takes 15 trades in 8 sessions, a verdict 30 as elsewhere: n is how many there are, few is below 10."
                .into(),
        );
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Market, Timestamp, TradeDetail};
    use crate::metrics::behaviours;

    /// Monday's first hour earns 1 % in each of ten weeks, thrice; Tuesday's has twelve trades; Tuesday's second hour has two.
    #[test]
    fn a_cell_with_too_few_trades_says_how_many() {
        let open = Timestamp::parse("2026-03-09T13:30:00Z").unwrap();
        let trade = |day: i64, minute: i64, pnl_frac: f64| {
            let at = |minute: i64| Timestamp::from_micros(open.plus_days(day).micros() + minute * 60_000_000);
            let position_id = format!("{day}:{minute}").into();
            TradeDetail {
                entry_time: Some(at(minute)),
                position_id,
                ..TradeDetail::of_result(at(minute + 5), pnl_frac)
            }
        };
        let mut trades = Vec::new();
        for week in 0..10 {
            let noise = 0.0001 * (week % 3) as f64;
            trades.extend(
                [0.01 + noise, 0.01 - noise, 0.01]
                    .iter()
                    .zip(0..)
                    .map(|(made, at)| trade(7 * week, 10 * at, *made)),
            );
            trades.push(trade(7 * week + 1, 0, noise));
            trades.extend((week < 2).then(|| trade(7 * week + 1, 10, 0.0)));
            trades.extend((week < 2).then(|| trade(7 * week + 1, 60, 0.0)));
            trades.extend((0..3).map(|at| trade(7 * week + 2, 10 * at, -0.001 * (at as f64) + noise)));
        }
        let view = behaviour_view(&behaviours(&trades, &Market::default()), trades.len() as u64, None);
        let grid = view
            .grids
            .iter()
            .find(|grid| grid.title.as_deref().is_some_and(|title| title.contains("; *")))
            .unwrap();
        let row = |day: &str| grid.rows.iter().find(|row| row[0] == Cell::Text(day.into())).unwrap();
        // 14 trades of Tuesday at about 0 and 30 of Wednesday at −0.1 % or so: some 1.06 points.
        assert!(
            matches!(&row("Mon")[1], Cell::Text(text) if text.starts_with("+1.0") && text.ends_with('*')),
            "{grid:?}"
        );
        assert_eq!(row("Tue")[1], Cell::Text("n 12".into()));
        assert!(grid.columns.len() == 2 && view.notes[0].contains("15 trades in 8 sessions"));
    }
}
