//! Numbers of an axis: where its lines are, and what they are called.

use super::numbers::apart;
use crate::report::{Scale, is_shown_as_zero};

/// Width of a chart in its own units: about as wide as it is shown, so that its letters are as large as those around it.
pub(super) const WIDTH: u32 = 360;

/// Of the one that is seen first.
pub(super) const WIDE: u32 = 520;

/// A number of an axis whose ticks are `step` apart, with as many decimals as the step has; millions are written
/// as such.
pub(super) fn tick(value: f64, step: f64, scale: Scale) -> String {
    let (factor, unit) = match (scale, value.abs().max(step)) {
        (Scale::Share, _) => (100.0, " %"),
        (_, size) if size >= 1e9 => (1e-9, "G"),
        (_, size) if size >= 1e6 => (1e-6, "M"),
        _ => (1.0, ""),
    };
    let step = step * factor;
    let is_whole = |decimals: &usize| {
        let scaled = step * 10f64.powi(*decimals as i32);
        (scaled - scaled.round()).abs() < 1e-6 * scaled.abs()
    };
    let decimals = if step > 0.0 { (0..10).find(is_whole).unwrap_or(10) } else { 2 };
    let text = format!("{:.decimals$}", value * factor);
    let text = if is_shown_as_zero(&text) { "0".to_owned() } else { text };
    format!("{}{unit}", apart(&text))
}

/// A range with some air around it, never empty.
pub(super) fn padded(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let air = match (high - low, high.abs()) {
        (0.0, 0.0) => 1.0,
        (0.0, size) => size * 0.1,
        (width, _) => width * 0.06,
    };
    (low - air, high + air)
}

/// Round numbers within a range, at most `most` of them.
fn ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let rough = (high - low) / most as f64;
    if rough.is_nan() || rough <= 0.0 || rough.is_infinite() {
        return Vec::new();
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= rough)
        .unwrap_or(power);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last.min(first.saturating_add(20))).map(|k| k as f64 * step).collect()
}

/// Round numbers within a range, as [`ticks`] has them, with their names.
pub(super) fn named_ticks((low, high): (f64, f64), most: usize, scale: Scale) -> Vec<(f64, String)> {
    let ticks = ticks(low, high, most);
    let step = ticks.get(1).zip(ticks.first()).map_or(0.0, |(b, a)| b - a);
    ticks.into_iter().map(|value| (value, tick(value, step, scale))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_says_where_its_lines_are() {
        assert_eq!(tick(-0.0025, 0.0025, Scale::Share), "-0.25 %");
        assert_eq!(tick(10_002.5, 2.5, Scale::Money), "10,002.5");
        assert_eq!(tick(0.0, 50.0, Scale::Money), "0");
        assert_eq!(tick(-0.000_000_2, 0.000_000_2, Scale::Money), "-0.0000002");
        assert_eq!(tick(1_250_000_000.0, 250_000_000.0, Scale::Money), "1.25G");
        for (low, high) in [(0.0, 1.0), (-143.0, 12.0), (9_999.0, 10_001.0), (-1e-9, 3e-9), (0.0, 4e12)] {
            let found = ticks(low, high, 5);
            assert!((2..=6).contains(&found.len()), "{low} to {high}: {found:?}");
            let step = found[1] - found[0];
            let names: Vec<String> = found.iter().map(|v| tick(*v, step, Scale::Money)).collect();
            let mut different = names.clone();
            different.dedup();
            assert_eq!(different, names);
        }
        assert_eq!(ticks(f64::NAN, 1.0, 5), [0.0; 0]);
    }
}
