//! Values worked out by hand, what must hold of any e-value, and its mean over everything that chance can do.

use proptest::prelude::*;

use super::*;

fn symmetric(differences: &[f64]) -> SymmetricTest {
    // A scale of .1 is r = 5.
    let mut test = SymmetricTest::new(0.1).unwrap();
    differences.iter().for_each(|d| test.push(*d));
    test
}

#[test]
fn the_mixture_by_hand() {
    // S .80, V .205, 1 + rV 2.025, rS²/2 1.6: 2.025^(−½)·e^(1.6/2.025).
    let five = [0.30, 0.10, -0.05, 0.25, 0.20];
    assert!((symmetric(&five).e() - 1.5486).abs() < 5e-5);
    assert_eq!(symmetric(&five).interval(), None);
    // One side alone: z = .8·√(5/2.025), and 2·E·Φ(−z).
    assert!((symmetric(&five).e_below() - 0.323_227_636).abs() < 1e-8);
    assert!((symmetric(&five.map(|d| -d)).e_below() - 2.773_933_059).abs() < 1e-8);
    let often = symmetric(&five.repeat(4));
    assert!((often.e() - 67.02).abs() < 1e-2);
    let (low, high) = often.interval().unwrap();
    // On a grid of thousandths .039 and .281 are the last that E does not exclude: 19.4, against 20.1 at .038.
    assert!((0.038..0.039).contains(&low) && (0.281..0.282).contains(&high), "{low} {high}");
    assert!((often.mean().unwrap() - 0.160).abs() < 1e-12);
    assert_eq!((symmetric(&[]).e(), symmetric(&[]).mean()), (1.0, None));
    assert!([0.0, -1.0, f64::NAN, f64::INFINITY, 1e-200].iter().all(|s| SymmetricTest::new(*s).is_none()));
}

#[test]
fn two_kinds_of_scores_are_averaged() {
    let said = SkillSession::new(&[1.0, -1.0], &[true, false]);
    let turned = SkillSession::new(&[-1.0, 1.0], &[true, false]);
    let alone = |session: &SkillSession| [session].into_iter().collect::<SkillTest>().e();
    let mut test = JointSkillTest::default();
    test.push(&SessionSkill { walked: said, ahead: None });
    // What scored nothing has an e-value of 1.
    assert!((test.e() - (alone(&said) + 1.0) / 2.0).abs() < 1e-12);
    test.push(&SessionSkill { walked: SkillSession::default(), ahead: Some(turned) });
    assert!((test.e() - (alone(&said) + alone(&turned)) / 2.0).abs() < 1e-12);
    assert_eq!(test.sessions(), 2);
}

#[test]
fn the_conditional_likelihood_by_hand() {
    // e^(1)·2 / (e^1 + e^(−1)); the fourth of the stakes is 2, the third 1.
    let session = SkillSession::new(&[1.0, -1.0], &[true, false]);
    assert!((session.log_e[2].exp() - 1.76159).abs() < 5e-6);
    assert_eq!(
        SkillSession::new(&[0.3; 3], &[true, false, false]).log_e.map(|e| (e * 1e9).round()),
        [0.0; 4]
    );
    assert_eq!(SkillSession::new(&[1.0, 2.0], &[true, true]).log_e, [0.0; 4]);
    assert_eq!(SkillSession::new(&[], &[]), SkillSession { rows: 0, wins: 0, log_e: [0.0; 4] });
    // Scores beyond everything, and such as are none.
    let wild =
        SkillSession::new(&[f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0], &[true, false, true, true]);
    assert!(wild.rows == 3 && wild.log_e.iter().all(|e| e.is_finite()), "{wild:?}");
}

/// Whether each of `n` things happens, in every way.
fn every_way(n: usize) -> impl Iterator<Item = Vec<bool>> {
    (0u32..1 << n).map(move |bits| (0..n).map(|at| bits >> at & 1 == 1).collect())
}

#[test]
fn without_skill_a_session_says_one_in_the_mean_exactly() {
    let scores = [-1.7, 0.2, 0.25, 0.9, 3.0, -0.4];
    for k in 0..=scores.len() {
        let ways: Vec<Vec<bool>> =
            every_way(scores.len()).filter(|way| way.iter().filter(|won| **won).count() == k).collect();
        for stake in 0..4 {
            let sum: f64 = ways.iter().map(|way| SkillSession::new(&scores, way).log_e[stake].exp()).sum();
            assert!((sum / ways.len() as f64 - 1.0).abs() < 1e-12, "k {k}, stake {stake}: {sum}");
        }
    }
}

#[test]
fn fair_bets_and_turned_signs_are_worth_one_in_the_mean() {
    let sizes = [0.9, 0.2, 0.5, 1.0, 0.1, 0.7, 0.6, 0.3, 1.0, 0.8];
    let (mut bets, mut mixtures, mut ways) = (0.0, 0.0, 0.0);
    for signs in every_way(sizes.len()) {
        let signed = sizes.iter().zip(&signs).map(|(size, up)| if *up { *size } else { -size });
        let mut bounded = BoundedTest::default();
        signed.clone().for_each(|x| bounded.push(x));
        bets += bounded.log_e().exp();
        let mut mixture = SymmetricTest::new(0.5).unwrap();
        signed.for_each(|x| mixture.push(x));
        mixtures += mixture.e();
        ways += 1.0;
    }
    assert!((bets / ways - 1.0f64).abs() < 1e-12, "{}", bets / ways);
    assert!(mixtures / ways <= 1.0 && mixtures / ways > 0.8, "{}", mixtures / ways);
}

