//! How many positions were open at once.

/// The starts and the ends of intervals, each sorted.
pub(super) struct Edges {
    pub(super) starts: Vec<i64>,
    pub(super) ends: Vec<i64>,
    /// The ends, if a position that opens and closes at one moment is open until the next one; `None` where
    /// there is none such.
    open_until: Option<Vec<i64>>,
}

impl Edges {
    /// The edges of intervals, which come in the order of their ends, or nearly.
    pub(super) fn of(intervals: &[(i64, i64)]) -> Self {
        let sorted = |of: fn(&(i64, i64)) -> i64| -> Vec<i64> {
            let mut edges: Vec<i64> = intervals.iter().map(of).collect();
            edges.sort_unstable();
            edges
        };
        let any_instant = intervals.iter().any(|(from, to)| from >= to);
        Self {
            starts: sorted(|(from, _)| *from),
            ends: sorted(|(_, to)| *to),
            open_until: any_instant.then(|| sorted(|(from, to)| (*to).max(from.saturating_add(1)))),
        }
    }

    /// The most intervals that hold the same moment. A position that closes at the moment another opens does
    /// not overlap it.
    pub(super) fn most_at_once(&self) -> u64 {
        let ends = self.open_until.as_ref().unwrap_or(&self.ends);
        let (mut ended, mut most) = (0, 0);
        for (begun, start) in self.starts.iter().enumerate() {
            while ends[ended] <= *start {
                ended += 1;
            }
            most = most.max(begun + 1 - ended);
        }
        most as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn most_at_once(intervals: &[(i64, i64)]) -> u64 {
        Edges::of(intervals).most_at_once()
    }

    #[test]
    fn touching_is_not_overlapping() {
        assert_eq!(most_at_once(&[(0, 5), (5, 9)]), 1);
        assert_eq!(most_at_once(&[(0, 5), (4, 9), (4, 4)]), 3);
        assert_eq!(most_at_once(&[]), 0);
    }

    proptest! {
        #[test]
        fn equals_counting_at_every_start(spans in proptest::collection::vec((0i64..50, 0i64..20), 0..40)) {
            let spans: Vec<(i64, i64)> = spans.into_iter().map(|(from, len)| (from, from + len)).collect();
            let holds = |(from, to): &(i64, i64), moment: i64| *from == moment || (*from < moment && moment < *to);
            let plain = spans.iter().map(|(t, _)| spans.iter().filter(|span| holds(span, *t)).count()).max();
            prop_assert_eq!(most_at_once(&spans), plain.unwrap_or(0) as u64);
        }
    }
}
