//! The planted rows, by way of the records that an engine would send, in two parts by time.

use std::collections::HashMap;
use std::io::Read;

use dtlearn::domain::{Market, Timestamp};
use dtlearn::learn::{Costs, Dataset, Draft, Example, Manifest, Rng, Source, Table};
use dtlearn::wire::{learn_from_outcome, learn_from_signal, parse_object, read_exit_event};

/// Rows of a part, under the columns that the first part is worth.
pub struct Part {
    pub table: Table,
    pub labels: Vec<bool>,
    pub sessions: Vec<i64>,
    pub side: Option<usize>,
}

fn lines(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut text).unwrap();
    text
}

/// The rows of the picks and exits in a folder of fixtures.
pub fn dataset(folder: &str) -> Dataset {
    let mut dataset = Dataset::new(&Market::default());
    let mut picks: HashMap<String, Draft> = HashMap::new();
    for line in lines(&format!("{folder}/signals.jsonl.gz")).split(|byte| *byte == b'\n') {
        if let Ok(found) = learn_from_signal(line) {
            let draft = dataset.draft(&found.known);
            picks.insert(found.signal_id.unwrap(), draft);
        }
    }
    let now = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    for line in lines(&format!("{folder}/exits.jsonl.gz")).split(|byte| *byte == b'\n') {
        let Ok(event) = parse_object(line) else { continue };
        let stored = read_exit_event(event).unwrap().record.to_line(now, &Market::default());
        let found = learn_from_outcome(&stored).unwrap();
        let id = found.signal_id.unwrap();
        let mut draft = dataset.draft(&found.known);
        draft.complete_with(&picks[&id]);
        dataset.push(id, draft, &found.resolved.unwrap(), Source::Trade, Costs::default());
    }
    dataset.sort();
    dataset
}

/// The first 70 % of the rows in a folder, which is one of the fixtures unless it is named from the root, and the rest.
pub fn halves(folder: &str) -> (Part, Part) {
    let dataset = dataset(folder);
    let rows = dataset.examples.len();
    let cut = rows * 7 / 10;
    let (past, later): (Vec<usize>, Vec<usize>) = ((0..cut).collect(), (cut..rows).collect());
    let manifest = Manifest::of(&dataset, &past);
    let part = |rows: &[usize], table: Table| Part {
        table,
        labels: rows.iter().map(|row| dataset.examples[*row].label).collect(),
        sessions: rows.iter().map(|row| dataset.examples[*row].session).collect(),
        side: manifest.side(),
    };
    (part(&past, manifest.training_table(&dataset, &past)), part(&later, manifest.table(&dataset, &later)))
}

/// Outcomes dealt anew within each session: what is left is noise.
pub fn shuffled(dataset: &Dataset, seed: u64) -> Vec<Example> {
    let mut rng = Rng::new(seed, 0);
    let mut examples = dataset.examples.clone();
    let mut begin = 0;
    while begin < examples.len() {
        let session = examples[begin].session;
        let end = begin + examples[begin..].iter().take_while(|example| example.session == session).count();
        for at in (begin + 1..end).rev() {
            let other = begin + rng.below(at - begin + 1);
            let (a, b) = (examples[at].net_frac, examples[other].net_frac);
            (examples[at].net_frac, examples[other].net_frac) = (b, a);
        }
        begin = end;
    }
    examples
}
