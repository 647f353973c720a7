//! Experiments: how often a word is said where arms do not differ, how soon where they do, and what interferes.

use dtlearn::decide::{
    ArmVerdict, Observation, ScoredSession, TradeResult, compare, frozen_scale, score_sessions,
    sessions_needed, shadow_sessions_needed,
};
use dtlearn::domain::{
    Arm, Assignment, Calendar, Date, Experiment, ExperimentMetric, ExperimentUnit, Timestamp,
};
use dtlearn::stats::evidence::{ENOUGH, PairedTest};
use dtlearn::stats::student;

use crate::draws::{Draws, Rate, median, say};

/// Results of a session, or of a signal, without an effect: mean 0 whatever the shape, and about of one deviation.
type Shape = fn(&mut Draws, &mut f64) -> f64;

/// The eight shapes, with the number of sessions that only the last depends on; `state` is what a session leaves behind.
const SHAPES: [(&str, Shape); 8] = [
    ("normal", |d, _| d.normal()),
    ("t with 3 degrees", |d, _| {
        let square: f64 = (0..3).map(|_| d.normal().powi(2)).sum();
        d.normal() / (square / 3.0).sqrt() / 3f64.sqrt()
    }),
    ("+1/-3", |d, _| if d.chance(0.75) { 0.577 } else { -1.732 }),
    ("+2/-1", |d, _| if d.chance(1.0 / 3.0) { 1.414 } else { -0.707 }),
    ("+1/-49", |d, _| if d.chance(0.98) { 1.0 / 7.0 } else { -7.0 }),
    ("lognormal", |d, _| (d.normal().exp() - 0.5f64.exp()) / 2.161),
    ("GARCH", |d, state| {
        let variance = if *state == 0.0 { 1.0 } else { *state };
        let drawn = variance.sqrt() * d.normal();
        *state = 0.05 + 0.10 * drawn * drawn + 0.85 * variance;
        drawn
    }),
    ("AR(1) .3", |d, state| {
        *state = 0.3 * *state + 0.954 * d.normal();
        *state
    }),
];

pub(crate) fn dates(count: usize) -> Vec<Date> {
    let first = Date::from_ymd_opt(2024, 1, 2).unwrap();
    first.iter_days().take(count).collect()
}

/// An experiment of as many arms; sessions are all days, so that no calendar is asked.
pub(crate) fn experiment(name: &str, unit: ExperimentUnit, arms: usize, starts: Date) -> Experiment {
    let arm = |at: usize| Arm { name: format!("{at}"), share: 1.0 / arms as f64, knobs: Vec::new() };
    Experiment {
        assignment: Assignment {
            name: name.into(),
            arms: (0..arms).map(arm).collect(),
            unit,
            starts,
            symbols: None,
        },
        metric: ExperimentMetric::NetUsd,
        min_effect: 0.5,
        scale: 1.0,
        clip: 4.0,
        capital: 10_000.0,
        needed: (60, 30),
        max_sessions: u64::MAX,
        planned_at: Timestamp::from_micros(0),
        hash: String::new(),
    }
}

pub(crate) fn observation(id: String, session: Date, pnl: f64) -> Observation {
    let trade = TradeResult { pnl, notional: 1.0, r: None };
    Observation {
        id,
        symbol: "S".into(),
        session,
        is_signal: true,
        trade: Some(trade),
        ..Observation::default()
    }
}

/// Freezes scale and clip on the first 60 sessions, and compares on the rest. `effect` is added to the results of the
/// second arm.
pub(crate) fn scored(
    plan: Experiment,
    results: &[Vec<f64>],
    effect: f64,
) -> (Experiment, Vec<ScoredSession>) {
    planned(plan, results, effect).unwrap()
}

