//! How often what-if and replay call something better or worse where nothing is there, and where something is.

use crate::common::statistics::normal;
use dtlearn::decide::{GateVerdict, gate_verdict};
use dtlearn::domain::{ArmTag, Date, ExitKind, Market, MissedSignal, Side, Timestamp};
use dtlearn::learn::Rng;
use dtlearn::metrics::{ExitPolicy, HypotheticalTrade, MissedDimension, MissedTotals};
use dtlearn::simulate::{Comparison, DayTotals, Verdict, compare};

fn days(pnl: &[f64]) -> Vec<DayTotals> {
    pnl.iter()
        .map(|pnl| DayTotals { pnl: *pnl, exposure: 2000.0, trades: 2.0, ..DayTotals::default() })
        .collect()
}

fn uniform(rng: &mut Rng) -> f64 {
    rng.below(1_000_000) as f64 / 1e6
}

/// A trade of a simulated engine: what it made, a fraction of its position of 1,000, and what a score gave it.
struct Trade {
    frac: f64,
    score: f64,
}

/// Sessions of an engine whose trades make `mean` on average, share the fate of their day in part and have fat tails;
/// scores of winners lie `skill` standard deviations above those of losers.
fn engine(rng: &mut Rng, (sessions, per_session): (usize, usize), mean: f64, skill: f64) -> Vec<Vec<Trade>> {
    let session = |rng: &mut Rng| {
        let day = 0.0015 * normal(rng);
        let n = per_session / 2 + rng.below(per_session);
        let trade = |rng: &mut Rng| {
            let fat = if rng.below(10) == 0 { 2.5 } else { 0.8 };
            let frac = mean + day + 0.005 * fat * normal(rng);
            Trade { frac, score: normal(rng) + if frac > 0.0 { skill } else { 0.0 } }
        };
        (0..n).map(|_| trade(rng)).collect()
    };
    (0..sessions).map(|_| session(rng)).collect()
}

fn totals(sessions: &[Vec<Trade>], kept: impl Fn(usize, usize, &Trade) -> bool) -> Vec<DayTotals> {
    let day = |(s, trades): (usize, &Vec<Trade>)| {
        let mut day = DayTotals::default();
        for (_, trade) in trades.iter().enumerate().filter(|(t, trade)| kept(s, *t, trade)) {
            day.pnl += 1000.0 * trade.frac;
            day.exposure += 1000.0;
            day.trades += 1.0;
        }
        day
    };
    sessions.iter().enumerate().map(day).collect()
}

/// Of what a coin filter makes better, worse and unclear in so many runs.
fn coin_filter(runs: u64, mean: f64, dropped: f64) -> [usize; 3] {
    let mut found = [0; 3];
    for seed in 0..runs {
        let mut rng = Rng::new(seed, 71);
        let sessions = engine(&mut rng, (65, 26), mean, 0.0);
        let coins: Vec<Vec<bool>> = sessions
            .iter()
            .map(|session| session.iter().map(|_| uniform(&mut rng) >= dropped).collect())
            .collect();
        let base = totals(&sessions, |_, _, _| true);
        let other = totals(&sessions, |session, trade, _| coins[session][trade]);
        found[place(&compare(&base, &[other]).remove(0))] += 1;
    }
    found
}

fn place(comparison: &Comparison) -> usize {
    match comparison.verdict {
        Verdict::Better => 0,
        Verdict::Worse => 1,
        Verdict::Unclear => 2,
    }
}

/// 25 of 500 are 5 %; a coin that drops three trades of five from a losing engine lifts its net P&L in nearly all runs.
#[test]
fn a_coin_as_a_filter_is_called_better_in_one_run_of_twenty_at_most() {
    for (name, mean) in [("losing", -0.0006), ("neutral", 0.0), ("winning", 0.0006)] {
        for dropped in [0.6, 0.2] {
            let [better, worse, unclear] = coin_filter(500, mean, dropped);
            println!(
                "coin filter, {name} engine, drops {:.0} %: better {:.1} %, worse {:.1} %, unclear {:.1} % of 500 runs",
                dropped * 100.0,
                better as f64 / 5.0,
                worse as f64 / 5.0,
                unclear as f64 / 5.0
            );
            assert!(better <= 25 && worse <= 25, "{name}: {better} better, {worse} worse of 500");
        }
    }
}

