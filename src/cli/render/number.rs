//! Numbers as people read them. Never shortened, never rounded to zero places where cents matter.

use crate::report::{Val, is_shown_as_zero, money_decimals, signed};

/// The decimals of the amounts of one table: as many as its largest one calls for.
pub(super) fn decimals<'a>(cells: impl Iterator<Item = &'a Val>) -> usize {
    let size = |cell: &Val| match cell {
        Val::Money(v) | Val::Amount(v) => v.abs(),
        _ => 0.0,
    };
    money_decimals(cells.map(size).fold(0.0, f64::max))
}

/// The text of a cell in a table whose amounts have so many decimals.
pub(super) fn human(value: &Val, decimals: usize) -> String {
    match value {
        Val::Text(text) => super::safe(text).into_owned(),
        Val::Count(count) => count.to_string(),
        Val::Money(v) => signed(*v, decimals),
        Val::Amount(v) => plain_zero(format!("{v:.decimals$}")),
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

fn plain_zero(text: String) -> String {
    if is_shown_as_zero(&text) { text.trim_start_matches('-').to_owned() } else { text }
}

/// Whether a cell is a gain (`Some(true)`), a loss, or neither.
pub(super) fn tone(value: &Val, decimals: usize) -> Option<bool> {
    let (Val::Money(v) | Val::Change(v)) = value else { return None };
    let text = human(value, decimals);
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
        assert_eq!(human(&Val::Money(-143.0023), 2), "-143.00");
        assert_eq!(human(&Val::Money(0.0), 2), "0.00");
        let tiny = [Val::Money(-1.5e-6), Val::Amount(0.0077), Val::Count(3)];
        assert_eq!(human(&tiny[0], decimals(tiny[..1].iter())), "-0.00000150");
        assert_eq!(human(&tiny[1], decimals(tiny.iter())), "0.007700");
        // What rounding leaves is nothing beside cents.
        assert_eq!(human(&Val::Money(2e-13), decimals([Val::Money(2e-13)].iter())), "0.00");
        assert_eq!(human(&Val::Change(0.0125), 2), "+1.25%");
        assert_eq!(human(&Val::Change(-1e-9), 2), "0.00%");
        assert_eq!(human(&Val::Share(0.346_84), 2), "34.7%");
        assert_eq!(human(&Val::Exact(9.64e-5), 2), "0.0000964");
        assert_eq!(tone(&Val::Change(-1e-9), 2), None);
        assert_eq!(tone(&Val::Money(2.0), 2), Some(true));
    }
}