/// As [`scored`]; none where the sessions before give no spread to plan with, so that the plan is refused.
fn planned(
    mut plan: Experiment,
    results: &[Vec<f64>],
    effect: f64,
) -> Option<(Experiment, Vec<ScoredSession>)> {
    let calendar = Calendar::always();
    let days = dates(results.len());
    let before = 60.min(results.len());
    let ids = |at: usize, place: usize| format!("{at}-{place}");
    let past: Vec<Observation> = (0..before)
        .flat_map(|at| results[at].iter().enumerate().map(move |(place, pnl)| (at, place, *pnl)))
        .map(|(at, place, pnl)| observation(ids(at, place), days[at], pnl))
        .collect();
    plan.assignment.starts = days[0];
    (plan.scale, plan.clip) = frozen_scale(&plan, &past, (days[before - 1], 0.0), &calendar).ok()?;
    plan.assignment.starts = days[before];
    let mut found = Vec::new();
    for at in before..results.len() {
        for (place, pnl) in results[at].iter().enumerate() {
            let id = ids(at, place);
            let arm = match plan.assignment.unit {
                ExperimentUnit::Session => plan.assignment.of_session(days[at], &calendar).unwrap(),
                _ => plan.assignment.of_signal(&id),
            };
            let pnl = if arm == 1 { pnl + effect } else { *pnl };
            found.push(observation(id, days[at], pnl));
        }
    }
    let last = *days.last().unwrap();
    let mut scored = score_sessions(&plan, &found, (last, true), &calendar);
    Some((plan, scored.differences.swap_remove(0)))
}

/// Whether a t-test at 5 % that is looked at after every session from the fifth on ever says a word.
fn t_test_speaks(scored: &[ScoredSession]) -> bool {
    let (mut sum, mut squares) = (0.0, 0.0);
    scored.iter().enumerate().any(|(at, scored)| {
        sum += scored.difference;
        squares += scored.difference * scored.difference;
        let n = (at + 1) as f64;
        let variance = (squares - sum * sum / n) / (n - 1.0).max(1.0);
        n >= 5.0 && sum.abs() / (n * variance).sqrt() > student(n - 1.0)
    })
}

fn speaks(plan: &Experiment, scored: &[ScoredSession]) -> bool {
    compare(plan, scored, ENOUGH, false).path.iter().any(|point| point.e >= ENOUGH)
}

#[test]
fn no_word_without_an_effect_however_often_it_is_looked_at() {
    for (name, shape) in SHAPES {
        let life = |scenario: u64| {
            let mut draws = Draws::new(scenario);
            let mut state = 0.0;
            let results: Vec<Vec<f64>> = (0..310).map(|_| vec![shape(&mut draws, &mut state)]).collect();
            scored(experiment(&format!("e{scenario}"), ExperimentUnit::Signal, 2, dates(1)[0]), &results, 0.0)
        };
        let lives: Vec<_> = (0..2_000).map(life).collect();
        let of = |what: &str| format!("experiment without an effect, 250 sessions, {name}, {what}");
        let rate = Rate::of(&of("a word"), 2_000, |s| speaks(&lives[s as usize].0, &lives[s as usize].1));
        assert!(rate.is_at_most(0.05), "{name}: {rate:?}");
        let control = Rate::of(&of("by a daily t-test"), 2_000, |s| t_test_speaks(&lives[s as usize].1));
        assert!(control.share() > 0.2, "the harness sees nothing: {name}: {control:?}");
    }
}

#[test]
fn no_word_where_sessions_take_turns_or_signals_share_a_day() {
    for (name, shape) in SHAPES {
        let rate = Rate::of(
            &format!("experiment by session without an effect, 250 sessions, {name}"),
            400,
            |scenario| {
                let mut draws = Draws::new(scenario);
                let mut state = 0.0;
                let results: Vec<Vec<f64>> =
                    (0..310).map(|_| vec![0.1 + shape(&mut draws, &mut state)]).collect();
                let plan = experiment(&format!("s{scenario}"), ExperimentUnit::Session, 2, dates(1)[0]);
                planned(plan, &results, 0.0).is_some_and(|(plan, scored)| speaks(&plan, &scored))
            },
        );
        assert!(rate.is_at_most(0.05), "{name}: {rate:?}");
    }
    let rate = Rate::of(
        "experiment without an effect, 60 sessions of 12 signals that share a shock",
        400,
        |scenario| {
            let mut draws = Draws::new(scenario);
            let results: Vec<Vec<f64>> = (0..120)
                .map(|_| {
                    let day = draws.normal();
                    (0..12).map(|_| 0.8 * draws.normal() + day).collect()
                })
                .collect();
            let (plan, scored) = scored(
                experiment(&format!("d{scenario}"), ExperimentUnit::Signal, 2, dates(1)[0]),
                &results,
                0.0,
            );
            speaks(&plan, &scored)
        },
    );
    assert!(rate.is_at_most(0.05), "{rate:?}");
}

