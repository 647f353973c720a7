//! What is said of size, over many simulated records whose truth is known.

use dtlearn::decide::{
    BaseFacts, BaseSize, ContextPolicy, DrawnTrade, GroupSession, LossLimit, PolicyState, SizedTrade,
    allocate, base_size, drawn_size, kelly, off_policy,
};

use crate::draws::{Draws, Rate, say};

/// So many lives, or all of them where DTLEARN_ALL_LIVES is set: the figures of the manual are those of all.
pub(crate) fn lives(all: usize) -> usize {
    if std::env::var_os("DTLEARN_ALL_LIVES").is_some() { all } else { all / 4 }
}

/// Ten trades a session whose results are drawn by `trade`, as fractions of the position, plus an edge.
pub(crate) fn sessions(draws: &mut Draws, n: usize, edge: f64, trade: fn(&mut Draws) -> f64) -> Vec<f64> {
    (0..n).map(|_| (0..10).map(|_| edge + trade(draws)).sum()).collect()
}

pub(crate) fn normal(draws: &mut Draws) -> f64 {
    0.008 * draws.normal()
}

/// Wins twice as large as losses, and half as often.
fn skewed(draws: &mut Draws) -> f64 {
    if draws.chance(1.0 / 3.0) { 0.0113 } else { -0.00565 }
}

/// Student's t with three degrees of freedom, at the same scale.
fn heavy(draws: &mut Draws) -> f64 {
    let squares: f64 = (0..3).map(|_| draws.normal().powi(2)).sum();
    0.0046 * draws.normal() / (squares / 3.0).sqrt()
}

pub(crate) const WORLDS: [(&str, fn(&mut Draws) -> f64); 3] =
    [("normal", normal), ("skewed", skewed), ("heavy tails", heavy)];

/// Ten trades whose stops are 2 % away, each passed by three times as much.
const WORST: f64 = 0.6;

pub(crate) fn facts(results: &[f64]) -> BaseFacts<'_> {
    let (trades, equity) = (10 * results.len() as u64, 10_000.0);
    let (in_force, range) = (1_000.0, (500.0, 2_000.0));
    BaseFacts { results, trades, worst: WORST, equity, in_force, range }
}

#[test]
fn without_an_edge_the_size_is_at_the_floor() {
    for (name, trade) in WORLDS {
        for (n, edge) in [(60, 0.0), (250, 0.0), (250, -0.0005)] {
            let floor =
                Rate::of(&format!("floor, {name}, {n} sessions, edge {edge}"), lives(1_000), |life| {
                    let results = sessions(&mut Draws::new(life), n, edge, trade);
                    let found = base_size(&facts(&results)).unwrap();
                    found.suggested == 500.0
                });
            let above = Rate { hits: floor.of - floor.hits, of: floor.of };
            assert!(above.is_at_most(0.05), "{name} {n}: {floor:?}");
        }
        let up = Rate::of(&format!("ever up in 190 looks without an edge, {name}"), lives(300), |life| {
            let results = sessions(&mut Draws::new(life), 250, 0.0, trade);
            let suggested = |n: usize| base_size(&facts(&results[..n])).unwrap().suggested;
            (60..=250).step_by(5).any(|n| suggested(n) > 1_000.0)
        });
        assert!(up.is_at_most(0.05), "{name}: {up:?}");
    }
}

/// The size under the limit of losses, before the bound of the tail.
fn of_limit(found: &BaseSize) -> f64 {
    if found.supported > 0.0 { found.shrink * found.kelly.constrained } else { 0.0 }
}

#[test]
fn a_fifth_is_seldom_lost_and_growth_is_near_what_can_be_had() {
    for (name, trade) in WORLDS {
        // An edge of .05 to .1 % a trade is .2 to .4 deviations of a session.
        for edge in [0.0005, 0.001] {
            let truth = sessions(&mut Draws::new(9_999_999), 20_000, edge, trade);
            let oracle = kelly(&truth, LossLimit::OURS, 1e3).constrained;
            let growth =
                |b: f64| truth.iter().map(|r| (b * r).max(-0.99).ln_1p()).sum::<f64>() / truth.len() as f64;
            for n in [60, 120, 250] {
                let lives = lives(400);
                let found: Vec<_> = (0..lives as u64)
                    .map(|life| {
                        let results = sessions(&mut Draws::new(life), n, edge, trade);
                        base_size(&facts(&results)).unwrap()
                    })
                    .collect();
                let lost = |name: &str, size: &dyn Fn(&BaseSize) -> f64| {
                    Rate::of(&format!("a fifth lost within 250, {name}, edge {edge}, {n}"), lives, |life| {
                        let size = size(&found[life as usize]);
                        let mut wealth = 1.0;
                        sessions(&mut Draws::new(1_000_000 + life), 250, edge, trade).iter().any(|r| {
                            wealth *= 1.0 + size * r;
                            wealth <= 0.8
                        })
                    })
                };
                let of_loss = lost(&format!("{name}, before the tail"), &of_limit);
                let whole = lost(name, &|found| found.supported);
                assert!(whole.is_at_most(0.05), "{name} {n}: {whole:?}");
                assert!(of_loss.is_at_most(0.05), "{name} {n}: {of_loss:?}");
                let had = |of: &dyn Fn(&BaseSize) -> f64| {
                    found.iter().map(|found| growth(of(found))).sum::<f64>() / lives as f64 / growth(oracle)
                };
                let loss_only = had(&of_limit);
                let with_tail = had(&|found| found.supported);
                say(&format!(
                    "growth of the oracle's, {name}, edge {edge}, {n} sessions: {:.0} %, under the bound of the tail too {:.0} % (of {lives})",
                    100.0 * loss_only,
                    100.0 * with_tail
                ));
                assert!(n < 250 || with_tail >= 0.60, "{name} {edge}: {with_tail}");
            }
        }
    }
}

