//! What the program says of a gate, and what a simulated engine makes when it runs again with that gate open.

use std::path::Path;

use dtlearn::app::{Context, PriceOptions, missed_totals, price, record_exits, track_missed};
use dtlearn::decide::{GateVerdict, gate_verdict};
use dtlearn::domain::{Date, Market, Timestamp, Window};
use dtlearn::metrics::{MissedDimension, MissedTotals};
use serde_json::json;

use crate::common::contexts::context_of;
use crate::common::memory_disk::MemoryDisk;
use crate::draws::{Draws, Rate, say};
use crate::verdicts::missed_signal;

const SESSIONS: usize = 40;
const SYMBOLS: usize = 6;
const MINUTES: usize = 390;
/// What a round trip costs, a fraction of the position.
const FEES: f64 = 0.0004;
const SIZE: f64 = 1_000.0;

/// How the engine leaves a position.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Exits {
    /// After about so many minutes.
    Time(f64),
    /// At a stop and a target, these fractions away.
    Levels(f64, f64),
    /// With the session.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Confidence,
    MaxPositions,
    TradeGap,
}

impl Gate {
    const ALL: [Self; 3] = [Self::Confidence, Self::MaxPositions, Self::TradeGap];

    fn name(self) -> &'static str {
        match self {
            Self::Confidence => "confidence",
            Self::MaxPositions => "max_positions",
            Self::TradeGap => "trade_gap",
        }
    }
}

struct Signal {
    session: usize,
    symbol: usize,
    minute: usize,
    side: f64,
    confidence: f64,
    /// By how much the time that the engine would hold it differs from what is usual.
    patience: f64,
}

/// A trade of the engine: its signal, the minute and the price of its exit, and why.
struct Traded {
    signal: usize,
    exit: usize,
    price: f64,
    reason: &'static str,
}

/// A life of the engine: its market and what it sees in it.
struct World {
    exits: Exits,
    dates: Vec<(Date, Timestamp)>,
    /// By session and symbol: the price of each minute.
    prices: Vec<Vec<Vec<f64>>>,
    signals: Vec<Signal>,
}

impl World {
    /// Signals that make `edge` on average while they are held, more or less by their confidence, and by how crowded it is;
    /// half of it is given back afterwards.
    fn new(draws: &mut Draws, exits: Exits, edge: f64) -> Self {
        let calendar = Market::default().calendar().clone();
        let first: Date = "2026-01-05".parse().unwrap();
        let dates = calendar.sessions(first, first + chrono::Days::new(120)).take(SESSIONS);
        let dates = dates.map(|date| (date, calendar.session(date).unwrap().open)).collect();
        let hold = match exits {
            Exits::Time(minutes) => minutes as usize,
            Exits::Levels(..) => 60,
            Exits::Close => 150,
        };
        let [by_confidence, by_crowd] = [(); 2].map(|()| [-1.0, 0.0, 1.0][(3.0 * draws.unit()) as usize]);
        let (mut prices, mut signals) = (Vec::new(), Vec::new());
        for session in 0..SESSIONS {
            let mut drifts = vec![vec![0.0; MINUTES + 1]; SYMBOLS];
            for (symbol, drift) in drifts.iter_mut().enumerate() {
                let mut minute = 5 + 5 * (12.0 * draws.unit()) as usize;
                while minute + 30 < MINUTES {
                    let confidence = 0.5 + 0.45 * draws.unit();
                    let side = if draws.chance(0.4) { -1.0 } else { 1.0 };
                    let crowd = ((minute / 60) % 2) as f64 - 0.5;
                    let slope = 0.006 * by_confidence * (confidence - 0.725) + 0.002 * by_crowd * crowd;
                    for step in 0..2 * hold {
                        let share = if step < hold { 1.0 } else { -0.5 };
                        if let Some(moved) = drift.get_mut(minute + 1 + step) {
                            *moved += side * (edge + slope) * share / hold as f64;
                        }
                    }
                    let patience = 0.8 + 0.4 * draws.unit();
                    signals.push(Signal { session, symbol, minute, side, confidence, patience });
                    minute += 5 * ((hold as f64 / 5.0) as usize + (14.0 * draws.unit()) as usize);
                }
            }
            let path = |drift: Vec<f64>, draws: &mut Draws| {
                let mut price = 100.0;
                drift
                    .iter()
                    .map(|drift| {
                        price *= 1.0 + drift + 0.0005 * draws.normal();
                        price
                    })
                    .collect()
            };
            prices.push(drifts.into_iter().map(|drift| path(drift, draws)).collect());
        }
        signals.sort_by_key(|signal| (signal.session, signal.minute, signal.symbol));
        Self { exits, dates, prices, signals }
    }

