//! What heat says of worlds whose correlations and losses are known.

use dtlearn::decide::{
    BarReturns, BookTrade, HeatLimits, HeatPosition, Names, PairTrade, SessionResults, WhatGoesTogether,
    admit, bar_correlations, correlations, portfolio, shortfall,
};
use dtlearn::domain::{Side, Timestamp};
use dtlearn::stats::Symmetric;
use dtlearn::stats::evidence::ShortfallTest;

use crate::draws::{Draws, Rate, say};

/// Sessions of one factor: `open` trades at once, two symbols a sector, whose results correlate by `rho`.
fn world(draws: &mut Draws, sessions: i32, open: usize, rho: f64) -> Vec<PairTrade> {
    let (mut trades, mut names) = (Vec::new(), Names::default());
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
                symbol: names.id(&format!("S{n}")),
                sector: None,
                side,
                r: side.sign() * price,
            });
        }
    }
    trades
}

/// The least error that an estimate from so many sessions of `open` trades at once can have in a large sample of normal
/// results (Donner and Koval 1980, *Biometrics* 36(1), 19–25).
fn least_error(rho: f64, sessions: i32, open: usize) -> f64 {
    let k = open as f64;
    let top = 2.0 * ((1.0 - rho) * (1.0 + (k - 1.0) * rho)).powi(2);
    (top / (k * (k - 1.0) * f64::from(sessions))).sqrt()
}

/// The share of a normal distribution that lies within so many deviations of its mean (Abramowitz and Stegun 1964, 7.1.26).
fn within(deviations: f64) -> f64 {
    let x = deviations / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let terms = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
    1.0 - terms.iter().rev().fold(0.0, |sum, term| (sum + term) * t) * (-x * x).exp()
}

/// How closely 2,000 pairs can tell a correlation depends on how many sessions they are of: pairs of one session share its
/// factor. Of as many sessions they tell it within .05; of 200 sessions as closely as anything could.
#[test]
fn correlations_of_overlapping_trades_are_recovered() {
    let lives = 400;
    for (sessions, open) in [(200, 5), (2_000, 2)] {
        for rho in [0.0, 0.3, 0.6] {
            let name = format!("correlation {rho}, 2,000 pairs of {sessions} sessions");
            let (mut error, mut square, mut covered, mut used) = (0.0, 0.0, 0, 0.0);
            let near = Rate::of(&format!("{name}: within .05"), lives, |scenario| {
                let found = correlations(&world(&mut Draws::new(scenario), sessions, open, rho)).rest;
                assert_eq!((found.pairs, found.sessions), (2_000, sessions as u64));
                let off = found.own.unwrap() - rho;
                error += off / lives as f64;
                square += off * off / lives as f64;
                used += found.used / lives as f64;
                covered += usize::from(off.abs() <= 1.96 * found.error.unwrap());
                off.abs() <= 0.05
            });
            let (covered, least) = (Rate { hits: covered, of: lives }, least_error(rho, sessions, open));
            say(&format!(
                "{name}: interval holds it in {:.1} %, {error:+.4} off in the mean, error {:.4} where {least:.4} is the least, {used:.3} used",
                100.0 * covered.share(),
                square.sqrt()
            ));
            // An error out of so many lives is known to 3.5 %.
            assert!(square.sqrt() <= 1.1 * least && error.abs() <= 0.01, "{name}: {error} {square}");
            assert!(Rate { hits: lives - covered.hits, of: lives }.is_at_most(0.07), "{name}: {covered:?}");
            // As often as an estimate with the least error would be, and where each pair has its own session nearly always.
            let best = within(0.05 / least);
            assert!(
                Rate { hits: lives - near.hits, of: lives }.is_at_most(1.0 - best + 0.02),
                "{name}: {near:?} {best}"
            );
            assert!(open > 2 || near.share() >= 0.95, "{near:?}");
        }
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
        let found = shortfall(&book, &SessionResults::of(&world(&mut draws, 250, 5, 0.3))).unwrap();
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
        let said = shortfall(&book, &SessionResults::of(&past)).unwrap();
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

/// Trades of six symbols in two sectors, three of them open at a time on most days, whose results correlate by `rho` in a
/// sector and not at all across; sides by a coin.
fn two_sectors(draws: &mut Draws, sessions: i32, rho: f64) -> (Vec<BookTrade>, Names) {
    let (mut trades, mut names) = (Vec::new(), Names::default());
    for day in 0..sessions {
        let factors = [draws.normal(), draws.normal()];
        for n in 0..6 {
            let side = if draws.chance(0.4) { Side::Short } else { Side::Long };
            let price = rho.sqrt() * factors[n / 3] + (1.0 - rho).sqrt() * draws.normal();
            let at = i64::from(day) * 86_400_000_000;
            let r = side.sign() * price;
            let pair = PairTrade {
                entry: Timestamp::from_micros(at + n as i64),
                exit: Timestamp::from_micros(at + 3_600_000_000),
                day,
                symbol: names.id(&format!("S{n}")),
                sector: Some(names.id(&format!("G{}", n / 3))),
                side,
                r,
            };
            let (pnl, pnl_frac) = (20.0 * r, 0.02 * r);
            trades.push(BookTrade {
                position: BookTrade::position_of(&format!("{day} {n}")),
                pair,
                strategy: names.id("s"),
                at_risk: 20.0,
                pnl,
                pnl_frac,
            });
        }
    }
    (trades, names)
}

#[test]
fn blocks_are_recovered_from_own_trades_where_there_are_no_bars() {
    let (lives, mut mean) = (40, [0.0, 0.0]);
    // Two factors of 120 sessions go together by chance with an error of .09: nothing tells that from what is true.
    let near =
        Rate::of("blocks of .8 and 0 by own trades of 120 sessions: both within .2", lives, |scenario| {
            let (trades, names) = two_sectors(&mut Draws::new(scenario), 120, 0.8);
            let book = portfolio((&trades, &names), &BarReturns::default(), 10_000.0, 0.02);
            let found = book.correlations.unwrap();
            assert_eq!(found.of, WhatGoesTogether::Trades { pairs: 15 * 120 });
            let sector = |symbol: &str| symbol[1..].parse::<usize>().unwrap() / 3;
            let of = |same: bool| {
                let pairs = (0..6).flat_map(|a| (0..a).map(move |b| (a, b)));
                let is_same = |(a, b): &(usize, usize)| {
                    (sector(&found.symbols[*a]) == sector(&found.symbols[*b])) == same
                };
                let cells: Vec<f64> = pairs.filter(is_same).map(|(a, b)| found.between.at(a, b)).collect();
                cells.iter().sum::<f64>() / cells.len() as f64
            };
            let off = [of(true) - 0.8, of(false)];
            mean.iter_mut().zip(off).for_each(|(mean, off)| *mean += off / lives as f64);
            off.iter().all(|off| off.abs() <= 0.2)
        });
    say(&format!("blocks of .8 and 0: {:+.3} and {:+.3} off in the mean", mean[0], mean[1]));
    assert!(near.share() >= 0.95 && mean.iter().all(|off| off.abs() <= 0.05), "{near:?} {mean:?}");
}
