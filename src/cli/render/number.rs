//! Numbers as people read them. Never shortened, never rounded to zero places where cents matter.

use crate::report::{Cell, is_shown_as_zero, money_decimals, setting, signed};

/// The decimals of the amounts of one table: as many as its largest one calls for.
pub(super) fn decimals<'a>(cells: impl Iterator<Item = &'a Cell>) -> usize {
    let size = |cell: &Cell| match cell {
        Cell::Money(v) | Cell::Amount(v) => v.abs(),
        _ => 0.0,
    };
    money_decimals(cells.map(size).fold(0.0, f64::max))
}

/// The text of a cell in a table whose amounts have so many decimals.
pub(super) fn human(value: &Cell, decimals: usize) -> String {
    match value {
        Cell::Text(text) => super::safe(text).into_owned(),
        Cell::Count(count) => count.to_string(),
        Cell::Money(v) => signed(*v, decimals),
        Cell::Amount(v) => plain_zero(format!("{v:.decimals$}")),
        Cell::Share(v) => format!("{:.1} %", v * 100.0),
        Cell::Change(v) => format!("{} %", signed(v * 100.0, 2)),
        Cell::Points(v) => format!("{} pt", signed(v * 100.0, 1)),
        Cell::Ratio(v) if v.abs() >= 1e6 => format!("{v:.3e}"),
        Cell::Ratio(v) => plain_zero(format!("{v:.2}")),
        Cell::Exact(v) => format!("{v}"),
        Cell::Setting(v) => setting(*v),
        Cell::Score(v) => format!("{v:.4}"),
        Cell::Chance(v) if *v >= 0.001 => format!("{v:.3}"),
        Cell::Chance(v) => format!("{v:.0e}"),
        Cell::Minutes(v) => format!("{v:.1}"),
        Cell::Time(moment) => moment.to_string(),
        Cell::Undefined(why) if why.is_infinite() => "∞".into(),
        Cell::Undefined(_) | Cell::Absent => "–".into(),
    }
}

fn plain_zero(text: String) -> String {
    if is_shown_as_zero(&text) { text.trim_start_matches('-').to_owned() } else { text }
}

/// Whether a cell is a gain (`Some(true)`), a loss, or neither.
pub(super) fn tone(value: &Cell, decimals: usize) -> Option<bool> {
    let (Cell::Money(v) | Cell::Change(v) | Cell::Points(v)) = value else { return None };
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
        assert_eq!(human(&Cell::Money(-143.0023), 2), "-143.00");
        assert_eq!(human(&Cell::Money(0.0), 2), "0.00");
        let tiny = [Cell::Money(-1.5e-6), Cell::Amount(0.0077), Cell::Count(3)];
        assert_eq!(human(&tiny[0], decimals(tiny[..1].iter())), "-0.00000150");
        assert_eq!(human(&tiny[1], decimals(tiny.iter())), "0.007700");
        // What rounding leaves is nothing beside cents.
        assert_eq!(human(&Cell::Money(2e-13), decimals([Cell::Money(2e-13)].iter())), "0.00");
        assert_eq!(human(&Cell::Change(0.0125), 2), "+1.25 %");
        assert_eq!(human(&Cell::Change(-1e-9), 2), "0.00 %");
        assert_eq!(human(&Cell::Share(0.346_84), 2), "34.7 %");
        assert_eq!(human(&Cell::Exact(9.64e-5), 2), "0.0000964");
        assert_eq!(tone(&Cell::Change(-1e-9), 2), None);
        assert_eq!(tone(&Cell::Money(2.0), 2), Some(true));
    }
}
