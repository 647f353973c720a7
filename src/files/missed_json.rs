//! Groups of missed signals and what they suggest, as `missed_analysis.json` and payloads give them.

use serde_json::{Map, Value as Json, json};

use crate::decide::{gate_verdict, suggestions};
use crate::metrics::{MissedDimension, MissedGroupTotals, MissedTotals};

/// The groups of a grouping, each with n, win rate and interval, mean and total.
pub(crate) fn missed_groups_json(totals: &MissedTotals, dimension: MissedDimension) -> Json {
    let groups =
        totals.groups(dimension).map(|(key, tally)| (key.clone(), Json::Object(group(dimension, tally))));
    Json::Object(groups.collect())
}

/// A group with n, wins, win rate, mean and total.
pub(crate) fn group(dimension: MissedDimension, tally: &MissedGroupTotals) -> Map<String, Json> {
    let rate = tally.win_rate().ok();
    let interval = tally.mean_interval().ok();
    let fields = json!({
        "n": tally.n,
        "wins": tally.wins,
        "win_rate": rate.map(|r| r.point),
        "win_rate_low": rate.map(|r| r.low),
        "win_rate_high": rate.map(|r| r.high),
        "mean_pnl_pct": tally.mean().ok(),
        "mean_pnl_pct_low": interval.map(|i| i.0),
        "mean_pnl_pct_high": interval.map(|i| i.2),
        "mean_pnl_pct_held_to_close": tally.mean_to_close().ok(),
        "total_pnl_pct": tally.total().ok(),
        "total_pnl_usd": tally.total_usd().ok(),
        "verdict": verdict(dimension, tally),
    });
    match fields {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

/// The word for a gate. Only a reason is a gate: of twenty-odd symbols one would look clear by luck alone.
pub(crate) fn verdict(dimension: MissedDimension, tally: &MissedGroupTotals) -> Option<&'static str> {
    (dimension == MissedDimension::Reason).then(|| gate_verdict(tally).as_str())
}

/// Suggestions as payloads give them.
pub(crate) fn suggestions_json(totals: &MissedTotals) -> Json {
    let told = suggestions(totals).into_iter().map(|s| {
        json!({
            "reason": s.reason, "knob": s.knob, "direction": s.direction.as_str(), "n": s.n,
            "mean_pnl_pct": s.mean, "evidence": s.is_evidence,
            "win_rate": s.win_rate.point, "win_rate_low": s.win_rate.low, "win_rate_high": s.win_rate.high,
        })
    });
    Json::Array(told.collect())
}
