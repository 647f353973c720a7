//! The columns that a model was trained on, and how a signal becomes a row of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dataset::{Dataset, Example, time_numbers};
use super::encode::{Counts, Encoding};
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
    /// The word of which it says whether it is the signal's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
    /// The share of training rows that had a value.
    pub present: f64,
    /// How each word of the key did before, where that is the column's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoded: Option<Encoding>,
}

impl Column {
    /// Whether its values are numbers of the record, not made of a word.
    pub(super) fn is_number(&self) -> bool {
        self.word.is_none() && self.encoded.is_none()
    }

    /// The value that a word of its key gives it; NaN for a column of numbers.
    pub(super) fn of_word(&self, word: &str) -> f64 {
        match (&self.word, &self.encoded) {
            (Some(wanted), _) => f64::from(u8::from(word == wanted)),
            (None, Some(encoded)) => encoded.value(word),
            (None, None) => f64::NAN,
        }
    }

    /// Whether a word is its own, or one of those whose past results it has.
    pub(super) fn knows(&self, word: &str) -> bool {
        self.word.as_deref() == Some(word) || self.encoded.as_ref().is_some_and(|encoded| encoded.knows(word))
    }

    /// `rsi_14`, `setup=orb`, `symbol (past results)`.
    pub fn title(&self) -> String {
        match (&self.word, &self.encoded) {
            (Some(word), _) => format!("{}={word}", self.name),
            (None, Some(_)) => format!("{} (past results)", self.name),
            (None, None) => self.name.clone(),
        }
    }
}

/// The key of the symbol, which stands beside those of [`WORD_KEYS`].
pub(super) const SYMBOL: &str = "symbol";

/// A row's word under a key.
fn word_of(example: &Example, key: &str) -> Option<u16> {
    if key == SYMBOL {
        return example.symbol_word();
    }
    example.words()[WORD_KEYS.iter().position(|(known, _)| *known == key)?]
}

impl Column {
    /// How each word of a key did in these rows; none where there are not two.
    fn of_past_results(dataset: &Dataset, rows: &[usize], key: &str) -> Option<Self> {
        let mut counts = Counts::default();
        for example in rows.iter().filter_map(|row| dataset.examples.get(*row)) {
            if let Some(word) = word_of(example, key) {
                counts.add(word, example.label);
            }
        }
        let encoded = Some(counts.encoding(|word| dataset.words()[usize::from(word)].clone()));
        let present = counts.rows() / rows.len().max(1) as f64;
        (counts.words() > 1).then(|| Self { name: key.to_owned(), word: None, present, encoded })
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
        let mut words: [BTreeMap<u16, usize>; WORD_KEYS.len()] = Default::default();
        let mut named = [0usize; WORD_KEYS.len()];
        for example in rows.iter().filter_map(|row| dataset.examples.get(*row)) {
            for (name, number) in example.numbers() {
                let seen = numbers.entry(name).or_insert((0, f64::INFINITY, f64::NEG_INFINITY));
                *seen = (seen.0 + 1, seen.1.min(number), seen.2.max(number));
            }
            for (key, word) in example.words().iter().enumerate() {
                if let Some(word) = word {
                    *words[key].entry(*word).or_default() += 1;
                    named[key] += 1;
                }
            }
        }
        let mut columns = Vec::new();
        for (name, (count, low, high)) in numbers {
            if low < high || (count < rows.len() && count >= WORD_ROWS) {
                let name = dataset.names()[usize::from(name)].clone();
                columns.push(Column { name, word: None, present: count as f64 / all, encoded: None });
            }
        }
        for (at, (key, _)) in WORD_KEYS.iter().enumerate() {
            let mut frequent: Vec<(usize, &String)> = words[at]
                .iter()
                .map(|(word, count)| (*count, &dataset.words()[usize::from(*word)]))
                .collect();
            frequent.retain(|(count, _)| *count >= WORD_ROWS && *count < rows.len());
            frequent.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            if frequent.len() > WORDS_MAX {
                columns.extend(Column::of_past_results(dataset, rows, key));
            }
            for (_, word) in frequent.into_iter().take(WORDS_MAX) {
                // Of two sides one column says it all.
                if *key != "side" || word == LONG {
                    let word = Some(word.clone());
                    let present = named[at] as f64 / all;
                    columns.push(Column { name: (*key).to_owned(), word, present, encoded: None });
                }
            }
        }
        columns.extend(Column::of_past_results(dataset, rows, SYMBOL));
        columns.sort_by(|a, b| {
            (&a.name, &a.word, a.encoded.is_some()).cmp(&(&b.name, &b.word, b.encoded.is_some()))
        });
        columns.truncate(COLUMNS_MAX);
        Self { columns }
    }

