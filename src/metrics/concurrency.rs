//! How many positions were open at once.

/// The starts and the ends of intervals, each sorted. They come in the order of their ends, or nearly.
pub(super) fn edges(intervals: &[(i64, i64)]) -> (Vec<i64>, Vec<i64>) {
    let mut starts: Vec<i64> = intervals.iter().map(|(from, _)| *from).collect();
    let mut ends: Vec<i64> = intervals.iter().map(|(_, to)| *to).collect();
    starts.sort_unstable();
    ends.sort_unstable();
    (starts, ends)
}

/// The most intervals that hold the same moment. A position that closes at the moment another opens does
/// not overlap it.
pub(super) fn most_at_once(intervals: &[(i64, i64)]) -> u64 {
    // A trade that opens and closes at one moment was open then.
    let longer: Vec<(i64, i64)> =
        intervals.iter().map(|(from, to)| (*from, (*to).max(from.saturating_add(1)))).collect();
    let (starts, ends) = edges(&longer);
    let (mut ended, mut most) = (0, 0);
    for (begun, start) in starts.iter().enumerate() {
        while ends[ended] <= *start {
            ended += 1;
        }
        most = most.max(begun + 1 - ended);
    }
    most as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn touching_is_not_overlapping() {
        assert_eq!(most_at_once(&[(0, 5), (5, 9)]), 1);
        assert_eq!(most_at_once(&[(0, 5), (4, 9), (4, 4)]), 3);
        assert_eq!(most_at_once(&[]), 0);
    }

    proptest! {
        #[test]
        fn equals_counting_at_every_start(spans in proptest::collection::vec((0i64..50, 1i64..20), 0..40)) {
            let spans: Vec<(i64, i64)> = spans.into_iter().map(|(from, len)| (from, from + len)).collect();
            let plain = spans.iter().map(|(t, _)| spans.iter().filter(|(f, e)| f <= t && t < e).count()).max();
            prop_assert_eq!(most_at_once(&spans), plain.unwrap_or(0) as u64);
        }
    }
}
