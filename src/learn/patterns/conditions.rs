//! The single conditions of which patterns are made.

use std::collections::HashMap;

use super::rows::{Bits, Rows, bits_of};
use crate::domain::{TimeOfDay, WEEKDAYS_IN_FULL, weekday_name};
use crate::learn::dataset::{Dataset, Example};
use crate::wire::WORD_KEYS;

/// Where numbers are cut, as shares of the rows; the lower half asks for less, the upper one for more.
const CUTS: [f64; 10] = [0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5];

/// Bands that are asked for, in tenths of the rows: what is best in the middle has no cut.
const BANDS: [(usize, usize); 15] = [
    (1, 3),
    (2, 4),
    (3, 5),
    (4, 6),
    (5, 7),
    (6, 8),
    (7, 9),
    (1, 4),
    (2, 6),
    (3, 6),
    (3, 7),
    (4, 7),
    (4, 8),
    (2, 8),
    (6, 9),
];

/// Single words of one key that are asked for.
const WORDS_MAX: usize = 50;

/// What a row must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A word, such as setup or symbol, is this one.
    Is {
        /// The key.
        key: String,
        /// The word.
        word: String,
    },
    /// A number is above a cut.
    Above {
        /// The feature.
        feature: String,
        /// The cut.
        cut: f64,
    },
    /// A number is above one cut and at or below another.
    Between {
        /// The feature.
        feature: String,
        /// The lower cut, which is outside.
        low: f64,
        /// The upper cut, which is inside.
        high: f64,
    },
    /// A number is at or below a cut.
    AtMost {
        /// The feature.
        feature: String,
        /// The cut.
        cut: f64,
    },
}

/// A number without the digits that nobody asked for.
fn short(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { (3 - value.abs().log10().floor() as i32).clamp(0, 8) };
    let text = format!("{value:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// How a trader says what a number that is really a yes or no, or a day, is above `low` and at most `high`: `not midday`, `Monday
/// to Wednesday`.
fn in_words(feature: &str, low: Option<f64>, high: Option<f64>) -> Option<String> {
    let is_flag = feature.starts_with("is_") || feature == "day_before_holiday";
    if is_flag {
        let name = feature.strip_prefix("is_").unwrap_or(feature).replace('_', " ");
        return match (low, high) {
            (Some(cut), None) if (0.0..1.0).contains(&cut) => Some(name),
            (None, Some(cut)) if (0.0..1.0).contains(&cut) => Some(format!("not {name}")),
            _ => None,
        };
    }
    if feature != "weekday" {
        return None;
    }
    // Of the trading date, from Monday 0; a band without its lower cut.
    let first = low.map_or(0, |low| low.floor() as i64 + 1).max(0) as usize;
    // Where a weekend is traded it is named with the days before it.
    let last = high.map_or(6, |high| high.floor() as i64).clamp(0, 6) as usize;
    match (high.is_none(), first) {
        (true, 4) => return Some("Friday or later".into()),
        (true, first) if first < 4 => {
            return Some(format!("{} or later in the week", WEEKDAYS_IN_FULL[first]));
        }
        _ => {}
    }
    let (from, to) = (WEEKDAYS_IN_FULL.get(first)?, WEEKDAYS_IN_FULL.get(last)?);
    (first <= last).then(|| if first == last { (*from).to_owned() } else { format!("{from} to {to}") })
}

impl Condition {
    /// Whether it is a band of a number. Bands stand alone: with every other condition they would be too many.
    pub(super) fn is_band(&self) -> bool {
        matches!(self, Self::Between { .. })
    }

    /// Whether both are bands of the same number that have a part in common.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Between { feature, low, high },
                Self::Between { feature: of, low: low_of, high: high_of },
            ) => feature == of && low < high_of && low_of < high,
            _ => false,
        }
    }

    /// What it speaks of: two conditions of one subject are not put together.
    pub fn subject(&self) -> &str {
        match self {
            Self::Is { key, .. } => key,
            Self::Above { feature, .. } | Self::AtMost { feature, .. } | Self::Between { feature, .. } => {
                feature
            }
        }
    }

    /// `setup orb`, `spread_bps above 8.01`.
    pub fn text(&self) -> String {
        match self {
            Self::Is { key, word } => format!("{key} {word}"),
            Self::Above { feature, cut } => in_words(feature, Some(*cut), None)
                .unwrap_or_else(|| format!("{feature} above {}", short(*cut))),
            Self::AtMost { feature, cut } => in_words(feature, None, Some(*cut))
                .unwrap_or_else(|| format!("{feature} at most {}", short(*cut))),
            Self::Between { feature, low, high } => in_words(feature, Some(*low), Some(*high))
                .unwrap_or_else(|| format!("{feature} from {} to {}", short(*low), short(*high))),
        }
    }

    /// Whether it holds of a row.
    pub fn holds(&self, dataset: &Dataset, example: &Example) -> bool {
        match self {
            Self::Is { key, word } => word_of(dataset, example, key).is_some_and(|said| said == *word),
            Self::Above { feature, .. } | Self::AtMost { feature, .. } | Self::Between { feature, .. } => {
                dataset.number(example, feature).is_some_and(|value| self.holds_of_number(value))
            }
        }
    }

    fn holds_of_number(&self, value: f64) -> bool {
        match self {
            Self::Is { .. } => false,
            Self::Above { cut, .. } => value > *cut,
            Self::AtMost { cut, .. } => value <= *cut,
            Self::Between { low, high, .. } => value > *low && value <= *high,
        }
    }
}