#[test]
fn steps_and_evidence_take_their_time() {
    // What an account makes that follows every evening's suggestion, from a tenth of it a trade and with no ceiling.
    let truth = sessions(&mut Draws::new(9_999_999), 20_000, 0.001, normal);
    let oracle = kelly(&truth, LossLimit::OURS, 1e3).constrained;
    let (mut made, mut had) = (0.0, 0.0);
    let lives = lives(16);
    for life in 0..lives as u64 {
        let results = sessions(&mut Draws::new(life), 310, 0.001, normal);
        let mut in_force = 1_000.0;
        for n in 60..310usize {
            let facts = facts(&results[n.saturating_sub(250)..n]);
            in_force = base_size(&BaseFacts { in_force, range: (500.0, 1e6), ..facts }).unwrap().suggested;
            made += (in_force / 1e4 * results[n]).ln_1p();
            had += (oracle * results[n]).ln_1p();
        }
    }
    say(&format!(
        "growth of the oracle's in sessions 61 to 310, as suggested every evening: {:.0} % (of {lives})",
        100.0 * made / had
    ));
    assert!(made > 0.3 * had, "{made} {had}");
}

/// A record of sessions of 21 trades whose keys are even in 0 to 1, with an edge by third of the key.
fn publish(
    draws: &mut Draws,
    sessions: usize,
    edges: [f64; 3],
    trade: fn(&mut Draws) -> f64,
) -> (Option<usize>, ContextPolicy) {
    let mut policy = ContextPolicy::of_account(10_000.0);
    let (mut equity, mut first) = (10_000.0, None);
    for session in 0..sessions {
        let trades: Vec<SizedTrade> = (0..21)
            .map(|_| {
                let key = draws.unit();
                let result = edges[((key * 3.0) as usize).min(2)] + trade(draws);
                SizedTrade { result, key: Some(key) }
            })
            .collect();
        equity += trades.iter().map(|trade| 1_000.0 * trade.result).sum::<f64>();
        let point = policy.push(&trades, equity);
        if first.is_none() && point.state == PolicyState::Published {
            first = Some(session + 1);
        }
    }
    (first, policy)
}

#[test]
fn noise_publishes_no_multiplier() {
    for (name, trade) in WORLDS {
        let published = Rate::of(&format!("published, {name}, nothing"), lives(400), |life| {
            publish(&mut Draws::new(life), 120, [0.0; 3], trade).0.is_some()
        });
        assert!(published.is_at_most(0.05), "{name}: {published:?}");
    }
    let equal = Rate::of("published, contexts equally good", lives(400), |life| {
        publish(&mut Draws::new(life), 120, [0.0015; 3], normal).0.is_some()
    });
    assert!(equal.is_at_most(0.05), "{equal:?}");
}

#[test]
fn what_differs_is_published() {
    for (edges, all) in [([-0.001, 0.0, 0.0015], 400), ([-0.002, 0.0, 0.003], 100)] {
        let lives = lives(all);
        let found: Vec<_> =
            (0..lives as u64).map(|life| publish(&mut Draws::new(life), 120, edges, normal)).collect();
        let mut at: Vec<usize> = found.iter().filter_map(|(first, _)| *first).collect();
        at.sort_unstable();
        let share = at.len() as f64 / lives as f64;
        let mean = |context: usize| {
            found.iter().map(|(_, policy)| policy.shadow()[context]).sum::<f64>() / lives as f64
        };
        say(&format!(
            "published, {edges:?}: {:.1} % ({} of {lives}), median session {}, multipliers {:.2} {:.2} {:.2} | {:.2} {:.2} {:.2}",
            100.0 * share,
            at.len(),
            at.get(at.len() / 2).copied().unwrap_or(0),
            mean(0),
            mean(1),
            mean(2),
            mean(3),
            mean(4),
            mean(5)
        ));
        let unseen = Rate { hits: lives - at.len(), of: lives };
        assert!(unseen.is_at_most(0.10), "{edges:?}: {share}");
    }
}

