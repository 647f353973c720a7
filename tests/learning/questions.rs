//! The questions that are asked before any search: silent on noise, and they name what was planted.

use dtlearn::learn::{Costs, Dataset, Example, Pattern, Rng, Source, Word, ask_questions};
use dtlearn::wire::learn_from_outcome;

use crate::common::statistics::at_most;

/// A quarter of an engine: 65 sessions of about 26 trades in four setups, the regime the same all day long. `chance` is
/// that of a win by setup, regime and hours since the open.
fn quarter(seed: u64, chance: impl Fn(&str, &str, f64) -> f64) -> Dataset {
    let mut rng = Rng::new(seed, 83);
    let mut dataset = Dataset::default();
    let mut date: dtlearn::domain::Date = "2026-01-05".parse().unwrap();
    for session in 0..65 {
        let regime = ["trend", "trend", "range", "range", "volatile", "trend"][rng.below(6)];
        for n in 0..20 + rng.below(12) {
            let setup = ["orb", "momentum", "pullback", "fade"][rng.below(4)];
            let minute = rng.below(360);
            let entry =
                dtlearn::domain::Timestamp::from_new_york(date, 9, 30).micros() + minute as i64 * 60_000_000;
            let entry = dtlearn::domain::Timestamp::from_micros(entry);
            let exit = dtlearn::domain::Timestamp::from_micros(entry.micros() + 26 * 60_000_000);
            let won = (rng.below(1_000_000) as f64) < 1e6 * chance(setup, regime, minute as f64 / 60.0);
            let result = if won { 0.004 } else { -0.004 };
            let side = ["BUY", "SELL"][rng.below(2)];
            let confidence = 0.3 + rng.below(60) as f64 / 100.0;
            let line = serde_json::json!({
                "symbol": "AAA", "entry_time": entry.to_string(), "exit_time": exit.to_string(), "side": side,
                "setup": setup, "regime": regime, "model_confidence": confidence, "pnl_pct": result, "fees": 0.0,
            });
            let record = learn_from_outcome(line.to_string().as_bytes()).unwrap();
            let draft = dataset.draft(&record.known);
            let id = format!("t{session:02}-{n:02}");
            dataset.push(id, draft, &record.resolved.unwrap(), Source::Trade, Costs::default());
        }
        date = dtlearn::domain::next_day(date);
        while !dtlearn::domain::is_weekday(date) {
            date = dtlearn::domain::next_day(date);
        }
    }
    dataset.sort();
    dataset
}

fn answers(dataset: &Dataset) -> Vec<Pattern> {
    let rows: Vec<&Example> = dataset.examples.iter().collect();
    ask_questions(dataset, &rows)
}

fn text(answer: &Pattern) -> String {
    answer.conditions.iter().map(|condition| condition.text()).collect::<Vec<_>>().join(" and ")
}

#[test]
fn on_noise_the_questions_have_no_clear_answer() {
    let runs = 300;
    let named = (0..runs)
        .filter(|seed| answers(&quarter(*seed, |_, _, _| 0.47)).iter().any(Pattern::is_clear))
        .count() as u64;
    println!("questions asked beforehand: {named} of {runs} quarters of noise have a clear answer");
    assert!(named <= at_most(runs, 0.05), "{named} of {runs}");
}

#[test]
fn what_was_planted_is_named() {
    let runs = 100;
    let (mut edge, mut regime, mut lift) = (0, 0, 0.0);
    for seed in 0..runs {
        let dataset = quarter(seed, |setup, regime, hours| {
            let base = if setup == "orb" && hours < 2.0 { 0.62 } else { 0.47 };
            if regime == "volatile" { base - 0.11 } else { base }
        });
        let found = answers(&dataset);
        let of = |name: &str| found.iter().find(|answer| text(answer) == name).unwrap();
        let orb = of("setup orb and part of session first two hours");
        edge += u64::from(orb.word == Word::Edge);
        lift += orb.lift / runs as f64;
        let volatile = of("regime volatile");
        assert!(volatile.between_sessions && !orb.between_sessions);
        regime += u64::from(volatile.word == Word::Drag);
    }
    println!(
        "planted edge named in {edge} of {runs} quarters (mean lift {lift:.3}), regime of whole days in {regime}"
    );
    assert!(edge * 10 >= runs * 8, "{edge} of {runs}");
    assert!(regime * 2 >= runs, "{regime} of {runs}");
}