/// By how much the results of two arms can differ in deviations of a session, where stops and targets are such that results
/// have the shape. What has no bound of its own is given stops and targets four deviations away.
fn reach_of(name: &str) -> f64 {
    match name {
        "+1/-3" => 2.31,
        "+2/-1" => 2.13,
        "+1/-49" => 7.15,
        _ => 8.0,
    }
}

/// A shadow, frozen on 60 sessions of a shape, and as many sessions of it with an effect.
fn in_the_shadow(
    scenario: u64,
    shape: Shape,
    (reach, effect): (f64, f64),
    sessions: usize,
) -> (Experiment, Vec<ScoredSession>) {
    let mut draws = Draws::new(scenario);
    let mut state = 0.0;
    let days = dates(60 + sessions);
    let mut plan = experiment("shadow", ExperimentUnit::Shadow, 2, days[0]);
    plan.metric = ExperimentMetric::NetPct;
    // The arm in the shadow has no past: the plan rests on the results of the first one.
    let past: Vec<Observation> = days[..60]
        .iter()
        .map(|day| observation(day.to_string(), *day, shape(&mut draws, &mut state) / 2f64.sqrt()))
        .collect();
    let found = frozen_scale(&plan, &past, (days[59], reach), &Calendar::always());
    (plan.scale, plan.clip) = found.unwrap();
    let of = |session: &Date| ScoredSession {
        session: *session,
        difference: effect + shape(&mut draws, &mut state),
    };
    let scored = days[60..].iter().map(of).collect();
    (plan, scored)
}

/// No coin decides the sign in the shadow: the differences themselves have the shape.
#[test]
fn no_word_in_the_shadow_without_an_effect() {
    for (name, shape) in SHAPES {
        let rate = Rate::of(&format!("shadow without an effect, 250 sessions, {name}"), 1_000, |s| {
            let (plan, scored) = in_the_shadow(s, shape, (reach_of(name), 0.0), 250);
            let mut test = PairedTest::new(plan.clip).unwrap();
            scored.iter().any(|scored| {
                test.push(scored.difference);
                test.e() >= ENOUGH
            })
        });
        // What carries over to the next session is no noise: its rate is said, and not promised.
        assert!(rate.is_at_most(if name.starts_with("AR") { 0.1 } else { 0.05 }), "{name}: {rate:?}");
    }
}

#[test]
fn an_effect_is_seen_in_the_shadow_in_the_sessions_that_were_planned() {
    for (reach, d) in [(0.0, 0.5), (8.0, 0.5), (12.0, 0.75)] {
        let needed = |plan: &Experiment| shadow_sessions_needed(d, plan.scale, plan.clip).unwrap().0;
        let life = |scenario: u64| {
            let (plan, scored) = in_the_shadow(scenario, SHAPES[0].1, (reach, d), 200);
            let mut test = PairedTest::new(plan.clip).unwrap();
            let at = scored.iter().position(|scored| {
                test.push(scored.difference);
                test.e() >= ENOUGH
            });
            let holds = test.interval(1.0).is_none_or(|(low, high)| low <= d && d <= high);
            (at.map_or(u64::MAX, |at| at as u64 + 1), needed(&plan), holds)
        };
        let lives: Vec<_> = (0..400).map(life).collect();
        let of = format!("in the shadow, effect of {d} deviations, reach {reach}");
        let planned = median(lives.iter().map(|life| life.1).collect());
        say(&format!(
            "{of}: planned {planned:?}, seen after {:?} (medians)",
            median(lives.iter().map(|life| life.0).collect())
        ));
        let within = Rate::of(&format!("{of}, seen within the plan"), 400, |s| {
            lives[s as usize].0 <= lives[s as usize].1
        });
        assert!(within.share() >= 0.75, "{within:?}");
        let coverage =
            Rate::of(&format!("{of}, interval at the stopping time holds it"), 400, |s| lives[s as usize].2);
        assert!(coverage.share() >= 0.95, "{coverage:?}");
    }
}

