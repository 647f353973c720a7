//! How many rows two conditions have in common, for all pairs of two subjects at once: rows are put into classes by each subject,
//! and counted by two classes. A pair by itself would go through all rows.

use super::conditions::{Condition, Single};
use super::rows::{Rows, each};

/// Conditions of one subject that are counted together at most: so many part rows into no more classes than a byte tells apart.
const TOGETHER: usize = 100;

/// A condition among those of its subject.
pub(super) struct Member {
    /// Its number among all.
    pub number: usize,
    /// The classes of which it holds.
    classes: Vec<u8>,
}

/// Conditions on one subject, and the classes that they part rows into: of the first one none of them holds.
pub(super) struct Subject {
    /// By the places of rows.
    class: Vec<u8>,
    classes: usize,
    pub members: Vec<Member>,
}

/// The conditions by their subjects, in their order. Bands are left out.
pub(super) fn subjects(singles: &[Single], rows: &Rows) -> Vec<Subject> {
    let alone: Vec<usize> = (0..singles.len()).filter(|at| !singles[*at].condition.is_band()).collect();
    // A number may have the name of a key of words.
    let kind = |at: &usize| {
        let condition = &singles[*at].condition;
        (condition.subject(), matches!(condition, Condition::Is { .. }))
    };
    let of_one = alone.chunk_by(|a, b| kind(a) == kind(b));
    of_one
        .flat_map(|of_one| of_one.chunks(TOGETHER))
        .map(|of_one| Subject::of(of_one, singles, rows))
        .collect()
}

impl Subject {
    fn of(numbers: &[usize], singles: &[Single], rows: &Rows) -> Self {
        // What is at most one cut is at most every higher one: how many of them hold says which. So it is with those above cuts,
        // and of words one holds at most.
        let mut below = vec![0u8; rows.net.len()];
        let mut beside = below.clone();
        for (number, word) in numbers.iter().zip(1..) {
            let Single { condition, bits, .. } = &singles[*number];
            let (held, by) = match condition {
                Condition::AtMost { .. } => (&mut below, 1),
                Condition::Is { .. } => (&mut beside, word),
                Condition::Above { .. } | Condition::Between { .. } => (&mut beside, 1),
            };
            bits.iter().zip(0..).for_each(|(bits, word)| each(*bits, word, |place, _| held[place] += by));
        }
        // Pairs of both as they come, each a class; none of both is the first.
        let mut known = vec![0u8; 1 << 16];
        let mut classes = 1;
        let mut class_of = |(below, beside): (&u8, &u8)| {
            let pair = usize::from(*below) << 8 | usize::from(*beside);
            if pair > 0 && known[pair] == 0 {
                known[pair] = classes;
                classes += 1;
            }
            known[pair]
        };
        let class: Vec<u8> = below.iter().zip(&beside).map(&mut class_of).collect();
        // A place of each class says of which conditions it is.
        let mut places = vec![0; usize::from(classes)];
        class.iter().enumerate().for_each(|(place, class)| places[usize::from(*class)] = place);
        let member = |number: &usize| {
            let holds = |class: &u8| {
                let place = places[usize::from(*class)];
                singles[*number].bits[place / 64] >> (place % 64) & 1 == 1
            };
            Member { number: *number, classes: (1..classes).filter(holds).collect() }
        };
        let members = numbers.iter().map(member).collect();
        Self { class, classes: usize::from(classes), members }
    }

    /// Goes through all pairs of its conditions and those of another subject: for each of its own, and each of the other's, how
    /// many rows both hold of, and how many of these won. `counted` is what a row counts as, by its place: see [`counted`].
    pub(super) fn each_pair(
        &self,
        other: &Self,
        counted: &[u64],
        mut pair: impl FnMut(usize, usize, (u64, u64)),
    ) {
        let mut table = vec![0u64; self.classes * other.classes];
        for ((mine, theirs), counted) in self.class.iter().zip(&other.class).zip(counted) {
            if let Some(cell) = table.get_mut(usize::from(*mine) * other.classes + usize::from(*theirs)) {
                *cell += counted;
            }
        }
        let mut row = vec![0u64; other.classes];
        for (first, mine) in self.members.iter().enumerate() {
            row.fill(0);
            for class in &mine.classes {
                let from = usize::from(*class) * other.classes;
                row.iter_mut().zip(&table[from..]).for_each(|(sum, cell)| *sum += cell);
            }
            for (second, theirs) in other.members.iter().enumerate() {
                let sum: u64 = theirs.classes.iter().map(|class| row[usize::from(*class)]).sum();
                pair(first, second, (sum & u64::from(u32::MAX), sum >> 32));
            }
        }
    }
}

/// What each row counts as, by its place: one, and of one that won another one in the upper half.
pub(super) fn counted(rows: &Rows) -> Vec<u64> {
    let mut counted = vec![0; rows.net.len()];
    for (sets, by) in [(&rows.all, 1), (&rows.won, 1 << 32)] {
        sets.iter().zip(0..).for_each(|(bits, word)| each(*bits, word, |place, _| counted[place] += by));
    }
    counted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Market, Timestamp};
    use crate::learn::dataset::{Costs, Dataset, Example, Source};
    use crate::learn::patterns::conditions::singles;
    use crate::learn::patterns::rows::{both, common};
    use crate::wire::{EntryFeatures, Resolution};

    proptest! {
        /// Whatever rows say, and of whatever they say nothing, pairs are what a plain count says.
        #[test]
        fn pairs_are_those_of_a_plain_count(
            said in proptest::collection::vec((0u8..4, 0u8..9, proptest::option::of(-3i32..4), any::<bool>()), 2..200),
            cuts in proptest::collection::vec(-3i32..4, 0..4),
        ) {
            let mut dataset = Dataset::new(&Market::default());
            let begin = Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
            for (row, (day, word, number, won)) in said.into_iter().enumerate() {
                let mut known = EntryFeatures { at: Some(begin.plus_days(day.into())), ..EntryFeatures::default() };
                known.symbol = Some(format!("S{word}").into());
                known.put("weekday", f64::from(word));
                if let Some(number) = number {
                    known.put("a", f64::from(number));
                }
                let draft = dataset.draft(&known);
                let result_frac = if won { 0.01 } else { -0.01 };
                let resolved = Resolution { result_frac, costs_known: true, hit_target: false };
                dataset.push(format!("{row:03}"), draft, &resolved, Source::Trade, Costs::default());
            }
            dataset.sort();
            let examples: Vec<&Example> = dataset.examples.iter().collect();
            let rows = Rows::of(&examples);
            let cuts: Vec<(String, f64)> = cuts.into_iter().map(|cut| ("a".into(), f64::from(cut))).collect();
            let singles = singles(&dataset, &examples, &rows, &cuts, 1);
            let (subjects, counted) = (subjects(&singles, &rows), counted(&rows));
            for (at, one) in subjects.iter().enumerate() {
                for other in &subjects[at + 1..] {
                    one.each_pair(other, &counted, |first, second, found| {
                        let [a, b] = [one.members[first].number, other.members[second].number].map(|at| &singles[at].bits);
                        assert_eq!(found, (common(a, b), common(&both(a, &rows.won), b)));
                    });
                }
            }
            let members: usize = subjects.iter().map(|subject| subject.members.len()).sum();
            prop_assert_eq!(members, singles.iter().filter(|single| !single.condition.is_band()).count());
        }
    }
}
