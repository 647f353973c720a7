//! Makes a store to measure: `cargo bench --bench outcomes -- ROOT ROWS [loose]`.
//!
//! Trades of 60 symbols over the year that ends with [`END`], in the order of their exits and always the same
//! ones. They lie in sealed blocks, as after an import or an `analyze`; with `loose`, one member a record, as
//! an engine leaves them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and may stop where it stands"
)]

use std::io::Write;
use std::path::Path;

use chrono::Datelike;
use chrono_tz::America::New_York;
use dtlearn::domain::{Market, Timestamp};
use dtlearn::store::{MAX_MEMBER_TEXT, Seal, encode_member};
use dtlearn::wire::read_exit_event;
use serde_json::{Map, Value, json};

/// The Monday evening from which the store is looked at.
const END: &str = "2026-03-02T21:05:00Z";

const SECTORS: [&str; 11] = [
    "Technology",
    "Health Care",
    "Financials",
    "Energy",
    "Utilities",
    "Industrials",
    "Materials",
    "Real Estate",
    "Consumer Staples",
    "Consumer Discretionary",
    "Communication Services",
];
const REGIMES: [&str; 4] = ["trend", "range", "volatile", "quiet"];
const SETUPS: [&str; 5] = ["orb", "vwap_reclaim", "gap_fill", "momentum", "fade"];
const REASONS: [&str; 5] = ["take_profit", "stop_loss", "time_stop", "signal_flip", "eod"];
const STRATEGIES: [&str; 2] = ["intraday", "scalp"];
const VARIANTS: [&str; 2] = ["control", "wide_stop"];

/// A generator of numbers that look random (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[(self.next() % words.len() as u64) as usize]
    }

    fn rounded(&mut self, low: f64, high: f64, digits: i32) -> f64 {
        let scale = 10f64.powi(digits);
        ((low + self.unit() * (high - low)) * scale).round() / scale
    }
}

fn event(numbers: &mut Numbers, exit: Timestamp, row: u64) -> Map<String, Value> {
    let symbol = numbers.next() % 60;
    let price = numbers.rounded(12.0, 480.0, 2);
    let change = (numbers.unit() + numbers.unit() + numbers.unit() - 1.47) * 0.02;
    let hold_s = 60 + (numbers.unit() * numbers.unit() * 5_400.0) as i64;
    let entry = Timestamp::from_micros(exit.micros() - hold_s * 1_000_000);
    let confidence = numbers.rounded(0.25, 0.98, 4);
    let event = json!({
        "type": "exit",
        "trade_id": format!("T{row:09}"),
        "signal_id": format!("S{:010x}", numbers.next() >> 24),
        "symbol": format!("SYM{symbol:02}"),
        "side": if numbers.unit() < 0.7 { "LONG" } else { "SHORT" },
        "entry_price": price,
        "exit_price": ((price * (1.0 + change)) * 100.0).round() / 100.0,
        "qty": (1 + numbers.next() % 200) as f64,
        "fees": numbers.rounded(0.0, 2.0, 2),
        "entry_timestamp": entry.to_string(),
        "timestamp": exit.to_string(),
        "label": if confidence > 0.6 { "STRONG_BUY" } else { "BUY" },
        "confidence": confidence,
        "lgb_prob": numbers.rounded(0.2, 0.99, 4),
        "lstm_prob": numbers.rounded(0.2, 0.99, 4),
        "transformer_prob": numbers.rounded(0.2, 0.99, 4),
        "regime": numbers.pick(&REGIMES),
        "vix": numbers.rounded(11.0, 34.0, 2),
        "sector": SECTORS[(symbol % 11) as usize],
        "exit_reason": numbers.pick(&REASONS),
        "setup": numbers.pick(&SETUPS),
        "strategy": numbers.pick(&STRATEGIES),
        "variant": numbers.pick(&VARIANTS),
    });
    event.as_object().unwrap().clone()
}

/// The moments of the exits: the same number in every session of the year, evenly over its second to last
/// minute.
fn exits(rows: u64) -> impl Iterator<Item = Timestamp> {
    let end = Timestamp::parse(END).unwrap();
    let mut sessions = Vec::new();
    let day = |moment: Timestamp| moment.local(New_York).0;
    for date in day(end.plus_days(-364)).iter_days().take_while(|date| *date <= day(end)) {
        // Holidays too: the file stays what earlier measurements were made on.
        if date.weekday().num_days_from_monday() < 5 {
            sessions.push(date);
        }
    }
    let count = sessions.len() as u64;
    (0..rows).map(move |row| {
        let session = row * count / rows;
        let first = (session * rows).div_ceil(count);
        let of_session = ((session + 1) * rows).div_ceil(count) - first;
        let within_us = (row - first) * 388 * 60_000_000 / of_session;
        let open = Timestamp::from_local(sessions[session as usize], 571, New_York);
        Timestamp::from_micros((open.micros() + within_us.cast_signed()) / 1_000 * 1_000)
    })
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let (Some(root), Some(rows)) = (arguments.next(), arguments.next()) else {
        println!("cargo bench --bench outcomes -- ROOT ROWS [loose]");
        return;
    };
    let loose = arguments.next().as_deref() == Some("loose");
    let folder = Path::new(&root).join("dt_learning");
    std::fs::create_dir_all(&folder).unwrap();
    let file = std::fs::File::create(folder.join("trade_outcomes.jsonl.gz")).unwrap();
    let mut out = std::io::BufWriter::with_capacity(1 << 20, file);
    let market = Market::default();
    let mut numbers = Numbers(7);
    let mut text = Vec::new();
    let mut seal = Seal { rows: 0, first_us: i64::MAX, last_us: i64::MIN };
    for (row, exit) in exits(rows.parse().unwrap()).enumerate() {
        let read = read_exit_event(event(&mut numbers, exit, row as u64)).unwrap();
        let line = read.record.to_line(exit, &market);
        if loose {
            out.write_all(&encode_member(&line, None, 6)).unwrap();
            continue;
        }
        if text.len() + line.len() > MAX_MEMBER_TEXT {
            out.write_all(&encode_member(&text, Some(seal), 6)).unwrap();
            text.clear();
            seal = Seal { rows: 0, first_us: i64::MAX, last_us: i64::MIN };
        }
        text.extend(line);
        seal.rows += 1;
        seal.first_us = seal.first_us.min(exit.micros());
        seal.last_us = seal.last_us.max(exit.micros());
    }
    if !text.is_empty() {
        out.write_all(&encode_member(&text, Some(seal), 6)).unwrap();
    }
    out.flush().unwrap();
}
