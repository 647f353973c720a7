//! Golden values, from NumPy on the five trades below:
//!
//! ```text
//! side = np.array([1, 1, -1, 1, -1]); entry = np.array([100, 50, 200, 80, 40.])
//! stop = np.array([98, 49.5, 204, 81, 41.]); net = np.array([.03, -.011, .01, .02, -.026])
//! mfe = np.array([.04, .012, .025, .03, .001]); mae = np.array([-.005, -.01, -.004, -.002, -.025])
//! cost = np.array([.001, .001, .002, 0, .001])
//! risk = side * (entry - stop) / entry; r = np.where(risk > 0, net / risk, np.nan)
//! np.nanmean(r)                                   # 0.0899999…: 1.5, -1.1, 0.5, nan, -1.04 → -0.035
//! gross = net + cost; best = np.maximum(mfe, gross)
//! gross.sum() / best.sum(), (best - gross).mean() # 0.25925925…, 0.016
//! mfe.sum() / -mae.sum()                          # 2.34782608…
//! ```

use super::*;
use crate::domain::{Outcome, Side, Timestamp, UNKNOWN};

fn trades() -> Vec<TradeDetail> {
    let rows = [
        (Side::Long, 100.0, 98.0, 0.03, 0.04, -0.005, 0.001),
        (Side::Long, 50.0, 49.5, -0.011, 0.012, -0.01, 0.001),
        (Side::Short, 200.0, 204.0, 0.01, 0.025, -0.004, 0.002),
        (Side::Long, 80.0, 81.0, 0.02, 0.03, -0.002, 0.0),
        (Side::Short, 40.0, 41.0, -0.026, 0.001, -0.025, 0.001),
    ];
    let exit = |at: usize| Timestamp::parse("2026-03-09T15:00:00Z").unwrap().plus_days(at as i64 / 2);
    rows.iter()
        .enumerate()
        .map(|(at, (side, entry, stop, net, mfe, mae, cost))| TradeDetail {
            setup: if at < 3 { "orb" } else { "vwap" }.into(),
            exit_reason: if at == 1 { "stop_loss" } else { UNKNOWN }.into(),
            side: *side,
            entry_time: Some(Timestamp::from_micros(exit(at).micros() - 60_000_000)),
            costs: Some(cost * 1000.0),
            entry_price: Some(*entry),
            exit_price: Some(if at == 1 { 49.4 } else { *entry }),
            signal_price: Some(entry - 0.5),
            stop_price: Some(*stop),
            mfe_frac: Some(*mfe),
            mae_frac: Some(*mae),
            ..TradeDetail::of_result(exit(at), *net)
        })
        .collect()
}

fn near(found: &MeanBySession, expected: f64, n: u64) {
    let value = found.value.unwrap();
    assert!((value - expected).abs() < 1e-9 && found.n == n, "{value} of {}, not {expected} of {n}", found.n);
}

#[test]
fn golden_values() {
    let (trades, mut sums) = (trades(), ExcursionSums::default());
    trades.iter().for_each(|trade| sums.add(trade, &Market::default()));
    let found = sums.finish(&trades);
    let all = &found.all;
    // A stop above the entry of a long position is no risk: four of five have an R.
    near(&all.expectancy_r, (1.5 - 1.1 + 0.5 - 1.04) / 4.0, 4);
    near(&all.mfe_r, (2.0 + 1.2 + 1.25 + 0.04) / 4.0, 4);
    near(&all.mae_r, (-0.25 - 1.0 - 0.2 - 1.0) / 4.0, 4);
    near(&all.edge_ratio, 0.108 / 0.046, 5);
    near(&all.exit_efficiency, 0.028 / 0.108, 5);
    near(&all.give_back_frac, 0.08 / 5.0, 5);
    // Up by 1 R: the first three; the second of them lost.
    near(&all.round_trips, 1.0 / 3.0, 3);
    let by_setup = &found.groups[0].1;
    assert_eq!(
        by_setup.iter().map(|row| (row.0.as_str(), row.1.trades)).collect::<Vec<_>>(),
        [("orb", 3), ("vwap", 2)]
    );
    let distribution = &found.distribution;
    assert_eq!(
        (distribution.n, distribution.mean_win, distribution.bands.iter().map(|band| band.n).sum::<u64>()),
        (4, Some(1.0), 4)
    );
    // numpy.quantile([-1.1, -1.04, .5, 1.5], .5) = -0.27.
    assert!((distribution.points.unwrap()[2] + 0.27).abs() < 1e-12);
    let band =
        |r: f64| distribution.bands.iter().find(|band| band.from_halves == Some((r * 2.0) as i32)).unwrap().n;
    assert_eq!((band(-1.5), band(0.5), band(1.5), band(1.0)), (2, 1, 1, 0));
}

/// Costs of 5 in all; gross 28, net 23; nothing turned. Entries cost 0.5 for longs, which a short gains. The stop at
/// 49.5 was filled at 49.4.
#[test]
fn costs_and_slippage() {
    let mut trades = trades();
    trades[2].costs = Some(12.0);
    trades[2].pnl = -2.0;
    trades[2].outcome = Outcome::Loss;
    let mut sums = crate::metrics::ExecutionSums::default();
    trades.iter().for_each(|trade| sums.add(trade, &Market::default()));
    let found = sums.finish();
    let all = &found.all;
    assert!((all.gross.pnl - (31.0 - 10.0 + 10.0 + 20.0 - 25.0)).abs() < 1e-9, "{}", all.gross.pnl);
    assert!((all.costs - 15.0).abs() < 1e-9 && (all.net.pnl - 11.0).abs() < 1e-9);
    assert_eq!((all.turned, all.with_costs, all.gross.wins, all.net.wins), (1, 5, 3, 2));
    assert!((all.turned_gross - 10.0).abs() < 1e-9);
    assert!((all.cost_share().unwrap() - 15.0 / 26.0).abs() < 1e-9);
    let entries = [0.5 / 99.5, 0.5 / 49.5, -0.5 / 199.5, 0.5 / 79.5, -0.5 / 39.5];
    near(&all.entry_slippage, entries.iter().sum::<f64>() / 5.0, 5);
    near(&all.stop_slippage, 0.1 / 49.5, 1);
    assert_eq!(all.target_slippage.n, 0);
    assert!(found.sizes.is_empty(), "all positions are of one size");
}