/// For each row whether all conditions hold of it; what a condition speaks of is looked up once for all rows.
pub fn holds_of_all(dataset: &Dataset, examples: &[&Example], conditions: &[Condition]) -> Vec<bool> {
    let mut all = vec![true; examples.len()];
    for condition in conditions {
        match condition {
            Condition::Is { key, word } => {
                let said = words_of(dataset, examples, key);
                all.iter_mut().zip(said).for_each(|(all, said)| *all &= said == Some(word.as_str()));
            }
            _ => {
                // Of a row without the number nothing holds that is said of it.
                let values = dataset.column(condition.subject(), examples);
                all.iter_mut().zip(values).for_each(|(all, value)| *all &= condition.holds_of_number(value));
            }
        }
    }
    all
}

/// Keys of words besides those of [`WORD_KEYS`].
pub(super) const DERIVED_KEYS: [&str; 4] = ["symbol", "time of day", "weekday", "confidence"];

pub(super) fn word_of<'d>(dataset: &'d Dataset, example: &Example, key: &str) -> Option<&'d str> {
    let calendar = || dataset.market().of_symbol(dataset.symbol(example).unwrap_or_default());
    match key {
        "symbol" => dataset.symbol(example),
        "time of day" => Some(TimeOfDay::of(calendar(), Some(example.at)).as_str()),
        "part of session" => Some(calendar().part_of_session(example.at)),
        "weekday" => Some(weekday_name(dataset.market().trading_date(example.at))),
        "confidence" => dataset.number(example, "confidence").map(decile_of),
        _ => dataset.word(example, key),
    }
}

/// The words for a confidence.
fn decile_of(confidence: f64) -> &'static str {
    DECILES[(confidence * 10.0).floor().clamp(0.0, 9.0) as usize]
}

/// What each row says under a key; where a number lies is looked up once for all of them.
fn words_of<'d>(dataset: &'d Dataset, examples: &[&Example], key: &str) -> Vec<Option<&'d str>> {
    if key != "confidence" {
        return examples.iter().map(|example| word_of(dataset, example, key)).collect();
    }
    let said = dataset.column(key, examples).into_iter().zip(examples);
    // What is no number is either not there or was recorded so.
    said.map(
        |(confidence, example)| {
            if confidence.is_nan() { word_of(dataset, example, key) } else { Some(decile_of(confidence)) }
        },
    )
    .collect()
}

const DECILES: [&str; 10] = [
    "0–10 %",
    "10–20 %",
    "20–30 %",
    "30–40 %",
    "40–50 %",
    "50–60 %",
    "60–70 %",
    "70–80 %",
    "80–90 %",
    "90–100 %",
];

/// A condition with the rows of which it holds.
pub(super) struct Single {
    pub condition: Condition,
    pub bits: Bits,
    pub n: u64,
}

/// The words of some rows, each with its number, in the order in which they first came.
#[derive(Default)]
struct Words<'d> {
    known: HashMap<&'d str, usize>,
    counts: Vec<u64>,
}

impl<'d> Words<'d> {
    fn number(&mut self, word: &'d str) -> usize {
        let number = *self.known.entry(word).or_insert(self.counts.len());
        if number == self.counts.len() {
            self.counts.push(0);
        }
        self.counts[number] += 1;
        number
    }
}

/// The conditions on the words of a key that are said most often, at most so many, the most frequent first.
pub(super) fn of_words(
    dataset: &Dataset,
    examples: &[&Example],
    rows: &Rows,
    key: &str,
    most: usize,
) -> Vec<Single> {
    let mut words = Words::default();
    let said: Vec<Option<usize>> =
        words_of(dataset, examples, key).into_iter().map(|word| Some(words.number(word?))).collect();
    let counts = words.counts;
    let mut found: Vec<(usize, &str)> =
        words.known.into_iter().map(|(word, number)| (number, word)).collect();
    found.sort_by(|a, b| counts[b.0].cmp(&counts[a.0]).then(a.1.cmp(b.1)));
    found.truncate(most);
    let mut place = vec![None; counts.len()];
    found.iter().enumerate().for_each(|(at, (number, _))| place[*number] = Some(at));
    let mut bits = vec![vec![0; rows.all.len()]; found.len()];
    for (row, number) in said.into_iter().enumerate() {
        if let Some(at) = number.and_then(|number| place[number]) {
            rows.put(&mut bits[at], row);
        }
    }
    let single = |((number, word), bits): (&(usize, &str), Bits)| {
        let condition = Condition::Is { key: key.to_owned(), word: (*word).to_owned() };
        Single { condition, bits, n: counts[*number] }
    };
    found.iter().zip(bits).map(single).collect()
}

