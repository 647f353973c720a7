//! An engine whose signals are drawn from a seed, and that trades the arms of an experiment with a known effect.

use dtlearn::domain::{Arm, Assignment, Calendar, Date, ExperimentUnit};
use dtlearn::learn::Rng;

use super::Home;
use super::statistics::normal;

pub struct Engine {
    pub seed: u64,
    pub signals: usize,
    /// What the second arm adds to each trade, as a fraction.
    pub effect: f64,
}

/// The dates of sessions from one on.
pub fn dates(from: &str, count: usize) -> Vec<Date> {
    let from: Date = from.parse().unwrap();
    Calendar::xnys().sessions(from, from + chrono::Days::new(count as u64 * 2 + 10)).take(count).collect()
}

/// Two arms of the same share.
pub fn halves(name: &str, unit: ExperimentUnit, starts: &str) -> Assignment {
    let arm = |name: &str| Arm { name: name.into(), share: 0.5, knobs: Vec::new() };
    Assignment {
        name: name.into(),
        arms: vec![arm("A"), arm("B")],
        unit,
        starts: starts.parse().unwrap(),
        symbols: None,
    }
}

impl Engine {
    /// The signals and the exits of sessions. One in four signals is not traded. With an experiment, signals name their
    /// arm and trades their signal; `arm_of` says where the effect is.
    pub fn lines(
        &self,
        dates: &[Date],
        experiment: Option<&str>,
        arm_of: impl Fn(&str, Date) -> usize,
    ) -> (String, String) {
        let mut rng = Rng::new(self.seed, 0);
        let (mut signals, mut exits) = (String::new(), String::new());
        for date in dates {
            for at in 0..self.signals {
                let id = format!("{date}-{at}");
                let arm = arm_of(&id, *date);
                let traded = rng.below(4) > 0;
                let result = 0.008 * normal(&mut rng) + if arm == 1 { self.effect } else { 0.0 };
                let (hour, minute) = (15 + at / 12 % 4, at * 5 % 60);
                let symbol = ["MSFT", "AAPL", "AMZN", "NVDA"][at % 4];
                let named = experiment.map_or(String::new(), |name| {
                    format!(r#","experiment":"{name}","variant":"{}""#, ["A", "B"][arm])
                });
                signals.push_str(&format!(
                    "{{\"signal_id\":\"{id}\",\"symbol\":\"{symbol}\",\"side\":\"LONG\",\"timestamp\":\"{date}T{hour}:{minute:02}:00Z\",\"entry_price\":100,\"confidence\":0.7{named}}}\n"
                ));
                if traded {
                    let price = (100.0 * (1.0 + result) * 1e4).round() / 1e4;
                    exits.push_str(&format!(
                        "{{\"type\":\"exit\",\"trade_id\":\"t-{id}\",\"signal_id\":\"{id}\",\"symbol\":\"{symbol}\",\"side\":\"BUY\",\"entry_price\":100,\"price\":{price},\"qty\":10,\"stop_price\":98,\"entry_timestamp\":\"{date}T{hour}:{minute:02}:30Z\",\"timestamp\":\"{date}T{}:{minute:02}:00Z\"}}\n",
                        hour + 1
                    ));
                }
            }
        }
        (signals, exits)
    }

    /// Records the sessions, on the evening of the last one.
    pub fn record(
        &self,
        home: &Home,
        dates: &[Date],
        experiment: Option<&str>,
        arm_of: impl Fn(&str, Date) -> usize,
    ) {
        let (signals, exits) = self.lines(dates, experiment, arm_of);
        let evening = evening(*dates.last().unwrap());
        for (command, lines) in [("record-signal", signals), ("record-exit", exits)] {
            home.dtlearn().env("DTLEARN_NOW", &evening).arg(command).write_stdin(lines).assert().success();
        }
    }
}

/// After the close of a session.
pub fn evening(date: Date) -> String {
    format!("{date}T21:30:00Z")
}
