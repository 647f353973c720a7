//! What heat says of worlds whose correlations and losses are known.

use dtlearn::decide::{
    BarReturns, HeatLimits, HeatPosition, PairTrade, admit, bar_correlations, correlations, shortfall,
};
use dtlearn::domain::{Side, Timestamp};
use dtlearn::stats::Symmetric;
use dtlearn::stats::evidence::ShortfallTest;

use crate::draws::{Draws, Rate, say};

/// Sessions of one factor: `open` trades at once, two symbols a sector, whose results correlate by `rho`.
fn world(draws: &mut Draws, sessions: i32, open: usize, rho: f64) -> Vec<PairTrade> {
    let mut trades = Vec::new();
    for day in 0..sessions {
        let factor = draws.normal();
        for n in 0..open {
            let side = if draws.chance(0.4) { Side::Short } else { Side::Long };
            let price = rho.sqrt() * factor + (1.0 - rho).sqrt() * draws.normal();
            let at = i64::from(day) * 86_400_000_000;
            trades.push(PairTrade {
                entry: Timestamp::from_micros(at + n as i64),
                exit: Timestamp::from_micros(at + 3_600_000_000),
                day,
                symbol: format!("S{n}"),
                sector: None,
                side,
                r: side.sign() * price,
            });
        }
    }
    trades
}

#[test]
fn correlations_of_overlapping_trades_are_recovered() {
    for rho in [0.0, 0.3, 0.6] {
        // 5 trades at once are 10 pairs: 200 sessions have 2,000.
        let (mut error, mut used) = (0.0, 0.0);
        let covered = Rate::of(&format!("correlation {rho}: interval holds it"), 300, |scenario| {
            let found = correlations(&world(&mut Draws::new(scenario), 200, 5, rho)).rest;
            let (own, se) = (found.own.unwrap(), found.error.unwrap());
            (own - rho).abs() <= 1.96 * se
        });
        // One record of 200 sessions that each share a factor tells the higher correlations less closely.
        let near =
            Rate::of(&format!("correlation {rho}: own one within .05 at 2,000 pairs"), 300, |scenario| {
                let found = correlations(&world(&mut Draws::new(scenario), 200, 5, rho)).rest;
                (found.own.unwrap() - rho).abs() <= 0.05
            });
        assert!(near.share() >= [0.9, 0.5, 0.4][usize::from(rho > 0.0) + usize::from(rho > 0.3)], "{near:?}");
        for scenario in 0..50 {
            let found = correlations(&world(&mut Draws::new(scenario), 200, 5, rho)).rest;
            assert_eq!((found.pairs, found.sessions), (2_000, 200));
            error += (found.own.unwrap() - rho) / 50.0;
            used += found.used / 50.0;
        }
        say(&format!("correlation {rho}: {:.3} off in the mean, {used:.3} used", error));
        assert!(error.abs() <= 0.05, "{rho}: {error}");
        assert!(covered.share() >= 0.91, "{covered:?}");
    }
    // Ten trades say next to nothing: what is used is what was assumed.
    let few = correlations(&world(&mut Draws::new(1), 2, 3, 0.9)).rest;
    assert!((few.used - 0.3).abs() < 0.1, "{few:?}");
}