/// Every single condition of which at least `least` rows, and not all, are. `cuts` are cuts of features that a
/// model found worth making.
pub(super) fn singles(
    dataset: &Dataset,
    examples: &[&Example],
    rows: &Rows,
    cuts: &[(String, f64)],
    least: u64,
) -> Vec<Single> {
    let mut found: Vec<Single> = Vec::new();
    let mut add = |(condition, bits): (Condition, Bits)| {
        let n = super::rows::count(&bits);
        // The same rows under another name say nothing new.
        if n >= least
            && n < examples.len() as u64
            && !found.iter().any(|known| known.n == n && known.bits == bits)
        {
            found.push(Single { condition, bits, n });
        }
    };
    for key in WORD_KEYS.iter().map(|(key, _)| *key).chain(DERIVED_KEYS) {
        let words = of_words(dataset, examples, rows, key, WORDS_MAX);
        words.into_iter().for_each(|single| add((single.condition, single.bits)));
    }
    let mut names: Vec<&String> = dataset.names().iter().filter(|name| *name != "confidence").collect();
    names.sort_unstable();
    for name in names {
        let values = dataset.column(name, examples);
        let mut own: Vec<f64> =
            cuts.iter().filter(|(feature, _)| feature == name).map(|(_, cut)| *cut).collect();
        of_feature(name, &values, rows, &mut own, &mut add);
    }
    found
}

/// The conditions on one feature: above and at most its quantiles, between them, and by the cuts of a model, `own`.
fn of_feature(
    name: &str,
    values: &[f64],
    rows: &Rows,
    own: &mut [f64],
    add: &mut impl FnMut((Condition, Bits)),
) {
    // Nothing holds of a row that has no such number.
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    if sorted.is_empty() || sorted[0] == sorted[sorted.len() - 1] {
        return;
    }
    let feature = || name.to_owned();
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let values = rows.by_place(values);
    let above =
        |cut: f64| (Condition::Above { feature: feature(), cut }, bits_of(&values, |value| value > cut));
    let at_most =
        |cut: f64| (Condition::AtMost { feature: feature(), cut }, bits_of(&values, |value| value <= cut));
    CUTS.iter().map(|share| at_most(at(*share))).for_each(&mut *add);
    CUTS.iter().map(|share| above(at(1.0 - share))).for_each(&mut *add);
    let between = |low: f64, high: f64| {
        let bits = bits_of(&values, |value| (value > low) & (value <= high));
        (Condition::Between { feature: feature(), low, high }, bits)
    };
    // Halves in the order in which the model makes them, bands between neighbours.
    let as_made = own.to_vec();
    own.sort_by(f64::total_cmp);
    let tenths = BANDS.iter().map(|(low, high)| (at(*low as f64 / 10.0), at(*high as f64 / 10.0)));
    for (low, high) in tenths.chain(own.windows(2).map(|pair| (pair[0], pair[1]))) {
        add(between(low, high));
    }
    for cut in as_made {
        add(at_most(cut));
        add(above(cut));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_or_no_and_a_weekday_are_said_as_a_trader_says_them() {
        let at_most = |feature: &str, cut| Condition::AtMost { feature: feature.into(), cut }.text();
        let above = |feature: &str, cut| Condition::Above { feature: feature.into(), cut }.text();
        assert_eq!(at_most("is_midday", 0.0), "not midday");
        assert_eq!(above("is_midday", 0.5), "midday");
        assert_eq!(at_most("day_before_holiday", 0.0), "not day before holiday");
        assert_eq!(at_most("weekday", 2.0), "Monday to Wednesday");
        assert_eq!(at_most("weekday", 0.0), "Monday");
        assert_eq!(above("weekday", 2.0), "Thursday or later in the week");
        assert_eq!(above("weekday", 3.0), "Friday or later");
        let between = Condition::Between { feature: "weekday".into(), low: 0.0, high: 2.0 };
        assert_eq!(between.text(), "Tuesday to Wednesday");
        assert_eq!(at_most("spread_bps", 8.0), "spread_bps at most 8", "every other number as it is");
        assert_eq!(above("is_midday", 3.0), "is_midday above 3");
    }

    #[test]
    fn bands_of_one_number_overlap_where_they_have_a_part_in_common() {
        let band = |feature: &str, low, high| Condition::Between { feature: feature.into(), low, high };
        let rsi = band("rsi_14", 43.88, 61.93);
        assert!(rsi.overlaps(&band("rsi_14", 37.6, 55.85)));
        assert!(!rsi.overlaps(&band("rsi_14", 61.93, 70.0)) && !rsi.overlaps(&band("rsi_7", 40.0, 60.0)));
    }
}
