//! Every rule alone, every rule against the one it must win over, and what must hold of any configuration.

use proptest::prelude::*;

use super::*;
use crate::domain::{KNOBS, Knob, KnobKind, KnobName, PerKnob};
use crate::metrics::{Evidence, Measure, Metric, MetricResult, Undefined};

/// Facts of 50 trades with these figures; everything else has no value.
fn facts(figures: &[(Measure, f64)]) -> Facts {
    let of = |(measure, value): &(Measure, f64)| {
        let evidence = Evidence { value: Ok(*value), interval: Ok((*value - 1e-9, *value + 1e-9)), n: 50 };
        (*measure, evidence, Ok(20.0) as MetricResult)
    };
    Facts::made(50, figures.iter().map(of).collect())
}

fn ask<'a>(facts: &'a Facts, regime: &'a str) -> Question<'a> {
    let knobs = KNOBS.map(|knob| knob.default);
    Question {
        knobs,
        facts: PerKnob::from_fn(|_| facts),
        regime,
        only: &KnobName::ALL,
        min_trades: 10,
        bases: PerKnob::default(),
    }
}

fn moved(facts: &Facts, regime: &str) -> Vec<(&'static str, f64)> {
    let decision = decide(&Rulebook::default(), &ask(facts, regime));
    decision.steps.iter().map(|step| (step.rule, step.new)).collect()
}

const SHARPE: Measure = Measure::Of(Metric::SharpeRatio);
const FACTOR: Measure = Measure::Of(Metric::ProfitFactor);
const DRAWDOWN: Measure = Measure::Of(Metric::DrawdownNowPct);
const WIN_RATE: Measure = Measure::Of(Metric::WinRate);
const CONFIDENCE: Measure = Measure::Of(Metric::AvgConfidence);
const LOSS: Measure = Measure::Of(Metric::AvgLoss);
const HOLD: Measure = Measure::Of(Metric::AvgWinHoldTime);
const WINS: Measure = Measure::Of(Metric::ConsecutiveWins);
const LOSSES: Measure = Measure::Of(Metric::ConsecutiveLosses);

#[test]
fn each_rule_alone_takes_a_fifth_of_the_way() {
    // 0.8 · old + 0.2 · target, by hand.
    for (figures, regime, want) in [
        (&[(WIN_RATE, 0.4499)][..], "trend", &[("low_win_rate", 0.264)][..]),
        (&[(WIN_RATE, 0.45)], "trend", &[]),
        (&[(WIN_RATE, 0.60), (CONFIDENCE, 0.70)], "trend", &[("sure_and_right", 0.244)]),
        (&[(WIN_RATE, 0.60), (CONFIDENCE, 0.6999)], "trend", &[]),
        (&[(SHARPE, 2.1), (FACTOR, 1.6)], "trend", &[("good_week", 3.4), ("good_week_gap", 14.0)]),
        (&[(SHARPE, 2.0), (FACTOR, 1.6)], "trend", &[]),
        (&[(DRAWDOWN, 0.051)], "trend", &[("deep_drawdown", 2.8)]),
        (&[(DRAWDOWN, 0.05)], "trend", &[]),
        (&[(LOSS, -0.0149)], "trend", &[("small_losses", 0.019)]),
        (&[(LOSS, -0.02)], "trend", &[]),
        (&[(LOSS, -0.0301)], "trend", &[("large_losses", 0.021)]),
        (&[(HOLD, 60.1)], "trend", &[("slow_winners", 0.044)]),
        (&[(HOLD, 60.0)], "trend", &[]),
        (&[(HOLD, 19.9)], "trend", &[("fast_winners", 0.037)]),
        (&[(WINS, 5.0)], "trend", &[("winning_run", 1100.0)]),
        (&[(WINS, 4.0)], "trend", &[]),
        (&[(LOSSES, 3.0)], "trend", &[("losing_run", 940.0)]),
        (&[(FACTOR, 0.99), (Measure::TradesPerDay, 20.5)], "trend", &[("overtrading", 17.0)]),
        (&[(FACTOR, 0.99), (Measure::TradesPerDay, 20.0)], "trend", &[]),
        (&[], "volatile", &[("volatile_positions", 2.8), ("volatile_stop", 0.022)]),
        (&[], "range", &[("range_stop", 0.019), ("range_orders", 3.2)]),
        (&[], "unknown", &[]),
    ] {
        assert_eq!(moved(&facts(figures), regime), want, "{figures:?} {regime}");
    }
}

