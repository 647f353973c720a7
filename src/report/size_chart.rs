//! Growth, drawdown and evidence by session, as lines of a terminal.

use crate::decide::{FLAT_FRAC, PolicyPoint};
use crate::domain::Date;
use crate::stats::evidence::ENOUGH;

/// Characters of a line.
const WIDTH: usize = 40;

/// Evidence is drawn from 1/TOP to TOP, by its logarithm.
const TOP_E: f64 = 1e3;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Values as blocks between two ends; of more values than fit, the last of each part.
fn blocks(values: &[f64], (low, high): (f64, f64)) -> String {
    let parts = values.len().min(WIDTH);
    let block = |part: usize| {
        let value = values[(part + 1) * values.len() / parts - 1];
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        BLOCKS[(share * (BLOCKS.len() - 1) as f64).round() as usize]
    };
    (0..parts).map(block).collect()
}

fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

fn percent(value: f64) -> String {
    format!("{:+.1} %", 100.0 * value)
}

/// The lines; none below two sessions.
pub(super) fn size_lines(points: &[PolicyPoint], dates: (Date, Date)) -> Vec<String> {
    if points.len() < 2 {
        return Vec::new();
    }
    let flat: Vec<f64> = points.iter().map(|point| point.flat.exp_m1()).collect();
    let mut beyond = 0.0;
    let beyond: Vec<f64> = points
        .iter()
        .map(|point| {
            beyond += point.beyond;
            beyond
        })
        .collect();
    let drawdown: Vec<f64> = points.iter().map(|point| -point.drawdown_frac).collect();
    let evidence: Vec<f64> = points.iter().map(|point| point.e.clamp(1.0 / TOP_E, TOP_E).log10()).collect();
    let line = |name: &str, values: &[f64], ends: (f64, f64), shown: [String; 3]| {
        format!("{name:<9} {:<WIDTH$}  {} to {}, now {}", blocks(values, ends), shown[0], shown[1], shown[2])
    };
    let of = |name: &str, values: &[f64]| {
        let ends = ends(values);
        let now = values.last().copied().unwrap_or(0.0);
        line(name, values, ends, [percent(ends.0), percent(ends.1), percent(now)])
    };
    let tops = ends(&evidence);
    let e = |log: f64| crate::report::experiment_text::e_text(10f64.powf(log));
    let now = evidence.last().copied().unwrap_or(0.0);
    vec![
        format!(
            "{} to {}, {} sessions, at {:.0} % of the account a trade",
            dates.0,
            dates.1,
            points.len(),
            100.0 * FLAT_FRAC
        ),
        of("Growth", &flat),
        of("Beyond", &beyond),
        of("Drawdown", &drawdown),
        line("E", &evidence, (tops.0.min(0.0), tops.1.max(ENOUGH.log10())), [e(tops.0), e(tops.1), e(now)]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_where_it_went() {
        assert_eq!(blocks(&[0.0, 0.5, 1.0], (0.0, 1.0)), "▁▅█");
        assert_eq!(blocks(&[2.0, 2.0], (2.0, 2.0)), "▁▁");
        let long: Vec<f64> = (0..200).map(f64::from).collect();
        let drawn = blocks(&long, (0.0, 199.0));
        assert!(drawn.chars().count() == WIDTH && drawn.starts_with('▁') && drawn.ends_with('█'));
        let date = Date::from_ymd_opt(2026, 3, 2).unwrap();
        assert!(size_lines(&[PolicyPoint::default()], (date, date)).is_empty());
        assert_eq!(size_lines(&[PolicyPoint::default(); 2], (date, date)).len(), 5);
    }
}
