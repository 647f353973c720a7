//! Several arms, several experiments, records that go missing, and arms that share places.

use dtlearn::decide::{ArmVerdict, Observation, compare, frozen_scale, required_e, score_sessions};
use dtlearn::domain::{Assignment, Calendar, Date, ExperimentUnit, RiskCheck};
use dtlearn::stats::evidence::{ENOUGH, sample_ratio_e};

use crate::draws::{Draws, Rate, say};
use crate::experiments::{dates, experiment, observation, scored};

#[test]
fn several_arms_and_several_experiments() {
    let rate = Rate::of("three arms without an effect, 120 sessions, a word on any", 500, |scenario| {
        let mut draws = Draws::new(scenario);
        let calendar = Calendar::always();
        let days = dates(120);
        let plan = experiment(&format!("k{scenario}"), ExperimentUnit::Signal, 3, days[0]);
        let found: Vec<Observation> =
            (0..120 * 9).map(|at| observation(format!("{at}"), days[at / 9], draws.normal())).collect();
        let scored = score_sessions(&plan, &found, (days[119], true), &calendar);
        scored.differences.iter().any(|scored| {
            compare(&plan, scored, 2.0 * ENOUGH, false).path.iter().any(|point| point.e >= 2.0 * ENOUGH)
        })
    });
    assert!(rate.is_at_most(0.05), "{rate:?}");
    // Of four experiments one has an effect; the share of chance among those named on the last evening.
    let (mut named, mut wrong) = (0.0, 0.0);
    for scenario in 0..200u64 {
        let mut draws = Draws::new(scenario);
        let e: Vec<Vec<f64>> = (0..4)
            .map(|at| {
                let results: Vec<Vec<f64>> =
                    (0..140).map(|_| (0..8).map(|_| draws.normal()).collect()).collect();
                let plan = experiment(&format!("m{scenario}-{at}"), ExperimentUnit::Signal, 2, dates(1)[0]);
                let (plan, scored) = scored(plan, &results, if at == 0 { 0.5 } else { 0.0 });
                vec![compare(&plan, &scored, ENOUGH, false).e]
            })
            .collect();
        let needed = required_e(&e);
        let over: Vec<usize> = (0..4).filter(|at| e[*at][0] >= needed[*at]).collect();
        named += f64::from(u8::from(over.contains(&0)));
        wrong += over.iter().filter(|at| **at > 0).count() as f64 / over.len().max(1) as f64;
    }
    say(&format!(
        "four experiments, one with an effect: named in {:.0} %, chance among the named {:.1} %",
        named / 2.0,
        wrong / 2.0
    ));
    assert!(named >= 160.0 && wrong / 200.0 <= 0.05);
}

#[test]
fn the_ratio_of_arms() {
    let alarmed = |scenario: u64, share: f64, signals: usize| {
        let mut draws = Draws::new(scenario);
        let mut counts = [0u64; 2];
        (0..signals).any(|_| {
            counts[usize::from(draws.chance(share))] += 1;
            sample_ratio_e(&counts, &[0.5, 0.5]) >= 1_000.0
        })
    };
    let false_alarm =
        Rate::of("shares 50/50, alarm ever in 2,000 signals", 4_000, |s| alarmed(s, 0.5, 2_000));
    assert!(false_alarm.is_at_most(0.001), "{false_alarm:?}");
    // At an alarm in a thousand, 400 signals cannot show 55/45: two deviations away.
    for (share, signals, least) in
        [(0.55, 400, 0.0), (0.55, 2_500, 0.8), (0.60, 700, 0.8), (2.0 / 3.0, 300, 0.8)]
    {
        let found = Rate::of(&format!("shares {share:.2}, alarm within {signals} signals"), 500, |s| {
            alarmed(s, share, signals)
        });
        assert!(found.share() >= least, "{found:?}");
    }
}