#[test]
fn where_two_fire_the_stronger_one_wins_and_the_other_says_so() {
    let good_but_deep = facts(&[(SHARPE, 2.1), (FACTOR, 1.6), (DRAWDOWN, 0.06)]);
    assert_eq!(moved(&good_but_deep, "trend"), [("deep_drawdown", 2.8), ("good_week_gap", 14.0)]);
    let large = facts(&[(LOSS, -0.04)]);
    assert_eq!(moved(&large, "range"), [("range_stop", 0.019), ("range_orders", 3.2)]);
    let decision = decide(&Rulebook::default(), &ask(&large, "range"));
    let verdict = |name: &str| decision.rules.iter().find(|j| j.rule.name == name).map(|j| j.verdict.clone());
    assert_eq!(verdict("large_losses"), Some(Verdict::Overruled("range_stop")));
    assert_eq!(verdict("small_losses"), Some(Verdict::Silent));
    assert_eq!(moved(&good_but_deep, "volatile")[0], ("volatile_positions", 2.8));
    // The other way round, and not at all, where the settings say so.
    let stop = |regime_rules| {
        let rulebook = Rulebook { regime_rules, ..Rulebook::default() };
        let steps = decide(&rulebook, &ask(&large, "range")).steps;
        steps.iter().find(|step| step.knob == KnobName::StopLoss).map(|step| step.rule)
    };
    assert_eq!(stop(RegimeRules::Under), Some("large_losses"));
    assert_eq!(stop(RegimeRules::Off), Some("large_losses"));
    // A regime that holds a knob where it is still wins over a result that would move it.
    let mut asked = ask(&large, "range");
    asked.knobs[KnobName::StopLoss] = 0.015;
    let decision = decide(&Rulebook::default(), &asked);
    assert!(decision.steps.iter().all(|step| step.knob != KnobName::StopLoss));
}

#[test]
fn too_few_trades_and_missing_figures_move_nothing() {
    let mut few = facts(&[(WIN_RATE, 0.1), (LOSS, -0.001)]);
    (few.trades, few.week_trades) = (9, 9);
    assert_eq!(moved(&few, "volatile"), []);
    (few.trades, few.week_trades) = (10, 10);
    assert_eq!(moved(&few, "trend").len(), 2);
    let none = |measure| {
        (
            measure,
            Evidence { value: Err(Undefined::NoLosses), interval: Err(Undefined::NoLosses), n: 0 },
            Err(Undefined::NoTrades) as MetricResult,
        )
    };
    let nulls =
        Facts::made(50, [SHARPE, FACTOR, DRAWDOWN, WIN_RATE, LOSS, HOLD, WINS, LOSSES].map(none).to_vec());
    assert_eq!(moved(&nulls, "trend"), []);
    let decision = decide(&Rulebook::default(), &ask(&nulls, "trend"));
    let tried = &decision.rules[0].tried[0];
    assert_eq!((tried.holds, tried.why.as_deref()), (false, Some("no losses")));
}

/// Applies the same facts again and again, and returns the knob's smoothed values.
fn run(name: KnobName, figures: &[(Measure, f64)], updates: usize) -> Vec<f64> {
    let facts = facts(figures);
    let mut asked = ask(&facts, "trend");
    let mut values = Vec::new();
    for _ in 0..updates {
        for step in decide(&Rulebook::default(), &asked).steps {
            asked.knobs[step.knob] = step.new;
        }
        values.push(asked.knobs[name]);
    }
    values
}

#[test]
fn a_stop_converges_within_5_percent_of_its_range() {
    let values = run(KnobName::StopLoss, &[(LOSS, -0.001)], 40);
    assert_eq!(values[..4], [0.019, 0.0182, 0.01756, 0.017048]);
    let last = values[39];
    assert!((last - 0.015).abs() <= 0.05 * 0.03 && last == values[30], "{values:?}");
}

#[test]
fn integers_step_and_converge() {
    let knob = KNOBS[KnobName::MaxPositions];
    let given: Vec<f64> = run(KnobName::MaxPositions, &[(SHARPE, 3.0), (FACTOR, 2.0)], 20)
        .iter()
        .map(|v| knob.effective(*v))
        .collect();
    // 3.4, 3.72, 3.976, 4.1808, 4.34464, 4.475712, 4.5805696, …
    assert_eq!(given[..8], [3.0, 4.0, 4.0, 4.0, 4.0, 4.0, 5.0, 5.0]);
    assert_eq!(given[19], 5.0);
}

