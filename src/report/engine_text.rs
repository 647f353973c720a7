//! The engine's results in plain words, the hardest first: what a trade makes, what the costs are, which group carries
//! the result.

use serde_json::{Value as Json, json};

use super::text::{plural, signed};
use super::what_if_text::{per_trade, per_trade_interval};
use crate::metrics::{EngineResults, GroupResult};

/// Groups that are named on each side.
const NAMED: usize = 2;

fn group_text(group: &GroupResult) -> String {
    let won = group.won.map_or_else(String::new, |(own, rest)| {
        format!("won {:.1} % against {:.1} %, ", 100.0 * own, 100.0 * rest)
    });
    let points = group.difference * 100.0;
    let word = if points < 0.0 { "less" } else { "more" };
    format!(
        "{}, {:.2} points {word} a trade ({won}mean {}, n {})",
        group.name,
        points.abs(),
        per_trade(group.mean),
        group.n
    )
}

fn named(groups: &[GroupResult]) -> String {
    groups.iter().take(NAMED).map(group_text).collect::<Vec<_>>().join("; ")
}

/// Whether the engine loses for certain, wins for certain, or neither.
pub(super) fn engine_status(results: &EngineResults) -> &'static str {
    match results.expectancy() {
        Some((_, (_, high))) if high < 0.0 => "losing",
        Some((_, (low, _))) if low > 0.0 => "winning",
        Some(_) => "unclear",
        None => "too few",
    }
}

/// The lines, of which the first goes on from "the engine"; none without trades.
pub(super) fn engine_lines(results: &EngineResults, days: u16, currency: &str) -> Vec<String> {
    let Some((mean, interval)) = results.expectancy() else { return Vec::new() };
    let does = match engine_status(results) {
        "losing" => "loses",
        "winning" => "makes money",
        _ => "neither clearly makes nor loses money",
    };
    let mut lines = vec![format!(
        "{does}: {} a trade after costs ({}, {} in {days} days)",
        per_trade(mean),
        per_trade_interval(interval),
        plural(results.n, "trade")
    )];
    if results.fees != 0.0 {
        let unknown = match results.without_fees {
            0 => String::new(),
            n => format!("; {} without fees on record", plural(n, "trade")),
        };
        lines.push(format!(
            "Before fees {} {currency}, fees {:.2}, after fees {}{unknown}",
            signed(results.gross(), 2),
            results.fees,
            signed(results.net, 2)
        ));
    } else if results.without_fees > 0 {
        lines.push("No fees on record: what a trade costs is not in these figures".into());
    }
    let (worse, better) = results.clear_groups();
    for (word, groups) in [("Clearly worse than the rest", worse), ("Clearly better than the rest", better)] {
        if !groups.is_empty() {
            lines.push(format!("{word}: {}", named(&groups)));
        }
    }
    lines
}

/// The same for JSON.
pub(super) fn engine_json(results: &EngineResults, days: u16) -> Json {
    let expectancy = results.expectancy();
    let (worse, better) = results.clear_groups();
    let groups = |groups: Vec<GroupResult>| -> Json {
        let of = |group: GroupResult| {
            json!({
                "group": group.name, "n": group.n, "mean_pnl_pct": group.mean,
                "mean_pnl_pct_low": group.interval.0, "mean_pnl_pct_high": group.interval.1,
                "difference_to_rest": group.difference,
                "win_rate": group.won.map(|(own, _)| own), "win_rate_rest": group.won.map(|(_, rest)| rest),
            })
        };
        groups.into_iter().map(of).collect()
    };
    json!({
        "status": engine_status(results),
        "days": days,
        "trades": results.n,
        "expectancy_pct": expectancy.map(|(mean, _)| mean),
        "expectancy_pct_low": expectancy.map(|(_, (low, _))| low),
        "expectancy_pct_high": expectancy.map(|(_, (_, high))| high),
        "gross_pnl": results.gross(),
        "fees": results.fees,
        "net_pnl": results.net,
        "trades_without_fees": results.without_fees,
        "groups_worse": groups(worse),
        "groups_better": groups(better),
    })
}
