//! Histories of an engine that runs on the shipped defaults: picks come, its gates take or refuse them, and what is
//! recorded is what an engine would record.

use std::io::Write;

use super::statistics::normal;
use dtlearn::app::{Context, ReplayRequest, replay};
use dtlearn::domain::{Calendar, Date, Timestamp};
use dtlearn::learn::Rng;
use dtlearn::simulate::Cycle;
use dtlearn::store::{Disk, Layout, Log};
use serde_json::Value;

use crate::common::contexts::context_of;
use crate::common::memory_disk::MemoryDisk;

/// A pick with everything that became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    pub id: String,
    pub symbol: String,
    pub at: Timestamp,
    pub exit: Timestamp,
    pub confidence: f64,
    pub features: Vec<f64>,
    /// Move in its direction, before costs, which are none.
    pub moved: f64,
    pub mae: f64,
    pub mfe: f64,
    pub regime: &'static str,
    /// Why it was not traded.
    pub refused: Option<String>,
}

/// What a history is made of.
pub struct Spec<F> {
    pub seed: u64,
    pub sessions: usize,
    pub picks: usize,
    pub hold_minutes: usize,
    pub features: usize,
    /// Mean move of a pick: of its confidence, its features and its session.
    pub mean: F,
    /// What the market moves all picks of a session by, and each pick by itself.
    pub noise: (f64, f64),
}

/// Sessions from 2024-01-02 on.
pub fn dates(count: usize) -> Vec<Date> {
    let first: Date = "2024-01-02".parse().unwrap();
    Calendar::xnys().sessions(first, Date::MAX).take(count).collect()
}

/// A minute of a date in New York.
pub fn at(date: Date, minute: u16) -> Timestamp {
    Timestamp::from_local(date, minute, chrono_tz::America::New_York)
}

/// Lets the engine live through the picks of a history.
pub fn history<F: Fn(f64, &[f64], usize) -> f64>(spec: &Spec<F>) -> Vec<Pick> {
    let mut rng = Rng::new(spec.seed, 5);
    let mut found: Vec<Pick> = Vec::new();
    for (day, date) in dates(spec.sessions).into_iter().enumerate() {
        let market = spec.noise.0 * normal(&mut rng);
        let regime = ["trend", "range", "volatile"][rng.below(3)];
        let first = found.len();
        let mut last: std::collections::HashMap<String, Timestamp> = std::collections::HashMap::new();
        for n in 0..spec.picks {
            let second = (n * 370 * 60 / spec.picks.max(1)) as i64;
            let at = Timestamp::from_micros(at(date, 571).micros() + second * 1_000_000);
            let hold = 5 + rng.below(2 * spec.hold_minutes.max(1)) as i64;
            let close = Calendar::xnys().session(date).unwrap().close;
            let exit = Timestamp::from_micros(at.micros() + hold * 60_000_000).min(close);
            let confidence = (200 + rng.below(500)) as f64 / 1000.0;
            let features: Vec<f64> = (0..spec.features).map(|_| rng.below(1000) as f64 / 1000.0).collect();
            let moved = market + (spec.mean)(confidence, &features, day) + spec.noise.1 * normal(&mut rng);
            let symbol = format!("S{:02}", rng.below(40));
            let open = |pick: &&Pick| pick.refused.is_none() && pick.exit > at;
            let today = &found[first..];
            let gap = last.get(&symbol).is_some_and(|last| at.minutes_since(*last) < 15.0);
            let refused = if confidence < 0.25 {
                Some("conf<0.25".to_owned())
            } else if today.iter().filter(open).any(|pick| pick.symbol == symbol) {
                Some("already_open".into())
            } else if today.iter().filter(open).count() >= 3 {
                Some("max_positions".into())
            } else if gap {
                Some("trade_gap<15m".into())
            } else {
                last.insert(symbol.clone(), at);
                None
            };
            let wander = 0.5 * spec.noise.1;
            found.push(Pick {
                id: format!("p{day:04}-{n:03}"),
                symbol,
                at,
                exit,
                confidence,
                features,
                moved,
                mae: moved.min(0.0) - wander * rng.below(100) as f64 / 100.0,
                mfe: moved.max(0.0) + wander * rng.below(100) as f64 / 100.0,
                regime,
                refused,
            });
        }
    }
    found
}

