//! How often each test of `stats::evidence` says a word where nothing is there, and how soon where something is.

use dtlearn::decide::ShadowRecord;
use dtlearn::stats::evidence::{ENOUGH, Forecast, ForecastTest, SkillSession, SkillTest, SymmetricTest};

use crate::draws::{Draws, Rate, chance, median, say};

/// Whether differences ever say a word within the sessions; `draw` makes a session's picks into a difference.
fn speaks(scenario: u64, sessions: usize, draw: impl Fn(&mut Draws) -> f64) -> bool {
    let mut draws = Draws::new(scenario);
    // The scale is that of 60 sessions before.
    let before: Vec<f64> = (0..60).map(|_| draw(&mut draws)).collect();
    let mean = before.iter().sum::<f64>() / 60.0;
    let scale = (before.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 59.0).sqrt();
    let Some(mut test) = SymmetricTest::new(scale) else { return false };
    (0..sessions).any(|_| {
        test.push(draw(&mut draws));
        test.e() >= ENOUGH
    })
}

/// The mean difference between arms that a coin draws for each of 24 picks whose results `pick` gives, in percent.
fn coin_arms(draws: &mut Draws, effect: f64, shared: f64, pick: impl Fn(&mut Draws) -> f64) -> f64 {
    let day = shared * draws.normal();
    let sum: f64 = (0..24)
        .map(|_| {
            let result = pick(draws) + day;
            if draws.chance(0.5) { 2.0 * (result + effect) } else { -2.0 * result }
        })
        .sum();
    sum / 24.0
}

#[test]
fn differences_between_arms() {
    let skewed = |d: &mut Draws| if d.chance(0.75) { 0.46 } else { -1.38 };
    let normal = |d: &mut Draws| 0.8 * d.normal();
    for (name, effect, shared, is_skewed) in [
        ("arms, 60 sessions, no effect", 0.0, 0.0, false),
        ("arms, 60 sessions, no effect, skewed results", 0.0, 0.0, true),
        ("arms, 60 sessions, no effect, days share a shock", 0.0, 1.0, false),
    ] {
        let rate = Rate::of(name, 1000, |scenario| {
            speaks(scenario, 60, |d| {
                if is_skewed {
                    coin_arms(d, effect, shared, skewed)
                } else {
                    coin_arms(d, effect, shared, normal)
                }
            })
        });
        assert!(rate.is_at_most(0.05), "{rate:?}");
    }
    let seen = |effect: f64| move |scenario| speaks(scenario, 60, |d| coin_arms(d, effect, 0.0, normal));
    assert!(Rate::of("arms, 60 sessions, +.20 % a trade seen", 500, seen(0.20)).share() > 0.5);
    assert!(Rate::of("arms, 60 sessions, +.30 % a trade seen", 500, seen(0.30)).share() > 0.9);
}

/// After how many sessions skill is shown, if it is within those.
fn skill_shown(
    scenario: u64,
    sessions: u64,
    rows: usize,
    (slope, spread, shock): (f64, f64, f64),
) -> Option<u64> {
    let mut draws = Draws::new(scenario);
    let mut test = SkillTest::default();
    (1..=sessions).find(|_| {
        let day = shock * draws.normal();
        let (mut scores, mut won) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let signal = draws.normal();
            scores.push(spread * signal);
            won.push(draws.chance(chance(slope * signal + day)));
        }
        test.push(&SkillSession::new(&scores, &won));
        test.e() >= ENOUGH
    })
}

#[test]
fn skill_of_a_model() {
    for (name, rows, shock) in [
        ("skill, none, 250 sessions of 40 rows", 40, 0.0),
        ("skill, none, 250 sessions of 40 rows, days share a shock", 40, 1.0),
        ("skill, none, 250 sessions of 10 rows", 10, 0.0),
    ] {
        let rate = Rate::of(name, 400, |s| skill_shown(s, 250, rows, (0.0, 0.4, shock)).is_some());
        assert!(rate.is_at_most(0.05), "{rate:?}");
    }
    // A slope of .36 is an AUC of .60, .25 of .57, .55 of .65.
    for (name, slope, rows, within) in [
        ("skill, AUC .57, 40 rows a session", 0.25, 40, 60),
        ("skill, AUC .60, 40 rows a session", 0.36, 40, 20),
        ("skill, AUC .65, 40 rows a session", 0.55, 40, 10),
        ("skill, AUC .60, 10 rows a session", 0.36, 10, 80),
    ] {
        let shown: Vec<Option<u64>> =
            (0..200).map(|s| skill_shown(s, 250, rows, (slope, slope, 0.0))).collect();
        let middle = median(shown.iter().map(|at| at.unwrap_or(u64::MAX)).collect());
        say(&format!("{name}: shown after {} sessions (median of 200)", middle.unwrap_or(0)));
        let rate = Rate::of(&format!("{name}, within {within} sessions"), 200, |s| {
            shown[s as usize].is_some_and(|at| at <= within)
        });
        assert!(rate.share() >= 0.8, "{rate:?}");
    }
}