    /// The column that tells long positions from short ones.
    pub fn side(&self) -> Option<usize> {
        self.columns.iter().position(|column| column.name == "side" && column.word.as_deref() == Some(LONG))
    }

    /// The columns that say how words did before, in log-odds.
    pub fn encoded(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|&at| self.columns[at].encoded.is_some()).collect()
    }

    /// The rows of a dataset under these columns, as a signal is seen that comes after all rows of training; NaN is a
    /// missing value.
    pub fn table(&self, dataset: &Dataset, rows: &[usize]) -> Table {
        let find = |list: &[String], wanted: &str| list.iter().position(|known| known == wanted);
        let mut columns = vec![vec![f64::NAN; rows.len()]; self.columns.len()];
        let mut numbers = vec![None; dataset.names().len()];
        for (at, column) in self.columns.iter().enumerate().filter(|(_, column)| column.is_number()) {
            if let Some(name) = find(dataset.names(), &column.name) {
                numbers[name] = Some(at);
            }
        }
        for (row, example) in rows.iter().filter_map(|row| dataset.examples.get(*row)).enumerate() {
            for (name, number) in example.numbers() {
                if let Some(at) = numbers[usize::from(name)] {
                    columns[at][row] = number;
                }
            }
        }
        for (column, values) in
            self.columns.iter().zip(&mut columns).filter(|(column, _)| !column.is_number())
        {
            // Each word is looked up once, not in every row.
            let of_word: Vec<f64> = dataset.words().iter().map(|word| column.of_word(word)).collect();
            for (value, row) in values.iter_mut().zip(rows) {
                if let Some(word) =
                    dataset.examples.get(*row).and_then(|example| word_of(example, &column.name))
                {
                    *value = of_word[usize::from(word)];
                }
            }
        }
        Table { columns, rows: rows.len() }
    }

    /// The rows to train on under these columns: as [`Self::table`], but how a word did is what was known before the
    /// row's session, so that no row knows its own outcome. The rows stand in the order of time.
    pub fn training_table(&self, dataset: &Dataset, rows: &[usize]) -> Table {
        let mut table = self.table(dataset, rows);
        for (column, values) in self.columns.iter().zip(&mut table.columns) {
            if column.encoded.is_none() {
                continue;
            }
            let (mut counts, mut of_session) = (Counts::default(), Vec::new());
            let mut session = i64::MIN;
            for (value, example) in
                values.iter_mut().zip(rows.iter().filter_map(|row| dataset.examples.get(*row)))
            {
                if example.session != session {
                    session = example.session;
                    of_session.drain(..).for_each(|(word, label)| counts.add(word, label));
                }
                if let Some(word) = word_of(example, &column.name) {
                    *value = counts.value(word);
                    of_session.push((word, example.label));
                }
            }
        }
        table
    }

    /// A signal as a row; NaN is a missing value.
    pub fn row(&self, market: &Market, known: &EntryFeatures) -> Vec<f64> {
        let calendar = market.of_symbol(known.symbol.as_deref().unwrap_or_default());
        let of_time = known.at.map(|at| time_numbers(calendar, at));
        let mut numbers: BTreeMap<&str, f64> = of_time.into_iter().flatten().collect();
        numbers.extend(known.numbers.iter().map(|(name, number)| (name.as_str(), *number)));
        let word = |key: &str| match WORD_KEYS.iter().position(|(known, _)| *known == key) {
            Some(at) => known.words[at].as_ref(),
            None => known.symbol.as_ref().filter(|_| key == SYMBOL),
        };
        let value = |column: &Column| match column.is_number() {
            true => numbers.get(column.name.as_str()).copied(),
            false => word(&column.name).map(|word| column.of_word(word)),
        };
        self.columns.iter().map(|column| value(column).unwrap_or(f64::NAN)).collect()
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
    fn a_signal_becomes_the_row_that_was_trained_on() {
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
