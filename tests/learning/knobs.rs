//! Engines with a known truth through 60 sessions under the rules: what moves where nothing is there, and what is seen
//! where something is.

use std::collections::BTreeMap;

use dtlearn::decide::{KnobPast, REGIME_OVER, REVERT, Review, Rulebook, review};
use dtlearn::domain::{KNOBS, KnobName, Market, PerKnob, Side, Timestamp, TradeFacts, UNKNOWN};

use crate::common::histories::{at, dates};
use crate::draws::{Draws, Rate, say};

/// Sessions of a scenario.
const SESSIONS: u64 = 60;
/// What the account begins with.
const CAPITAL: f64 = 10_000.0;

/// An engine: the chance that a trade wins, how far a day's chance strays from it, and what a win and a loss are.
#[derive(Clone, Copy)]
struct Engine {
    wins: f64,
    shock: f64,
    win: f64,
    loss: f64,
    /// Trades a session.
    trades: usize,
}

const COIN: Engine = Engine { wins: 0.5, shock: 0.0, win: 0.019, loss: -0.019, trades: 12 };
const SHOCKS: Engine = Engine { shock: 0.2, ..COIN };
const SKEWED: Engine = Engine { wins: 0.75, shock: 0.0, win: 0.007, loss: -0.021, trades: 12 };
const LOSING: Engine = Engine { wins: 0.35, trades: 20, ..COIN };
const GOOD: Engine = Engine { wins: 0.58, trades: 20, ..COIN };

/// A move of a knob.
struct Move {
    session: u64,
    knob: KnobName,
    rule: &'static str,
    up: bool,
}

impl Move {
    /// Whether a rule moved it on evidence: not a limit that was passed, not the way back.
    fn rests_on_evidence(&self) -> bool {
        !matches!(self.rule, "deep_drawdown" | "drawdown_size" | REVERT | REGIME_OVER)
    }
}

/// The moves of one scenario, and the values at its end.
fn run(engine: Engine, strict: bool, scenario: u64) -> (Vec<Move>, PerKnob<f64>) {
    let rulebook = Rulebook { strict, ..Rulebook::default() };
    let mut draws = Draws::new(scenario);
    let mut knobs = KNOBS.map(|knob| knob.default);
    let mut past = PerKnob::from_fn(|_| KnobPast::default());
    let (mut running, mut peak) = (0.0, 0.0f64);
    let (mut trades, mut moves) = (Vec::new(), Vec::new());
    let market = Market::default();
    for (session, date) in (1..=SESSIONS).zip(dates(SESSIONS as usize)) {
        let wins = (engine.wins + engine.shock * draws.normal()).clamp(0.0, 1.0);
        for n in 0..engine.trades {
            let frac = if draws.chance(wins) { engine.win } else { engine.loss };
            let exit = at(date, 600).micros() + n as i64 * 15 * 60_000_000;
            running += frac * knobs[KnobName::PositionSize];
            peak = peak.max(running);
            trades.push((exit, frac, frac * knobs[KnobName::PositionSize]));
        }
        let evening = at(date, 965);
        let oldest = evening.plus_days(-30).micros();
        trades.retain(|(exit, ..)| *exit > oldest);
        let facts: Vec<TradeFacts<'_>> = trades.iter().map(|trade| facts(*trade)).collect();
        let question = Review {
            date,
            at: evening,
            trades: &|sink| facts.iter().for_each(sink),
            market: &market,
            drawdown_now: Ok((peak - running) / (CAPITAL + peak)),
            capital: CAPITAL,
            knobs,
            past,
            regime: "trend",
            only: &KnobName::ALL,
        };
        for step in review(&rulebook, &question).decision.steps {
            let place = step.knob;
            knobs[place] = step.new;
            past[place].note_rule(step.rule, false, date, step.trades.1, step.old);
            moves.push(Move { session, knob: step.knob, rule: step.rule, up: step.new > step.old });
        }
    }
    (moves, knobs)
}

fn facts((exit, pnl_frac, pnl): (i64, f64, f64)) -> TradeFacts<'static> {
    TradeFacts {
        trade_id: "t",
        symbol: "A",
        side: Side::Long,
        entry_time: Some(Timestamp::from_micros(exit - 40 * 60_000_000)),
        exit_time: Timestamp::from_micros(exit),
        pnl,
        pnl_frac,
        confidence: Some(0.6),
        regime: "trend",
        sector: UNKNOWN,
        setup: UNKNOWN,
        exit_reason: UNKNOWN,
        strategy: UNKNOWN,
        variant: UNKNOWN,
        timeframe: UNKNOWN,
        content: 0,
        is_further_leg: false,
    }
}