#[test]
fn bets_by_hand() {
    let mut test = BoundedTest::default();
    // Nothing is known: nothing is staked. Then .4/2 over (.16 + .25)/2 is ½ at most, then .2/3 over (.2 + .25)/3.
    test.push(0.4);
    assert_eq!(test.log_e(), 0.0);
    test.push(-0.2);
    assert!((test.log_e() - 0.9f64.ln()).abs() < 1e-12);
    test.push(0.9);
    let stake: f64 = 0.2 / 0.45;
    assert!((test.log_e() - (0.9 * (1.0 + stake * 0.9)).ln()).abs() < 1e-12);
    test.push(f64::NAN);
    assert_eq!(test.sessions(), 3);
}

fn rows(tried: &[f64], rival: &[f64], won: &[bool]) -> Vec<Forecast> {
    let pairs = tried.iter().zip(rival).zip(won);
    pairs.map(|((tried, rival), won)| Forecast { tried: *tried, rival: *rival, won: *won }).collect()
}

#[test]
fn forecasts_by_hand() {
    // Both promise one win of two already. D̃ = .8² − .6² and .8² − .6² again: (1 + .75·.28)².
    let mut test = ForecastTest::default();
    test.push(&rows(&[0.2, 0.8], &[0.4, 0.6], &[true, false]));
    let order = 2.0 * (1.0f64 + 0.75 * 0.28).ln();
    assert!((test.e() - 0.5 * (1.0 + order.exp())).abs() < 1e-6, "{}", test.e());
    assert!((test.mean().unwrap() - 0.28).abs() < 1e-9);
    // The level alone: nothing is said of the order where all came out alike.
    let mut level = ForecastTest::default();
    for _ in 0..40 {
        level.push(&rows(&[0.9, 0.9], &[0.2, 0.2], &[false, false]));
    }
    assert!(level.e() > ENOUGH, "{}", level.e());
    let mut same = ForecastTest::default();
    same.push(&rows(&[0.3, 0.6], &[0.3, 0.6], &[true, false]));
    same.push(&rows(&[0.0, 1.0, f64::NAN], &[1.0, 0.0, 0.5], &[false, true, true]));
    assert!(same.rows() == 4 && same.e() < 1.0 && same.e().is_finite(), "{}", same.e());
    assert_eq!(ForecastTest::default().mean(), None);
}

proptest! {
    /// The order of sessions says nothing, and a shift of all differences shifts the interval.
    #[test]
    fn the_mixture_knows_no_order(mut ds in prop::collection::vec(-0.5f64..0.5, 2..60), shift in -1.0f64..1.0) {
        let test = symmetric(&ds);
        let shifted: Vec<f64> = ds.iter().map(|d| d + shift).collect();
        match (test.interval(), symmetric(&shifted).interval()) {
            (Some(a), Some(b)) => {
                prop_assert!((a.0 + shift - b.0).abs() < 1e-6 && (a.1 + shift - b.1).abs() < 1e-6);
                // At its end the evidence is just enough.
                let to_the_end: Vec<f64> = ds.iter().map(|d| d - a.0).collect();
                prop_assert!((symmetric(&to_the_end).e() - ENOUGH).abs() < 1e-3 * ENOUGH);
            }
            (a, b) => prop_assert_eq!(a.is_none(), b.is_none()),
        }
        ds.reverse();
        prop_assert!((symmetric(&ds).e() / test.e() - 1.0).abs() < 1e-9);
    }

    /// A level that all rows of a session share changes nothing, nor does the order of its rows.
    #[test]
    fn skill_knows_no_level(rows in prop::collection::vec((-3.0f64..3.0, any::<bool>()), 1..60), shift in -2.0f64..2.0) {
        let (scores, won): (Vec<f64>, Vec<bool>) = rows.iter().copied().unzip();
        let session = SkillSession::new(&scores, &won);
        let shifted: Vec<f64> = scores.iter().rev().map(|score| score + shift).collect();
        let turned: Vec<bool> = won.iter().rev().copied().collect();
        let again = SkillSession::new(&shifted, &turned);
        prop_assert!(session.log_e.iter().zip(again.log_e).all(|(a, b)| (a - b).abs() < 1e-9 * (1.0 + a.abs())));
    }

    /// What speaks against one forecast never speaks against its rival as loudly.
    #[test]
    fn only_one_of_two_is_worse(session in prop::collection::vec((0.0f64..1.0, 0.0f64..1.0, any::<bool>()), 1..40), times in 1usize..20) {
        let (mut first, mut second) = (ForecastTest::default(), ForecastTest::default());
        for _ in 0..times {
            first.push(&session.iter().map(|(tried, rival, won)| Forecast { tried: *tried, rival: *rival, won: *won }).collect::<Vec<_>>());
            second.push(&session.iter().map(|(rival, tried, won)| Forecast { tried: *tried, rival: *rival, won: *won }).collect::<Vec<_>>());
        }
        prop_assert!(!(first.e() >= ENOUGH && second.e() >= ENOUGH), "{} {}", first.e(), second.e());
    }
}
