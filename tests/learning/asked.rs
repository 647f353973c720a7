//! One question, asked of rows: silent where nothing is, and it finds what was planted. Bands likewise.

use dtlearn::domain::{Date, Filter, Market, Timestamp, next_day};
use dtlearn::learn::{Costs, Dataset, Example, PatternVerdict, Rng, RowFields, Source, ask, mine};
use dtlearn::stats::evidence::LabelTest;
use dtlearn::wire::learn_from_outcome;

use crate::common::statistics::at_most;

/// Sessions of forty trades with an RSI, a volume and a setup; `chance` is that of a win, and all of a session move
/// with its shock.
pub(crate) fn rows(seed: u64, sessions: usize, chance: impl Fn(f64, &str) -> f64) -> Dataset {
    let mut rng = Rng::new(seed, 91);
    let market = Market::default();
    let mut dataset = Dataset::new(&market);
    let mut date: Date = "2026-01-05".parse().unwrap();
    for session in 0..sessions {
        let shock = (rng.below(1000) as f64 / 1000.0 - 0.5) * 0.2;
        let open = market.calendar().session(date).map_or_else(|| Timestamp::from_micros(0), |s| s.open);
        for n in 0..40 {
            let rsi = 20.0 + rng.below(6000) as f64 / 100.0;
            let setup = ["orb", "momentum", "pullback", "fade"][rng.below(4)];
            let entry = Timestamp::from_micros(open.micros() + (n as i64 * 9 + 1) * 60_000_000);
            let exit = Timestamp::from_micros(entry.micros() + 8 * 60_000_000);
            let won = (rng.below(1_000_000) as f64) < 1e6 * (chance(rsi, setup) + shock);
            // Wins and losses of many sizes, a few of them large.
            let size = 0.002 + 0.004 * (rng.below(1000) as f64 / 1000.0).powi(6);
            let line = serde_json::json!({
                "symbol": "AAA", "entry_time": entry.to_string(), "exit_time": exit.to_string(), "side": "BUY",
                "setup": setup, "pnl_pct": if won { size } else { -size }, "fees": 0.0,
                "features": {"rsi_14": rsi, "volume_zscore": rng.below(400) as f64 / 100.0 - 2.0},
            });
            let record = learn_from_outcome(line.to_string().as_bytes()).unwrap();
            let draft = dataset.draft(&record.known);
            let id = format!("t{session:03}-{n:02}");
            dataset.push(id, draft, &record.resolved.unwrap(), Source::Trade, Costs::default());
        }
        date = next_day(date);
        while !market.calendar().is_session(date) {
            date = next_day(date);
        }
    }
    dataset.sort();
    dataset
}

fn answer(dataset: &Dataset, question: &str) -> PatternVerdict {
    let rows: Vec<&Example> = dataset.examples.iter().collect();
    let filter = Filter::parse(question, &RowFields(dataset)).unwrap();
    ask(dataset, &rows, &filter).unwrap().pattern.verdict
}

const QUESTIONS: [&str; 4] = [
    "rsi_14 between 40 and 60",
    "setup = orb and volume_zscore > 1",
    "time_of_day = open or rsi_14 < 30",
    "weekday = Mon",
];

#[test]
fn on_noise_a_question_has_no_clear_answer() {
    let runs = 200;
    for question in QUESTIONS {
        let named = (0..runs)
            .filter(|seed| {
                matches!(
                    answer(&rows(*seed, 20, |_, _| 0.47), question),
                    PatternVerdict::Edge | PatternVerdict::Drag
                )
            })
            .count() as u64;
        println!("{question}: {named} of {runs} stores of noise have a clear answer");
        assert!(named <= at_most(runs, 0.05), "{question}: {named} of {runs}");
    }
}

#[test]
fn what_was_planted_is_found_when_asked() {
    let found = (0..20)
        .filter(|seed| {
            let planted = rows(*seed, 60, |rsi, _| if (40.0..60.0).contains(&rsi) { 0.60 } else { 0.47 });
            answer(&planted, QUESTIONS[0]) == PatternVerdict::Edge
        })
        .count();
    println!("a band of 13 points in 2,400 rows: found in {found} of 20");
    assert!(found >= 18, "{found} of 20");
}

/// The example that every trader gives: a number that is good in the middle has no cut at which it turns.
#[test]
fn a_band_is_found_by_the_search() {
    let found = (0..10)
        .filter(|seed| {
            let planted = rows(*seed, 60, |rsi, _| if (40.0..60.0).contains(&rsi) { 0.65 } else { 0.45 });
            let examples: Vec<&Example> = planted.examples.iter().collect();
            mine(&planted, &examples, &[]).patterns.iter().any(|p| {
                p.verdict == PatternVerdict::Edge
                    && p.conditions.len() == 1
                    && p.conditions[0].text().starts_with("rsi_14 from")
            })
        })
        .count();
    println!("a band of 20 points in 2,400 rows: named in {found} of 10");
    assert!(found >= 9, "{found} of 10");
}

/// With many rows two bands of one number both stand out, each for what the other leaves over: one of them is named.
#[test]
fn a_band_is_named_once() {
    for seed in 0..3 {
        let planted = rows(seed, 250, |rsi, _| if (40.0..60.0).contains(&rsi) { 0.65 } else { 0.45 });
        let examples: Vec<&Example> = planted.examples.iter().collect();
        let found = mine(&planted, &examples, &[]).patterns;
        let is_band = |p: &&dtlearn::learn::Pattern| {
            p.verdict == PatternVerdict::Edge
                && p.conditions.len() == 1
                && p.conditions[0].text().starts_with("rsi_14 from")
        };
        let bands: Vec<String> = found.iter().filter(is_band).map(|p| p.conditions[0].text()).collect();
        assert_eq!(bands.len(), 1, "{bands:?}");
    }
}

#[test]
fn on_noise_the_search_with_bands_names_nothing() {
    let runs = 200;
    let named = (1000..1000 + runs)
        .filter(|seed| {
            let noise = rows(*seed, 30, |_, _| 0.47);
            let examples: Vec<&Example> = noise.examples.iter().collect();
            mine(&noise, &examples, &[]).patterns.iter().any(|p| p.is_clear())
        })
        .count() as u64;
    println!("the search: {named} of {runs} stores of noise have a pattern");
    assert!(named <= at_most(runs, 0.05), "{named} of {runs}");
}

/// Skewed results, unequal groups, a look after every session: `--against` says a word on at most one store in twenty.
#[test]
fn two_groups_that_do_not_differ_get_no_word_at_any_look() {
    let (runs, mut ever) = (400u64, 0u64);
    for seed in 0..runs {
        let mut rng = Rng::new(seed, 92);
        let mut test = LabelTest::default();
        let mut most = 0.0f64;
        for _ in 0..100 {
            let shock = rng.below(1000) as f64 / 1000.0 - 0.5;
            let n = 3 + rng.below(20);
            let session: Vec<(f64, bool)> = (0..n)
                .map(|_| {
                    let tail = (1.0 - rng.below(1_000_000) as f64 / 1e6).powf(-0.6);
                    (tail * if rng.below(4) == 0 { 3.0 } else { -1.0 } + shock, rng.below(5) == 0)
                })
                .collect();
            test.push(&session);
            if !test.is_between_sessions() {
                most = most.max(test.e());
            }
        }
        ever += u64::from(most >= 20.0);
    }
    println!("two groups alike: a word at any of 100 looks in {ever} of {runs}");
    assert!(ever <= at_most(runs, 0.05), "{ever} of {runs}");
}