/// The moves of every scenario; printed by rule.
fn all(name: &str, engine: Engine, strict: bool, scenarios: u64) -> Vec<(Vec<Move>, PerKnob<f64>)> {
    let runs: Vec<_> = (0..scenarios).map(|scenario| run(engine, strict, scenario)).collect();
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for step in runs.iter().flat_map(|(moves, _)| moves) {
        *by_rule.entry(step.rule).or_default() += 1;
    }
    let of_rules = |(rule, moves): (&&str, &usize)| format!("{rule} {:.2}", *moves as f64 / scenarios as f64);
    let by_rule: Vec<String> = by_rule.iter().map(of_rules).collect();
    say(&format!("{name}: moves in 60 sessions by rule, mean of {scenarios}: {}", by_rule.join(", ")));
    runs
}

fn mean_moves(name: &str, runs: &[(Vec<Move>, PerKnob<f64>)]) -> f64 {
    let moves: usize =
        runs.iter().map(|(moves, _)| moves.iter().filter(|m| m.rests_on_evidence()).count()).sum();
    let mean = moves as f64 / runs.len() as f64;
    say(&format!("{name}: {mean:.2} moves on evidence in 60 sessions, mean of {} scenarios", runs.len()));
    mean
}

/// In how many scenarios a knob was moved that way by evidence within so many sessions.
fn seen(name: &str, runs: &[(Vec<Move>, PerKnob<f64>)], knob: KnobName, up: bool, within: u64) -> f64 {
    let hit = |m: &Move| m.knob == knob && m.up == up && m.session <= within && m.rests_on_evidence();
    Rate::of(name, runs.len(), |scenario| runs[scenario as usize].0.iter().any(hit)).share()
}

#[test]
fn strict_evidence_moves_no_knob_on_noise() {
    for (name, engine) in
        [("strict, coin flips", COIN), ("strict, days share shocks", SHOCKS), ("strict, skewed", SKEWED)]
    {
        let runs = all(name, engine, true, 60);
        assert!(mean_moves(name, &runs) <= 1.0);
        let moved = runs.iter().filter(|(moves, _)| moves.iter().any(Move::rests_on_evidence)).count();
        say(&format!("{name}: a knob is moved on evidence in {moved} of {} scenarios", runs.len()));
    }
}

#[test]
fn strict_evidence_sees_what_is_there() {
    let losing = all("strict, 35 % wins", LOSING, true, 60);
    let confidence = seen(
        "strict, 35 % wins: confidence raised within 10 sessions",
        &losing,
        KnobName::MinConfidence,
        true,
        10,
    );
    assert!(confidence >= 0.6, "{confidence}");
    // The drawdown that such an engine has by then lowers the size before evidence does.
    let lowered = |m: &Move| m.knob == KnobName::PositionSize && !m.up && m.session <= 10;
    let size = Rate::of("strict, 35 % wins: size lowered within 10 sessions", losing.len(), |scenario| {
        losing[scenario as usize].0.iter().any(lowered)
    });
    assert!(size.share() >= 0.9, "{size:?}");
    let good = all("strict, 58 % wins", GOOD, true, 60);
    let positions = seen(
        "strict, 58 % wins: positions raised within 40 sessions",
        &good,
        KnobName::MaxPositions,
        true,
        40,
    );
    let size =
        seen("strict, 58 % wins: size raised within 40 sessions", &good, KnobName::PositionSize, true, 40);
    assert!(positions >= 0.8 && size >= 0.8, "{positions} {size}");
}

#[test]
fn what_the_seed_rules_do_on_noise() {
    let name = "seed's rules, coin flips";
    let runs = all(name, COIN, false, 100);
    let mean = mean_moves(name, &runs);
    // What brain-adjust and the demo say of it.
    assert!((dtlearn::decide::POINT_MOVES_ON_NOISE - mean).abs() < 1.0, "{mean}");
    let higher = runs.iter().filter(|(_, knobs)| knobs[KnobName::MinConfidence] > 0.28).count();
    say(&format!("{name}: the confidence threshold ends above .28 in {higher} of {} scenarios", runs.len()));
}