/// An AUC of .60 is a distance of 0.358 standard deviations.
#[test]
fn a_filter_with_skill_is_seen_within_120_sessions() {
    for (name, mean, per_session) in
        [("losing", -0.0006, 26), ("neutral", 0.0, 26), ("winning", 0.0006, 26), ("losing", -0.0006, 10)]
    {
        let seen = (0..200u64)
            .filter(|seed| {
                let mut rng = Rng::new(*seed, 73);
                let sessions = engine(&mut rng, (120, per_session), mean, 0.358);
                let base = totals(&sessions, |_, _, _| true);
                let other = totals(&sessions, |_, _, trade| trade.score > 0.43);
                compare(&base, &[other]).remove(0).verdict == Verdict::Better
            })
            .count();
        println!(
            "filter of AUC .60, {name} engine, {per_session} trades a session: better in {:.1} % of 200 runs of 120 sessions",
            seen as f64 / 2.0
        );
        assert!(seen >= 160, "{name}: {seen} of 200");
    }
}

/// Results of which the mean is zero and that are mostly small gains, or mostly small losses. 42 of 400 or more
/// has a chance of 1 in 100 at seven in a hundred.
#[test]
fn skewed_results_without_a_mean_are_rarely_called() {
    for (gain, loss, chance, different) in
        [(1.0, -3.0, 0.75, 5), (1.0, -3.0, 0.75, 14), (2.0, -1.0, 1.0 / 3.0, 16), (1.0, -49.0, 0.98, 40)]
    {
        let mut called = 0;
        for seed in 0..400 {
            let mut rng = Rng::new(seed, 31);
            let base: Vec<f64> = (0..40).map(|_| 20.0 * normal(&mut rng)).collect();
            let mut other = base.clone();
            for at in rng.sample(40, different) {
                let wins = (rng.below(1_000_000) as f64) < chance * 1e6;
                other[at as usize] += if wins { gain } else { loss } * (1.0 + 0.05 * normal(&mut rng));
            }
            let found = compare(&days(&base), &[days(&other)]).remove(0);
            called += usize::from(found.verdict != Verdict::Unclear);
        }
        assert!(called <= 41, "{gain} or {loss} on {different} of 40: {called} of 400 called");
    }
}

/// One variant of pure noise: wrongly called about once in twenty. 18 of 200 or more has a chance of 1 in
/// 80 at exactly one in twenty.
#[test]
fn noise_is_called_one_time_in_twenty_at_most() {
    for (sessions, sparse) in [(12, false), (60, false), (60, true)] {
        let mut called = 0;
        for seed in 0..200 {
            let mut rng = Rng::new(seed, 7);
            let base: Vec<f64> = (0..sessions).map(|_| 20.0 * normal(&mut rng)).collect();
            let skewed = |rng: &mut Rng| {
                let draw = normal(rng);
                // Many small and few large differences, with mean zero.
                if sparse { if rng.below(4) == 0 { draw * draw.abs() } else { 0.0 } } else { draw }
            };
            let other: Vec<f64> = base.iter().map(|day| day + 5.0 * skewed(&mut rng)).collect();
            let found = compare(&days(&base), &[days(&other)]).remove(0);
            called += usize::from(found.verdict != Verdict::Unclear);
        }
        assert!(called <= 18, "{sessions} sessions, sparse {sparse}: {called} of 200 called");
    }
}

/// The best of eleven variants of noise is called no more often than one alone.
#[test]
fn the_best_of_many_is_held_to_a_higher_standard() {
    let mut called = 0;
    for seed in 0..200 {
        let mut rng = Rng::new(seed, 9);
        let base: Vec<f64> = (0..30).map(|_| 20.0 * normal(&mut rng)).collect();
        let variants: Vec<Vec<DayTotals>> = (0..11)
            .map(|_| days(&base.iter().map(|day| day + 5.0 * normal(&mut rng)).collect::<Vec<_>>()))
            .collect();
        let found = compare(&days(&base), &variants);
        called += usize::from(found.iter().any(|found| found.verdict != Verdict::Unclear));
    }
    assert!(called <= 18, "{called} of 200 called");
}

