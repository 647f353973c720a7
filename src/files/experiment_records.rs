//! The signals of a span of sessions with what became of each, joined by their ids from three logs.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::round_trip::round_trip;
use super::trades_in_window::each_trade;
use super::{Context, Reading};
use crate::decide::{Observation, Shadow, TradeResult};
use crate::domain::{Date, ExperimentUnit, MissedState, RiskCheck, Timestamp, Window};
use crate::learn::Costs;
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{JsonObject, StoredMissed, StoredOutcome, parse_object, read_stored_missed};

/// Which records.
pub(crate) struct Wanted<'a> {
    /// From the session of this date on.
    pub from: Date,
    /// The experiment whose arms records may name.
    pub name: &'a str,
    /// Its unit.
    pub unit: ExperimentUnit,
}

/// A trade's part of its signal.
struct TradePart {
    id: String,
    is_signal: bool,
    symbol: String,
    entered: Timestamp,
    arm: Option<String>,
    result: TradeResult,
}

/// What a line of signals or missed signals says.
struct SignalPart {
    id: String,
    symbol: String,
    at: Timestamp,
    arm: Option<String>,
    refused: Option<RiskCheck>,
    shadow: Option<Shadow>,
}

/// The signals of the sessions from `wanted.from` on.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn observations(
    context: &Context<'_>,
    wanted: &Wanted<'_>,
) -> Result<(Vec<Observation>, Reading), StoreError> {
    let after = context.market().calendar().bounds(wanted.from).0;
    let mut found: BTreeMap<String, Observation> = BTreeMap::new();
    for log in [Log::Signals, Log::Missed] {
        for part in signal_parts(context, wanted, log, after)? {
            let session = context.market().trading_date(part.at);
            let seen = found.entry(part.id.clone()).or_insert_with(|| Observation {
                id: part.id,
                symbol: part.symbol,
                session,
                ..Observation::default()
            });
            seen.is_signal = true;
            seen.arm = seen.arm.take().or(part.arm);
            seen.refused = seen.refused.or(part.refused);
            seen.shadow = seen.shadow.or(part.shadow);
        }
    }
    let (parts, reading) = trade_parts(context, wanted, after)?;
    for part in parts {
        let session = context.market().trading_date(part.entered);
        let seen = found.entry(part.id.clone()).or_insert_with(|| Observation {
            id: part.id,
            symbol: part.symbol,
            session,
            ..Observation::default()
        });
        seen.is_signal |= part.is_signal;
        // In the shadow a signal may have a record of either arm.
        seen.arm = seen.arm.take().or(part.arm);
        let trade = seen
            .trade
            .get_or_insert_with(|| TradeResult { r: part.result.r.map(|_| 0.0), ..TradeResult::default() });
        trade.pnl += part.result.pnl;
        trade.notional += part.result.notional;
        trade.r = trade.r.zip(part.result.r).map(|(r, more)| r + more);
    }
    let mut found: Vec<Observation> = found.into_values().collect();
    found.retain(|seen| seen.session >= wanted.from);
    Ok((found, reading))
}

/// The arm of the experiment that a record names: as `experiment` and `variant`, or among its `variants`.
fn arm_named(map: &JsonObject, name: &str) -> Option<String> {
    let text = |map: &JsonObject, key: &str| map.get(key).and_then(Json::as_str).map(str::to_owned);
    if text(map, "experiment").as_deref() == Some(name) {
        return text(map, "variant");
    }
    let among = |map: &JsonObject| text(map.get("variants")?.as_object()?, name);
    among(map).or_else(|| among(map.get("extra")?.as_object()?))
}

fn signal_parts(
    context: &Context<'_>,
    wanted: &Wanted<'_>,
    log: Log,
    after: Timestamp,
) -> Result<Vec<SignalPart>, StoreError> {
    let options = ScanOptions { after_us: Some(after.micros() - 1), ..ScanOptions::default() };
    let now = context.seen_from();
    let costs = round_trip(context).unwrap_or_default();
    let read = |line: &[u8]| -> Option<SignalPart> {
        let stored = read_stored_missed(line).ok()?;
        let at = stored.signal.timestamp;
        let logged = ["_logged_at", "_ts"].iter().find_map(|key| stored.map.get(*key).and_then(Json::as_str));
        let logged = logged.and_then(|text| Timestamp::parse(text).ok());
        let later = context.as_of.is_some_and(|as_of| logged.is_some_and(|logged| logged > as_of));
        (at >= after && at <= now && !later).then(|| signal_part(&stored, wanted, log, costs))
    };
    let mut found = Vec::new();
    let parse = |chunk: crate::store::Chunk<'_>| chunk.lines().filter_map(read).collect::<Vec<_>>();
    scan(context.disk, &context.layout.log(log), options, parse, |_, parts| found.extend(parts))?;
    Ok(found)
}

fn signal_part(stored: &StoredMissed, wanted: &Wanted<'_>, log: Log, costs: Costs) -> SignalPart {
    let arm = arm_named(&stored.map, wanted.name);
    let reason = stored.signal.reason_not_traded.as_deref().map(RiskCheck::of_reason);
    let of_shadow = wanted.unit == ExperimentUnit::Shadow && stored.signal.is_of_shadow() && arm.is_some();
    let spread = stored.map.get("features").and_then(|features| features.get("spread_bps")?.as_f64());
    let shadow = of_shadow.then(|| match (stored.state, stored.result) {
        (MissedState::Resolved, Some(result)) => Shadow::Priced(result - costs.with_spread(spread) / 1e4),
        (MissedState::Unresolvable, _) => Shadow::Unresolvable,
        _ => Shadow::Pending,
    });
    SignalPart {
        id: stored.id.clone(),
        symbol: stored.signal.symbol.clone(),
        at: stored.signal.timestamp,
        arm,
        refused: reason.filter(|_| log == Log::Missed),
        shadow,
    }
}

fn trade_parts(
    context: &Context<'_>,
    wanted: &Wanted<'_>,
    after: Timestamp,
) -> Result<(Vec<TradePart>, Reading), StoreError> {
    let days = (context.seen_from().micros() - after.micros()) / 86_400_000_000 + 2;
    let window = Window::Days(days.clamp(1, i64::from(u16::MAX)) as u16);
    let (found, reading) = each_trade(context, window, |stored, line| {
        let map = parse_object(line).map_err(|why| why.to_string())?;
        Ok(Some(trade_part(stored, &map, wanted)).filter(|part| part.entered >= after))
    })?;
    Ok((found.into_iter().flatten().collect(), reading))
}

fn trade_part(stored: &StoredOutcome<'_>, map: &JsonObject, wanted: &Wanted<'_>) -> TradePart {
    let facts = stored.facts();
    let signal = map.get("signal_id").and_then(Json::as_str).filter(|id| !id.is_empty());
    let by_result = (facts.pnl_frac != 0.0).then(|| facts.pnl / facts.pnl_frac);
    let by_prices = stored.position().map(f64::abs);
    let notional = by_result.or(by_prices).filter(|size| *size > 0.0 && size.is_finite());
    let r = stored.risked().0.map(|risk| facts.pnl_frac / risk);
    TradePart {
        id: signal.map_or_else(|| format!("\u{1f}{}", facts.trade_id), str::to_owned),
        is_signal: signal.is_some(),
        symbol: facts.symbol.to_owned(),
        entered: facts.entry_time.unwrap_or(facts.exit_time),
        arm: arm_named(map, wanted.name),
        result: TradeResult { pnl: facts.pnl, notional: notional.unwrap_or_default(), r },
    }
}
