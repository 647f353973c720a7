//! Made-up worlds whose truth is known, through the commands: the first 70 % of the records go into a store, `retrain`
//! learns from them, `score` says what it makes of the last 30 %.
//!
//! `cargo bench --bench learner_worlds -- [WORLD:ROWS …]` with DTLEARN naming the program; SEEDS says how many seeds
//! (3). Each line is a JSON object: world, rows, seed, status of the retrain, AUC, Brier score, log loss and
//! calibration slope of the probabilities, the AUC to be expected and the mean squared distance from the true chances
//! (the same without the luck of how rows came out), those of the true chance, seconds. `fit` has the same of a fit on all of the
//! 70 % that no gate was asked about, as the peers are fitted; with LIBRARY=1 it is all there is. With
//! DTLEARN_BENCH_WORLDS naming a folder the rows are written there too, with the columns that dtlearn gives itself, for
//! `tests/bench/learner_world_peers.py`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and may stop where it stands"
)]

#[path = "../common/worlds.rs"]
mod worlds;

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use dtlearn::learn::{
    Costs, Crosses, Dataset, Draft, Manifest, Params, Rows, Source, auc, brier, log_loss, train,
};
use dtlearn::wire::{learn_from_outcome, learn_from_signal, parse_object, read_exit_event};
use serde_json::{Value, json};
use worlds::{Row, WORLDS, make};

/// Worlds and rows that are tried where none are named.
const USUAL: [&str; 9] = [
    "planted:1000",
    "planted:3000",
    "planted:10000",
    "linear:6000",
    "product:8000",
    "flip:10000",
    "symbols:10000",
    "rare:8000",
    "noise:3000",
];

/// Lines that are handed to a command at once.
const BATCH: usize = 5_000;

fn main() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3);
    let named: Vec<String> = std::env::args().skip(1).filter(|word| word.contains(':')).collect();
    let wanted = if named.is_empty() { USUAL.map(str::to_owned).to_vec() } else { named };
    for name in wanted {
        let (world, rows) = name.split_once(':').unwrap();
        let known =
            WORLDS.iter().find(|(known, _)| *known == world).expect("a world of tests/common/worlds.rs");
        for seed in 1..=seeds {
            let made = make(known.1, rows.parse().unwrap(), seed);
            if let Ok(folder) = std::env::var("DTLEARN_BENCH_WORLDS") {
                write(&Path::new(&folder).join(format!("{world}-{rows}-{seed}")), &made);
            }
            let mut line = match std::env::var("DTLEARN") {
                Ok(program) => through_commands(&program, &made),
                Err(_) if std::env::var("LIBRARY").is_ok() => json!({}),
                Err(_) => continue,
            };
            line["fit"] = in_process(&made);
            line["world"] = json!(format!("{world}-{rows}-{seed}"));
            println!("{line}");
        }
    }
}