/// A long signal at 100 that was not traded, of which no more is known.
pub(crate) fn missed_signal(symbol: &str, timestamp: Timestamp, reason: &str) -> MissedSignal {
    MissedSignal {
        signal_id: None,
        symbol: symbol.into(),
        timestamp,
        side: Side::Long,
        confidence: 0.7,
        price_at_signal: 100.0,
        reason_not_traded: Some(reason.into()),
        lgb_prob: None,
        lstm_prob: None,
        transformer_prob: None,
        regime: None,
        vix: None,
        sector: None,
        setup: None,
        timeframe: None,
        stop_price: None,
        target_price: None,
        arm: ArmTag::default(),
    }
}

fn missed(at: Timestamp) -> MissedSignal {
    MissedSignal {
        stop_price: Some(98.0),
        target_price: Some(104.0),
        ..missed_signal("AAA", at, "max_positions")
    }
}

/// What the engine makes of a signal when it is let in: it leaves at its stop, its target or after its time, whichever
/// a minute's price meets first.
fn engine_result(path: &[f64], minutes: usize) -> f64 {
    let met = path.iter().take(minutes).find(|price| **price <= 98.0 || **price >= 104.0);
    met.map_or(path[minutes - 1] / 100.0 - 1.0, |price| price.clamp(98.0, 104.0) / 100.0 - 1.0)
}

/// Signals of a gate whose prices drift one way while the engine holds a position, and back afterwards: the words by
/// the learned policy, by holding to the close, and of the engine with the gate open.
fn gate_world(seed: u64, hold: usize, drift: f64) -> [GateVerdict; 3] {
    let mut rng = Rng::new(seed, 79);
    let mut policy = ExitPolicy::default();
    for _ in 0..200 {
        policy.add("unknown", ExitKind::Time, Some(hold as f64));
    }
    let minutes = policy.of_setup(None).hold().unwrap().median;
    let mut totals: [MissedTotals; 3] = std::array::from_fn(|_| MissedTotals::default());
    let market = Market::default();
    let date: Date = "2026-01-05".parse().unwrap();
    for n in 0..100 {
        let at = crate::common::histories::at(date, 600 + n % 60);
        let signal = missed(at);
        let mut watched = HypotheticalTrade::new(market.calendar(), &signal);
        watched.hold_for(minutes);
        let mut price = 100.0;
        let path: Vec<f64> = (0..240)
            .map(|minute| {
                let step = if minute < hold { drift } else { -2.0 * drift / 8.0 };
                price *= 1.0 + step / hold as f64 + 0.0006 * normal(&mut rng);
                price
            })
            .collect();
        for (minute, close) in path.iter().enumerate() {
            let stamp = Timestamp::from_micros(at.micros() + (minute as i64 + 1) * 60_000_000);
            watched.see(stamp, Some(*close), Some(*close), *close);
        }
        let priced = watched.outcome().unwrap();
        let truth = engine_result(&path, hold);
        for (totals, result) in totals.iter_mut().zip([priced.result, priced.held_to_close, truth]) {
            totals.add_resolved(&market, &signal, (result, result), None, Some(0.0));
        }
    }
    totals.map(|totals| gate_verdict(totals.groups(MissedDimension::Reason).next().unwrap().1))
}

#[test]
fn a_gate_is_judged_as_the_engine_would_have_traded() {
    let (mut decided, mut learned, mut to_close) = (0, 0, 0);
    for seed in 0..120u64 {
        let hold = [10, 26, 45][seed as usize % 3];
        let drift = [-0.002, -0.001, 0.0, 0.001, 0.002][seed as usize % 5];
        let [by_policy, by_close, truth] = gate_world(seed, hold, drift);
        if matches!(truth, GateVerdict::Cost | GateVerdict::Saved) {
            decided += 1;
            learned += usize::from(by_policy == truth);
            to_close += usize::from(by_close == truth);
        }
    }
    println!(
        "gates decided by the engine itself: {decided} of 120; the same word under the learned exit policy in {learned}, held to the close in {to_close}"
    );
    assert!(decided >= 40, "{decided}");
    assert!(learned * 10 >= decided * 9, "{learned} of {decided}");
    assert!(
        to_close * 2 < decided,
        "holding to the close is the control that must fail: {to_close} of {decided}"
    );
}