#[test]
fn an_effect_is_seen_in_the_sessions_that_were_planned() {
    for d in [0.3, 0.5, 1.0] {
        let (needed, once) = sessions_needed(d, 1.0, 1).unwrap();
        let life = |scenario: u64| {
            let mut draws = Draws::new(scenario);
            let results: Vec<Vec<f64>> =
                (0..60 + needed).map(|_| (0..8).map(|_| draws.normal()).collect()).collect();
            let plan = experiment(&format!("p{scenario}"), ExperimentUnit::Signal, 2, dates(1)[0]);
            // The mean over eight signals of +-2Y has a deviation of 2/sqrt(8).
            let effect = d * 2.0 / 8f64.sqrt();
            let (plan, scored) = scored(plan, &results, effect);
            let compared = compare(&plan, &scored, ENOUGH, false);
            let at = compared.path.iter().position(|point| point.e >= ENOUGH);
            let seen = at.map(|at| compared.path[at]);
            let interval = seen.or(compared.path.last().copied()).and_then(|point| point.interval);
            let holds = interval.is_none_or(|(low, high)| low <= effect && effect <= high);
            (at, seen.is_some_and(|point| point.mean > 0.0), holds)
        };
        let lives: Vec<_> = (0..500).map(life).collect();
        let middle = median(lives.iter().map(|life| life.0.map_or(u64::MAX, |at| at as u64 + 1)).collect());
        say(&format!(
            "effect of {d} deviations: planned {needed} sessions with looks ({once} without), seen after {middle:?} (median)"
        ));
        let rate = Rate::of(
            &format!("effect of {d} deviations seen within the planned {needed} sessions"),
            500,
            |s| lives[s as usize].1,
        );
        assert!(rate.share() >= 0.8, "{rate:?}");
        let coverage =
            Rate::of(&format!("interval at the stopping time holds the effect, {d} deviations"), 500, |s| {
                lives[s as usize].2
            });
        assert!(coverage.share() >= 0.95, "{coverage:?}");
    }
}

#[test]
fn arms_that_are_equal_or_do_harm() {
    let life = |scenario: u64, effect: f64, sessions: usize| {
        let mut draws = Draws::new(scenario);
        let results: Vec<Vec<f64>> =
            (0..60 + sessions).map(|_| (0..8).map(|_| draws.normal()).collect()).collect();
        let mut plan = experiment(&format!("q{scenario}"), ExperimentUnit::Signal, 2, dates(1)[0]);
        plan.min_effect = 0.5;
        let (plan, scored) = scored(plan, &results, effect);
        (1..=scored.len())
            .map(|n| compare(&plan, &scored[..n], ENOUGH, false).verdict)
            .collect::<Vec<ArmVerdict>>()
    };
    let said = |verdicts: &[ArmVerdict], verdict: ArmVerdict| verdicts.contains(&verdict);
    let harmful = Rate::of("no effect ever called harmful in 60 sessions", 200, |s| {
        said(&life(s, 0.0, 60), ArmVerdict::Harmful)
    });
    assert!(harmful.is_at_most(0.2), "{harmful:?}");
    let found = Rate::of("-.5 deviations called harmful or worse within 60 sessions", 200, |s| {
        let words = life(s, -0.35, 60);
        said(&words, ArmVerdict::Harmful) || said(&words, ArmVerdict::Worse)
    });
    assert!(found.share() > 0.85, "{found:?}");
    let wrong = Rate::of(
        "an effect of the smallest size that matters ever called equivalent in 100 sessions",
        200,
        |s| said(&life(s, 0.5, 100), ArmVerdict::Equivalent),
    );
    assert!(wrong.is_at_most(0.05), "{wrong:?}");
    let equal = Rate::of("no effect called equivalent within 100 sessions", 200, |s| {
        said(&life(s, 0.0, 100), ArmVerdict::Equivalent)
    });
    assert!(equal.share() > 0.8, "{equal:?}");
}