/// Two models of three features: the same truth, each with errors of its own.
struct Models {
    tried: [f64; 3],
    rival: [f64; 3],
    slope: f64,
    shift: f64,
}

impl Models {
    /// Models of equal quality: the errors of one are those of the other on other features, its level as far off.
    fn equal(draws: &mut Draws, slope: f64, off: f64) -> Self {
        let slope = slope / 3f64.sqrt();
        let [a, b, c] = [0.3 * draws.normal(), 0.3 * draws.normal(), 0.3 * draws.normal()];
        let rival = [slope + a, slope + b, slope + c];
        Self { tried: [rival[1], rival[2], rival[0]], rival, slope, shift: off * draws.normal() }
    }

    /// Models of about the same quality, before one of them breaks.
    fn alike(draws: &mut Draws, slope: f64) -> Self {
        let slope = slope / 3f64.sqrt();
        let mut fitted = || [0; 3].map(|_| slope + 0.1 * draws.normal());
        let (tried, rival) = (fitted(), fitted());
        Self { tried, rival, slope, shift: 0.0 }
    }

    /// A session's rows; `breaks` is what becomes of the features of the tried model.
    fn session(
        &self,
        draws: &mut Draws,
        (rows, shock): (usize, f64),
        breaks: impl Fn(&mut Draws, [f64; 3]) -> [f64; 3],
    ) -> Vec<Forecast> {
        let day = shock * draws.normal();
        let sum = |weights: &[f64; 3], x: &[f64; 3]| weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        (0..rows)
            .map(|_| {
                let x = [draws.normal(), draws.normal(), draws.normal()];
                let seen = breaks(draws, x);
                Forecast {
                    tried: chance(sum(&self.tried, &seen) - self.shift),
                    rival: chance(sum(&self.rival, &x) + self.shift),
                    won: draws.chance(chance(self.slope * x.iter().sum::<f64>() + day)),
                }
            })
            .collect()
    }
}

/// Sessions in which neither of two models is better: how they are called, rows, the shock that days share, and by how much
/// levels are off.
const EQUAL: [(&str, usize, f64, f64); 4] = [
    ("40 rows", 40, 0.0, 0.0),
    ("40 rows, levels off", 40, 0.0, 0.2),
    ("40 rows, days share a shock", 40, 1.0, 0.1),
    ("10 rows, days share a shock", 10, 1.0, 0.1),
];

#[test]
fn one_forecast_against_another() {
    for (shape, rows, shock, off) in EQUAL {
        let rate = Rate::of(&format!("equal models, 250 sessions of {shape}"), 400, |scenario| {
            let mut draws = Draws::new(scenario);
            let models = Models::equal(&mut draws, 0.55, off);
            let mut test = ForecastTest::default();
            (0..250).any(|_| {
                test.push(&models.session(&mut draws, (rows, shock), |_, x| x));
                test.e() >= ENOUGH
            })
        });
        assert!(rate.is_at_most(0.05), "{rate:?}");
    }
    // A slope of .75 is an AUC of .70, .55 of .65, 1 of .75.
    type Breaks = fn(&mut Draws, [f64; 3]) -> [f64; 3];
    let scrambled: Breaks = |draws, _| [draws.normal(), draws.normal(), draws.normal()];
    let turned: Breaks = |_, x| x.map(|x| -x);
    let constant: Breaks = |_, _| [0.0; 3];
    let one_turned: Breaks = |_, x| [-x[0], x[1], x[2]];
    for (name, slope, shock, breaks, least) in [
        ("scrambled, AUC .65", 0.55, 0.0, scrambled, 0.5),
        ("scrambled, AUC .70", 0.75, 0.0, scrambled, 0.9),
        ("scrambled, AUC .70, days share a shock", 0.75, 1.0, scrambled, 0.85),
        ("turned, AUC .60", 0.36, 0.0, turned, 0.4),
        ("turned, AUC .65", 0.55, 0.0, turned, 0.9),
        ("turned, AUC .70", 0.75, 0.0, turned, 0.9),
        ("constant, AUC .70", 0.75, 0.0, constant, 0.5),
        ("constant, AUC .75", 1.0, 0.0, constant, 0.9),
        ("one of three columns turned, AUC .75", 1.0, 0.0, one_turned, 0.9),
    ] {
        let rate =
            Rate::of(&format!("broken model found within 10 sessions of 40 rows, {name}"), 300, |scenario| {
                let mut draws = Draws::new(scenario);
                let models = Models::alike(&mut draws, slope);
                let mut test = ForecastTest::default();
                (0..10).any(|_| {
                    test.push(&models.session(&mut draws, (40, shock), breaks));
                    test.e() >= ENOUGH
                })
            });
        assert!(rate.share() >= least, "{name}: {rate:?}");
    }
}

