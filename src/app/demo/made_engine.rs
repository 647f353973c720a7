//! A made engine: the signals, trades, missed signals and prices of a session, drawn from a seed, with truths planted
//! in them that the year's demo looks for.

use std::fmt::Write as _;

use crate::domain::{Assignment, Date, Session, Timestamp};
use crate::learn::Rng;

const SEED: u64 = 20_250_102;

/// Signals of a session.
const SIGNALS: usize = 14;

/// The distance to the target, a fraction of the price: that of the knob's default. The stop is where the knob says.
const TARGET: f64 = 0.04;

/// The stop of the experiment's second arm. One winner in nine goes so far against the position, so that it halves the
/// losses and costs few wins.
pub(super) const TIGHT_STOP: f64 = 0.01;

/// Minutes after a trade at which the gap refuses the next: fewer than the knob can be set to.
const TOO_SOON: f64 = 4.0;

/// How far a winner goes against the position at most.
const WORST_OF_A_WINNER: f64 = 0.0112;

/// Commission and slippage of a round trip, a fraction of the position.
const COSTS: f64 = 0.0006;

/// How often a trade reaches its target.
const WINS: f64 = 0.34;
/// The same of `orb` in the first two hours: an edge.
const WINS_OF_EDGE: f64 = 0.66;
/// The same of short positions in a volatile session: a drag.
const WINS_OF_DRAG: f64 = 0.12;
/// The same of what the check of the gap between trades refuses.
const WINS_OF_GAP: f64 = 0.60;
/// How much of that the relative volume of the last minutes moves, which only a model looks at.
const BY_VOLUME: f64 = 0.15;

/// A session, counted from 0, in which every trade opens and falls through its stop, to twice as far.
pub(super) const BAD_SESSION: usize = 236;

const SYMBOLS: [(&str, &str, f64); 8] = [
    ("AAPL", "Technology", 220.0),
    ("MSFT", "Technology", 430.0),
    ("NVDA", "Technology", 130.0),
    ("AMZN", "Consumer", 200.0),
    ("JPM", "Financials", 240.0),
    ("XOM", "Energy", 110.0),
    ("CAT", "Industrials", 350.0),
    ("UNH", "Health", 500.0),
];

const REGIMES: [&str; 3] = ["trend", "range", "volatile"];

/// What a session leaves, as the engine would write it.
#[derive(Debug, Default)]
pub(super) struct MadeSession {
    /// Signals, JSON Lines.
    pub signals: String,
    /// Exits, JSON Lines.
    pub exits: String,
    /// Signals that were not traded, JSON Lines.
    pub missed: String,
    /// Five-minute bars after those, CSV without a header.
    pub bars: String,
}

/// The engine.
#[derive(Debug)]
pub(super) struct MadeEngine {
    rng: Rng,
    regime: usize,
    signals: usize,
    /// The stop and the size of a position that the knobs say.
    pub knobs: (f64, f64),
    /// The experiment that signals belong to, once there is one.
    pub experiment: Option<Assignment>,
}

/// A signal that was drawn.
struct Drawn {
    id: String,
    symbol: &'static str,
    sector: &'static str,
    price: f64,
    is_long: bool,
    setup: &'static str,
    confidence: f64,
    volume: f64,
    at: Timestamp,
    wins: f64,
    arm: Option<usize>,
}

impl Drawn {
    fn sign(&self) -> f64 {
        if self.is_long { 1.0 } else { -1.0 }
    }

    /// The price after it went so far for the position.
    fn moved(&self, by: f64) -> f64 {
        (self.price * (1.0 + self.sign() * by) * 1e4).round() / 1e4
    }

    fn side(&self) -> &'static str {
        if self.is_long { "BUY" } else { "SELL" }
    }
}

fn later(from: Timestamp, minutes: f64) -> Timestamp {
    Timestamp::from_micros(from.micros() + (minutes * 60.0) as i64 * 1_000_000)
}

