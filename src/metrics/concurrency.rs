//! How many positions were open at once.

/// The most intervals that hold the same moment. A position that closes at the moment another opens does
/// not overlap it.
pub(super) fn most_at_once(intervals: &[(i64, i64)]) -> u64 {
    let mut edges: Vec<(i64, i32)> = Vec::with_capacity(intervals.len() * 2);
    for (from, to) in intervals {
        // A trade that opens and closes at one moment was open then.
        let to = if to > from { *to } else { from.saturating_add(1) };
        edges.extend([(*from, 1), (to, -1)]);
    }
    edges.sort_unstable();
    let (mut open, mut most) = (0i64, 0i64);
    for (_, change) in edges {
        open += i64::from(change);
        most = most.max(open);
    }
    most.unsigned_abs()
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
