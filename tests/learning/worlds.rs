//! What the learner must find, and what it must not, in worlds whose truth is known: trained and deployed as `retrain`
//! does it from the first 70 % of the rows, judged on the last 30 %.

use std::collections::HashMap;

use dtlearn::domain::{Market, Timestamp};
use dtlearn::learn::{
    Costs, Dataset, Draft, Manifest, Params, Rows, Source, Table, Trained, auc, log_loss, split, train,
};
use dtlearn::wire::{learn_from_outcome, learn_from_signal, parse_object, read_exit_event};

use crate::common::worlds::{World, make};

fn dataset(world: World, rows: usize, seed: u64) -> (Dataset, Dataset) {
    let market = Market::default();
    let mut parts = (Dataset::new(&market), Dataset::new(&market));
    let now = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    for (at, row) in make(world, rows, seed).iter().enumerate() {
        let dataset = if at < rows * 7 / 10 { &mut parts.0 } else { &mut parts.1 };
        let signal = learn_from_signal(row.signal.as_bytes()).unwrap();
        let signal = dataset.draft(&signal.known);
        let stored = read_exit_event(parse_object(row.exit.as_bytes()).unwrap()).unwrap();
        let found = learn_from_outcome(&stored.record.to_line(now, &market)).unwrap();
        let mut draft: Draft = dataset.draft(&found.known);
        draft.complete_with(&signal);
        let id = found.signal_id.unwrap();
        dataset.push(id, draft, &found.resolved.unwrap(), Source::Trade, Costs::default());
    }
    parts.0.sort();
    parts.1.sort();
    parts
}

struct Part {
    rows: Vec<usize>,
    labels: Vec<bool>,
    sessions: Vec<i64>,
}

impl Part {
    fn of(dataset: &Dataset, rows: Vec<usize>) -> Self {
        let labels = rows.iter().map(|row| dataset.examples[*row].label).collect();
        let sessions = rows.iter().map(|row| dataset.examples[*row].session).collect();
        Self { rows, labels, sessions }
    }

    fn rows<'a>(&'a self, table: &'a Table, manifest: &Manifest, encoded: &'a [usize]) -> Rows<'a> {
        let (labels, sessions) = (&self.labels, &self.sessions);
        Rows { table, labels, weights: None, sessions, side: manifest.side(), encoded }
    }
}

/// What came of a world: the judged fit's probabilities and the deployed one's on the last 30 %, and their labels.
struct Outcome {
    trained: Trained,
    train_labels: Vec<bool>,
    judged: Vec<f64>,
    deployed: Vec<f64>,
    importances: HashMap<String, f64>,
    labels: Vec<bool>,
}

fn run(world: World, rows: usize, seed: u64) -> Outcome {
    let (past, later) = dataset(world, rows, seed);
    let parts = split(&past);
    let (learned, held) = (Part::of(&past, parts.train), Part::of(&past, parts.held_out));
    let manifest = Manifest::of(&past, &learned.rows);
    let table = manifest.training_table(&past, &learned.rows);
    let candidates = Params::candidates(learned.rows.len());
    let encoded = manifest.encoded();
    let trained = train(&learned.rows(&table, &manifest, &encoded), &candidates, 1).unwrap();
    let held_table = manifest.table(&past, &held.rows);
    let all = Part::of(&past, (0..past.examples.len()).collect());
    let of_all = Manifest::of(&past, &all.rows);
    let whole = of_all.training_table(&past, &all.rows);
    let held_out = held.rows(&held_table, &manifest, &encoded);
    let encoded = of_all.encoded();
    let model = trained.refit(&held_out, &all.rows(&whole, &of_all, &encoded)).unwrap();
    let last = Part::of(&later, (0..later.examples.len()).collect());
    let titles = of_all.columns.iter().map(dtlearn::learn::Column::title);
    Outcome {
        judged: trained.model.predict_all(&manifest.table(&later, &last.rows)),
        deployed: model.predict_all(&of_all.table(&later, &last.rows)),
        importances: titles.zip(model.importances()).collect(),
        labels: last.labels,
        train_labels: learned.labels,
        trained,
    }
}

#[test]
fn a_relation_that_turned_round_is_left_behind_once_the_newest_sessions_have_their_say() {
    let found = run(World::Flip, 6_000, 1);
    let (judged, deployed) = (auc(&found.judged, &found.labels), auc(&found.deployed, &found.labels));
    assert!(
        deployed.unwrap() > judged.unwrap() + 0.02 && deployed.unwrap() > 0.58,
        "{judged:?} {deployed:?}"
    );
}

#[test]
fn the_few_symbols_that_matter_are_found_by_their_past_results() {
    let found = run(World::Symbols, 6_000, 1);
    let auc = auc(&found.deployed, &found.labels).unwrap();
    assert!(auc > 0.56, "{auc}");
    // By far the most of 60 columns; trees that may split on any spread the rest over the others.
    assert!(found.importances["symbol (past results)"] > 0.4, "{:?}", found.importances);
}

#[test]
fn on_noise_what_was_said_beforehand_has_no_skill_and_the_model_is_hardly_bolder_than_the_base_rate() {
    let (mut skill, mut lost) = (0.0, 0.0);
    for seed in 1..=8 {
        let found = run(World::Noise, 900, seed);
        let (given, labels): (Vec<f64>, Vec<bool>) =
            found.trained.sequential.iter().map(|(row, score)| (*score, found.train_labels[*row])).unzip();
        skill += auc(&given, &labels).unwrap() / 8.0;
        let base = found.train_labels.iter().filter(|label| **label).count() as f64;
        let base = vec![base / found.train_labels.len() as f64; found.labels.len()];
        lost += (log_loss(&found.deployed, &found.labels).unwrap() - log_loss(&base, &found.labels).unwrap())
            / 8.0;
    }
    // Eight times some 260 rows: a standard error of .013.
    assert!((0.455..0.545).contains(&skill), "{skill}");
    assert!(lost < 0.006, "{lost}");
}
