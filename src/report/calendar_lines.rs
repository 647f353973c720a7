//! Sessions as a calendar of letters: a column a week, `+` or `-` for the result, doubled where it is a large one.

use chrono::Datelike;

use crate::domain::{Date, weekday_name};

/// Weeks that have room in 80 columns, the newest.
const WEEKS: i64 = 24;

/// Letters of a week, and of the name of a weekday.
const WEEK: usize = 3;
const NAME: usize = 5;

fn week_of(date: Date) -> i64 {
    (i64::from(date.num_days_from_ce()) - 1).div_euclid(7)
}

/// The lines, with the months above; none for a single week, which a table shows better. Large is a result in the upper
/// quarter of all sizes. `sessions` are dates with their results, in order.
pub(super) fn calendar_lines(sessions: &[(Date, f64)]) -> Vec<String> {
    let (Some(first), Some(last)) = (sessions.first(), sessions.last()) else { return Vec::new() };
    let first_week = week_of(first.0).max(week_of(last.0) - WEEKS + 1);
    let weeks = (week_of(last.0) - first_week + 1) as usize;
    if weeks < 2 {
        return Vec::new();
    }
    let shown: Vec<&(Date, f64)> = sessions.iter().filter(|(date, _)| week_of(*date) >= first_week).collect();
    let mut sizes: Vec<f64> = shown.iter().map(|(_, result)| result.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let large = sizes.get(sizes.len() * 3 / 4).copied().unwrap_or(f64::INFINITY);
    let mut rows = vec![vec![' '; NAME + weeks * WEEK]; 8];
    let mut write = |row: usize, at: usize, text: &str| {
        for (place, letter) in text.chars().enumerate() {
            if let Some(free) = rows.get_mut(row).and_then(|row| row.get_mut(at + place)) {
                *free = letter;
            }
        }
    };
    let mut month = (0, 0);
    for (date, result) in &shown {
        let at = NAME + (week_of(*date) - first_week) as usize * WEEK;
        let sign = if *result > 0.0 {
            "+"
        } else if *result < 0.0 {
            "-"
        } else {
            "0"
        };
        let mark = if *result != 0.0 && result.abs() >= large { sign.repeat(2) } else { sign.to_owned() };
        let day = date.weekday().num_days_from_monday() as usize;
        write(day + 1, at, &mark);
        write(day + 1, 0, weekday_name(*date));
        // A name takes a week and a half.
        if month.0 != date.month() && (month.0 == 0 || at >= month.1 + 2 * WEEK) {
            month = (date.month(), at);
            write(0, at, &date.format("%b").to_string());
        }
    }
    let lines = rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_week_and_a_large_result_is_doubled() {
        let day = |text: &str, result: f64| (text.parse::<Date>().unwrap(), result);
        let sessions = [
            day("2026-01-30", 5.0),
            day("2026-02-02", -3.0),
            day("2026-02-03", 40.0),
            day("2026-02-09", 0.0),
            day("2026-02-10", -41.0),
            day("2026-02-16", 2.0),
        ];
        let lines = calendar_lines(&sessions);
        assert_eq!(lines, ["     Jan   Feb", "Mon     -  0  +", "Tue     ++ --", "Fri  +"]);
        assert_eq!(calendar_lines(&sessions[1..3]), [""; 0]);
        assert_eq!(calendar_lines(&[]), [""; 0]);
    }
}
