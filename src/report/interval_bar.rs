//! Intervals as bars of letters: `├──●──┤` beside `│` at zero.

/// Where a value lies between the ends of an axis, with its interval and a mark at zero, in so many letters.
pub(super) fn interval_bar(
    value: Option<f64>,
    interval: Option<(f64, f64)>,
    (low, high): (f64, f64),
    cells: usize,
) -> String {
    let last = cells.saturating_sub(1);
    let place = |value: f64| {
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        (share * last as f64).round() as usize
    };
    let mut bar = vec![' '; cells];
    if let Some((from, to)) = interval {
        let (from, to) = (place(from), place(to));
        bar[from..=to.max(from)].fill('─');
        (bar[from], bar[to]) = ('├', '┤');
    }
    if low <= 0.0 && high >= 0.0 {
        let zero = &mut bar[place(0.0)];
        *zero = if *zero == ' ' { '│' } else { '┼' };
    }
    if let Some(value) = value {
        bar[place(value)] = '●';
    }
    bar.into_iter().collect()
}

/// An axis that holds zero and every interval, or value where there is none.
pub(super) fn axis(rows: impl Iterator<Item = (Option<f64>, Option<(f64, f64)>)>) -> (f64, f64) {
    let ends = rows.flat_map(|(value, interval)| {
        let (low, high) = interval.map_or((value, value), |(low, high)| (Some(low), Some(high)));
        [low, high]
    });
    let known = ends.flatten().filter(|end| end.is_finite());
    known.fold((0.0, 0.0), |(low, high), end| (low.min(end), high.max(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_value_interval_and_zero() {
        assert_eq!(interval_bar(Some(1.0), Some((-1.0, 3.0)), (-2.0, 4.0), 13), "  ├─┼─●───┤  ");
        assert_eq!(interval_bar(Some(3.0), Some((2.0, 4.0)), (0.0, 4.0), 9), "│   ├─●─┤");
        assert_eq!(interval_bar(None, None, (0.0, 0.0), 3), " │ ");
        assert_eq!(axis([(Some(2.0), None), (Some(0.0), Some((-3.0, 1.0)))].into_iter()), (-3.0, 2.0));
    }
}