/// For what the signal at a place of its session is refused. No knob stands behind the one check; the other is that of the
/// gap between trades.
const fn refused_for(at: usize) -> Option<&'static str> {
    match at {
        4 | 9 => Some("sector_limit"),
        3 | 11 => Some("trade_gap<15m"),
        _ => None,
    }
}

/// Minutes after the open at which it comes: 20 after the one before, and what the gap refuses sooner after the last trade
/// than any value of the knob would allow, so that the record fits the knobs.
fn minute_of(at: usize) -> f64 {
    let of = |at: usize| if at < 5 { 6.0 + 20.0 * at as f64 } else { 125.0 + 20.0 * (at - 5) as f64 };
    if matches!(refused_for(at), Some("trade_gap<15m")) { of(at - 1) + TOO_SOON } else { of(at) }
}

impl MadeEngine {
    pub(super) fn new() -> Self {
        Self { rng: Rng::new(SEED, 0), regime: 0, signals: 0, knobs: (0.02, 1000.0), experiment: None }
    }

    /// A number in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        self.rng.below(1 << 24) as f64 / f64::from(1 << 24)
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// What a session leaves; `count` is its number from 0.
    pub(super) fn session(&mut self, session: &Session, count: usize) -> MadeSession {
        if self.rng.below(2) == 0 {
            self.regime = self.rng.below(REGIMES.len());
        }
        let mut made = MadeSession::default();
        let first = self.rng.below(SYMBOLS.len());
        let length = session.minutes_since_open(session.close);
        for at in 0..SIGNALS {
            let reason = refused_for(at);
            let minute = minute_of(at);
            if minute + 70.0 > length {
                continue;
            }
            let signal = self.signal(later(session.open, minute), at, (first + at) % SYMBOLS.len());
            self.write_signal(&signal, &mut made.signals);
            match reason {
                Some(reason) => self.miss(&signal, reason, &mut made),
                None => self.trade(&signal, count == BAD_SESSION, session.date, &mut made.exits),
            }
        }
        made
    }

    fn signal(&mut self, at: Timestamp, place: usize, symbol: usize) -> Drawn {
        let (symbol, sector, base) = SYMBOLS[symbol];
        let price = (base * self.between(0.9, 1.1) * 100.0).round() / 100.0;
        let is_long = self.rng.below(2) == 0;
        let setup = ["orb", "momentum", "vwap_rev"][self.rng.below(3)];
        let volume = self.between(0.5, 2.5);
        let is_first = place < 5;
        let wins = if setup == "orb" && is_first {
            WINS_OF_EDGE
        } else if !is_long && REGIMES[self.regime] == "volatile" {
            WINS_OF_DRAG
        } else {
            WINS
        };
        self.signals += 1;
        let id = format!("y{:05}", self.signals);
        Drawn {
            symbol,
            sector,
            price,
            is_long,
            setup,
            confidence: (self.between(0.60, 0.90) * 1e4).round() / 1e4,
            volume,
            at,
            wins: wins + if volume > 1.5 { BY_VOLUME } else { -BY_VOLUME },
            arm: self.experiment.as_ref().map(|experiment| experiment.of_signal(&id)),
            id,
        }
    }

