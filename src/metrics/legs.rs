//! Positions that were closed in parts: what the earlier exits brought or cost.

use super::by_session::MeanBySession;
use crate::domain::TradeDetail;

/// What the exits before the last brought, against closing all of a position at its last price. Costs are left aside: a
/// further exit costs what its fees are, and those are in the results.
#[derive(Clone, Debug, PartialEq)]
pub struct Legs {
    /// Positions that were closed by two exits or more, all of which are in the window.
    pub positions: u64,
    /// Their exits.
    pub exits: u64,
    /// Σ over the exits before the last of side × (price − last price) × units, in the account's currency.
    pub brought: f64,
    /// Of these positions, those to which the earlier exits brought something.
    pub better: u64,
    /// Σ brought / Σ position, by the session of the last exit.
    pub brought_frac: MeanBySession,
}

/// What an exit at its price made beyond one at `last`, as a fraction of its position; of an inverse contract, which makes
/// 1/entry − 1/exit a unit, that times the entry.
fn beyond(exit: &TradeDetail, last: f64) -> Option<f64> {
    let (entry, price) = (exit.entry_price?, exit.exit_price?);
    let moved = if exit.inverse { entry / last - entry / price } else { (price - last) / entry.abs() };
    Some(exit.side.sign() * moved).filter(|moved| moved.is_finite())
}

/// What a position's exits, in their order, brought before the last, and the whole position.
fn of_position(exits: &[&TradeDetail]) -> Option<(f64, f64)> {
    let last = exits.last()?.exit_price?;
    exits.iter().try_fold((0.0, 0.0), |(brought, whole), exit| {
        let position = exit.position?;
        Some((brought + beyond(exit, last)? * position, whole + position))
    })
}

impl Legs {
    /// `None` where no position was closed in parts.
    pub(super) fn new(trades: &[TradeDetail]) -> Option<Self> {
        fn position(trade: &TradeDetail) -> (Option<&str>, &str) {
            (trade.desk.as_deref(), &trade.position_id)
        }
        let mut by_position: Vec<&TradeDetail> = trades.iter().collect();
        by_position.sort_by(|a, b| position(a).cmp(&position(b)));
        let (mut exits, mut found) = (0, Vec::new());
        let positions = by_position.chunk_by_mut(|a, b| position(a) == position(b));
        for of_one in positions.filter(|of_one| of_one.len() > 1) {
            of_one.sort_by_key(|trade| trade.leg);
            // Without its first exits, or with one left out by a filter, a position says nothing.
            if of_one.iter().zip(1..).any(|(trade, number)| trade.leg != number) {
                continue;
            }
            if let (Some((brought, whole)), Some(last)) = (of_position(of_one), of_one.last()) {
                exits += of_one.len() as u64;
                found.push(TradeDetail { pnl: brought, position: Some(whole), ..(*last).clone() });
            }
        }
        let pair = |position: &TradeDetail| Some((position.pnl, position.position?));
        (!found.is_empty()).then(|| Self {
            positions: found.len() as u64,
            exits,
            brought: found.iter().map(|position| position.pnl).sum(),
            better: found.iter().filter(|position| position.pnl > 0.0).count() as u64,
            brought_frac: MeanBySession::new(&found, pair),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Side, Timestamp};

    fn exit(position: &str, leg: u32, prices: (f64, f64), units: f64) -> TradeDetail {
        let at = Timestamp::parse("2026-03-02T15:30:00Z").unwrap();
        TradeDetail {
            position_id: position.into(),
            leg,
            entry_price: Some(prices.0),
            exit_price: Some(prices.1),
            position: Some(prices.0 * units),
            ..TradeDetail::of_result(at, 0.0)
        }
    }

    #[test]
    fn by_hand() {
        // A half at 102 and the rest at 101 instead of all at 101: 50 × 1. Short, a half at 98, the rest at 97: −20 × 1.
        let mut trades = vec![
            exit("long", 2, (100.0, 101.0), 50.0),
            exit("long", 1, (100.0, 102.0), 50.0),
            exit("short", 1, (100.0, 98.0), 20.0),
            exit("short", 2, (100.0, 97.0), 20.0),
            exit("whole", 1, (100.0, 90.0), 7.0),
            // Its first exit lies outside of the window.
            exit("cut", 2, (100.0, 90.0), 7.0),
            exit("cut", 3, (100.0, 99.0), 7.0),
        ];
        for trade in &mut trades[2..4] {
            trade.side = Side::Short;
        }
        let found = Legs::new(&trades).unwrap();
        assert_eq!((found.positions, found.exits, found.better), (2, 4, 1));
        assert!((found.brought - 30.0).abs() < 1e-9, "{found:?}");
        assert!((found.brought_frac.value.unwrap() - 30.0 / 14_000.0).abs() < 1e-12);
        assert_eq!(Legs::new(&trades[4..]), None);
    }

    #[test]
    fn of_an_inverse_contract_by_hand() {
        // 100 USD a contract: 10,000 USD at 20,000 and closed at 25,000 made .5 − .4 = .1 BTC, and at 40,000 .25 BTC: of the
        // position of .5 BTC a share of −.3.
        let mut early = exit("p", 1, (20_000.0, 25_000.0), 1.0);
        early.inverse = true;
        assert!((beyond(&early, 40_000.0).unwrap() + 0.3).abs() < 1e-12);
    }
}
