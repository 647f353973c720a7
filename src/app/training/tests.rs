use super::*;
use crate::domain::Market;
use crate::learn::{Costs, Rng};
use crate::wire::{EntryFeatures, Resolution, parse_object};

/// Some rows of each weekday of twelve weeks, the chance of which one feature tells.
fn rows() -> Dataset {
    let mut dataset = Dataset::new(&Market::default());
    let mut rng = Rng::new(5, 0);
    let begin = Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
    for day in 0..60 {
        let at = begin.plus_days(day / 5 * 7 + day % 5);
        for row in 0..3 {
            let x = rng.below(100);
            let text = format!(r#"{{"features":{{"x":{x}}}}}"#);
            let known = EntryFeatures::of(&parse_object(text.as_bytes()).unwrap(), Some(at));
            let draft = dataset.draft(&known);
            let result_frac = if rng.below(100) < x { 0.01 } else { -0.01 };
            let resolved = Resolution { result_frac, costs_known: true, hit_target: false };
            dataset.push(format!("{day:02}{row}"), draft, &resolved, Source::Trade, Costs::default());
        }
    }
    dataset.sort();
    dataset
}

/// What a dataset's held-out rows are given, and base rates, by session.
fn given(dataset: &Dataset) -> Vec<Vec<(u64, u64)>> {
    let fitted = fit_challenger(dataset).unwrap().unwrap();
    let rows: Vec<(usize, &Given)> = fitted.split.held_out.iter().copied().zip(&fitted.given).collect();
    let session = |(row, _): &(usize, &Given)| dataset.examples[*row].session;
    rows.chunk_by(|a, b| session(a) == session(b))
        .map(|rows| rows.iter().map(|(_, g)| (g.probability.to_bits(), g.base_rate.to_bits())).collect())
        .collect()
}

#[test]
fn a_stretch_is_judged_by_a_fit_that_knows_what_came_before_it_alone() {
    let dataset = rows();
    let before = given(&dataset);
    // 3 April was no session. A fifth of 59 is 12: three stretches of four.
    assert_eq!(before.len(), 12);
    let turned = |session: usize| {
        let mut dataset = dataset.clone();
        let sessions = dataset.sessions();
        let session = sessions[sessions.len() - 12 + session];
        for example in dataset.examples.iter_mut().filter(|example| example.session == session) {
            example.label = !example.label;
        }
        given(&dataset)
    };
    let seen = turned(4);
    assert_eq!(seen[..8], before[..8], "its own stretch and those before it do not know its outcomes");
    assert!((8..12).all(|at| seen[at] != before[at]), "the next one does");
    assert_eq!(turned(7), before, "one session lies between");
}
