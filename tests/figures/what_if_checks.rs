//! Each knob that lets trades in or keeps them out, on a record of decisions by hand.

use dtlearn::domain::{Gate, KnobName, RiskCheck};
use dtlearn::simulate::{
    Conditions, Cycle, DecisionLog, DecisionRecord, Disposition, KnobTimeline, Offered, Resolutions,
};

use crate::common::decision_logs::{DEFAULTS, at, decision_log, named, signal, trade, under, with};

#[test]
fn min_confidence_drops_what_is_below_and_admits_what_now_passes() {
    let times = |minute: u32| [at(&format!("02T15:{minute:02}:00")), at(&format!("02T15:{:02}:30", minute))];
    let mut nameless = trade("c", "C", times(20), 0.0, 0.02);
    nameless.confidence = None;
    let refused = (RiskCheck::Confidence, Some(0.30));
    let decision_log = decision_log(vec![
        trade("a", "A", times(0), 0.30, 0.01),
        trade("b", "B", times(10), 0.40, -0.01),
        nameless,
        signal("m1", "D", times(30), 0.28, refused, Some(0.005)),
        signal("m2", "E", times(40), 0.20, refused, Some(0.5)),
        signal("m3", "F", times(50), 0.29, refused, None),
        signal("m4", "F", times(55), 0.29, (RiskCheck::Other, None), Some(0.5)),
    ]);
    assert_eq!(decision_log.mismatches().count(), 0);
    assert_eq!(under(&decision_log, &[]), named(&[("a", 10.0), ("b", -10.0), ("c", 20.0)]));
    let min = KnobName::MinConfidence;
    assert_eq!(under(&decision_log, &[(min, 0.35)]), named(&[("b", -10.0), ("c", 20.0)]));
    // 0.5 % of the position that was in force; at another size of that one.
    let admitted = [("a", 10.0), ("b", -10.0), ("c", 20.0), ("m1", 5.0)];
    assert_eq!(under(&decision_log, &[(min, 0.27)]), named(&admitted));
    let larger = under(&decision_log, &[(min, 0.27), (KnobName::PositionSize, 2000.0)]);
    assert_eq!(larger, named(&[("a", 20.0), ("b", -20.0), ("c", 40.0), ("m1", 10.0)]));
    let run = decision_log.run(with(&[(min, 0.27)]), &Resolutions::new());
    assert_eq!(run.iter().filter(|replayed| replayed.disposition == Disposition::WithoutOutcome).count(), 1);
    assert!(run.iter().any(|replayed| replayed.disposition == Disposition::Refused(RiskCheck::Other)));
}

#[test]
fn max_positions_looks_at_what_is_open_in_order_of_time() {
    let hold = |from: &str, to: &str| [at(&format!("02T{from}:00")), at(&format!("02T{to}:00"))];
    let decision_log = decision_log(vec![
        trade("a", "A", hold("15:00", "16:00"), 0.5, 0.01),
        trade("b", "B", hold("15:10", "15:30"), 0.5, 0.02),
        trade("c", "C", hold("15:20", "15:40"), 0.5, 0.04),
        signal("m", "D", hold("15:25", "15:50"), 0.9, (RiskCheck::Positions, None), Some(0.08)),
        // A position that closes at the moment another opens is closed.
        trade("d", "E", hold("15:40", "15:45"), 0.5, 0.16),
    ]);
    assert_eq!(decision_log.mismatches().count(), 0);
    let max = KnobName::MaxPositions;
    let all = [("a", 10.0), ("b", 20.0), ("c", 40.0), ("d", 160.0)];
    assert_eq!(under(&decision_log, &[]), named(&all));
    assert_eq!(
        under(&decision_log, &[(max, 4.0)]),
        named(&[("a", 10.0), ("b", 20.0), ("c", 40.0), ("m", 80.0), ("d", 160.0)])
    );
    // c is refused while a and b are open; that leaves no room for the signal either, but for d.
    assert_eq!(under(&decision_log, &[(max, 2.0)]), named(&[("a", 10.0), ("b", 20.0), ("d", 160.0)]));
    assert_eq!(under(&decision_log, &[(max, 1.0)]), named(&[("a", 10.0)]));
    // Where a trade falls out for another reason, its place is free for what was refused for want of one.
    let mut sure: Vec<DecisionRecord> = decision_log.slots().iter().map(|slot| slot.record.clone()).collect();
    sure[0].confidence = Some(0.26);
    let decision_log = self::decision_log(sure);
    assert_eq!(
        under(&decision_log, &[(KnobName::MinConfidence, 0.3)]),
        named(&[("b", 20.0), ("c", 40.0), ("m", 80.0), ("d", 160.0)])
    );
}