#[test]
fn strict_evidence_wants_the_whole_interval() {
    let wide = |interval| {
        let evidence = Evidence { value: Ok(0.40), interval, n: 50 };
        Facts::made(50, vec![(WIN_RATE, evidence, Ok(0.4))])
    };
    let strict = Rulebook { strict: true, ..Rulebook::default() };
    let fires = |facts: &Facts| decide(&strict, &ask(facts, "trend")).steps.len();
    // What takes risk away needs the end of the 90 % interval: .40 + .84·.0595 is just below .45.
    assert_eq!(fires(&wide(Ok((0.35, 0.4595)))), 1);
    assert_eq!(fires(&wide(Ok((0.35, 0.4596)))), 0);
    assert_eq!(fires(&wide(Err(Undefined::NoEstimate))), 0);
}

#[test]
fn strict_evidence_is_asymmetric() {
    let strict = Rulebook { strict: true, ..Rulebook::default() };
    let fired = |facts: &Facts| -> Vec<(&'static str, f64)> {
        decide(&strict, &ask(facts, "trend")).steps.iter().map(|step| (step.rule, step.new)).collect()
    };
    let psr = Measure::Of(Metric::Psr);
    let expectancy = Measure::Of(Metric::ExpectancyPct);
    let proven = [("proven_positions", 3.4), ("proven_size", 1100.0), ("proven_gap", 14.0)];
    assert_eq!(fired(&facts(&[(psr, 0.99), (expectancy, 0.001)])), proven);
    assert_eq!(fired(&facts(&[(psr, 0.9899), (expectancy, 0.001)])), []);
    assert_eq!(fired(&facts(&[(psr, 0.99), (expectancy, 0.0)])), []);
    // The seed's week, runs of wins and of losses say nothing here.
    assert_eq!(fired(&facts(&[(SHARPE, 9.0), (FACTOR, 9.0), (WINS, 9.0), (LOSSES, 9.0)])), []);
    assert_eq!(fired(&facts(&[(expectancy, -0.001)])), [("losing_month", 940.0)]);
    // A limit that was passed needs no interval, and no trades that nothing used before.
    let mut deep = facts(&[]);
    deep.trades = 0;
    deep.measured_drawdown(0.051);
    assert_eq!(fired(&deep), [("deep_drawdown", 2.8), ("drawdown_size", 940.0)]);
    deep.measured_drawdown(0.031);
    assert_eq!(fired(&deep), [("drawdown_size", 940.0)]);
}

#[test]
fn a_regime_lies_over_the_value_underneath() {
    let facts = facts(&[]);
    let mut asked = ask(&facts, "volatile");
    let rulebook = Rulebook::default();
    let stop = KnobName::StopLoss;
    // Two evenings of it: .022, .0236; then it is over, and the knob is where it was.
    for want in [0.022, 0.0236] {
        let steps = decide(&rulebook, &asked).steps;
        let step = steps.iter().find(|step| step.knob == KnobName::StopLoss).unwrap();
        assert_eq!((step.rule, step.new), ("volatile_stop", want));
        asked.bases[stop] = Some(asked.bases[stop].unwrap_or(step.old));
        asked.knobs[stop] = step.new;
    }
    asked.regime = "trend";
    let steps = decide(&rulebook, &asked).steps;
    assert_eq!(
        steps.iter().map(|step| (step.rule, step.old, step.new)).collect::<Vec<_>>(),
        [(REGIME_OVER, 0.0236, 0.02)]
    );
    // Results that move it then go on from underneath: .8 · .02 + .2 · .025.
    let large = self::facts(&[(LOSS, -0.04)]);
    asked.facts = PerKnob::from_fn(|_| &large);
    let steps = decide(&rulebook, &asked).steps;
    assert_eq!(steps.iter().map(|step| (step.rule, step.new)).collect::<Vec<_>>(), [("large_losses", 0.021)]);
    // At its target it still holds the knob.
    asked.regime = "volatile";
    asked.knobs[stop] = 0.03;
    let positions = decide(&rulebook, &asked).steps;
    assert!(positions.iter().all(|step| step.knob != KnobName::StopLoss), "{positions:?}");
    // With too few trades nothing moves, back neither.
    let mut few = self::facts(&[]);
    (few.trades, few.week_trades) = (9, 9);
    asked.facts = PerKnob::from_fn(|_| &few);
    assert_eq!(decide(&rulebook, &asked).steps, []);
}