#[test]
fn a_third_with_twice_the_edge_gets_more() {
    // 43 sessions of 21 trades: about 300 of each third.
    let lives = lives(400);
    let found: Vec<_> = (0..lives as u64)
        .map(|life| publish(&mut Draws::new(life), 43, [0.0015, 0.0015, 0.003], normal).1)
        .collect();
    let count = |at: usize| found.iter().filter(|policy| policy.shadow()[at] > 1.0).count();
    let (planted, placebo) = (count(2), count(0));
    say(&format!(
        "a third with twice the edge after 300 trades: its shadow is above 1 in {:.1} %, that of another one in {:.1} % (of {lives})",
        100.0 * planted as f64 / lives as f64,
        100.0 * placebo as f64 / lives as f64
    ));
    let given = Rate::of("one of the others is given more than 1.00 by then", lives, |life| {
        found[life as usize].in_force()[..2].iter().any(|m| *m > 1.0)
    });
    assert!(planted as f64 >= 0.80 * lives as f64 && given.is_at_most(0.05), "{planted} {given:?}");
}

/// Whether the interval of a target holds what it brings, of trades whose larger sizes fill worse by `impact`.
fn covers(
    life: u64,
    sessions: i32,
    target: usize,
    impact: f64,
    trade: fn(&mut Draws) -> f64,
) -> Option<bool> {
    let mut draws = Draws::new(life);
    // What a trade brings at a multiplier, as a fraction of the base size.
    let edge = |m: f64| 0.001 - impact * (m - 1.0);
    let trades: Vec<DrawnTrade> = (0..sessions * 20)
        .map(|n| {
            let drawn = drawn_size(&format!("{life}-{n}"), 0.2);
            DrawnTrade {
                day: n / 20,
                multiplier: Some(drawn.multiplier),
                propensity: drawn.propensity,
                result: edge(drawn.multiplier) + trade(&mut draws),
            }
        })
        .collect();
    let found = &off_policy(&trades).unwrap()[target];
    let truth: f64 =
        found.target.chances.iter().zip(dtlearn::decide::DRAWN).map(|(chance, m)| chance * m * edge(m)).sum();
    let (_, interval) = found.robust.clone().ok()?;
    interval.map(|(low, high)| (low..=high).contains(&truth))
}

#[test]
fn intervals_of_other_sizes_hold_what_they_bring() {
    for (name, trade) in WORLDS {
        for (target, impact) in [(1, 0.0), (2, 0.0), (3, 0.0), (3, 0.004)] {
            let missed = Rate::of(
                &format!("other sizes, {name}, target {target}, impact {impact}: not covered"),
                lives(400),
                |life| !covers(life, 120, target, impact, trade).unwrap_or(true),
            );
            assert!(missed.is_at_most(0.05), "{name} {target}: {missed:?}");
        }
    }
    // All of the trades at a size that one in ten had are worth a tenth of their number.
    assert_eq!(covers(1, 120, 4, 0.0, normal), None);
    assert!(covers(1, 120, 3, 0.0, normal).is_some());
}

/// Sessions of four groups whose results share a factor.
fn groups(life: u64, edges: [f64; 4], deviations: [f64; 4]) -> Vec<GroupSession> {
    let mut draws = Draws::new(life);
    let session = |_| {
        let common = draws.normal();
        let result = |at: usize, own: f64| edges[at] + deviations[at] * (0.5 * common + 0.75f64.sqrt() * own);
        GroupSession { results: (0..4).map(|at| result(at, draws.normal())).collect(), trades: vec![5; 4] }
    };
    (0..250).map(session).collect()
}

#[test]
fn sizes_across_groups_pay_only_where_groups_differ() {
    let pays = |name: &str, edges: [f64; 4], deviations: [f64; 4]| {
        Rate::of(&format!("sizes across groups pay, {name}"), lives(200) / 2, |life| {
            allocate(&groups(life, edges, deviations)).unwrap().pays
        })
    };
    for (name, edges, deviations) in [
        ("no edge", [0.0; 4], [0.02; 4]),
        ("an equal edge", [0.004; 4], [0.02; 4]),
        ("no edge, other risks", [0.0; 4], [0.01, 0.02, 0.03, 0.04]),
    ] {
        let found = pays(name, edges, deviations);
        assert!(found.is_at_most(0.05), "{name}: {found:?}");
    }
    let found = pays("one makes, one loses .3 deviations", [0.006, 0.0, 0.0, -0.006], [0.02; 4]);
    assert!(found.share() >= 0.6, "{found:?}");
}

#[test]
fn what_has_ceased_to_pay_goes_back() {
    // 200 sessions in which the upper third pays, then 200 in which the lower one does.
    let back = Rate::of("back to 1.00 after the turn", lives(50), |life| {
        let mut draws = Draws::new(life);
        let (_, mut policy) = publish(&mut draws, 200, [-0.002, 0.0, 0.003], normal);
        let mut equity = 1e6;
        let was = policy.state() == PolicyState::Published;
        (0..200).any(|_| {
            let trades: Vec<SizedTrade> = (0..21)
                .map(|_| {
                    let key = draws.unit();
                    let result = [0.003, 0.0, -0.002][((key * 3.0) as usize).min(2)] + normal(&mut draws);
                    SizedTrade { result, key: Some(key) }
                })
                .collect();
            // The account is at its peak all along: the contexts are those that were learned.
            equity += 1.0;
            policy.push(&trades, equity).state == PolicyState::Shadow
        }) && was
    });
    assert!(back.share() >= 0.80, "{back:?}");
}