    fn write_signal(&mut self, of: &Drawn, out: &mut String) {
        let (momentum, vwap) = (self.between(-0.01, 0.01), self.between(-0.005, 0.005));
        let (range, spread) = (self.between(0.001, 0.004), self.between(0.5, 5.0));
        let named = self.experiment.as_ref().zip(of.arm).map_or(String::new(), |(experiment, arm)| {
            let variant = experiment.arms.get(arm).map_or("", |arm| arm.name.as_str());
            format!(r#","experiment":"{}","variant":"{variant}""#, experiment.name)
        });
        let side = if of.is_long { "LONG" } else { "SHORT" };
        let stop = of.moved(-self.stop_of(of));
        let _ = writeln!(
            out,
            r#"{{"signal_id":"{}","symbol":"{}","timestamp":"{}","side":"{side}","confidence":{},"entry_price":{},"stop_price":{stop},"target_price":{},"regime":"{}","sector":"{}","setup":"{}","features":{{"rvol_10m":{:.4},"momentum_15m":{momentum:.5},"vwap_dist":{vwap:.5},"atr_pct":{range:.5},"spread_bps":{spread:.2}}}{named}}}"#,
            of.id,
            of.symbol,
            of.at,
            of.confidence,
            of.price,
            of.moved(TARGET),
            REGIMES[self.regime],
            of.sector,
            of.setup,
            of.volume
        );
    }

    fn stop_of(&self, of: &Drawn) -> f64 {
        if of.arm == Some(1) { TIGHT_STOP } else { self.knobs.0 }
    }

    fn trade(&mut self, of: &Drawn, all_lose: bool, date: Date, out: &mut String) {
        let stop = self.stop_of(of);
        let (drawn, kind, hold) = (self.unit(), self.unit(), self.between(8.0, 65.0));
        let against = self.between(0.0, WORST_OF_A_WINNER);
        let (result, best, worst, reason) = if !all_lose && drawn < of.wins && against < stop {
            (TARGET, TARGET + self.between(0.0, 0.003), -against, "take_profit")
        } else if !all_lose && kind < 0.1 {
            let result = self.between(-0.5, 0.5) * TIGHT_STOP;
            (
                result,
                result.max(0.0) + self.between(0.0, 0.005),
                result.min(0.0) - self.between(0.0, 0.004),
                "time_stop",
            )
        } else if all_lose {
            (-2.0 * stop, self.between(0.0, 0.002), -2.0 * stop, "stop_loss")
        } else {
            (-stop, self.between(0.0, 0.015), -stop, "stop_loss")
        };
        let (exit, qty) = (of.moved(result), (self.knobs.1 / of.price).floor().max(1.0));
        let id = of.id.replace('y', "t");
        let _ = writeln!(
            out,
            r#"{{"type":"exit","trade_id":"{id}","signal_id":"{}","symbol":"{}","side":"{}","price":{exit},"entry_price":{},"qty":{qty},"fees":{:.4},"confidence":{},"timestamp":"{}","entry_timestamp":"{}","stop_price":{},"target_price":{},"exit_reason":"{reason}","mfe_pct":{best:.6},"mae_pct":{worst:.6},"regime":"{}","sector":"{}","setup":"{}","session":"{date}"}}"#,
            of.id,
            of.symbol,
            of.side(),
            of.price,
            qty * of.price * COSTS,
            of.confidence,
            later(of.at, hold),
            of.at,
            of.moved(-stop),
            of.moved(TARGET),
            REGIMES[self.regime],
            of.sector,
            of.setup
        );
    }

    fn miss(&mut self, of: &Drawn, reason: &str, made: &mut MadeSession) {
        let _ = writeln!(
            made.missed,
            r#"{{"symbol":"{}","timestamp":"{}","label":"{}","confidence":{},"price":{},"reason":"{reason}","signal_id":"{}","stop_price":{},"target_price":{},"regime":"{}","sector":"{}","setup":"{}"}}"#,
            of.symbol,
            of.at,
            of.side(),
            of.confidence,
            of.price,
            of.id,
            of.moved(-self.knobs.0),
            of.moved(TARGET),
            REGIMES[self.regime],
            of.sector,
            of.setup
        );
        let wins = if reason == "sector_limit" { of.wins } else { WINS_OF_GAP };
        let end = if self.unit() < wins { TARGET + 0.002 } else { -self.knobs.0 - 0.002 };
        // A straight way to where it ends, so that one of the two levels is touched and the other is not.
        for bar in 0..12 {
            let (from, to) = (end * f64::from(bar) / 12.0, end * f64::from(bar + 1) / 12.0);
            let (open, close) = (of.moved(from), of.moved(to));
            let _ = writeln!(
                made.bars,
                "{},{},{open},{},{},{close},10000",
                of.symbol,
                later(of.at, 5.0 * f64::from(bar)),
                open.max(close),
                open.min(close)
            );
        }
    }
}