#[test]
fn the_room_of_a_trade_is_that_of_a_grid_search() {
    let books = 2_000;
    let same =
        Rate::of("multiplier of the next trade equal to a grid search within 1e-9", books, |scenario| {
            let mut draws = Draws::new(scenario);
            let count = 1 + (draws.unit() * 6.0) as usize;
            let heats: Vec<f64> = (0..=count).map(|_| 60.0 * (2.0 * draws.unit() - 1.0)).collect();
            let rho = 0.9 * draws.unit();
            let position = |(n, heat): (usize, &f64)| HeatPosition {
                symbol: format!("S{n}"),
                side: if *heat < 0.0 { Side::Short } else { Side::Long },
                sector: None,
                at_risk: heat.abs(),
                has_stop: true,
            };
            let mut held: Vec<HeatPosition> = heats.iter().enumerate().map(position).collect();
            let trade = held.pop().unwrap();
            let between = Symmetric::from_fn(heats.len(), |a, b| if a == b { 1.0 } else { rho });
            let limits = HeatLimits { gross_frac: 0.02, ..HeatLimits::default() };
            let found = admit(&held, &trade, &between, &limits, (10_000.0, None)).multiplier;
            let book = |m: f64| {
                let mut all = heats.clone();
                all[count] *= m;
                (all.iter().map(|heat| heat.abs()).sum::<f64>(), between.quadratic(&all).max(0.0).sqrt())
            };
            // The largest of a fine grid that is wanted, and between it and the next as many times finer.
            let largest = |is_wanted: &dyn Fn(f64) -> bool| {
                let (mut low, mut step, mut is_any) = (0.0f64, 1.0f64, false);
                for _ in 0..8 {
                    step /= 256.0;
                    let grid =
                        (0..=256).map(|at| (low + f64::from(at) * step).min(1.0)).filter(|m| is_wanted(*m));
                    let most = grid.fold(-1.0, f64::max);
                    is_any |= most >= 0.0;
                    low = low.max(most);
                }
                is_any.then_some(low)
            };
            let gross = largest(&|m| book(m).0 <= 200.0).unwrap_or(0.0);
            // Where nothing is within the limit, as much as lowers the heat most: until there each step lowers it.
            let lowers = |m: f64| m == 0.0 || book(m).1 < book(m - 1e-7).1;
            let correlated = largest(&|m| book(m).1 <= 100.0).map(|m| (m, 1e-9));
            let (correlated, within) = correlated.or_else(|| Some((largest(&lowers)?, 1e-6))).unwrap();
            (found - gross.min(correlated)).abs() <= within
        });
    // A hedge may fit for less than a step of the grid.
    assert!(same.hits >= books - books / 500, "{same:?}");
}

/// Sessions of quarter hours for six symbols; the prices of as many as share a factor correlate by `rho`.
fn quarter_hours(draws: &mut Draws, sessions: i32, share: usize, rho: f64) -> BarReturns {
    let mut returns = BarReturns::default();
    for day in 0..sessions {
        // A day that is wild is wild for all, and has a drift of its own.
        let (wild, drift) = ((0.5 * draws.normal()).exp(), draws.normal());
        let mut factors: Vec<f64> = Vec::new();
        for n in 0..6 {
            if n % share == 0 {
                factors = (0..26).map(|_| draws.normal()).collect();
            }
            let step = |factor: &f64| {
                let step = rho.sqrt() * factor + (1.0 - rho).sqrt() * draws.normal();
                Some(0.001 * wild * (step + drift))
            };
            returns.push(&format!("S{n}"), day, factors.iter().map(step).collect());
        }
    }
    returns
}

#[test]
fn correlations_of_bars_are_recovered() {
    let names: Vec<String> = (0..6).map(|n| format!("S{n}")).collect();
    // All of one factor; and two blocks that have nothing in common.
    for (rho, share) in [(0.0, 6), (0.3, 6), (0.8, 6), (0.8, 3)] {
        let name = format!("correlation {rho} by bars, {share} symbols a factor");
        let (mut error, mut drawn) = (0.0, 0.0);
        let near = Rate::of(&format!("{name}: every pair within .1"), 100, |scenario| {
            let returns = quarter_hours(&mut Draws::new(scenario), 60, share, rho);
            let found = bar_correlations(&returns, names.iter().map(String::as_str)).unwrap();
            assert_eq!((found.sessions, found.returns()), (60, Some(1_560)));
            let off = |(a, b): (usize, usize)| {
                found.between.at(a, b) - if a / share == b / share { rho } else { 0.0 }
            };
            let pairs = || (0..6).flat_map(|a| (0..a).map(move |b| (a, b)));
            error += pairs().map(off).sum::<f64>() / 15.0 / 100.0;
            drawn += found.drawn / 100.0;
            pairs().all(|pair| off(pair).abs() <= 0.1)
        });
        say(&format!("{name}: {error:+.3} off in the mean, {:.0} % drawn to the mean", 100.0 * drawn));
        assert!(error.abs() <= 0.02 && near.share() >= 0.97, "{rho}: {error} {near:?}");
    }
}

