//! Stores through their evenings: what the deploy gate lets through where there is no signal, and how soon where there
//! is one.

use std::fmt::Write;

use dtlearn::app::{Context, RetrainRequest, record_exits, retrain};
use dtlearn::domain::{Date, Timestamp};

use crate::common::contexts::context_of;
use crate::common::histories::{at, dates};
use crate::common::memory_disk::MemoryDisk;
use crate::draws::{Draws, Rate, chance};

/// Rows of a session.
const ROWS: usize = 40;
/// Features of a row; the first three tell something where anything does.
const FEATURES: usize = 6;

fn context(disk: &MemoryDisk, now: Timestamp) -> Context<'_> {
    context_of(disk, "/store", now, Some("/home/state"))
}

/// A session's exits as the engine writes them.
fn exits(draws: &mut Draws, date: Date, slope: f64) -> String {
    let mut text = String::new();
    let shock = 0.3 * draws.normal();
    for row in 0..ROWS {
        let x: Vec<f64> = (0..FEATURES).map(|_| draws.normal()).collect();
        let signal = slope * x[..3].iter().sum::<f64>() / 3f64.sqrt();
        let price = if draws.chance(chance(signal + shock)) { 101.0 } else { 99.0 };
        let entry = at(date, 600 + row as u16);
        let exit = Timestamp::from_micros(entry.micros() + 1_800_000_000);
        let features: Vec<String> = x.iter().enumerate().map(|(at, x)| format!("\"f{at}\":{x:.4}")).collect();
        let _ = writeln!(
            text,
            "{{\"trade_id\":\"{date}-{row}\",\"symbol\":\"S{}\",\"side\":\"BUY\",\"entry_price\":100,\"price\":{price},\"qty\":1,\"entry_timestamp\":\"{entry}\",\"timestamp\":\"{exit}\",\"features\":{{{}}}}}",
            row % 7,
            features.join(",")
        );
    }
    text
}

/// After how many sessions a model is first deployed, if it is within those.
fn deployed_after(scenario: u64, sessions: u64, slope: impl Fn(u64) -> f64) -> Option<u64> {
    let mut draws = Draws::new(scenario);
    let disk = MemoryDisk::default();
    for (session, date) in (1..=sessions).zip(dates(sessions as usize)) {
        let now = at(date, 965);
        let context = context(&disk, now);
        record_exits(&context, exits(&mut draws, date, slope(session)).as_bytes()).unwrap();
        retrain(&context, &RetrainRequest::when_due()).unwrap();
        if disk.bytes(&context.layout.current_model()).is_some() {
            return Some(session);
        }
    }
    None
}

#[test]
fn the_gate_lets_no_noise_through() {
    let noise = Rate::of("gate, stores of noise, 60 sessions of 40 rows: any model is deployed", 24, |s| {
        deployed_after(s, 60, |_| 0.0).is_some()
    });
    assert!(noise.is_at_most(0.05), "{noise:?}");
}

/// Slopes of .55 and .36 are an AUC of .65 and .60 for who knows the relation, less for who has to learn it from some
/// hundreds of rows.
#[test]
fn the_gate_lets_signal_through() {
    for (name, slope, stores, least) in [(".65", 0.55, 12, 0.8), (".60", 0.36, 40, 0.7)] {
        let name = format!(
            "gate, stores with an AUC of {name} for who knows the relation, 40 rows a session: deployed within 30 sessions"
        );
        let signal = Rate::of(&name, stores, |s| deployed_after(1000 + s, 30, |_| slope).is_some());
        assert!(signal.share() >= least, "{signal:?}");
    }
}
