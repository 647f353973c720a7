//! Groups against the rest: names, words where something is, none where nothing is.

use super::*;
use crate::domain::Timestamp;

/// A trade of a session in March 2026, entered and closed so many minutes after 9:30 in New York.
fn trade(day: i64, entry_min: i64, exit_min: i64, pnl_frac: f64) -> TradeDetail {
    let open = Timestamp::parse("2026-03-09T13:30:00Z").unwrap().plus_days(day).micros();
    let at = |minute: i64| Timestamp::from_micros(open + minute * 60_000_000);
    let position_id = format!("{day}:{entry_min}").into();
    TradeDetail {
        entry_time: Some(at(entry_min)),
        position_id,
        ..TradeDetail::of_result(at(exit_min), pnl_frac)
    }
}

#[test]
fn a_trade_knows_what_was_closed_before_its_entry() {
    let trades = [
        trade(0, 0, 10, -0.01),
        // Entered while the first was open.
        trade(0, 5, 20, -0.01),
        trade(0, 12, 30, 0.02),
        trade(0, 25, 40, 0.01),
        trade(0, 35, 50, -0.01),
        trade(1, 0, 10, 0.01),
    ];
    let found: Vec<_> = names(Situation::After, &trades, &Market::default()).into_iter().flatten().collect();
    let expected = [
        "1: none closed yet",
        "1: none closed yet",
        "3: after a loss",
        "4: after two losses",
        "2: after a win",
        "1: none closed yet",
    ];
    assert_eq!(found, expected);
    let order: Vec<_> =
        names(Situation::TradeOfDay, &trades, &Market::default()).into_iter().flatten().collect();
    assert_eq!(order, ["1: first", "2: second", "3: third", "4: 4th to 6th", "4: 4th to 6th", "1: first"]);
    let part = names(
        Situation::PartOfSession,
        &[trade(0, 59, 70, 0.0), trade(0, 330, 340, 0.0), trade(0, 60, 70, 0.0), trade(0, -5, 2, 0.0)],
        &Market::default(),
    );
    let part: Vec<_> = part.iter().flatten().map(String::as_str).collect();
    assert_eq!(part, ["first hour", "last hour", "between", "outside of the session"]);
    let hours = names(Situation::WeekdayHour, &trades[..1], &Market::default());
    assert_eq!(hours[0].as_deref(), Some("1 Mon 09:00"));
}

/// A generator that needs nothing: the high bits of a linear congruence.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Forty weekdays of twelve trades, all of a session moved by the same shock.
fn sessions(seed: u64, edge_after_loss: f64) -> Vec<TradeDetail> {
    let mut noise = Noise(seed);
    let mut trades: Vec<TradeDetail> = Vec::new();
    for day in (0..56).filter(|day| day % 7 < 5) {
        let shock = (noise.uniform() - 0.5) * 0.01;
        let mut lost = false;
        for at in 0..12 {
            // Losses are rarer and larger than wins.
            let result =
                if noise.uniform() < 0.3 { -0.02 } else { 0.008 } + shock + (noise.uniform() - 0.5) * 0.004;
            let result = result + if lost { edge_after_loss } else { 0.0 };
            lost = result < 0.0;
            trades.push(trade(day, 30 * at, 30 * at + 20, result));
        }
    }
    trades
}

#[test]
fn what_is_planted_is_named_and_noise_is_not() {
    let market = Market::default();
    let word = |seed: u64, edge: f64| {
        let found = behaviours(&sessions(seed, edge), &market);
        assert!(found.len() > 20, "{}", found.len());
        let clear: Vec<String> = found
            .iter()
            .filter(|group| matches!(group.verdict, BehaviourVerdict::Better | BehaviourVerdict::Worse))
            .map(|group| format!("{} {}", group.name, group.verdict.as_str()))
            .collect();
        clear
    };
    let of_losses =
        |name: &String| name.ends_with("worse") && name.contains("after") && !name.contains("win");
    let named = (0..20).filter(|seed| word(*seed, -0.02).iter().any(of_losses)).count();
    assert!(named >= 18, "named in {named} of 20");
    let noisy = (100..200).filter(|seed| !word(*seed, 0.0).is_empty()).count();
    assert!(noisy <= 10, "a word on noise in {noisy} of 100");
}