#[test]
fn the_worst_twentieth_is_exceeded_once_in_twenty_sessions() {
    let position = |n: usize| HeatPosition {
        symbol: format!("S{n}"),
        side: Side::Long,
        sector: None,
        at_risk: 100.0,
        has_stop: true,
    };
    let book: Vec<HeatPosition> = (0..5).map(position).collect();
    let (mut exceeded, mut tail, mut expected) = (0usize, 0.0, 0.0);
    let lives = 40;
    for life in 0..lives {
        let mut draws = Draws::new(life);
        let found = shortfall(&book, &world(&mut draws, 250, 5, 0.3)).unwrap();
        expected += found.expected / lives as f64;
        let future = world(&mut draws, 2_000, 5, 0.3);
        for session in future.chunks(5) {
            let loss: f64 = session.iter().map(|trade| -100.0 * trade.r).sum();
            exceeded += usize::from(loss > found.at_risk);
            if loss > found.at_risk {
                tail += loss;
            }
        }
    }
    let rate = Rate { hits: exceeded, of: lives as usize * 2_000 };
    let mean = tail / exceeded as f64;
    say(&format!(
        "value at risk 95 % of the book: exceeded in {:.2} % of sessions; shortfall {expected:.0} expected, {mean:.0} in the mean",
        100.0 * rate.share()
    ));
    assert!((rate.share() - 0.05).abs() <= 0.015, "{rate:?}");
    assert!((mean / expected - 1.0).abs() < 0.05, "{mean} {expected}");
}

/// Holds 250 sessions of a book of five against what the 250 sessions before said, asked anew every 50; `forget` takes what
/// the trades of a session have in common out of the past.
fn held_against_its_shortfall(scenario: u64, rho: f64, forget: bool) -> ShortfallTest {
    let mut draws = Draws::new(scenario);
    // All on one side, so that what they share shows.
    let mut world = |sessions: i32| -> Vec<PairTrade> {
        let long = |trade: PairTrade| PairTrade { r: trade.side.sign() * trade.r, side: Side::Long, ..trade };
        world(&mut draws, sessions, 5, rho).into_iter().map(long).collect()
    };
    let (mut past, mut shuffle) = (world(250), Draws::new(!scenario));
    let mut test = ShortfallTest::new(0.05);
    let book: Vec<HeatPosition> = (0..5)
        .map(|n| HeatPosition {
            symbol: format!("S{n}"),
            side: Side::Long,
            sector: None,
            at_risk: 1.0,
            has_stop: true,
        })
        .collect();
    for _ in 0..5 {
        if forget {
            for at in (1..past.len()).rev() {
                let other = (shuffle.unit() * (at + 1) as f64) as usize;
                let (a, b) = (past[at].r, past[other].r);
                (past[at].r, past[other].r) = (b, a);
            }
        }
        let said = shortfall(&book, &past).unwrap();
        let next = world(50);
        for session in next.chunks(5) {
            test.push(-session.iter().map(|trade| trade.r).sum::<f64>(), said.at_risk, said.expected);
        }
        let day = past.last().unwrap().day + 1;
        past.extend(next.into_iter().map(|trade| PairTrade { day: day + trade.day, ..trade }));
    }
    test
}

#[test]
fn a_shortfall_that_is_too_low_is_found_out() {
    let together = |scenario: u64, forget: bool| held_against_its_shortfall(scenario, 0.6, forget);
    let wrong =
        Rate::of("expected shortfall called too low within 250 sessions, where it is not", 200, |s| {
            together(s, false).is_too_low()
        });
    assert!(wrong.is_at_most(0.05), "{wrong:?}");
    let found =
        Rate::of("expected shortfall that takes a correlation of .6 for 0, called too low", 200, |s| {
            together(s, true).is_too_low()
        });
    assert!(found.share() >= 0.8, "{found:?}");
}