#[test]
fn a_symbol_is_drawn_to_the_common_value() {
    // Own 0.019 after one step, common 0.02, 30 trades: half of its own way.
    let mut own = facts(&[(LOSS, -0.001)]);
    own.trades = 30;
    let common = KNOBS.map(|knob| knob.default);
    let rulebook = Rulebook::default();
    let steps = symbol_steps(&rulebook, &common, &[], &own, "trend");
    let [SymbolStep::Moved(step, new)] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!((step.new, new.smoothed, new.effective), (0.019, 0.019, 0.0195));
    own.trades = 29;
    assert_eq!(symbol_steps(&rulebook, &common, &[], &own, "trend"), []);
    assert_eq!(
        symbol_steps(&rulebook, &common, &[*new], &own, "trend"),
        [SymbolStep::Dropped(KnobName::StopLoss)]
    );
    // More trades, nothing fires: its own value stays, what the engine gets comes closer to it.
    let mut quiet = facts(&[(LOSS, -0.02)]);
    quiet.trades = 90;
    let steps = symbol_steps(&rulebook, &common, &[*new], &quiet, "trend");
    let [SymbolStep::Followed(given)] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!((given.smoothed, given.effective), (0.019, 0.01925));
}

#[test]
fn a_step_at_the_limit_is_taken_and_one_below_it_is_not() {
    let large = facts(&[(LOSS, -0.04)]);
    let from = |old: f64| {
        let mut asked = ask(&large, "trend");
        asked.knobs[KnobName::StopLoss] = old;
        decide(&Rulebook::default(), &asked).steps.first().map(|step| (step.new, step.clamped))
    };
    // A hundredth of a range of .03 is .0003: .8 · .0235 + .2 · .025 is that much higher.
    assert_eq!((from(0.0235), from(0.0236)), (Some((0.0238, false)), None));
    // What lay outside of the range comes back into it, and the step says that it was cut.
    let high = KNOBS[KnobName::StopLoss].high;
    assert_eq!(from(10.0), Some((high, true)));
}

#[test]
fn rules_are_told_in_the_order_of_the_table_whichever_wins() {
    let rulebook = Rulebook { regime_rules: RegimeRules::Under, ..Rulebook::default() };
    let told = decide(&rulebook, &ask(&facts(&[]), "trend")).rules;
    let told: Vec<&str> = told.iter().map(|judged| judged.rule.name).collect();
    assert_eq!((told[0], told[told.len() - 1]), ("low_win_rate", "range_orders"));
    assert!(
        told.iter().position(|name| *name == "volatile_stop")
            > told.iter().position(|name| *name == "good_week_gap")
    );
}

#[test]
fn a_regime_gives_back_the_knobs_that_the_next_one_does_not_hold() {
    let facts = facts(&[]);
    let mut asked = ask(&facts, "volatile");
    asked.knobs[KnobName::MaxOrders] = 3.2;
    asked.bases[KnobName::MaxOrders] = Some(3.0);
    let steps = decide(&Rulebook::default(), &asked).steps;
    let told: Vec<(&str, f64)> = steps.iter().map(|step| (step.rule, step.new)).collect();
    assert_eq!(told, [("volatile_positions", 2.8), ("volatile_stop", 0.022), (REGIME_OVER, 3.0)]);
}

#[test]
fn results_need_a_sample_and_a_regime_trades_of_the_week() {
    let mut facts = facts(&[(LOSS, -0.04)]);
    (facts.trades, facts.week_trades) = (9, 50);
    assert_eq!(moved(&facts, "volatile"), [("volatile_positions", 2.8), ("volatile_stop", 0.022)]);
    (facts.trades, facts.week_trades) = (10, 9);
    assert_eq!(moved(&facts, "volatile"), [("large_losses", 0.021)]);
}