fn through_commands(program: &str, made: &[Row]) -> Value {
    let store = tempfile::tempdir().unwrap();
    let (past, later) = made.split_at(made.len() * 7 / 10);
    let run = |arguments: &[&str], lines: &[&str]| {
        let mut child = Command::new(program)
            .args(["--root", store.path().to_str().unwrap(), "--quiet", "--now", "2026-12-31T22:00:00Z"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text = lines.join("\n");
        let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for part in past.chunks(BATCH) {
        run(&["record-signal"], &part.iter().map(|row| row.signal.as_str()).collect::<Vec<_>>());
        run(&["record-exit"], &part.iter().map(|row| row.exit.as_str()).collect::<Vec<_>>());
    }
    let begin = Instant::now();
    let said: Value =
        serde_json::from_str(&run(&["retrain", "--force", "--days", "999", "--format", "json"], &[]))
            .unwrap();
    let took = begin.elapsed().as_secs_f64();
    let mut probabilities = Vec::new();
    for part in later.chunks(BATCH) {
        let lines: Vec<&str> = part.iter().map(|row| row.signal.as_str()).collect();
        for line in run(&["score"], &lines).lines() {
            let scored: Value = serde_json::from_str(line).unwrap();
            probabilities.extend(scored["probability"].as_f64());
        }
    }
    let labels: Vec<bool> = later.iter().map(|row| row.good).collect();
    let truth: Vec<f64> = later.iter().map(|row| row.chance).collect();
    let mut found = json!({
        "status": said["status"], "reason": said["reason"], "took_s": took,
        "limit_auc": auc(&truth, &labels), "limit_brier": brier(&truth, &labels), "limit_log_loss": log_loss(&truth, &labels),
    });
    if probabilities.len() == labels.len()
        && let (Some(found), Value::Object(judged)) = (found.as_object_mut(), judged(&probabilities, later))
    {
        found.extend(judged);
    }
    found
}

/// What was made of the rows, by how they came out and, without that luck, by the chances that they had.
fn judged(probabilities: &[f64], later: &[Row]) -> Value {
    let labels: Vec<bool> = later.iter().map(|row| row.good).collect();
    let squares = later.iter().zip(probabilities).map(|(row, p)| (row.chance - p).powi(2));
    json!({
        "auc": auc(probabilities, &labels), "brier": brier(probabilities, &labels),
        "log_loss": log_loss(probabilities, &labels), "slope": slope(probabilities, &labels),
        "expected_auc": expected_auc(probabilities, later),
        "from_chance": squares.sum::<f64>() / later.len() as f64,
    })
}

/// The AUC to be expected where each row comes out by its chance: of all pairs, each weighed by the chance that its
/// first one is good and its second one is not.
fn expected_auc(probabilities: &[f64], later: &[Row]) -> f64 {
    let mut order: Vec<(f64, f64)> =
        probabilities.iter().zip(later).map(|(p, row)| (*p, row.chance)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won, mut all) = (0.0, 0.0, 0.0);
    for alike in order.chunk_by(|a, b| a.0 == b.0) {
        let good: f64 = alike.iter().map(|row| row.1).sum();
        let bad: f64 = alike.iter().map(|row| 1.0 - row.1).sum();
        // A row is no pair with itself.
        let pairs = good * bad - alike.iter().map(|row| row.1 * (1.0 - row.1)).sum::<f64>();
        won += good * below + pairs / 2.0;
        below += bad;
    }
    for (_, chance) in &order {
        all += chance * (below - (1.0 - chance));
    }
    won / all
}

/// How a fit on the first 70 % of the rows, all of them, does on the rest.
fn in_process(made: &[Row]) -> Value {
    let dataset = dataset(made);
    let count = dataset.examples.len();
    let (past, later): (Vec<usize>, Vec<usize>) = (0..count).partition(|row| *row < made.len() * 7 / 10);
    let manifest = Manifest::of(&dataset, &past);
    let labels = |of: &[usize]| of.iter().map(|row| dataset.examples[*row].label).collect::<Vec<bool>>();
    let (table, known) = (manifest.training_table(&dataset, &past), labels(&past));
    let sessions: Vec<i64> = past.iter().map(|row| dataset.examples[*row].session).collect();
    let (side, encoded) = (manifest.side(), manifest.encoded());
    let rows =
        Rows { table: &table, labels: &known, weights: None, sessions: &sessions, side, encoded: &encoded };
    let fit = train(&rows, &Params::candidates(past.len()), 1).unwrap();
    judged(&fit.model.predict_all(&manifest.table(&dataset, &later)), &made[made.len() * 7 / 10..])
}

/// What the log-odds would have to be multiplied with to fit the outcomes best, the level being free.
fn slope(probabilities: &[f64], labels: &[bool]) -> f64 {
    let log_odds: Vec<f64> = probabilities.iter().map(|p| (p / (1.0 - p)).ln()).collect();
    let (mut slope, mut level) = (1.0, 0.0);
    for _ in 0..50 {
        let mut sums = [0.0; 5];
        for (x, label) in log_odds.iter().zip(labels) {
            let p = 1.0 / (1.0 + (-(slope * x + level)).exp());
            let (residual, bend) = (p - f64::from(u8::from(*label)), p * (1.0 - p));
            for (sum, add) in sums.iter_mut().zip([residual * x, residual, bend * x * x, bend * x, bend]) {
                *sum += add;
            }
        }
        let [down, along, xx, x, one] = sums;
        let determinant = (xx * one - x * x).max(1e-9);
        slope -= (one * down - x * along) / determinant;
        level -= (xx * along - x * down) / determinant;
    }
    slope
}

/// Writes rows as arrays of numpy: columns, with those turned by the side, labels, sessions, symbols, chances.
fn write(folder: &Path, made: &[Row]) {
    let dataset = dataset(made);
    let count = dataset.examples.len();
    let (past, all): (Vec<usize>, Vec<usize>) = ((0..count * 7 / 10).collect(), (0..count).collect());
    let mut manifest = Manifest::of(&dataset, &past);
    // The peers make their own columns of past results, from the symbols.
    manifest.columns.retain(|column| column.encoded.is_none());
    let crosses = Crosses::signed(&manifest.table(&dataset, &past), manifest.side());
    let wide = crosses.widen(&manifest.table(&dataset, &all));
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let symbols = dataset.examples.iter().map(|example| {
        let next = numbers.len();
        *numbers.entry(dataset.symbol(example).unwrap_or_default()).or_insert(next) as f64
    });
    let symbols: Vec<f64> = symbols.collect();
    std::fs::create_dir_all(folder).unwrap();
    let columns: Vec<f64> = wide.columns.iter().flatten().copied().collect();
    array(&folder.join("rows.npy"), &format!("({count}, {})", wide.columns.len()), &columns);
    let vector = |name: &str, values: Vec<f64>| array(&folder.join(name), &format!("({count},)"), &values);
    vector("labels.npy", dataset.examples.iter().map(|example| f64::from(u8::from(example.label))).collect());
    vector("sessions.npy", dataset.examples.iter().map(|example| example.session as f64).collect());
    vector("symbols.npy", symbols);
    vector("chances.npy", made.iter().map(|row| row.chance).collect());
}

/// The rows as `retrain` sees them.
fn dataset(made: &[Row]) -> Dataset {
    let mut dataset = Dataset::new(&dtlearn::domain::Market::default());
    let mut signals: HashMap<String, Draft> = HashMap::new();
    let now = dtlearn::domain::Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    for row in made {
        let found = learn_from_signal(row.signal.as_bytes()).unwrap();
        let draft = dataset.draft(&found.known);
        signals.insert(found.signal_id.unwrap(), draft);
        let stored = read_exit_event(parse_object(row.exit.as_bytes()).unwrap()).unwrap();
        let found =
            learn_from_outcome(&stored.record.to_line(now, &dtlearn::domain::Market::default())).unwrap();
        let id = found.signal_id.unwrap();
        let mut draft = dataset.draft(&found.known);
        draft.complete_with(&signals[&id]);
        dataset.push(id, draft, &found.resolved.unwrap(), Source::Trade, Costs::default());
    }
    dataset.sort();
    dataset
}

/// Writes a file of numpy's form 1.0, the columns one after another.
fn array(path: &Path, shape: &str, values: &[f64]) {
    let mut head = format!("{{'descr': '<f8', 'fortran_order': True, 'shape': {shape}, }}");
    while !(10 + head.len() + 1).is_multiple_of(64) {
        head.push(' ');
    }
    head.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((head.len() as u16).to_le_bytes());
    bytes.extend(head.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    std::fs::write(path, bytes).unwrap();
}
