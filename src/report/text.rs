//! Small pieces of sentences.

use crate::domain::nearest;
use crate::metrics::{GROUPS_SHOWN, Metric, MetricResult, OTHER, Performance, Unit};

/// What is said where no trade was ever recorded.
pub(super) const NO_TRADES_YET: &str =
    "No trades yet: record one with `dtlearn record-exit`, or import some with `dtlearn import`.";

/// `1 trade`, `2 trades`.
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}

/// Whether a value is above zero or below it, where its interval excludes zero.
pub(super) fn clear_of_zero(interval: Option<(f64, f64)>) -> Option<bool> {
    let (low, high) = interval?;
    if low > 0.0 { Some(true) } else { (high < 0.0).then_some(false) }
}

/// Sentences one after the other, each with a full stop, also where it stands as a line of its own without one.
pub fn sentences(each: &[String]) -> String {
    let ended = |sentence: &String| {
        let is_ended = sentence.ends_with(['.', ':', ';', '!', '?']);
        format!("{sentence}{}", if is_ended { "" } else { "." })
    };
    each.iter().map(ended).collect::<Vec<_>>().join(" ")
}

/// What to say of a symbol of which there is nothing.
pub(super) fn unknown_symbol<'a>(symbol: &str, traded: impl IntoIterator<Item = &'a str>) -> String {
    let hint = nearest(&symbol.to_uppercase(), traded).filter(|found| *found != symbol);
    hint.map(|found| format!(" Did you mean {found}?")).unwrap_or_default()
}

/// Decimals with which an amount of this size says something: two, and where the unit is large, such as a
/// bitcoin, as many as show four digits, up to eight.
pub fn money_decimals(largest: f64) -> usize {
    match largest.abs() {
        size if size >= 0.1 || size <= 1e-9 || size.is_nan() => 2,
        size => (3.0 - size.log10().floor()).clamp(2.0, 8.0) as usize,
    }
}

/// A number with its sign; one that is shown as zero is neither a gain nor a loss and has none.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    if is_shown_as_zero(&text) { format!("{:.decimals$}", 0.0) } else { text }
}

/// The value of a knob as people would write it: four figures or so, two decimals of hundreds, no zeros at the end.
pub fn setting(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 2,
        size if size >= 1.0 => 3,
        size if size >= 0.1 || size == 0.0 => 4,
        // A step of an exchange can be tiny.
        size => (2 - size.log10().floor() as i32).clamp(4, 12) as usize,
    };
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An e-value above which only its size is told.
const E_SHOWN: f64 = 1e9;

/// An e-value in words: of one that is beyond all doubt the size is enough.
pub fn e_value(e: f64) -> String {
    if e > E_SHOWN { "above 10^9".to_owned() } else { format!("{e:.1}") }
}

/// Whether nothing is left of a number as it was written.
pub fn is_shown_as_zero(text: &str) -> bool {
    !text.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

/// A gain or loss in words, with its sign.
pub(super) fn gain(value: f64) -> String {
    format!("{value:+.*}", money_decimals(value))
}

/// An amount in words.
pub(super) fn amount(value: f64) -> String {
    format!("{value:.*}", money_decimals(value))
}

/// An amount without decimals that say nothing.
pub(super) fn round_amount(value: f64) -> String {
    let text = amount(value);
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

/// A fraction as percent with one decimal, or a dash.
pub(super) fn percent(value: MetricResult) -> String {
    value.map_or_else(|_| "–".into(), |v| format!("{:.1} %", v * 100.0))
}

/// The value of a metric, by the metric's name, in its unit.
pub(super) fn figure(metric: &str, value: f64) -> String {
    let unit = Metric::ALL.iter().find(|known| known.name() == metric).map(|metric| metric.unit());
    match unit {
        Some(Unit::Fraction) => format!("{:.2} %", value * 100.0),
        Some(Unit::Count) => format!("{value:.0}"),
        Some(Unit::Minutes) => format!("{value:.1} min"),
        Some(Unit::Money | Unit::Ratio) | None => format!("{value:.2}"),
    }
}

/// What to know about groupings with too many keys.
pub(super) fn crowded_notes(performance: &Performance) -> impl Iterator<Item = String> {
    performance.crowded().map(|dimension| {
        let by = dimension.heading().to_lowercase();
        format!("By {by}, the {GROUPS_SHOWN} with the most trades; the rest is counted under `{OTHER}`.")
    })
}

/// The one line that says how a span of time went.
pub(super) fn verdict(performance: &Performance, currency: &str) -> String {
    let trades = performance.trades();
    if trades == 0 {
        return "no trades".into();
    }
    let money = performance
        .get(Metric::TotalPnl)
        .map_or_else(|_| "–".into(), |pnl| format!("{} {currency}", gain(pnl)));
    let factor = match performance.get(Metric::ProfitFactor) {
        Ok(factor) => format!(", profit factor {factor:.2}"),
        Err(_) => String::new(),
    };
    format!(
        "{money} in {}, {} won ({}–{}){factor}",
        plural(trades, "trade"),
        percent(performance.get(Metric::WinRate)),
        performance.get(Metric::WinRateLow).map_or(0.0, |v| v * 100.0).round(),
        percent(performance.get(Metric::WinRateHigh).map(|v| (v * 100.0).round() / 100.0))
            .replace(".0 %", " %"),
    )
}
/// What counts as a scratch, where there is a break-even band.
pub fn scratch_note(scratch_frac: f64) -> Option<String> {
    (scratch_frac > 0.0).then(|| {
        format!(
            "A result of up to {} bps of the position, either way, counts as a scratch: [metrics] scratch_bps.",
            scratch_frac * 1e4
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_written_as_people_write_them() {
        let written = [768.921_474_4, 4.877_411_5, 0.308_255_9, 0.02, 1000.0, 0.0182, 0.000_012_34, 3.0, 0.0]
            .map(setting);
        assert_eq!(written, ["768.92", "4.877", "0.3083", "0.02", "1000", "0.0182", "0.0000123", "3", "0"]);
    }
}
