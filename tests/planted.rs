//! The learner on data whose best possible score is known: see `fixtures/planted/README.md`. Trained on the first
//! 70 % of the rows in time, judged on the last 30 %.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may stop where it stands"
)]

mod common;

use std::collections::HashMap;

use common::{fixture, unpack};
use dtlearn::learn::{Costs, Dataset, Draft, Manifest, Params, Rows, Source, auc, brier, train};
use dtlearn::wire::{TimeForm, learn_from_outcome, learn_from_signal, parse_object, read_exit};

/// The planted rows, by way of the records that an engine would send.
fn planted(size: &str) -> Dataset {
    let mut dataset = Dataset::default();
    let mut picks: HashMap<String, Draft> = HashMap::new();
    for line in unpack(&fixture(&format!("planted/{size}/signals.jsonl.gz"))).split(|byte| *byte == b'\n') {
        if let Ok(found) = learn_from_signal(line) {
            let draft = dataset.draft(&found.known);
            picks.insert(found.signal_id.unwrap(), draft);
        }
    }
    let now = dtlearn::domain::Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    for line in unpack(&fixture(&format!("planted/{size}/exits.jsonl.gz"))).split(|byte| *byte == b'\n') {
        let Ok(event) = parse_object(line) else { continue };
        let stored = read_exit(event, TimeForm::Strict).unwrap().record.to_line(now);
        let found = learn_from_outcome(&stored).unwrap();
        let id = found.signal_id.unwrap();
        let mut draft = dataset.draft(&found.known);
        draft.complete_with(&picks[&id]);
        dataset.push(id, draft, &found.settled.unwrap(), Source::Trade, Costs::default());
    }
    dataset.sort();
    dataset
}

/// AUC and Brier score on the last 30 %.
fn judged(size: &str, rows: usize) -> (f64, f64) {
    let dataset = planted(size);
    assert_eq!(dataset.examples.len(), rows);
    let cut = rows * 7 / 10;
    let (past, later): (Vec<usize>, Vec<usize>) = ((0..cut).collect(), (cut..rows).collect());
    let manifest = Manifest::of(&dataset, &past);
    let labels = |of: &[usize]| -> Vec<bool> { of.iter().map(|row| dataset.examples[*row].label).collect() };
    let sessions: Vec<i64> = past.iter().map(|row| dataset.examples[*row].session).collect();
    let table = manifest.table(&dataset, &past);
    let rows = Rows {
        table: &table,
        labels: &labels(&past),
        weights: None,
        sessions: &sessions,
        side: manifest.side(),
    };
    let model = train(&rows, &Params::candidates(cut), 1).unwrap();
    let table = manifest.table(&dataset, &later);
    let given: Vec<f64> = (0..later.len()).map(|row| model.predict(&table.row(row))).collect();
    let found = (auc(&given, &labels(&later)).unwrap(), brier(&given, &labels(&later)).unwrap());
    eprintln!("{size}: AUC {:.4}, Brier {:.4}, {} columns", found.0, found.1, manifest.columns.len());
    found
}

#[test]
fn a_thousand_rows() {
    let (auc, brier) = judged("1000", 1_000);
    assert!(auc >= 0.575 && brier < 0.245, "{auc} {brier}");
}

#[test]
fn ten_thousand_rows() {
    let (auc, brier) = judged("10000", 10_000);
    assert!(auc >= 0.620 && brier < 0.225, "{auc} {brier}");
}
