//! Stops and targets, on excursions by hand.

use dtlearn::domain::{KnobName, RiskCheck, threshold_in_reason};
use dtlearn::simulate::{
    Closing, Contradiction, Cycle, DecisionLog, DecisionRecord, Hit, Inconclusive, KnobTimeline, Offered,
    Resolutions,
};

use crate::common::decision_logs::{DEFAULTS, at, decision_log, named, trade, under, with};

/// A trade with its excursions and what closed it.
fn record_of((mae, mfe, moved, hit): (f64, f64, f64, Hit)) -> DecisionRecord {
    let mut record = trade("t", "A", [at("02T15:00:00"), at("02T15:30:00")], 0.5, moved);
    if let Offered::Taken(trade) = &mut record.offered {
        trade.excursions = Some((mae, mfe));
        trade.hit = hit;
    }
    record
}

/// A trade with its excursions and what closed it, under another stop and target: what it moves by and how it
/// closes.
fn levels(of: (f64, f64, f64, Hit), changes: &[(KnobName, f64)]) -> (f64, Closing, Option<Inconclusive>) {
    let decision_log = decision_log(vec![record_of(of)]);
    let run = decision_log.run(with(changes), &Resolutions::new());
    let closed = run[0].disposition.closed().unwrap();
    ((closed.pnl_frac * 1e9).round() / 1e9, closed.closing, closed.inconclusive)
}

#[test]
fn stop_and_target_from_excursions() {
    let (stop, target) = (KnobName::StopLoss, KnobName::TakeProfit);
    let open = (-0.015, 0.03, 0.005, Hit::Other);
    let stopped = (-0.02, 0.03, -0.02, Hit::Stop);
    let reached = (-0.015, 0.04, 0.04, Hit::Target);
    for (trade, changes, want) in [
        (open, &[(stop, 0.01)][..], (-0.01, Closing::Stop, None)),
        (open, &[(stop, 0.016)], (0.005, Closing::AsItWas, None)),
        (open, &[(stop, 0.03)], (0.005, Closing::AsItWas, None)),
        (open, &[(target, 0.025)], (0.025, Closing::Target, None)),
        (open, &[(target, 0.06)], (0.005, Closing::AsItWas, None)),
        // Both touched: the stop counts.
        (open, &[(stop, 0.01), (target, 0.025)], (-0.01, Closing::StopOfBoth, None)),
        (stopped, &[(stop, 0.01)], (-0.01, Closing::Stop, None)),
        (stopped, &[(stop, 0.03)], (-0.02, Closing::AsItWas, Some(Inconclusive::AfterItsExit))),
        (stopped, &[(target, 0.025)], (-0.02, Closing::AsItWas, None)),
        (stopped, &[(stop, 0.03), (target, 0.025)], (0.025, Closing::Target, None)),
        (reached, &[(stop, 0.01)], (-0.01, Closing::Stop, None)),
        (reached, &[(target, 0.03)], (0.03, Closing::Target, None)),
        (reached, &[(target, 0.06)], (0.04, Closing::AsItWas, Some(Inconclusive::AfterItsExit))),
        (reached, &[(stop, 0.03)], (0.04, Closing::AsItWas, None)),
    ] {
        assert_eq!(levels(trade, changes), want, "{trade:?} {changes:?}");
    }
    // Fees stay what they were, the size is the position's own, and a level of its own is not the knob's.
    let mut record = trade("t", "A", [at("02T15:00:00"), at("02T15:30:00")], 0.5, 0.005);
    let Offered::Taken(own) = &mut record.offered else { panic!("a trade") };
    (own.pnl_frac, own.pnl, own.notional) = (0.004, 8.0, Some(2000.0));
    own.excursions = Some((-0.015, 0.01));
    let costly = decision_log(vec![record.clone()]);
    assert_eq!(under(&costly, &[(stop, 0.01)]), named(&[("t", -22.0)]));
    let own_stop = |distance: f64| {
        let mut record = record.clone();
        if let Offered::Taken(trade) = &mut record.offered {
            trade.stop_frac = Some(distance);
        }
        let decision_log = decision_log(vec![record]);
        let run = decision_log.run(with(&[(stop, 0.01)]), &Resolutions::new());
        run[0].disposition.closed().unwrap().inconclusive
    };
    assert_eq!(own_stop(0.020_05), None, "the knob's, rounded to a tick");
    assert_eq!(own_stop(0.0175), Some(Inconclusive::OwnLevel));
    let mut blind = record.clone();
    if let Offered::Taken(trade) = &mut blind.offered {
        trade.excursions = None;
    }
    let decision_log = decision_log(vec![blind]);
    let run = decision_log.run(with(&[(stop, 0.01)]), &Resolutions::new());
    assert_eq!(run[0].disposition.closed().unwrap().inconclusive, Some(Inconclusive::NoExcursions));
}