#[test]
fn only_what_takes_risk_away_goes_by_the_narrower_interval() {
    let strict = Rulebook { strict: true, ..Rulebook::default() };
    let steps = |measured| decide(&strict, &ask(&Facts::made(50, measured), "trend")).steps.len();
    let of = |measure, value, interval| {
        (measure, Evidence { value: Ok(value), interval: Ok(interval), n: 50 }, Ok(20.0))
    };
    // A stop is drawn closer by the whole interval: nine tenths of it, −.0100 − .84 · .0055, would lie above −.015.
    assert_eq!(steps(vec![of(LOSS, -0.01, (-0.0155, -0.005))]), 0);
    assert_eq!(steps(vec![of(LOSS, -0.01, (-0.0149, -0.005))]), 1);
    // The gap between trades is widened where 25 − .84 · 5.9 is above the 20 of the month, and 25 − .84 · 6 is not.
    let busier =
        |low| steps(vec![of(FACTOR, 0.9, (0.8, 0.99)), of(Measure::TradesPerDay, 25.0, (low, 31.0))]);
    assert_eq!((busier(19.1), busier(19.0)), (1, 0));
}

#[test]
fn a_range_is_finite_and_holds_more_than_one_value() {
    let fits = |low: f64, high: f64| {
        let mut rulebook = Rulebook::default();
        rulebook.rules.clear();
        let knob = &mut rulebook.knobs[KnobName::StopLoss];
        (knob.low, knob.high, knob.default) = (low, high, high);
        rulebook.check().is_ok()
    };
    assert!(fits(-1e9, 1e9) && fits(0.0, 1e-9));
    for (low, high) in
        [(0.0, 1.1e9), (-1.1e9, 0.0), (1.0, 1.0), (f64::NEG_INFINITY, 0.0), (0.0, f64::INFINITY)]
    {
        assert!(!fits(low, high), "{low} {high}");
    }
}

prop_compose! {
    /// A knob of any range, with its default inside.
    fn any_knob(name: KnobName)(low in -1e6f64..1e6, width in 1e-6f64..1e6, place in 0.0f64..=1.0) -> Knob {
        let shipped = KNOBS[name];
        let (low, high) = match shipped.kind {
            KnobKind::Integer => (low.floor(), low.floor() + width.ceil()),
            _ => (low, low + width),
        };
        let default = low + place * (high - low);
        let default = if shipped.kind == KnobKind::Integer { default.round() } else { default };
        Knob { low, high, default: default.clamp(low, high), ..shipped }
    }
}

proptest! {
    #[test]
    fn whatever_is_configured_values_stay_in_range_and_steps_small(
        knobs in KnobName::ALL.map(any_knob).prop_map(PerKnob::new),
        targets in proptest::collection::vec(0.0f64..=1.0, 21),
        smoothing in 0.0f64..1.0, min_step in 0.0f64..=0.1, strict: bool,
        history in proptest::collection::vec(
            (proptest::collection::vec(proptest::option::of(-100f64..100.0), 11), 0u64..40, 0usize..4), 1..25),
    ) {
        let mut rulebook = Rulebook { knobs, smoothing, min_step, strict, ..Rulebook::default() };
        for (rule, share) in rulebook.rules.iter_mut().zip(targets) {
            let knob = knobs[rule.knob];
            rule.target = (knob.low + share * knob.width()).clamp(knob.low, knob.high);
        }
        prop_assert_eq!(rulebook.check(), Ok(()));
        let mut values = knobs.map(|knob| knob.default);
        let measures = [SHARPE, FACTOR, DRAWDOWN, WIN_RATE, CONFIDENCE, LOSS, HOLD, WINS, LOSSES, Measure::TradesPerDay, SHARPE];
        for (figures, trades, regime) in history {
            let found: Vec<(Measure, f64)> =
                measures.iter().zip(&figures).filter_map(|(m, v)| Some((*m, (*v)?))).collect();
            let mut facts = facts(&found);
            (facts.trades, facts.week_trades) = (trades, trades);
            let regime = ["trend", "range", "volatile", "unknown"][regime];
            let asked = Question { knobs: values, facts: PerKnob::from_fn(|_| &facts), regime, only: &KnobName::ALL, min_trades: 10, bases: PerKnob::default() };
            let decision = decide(&rulebook, &asked);
            prop_assert_eq!(&decision, &decide(&rulebook, &asked), "same input, same answer");
            prop_assert!(trades >= 10 || decision.steps.is_empty());
            for step in decision.steps {
                let knob = knobs[step.knob];
                prop_assert!(knob.holds(step.new) && step.new.is_finite());
                prop_assert!(knob.holds(knob.effective(step.new)));
                // Rounding to ten places, and to what a float holds.
                let noise = 1e-10 + 1e-12 * step.old.abs().max(step.target.abs());
                prop_assert!((step.new - step.old).abs() <= (1.0 - smoothing) * (step.target - step.old).abs() + noise);
                values[step.knob] = step.new;
            }
        }
    }
}
