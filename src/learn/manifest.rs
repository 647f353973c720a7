//! The columns that a model was trained on, and how a pick becomes a row of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, time_numbers};
use super::table::Table;
use crate::domain::Market;
use crate::wire::{EntryFeatures, WORD_KEYS};

/// Rows that a word needs for a column of its own.
const WORD_ROWS: usize = 10;

/// The most words of one key that have a column.
const WORDS_MAX: usize = 32;

/// The most columns of a model.
pub(super) const COLUMNS_MAX: usize = 1024;

/// The word whose column tells long positions from short ones.
const LONG: &str = "LONG";

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The feature, or the key of a word.
    pub name: String,
    /// The word of which it says whether it is the pick's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// The share of training rows that had a value.
    pub present: f64,
}

impl Column {
    /// `rsi_14`, `setup=orb`.
    pub fn title(&self) -> String {
        match &self.word {
            Some(word) => format!("{}={word}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The columns of a model, in their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The columns.
    pub columns: Vec<Column>,
}

impl Manifest {
    /// The columns that these rows are worth: what has more than one value, missing being one; words that
    /// are frequent enough; in order of their names.
    pub fn of(dataset: &Dataset, rows: &[usize]) -> Self {
        let all = rows.len().max(1) as f64;
        let mut numbers: BTreeMap<u16, (usize, f64, f64)> = BTreeMap::new();
        let mut words: [BTreeMap<u16, usize>; 5] = Default::default();
        let mut said = [0usize; 5];
        for example in rows.iter().filter_map(|row| dataset.examples.get(*row)) {
            for (name, number) in example.numbers() {
                let seen = numbers.entry(*name).or_insert((0, f64::INFINITY, f64::NEG_INFINITY));
                *seen = (seen.0 + 1, seen.1.min(*number), seen.2.max(*number));
            }
            for (key, word) in example.words().iter().enumerate() {
                if let Some(word) = word {
                    *words[key].entry(*word).or_default() += 1;
                    said[key] += 1;
                }
            }
        }
        let mut columns = Vec::new();
        for (name, (count, low, high)) in numbers {
            if low < high || (count < rows.len() && count >= WORD_ROWS) {
                let name = dataset.names()[usize::from(name)].clone();
                columns.push(Column { name, word: None, present: count as f64 / all });
            }
        }
        for (at, (key, _)) in WORD_KEYS.iter().enumerate() {
            let mut frequent: Vec<(usize, &String)> = words[at]
                .iter()
                .map(|(word, count)| (*count, &dataset.words()[usize::from(*word)]))
                .collect();
            frequent.retain(|(count, _)| *count >= WORD_ROWS && *count < rows.len());
            frequent.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            for (_, word) in frequent.into_iter().take(WORDS_MAX) {
                // Of two sides one column says it all.
                if *key != "side" || word == LONG {
                    let word = Some(word.clone());
                    columns.push(Column { name: (*key).to_owned(), word, present: said[at] as f64 / all });
                }
            }
        }
        columns.sort_by(|a, b| (&a.name, &a.word).cmp(&(&b.name, &b.word)));
        columns.truncate(COLUMNS_MAX);
        Self { columns }
    }

    /// The column that tells long positions from short ones.
    pub fn side(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.name == "side" && column.word.as_deref() == Some(LONG))
    }

    /// The rows of a dataset under these columns; NaN is a missing value.
    pub fn table(&self, dataset: &Dataset, rows: &[usize]) -> Table {
        let find = |list: &[String], wanted: &str| list.iter().position(|known| known == wanted);
        let mut columns = vec![vec![f64::NAN; rows.len()]; self.columns.len()];
        let mut numbers = vec![None; dataset.names().len()];
        for (at, column) in self.columns.iter().enumerate().filter(|(_, column)| column.word.is_none()) {
            if let Some(name) = find(dataset.names(), &column.name) {
                numbers[name] = Some(at);
            }
        }
        for (row, example) in rows.iter().filter_map(|row| dataset.examples.get(*row)).enumerate() {
            for (name, number) in example.numbers() {
                if let Some(at) = numbers[usize::from(*name)] {
                    columns[at][row] = *number;
                }
            }
        }
        for (column, values) in self.columns.iter().zip(&mut columns) {
            let Some(word) = &column.word else { continue };
            let Some(key) = WORD_KEYS.iter().position(|(key, _)| *key == column.name) else { continue };
            let wanted = find(dataset.words(), word);
            for (value, row) in values.iter_mut().zip(rows) {
                if let Some(said) = dataset.examples.get(*row).and_then(|example| example.words()[key]) {
                    *value = f64::from(u8::from(wanted == Some(usize::from(said))));
                }
            }
        }
        Table { columns, rows: rows.len() }
    }

    /// A pick as a row; NaN is a missing value.
    pub fn row(&self, market: &Market, known: &EntryFeatures) -> Vec<f64> {
        let calendar = market.of_symbol(known.symbol.as_deref().unwrap_or_default());
        let of_time = known.at.map(|at| time_numbers(calendar, at));
        let mut numbers: BTreeMap<&str, f64> = of_time.into_iter().flatten().collect();
        numbers.extend(known.numbers.iter().map(|(name, number)| (name.as_str(), *number)));
        let value = |column: &Column| match &column.word {
            None => numbers.get(column.name.as_str()).copied().unwrap_or(f64::NAN),
            Some(word) => {
                let key = WORD_KEYS.iter().position(|(key, _)| *key == column.name);
                match key.and_then(|key| known.words[key].as_ref()) {
                    None => f64::NAN,
                    Some(said) => f64::from(u8::from(said == word)),
                }
            }
        };
        self.columns.iter().map(value).collect()
    }

    /// Of the columns that training rows usually had, the share that a row has; 1 where there are none.
    pub fn share_present(&self, row: &[f64]) -> f64 {
        let usual = || self.columns.iter().zip(row).filter(|(column, _)| column.present > 0.5);
        let have = usual().filter(|(_, value)| !value.is_nan()).count();
        let all = usual().count();
        if all == 0 { 1.0 } else { have as f64 / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::learn::{Costs, Source};
    use crate::wire::{Resolution, parse_object};

    fn known(text: &str) -> EntryFeatures {
        let at = Timestamp::parse("2019-02-11T19:35:00Z").unwrap();
        EntryFeatures::of(&parse_object(text.as_bytes()).unwrap(), Some(at))
    }

    #[test]
    fn a_pick_becomes_the_row_that_was_trained_on() {
        let mut dataset = Dataset::new(&Market::default());
        let resolved = Resolution { result_frac: 0.01, costs_known: true, hit_target: false };
        let texts: Vec<String> = (0..24)
            .map(|n| {
                let (side, setup) = (["BUY", "SELL"][n % 2], ["orb", "fade"][n / 12]);
                let gap = if n % 3 == 0 { "null".to_owned() } else { n.to_string() };
                format!(r#"{{"side":"{side}","setup":"{setup}","regime":"r{n}","features":{{"rsi":{n},"gap":{gap},"same":1}}}}"#)
            })
            .collect();
        for (n, text) in texts.iter().enumerate() {
            let draft = dataset.draft(&known(text));
            dataset.push(format!("{n:02}"), draft, &resolved, Source::Trade, Costs::default());
        }
        dataset.sort();
        let rows: Vec<usize> = (0..24).collect();
        let manifest = Manifest::of(&dataset, &rows);
        let titles: Vec<String> = manifest.columns.iter().map(Column::title).collect();
        assert_eq!(
            titles,
            ["gap", "rsi", "setup=fade", "setup=orb", "side=LONG"],
            "one time, one value: no column"
        );
        assert_eq!(manifest.side(), Some(4));
        let table = manifest.table(&dataset, &rows);
        for (n, text) in texts.iter().enumerate() {
            let row = manifest.row(&Market::default(), &known(text));
            let trained = table.row(n);
            let same = row.iter().zip(&trained).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()));
            assert!(same, "{row:?} {trained:?}");
        }
        assert_eq!(manifest.share_present(&manifest.row(&Market::default(), &known(&texts[1]))), 1.0);
        assert_eq!(manifest.share_present(&manifest.row(&Market::default(), &known("{}"))), 0.0);
        let bytes = serde_json::to_string(&manifest).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&bytes).unwrap(), manifest);
    }
}
