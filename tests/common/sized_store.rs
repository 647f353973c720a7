//! An engine whose better signals have a higher score, and that takes ten trades a session.

use dtlearn::learn::Rng;

use super::Home;
use super::experiment_store::dates;
use super::statistics::normal;

/// Records sessions of ten trades: results deviate by .8 %, with an edge by third of the score; `more` is what the exit says
/// besides.
pub fn record_sized(home: &Home, sessions: usize, edges: [f64; 3], more: impl Fn(&str) -> String) {
    let mut rng = Rng::new(11, 0);
    let (mut signals, mut exits) = (String::new(), String::new());
    let days = dates("2026-01-05", sessions);
    for date in &days {
        for at in 0..10 {
            let third = rng.below(3);
            let score = (rng.below(1_000) as f64 / 1_000.0 + third as f64) * 10.0 / 3.0;
            let id = format!("{date}-{at}");
            let result = 0.008 * normal(&mut rng) + edges[third];
            let price = (100.0 * (1.0 + result) * 1e4).round() / 1e4;
            let (hour, strategy) = (15 + at / 3, ["orb", "vwap"][at % 2]);
            signals.push_str(&format!(
                "{{\"signal_id\":\"{id}\",\"symbol\":\"MSFT\",\"side\":\"LONG\",\"timestamp\":\"{date}T{hour}:00:00Z\",\"entry_price\":100,\"score\":{score:.4}}}\n"
            ));
            exits.push_str(&format!(
                "{{\"type\":\"exit\",\"trade_id\":\"t-{id}\",\"signal_id\":\"{id}\",\"symbol\":\"MSFT\",\"side\":\"BUY\",\"strategy\":\"{strategy}\",\"entry_price\":100,\"price\":{price},\"qty\":10,\"entry_timestamp\":\"{date}T{hour}:00:10Z\",\"timestamp\":\"{date}T{hour}:{:02}:00Z\"{}}}\n",
                10 + 5 * at,
                more(&id)
            ));
        }
    }
    let evening = super::experiment_store::evening(*days.last().unwrap());
    for (command, lines) in [("record-signal", signals), ("record-exit", exits)] {
        home.dtlearn().env("DTLEARN_NOW", &evening).arg(command).write_stdin(lines).assert().success();
    }
}

/// The evening after so many sessions.
pub fn evening_after(sessions: usize) -> String {
    super::experiment_store::evening(*dates("2026-01-05", sessions).last().unwrap())
}
