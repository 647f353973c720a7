//! Patterns on planted data with known conditions, and on noise, where there is nothing to be found.

use dtlearn::learn::{Condition, Example, PatternVerdict, mine};

use crate::common::planted;

fn cut_of(condition: &Condition) -> f64 {
    match condition {
        Condition::Above { cut, .. } | Condition::AtMost { cut, .. } => *cut,
        Condition::Between { low, .. } => *low,
        Condition::Is { .. } => f64::NAN,
    }
}

#[test]
fn planted_conditions_are_found_near_their_cuts() {
    let dataset = planted::dataset("planted/10000");
    let rows: Vec<&Example> = dataset.examples.iter().collect();
    let mined = mine(&dataset, &rows, &[]);
    eprintln!("{} tried", mined.tried);
    for pattern in &mined.patterns {
        let words: Vec<String> = pattern.conditions.iter().map(Condition::text).collect();
        eprintln!(
            "{:5} {:+.3} n {} p {:.1e} {}",
            pattern.verdict.as_str(),
            pattern.lift,
            pattern.n,
            pattern.p,
            words.join(", ")
        );
    }
    let find = |verdict: PatternVerdict, subjects: &[&str]| {
        mined
            .patterns
            .iter()
            .find(|p| {
                p.verdict == verdict
                    && p.conditions.len() == subjects.len()
                    && subjects.iter().all(|s| p.conditions.iter().any(|c| c.subject() == *s))
            })
            .map(|p| {
                subjects
                    .iter()
                    .map(|s| cut_of(p.conditions.iter().find(|c| c.subject() == *s).unwrap()))
                    .collect()
            })
    };
    let breakout: Vec<f64> = find(PatternVerdict::Edge, &["breakout_pct", "volume_zscore"]).unwrap();
    assert!((0.003..0.005).contains(&breakout[0]) && (0.7..1.3).contains(&breakout[1]), "{breakout:?}");
    let spread: Vec<f64> = find(PatternVerdict::Drag, &["spread_bps"]).unwrap();
    assert!((7.0..9.0).contains(&spread[0]), "{spread:?}");
    let midday: Vec<f64> = find(PatternVerdict::Drag, &["is_midday", "trend_strength"]).unwrap();
    assert!((0.25..0.35).contains(&midday[1]), "{midday:?}");
}

#[test]
fn noise_has_no_patterns() {
    let small = planted::dataset("planted/1000");
    let runs = 20;
    let named = (0..runs)
        .filter(|seed| {
            let examples = planted::shuffled(&small, *seed);
            let rows: Vec<&Example> = examples.iter().collect();
            let mined = mine(&small, &rows, &[]);
            assert!(
                mined.tried > 10_000 && mined.patterns.iter().any(|p| p.verdict == PatternVerdict::Unclear)
            );
            mined
                .patterns
                .iter()
                .any(|pattern| matches!(pattern.verdict, PatternVerdict::Edge | PatternVerdict::Drag))
        })
        .count();
    // At most one run in twenty, and seeds do not change.
    assert!(named <= 1, "{named} of {runs}");
}