/// The level in force is held against the excursions as any other: what went past it and was not closed there, or
/// was closed there and never came to it, is no work of an engine with that level.
#[test]
fn what_contradicts_the_levels_in_force_is_named_and_says_nothing_about_others() {
    let (stop, target) = (KnobName::StopLoss, KnobName::TakeProfit);
    for (trade, want) in [
        ((-0.025, 0.005, 0.003, Hit::Other), Contradiction::PastStop),
        ((-0.01, 0.0, -0.01, Hit::Stop), Contradiction::ShortOfStop),
        ((0.0, 0.05, 0.02, Hit::Other), Contradiction::PastTarget),
        ((0.0, 0.02, 0.02, Hit::Target), Contradiction::ShortOfTarget),
    ] {
        for changes in
            [[(stop, 0.0201)], [(stop, 0.019)], [(stop, 0.005)], [(target, 0.015)], [(target, 0.06)]]
        {
            assert_eq!(
                levels(trade, &changes),
                (trade.2, Closing::AsItWas, Some(Inconclusive::NotTheLevel)),
                "{trade:?} {changes:?}"
            );
        }
        let decision_log = decision_log(vec![record_of(trade)]);
        let named: Vec<_> =
            decision_log.mismatches().map(|one| (one.gates.len(), one.contradictions.to_vec())).collect();
        assert_eq!(named, [(0, vec![want])]);
    }
    // Slippage, a level touched to the tick, and a stop of its own are no contradiction.
    let mut own = record_of((-0.025, 0.0, 0.003, Hit::Other));
    let Offered::Taken(trade) = &mut own.offered else { panic!("a trade") };
    trade.stop_frac = Some(0.03);
    for record in [
        record_of((-0.0215, 0.0, -0.0215, Hit::Stop)),
        record_of((-0.02, 0.0, 0.003, Hit::Other)),
        record_of((0.0, 0.04, 0.04, Hit::Other)),
        own,
    ] {
        assert_eq!(decision_log(vec![record]).mismatches().count(), 0);
    }
}

/// Whoever was filled worse than the stop is filled worse than another as well.
#[test]
fn slippage_stays_when_a_level_is_moved() {
    let (stop, target) = (KnobName::StopLoss, KnobName::TakeProfit);
    let slipped = (-0.0215, 0.0, -0.0215, Hit::Stop);
    assert_eq!(levels(slipped, &[(stop, 0.01)]), (-0.0115, Closing::Stop, None));
    // Within its slippage or beyond it: where a further stop would have been filled is not on record.
    for further in [0.0205, 0.0214, 0.03] {
        let want = (-0.0215, Closing::AsItWas, Some(Inconclusive::AfterItsExit));
        assert_eq!(levels(slipped, &[(stop, further)]), want, "{further}");
    }
    let reached = (0.0, 0.041, 0.0405, Hit::Target);
    assert_eq!(levels(reached, &[(target, 0.03)]), (0.0305, Closing::Target, None));
    assert_eq!(levels(reached, &[(target, 0.0401)]).2, Some(Inconclusive::AfterItsExit));
    // One that was not closed at its stop slips by the mean of those that were, by then.
    let times = |hour: u32| [at(&format!("02T{hour}:00:00")), at(&format!("02T{hour}:30:00"))];
    let records =
        [(15, slipped), (16, (-0.0205, 0.0, -0.0205, Hit::Stop)), (17, (-0.015, 0.0, 0.005, Hit::Other))];
    let found = |places: &[usize]| {
        let records = places.iter().map(|place| {
            let (hour, of) = records[*place];
            let mut record = record_of(of);
            (record.id, [record.at, record.exit]) = (format!("t{place}"), times(hour));
            record
        });
        under(&decision_log(records.collect()), &[(stop, 0.01)])
    };
    assert_eq!(found(&[0, 1, 2]), named(&[("t0", -11.5), ("t1", -10.5), ("t2", -11.0)]));
    assert_eq!(found(&[2]), named(&[("t2", -10.0)]));
}

/// Positions of 1013 USD are not those of an engine that was told 940: another size says nothing about them.
#[test]
fn the_size_in_force_is_held_against_the_positions() {
    let sized = |price: f64, notional: f64| {
        let mut record = record_of((0.0, 0.01, 0.01, Hit::Other));
        if let Offered::Taken(trade) = &mut record.offered {
            (trade.entry_price, trade.notional) = (Some(price), Some(notional));
        }
        record
    };
    let told = |record: DecisionRecord| {
        let mut knobs = DEFAULTS;
        knobs[KnobName::PositionSize] = 940.0;
        let decision_log = DecisionLog::new(vec![record], &KnobTimeline::constant(knobs), Cycle::default());
        let odd = decision_log.mismatches().map(|one| one.contradictions.to_vec()).next();
        let run = decision_log.run(with(&[(KnobName::PositionSize, 1880.0)]), &Resolutions::new());
        let closed = run[0].disposition.closed().unwrap();
        (odd, closed.pnl, closed.inconclusive)
    };
    assert_eq!(
        told(sized(10.13, 1013.0)),
        (Some(vec![Contradiction::Size]), 10.0, Some(Inconclusive::NotTheSize))
    );
    // Whole shares: four of 250 where 940 were to be had, and one of 1600 where none could be.
    assert_eq!(told(sized(250.0, 1000.0)), (None, 20.0, None));
    assert_eq!(told(sized(1600.0, 1600.0)), (None, 20.0, None));
}

#[test]
fn reasons_name_their_gate_and_value() {
    for (reason, gate, line) in [
        ("conf<0.5", RiskCheck::Confidence, Some(0.5)),
        ("trade_gap<15m", RiskCheck::Gap, Some(15.0)),
        ("max_positions", RiskCheck::Positions, None),
        ("already_open", RiskCheck::AlreadyOpen, None),
        ("order_rate", RiskCheck::Orders, None),
        ("risk<x", RiskCheck::Size, None),
        ("confidence_threshold", RiskCheck::Confidence, None),
        ("", RiskCheck::Other, None),
    ] {
        assert_eq!((RiskCheck::of_reason(reason), threshold_in_reason(reason)), (gate, line), "{reason}");
    }
}
