//! Numbers as people read them. Never shortened, never rounded to zero places where cents matter.

use crate::report::Val;

/// The text of a cell in a table.
pub(super) fn human(value: &Val) -> String {
    match value {
        Val::Text(text) => super::safe(text).into_owned(),
        Val::Count(count) => count.to_string(),
        Val::Money(v) => signed(*v, small_decimals(*v)),
        Val::Amount(v) => format!("{v:.*}", small_decimals(*v)),
        Val::Share(v) => format!("{:.1}%", v * 100.0),
        Val::Change(v) => format!("{}%", signed(v * 100.0, 2)),
        Val::Ratio(v) if v.abs() >= 1e6 => format!("{v:.3e}"),
        Val::Ratio(v) => plain_zero(format!("{v:.2}")),
        Val::Exact(v) => format!("{v}"),
        Val::Chance(v) if *v >= 0.001 => format!("{v:.3}"),
        Val::Chance(v) => format!("{v:.0e}"),
        Val::Minutes(v) => format!("{v:.1}"),
        Val::Time(moment) => moment.to_string(),
        Val::Undefined(why) if why.is_endless() => "∞".into(),
        Val::Undefined(_) | Val::Absent => "–".into(),
    }
}

/// Two decimals, more for amounts of a currency whose units are large, such as bitcoin.
fn small_decimals(v: f64) -> usize {
    if v != 0.0 && v.abs() < 0.005 { 8 } else { 2 }
}

fn signed(v: f64, decimals: usize) -> String {
    let text = format!("{v:+.decimals$}");
    // Neither a gain nor a loss is shown as nothing.
    let zero = !text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if zero { format!("{:.decimals$}", 0.0) } else { text }
}

fn plain_zero(text: String) -> String {
    if text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text
    } else {
        text.trim_start_matches('-').to_owned()
    }
}

/// Whether a cell is a gain (`Some(true)`), a loss, or neither.
pub(super) fn tone(value: &Val) -> Option<bool> {
    let (Val::Money(v) | Val::Change(v)) = value else { return None };
    let text = human(value);
    if text.starts_with('+') {
        Some(true)
    } else if *v < 0.0 && text.starts_with('-') {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_meaning() {
        assert_eq!(human(&Val::Money(-143.0023)), "-143.00");
        assert_eq!(human(&Val::Money(0.0)), "0.00");
        assert_eq!(human(&Val::Money(-1.5e-6)), "-0.00000150");
        assert_eq!(human(&Val::Change(0.0125)), "+1.25%");
        assert_eq!(human(&Val::Change(-1e-9)), "0.00%");
        assert_eq!(human(&Val::Share(0.346_84)), "34.7%");
        assert_eq!(human(&Val::Exact(9.64e-5)), "0.0000964");
        assert_eq!(tone(&Val::Change(-1e-9)), None);
        assert_eq!(tone(&Val::Money(2.0)), Some(true));
    }
}