#[test]
fn the_gap_is_a_symbols_and_orders_are_a_cycles() {
    let moment = |time: &str| [at(&format!("02T{time}")), at(&format!("02T{time}.500"))];
    let gapped = decision_log(vec![
        trade("a", "A", moment("15:00:00"), 0.5, 0.01),
        signal("m", "A", moment("15:10:00"), 0.5, (RiskCheck::Gap, Some(15.0)), Some(0.02)),
        trade("b", "A", moment("15:15:00"), 0.5, 0.04),
        trade("c", "B", moment("15:16:00"), 0.5, 0.08),
    ]);
    assert_eq!(gapped.mismatches().count(), 0);
    let gap = KnobName::MinGap;
    assert_eq!(under(&gapped, &[(gap, 16.0)]), named(&[("a", 10.0), ("c", 80.0)]));
    // The signal comes in, and b, five minutes after it, falls to the gap of ten.
    assert_eq!(under(&gapped, &[(gap, 10.0)]), named(&[("a", 10.0), ("m", 20.0), ("c", 80.0)]));
    let records = vec![
        trade("a", "A", moment("15:00:01"), 0.9, 0.01),
        trade("b", "B", moment("15:00:02"), 0.8, 0.02),
        trade("c", "C", moment("15:00:59"), 0.7, 0.04),
        trade("d", "D", moment("15:01:00"), 0.7, 0.08),
        signal("m", "E", moment("15:00:59"), 0.7, (RiskCheck::Orders, None), Some(0.16)),
    ];
    let orders = KnobName::MaxOrders;
    let minute = decision_log(records.clone());
    assert_eq!(minute.mismatches().count(), 0);
    assert_eq!(under(&minute, &[(orders, 2.0)]), named(&[("a", 10.0), ("b", 20.0), ("d", 80.0)]));
    assert_eq!(under(&minute, &[(orders, 4.0)]).len(), 5);
    // In cycles of two minutes d is the fourth order of its cycle, which the engine would not have sent.
    let two = DecisionLog::new(records, &KnobTimeline::constant(DEFAULTS), Cycle(120_000_000));
    let odd: Vec<_> = two.mismatches().map(|m| (m.id.to_owned(), m.taken, m.gates)).collect();
    assert_eq!(odd, [("d".to_owned(), true, vec![RiskCheck::Orders])]);
    assert_eq!(under(&two, &[(orders, 2.0)]), named(&[("a", 10.0), ("b", 20.0), ("d", 80.0)]));
}

#[test]
fn position_size_scales_what_was_won_and_lost() {
    let mut line = KnobTimeline::constant(DEFAULTS);
    line.change(at("03T00:00:00"), KnobName::PositionSize, Some(1000.0), 800.0);
    let day = |d: &str| [at(&format!("{d}T15:00:00")), at(&format!("{d}T15:30:00"))];
    let mut records = vec![trade("a", "A", day("02"), 0.5, 0.01), trade("b", "B", day("03"), 0.5, -0.02)];
    if let Offered::Taken(trade) = &mut records[1].offered {
        trade.notional = Some(800.0);
    }
    let decision_log = DecisionLog::new(records, &line, Cycle::default());
    let size = KnobName::PositionSize;
    // Each trade by what was in force for it: 1600 is twice what b had.
    assert_eq!(under(&decision_log, &[(size, 1600.0)]), named(&[("a", 16.0), ("b", -40.0)]));
    assert_eq!(under(&decision_log, &[(size, 500.0)]), named(&[("a", 5.0), ("b", -12.5)]));
}

/// All three places are taken until 15:30, and free when m3 to m6 come.
#[test]
fn a_gate_that_is_taken_away_lets_in_what_it_refused_and_the_others_still_ask() {
    let times =
        |from: u32, until: u32| [at(&format!("02T15:{from:02}:00")), at(&format!("02T15:{until:02}:00"))];
    let refused =
        |id: &str, symbol: &str, minutes: (u32, u32), confidence: f64, gate: RiskCheck, result: f64| {
            signal(id, symbol, times(minutes.0, minutes.1), confidence, (gate, None), Some(result))
        };
    let of_reason = |id: &str, symbol: &str, minutes: (u32, u32), reason: &str, result: f64| {
        let mut record = refused(id, symbol, minutes, 0.5, RiskCheck::Other, result);
        if let Offered::Refused(signal) = &mut record.offered {
            signal.refused_by = Some(Gate::Reason(reason.into()));
        }
        record
    };
    let decision_log = decision_log(vec![
        trade("a", "A", times(0, 30), 0.5, 0.01),
        trade("b", "B", times(0, 30), 0.5, 0.02),
        trade("c", "C", times(0, 30), 0.5, 0.03),
        refused("m1", "D", (10, 20), 0.5, RiskCheck::Positions, 0.04),
        refused("m2", "A", (11, 20), 0.5, RiskCheck::AlreadyOpen, 0.08),
        refused("m3", "E", (40, 50), 0.5, RiskCheck::Heat, 0.16),
        of_reason("m4", "F", (41, 50), "news_blackout", 0.32),
        of_reason("m5", "G", (42, 50), "spread", 0.64),
        // Too unsure for the minimum besides.
        refused("m6", "H", (43, 50), 0.2, RiskCheck::Heat, 0.5),
    ]);
    let traded = |reason: &str| -> Vec<(String, f64)> {
        let gate = Gate::of_reason(reason).unwrap();
        let conditions = |slot: &dtlearn::simulate::LoggedEntry| Conditions {
            open: Some(&gate),
            ..(*slot.in_force).into()
        };
        let run = decision_log.run(conditions, &Resolutions::new());
        let all =
            run.iter().filter_map(|one| Some((one.slot.record.id.clone(), one.disposition.closed()?.pnl)));
        all.collect()
    };
    let and = |more: &[(&str, f64)]| {
        let all = [("a", 10.0), ("b", 20.0), ("c", 30.0)].into_iter().chain(more.iter().copied());
        all.map(|(id, pnl)| (id.to_owned(), pnl)).collect::<Vec<_>>()
    };
    assert_eq!(traded("max_positions"), and(&[("m1", 40.0)]));
    // All three places are taken when A would be added to.
    assert_eq!(traded("already_open"), and(&[]));
    assert_eq!(traded("heat"), and(&[("m3", 160.0)]));
    assert_eq!(traded("news_blackout"), and(&[("m4", 320.0)]));
    assert_eq!(traded("spread"), and(&[("m5", 640.0)]));
    assert_eq!(traded("guard"), and(&[]));
}