/// Sessions between two attempts that are refused.
const ATTEMPTS: u64 = 5;

/// Whether a challenger is promoted within so many sessions: at each attempt that it gives way to, `next` makes another one.
fn promoted(
    draws: &mut Draws,
    (sessions, rows, shock): (u64, usize, f64),
    mut models: Models,
    next: impl Fn(&mut Draws, &Models) -> [f64; 3],
    breaks: impl Fn(&mut Draws, [f64; 3]) -> [f64; 3],
) -> bool {
    let (mut record, mut in_shadow) = (ShadowRecord::default(), 0);
    models.rival = next(draws, &models);
    (1..=sessions).any(|session| {
        let rows = models.session(draws, (rows, shock), &breaks);
        record.own.push(&rows);
        record.all.push(&rows);
        in_shadow += 1;
        let is_shown = record.is_shown();
        if session % ATTEMPTS == 0 && record.gives_way(in_shadow, in_shadow > 20) {
            models.rival = next(draws, &models);
            (record.own, in_shadow) = (ForecastTest::default(), 0);
        }
        is_shown
    })
}

#[test]
fn challengers_that_follow_one_another_in_shadow() {
    // The same errors on other features: as good.
    let as_good = |draws: &mut Draws, models: &Models| {
        let [a, b, c] = models.tried;
        [[b, c, a], [c, a, b], [b, a, c], [a, c, b], [c, b, a]][(draws.unit() * 5.0) as usize % 5]
    };
    for (shape, rows, shock, off) in EQUAL {
        let rate =
            Rate::of(&format!("equal challengers in turn, 250 sessions of {shape}"), 400, |scenario| {
                let mut draws = Draws::new(scenario);
                let models = Models::equal(&mut draws, 0.55, off);
                promoted(&mut draws, (250, rows, shock), models, as_good, |_, x| x)
            });
        assert!(rate.is_at_most(0.05), "{rate:?}");
    }
    // What the one in use knew holds no more; those in shadow have learned what does.
    for (name, slope, known, least) in [
        ("nothing of it is left, AUC .65", 0.55, 0.0, 0.9),
        ("a third of it is left, AUC .65", 0.55, 1.0 / 3.0, 0.7),
        ("a third of it is left, AUC .70", 0.75, 1.0 / 3.0, 0.9),
    ] {
        let rate = Rate::of(&format!("promoted within 20 sessions of 40 rows, {name}"), 300, |scenario| {
            let mut draws = Draws::new(scenario);
            let models = Models::alike(&mut draws, slope);
            let faded = |draws: &mut Draws, x: [f64; 3]| {
                x.map(|x| known * x + (1.0 - known * known).sqrt() * draws.normal())
            };
            let learned = |draws: &mut Draws, _: &Models| Models::alike(draws, slope).rival;
            promoted(&mut draws, (20, 40, 0.0), models, learned, faded)
        });
        assert!(rate.share() >= least, "{name}: {rate:?}");
    }
}

#[test]
fn a_model_after_its_relation_turned() {
    for (name, now, least) in [("turned", -0.55, 0.9), ("gone", 0.0, 0.8)] {
        let rate = Rate::of(
            &format!("model of AUC .65 retired within 20 sessions of 40 rows, relation {name}"),
            300,
            |scenario| {
                let mut draws = Draws::new(scenario);
                let mut test = ForecastTest::default();
                (0..20).any(|_| {
                    let rows: Vec<Forecast> = (0..40)
                        .map(|_| {
                            let x = draws.normal();
                            Forecast {
                                tried: chance(0.55 * x),
                                rival: 0.5,
                                won: draws.chance(chance(now * x)),
                            }
                        })
                        .collect();
                    test.push(&rows);
                    test.e() >= ENOUGH
                })
            },
        );
        assert!(rate.share() >= least, "{rate:?}");
    }
}