    fn price(&self, signal: &Signal) -> f64 {
        self.prices[signal.session][signal.symbol][signal.minute]
    }

    /// Stop and target; far away for an engine that leaves otherwise.
    fn levels(&self, signal: &Signal) -> (f64, f64) {
        let (stop, target) = match self.exits {
            Exits::Levels(stop, target) => (stop, target),
            Exits::Time(_) | Exits::Close => (0.05, 0.10),
        };
        let at = |frac: f64| self.price(signal) * (1.0 + signal.side * frac);
        (at(-stop), at(target))
    }

    /// How the engine leaves a position: a stop is met at the next price, a target at itself.
    fn leave(&self, place: usize) -> Traded {
        let signal = &self.signals[place];
        let path = &self.prices[signal.session][signal.symbol];
        let (stop, target) = self.levels(signal);
        let due = match self.exits {
            Exits::Time(minutes) => signal.minute + (minutes * signal.patience) as usize,
            Exits::Levels(..) | Exits::Close => MINUTES,
        };
        for (minute, price) in path.iter().enumerate().skip(signal.minute + 1) {
            let found = if signal.side * (price - stop) <= 0.0 {
                Some((*price, "stop_loss"))
            } else if signal.side * (price - target) >= 0.0 {
                Some((target, "take_profit"))
            } else if minute >= due.min(MINUTES) {
                Some((*price, if due < MINUTES { "time_exit" } else { "eod" }))
            } else {
                None
            };
            if let Some((price, reason)) = found {
                return Traded { signal: place, exit: minute, price, reason };
            }
        }
        Traded { signal: place, exit: MINUTES, price: path[MINUTES], reason: "eod" }
    }

    /// The engine's life, with a gate open or with none: what it traded, and what each gate refused.
    fn run(&self, open: Option<Gate>) -> (Vec<Traded>, Vec<(usize, Gate)>) {
        let (mut traded, mut refused): (Vec<Traded>, Vec<(usize, Gate)>) = Default::default();
        let mut last = None::<(usize, usize)>;
        for (place, signal) in self.signals.iter().enumerate() {
            let holding = traded.iter().rev().take(40).filter(|trade| {
                self.signals[trade.signal].session == signal.session && trade.exit > signal.minute
            });
            let is_soon = last
                .is_some_and(|(session, minute)| session == signal.session && signal.minute < minute + 10);
            let gates = [
                (Gate::Confidence, signal.confidence < 0.65),
                (Gate::MaxPositions, holding.count() >= 2),
                (Gate::TradeGap, is_soon),
            ];
            match gates.into_iter().find(|(gate, refuses)| *refuses && Some(*gate) != open) {
                Some((gate, _)) => refused.push((place, gate)),
                None => {
                    traded.push(self.leave(place));
                    last = Some((signal.session, signal.minute));
                }
            }
        }
        (traded, refused)
    }

    fn at(&self, session: usize, minute: usize) -> Timestamp {
        Timestamp::from_micros(self.dates[session].1.micros() + minute as i64 * 60_000_000)
    }

    fn result(&self, trade: &Traded) -> f64 {
        let signal = &self.signals[trade.signal];
        signal.side * (trade.price / self.price(signal) - 1.0) - FEES
    }

    fn exit_line(&self, trade: &Traded) -> String {
        let signal = &self.signals[trade.signal];
        let (entry, (stop, target)) = (self.price(signal), self.levels(signal));
        json!({
            "trade_id": format!("t{}", trade.signal), "symbol": format!("S{}", signal.symbol),
            "side": if signal.side > 0.0 { "BUY" } else { "SELL" }, "qty": SIZE / entry,
            "entry_price": entry, "exit_price": trade.price, "fees": FEES * SIZE, "exit_reason": trade.reason,
            "stop_price": stop, "target_price": target, "confidence": signal.confidence,
            "entry_time": self.at(signal.session, signal.minute).to_string(),
            "exit_time": self.at(signal.session, trade.exit).to_string(),
        })
        .to_string()
    }

    fn missed_line(&self, (place, gate): (usize, Gate)) -> String {
        let signal = &self.signals[place];
        let (stop, target) = self.levels(signal);
        json!({
            "signal_id": format!("s{place}"), "symbol": format!("S{}", signal.symbol),
            "side": if signal.side > 0.0 { "BUY" } else { "SELL" }, "confidence": signal.confidence,
            "price_at_signal": self.price(signal), "stop_price": stop, "target_price": target,
            "timestamp": self.at(signal.session, signal.minute).to_string(), "reason_not_traded": gate.name(),
        })
        .to_string()
    }