impl Pick {
    fn features(&self) -> String {
        let of = |(n, value): (usize, &f64)| format!("\"f{n:02}\":{value}");
        format!("{{{}}}", self.features.iter().enumerate().map(of).collect::<Vec<_>>().join(","))
    }

    /// The line of its log, as dtlearn writes it.
    pub fn line(&self) -> (Log, String) {
        let Self { id, symbol, at, exit, confidence, moved, mae, mfe, regime, .. } = self;
        let features = self.features();
        match &self.refused {
            None => {
                let (price, pnl) = (100.0 * (1.0 + moved), 1000.0 * moved);
                let line = format!(
                    r#"{{"symbol":"{symbol}","entry_time":"{at}","exit_time":"{exit}","side":"BUY","entry_price":100.0,"exit_price":{price},"pnl":{pnl},"pnl_pct":{moved},"model_confidence":{confidence},"regime":"{regime}","trade_id":"{id}","signal_id":"{id}","qty":10.0,"fees":0.0,"mfe_pct":{mfe},"mae_pct":{mae},"features":{features},"schema":1,"_ts":"{exit}"}}"#
                );
                (Log::Outcomes, line)
            }
            Some(reason) => {
                let line = format!(
                    r#"{{"symbol":"{symbol}","timestamp":"{at}","label":"BUY","confidence":{confidence},"price_at_signal":100.0,"reason_not_traded":"{reason}","regime":"{regime}","hypothetical_pnl_pct":{moved},"evaluated":true,"signal_id":"{id}","state":"resolved","exit_reason":"end_of_day","exit_time":"{exit}","features":{features},"schema":1,"_logged_at":"{at}"}}"#
                );
                (Log::Missed, line)
            }
        }
    }
}

fn packed(lines: &[String]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for line in lines {
        out.write_all(line.as_bytes()).unwrap();
        out.write_all(b"\n").unwrap();
    }
    out.finish().unwrap()
}

/// The logs of a history, as files.
pub fn files(picks: &[Pick]) -> Vec<(Log, Vec<u8>)> {
    let lines: Vec<(Log, String)> = picks.iter().map(Pick::line).collect();
    [Log::Outcomes, Log::Missed]
        .into_iter()
        .map(|log| {
            let of_log: Vec<String> =
                lines.iter().filter(|(of, _)| *of == log).map(|(_, line)| line.clone()).collect();
            (log, packed(&of_log))
        })
        .collect()
}

/// A desk on a disk that holds a history, at a moment after it.
pub fn desk_at<'a>(disk: &'a dyn Disk, root: &str) -> Context<'a> {
    context_of(disk, root, Timestamp::parse("2030-01-01T00:00:00Z").unwrap(), None)
}

/// Everything, with or without the lives that train.
pub fn everything(without_model: bool) -> ReplayRequest {
    ReplayRequest {
        from: None,
        to: None,
        cycle: Cycle::default(),
        in_force: Vec::new(),
        without_model,
        restart: false,
    }
}

/// The answer of a replay.
pub fn replayed(context: &Context<'_>, request: &ReplayRequest) -> serde_json::Value {
    serde_json::Value::Object(dtlearn::report::replay_view(&replay(context, request).unwrap().facts).payload)
}

pub fn disk_with(picks: &[Pick]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    for (log, bytes) in files(picks) {
        disk.put(&Layout::new("r").log(log), &bytes);
    }
    disk
}

pub fn quiet(seed: u64, sessions: usize, picks: usize) -> Spec<impl Fn(f64, &[f64], usize) -> f64> {
    Spec {
        seed,
        sessions,
        picks,
        hold_minutes: 25,
        features: 0,
        mean: |_: f64, _: &[f64], _| 0.0,
        noise: (0.001, 0.005),
    }
}

pub fn scenario<'a>(found: &'a Value, name: &str) -> &'a Value {
    found["scenarios"].as_array().unwrap().iter().find(|scenario| scenario["scenario"] == name).unwrap()
}

/// Picks below a confidence of 0.32 lose, and lose and lose.
pub fn planted(seed: u64) -> Spec<impl Fn(f64, &[f64], usize) -> f64> {
    Spec {
        seed,
        sessions: 60,
        picks: 60,
        hold_minutes: 25,
        features: 0,
        mean: |confidence: f64, _: &[f64], _| if confidence < 0.32 { -0.012 } else { 0.0 },
        noise: (0.0005, 0.004),
    }
}
