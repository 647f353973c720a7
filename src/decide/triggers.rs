//! Is it time to train a new model?

use crate::metrics::{Metric, Performance};

/// Trades of the last 7 days that it takes before results can call for a retrain.
const NEEDED: u64 = 10;

/// Figures at the last deployed retrain.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Share of trades that won.
    pub win_rate: Option<f64>,
    /// Share of right calls.
    pub accuracy: Option<f64>,
    /// Winning over losing P&L.
    pub profit_factor: Option<f64>,
}

/// Days after which a model is old whatever its results.
pub const RETRAIN_AGE_DAYS: i64 = 7;

/// Something that calls for a retrain.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// Its name.
    pub name: &'static str,
    /// Why, with the figures.
    pub why: String,
}

/// What calls for a retrain. `days` since the last deployed one, none when there never was one.
pub fn triggers(week: &Performance, baseline: &Baseline, days: Option<f64>, forced: bool) -> Vec<Trigger> {
    let mut found = Vec::new();
    let mut say = |name, why: String| found.push(Trigger { name, why });
    if forced {
        say("force", "forced with --force".into());
    }
    match days {
        None => say("never_trained", "no model was ever deployed".into()),
        Some(days) if days >= RETRAIN_AGE_DAYS as f64 => {
            say("age", format!("{days:.1} days since the last deployed retrain (limit {RETRAIN_AGE_DAYS})"))
        }
        Some(_) => {}
    }
    let n = week.trades();
    if n < NEEDED {
        return found;
    }
    let now = |metric: Metric| week.get(metric).ok();
    for (name, metric, before, drop) in [
        ("win_rate", Metric::WinRate, baseline.win_rate, 0.08),
        ("accuracy", Metric::Accuracy, baseline.accuracy, 0.10),
    ] {
        // A hair below the limit is rounding.
        if let (Some(before), Some(now)) = (before, now(metric))
            && before - now >= drop - 1e-12
        {
            say(
                name,
                format!(
                    "{name} {:.1} % in 7 days (n {n}), {:.1} % at the last retrain",
                    now * 100.0,
                    before * 100.0
                ),
            );
        }
    }
    if let (Some(before), Some(now)) = (baseline.profit_factor, now(Metric::ProfitFactor))
        && now < 1.0
        && before > 1.2
    {
        say(
            "profit_factor",
            format!("profit factor {now:.2} in 7 days (n {n}), {before:.2} at the last retrain"),
        );
    }
    if let Some(now) = now(Metric::ConfidenceCalibration).filter(|now| *now < 0.85) {
        say("calibration", format!("calibration {now:.2} in 7 days (n {n}), below 0.85"));
    }
    found
}