    /// Five-minute bars, stamped with their end.
    fn bars(&self) -> String {
        let mut text = "symbol,timestamp,open,high,low,close\n".to_owned();
        for (session, symbols) in self.prices.iter().enumerate() {
            for (symbol, path) in symbols.iter().enumerate() {
                for end in (5..=MINUTES).step_by(5) {
                    let part = &path[end - 4..=end];
                    let (high, low) =
                        (part.iter().copied().fold(0.0, f64::max), part.iter().copied().fold(1e9, f64::min));
                    let stamp = self.at(session, end);
                    text.push_str(&format!("S{symbol},{stamp},{},{high},{low},{}\n", part[0], part[4]));
                }
            }
        }
        text
    }

    /// What the program says, from the engine's own records and a price file.
    fn said(&self, traded: &[Traded], refused: &[(usize, Gate)]) -> MissedTotals {
        let disk = MemoryDisk::default();
        let now = self.at(SESSIONS - 1, MINUTES + 10);
        let mut context: Context<'_> = context_of(&disk, "/store", now, None);
        context.settings.min_missed_confidence = 0.0;
        let lines: Vec<String> = traded.iter().map(|trade| self.exit_line(trade)).collect();
        let recorded = record_exits(&context, lines.join("\n").as_bytes()).unwrap();
        assert_eq!(recorded.stored, traded.len() as u64, "{recorded:?}");
        let lines: Vec<String> = refused.iter().map(|refused| self.missed_line(*refused)).collect();
        track_missed(&context, lines.join("\n").as_bytes(), None).unwrap();
        disk.put(Path::new("/bars.csv"), self.bars().as_bytes());
        let options = PriceOptions { files: vec!["/bars.csv".into()], ..PriceOptions::default() };
        let priced = price(&context, &options).unwrap();
        assert_eq!(priced.resolved, refused.len() as u64, "{priced:?}");
        missed_totals(&context, Window::All).unwrap().0
    }
}

fn word(totals: &MissedTotals, gate: Gate) -> GateVerdict {
    let mut groups = totals.groups(MissedDimension::Reason);
    groups
        .find(|(name, _)| *name == gate.name())
        .map_or(GateVerdict::TooFew, |(_, group)| gate_verdict(group))
}

/// The word of what the engine itself made of the signals that a gate had refused, when that gate was open.
fn of_rerun(world: &World, refused: &[(usize, Gate)], gate: Gate) -> GateVerdict {
    let (again, _) = world.run(Some(gate));
    let mut totals = MissedTotals::default();
    for trade in again.iter().filter(|trade| refused.contains(&(trade.signal, gate))) {
        let result = world.result(trade);
        let at = world.at(world.signals[trade.signal].session, world.signals[trade.signal].minute);
        let signal = missed_signal("S", at, gate.name());
        totals.add_resolved(&Market::default(), &signal, (result, result), None, Some(0.0));
    }
    word(&totals, gate)
}

/// Lives of engines that leave by time, by levels and with the session, and lose, break even and win before costs.
#[test]
fn the_word_of_a_gate_is_that_of_the_engine_with_the_gate_open() {
    let (mut decided, mut same) = (0, 0);
    let mut opposite = 0;
    for exits in [Exits::Time(25.0), Exits::Time(60.0), Exits::Levels(0.004, 0.006), Exits::Close] {
        for (at, (kind, edge)) in
            [("losing", -0.001), ("neutral", 0.0), ("winning", 0.001)].into_iter().enumerate()
        {
            let mut found = Rate { hits: 0, of: 0 };
            for life in 0..12u64 {
                let mut draws = Draws::new(1_000 + life + 100 * at as u64);
                let world = World::new(&mut draws, exits, edge);
                let (traded, refused) = world.run(None);
                let said = world.said(&traded, &refused);
                for gate in Gate::ALL {
                    let (said, truth) = (word(&said, gate), of_rerun(&world, &refused, gate));
                    let is_decided = |word| matches!(word, GateVerdict::Cost | GateVerdict::Saved);
                    if is_decided(truth) {
                        found.of += 1;
                        found.hits += usize::from(said == truth);
                        opposite += usize::from(is_decided(said) && said != truth);
                    }
                }
            }
            say(&format!(
                "gates of a {kind} engine, {exits:?}: the word of the engine's own re-run in {} of {} decided",
                found.hits, found.of
            ));
            (decided, same) = (decided + found.of, same + found.hits);
        }
    }
    say(&format!(
        "gates, all engines: the word of the re-run in {:.1} % of {decided} decided cases, the opposite one in {opposite}",
        100.0 * same as f64 / decided as f64
    ));
    assert!(decided >= 150, "{decided}");
    assert!(same * 10 >= decided * 9, "{same} of {decided}");
    assert_eq!(opposite, 0);
}
