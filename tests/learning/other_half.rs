//! The other half of a pattern: following noise is neither better nor worse, also what a search has picked out of it;
//! following what is there is better.

use dtlearn::domain::Filter;
use dtlearn::learn::{Condition, Dataset, Example, Rng, RowFields, followed, mine, scored, sides};
use dtlearn::metrics::DifferenceVerdict;

use crate::asked::rows;
use crate::draws::Rate;

fn is_clear(verdict: DifferenceVerdict) -> bool {
    matches!(verdict, DifferenceVerdict::Higher | DifferenceVerdict::Lower)
}

fn holds(dataset: &Dataset, examples: &[&Example], question: &str) -> Vec<Option<bool>> {
    sides(dataset, examples, &Filter::parse(question, &RowFields(dataset)).unwrap())
}

#[test]
fn following_noise_is_neither_better_nor_worse() {
    let question = "setup = orb and volume_zscore > 0";
    let rate = Rate::of("followed, a question about noise: better or worse", 200, |seed| {
        let noise = rows(seed, 20, |_, _| 0.47);
        let examples: Vec<&Example> = noise.examples.iter().collect();
        is_clear(followed(&examples, &holds(&noise, &examples, question), 1).unwrap().verdict)
    });
    assert!(rate.is_at_most(0.05), "{rate:?}");
}

/// The runners-up of a search are the best of some ten thousand: without paying for it they would all be better.
#[test]
fn what_a_search_picks_out_of_noise_is_not_worth_following() {
    let (mut unpaid, stores) = (0, 200);
    let rate = Rate::of("followed, all that a search on noise lists: any better or worse", stores, |seed| {
        let noise = rows(3000 + seed, 30, |_, _| 0.47);
        let examples: Vec<&Example> = noise.examples.iter().collect();
        let mined = mine(&noise, &examples, &[]);
        let of = |conditions: &[Condition], tried| {
            let all = |row: &&Example| Some(conditions.iter().all(|is| is.holds(&noise, row)));
            let holds: Vec<Option<bool>> = examples.iter().map(all).collect();
            followed(&examples, &holds, tried).is_some_and(|half| is_clear(half.verdict))
        };
        unpaid += u64::from(mined.patterns.iter().any(|pattern| of(&pattern.conditions, 1)));
        mined.patterns.iter().any(|pattern| of(&pattern.conditions, mined.tried))
    });
    println!("the same without paying for the search: {unpaid} of {stores}");
    assert!(rate.is_at_most(0.05) && unpaid > 20, "{rate:?} {unpaid}");
}

#[test]
fn following_what_is_there_is_better() {
    let better = Rate::of("followed, 13 points in a band of 2,400 trades: better", 40, |seed| {
        let planted = rows(seed, 60, |rsi, _| if (40.0..60.0).contains(&rsi) { 0.60 } else { 0.47 });
        let examples: Vec<&Example> = planted.examples.iter().collect();
        let holds = holds(&planted, &examples, "rsi_14 between 40 and 60");
        followed(&examples, &holds, 1).unwrap().verdict == DifferenceVerdict::Higher
    });
    assert!(better.share() >= 0.6, "{better:?}");
}

#[test]
fn a_model_that_does_not_know_a_pattern_is_not_said_to_like_it() {
    let seen = |name: &str, stores, more: f64| {
        Rate::of(name, stores, |seed| {
            let noise = rows(seed, 20, |_, _| 0.47);
            let examples: Vec<&Example> = noise.examples.iter().collect();
            let holds = holds(&noise, &examples, "setup = orb");
            let mut rng = Rng::new(seed, 95);
            let mut level = (i64::MIN, 0.0);
            let given: Vec<Option<f64>> = examples
                .iter()
                .zip(&holds)
                .map(|(example, holds)| {
                    if example.session != level.0 {
                        level = (example.session, rng.below(1000) as f64 / 5000.0);
                    }
                    let own = if *holds == Some(true) { more } else { 0.0 };
                    Some(0.4 + level.1 + own + rng.below(1000) as f64 / 10_000.0)
                })
                .collect();
            scored(&examples, &given, &holds).unwrap().verdict == DifferenceVerdict::Higher
        })
    };
    // One side of an interval of 95 %.
    let blind = seen("scored, a model that does not know the pattern: higher", 400, 0.0);
    assert!(blind.is_at_most(0.04), "{blind:?}");
    let knowing = seen("scored, a model that gives it a point more: higher", 100, 0.01);
    assert!(knowing.share() >= 0.8, "{knowing:?}");
}
