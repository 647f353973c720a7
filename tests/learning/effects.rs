//! What is said of a rule's moves where they change nothing, and where they do something.

use dtlearn::decide::RuleEffect;
use dtlearn::domain::Date;

use crate::common::histories::dates;
use crate::draws::{Draws, Rate};

/// What is said after each Friday of so many weeks of an engine whose weeks are all alike but for chance: a rule fires
/// after a week in the lower half, and moves its knob or not by a coin; each move brings `effect` standard deviations
/// of a week to the next one.
fn words(scenario: u64, weeks: usize, effect: f64) -> Vec<&'static str> {
    let mut draws = Draws::new(scenario);
    let fridays: Vec<Date> = dates(5 * weeks).into_iter().step_by(5).collect();
    let mut rule = RuleEffect { rule: "losing_run", ..RuleEffect::default() };
    let mut before = draws.normal();
    let mut said = Vec::new();
    for friday in fridays {
        let moves = draws.chance(0.5);
        let fires = before < 0.0;
        let after = draws.normal() + if fires && moves { effect } else { 0.0 };
        if fires {
            if moves { &mut rule.moved } else { &mut rule.stayed }.push((friday, after - before));
        }
        said.push(rule.verdict());
        before = after;
    }
    said
}

fn is_word(word: &&str) -> bool {
    matches!(*word, "better" | "worse")
}

#[test]
fn moves_that_change_nothing_are_rarely_called() {
    let once = Rate::of("effects, moves that change nothing: a word after a year", 1000, |s| {
        words(s, 52, 0.0).last().is_some_and(is_word)
    });
    let ever =
        Rate::of("effects, moves that change nothing: any word in a year of weekly looks", 1000, |s| {
            words(s, 52, 0.0).iter().any(is_word)
        });
    assert!(once.is_at_most(0.05) && ever.is_at_most(0.05), "{once:?} {ever:?}");
}

#[test]
fn moves_that_help_are_seen() {
    for (effect, least) in [(2.0, 0.3), (3.0, 0.6)] {
        let seen = Rate::of(
            &format!(
                "effects, moves that lift the next week by {effect} standard deviations: better within a year"
            ),
            300,
            |s| words(s, 52, effect).contains(&"better"),
        );
        assert!(seen.share() >= least, "{seen:?}");
    }
}