/// Ten symbols with results of their own and a shock that a day's symbols share. Half of them are on each arm.
#[test]
fn symbols_that_swap_sides_by_a_coin() {
    let life = |scenario: u64, effect: f64, is_balanced: bool, sessions: usize| {
        let mut draws = Draws::new(scenario);
        let calendar = Calendar::always();
        let days = dates(60 + sessions);
        let mut plan = experiment(&format!("c{scenario}"), ExperimentUnit::SymbolSession, 2, days[0]);
        let names: Vec<String> = (0..10).map(|at| format!("S{at}")).collect();
        let counts = names.iter().map(|name| (name.as_str(), 1)).collect();
        plan.assignment.symbols = is_balanced.then(|| plan.assignment.in_parts(&counts));
        let mut seen = |plan: &Assignment, day: usize, effect: f64| -> Vec<Observation> {
            let shock = draws.normal();
            let of = |(at, name): (usize, &String)| {
                let arm = plan.of_symbol(name, days[day]);
                let own = 0.1 * at as f64 - 0.45;
                let pnl = own + shock + draws.normal() + if arm == 1 { effect } else { 0.0 };
                Observation { symbol: name.clone(), ..observation(format!("{day}-{at}"), days[day], pnl) }
            };
            names.iter().enumerate().map(of).collect()
        };
        let past: Vec<Observation> = (0..60).flat_map(|day| seen(&plan.assignment, day, 0.0)).collect();
        (plan.scale, plan.clip) = frozen_scale(&plan, &past, (days[59], 0.0), &calendar).unwrap();
        plan.assignment.starts = days[60];
        let found: Vec<Observation> =
            (60..60 + sessions).flat_map(|day| seen(&plan.assignment, day, effect)).collect();
        let scored = score_sessions(&plan, &found, (*days.last().unwrap(), true), &calendar);
        let compared = compare(&plan, &scored.differences[0], ENOUGH, false);
        let seen = compared.path.iter().any(|point| point.e >= ENOUGH);
        (seen, compared.mean.unwrap(), plan.scale)
    };
    let rate = Rate::of("half of the symbols on each arm, no effect, 120 sessions", 1_000, |s| {
        life(s, 0.0, true, 120).0
    });
    assert!(rate.is_at_most(0.05), "{rate:?}");
    // Of a shock that all symbols share nothing is left where as many are on either side.
    let scale = |is_balanced: bool| (0..50).map(|s| life(s, 0.0, is_balanced, 2).2).sum::<f64>() / 50.0;
    let (halves, drawn) = (scale(true), scale(false));
    say(&format!(
        "deviation of a session: {halves:.1} with halves, {drawn:.1} where each symbol is drawn by itself"
    ));
    assert!(halves < 0.75 * drawn);
    let found = |is_balanced: bool| {
        let how = if is_balanced { "halves" } else { "drawn by itself" };
        Rate::of(&format!("symbols, {how}: an effect of .5 each seen within 30 sessions"), 200, |s| {
            life(s, 0.5, is_balanced, 30).0
        })
    };
    assert!(found(true).share() > found(false).share() + 0.2);
    let means: Vec<f64> = (0..200).map(|s| life(s, 0.5, true, 30).1).collect();
    let mean = means.iter().sum::<f64>() / 200.0;
    assert!((mean - 5.0).abs() < 0.3, "the difference of ten symbols: {mean}");
}

/// An engine with two places. The second arm's trades bring a little more each and hold their place four times as long,
/// so that an engine that ran on it alone would make fewer trades, and less.
fn two_places(draws: &mut Draws, session: Date, arm_of: impl Fn(&str) -> usize) -> Vec<Observation> {
    let mut times: Vec<f64> = (0..40).map(|_| 390.0 * draws.unit()).collect();
    times.sort_by(f64::total_cmp);
    let mut free = [0.0; 2];
    times
        .into_iter()
        .enumerate()
        .map(|(at, now)| {
            let id = format!("{session}-{at}");
            let arm = arm_of(&id);
            let result = [1.0, 1.5][arm] + 4.0 * draws.normal();
            let mut seen = observation(id, session, result);
            match free.iter_mut().find(|until| **until <= now) {
                Some(place) => *place = now + [15.0, 60.0][arm],
                None => (seen.trade, seen.refused) = (None, Some(RiskCheck::Positions)),
            }
            seen
        })
        .collect()
}

#[test]
fn arms_that_share_places_interfere_and_sessions_do_not() {
    let calendar = Calendar::always();
    let days = dates(240);
    let run = |scenario: u64, unit: ExperimentUnit| {
        let mut draws = Draws::new(scenario);
        let mut plan = experiment(&format!("i{scenario}"), unit, 2, days[0]);
        let found: Vec<Observation> = days
            .iter()
            .flat_map(|day| {
                two_places(&mut draws, *day, |id| match unit {
                    ExperimentUnit::Session => plan.assignment.of_session(*day, &calendar).unwrap(),
                    _ => plan.assignment.of_signal(id),
                })
            })
            .collect();
        (plan.scale, plan.clip) = frozen_scale(&plan, &found, (days[59], 0.0), &calendar).unwrap();
        let scored = score_sessions(&plan, &found, (days[239], true), &calendar);
        let compared = compare(&plan, &scored.differences[0], ENOUGH, false);
        (compared.mean.unwrap(), compared.verdict, scored.crowded_out)
    };
    // What an engine on one arm alone makes in a session.
    let alone = |arm: usize| {
        let mut draws = Draws::new(99);
        let sum: f64 = days
            .iter()
            .flat_map(|day| two_places(&mut draws, *day, |_| arm))
            .filter_map(|seen| seen.trade.map(|trade| trade.pnl))
            .sum();
        sum / 240.0
    };
    let truth = alone(1) - alone(0);
    let signals: Vec<_> = (0..20).map(|scenario| run(scenario, ExperimentUnit::Signal)).collect();
    let sessions: Vec<_> = (0..20).map(|scenario| run(scenario, ExperimentUnit::Session)).collect();
    let mean = |runs: &[(f64, ArmVerdict, u64)]| runs.iter().map(|run| run.0).sum::<f64>() / 20.0;
    say(&format!(
        "two places: one arm for all makes {truth:+.2} a session less the other; by session {:+.2}, by signal {:+.2} (40 signals)",
        mean(&sessions),
        40.0 * mean(&signals)
    ));
    assert!(truth < -5.0 && (mean(&sessions) - truth).abs() < 0.2 * truth.abs());
    assert!(mean(&signals) > 0.0, "by signal the bias has the other sign");
    assert!(signals.iter().all(|run| run.2 > 0), "and it is warned of");
    assert!(sessions.iter().filter(|run| run.1 == ArmVerdict::Worse).count() >= 15);
}
