//! Points of a sample: quantiles, and the mean of its worst part.

/// The value below which a share of the sorted values lies, between neighbours by straight lines (definition 7 of
/// Hyndman and Fan 1996, *The American Statistician* 50(4), 361–365, the one of NumPy and R). None without values.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

/// The mean of the worst share of the values, with a part of the value on the border (Acerbi and Tasche 2002, *Journal
/// of Banking & Finance* 26(7), 1487–1503, the estimator of expected shortfall). None without values.
pub(crate) fn worst_mean(sorted: &[f64], share: f64) -> Option<f64> {
    let weight = share * sorted.len() as f64;
    let whole = (weight.floor() as usize).min(sorted.len());
    if weight <= 0.0 {
        return None;
    }
    let border = sorted.get(whole).map_or(0.0, |border| border * (weight - whole as f64));
    Some((sorted[..whole].iter().sum::<f64>() + border) / weight)
}

/// The values in order.
pub(crate) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // numpy.quantile([1, 2, 4, 8, 16], [.05, .5, .95]) = 1.2, 4, 14.4.
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (share, expected) in [(0.05, 1.2), (0.5, 4.0), (0.95, 14.4), (0.0, 1.0), (1.0, 16.0)] {
            assert!((quantile(&values, share).unwrap() - expected).abs() < 1e-12, "{share}");
        }
        assert_eq!(quantile(&[], 0.5), None);
        // The worst 30 % of five are the first and half of the second: (1 + .5 · 2) / 1.5.
        assert!((worst_mean(&values, 0.3).unwrap() - 2.0 / 1.5).abs() < 1e-12);
        assert_eq!(worst_mean(&values, 1.0), Some(31.0 / 5.0));
        assert_eq!(worst_mean(&[], 0.05), None);
    }
}