#[test]
fn the_trades_of_another_desk_do_not_count_as_those_before() {
    let on = |desk: &str, trade: TradeDetail| TradeDetail { desk: Some(desk.into()), ..trade };
    let trades = [
        on("a", trade(0, 0, 10, -0.01)),
        on("b", trade(0, 0, 11, 0.01)),
        on("b", trade(0, 15, 20, 0.01)),
        on("a", trade(0, 16, 21, 0.01)),
    ];
    let found: Vec<_> = names(Situation::After, &trades, &Market::default()).into_iter().flatten().collect();
    assert_eq!(found, ["1: none closed yet", "1: none closed yet", "2: after a win", "3: after a loss"]);
    let found: Vec<_> =
        names(Situation::TradeOfDay, &trades, &Market::default()).into_iter().flatten().collect();
    assert_eq!(found, ["1: first", "1: first", "2: second", "2: second"]);
}

/// A position that was closed in three parts, -0.01, +0.004 and +0.004, is one entry and one loss of 0.002; the next entry
/// is the second of the day and stands after a loss, not after a win.
#[test]
fn the_exits_of_one_position_are_one_entry_and_one_result() {
    let leg = |exit: i64, pnl: f64| trade(0, 0, exit, pnl);
    let trades =
        [leg(10, -0.01), leg(20, 0.004), leg(30, 0.004), trade(0, 40, 50, 0.01), trade(0, 60, 70, 0.01)];
    let of =
        |situation| names(situation, &trades, &Market::default()).into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(of(Situation::TradeOfDay), ["1: first", "1: first", "1: first", "2: second", "3: third"]);
    let after = of(Situation::After);
    assert_eq!(after[3..], ["3: after a loss", "2: after a win"]);
    assert_eq!(after[..3], ["1: none closed yet"; 3]);
    // Two exits of one losing position are not two losses.
    let trades = [leg(10, -0.01), leg(20, -0.01), trade(0, 30, 40, 0.01)];
    assert_eq!(names(Situation::After, &trades, &Market::default())[2].as_deref(), Some("3: after a loss"));
}

/// Every second entry of twenty sessions is of the filter: none of them is the first of its day, and each comes after the
/// loss of one that is not.
#[test]
fn what_a_filter_leaves_out_still_stood_before() {
    let mut all = BehaviourTrades::default();
    let market = Market::default();
    for day in (0..28).filter(|day| day % 7 < 5) {
        for at in 0..4 {
            let taken = at % 2 == 1;
            all.add(&trade(day, 30 * at, 30 * at + 20, if taken { 0.01 } else { -0.01 }), &market, taken);
        }
    }
    assert_eq!(all.count(), 40);
    let found = all.finish();
    let of = |name: &str| found.iter().filter(|group| group.name == name).map(|group| group.n).sum::<u64>();
    assert_eq!((of("1: first"), of("2: second"), of("4: 4th to 6th")), (0, 20, 20));
    assert_eq!((of("1: none closed yet"), of("3: after a loss"), of("2: after a win")), (0, 0, 0));
}

#[test]
fn thirty_trades_of_five_sessions_on_either_side_are_judged_and_ten_are_shown() {
    // So many trades of the first hour on so many days, and so many between; every other one wins.
    let word = |first: i64, days: i64, between: i64| {
        let result = |at: i64| if at % 2 == 0 { 0.01 } else { -0.01 };
        let early = (0..first).map(|at| trade(at % days, 10, 20, result(at)));
        let later = (0..between).map(|at| trade(at % 5, 120, 130, result(at)));
        let trades: Vec<TradeDetail> = early.chain(later).collect();
        let found = behaviours(&trades, &Market::default());
        found.into_iter().find(|group| group.name == "first hour").map(|group| (group.n, group.verdict))
    };
    assert_eq!(word(30, 5, 30), Some((30, BehaviourVerdict::Unclear)));
    for (first, days, between) in [(29, 5, 30), (30, 4, 30), (30, 5, 29)] {
        assert_eq!(word(first, days, between), Some((first as u64, BehaviourVerdict::TooFew)));
    }
    assert_eq!((word(10, 5, 30), word(9, 5, 30)), (Some((10, BehaviourVerdict::TooFew)), None));
    assert_eq!(word(30, 5, 0), None, "what holds all has nothing beside it");
}
